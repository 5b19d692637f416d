"""Requests to be rung back, visits to the web site or leases of numbers behind a figure.

Who rang or asked is a patient's name and number for who may see patients, a keyed hash for everybody else; who visited
the web site is a keyed hash for everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from reports import entries, words
from reports.based import Told
from reports.entries import Entry
from reports.figure import count_of
from reports.people import Person
from store import Row, Tx
from web.audit import looked
from web.context import read
from web.i18n import mark
from web.pages import page
from web.pop import patient_page
from web.reports_asked import limits_of
from web.reports_opened import SHOWN, Opened, key_of_hashes, opened_of, sees_patients, told_of
from web.reports_people import hash_of
from web.rights import Right, needs

ENDED: Mapping[str, str] = {
    "ended_booking": mark("online booking"), "ended_call": mark("call"),
    "ended_form": mark("request to be rung back"), "ended_nothing": mark("nothing known"),
}
"""In what a visit ended, by the figure that counts it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing as it is shown: who rang or asked with their patients and number, or a hash and no way to more."""

    entry: Entry
    patients: tuple[Row, ...] = ()
    number: str = ""
    call: str = ""
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a list. `count` is that of all pages."""

    lines: tuple[Line, ...]
    count: int
    more: bool
    told: Told | None = None


async def shown(request: web.Request, wanted: Opened, limit: int = SHOWN) -> Shown:
    """Return a page as this person may see it; it is noted before."""
    limits, named = limits_of(request.app), wanted.name in entries.OF_CONTACTS and sees_patients(request)
    key = "" if named else await key_of_hashes(request, wanted)

    def look(tx: Tx) -> Shown:
        found = entries.opened(tx, wanted.name, wanted.period, wanted.texts, limits)
        rows = found.page(tx, wanted.place, limit + 1)
        count = count_of(tx, found, wanted.cell, limits)
        return Shown(tuple(_named(tx, one) if named else _hashed(key, one) for one in rows[:limit]), count,
                     len(rows) > limit, told_of(tx, wanted, limits))

    made = await read(request, look)
    await looked(request, "patient", *dict.fromkeys(who["ref"] for one in made.lines for who in one.patients))
    return made


def _named(tx: Tx, entry: Entry) -> Line:
    patients = tuple(tx.all("callback_patients", number=entry.number)) if entry.number else ()
    return Line(entry, patients, entry.number, f"{entry.pbx}:{entry.id}" if entry.kind == "call" else "")


def _hashed(key: str, entry: Entry) -> Line:
    known = entry.number or entry.visitor
    return Line(entry, hash=hash_of(key, Person(entry.number, visitor=entry.visitor)) if known else "")


@needs(Right.FIGURES)
async def entries_page(request: web.Request) -> web.Response:
    """`GET /reports/entries?figure=visits.ended_form&row=…&start=…&end=…&before=PLACE`: the newest first."""
    wanted = opened_of(request, entries.NAMES | entries.COMPUTED)
    if not entries.are_entries(wanted.name, wanted.texts):
        raise web.HTTPNotFound
    found = await shown(request, wanted)
    older = wanted.query(found.lines[-1].entry.place) if found.more else ""
    return page(request, "report_entries.html", here="reports", wanted=wanted, words=words, found=found, older=older,
                metric=entries.metric_of(wanted.name), kind=entries.kind_of(wanted.name), ended=ENDED,
                sees=sees_patients(request), is_mixed="channel" not in wanted.texts, page_of=patient_page)


def set_up(app: web.Application) -> None:
    """Add the route. It stands before those that take any word for a report."""
    app.router.add_get("/reports/entries", entries_page)
