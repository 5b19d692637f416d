"""One person's way through the stages, from what is known of them: visits, calls, requests, appointments. Pure.

The stages are those of a patient's journey (`tracking.journey`): awareness, search, choice, care, after-care.
"""

from dataclasses import dataclass, field

from tracking.journey import OFFLINE, STAGE_NAMES, VISIT_MS, Stage

NOBODYS = ("(none)", "(none)", "(none)")
"""The source of who came from no campaign that is known."""
LASTS = ("visit", "talk", "missed", "request", "to_come", "came", "no_show", "cancelled")
"""What may have happened last."""
_OF_STATUS = {"booked": "to_come", "arrived": "came", "fulfilled": "came", "noshow": "no_show",
              "cancelled": "cancelled"}  # fmt: skip
Words = tuple[str, str, str]
"""Source, medium, campaign."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit to the web site. `searched`: by a click on an advertisement, or from another site."""

    at_ms: int
    words: Words
    searched: bool


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment; `next_ms` is when the person rang first after it was over."""

    start_ms: int
    status: str
    created_ms: int | None = None
    next_ms: int | None = None

    @property
    def made_ms(self) -> int:
        """Return when it was made, as far as anybody tells."""
        return self.start_ms if self.created_ms is None else min(self.created_ms, self.start_ms)


@dataclass(slots=True)
class Person:
    """What is known of one person. `called_ms` is the first call, `latest` when and how the last one ended.

    Who it is: a number; of those who never rang a visitor's id, or a patient's reference.
    """

    words: Words = NOBODYS
    """Where the first call, the request or the first appointment came from."""
    called_ms: int | None = None
    latest: tuple[int, str] | None = None
    requests: list[int] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    number: str = ""
    visitor: str = ""
    patient: str = ""

    @property
    def called_last_ms(self) -> int | None:
        """Return when they and the clinic rang one another last."""
        return None if self.latest is None else self.latest[0]

    @property
    def standing(self) -> list[Appointment]:
        """Return the appointments that were not cancelled, the earliest first."""
        kept = [one for one in self.appointments if one.status != "cancelled"]
        return sorted(kept, key=lambda one: one.start_ms)

    @property
    def first_ms(self) -> int:
        """Return when the person was first heard of."""
        moments = [*self.requests, *(one.at_ms for one in self.visits), *(one.made_ms for one in self.appointments)]
        return min(moments if self.called_ms is None else [*moments, self.called_ms])


@dataclass(frozen=True, slots=True)
class Way:
    """The stages that a person entered, in their order, with when; what happened last; where they came from."""

    stages: tuple[tuple[Stage, int], ...]
    last: str
    words: Words


def way(person: Person) -> Way:
    """Return a person's way."""
    standing = person.standing
    booked = min((one.made_ms for one in standing), default=None)
    first_visit = min(person.visits, key=lambda visit: visit.at_ms, default=None)
    words = person.words if first_visit is None else first_visit.words
    by_call = person.called_ms is not None and (first_visit is None or person.called_ms < first_visit.at_ms)
    entered: dict[Stage, int | None] = {
        "awareness": None if first_visit is None else first_visit.at_ms,
        "search": min((visit.at_ms for visit in person.visits if visit.searched), default=None),
        "choice": _choice(person, booked), "care": booked, "after-care": _after(person, standing),
    }  # fmt: skip
    if by_call:
        words = person.words
        entered["awareness"] = person.called_ms if words[1].lower() in OFFLINE else None
    return Way(tuple((stage, at) for stage in STAGE_NAMES if (at := entered[stage]) is not None), _last(person), words)


def ended_as(direction: str, outcome: str) -> str:
    """Return what a call was, as the last thing that happened."""
    return "talk" if outcome == "answered" and direction in ("inbound", "outbound") else "missed"


def _choice(person: Person, booked: int | None) -> int | None:
    moments = [*person.requests, *([] if person.called_ms is None else [person.called_ms])]
    first = min(moments, default=None)
    return first if first is not None and (booked is None or first <= booked) else None


def _after(person: Person, standing: list[Appointment]) -> int | None:
    if not standing:
        return None
    ends = standing[0].start_ms + VISIT_MS
    moments = [visit.at_ms for visit in person.visits] + person.requests
    moments += [one.start_ms for one in person.appointments]
    moments += [] if standing[0].next_ms is None else [standing[0].next_ms]
    return min((moment for moment in moments if moment > ends), default=None)


def _last(person: Person) -> str:
    told = [(visit.at_ms, 0, "visit") for visit in person.visits]
    told += [(at, 1, "request") for at in person.requests]
    told += [] if person.latest is None else [(person.latest[0], 2, person.latest[1])]
    told += [(one.start_ms, 3, _OF_STATUS.get(one.status, "to_come")) for one in person.appointments]
    return max(told)[2]
