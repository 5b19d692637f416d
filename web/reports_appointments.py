"""The appointments behind a figure, with the call that made each: a patient's for who may see patients only."""

from dataclasses import dataclass

from aiohttp import web

from reports import booked, words
from reports.amounts import number
from reports.based import Told
from reports.figure import count_of
from reports.raw import hashed
from reports.selected import Place
from store import Row, Tx
from store.money import major
from web.audit import looked
from web.context import read
from web.pages import page
from web.patients_pages import STATUSES
from web.pop import patient_page
from web.reports_asked import limits_of
from web.reports_opened import SHOWN, Opened, key_of_hashes, opened_of, sees_patients, told_of
from web.rights import Right, needs


@dataclass(frozen=True, slots=True)
class Visit:
    """One appointment as it is shown. `patient` is None, and service, doctor, worth and call are "", to who sees none.

    `hash` is who rang when a call made it, "" where that is not known; only who sees no patient gets it.
    """

    start_ms: int
    status: str
    place: Place
    service: str = ""
    doctor: str = ""
    patient: Row | None = None
    call: str = ""
    called_ms: int | None = None
    hash: str = ""
    value_minor: int | None = None
    currency: str = ""

    @property
    def value(self) -> float | None:
        """Return what it was worth in whole units of its currency, None where nobody tells."""
        return None if self.value_minor is None or not self.currency else major(self.value_minor, self.currency)

    def worth(self, language: str) -> str:
        """Return what it was worth as people read it, "" where nobody tells."""
        return "" if self.value is None else f"{number(self.value, 2, language)} {self.currency}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of appointments. `count` is that of all pages."""

    visits: tuple[Visit, ...]
    count: int
    more: bool
    told: Told | None = None


async def shown(request: web.Request, wanted: Opened, limit: int = SHOWN) -> Shown:
    """Return a page of appointments as this person may see them; it is noted before."""
    sees, limits = sees_patients(request), limits_of(request.app)
    key = "" if sees else await key_of_hashes(request, wanted)

    def look(tx: Tx) -> Shown:
        found = booked.opened(wanted.name, wanted.period, wanted.texts, limits)
        rows = found.page(tx, wanted.place, limit + 1)
        count = count_of(tx, found, wanted.cell, limits)
        some = tuple(_full(tx, row) if sees else _bare(row, key) for row in rows[:limit])
        return Shown(some, count, len(rows) > limit, told_of(tx, wanted, limits))

    made = await read(request, look)
    await looked(request, "patient", *dict.fromkeys(one.patient["ref"] for one in made.visits if one.patient))
    return made


def _full(tx: Tx, row: Row) -> Visit:
    return Visit(row["start_ms"], row["status"], booked.place_of(row), row["service"] or "", row["doctor"] or "",
                 tx.one("patient_get", ref=row["patient"]) if row["patient"] else None,
                 f"{row['pbx']}:{row['call']}" if row["started_ms"] is not None else "", row["started_ms"],
                 value_minor=row["value_minor"], currency=row["currency"] or "")  # fmt: skip


def _bare(row: Row, key: str) -> Visit:
    caller = hashed(key, row) if row["started_ms"] is not None else None
    return Visit(row["start_ms"], row["status"], booked.place_of(row), called_ms=row["started_ms"], hash=caller or "")


@needs(Right.FIGURES)
async def appointments_page(request: web.Request) -> web.Response:
    """`GET /reports/appointments?figure=origins.no_shows&row=…&start=…&end=…&before=PLACE`: the latest first."""
    wanted = opened_of(request, booked.NAMES)
    found = await shown(request, wanted)
    older = wanted.query(found.visits[-1].place) if found.more else ""
    return page(request, "report_appointments.html", here="reports", wanted=wanted, words=words, found=found,
                older=older, metric=booked.metric_of(wanted.name), sees=sees_patients(request), statuses=STATUSES,
                page_of=patient_page)  # fmt: skip


def set_up(app: web.Application) -> None:
    """Add the route. It stands before those that take any word for a report."""
    app.router.add_get("/reports/appointments", appointments_page)
