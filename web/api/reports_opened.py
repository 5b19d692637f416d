"""What is behind a figure of a report: the very calls, people, appointments or other things, as many as it says."""

from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from pydantic import Field

from reports import based, behind, booked, entries, people
from reports.selected import Place as At
from store import Row, Tx
from store.documents import call_documents, iso
from web import reports_appointments, reports_entries, reports_people
from web.api.calls import Call
from web.api.operations import Ask, Operations
from web.api.paging import cursor_of, page_of, parts_of
from web.api.problems import Problem
from web.api.reports import Days, Which, period_asked
from web.api.shapes import Answered, Page, Paging
from web.audit import looked
from web.calls_filter import LONGEST_ROW
from web.reports_opened import Opened, may_open
from web.rights import Right

opened = Operations("Reports")


class Behind(Paging, Days):
    """Which figure, and in which row."""

    figure: Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,59}$")] = Field(
        description="the id of a figure that counts calls, people, appointments, requests, visits or leases, or of a "
                    "share (its list is above the line), a time or an amount (what it is computed from)"
    )
    row: Annotated[str, Field(max_length=LONGEST_ROW)] = Field(
        "", description="the texts of a row of the report, as `source=google&campaign=Spring`; left out, the total"
    )


class Who(Answered):
    """A patient."""

    ref: str
    name: str


class Counted(Answered):
    """One person. To who sees no patient a person is a hash; number and patients are empty."""

    number: str | None = Field(description="null for who never rang, and for who sees no patient")
    patients: list[Who]
    hash: str | None = Field(description="the keyed hash of `GET /reports/calls`; null for who sees patients")
    calls: int | None = Field(description="null for who has no number")
    last_call_at: str | None


class Visit(Answered):
    """One appointment. Who sees no patient gets no service, doctor, patient, worth or call."""

    start_at: str
    status: str
    service: str | None
    doctor: str | None
    patient: Who | None
    value: float | None = Field(description="what it was worth; null where nobody tells, and for who sees no patient")
    currency: str | None
    call: str | None = Field(description="the call that made it")
    called_at: str | None
    caller: str | None = Field(description="the keyed hash of who made that call, for who sees no patient")


class Thing(Answered):
    """One call, request to be rung back, visit to the web site, or lease of a number of the pool."""

    kind: Literal["call", "request", "visit", "lease"]
    at: str
    until: str | None = Field(
        description="when the call was answered, who asked to be rung back was spoken with, or the lease ended"
    )
    call: str | None = Field(description="the call, for who may see patients")
    number: str | None = Field(description="who rang or asked, for who may see patients")
    patients: list[Who]
    hash: str | None = Field(description="the keyed hash of a visitor; of who rang or asked, for who sees no patient")
    did: str | None = Field(description="the number that was rung, or shown to a visitor")
    page: str | None = Field(description="the landing page of a visit")
    source: str | None
    medium: str | None
    campaign: str | None
    ended: Literal["booking", "call", "form", "nothing"] | None = Field(description="in what a visit ended")


class People(Page[Counted]):
    """A page of people."""

    count: int = Field(description="how many there are on all pages")


class Visits(Page[Visit]):
    """A page of appointments."""

    count: int = Field(description="how many there are on all pages")


class Things(Page[Thing]):
    """A page of requests, calls, visits or leases."""

    count: int = Field(description="how many there are on all pages")


@opened.get("/reports/{report}/calls", Right.FIGURES, Right.CALLS, place=Which, query=Behind, answer=Page[Call],
             refuses=(404, 409))  # fmt: skip
async def calls_behind(ask: Ask) -> dict[str, Any]:
    """List the very calls behind a figure that counts calls, the newest first."""
    wanted, limit = _wanted(ask, behind.NAMES | behind.COMPUTED), ask.query.limit
    if not behind.are_calls(wanted.name, wanted.texts):
        raise Problem(404, "Not all that this figure counts are calls; ask for `channel=phone`, or for entries.")

    def look(tx: Tx) -> dict[str, Any]:
        found = behind.opened(tx, wanted.name, wanted.period, wanted.texts)
        keys, more = page_of(found.page(tx, wanted.place, limit + 1), limit,
                             lambda row: (row["started_ms"], row["id"], row["pbx"]))
        rows = (tx.one("call_get", pbx=key["pbx"], id=key["id"]) for key in keys)
        return {"items": call_documents(tx, [row for row in rows if row is not None]), "next": more}

    page = await ask.read(look)
    await looked(ask.request, "patient", *dict.fromkeys(ref for call in page["items"] for ref in call["patients"]))
    return page


