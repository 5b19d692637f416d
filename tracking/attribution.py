"""Which campaign made the phone ring: a ladder of named rules, the first that holds. Pure.

The rules are in `LADDER`, in their order:

1. `manual`: a person said so, and why.
2. `visitor`: the number was shown to a visitor of the web site whose lease covers the start of the call. Of n visitors
   who had it then, each is believed with 1/n. The overflow number is everybody's: it tells who rang only when one
   visitor had it.
3. `callback`: what belongs to a callback belongs to the campaign of the call that was missed. That is our call to a
   number while its callback is open, answered or not, and the caller's return, when it comes to the number that our
   attempt presented (exchanges often present one number for all) or to a main number.
4. `number`: the DID that was dialled belonged to a campaign on that day.
5. `returning`: the caller's last attributed call was not long ago (`[tracking] returning_days`; 0 is never). What was
   attributed by this rule itself does not count: nobody returns for ever.
6. `none`: nothing says why they rang.

Example to keep true: missed on the billboard's number; our unanswered attempt presents another tracked number; the
patient rings that one and books. The booking is the billboard's.

Every fact is a time or a row of the past, never a state of now, so a decision that is made again next year is the same.
The next rule that would have held is kept as the runner-up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

RuleName = Literal["manual", "visitor", "callback", "number", "returning", "none"]
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
class Correction:
    """What a person said about the call. `campaign` is None for "of no campaign"."""

    id: int
    campaign: int | None
    because: str
    author: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of a visitor that covers the start of the call. `among`: how many visitors had the number then.

    `campaign` is where the visit came from, None when no such campaign is known.
    """

    id: int
    visit: int
    did: str
    campaign: int | None
    from_ms: int
    until_ms: int
    among: int = 1
    overflow: bool = False
    page: str = ""

    @property
    def confidence(self) -> float:
        """Return how far the lease is to be believed: 1 for one visitor, 1/n for n."""
        return 1 / self.among


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier call of the same caller that was attributed, by another rule than `returning`."""

    call: str
    started_ms: int
    local_day: str
    campaign: int


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
    """All that a decision goes by. `did` and `assignment` are of the call's day, `callbacks` of the other party.

    `earlier` is the caller's last attributed call, `returning_ms` how long ago it may be.
    """

    direction: str
    kind: str
    started_ms: int
    local_day: str
    location: str = ""
    did: str | None = None
    assignment: Assignment | None = None
    callbacks: tuple[Callback, ...] = ()
    correction: Correction | None = None
    lease: Lease | None = None
    earlier: Earlier | None = None
    returning_ms: int = 0


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


def by_person(facts: Facts) -> Holds | None:
    """A person said which campaign it is, or that it is none."""
    said = facts.correction
    if said is None:
        return None
    return Holds(said.campaign, {
        "correction": said.id, "because": said.because, "author": said.author, "at_ms": said.at_ms,
    })  # fmt: skip


def by_visitor(facts: Facts) -> Holds | None:
    """The number was shown to a visitor when the call began."""
    lease = facts.lease
    if facts.direction != "inbound" or lease is None or lease.campaign is None:
        return None
    if not lease.from_ms <= facts.started_ms <= lease.until_ms or (lease.overflow and lease.among > 1):
        return None
    return Holds(lease.campaign, {
        "did": lease.did, "lease": lease.id, "visit": lease.visit, "from_ms": lease.from_ms, "page": lease.page,
        "among": lease.among, "confidence": round(lease.confidence, 3),
    })  # fmt: skip


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


def by_return(facts: Facts) -> Holds | None:
    """The caller's last attributed call was within the time that the clinic set."""
    before = facts.earlier
    if facts.direction != "inbound" or before is None or not facts.returning_ms > 0:
        return None
    if not 0 < facts.started_ms - before.started_ms <= facts.returning_ms:
        return None
    days = facts.returning_ms // 86_400_000
    return Holds(before.campaign, {"earlier_call": before.call, "earlier_day": before.local_day, "days": days})


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
    ("manual", by_person),
    ("visitor", by_visitor),
    ("callback", by_callback),
    ("number", by_number),
    ("returning", by_return),
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
