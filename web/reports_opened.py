"""A figure of a report that is opened to people or appointments, as the address says it, and who may see them."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from reports import ReportsError
from reports.based import Told, told
from reports.figure import Cell
from reports.period import Period
from reports.privacy import keeps_people
from reports.raw import caller_key
from reports.registry import KINDS, Kind, Limits
from reports.selected import Place
from store import Tx
from web.audit import Deed, actor, note
from web.calls_filter import LONGEST_ROW, known_computed, known_day, place_of, place_text
from web.context import me, write
from web.reports_asked import allowed, privacy_of
from web.rights import Right

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Opened:
    """A figure (`funnel.booked_callers`) in a row: its texts as an address has them, "" for the total.

    `computed` is the figure of the report, `booked_share`, that is computed from these; "" where that is none.
    """

    name: str
    period: Period
    row: str
    place: Place | None = None
    computed: str = ""

    @property
    def kind(self) -> Kind:
        """Return the report that has the figure."""
        return KINDS[self.name.split(".")[0]]

    @property
    def cell(self) -> Cell:
        """Return the figure in its row."""
        return Cell(self.name, self.period, self.texts)

    @property
    def texts(self) -> dict[str, str]:
        """Return the texts of the row."""
        return dict(parse_qsl(self.row, keep_blank_values=True))

    def query(self, place: Place | None = None, **more: str) -> str:
        """Return it as a part of an address, with the page that begins after a place."""
        parts = {"figure": self.name, "row": self.row, "start": self.period.start.isoformat(),
                 "end": self.period.end.isoformat(), "computed": self.computed} | more  # fmt: skip
        if place is not None:
            parts["before"] = place_text({"started_ms": place[0], "id": place[1], "pbx": place[2]})
        return urlencode({name: value for name, value in parts.items() if value})

    @property
    def report(self) -> str:
        """Return the address of the report, counted as the row is."""
        by = [("by", name) for name in self.kind.dimensions if name in self.texts]
        days = [("from", self.period.start.isoformat()), ("to", self.period.end.isoformat())]
        return f"/reports/{self.kind.name}?{urlencode(days + by)}"


def opened_of(request: web.Request, names: Collection[str]) -> Opened:
    """Return what the address opens, if it is one of `names`. Raises HTTPNotFound, HTTPForbidden."""
    name, row = request.query.get("figure", ""), request.query.get("row", "")
    start, end = (known_day(request.query.get(day, "")) for day in ("start", "end"))
    if name not in names or len(row) > LONGEST_ROW or not start or not end or end < start:
        raise web.HTTPNotFound
    if not may_open(request, name):
        raise web.HTTPForbidden
    period = Period(date.fromisoformat(start), date.fromisoformat(end))
    computed = known_computed(name, request.query.get("computed", ""))
    return Opened(name, period, row, place_of(request.query.get("before", "")), computed)


def told_of(tx: Tx, wanted: Opened, limits: Limits) -> Told | None:
    """Return the figure that is computed from a list, with the counts of the list and of what it is a part of."""
    with suppress(ReportsError):
        return told(tx, Cell(f"{wanted.kind.name}.{wanted.computed}", wanted.period, wanted.texts), limits)
    return None


def may_open(request: web.Request, name: str) -> bool:
    """Say whether this person may see who is behind a figure of people or appointments: by name, or as a hash."""
    kind, privacy = KINDS[name.split(".")[0]], privacy_of(request)
    return allowed(request, kind) and (privacy is None or not keeps_people(kind.dimensions, privacy))


def sees_patients(request: web.Request) -> bool:
    """Say whether this person may see names and numbers; others see keyed hashes."""
    return me(request).can(Right.CALLS) and me(request).can(Right.PATIENTS)


async def key_of_hashes(request: web.Request, wanted: Opened) -> str:
    """Note that this person looks at what is behind a figure; return the key by which they see who it is."""
    who = actor(request)

    def change(tx: Tx) -> str:
        note(tx, who, Deed("looked", "figures", wanted.name, str(wanted.period)))
        return caller_key(tx)

    return await write(request, change)
