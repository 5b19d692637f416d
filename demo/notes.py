"""What people did beside the calls of the history: topics, comments, appointments, and the patients who were won.

The appointments are written as the clinic's own system would export them, and imported as any clinic does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from callbacks import topics
from demo.country import Country, Person, named
from demo.folder import write_table
from demo.recordings import PHONES
from store import Row, Store

TOPICS = {"booked": 44, "information": 17, "price": 8, "no_date": 6, "moved": 6, "results": 5, "prescription": 5,
          "cancelled": 3, "thinks_over": 3, "complaint": 1, "wrong_number": 1, "sales_spam": 1}
_UNNOTED = 0.1
_COMMENTED = 0.12
_OPEN_ENDS = 3
"""The last calls have no topic yet: something is left to do."""
_PAGE = 500
_ONLINE = 0.18
"""So many appointments are made without a call, for each that was made by one."""
_HEADINGS = ("appointment_ref", "patient_ref", "created_at", "start_at", "status", "service", "doctor", "value",
             "currency", "channel", "source", "medium", "campaign")
_FATES = {"fulfilled": 82, "noshow": 8, "cancelled": 10}


@dataclass(frozen=True, slots=True)
class Noted:
    """What is written about one call."""

    call: Row
    topic: str
    patient: str | None
    author: str
    comment: str


@dataclass(slots=True)
class Book:
    """Who the patients are, and which appointments were made."""

    country: Country
    zone: ZoneInfo
    random: Random
    now_s: float
    patients: list[Person]
    """Those of the clinic; who was won is added."""
    appointments: list[tuple[str, ...]] = field(default_factory=list)
    _by_number: dict[str, list[Person]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find people by their number."""
        for who in self.patients:
            self._by_number.setdefault(who.number, []).append(who)

    def noted(self, calls: Sequence[Row]) -> Iterator[Noted]:
        """Yield what is written about answered calls, the oldest first; who books gets an appointment."""
        for place, call in enumerate(calls):
            if place >= len(calls) - _OPEN_ENDS or not call["party"] or self.random.random() < _UNNOTED:
                continue
            topic = self.random.choices(list(TOPICS), list(TOPICS.values()))[0]
            sharing = self._by_number.get(call["party"], [])
            who = self.random.choice(sharing) if sharing else None
            if topic == "booked":
                who = who or self._won(call)
                self._appoint(who, call["ended_ms"] / 1000, "phone")
                if self.random.random() < _ONLINE:
                    self._appoint(self.random.choice(self.patients), call["ended_ms"] / 1000, "online")
            said = self.random.choice(self.country.comments) if self.random.random() < _COMMENTED else ""
            yield Noted(call, topic, who.ref if who and sharing else None, self._author(call), said)

    def _author(self, call: Row) -> str:
        phone = call["answered_by"] if call["direction"] == "inbound" else call["extension"]
        return self.country.staff[PHONES.index(phone)] if phone in PHONES else self.country.staff[0]

    def _won(self, call: Row) -> Person:
        """Return a new patient, who rang and booked."""
        ref = f"P{3001 + len(self.appointments)}"
        born = datetime.fromtimestamp(self.now_s, UTC).date() - timedelta(days=self.random.randrange(7000, 28000))
        who = replace(named(self.country, self.random), ref=ref, number=call["party"], born=born)
        self.patients.append(who)
        self._by_number[who.number] = [who]
        return who

    def _appoint(self, who: Person, made_s: float, channel: str) -> None:
        day = datetime.fromtimestamp(made_s, self.zone).date() + timedelta(days=self.random.randrange(1, 15))
        while day.weekday() > 4:
            day += timedelta(days=1)
        at = datetime.combine(day, time(self.random.randrange(8, 17), self.random.choice((0, 15, 30, 45))), self.zone)
        status = "booked"
        if at.timestamp() < self.now_s:
            status = self.random.choices(list(_FATES), list(_FATES.values()))[0]
        service = self.random.choice(list(self.country.services))
        origin = ("", "", "")
        if channel == "online":
            campaign = self.country.campaigns[0]
            origin = (campaign.source, campaign.medium, campaign.name) if self.random.random() < 0.7 else origin
        made = datetime.fromtimestamp(made_s + 60, self.zone)
        self.appointments.append((
            f"A{1001 + len(self.appointments)}", who.ref, f"{made:%Y-%m-%d %H:%M}", f"{at:%Y-%m-%d %H:%M}", status,
            service, self.random.choice(self.country.doctors), str(self.country.services[service]),
            self.country.currency, channel, *origin,
        ))  # fmt: skip


def note_history(store: Store, book: Book) -> None:
    """Note topics and comments about the calls of the history, as of when each ended."""
    known = {topic.id: topic for topic in topics.SHIPPED}
    calls = answered(store)
    noted = list(book.noted(calls))
    for first in range(0, len(noted), _PAGE):
        with store.write() as tx:
            for one in noted[first : first + _PAGE]:
                call, at_ms = one.call, one.call["ended_ms"] + 20_000
                topics.note(tx, call, known[one.topic], (one.author, one.patient), at_ms)
                if one.comment:
                    tx.run("call_comment_put", id=tx.next_id("call_comment"), pbx=call["pbx"], call=call["id"],
                           body=one.comment, author=one.author, at_ms=at_ms)


def answered(store: Store) -> list[Row]:
    """Return the answered calls of patients that have no topic, the oldest first."""
    found: list[Row] = []
    last: Row = {"started_ms": None, "id": None, "pbx": None}
    with store.read() as tx:
        while True:
            rows = tx.all(
                "calls_without_topic", from_ms=None, to_ms=None, direction=None, outcome=None, number=None,
                before_ms=last["started_ms"], before_id=last["id"], before_pbx=last["pbx"], limit=_PAGE,
            )  # fmt: skip
            if not rows:
                return [row for row in reversed(found) if row["ended_ms"] is not None]
            found += rows
            last = rows[-1]


def write_appointments(folder: Path, book: Book) -> Path:
    """Write the appointments as a table."""
    return write_table(folder / "appointments.csv", book.country.delimiter, (_HEADINGS, book.appointments))
