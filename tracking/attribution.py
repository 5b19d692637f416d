"""Which campaign made the phone ring: a ladder of named rules, the first that holds. Pure.

The rules are in `LADDER`, in their order:

1. `callback`: what belongs to a callback belongs to the campaign of the call that was missed. That is our call to a
   number while its callback is open, answered or not, and the caller's return, when it comes to the number that our
   attempt presented (exchanges often present one number for all) or to a main number.
2. `number`: the DID that was dialled belonged to a campaign on that day.
3. `none`: nothing says why they rang.

Example to keep true: missed on the billboard's number; our unanswered attempt presents another tracked number; the
patient rings that one and books. The booking is the billboard's.

Every fact is a time or a row of the past, never a state of now, so a decision that is made again next year is the same.
The next rule that would have held is kept as the runner-up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

RuleName = Literal["callback", "number", "none"]
Evidence = dict[str, Any]

RETURN_MS = 48 * 3_600_000
"""How long after our attempt a call to the number it presented is still a return."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a DID was on the day of the call. `campaign` is None for a main number of no campaign."""

    id: int
    did: str
    kind: str
    campaign: int | None
    valid_from: str
    valid_to: str | None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """An earlier call of a callback, by `pbx:id`. `presented_number` is what an outbound one showed to the caller."""

    call: str
    started_ms: int
    campaign: int | None = None
    presented_number: str | None = None
    did: str | None = None
    local_day: str | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback of the caller's number: when it was open, and the earlier calls that belong to it, oldest first."""

    id: int
    location: str
    opened_ms: int
    closed_ms: int | None
    closed_by_this: bool = False
    campaign: int | None = None
    """The campaign written on the callback itself: for one that no missed call opened."""
    missed: tuple[Contact, ...] = ()
    attempts: tuple[Contact, ...] = ()

    @property
    def inherited(self) -> tuple[int | None, Contact | None]:
        """Return the campaign of the first missed call that has one, and that call."""
        for contact in self.missed:
            if contact.campaign is not None:
                return contact.campaign, contact
        return (None, self.missed[0]) if self.missed else (self.campaign, None)

    def was_open(self, moment_ms: int) -> bool:
        """Say whether the callback was open then, or was closed by the very call."""
        return self.closed_by_this or (
            self.opened_ms <= moment_ms and (self.closed_ms is None or moment_ms <= self.closed_ms)
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision goes by. `did` and `assignment` are of the call's day, `callbacks` of the other party."""

    direction: str
    kind: str
    started_ms: int
    local_day: str
    location: str = ""
    did: str | None = None
    assignment: Assignment | None = None
    callbacks: tuple[Callback, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The campaign of a call, by which rule, on what evidence, and what would have been said otherwise.

    `evidence` and `runner_up` hold ids, days and the clinic's own numbers, never the caller's number or name.
    `runner_up` is {"rule", "campaign", "evidence"} or None.
    """

    rule: RuleName
    campaign_id: int | None
    evidence: Evidence = field(default_factory=dict)
    runner_up: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """A rule holds: for this campaign, on this evidence."""

    campaign: int | None
    evidence: Evidence


def by_callback(facts: Facts) -> Holds | None:
    """Our call on a callback, or the caller's return to it, is the campaign's that the missed call was."""
    for callback in sorted(facts.callbacks, key=lambda one: (one.location != facts.location, one.opened_ms, one.id)):
        campaign, missed = callback.inherited
        if campaign is None:
            continue
        how = _outbound(facts, callback) if facts.direction == "outbound" else _returned(facts, callback)
        if how is None:
            continue
        evidence = {"callback": callback.id, "opened_ms": callback.opened_ms, **how}
        if missed is not None:
            evidence |= {"missed_call": missed.call, "missed_did": missed.did, "missed_day": missed.local_day}
        return Holds(campaign, evidence)
    return None


def by_number(facts: Facts) -> Holds | None:
    """The DID dialled was a campaign's on that local day."""
    found = facts.assignment
    if facts.direction != "inbound" or found is None or found.campaign is None:
        return None
    return Holds(found.campaign, {
        "did": found.did, "assignment": found.id, "label": found.label, "day": facts.local_day,
        "valid_from": found.valid_from, "valid_to": found.valid_to,
    })  # fmt: skip


def by_nothing(facts: Facts) -> Holds:
    """Nothing says why they rang; what was looked at is kept."""
    if facts.kind != "patient":
        return Holds(None, {"why": "no_patient"})
    if facts.direction != "inbound":
        return Holds(None, {"why": "our_call"})
    if facts.did is None:
        return Holds(None, {"why": "no_did"})
    why = "no_assignment" if facts.assignment is None else "no_campaign"
    return Holds(None, {"why": why, "did": facts.did, "day": facts.local_day})


LADDER: tuple[tuple[RuleName, Callable[[Facts], Holds | None]], ...] = (
    ("callback", by_callback),
    ("number", by_number),
    ("none", by_nothing),
)


def decide(facts: Facts) -> Decision:
    """Return the first rule of the ladder that holds, with the next one that would have held."""
    rules = LADDER if facts.kind == "patient" else LADDER[-1:]
    held = [(name, holds) for name, rule in rules if (holds := rule(facts)) is not None]
    (name, holds), rest = held[0], held[1:]
    runner_up = None
    if rest and rest[0][0] != "none":
        runner_up = {"rule": rest[0][0], "campaign": rest[0][1].campaign, "evidence": rest[0][1].evidence}
    return Decision(name, holds.campaign, holds.evidence, runner_up)


def _outbound(facts: Facts, callback: Callback) -> Evidence | None:
    if not callback.was_open(facts.started_ms):
        return None
    return {"how": "our_call"}


def _returned(facts: Facts, callback: Callback) -> Evidence | None:
    """Say how an inbound call is a return: to the number an attempt presented, or to a main number."""
    if facts.did is None or callback.opened_ms > facts.started_ms:
        return None
    open_then = callback.was_open(facts.started_ms)
    since_ms = callback.opened_ms if open_then else facts.started_ms - RETURN_MS
    fresh = [contact for contact in callback.attempts if contact.started_ms >= since_ms]
    presented = [contact for contact in fresh if contact.presented_number == facts.did]
    if presented:
        return {"how": "presented_number", "did": facts.did, "attempt": presented[-1].call}
    if facts.assignment is not None and facts.assignment.kind == "main" and (open_then or fresh):
        return {
            "how": "main_number", "did": facts.did, "assignment": facts.assignment.id,
            "attempt": fresh[-1].call if fresh else None,
        }  # fmt: skip
    return None
