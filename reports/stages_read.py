"""People who were first heard of in a period, read from the store a month of callers at a time.

A person is a number that rang or asked to be rung back, with the visits to the web site that belong to it; a visitor
who agreed to be followed and never rang; a patient who booked and never rang. Who was known before is nobody new.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reports.period import Period
from reports.stages_people import NOBODYS, Appointment, Person, Visit, Words, ended_as
from tracking.journey import VISIT_MS

if TYPE_CHECKING:
    from store import Row, Tx

CHUNK_DAYS = 14
"""Callers of so many days are in memory at once."""
LONGEST_VISIT_DAYS = 31
"""No page is open for longer than that."""


def people(tx: "Tx", period: Period, zone: ZoneInfo) -> Iterator[Person]:
    """Yield everybody who was first heard of in a period."""
    first_ms, last_ms = period.edges_ms(zone)
    web = _Web(tx, period)
    asked = _requests(tx, period.start, period.end)
    before = set(_requests(tx, date.min, period.start - timedelta(days=1)))
    kept: dict[str, Person] = {}
    for number, person in _callers(tx, period):
        if number in before or number in web.known_before:
            continue
        person.number = number
        if number in asked:
            person.requests.append(asked[number]["started_ms"])
        person.visits += web.visits_of(number)
        if person.first_ms >= first_ms:
            yield person
        if number in asked or number in web.linked:
            kept[number] = person
    for number in sorted((set(asked) | set(web.linked)) - set(kept)):
        person = _late(tx, number, web, asked.get(number))
        if number not in before and number not in web.known_before and first_ms <= person.first_ms < last_ms:
            yield person
    yield from web.strangers(period)
    yield from _patients(tx, period, (first_ms, last_ms))


class _Web:
    """Visits since the first day, and whose they are."""

    def __init__(self, tx: "Tx", period: Period) -> None:
        rows = tx.all("stage_visitors", from_day=period.start.isoformat())
        visitor_of = {row["id"]: row["visitor"] for row in rows}
        self._visits: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            self._visits[row["visitor"]].append(row)
        numbers: dict[str, str] = {}
        self.linked: dict[str, set[str]] = defaultdict(set)
        self.known_before: set[str] = set()
        # Whoever is new in the period rang in it or later, by a visit that was hardly open for longer than a month.
        since = (period.start - timedelta(days=LONGEST_VISIT_DAYS)).isoformat()
        links = tx.all("stage_links", first=tx.value("stage_first_visit", from_day=since))
        for row in sorted(links, key=lambda row: (row["visit"], row["number"])):
            visitor = visitor_of.get(row["visit"])
            if visitor is None or self._visits[visitor][0]["earlier"]:
                self.known_before.add(row["number"])
            elif numbers.setdefault(visitor, row["number"]) == row["number"]:
                self.linked[row["number"]].add(visitor)
        self._numbers = numbers

    def visits_of(self, number: str) -> list[Visit]:
        """Return the visits that belong to a number."""
        return [_visit(row) for visitor in sorted(self.linked.get(number, ())) for row in self._visits[visitor]]

    def strangers(self, period: Period) -> Iterator[Person]:
        """Yield visitors who never rang and were first there in the period."""
        for visitor, rows in self._visits.items():
            if visitor not in self._numbers and not rows[0]["earlier"] \
                    and rows[0]["local_day"] <= period.end.isoformat():  # fmt: skip
                yield Person(visits=[_visit(row) for row in rows], visitor=visitor)


def _callers(tx: "Tx", period: Period) -> Iterator[tuple[str, Person]]:
    """Yield numbers that rang for the first time, with calls and appointments."""
    start = period.start
    while start <= period.end:
        end = min(start + timedelta(days=CHUNK_DAYS - 1), period.end)
        days = {"from_day": start.isoformat(), "to_day": end.isoformat()}
        appointments: dict[str, list[Row]] = defaultdict(list)
        for row in tx.all("stage_appointments", **days, visit_ms=VISIT_MS):
            appointments[row["number"]].append(row)
        for row in tx.all("stage_callers", **days, first_day=period.start.isoformat()):
            yield row["number"], Person(
                _words(row), row["started_ms"], _latest(row["latest"]),
                appointments=_appointments(appointments.get(row["number"], ())),
            )  # fmt: skip
        start = end + timedelta(days=1)


def _late(tx: "Tx", number: str, web: _Web, request: "Row | None") -> Person:
    """Return who visited or asked in the period, and rang later or never."""
    row = tx.one("stage_first_call", number=number)
    assert row is not None
    appointments = tx.all("stage_of_number", number=number, visit_ms=VISIT_MS)
    return Person(
        NOBODYS if request is None else _words(request), row["started_ms"],
        None if row["latest"] is None else _latest(row["latest"]),
        [] if request is None else [request["started_ms"]], web.visits_of(number), _appointments(appointments), number,
    )  # fmt: skip


def _patients(tx: "Tx", period: Period, edges: tuple[int, int]) -> Iterator[Person]:
    """Yield patients who never rang."""
    rows = tx.all("stage_patients", first_ms=edges[0], last_ms=edges[1], from_day=period.start.isoformat(),
                  to_day=period.end.isoformat())  # fmt: skip
    of: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of[row["patient"]].append(row)
    for ref, held in of.items():
        person = Person(appointments=_appointments(held), patient=ref)
        person.words = _words(min(held, key=lambda row: Appointment(row["start_ms"], "", row["created_ms"]).made_ms))
        if edges[0] <= person.first_ms < edges[1]:
            yield person


def _requests(tx: "Tx", first: date, last: date) -> "dict[str, Row]":
    rows = tx.all("stage_requests", from_day=first.isoformat(), to_day=last.isoformat())
    return {row["number"]: row for row in rows}


def _appointments(rows: "Iterable[Row]") -> list[Appointment]:
    known = {row["ref"]: row for row in rows}
    return [Appointment(row["start_ms"], row["status"], row["created_ms"], row.get("next_ms"))
            for row in known.values()]  # fmt: skip


def _visit(row: "Row") -> Visit:
    return Visit(row["started_ms"], (row["source"], row["medium"], row["name"]), bool(row["searched"]))


def _words(row: "Row") -> Words:
    return NOBODYS if row["source"] is None else (row["source"], row["medium"] or "(none)", row["name"] or "")


def _latest(text: str) -> tuple[int, str]:
    direction, outcome, at = text.split(" ")
    return int(at), ended_as(direction, outcome)
