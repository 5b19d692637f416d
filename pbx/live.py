"""What the tracker remembers of a call while it lives: channels, talks, waits, transfers. Mutable, one fold's own.

Times are milliseconds since the epoch. `pbx.telling` turns a LiveCall into the frozen `Call` that everybody else reads.
"""

from dataclasses import dataclass, field

from pbx.calls import Role, Transfer
from pbx.endpoints import split_name

_SAME_TALK_MS = 250
"""A person who leaves the bridge and is back within this time never left: the switch was rearranging channels."""


@dataclass(slots=True, eq=False)
class LiveChannel:
    """One channel. `alerted_ms`: when it began to ring; `asked_ms`: when its far end asked for the hang-up."""

    uniqueid: str
    name: str
    linkedid: str
    role: Role
    endpoint: str
    pair: str
    half: int
    home: str
    """The id of the call it belongs to."""
    started_ms: int
    outgoing: bool = False
    """Made by the switch (state Down at first), not by somebody who calls in."""
    seen_from_start: bool = True
    exten: str = ""
    caller_raw: str | None = None
    caller_name: str | None = None
    shown_number: str | None = None
    """CallerIDNum as it is now: on a phone's outgoing call, the number presented."""
    dialled: str | None = None
    dialled_ms: int | None = None
    alerted_ms: int | None = None
    up_ms: int | None = None
    dial_status: str | None = None
    dial_ended_ms: int | None = None
    queue: str | None = None
    """The queue whose application it runs."""
    room: str | None = None
    """The conference that it entered last, and when."""
    room_ms: int | None = None
    bridge: str | None = None
    bridged_ms: int | None = None
    left_ms: int | None = None
    last_bridge: str | None = None
    asked_ms: int | None = None
    told_off_ms: int | None = None
    """When the switch itself hung it up."""
    ended_ms: int | None = None
    cause: int | None = None
    held_ms: int | None = None
    handed_over: bool = False
    """It sent the other side on to somebody else: that it hangs up then ends nothing."""

    @property
    def real(self) -> bool:
        """Say whether a device is at its end: halves of Local channels are never people."""
        return self.role != "local"

    @property
    def is_outside_caller(self) -> bool:
        """Say whether somebody outside rang in on it."""
        return self.role == "trunk" and not self.outgoing

    def ring_over_ms(self) -> int | None:
        """Return when it stopped ringing: answered, given up or gone; None while it rings."""
        ends = [t for t in (self.up_ms, self.dial_ended_ms, self.ended_ms) if t is not None]
        return min(ends) if ends else None


@dataclass(slots=True)
class LiveTalk:
    """One person with the call's outside party, by channel."""

    uniqueid: str
    who: str
    started_ms: int
    ended_ms: int | None = None


@dataclass(slots=True)
class LiveWait:
    """One stay in a queue; `left` only when the switch said why."""

    queue: str
    started_ms: int
    ended_ms: int | None = None
    left: str | None = None
    guessed: bool = False
    """Nobody said that its time was over: it only looks like it."""


@dataclass(slots=True)
class LiveTransfer:
    """A transfer that began; `answered` once somebody new talks."""

    type: str
    from_: str | None
    to: str | None
    at_ms: int
    answered: bool = False
    target_known: bool = False

    def told(self) -> Transfer:
        """Return the frozen form."""
        return Transfer(self.type, self.from_, self.to, self.at_ms, self.answered)  # type: ignore[arg-type]


