"""What the rules look at and what they answer: frozen values, no behaviour of their own. Times are ms, UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from callbacks.hours import Hours

Kind = Literal["missed", "voicemail", "request"]
Why = Literal["reached", "returned", "booked", "manual", "expired"]
CallKey = tuple[str, str]
"""The PBX's name and the call's id."""

VOID = frozenset({"voicemail", "unconfirmed"})
"""Outcomes of an attempt that was taken for a conversation at first, and is none."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The clinic's settings of callbacks, with the defaults of `[callbacks]`."""

    due_minutes: int = 15
    retry_minutes: int = 60
    attempts: int = 3
    attempt_days: int = 2
    expire_days: int = 7
    reached_s: int = 5
    sure_s: int = 25
    claim_minutes: int = 10
    countries: tuple[str, ...] = ()
    """Regions that may be rung; empty means the clinic's own."""


@dataclass(frozen=True, slots=True)
class Miss:
    """An inbound patient's call that left the caller unserved."""

    call: CallKey
    at_ms: int
    ended_ms: int
    voicemail: bool = False
    lost_after_answer: bool = False
    check: bool = False
    """How the call ended is not known: somebody should look."""
    first_time: bool = False
    paid: bool = False
    """The campaign that made it ring costs money."""
    campaign: int | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A finished call that spoke with the caller (`reached`), or an outbound one that tried to."""

    call: CallKey
    at_ms: int
    ended_ms: int
    inbound: bool
    reached: bool
    sure: bool
    """Long enough not to have been an answering machine; every answered inbound call is."""
    person: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as it is stored, with the calls that belong to it."""

    id: int
    kind: Kind
    open: bool
    opened_ms: int
    due_ms: int
    expires_ms: int
    priority: int
    appointment_on: str | None = None
    """The local day of the appointment that its priority counts."""
    renewed_ms: int | None = None
    """When a person opened it again: what happened before settles nothing and counts as no attempt."""
    snoozed_until_ms: int | None = None
    claimed_until_ms: int | None = None
    misses: tuple[Miss, ...] = ()
    attempts: Mapping[CallKey, str] = field(default_factory=dict)
    """Recorded attempts, each with its outcome."""
    stale: tuple[tuple[CallKey, str], ...] = ()
    """Recorded calls (with their role) whose facts changed: they are no longer what they were recorded as."""
    closed_ms: int | None = None
    closed_why: Why | None = None
    closing: CallKey | None = None
    closing_stands: bool = True
    """False when the closing call turned out not to have spoken with the caller."""
    unconfirmed_until_ms: int | None = None
    campaign: int | None = None
    """Where somebody came from who asked to be rung; that of a missed call is the call's."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that matters to one number (None: there is none) at one location, at `now_ms`."""

    number: str | None
    location: str
    now_ms: int
    hours: Hours
    misses: tuple[Miss, ...] = ()
    """Those in no callback yet, also the ones that have a reason: a reason may change."""
    callback: Callback | None = None
    closed: tuple[Callback, ...] = ()
    """Closed callbacks of the last days, oldest first."""
    contacts: tuple[Contact, ...] = ()
    live: bool = False
    """The caller is waiting or talking right now, or is being rung."""
    barred: str | None = None
    """Why nobody may ring this number."""
    appointment_on: str | None = None
    """Today, where a patient of the number is expected today; else None."""
    renew: bool = False
    """A person changed the callback: plan it afresh."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from a callback's misses and attempts, whatever the order they became known in."""

    kind: Kind
    due_ms: int
    expires_ms: int
    priority: int
    campaign: int | None
    reason: str | None
    spent: bool
    """All attempts are made."""
    appointment_on: str | None = None
    """The local day of the appointment that the priority counts."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing yet: the caller is on the line. The end of that call decides."""


@dataclass(frozen=True, slots=True)
class Skip:
    """This miss opens nothing, for this reason."""

    call: CallKey
    reason: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open a callback. Further actions with `callback` None mean this one."""

    opened_ms: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class AddMiss:
    """The miss belongs to the callback."""

    callback: int | None
    miss: Miss


@dataclass(frozen=True, slots=True)
class Attempt:
    """An outbound call did not reach the caller."""

    callback: int | None
    contact: Contact


@dataclass(frozen=True, slots=True)
class Drop:
    """A call is not, after all, what it was recorded as."""

    callback: int
    call: CallKey
    role: str


@dataclass(frozen=True, slots=True)
class Replan:
    """The callback's due time, priority and expiry follow anew from its calls."""

    callback: int
    plan: Plan
    wake: bool
    """The caller rang again: a snooze is over."""


@dataclass(frozen=True, slots=True)
class Close:
    """The callback is done; `call` is the evidence."""

    callback: int | None
    why: Why
    at_ms: int
    call: CallKey | None = None
    call_at_ms: int | None = None
    person: str | None = None
    outcome: str | None = None
    unconfirmed_until_ms: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expire:
    """Nobody is to ring any more: the attempts are made, or the time is over."""

    callback: int | None
    at_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reopen:
    """A closed callback is open again. Its closing call counts as an attempt with outcome `attempt`, if given."""

    callback: int
    attempt: str | None


@dataclass(frozen=True, slots=True)
class Settle:
    """Stop asking whether the closing call spoke with the caller: it no longer matters."""

    callback: int


Action = Wait | Skip | Open | AddMiss | Attempt | Drop | Replan | Close | Expire | Reopen | Settle
