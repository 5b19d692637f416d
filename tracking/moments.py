"""Days with a time as clinics write them, read in the clinic's zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from patients.importing import read_day

_TIME = re.compile(
    r"\S+?[T\s]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clock:
    """How a file's times are to be read: the clinic's zone, and those of locations that have one of their own."""

    zone: ZoneInfo
    locations: Mapping[str, ZoneInfo] = field(default_factory=dict)

    def at(self, location: str) -> ZoneInfo:
        """Return the zone of a location."""
        return self.locations.get(location, self.zone)


def read_moment(text: str, zone: ZoneInfo, region: str, *, day_alone: bool = False) -> int:
    """Return the ms since the epoch of `2026-11-23 10:15`, `2026-11-23T10:15:00+01:00`, `23.11.2026 10:15`.

    Without an offset it is a time of `zone`; of the two that the autumn's change makes it is the first. The month comes
    first in the US. With `day_alone` a day without a time is its first moment.

    Raises:
        ValueError: it is no such time, or a time that the spring's change leaves out; the text says how to write it.
    """
    text = text.replace(", ", " ")
    day, found = read_day(text, region), _TIME.match(text)
    wrong = f'"{text[:40]}" is not a time; write it as 2026-11-23 10:15'
    if day is None or (found is None and not (day_alone and re.fullmatch(r"\S+", text) and "T" not in text)):
        raise ValueError(wrong)
    try:
        wall = datetime.fromisoformat(day) if found is None else _wall(day, found)
        offset = found["zone"] if found else None
        moment = datetime.fromisoformat(wall.isoformat() + offset.upper()) if offset else wall.replace(tzinfo=zone)
    except ValueError:
        raise ValueError(wrong) from None
    # A day may begin with an hour that is left out; a day alone is then its first moment that there is.
    if found and not offset and moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise ValueError(f'"{text[:40]}" is in the hour that the change of the clocks leaves out ({zone.key})')
    return int(moment.timestamp() * 1000)


def local_day(ms: int, zone: ZoneInfo) -> str:
    """Return the day of a moment in a zone, as `2026-11-23`."""
    return datetime.fromtimestamp(ms / 1000, zone).date().isoformat()


def _wall(day: str, found: re.Match[str]) -> datetime:
    """Return the wall time. Raises ValueError when the clock has no such time."""
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    return datetime.fromisoformat(day).replace(hour=hour, minute=int(found["minute"]), second=int(found["second"] or 0))