@dataclass(slots=True, eq=False)
class LiveCall:
    """A call while the tracker holds it."""

    pbx: str
    id: str
    linkedids: set[str]
    started_ms: int
    version: int = 0
    channels: dict[str, LiveChannel] = field(default_factory=dict)
    alive: int = 0
    """Channels that have not ended."""
    talks: list[LiveTalk] = field(default_factory=list)
    open_talks: dict[str, LiveTalk] = field(default_factory=dict)
    waits: list[LiveWait] = field(default_factory=list)
    transfers: list[LiveTransfer] = field(default_factory=list)
    holds: int = 0
    hold_ms: int = 0
    from_did: str | None = None
    entry: str | None = None
    offered_ms: int | None = None
    tried: bool = False
    intercepted: bool = False
    """The switch read the number back: nobody has it, or it is out of service."""
    refused_queue: str | None = None
    met_in_queue: str | None = None
    """The queue that a call met late had gone through."""
    dialled: list[str] = field(default_factory=list)
    """Whom the dialplan dialled for the caller, step by step."""
    voicemail_ms: int | None = None
    mailbox: str | None = None
    recording: str | None = None
    withheld: bool = False
    sees_variables: bool = False
    """VarSet events come: what they would have said and did not say counts."""
    parked: bool = False
    parked_ms: int | None = None
    click_id: str | None = None
    originated: bool = False
    special: str | None = None
    """`spy`, `conference` or `feature` when an event said so."""
    consultation_of: str | None = None
    joined_with: str | None = None
    merged: list[str] = field(default_factory=list)
    sure: bool = True
    cut: bool = False
    """The switch restarted under it."""
    ended_ms: int | None = None
    end_unseen: bool = False

    def first(self) -> LiveChannel | None:
        """Return the channel that began the call: its oldest one."""
        return next(iter(self.channels.values()), None)

    def open_wait(self) -> LiveWait | None:
        """Return the queue the caller waits in, if any."""
        return self.waits[-1] if self.waits and self.waits[-1].ended_ms is None else None

    def add(self, channel: LiveChannel) -> None:
        """Take a channel in, keeping the oldest first."""
        self.channels[channel.uniqueid] = channel
        if channel.ended_ms is None:
            self.alive += 1
        if channel.started_ms < self.started_ms:
            self.started_ms = channel.started_ms
        last = list(self.channels)[-2:]
        if len(last) == 2 and age(last[0]) > age(last[1]):
            self.channels = dict(sorted(self.channels.items(), key=lambda item: age(item[0])))

    def offer(self, at_ms: int, entry: str) -> None:
        """Note that a queue or a phone was tried."""
        self.tried = True
        if self.offered_ms is None:
            self.offered_ms = at_ms
        if self.entry is None:
            self.entry = entry

    def set_people(self, people: dict[str, str], at_ms: int) -> None:
        """Say who is on the line now, channel to name: opens and closes talks."""
        for uniqueid in [u for u in self.open_talks if u not in people]:
            self.open_talks.pop(uniqueid).ended_ms = at_ms
        for uniqueid, who in people.items():
            if uniqueid not in self.open_talks:
                self.open_talks[uniqueid] = self._talk_again(uniqueid, who, at_ms)
                self._transfer_answered(who)

    def _talk_again(self, uniqueid: str, who: str, at_ms: int) -> LiveTalk:
        for talk in reversed(self.talks):
            if talk.uniqueid == uniqueid and talk.ended_ms is not None and at_ms - talk.ended_ms <= _SAME_TALK_MS:
                talk.ended_ms = None
                return talk
        talk = LiveTalk(uniqueid, who, at_ms)
        self.talks.append(talk)
        return talk

    def _transfer_answered(self, who: str) -> None:
        for transfer in self.transfers:
            if not transfer.answered and who != transfer.from_:
                transfer.answered = True

    def merge(self, other: "LiveCall") -> None:
        """Take over everything that a younger call gathered; it is this call from now on."""
        self.linkedids |= other.linkedids
        self.merged += [other.id, *other.merged]
        for channel in other.channels.values():
            self.add(channel)
        self.talks = sorted(self.talks + other.talks, key=lambda t: t.started_ms)
        self.open_talks |= other.open_talks
        self.waits = sorted(self.waits + other.waits, key=lambda w: w.started_ms)
        self.transfers += other.transfers
        self.recording = self.recording or other.recording
        self.mailbox = self.mailbox or other.mailbox
        self.click_id = self.click_id or other.click_id
        self.from_did = self.from_did or other.from_did
        self.sure = self.sure and other.sure
        self.parked_ms = self.parked_ms or other.parked_ms
        self.holds += other.holds
        self.hold_ms += other.hold_ms


def age(uniqueid: str) -> tuple[int, int]:
    """Return what orders ids by age: (seconds, counter), whatever `systemname-` stands before them.

    Ids are never floats: `.10` is younger than `.9`. What follows a `~` is ours: a channel that only a CDR names.
    """
    seconds, _, counter = uniqueid.rpartition("-")[2].partition("~")[0].partition(".")
    return (int(seconds) if seconds.isdigit() else 0, int(counter) if counter.isdigit() else 0)


def new_channel(uniqueid: str, name: str, linkedid: str, role: Role, at_ms: int) -> LiveChannel:
    """Make a channel from its name."""
    parts = split_name(name)
    linked = linkedid or uniqueid
    return LiveChannel(uniqueid, name, linked, role, parts.endpoint, parts.pair, parts.half, linked, at_ms)
