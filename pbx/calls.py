"""What a call is: frozen types, and the outcome as a pure function of the facts.

Times are milliseconds since the epoch, UTC; durations are milliseconds. Numbers are E.164 or None; what the switch
said is kept beside them in `*_raw`. `None` means "did not happen" or "is not known", never zero.
"""

from dataclasses import dataclass
from typing import Literal

Direction = Literal["inbound", "outbound", "internal"]
Kind = Literal["patient", "internal", "consultation", "feature", "spy", "conference"]
Outcome = Literal[
    "answered", "voicemail", "abandoned", "no_answer", "busy", "failed", "left_menu", "cancelled", "agent_missed",
    "unknown",
]
State = Literal["ringing", "waiting", "menu", "talking", "held", "parked", "ended"]
EndedBy = Literal["caller", "agent", "pbx", "callee"]
Role = Literal["trunk", "phone", "local", "other"]


@dataclass(frozen=True, slots=True)
class Leg:
    """One Asterisk channel of a call. `number` is the extension of a phone, or the outside number of a trunk leg."""

    uniqueid: str
    linkedid: str
    channel: str
    role: Role
    number: str | None
    started_ms: int
    answered_ms: int | None
    ended_ms: int | None
    cause: int | None
    ring_ms: int | None = None
    """How long the leg rang, None when it never did."""


@dataclass(frozen=True, slots=True)
class Talk:
    """An interval in which the call's outside party (or the caller of an internal call) shared a bridge with `who`."""

    who: str
    started_ms: int
    ended_ms: int | None


@dataclass(frozen=True, slots=True)
class Wait:
    """An interval in a queue. `left`: None while it lasts, then why it ended."""

    queue: str
    started_ms: int
    ended_ms: int | None
    left: Literal["answered", "abandoned", "timeout", "refused", "other"] | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transfer: from whom to whom (an extension, an outside number, `queue:name`, `conference:room`)."""

    type: Literal["blind", "attended", "redirect", "forward"]
    from_: str | None
    to: str | None
    at_ms: int
    answered: bool


@dataclass(frozen=True, slots=True)
class Call:
    """Everything the tracker knows about one call at one moment (`version`), docs/calls.md."""

    pbx: str
    id: str
    version: int
    """Journal position of the last event folded in: its arrival time in microseconds."""
    linkedids: tuple[str, ...]
    direction: Direction
    kind: Kind
    state: State
    caller_number: str | None
    caller_raw: str | None
    caller_name: str | None
    withheld: bool
    did: str | None
    did_raw: str | None
    destination: str | None
    destination_raw: str | None
    presented_number: str | None
    extension: str | None
    """The phone that placed an outbound or internal call."""
    entry: str | None
    queue: str | None
    rang: tuple[str, ...]
    answered_by: str | None
    final_agent: str | None
    outcome: Outcome | None
    """None while the call lives."""
    started_ms: int
    offered_ms: int | None
    answered_ms: int | None
    ended_ms: int | None
    wait_ms: int
    ring_ms: int
    talk_ms: int
    bridged_ms: int
    hold_ms: int
    holds: int
    lost_after_answer: bool
    transfers: tuple[Transfer, ...]
    hung_up_by: EndedBy | None
    recording: str | None
    voicemail: str | None
    """The mailbox a message was stored in."""
    consultation_of: str | None
    joined_with: str | None
    click_id: str | None
    """What our own click-to-call put on the call, to find it again."""
    sure: bool
    met_late: bool = False
    """Its beginning was not seen: it was found going on."""
    legs: tuple[Leg, ...] = ()
    talks: tuple[Talk, ...] = ()
    waits: tuple[Wait, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    """Facts that were not seen on AMI, each with where it comes from (`cel`, `cdr`, `queue_log`); `*` is every other
    fact of the call."""

    @property
    def ref(self) -> str:
        """Return `pbx:id`, the call's name wherever one string is wanted."""
        return f"{self.pbx}:{self.id}"

    @property
    def party(self) -> str | None:
        """Return the outside number of a patient's call: who rang, or who was rung."""
        return self.caller_number if self.direction == "inbound" else self.destination


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A call is as `call` says now. `merged` are ids of calls that turned out to be part of it."""

    call: Call
    merged: tuple[str, ...] = ()
