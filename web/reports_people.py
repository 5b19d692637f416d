"""The people behind a figure: names and numbers for who may see patients, keyed hashes for everybody else."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from reports import ReportsError, behind, people, words
from reports.based import Told
from reports.figure import count_of
from reports.people import Person
from reports.raw import hashed
from store import Row, Tx
from web.audit import looked
from web.context import read
from web.pages import page
from web.pop import patient_page
from web.refusals import said
from web.reports_asked import limits_of
from web.reports_opened import SHOWN, Opened, key_of_hashes, opened_of, sees_patients, told_of
from web.rights import Right, needs


@dataclass(frozen=True, slots=True)
class Someone:
    """One person as they are shown: with their patients, or with a hash and nothing else that tells who it is."""

    person: Person
    patients: tuple[Row, ...] = ()
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of people. `count` is that of all pages."""

    people: tuple[Someone, ...]
    count: int
    more: bool
    told: Told | None = None


async def shown(request: web.Request, wanted: Opened, limit: int = SHOWN) -> Shown:
    """Return a page of people as this person may see them; it is noted before. Raises ReportsError: too many."""
    sees, limits = sees_patients(request), limits_of(request.app)
    key = "" if sees else await key_of_hashes(request, wanted)

    def look(tx: Tx) -> Shown:
        found = people.opened(tx, wanted.name, wanted.period, wanted.texts, limits)
        rows = found.page(tx, wanted.place, limit + 1)
        count = count_of(tx, found, wanted.cell, limits)
        some = tuple(Someone(one, _patients(tx, one)) if sees else Someone(one, hash=hash_of(key, one))
                     for one in rows[:limit])
        return Shown(some, count, len(rows) > limit, told_of(tx, wanted, limits))

    made = await read(request, look)
    await looked(request, "patient", *dict.fromkeys(who["ref"] for one in made.people for who in one.patients))
    return made


def hash_of(key: str, person: Person) -> str:
    """Return the hash that the marketer's log of calls has of a number, and one of its own of who never rang."""
    return hashed(key, {"withheld": 0, "party": person.key}) or ""


def _patients(tx: Tx, person: Person) -> tuple[Row, ...]:
    if person.number:
        return tuple(tx.all("callback_patients", number=person.number))
    found = tx.one("patient_get", ref=person.patient) if person.patient else None
    return () if found is None else (found,)


def calls_query(wanted: Opened, number: str) -> str:
    """Return the query of the call log for the calls that are told of a number (E.164)."""
    digits = number.removeprefix("+")
    if wanted.name in behind.OF_PEOPLE:
        return wanted.query(number=digits)
    return Opened("", wanted.period, "").query(number=digits)


@needs(Right.FIGURES)
async def people_page(request: web.Request) -> web.Response:
    """`GET /reports/people?figure=funnel.booked_callers&row=…&start=…&end=…&before=PLACE`: each once."""
    wanted = opened_of(request, people.NAMES)
    common: dict[str, Any] = {
        "here": "reports", "wanted": wanted, "words": words, "metric": people.metric_of(wanted.name),
        "sees": sees_patients(request), "page_of": patient_page,
    }  # fmt: skip
    try:
        found = await shown(request, wanted)
    except ReportsError as error:
        return page(request, "report_people.html", status=400, told=said(error), found=None, older="", **common)
    older = wanted.query(found.people[-1].person.place) if found.more else ""
    return page(request, "report_people.html", told="", found=found, older=older,
                calls_query=lambda number: calls_query(wanted, number), **common)


def set_up(app: web.Application) -> None:
    """Add the route. It stands before those that take any word for a report."""
    app.router.add_get("/reports/people", people_page)