@opened.get("/reports/{report}/people", Right.FIGURES, place=Which, query=Behind, answer=People, refuses=(404, 409))
async def people_behind(ask: Ask) -> dict[str, Any]:
    """List the very people behind a figure that counts callers or people, each once.

    Who may see patients gets names and numbers, anybody else a keyed hash. 403 for a report that can be counted by
    what tells of patients, for who sees none.
    """
    wanted = _wanted(ask, people.NAMES)
    found = await reports_people.shown(ask.request, wanted, ask.query.limit)
    items = [{
        "number": None if one.hash else one.person.number or None, "patients": [_who(row) for row in one.patients],
        "hash": one.hash or None, "calls": one.person.calls if one.person.number else None,
        "last_call_at": iso(one.person.last_ms),
    } for one in found.people]  # fmt: skip
    place = found.people[-1].person.place if found.more else None
    return {"items": items, "next": cursor_of(*place) if place else None, "count": found.count}


@opened.get("/reports/{report}/appointments", Right.FIGURES, place=Which, query=Behind, answer=Visits,
             refuses=(404, 409))  # fmt: skip
async def appointments_behind(ask: Ask) -> dict[str, Any]:
    """List the very appointments behind a figure that counts them, the latest first, with the call that made each."""
    wanted = _wanted(ask, booked.NAMES)
    found = await reports_appointments.shown(ask.request, wanted, ask.query.limit)
    items = [{
        "start_at": iso(one.start_ms), "status": one.status, "service": one.service or None,
        "doctor": one.doctor or None, "patient": _who(one.patient) if one.patient else None, "value": one.value,
        "currency": one.currency if one.value is not None else None, "call": one.call or None,
        "called_at": iso(one.called_ms), "caller": one.hash or None,
    } for one in found.visits]  # fmt: skip
    place = found.visits[-1].place if found.more else None
    return {"items": items, "next": cursor_of(*place) if place else None, "count": found.count}


@opened.get("/reports/{report}/entries", Right.FIGURES, place=Which, query=Behind, answer=Things, refuses=(404, 409))
async def entries_behind(ask: Ask) -> dict[str, Any]:
    """List what is behind a figure that counts requests to be rung back, visits to the web site or leases of numbers.

    The total of contacts has calls and requests together. Nobody is told who a visitor is.
    """
    wanted = _wanted(ask, entries.NAMES | entries.COMPUTED)
    if not entries.are_entries(wanted.name, wanted.texts):
        raise Problem(404, "These are calls, or not known; ask for calls, for the row `channel=request` or the total.")
    found = await reports_entries.shown(ask.request, wanted, ask.query.limit)
    place = found.lines[-1].entry.place if found.more else None
    return {"items": [_thing(line) for line in found.lines], "next": cursor_of(*place) if place else None,
            "count": found.count}  # fmt: skip


def _thing(line: reports_entries.Line) -> dict[str, Any]:
    one = line.entry
    return {
        "kind": one.kind, "at": iso(one.at_ms), "until": iso(one.until_ms), "call": line.call or None,
        "number": line.number or None, "patients": [_who(row) for row in line.patients], "hash": line.hash or None,
        "did": one.did or None, "page": f"{one.site}{one.page}" if one.kind == "visit" else None,
        "source": one.source or None, "medium": one.medium or None, "campaign": one.campaign or None,
        "ended": one.ended.removeprefix("ended_") or None,
    }  # fmt: skip


def _who(row: Row) -> dict[str, str]:
    return {"ref": row["ref"], "name": row["name"]}


def _wanted(ask: Ask, names: frozenset[str]) -> Opened:
    """Return what is asked for. Raises Problem, PeriodError."""
    asked = f"{ask.place.report}.{ask.query.figure}"
    name = based.listed(asked)
    if name not in names or (asked in based.BASES and not based.opens_in(asked, _texts(ask.query.row))):
        computed = (one for one in based.BASES if based.listed(one) in names)
        known = ", ".join(sorted(one.split(".")[1] for one in {*names, *computed}
                                 if one.startswith(f"{ask.place.report}.")))
        raise Problem(404, f"This figure opens to no such list; of this report these do: {known or 'none'}.")
    if not may_open(ask.request, name):
        raise Problem(403, "The people behind this report are listed only to who may see patients.",
                      headers={"WWW-Authenticate": 'Bearer realm="Callward", error="insufficient_scope", '
                                                   'scope="calls:read patients:read"'})  # fmt: skip
    place: At | None = parts_of(ask.query.cursor, (int, str, str))  # type: ignore[assignment]
    return Opened(name, period_asked(ask), ask.query.row, place)


def _texts(row: str) -> dict[str, str]:
    return dict(parse_qsl(row, keep_blank_values=True))
