"""Days on which the clinic works otherwise than the settings say: told by its people, kept in the store.

Every process that goes by hours asks `refresh` inside its transaction. A counter says whether anything changed, so that
is one small read, and nobody has to be restarted.
"""

from collections.abc import Mapping
from datetime import date, time
from itertools import pairwise

from callbacks.errors import HoursError
from callbacks.hours import Hours, Spans
from store import Tx

ALWAYS = "0000-00-00"
"""Before every day, as text."""
_MIDNIGHT = time(23, 59, 59, 999_999)


def refresh(tx: Tx, hours: Mapping[str, Hours]) -> None:
    """Bring hours up to date with the store. `hours` are by location; "" serves those without hours of their own."""
    version = int(tx.value("hours_version") or 0)
    if all(known.version == version for known in hours.values()):
        return
    own: dict[str, dict[date, Spans]] = {}
    for row in tx.all("hours_exceptions", from_day=ALWAYS):
        own.setdefault(row["location"], {})[date.fromisoformat(row["day"])] = read_spans(row["hours"])
    for location, known in hours.items():
        known.differ({**own.get("", {}), **own.get(location, {})}, version)


def read_spans(text: str) -> Spans:
    """Read `08:00-12:00, 14:00-18:00`; "" is closed. Raises HoursError."""
    spans = tuple(sorted(_span(part.strip()) for part in text.split(",") if part.strip()))
    for (_, closes), (opens, _) in pairwise(spans):
        if opens < closes:
            raise HoursError('The hours "%(hours)s" overlap; join them into one.', hours=text)
    return spans


def write_spans(spans: Spans) -> str:
    """Write hours as `read_spans` reads them."""
    return ", ".join(
        f"{opens:%H:%M}-{'24:00' if closes >= _MIDNIGHT else f'{closes:%H:%M}'}" for opens, closes in spans
    )


def _span(text: str) -> tuple[time, time]:
    start, dash, end = text.replace("\u2013", "-").partition("-")
    try:
        opens = time.fromisoformat(start.strip())
        closes = _MIDNIGHT if end.strip() == "24:00" else time.fromisoformat(end.strip())
    except ValueError:
        dash = ""
    if not dash or opens.tzinfo or closes.tzinfo or opens >= closes:
        raise HoursError('"%(hours)s" is not a span of hours; write it as 08:00-18:00.', hours=text)
    return opens, closes
