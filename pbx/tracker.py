"""The tracker: a pure fold of AMI blocks into calls.

The theory. A call is what began with its oldest channel: every channel made for it carries that channel's id as its
`Linkedid`. A channel's linkedid changes when it is bridged with an older call, and no event says so: it is read off
every event, and the channel moves. When nothing is left of the younger call, it was the older one all along (a pickup,
a parked caller fetched): the two merge and an alias stays. Two calls that each have an outside caller of their own
never merge.

A person answers when a channel with a device at its end shares a bridge with the call's outside party, seen through
Local pairs. Nothing else is an answer: not `Up`, not `AgentConnect`, not a CDR.

A call ends when its last channel ends: by `Hangup`, by its absence from a list of the live channels, or by a restart
of the switch. What happened while nobody listened is marked `sure: false`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pbx import dials, moves
from pbx.bridges import Bridges
from pbx.calls import CallChanged
from pbx.endpoints import Endpoints, split_name
from pbx.events import Event, parse, text_or_none, wanted
from pbx.live import LiveCall, LiveChannel, age, new_channel
from pbx.snapshot import LISTED, Snapshots
from pbx.telling import Teller, sides_of, tell

_LISTED_MS = 250
_GRACE_MS = 120_000
"""How long an ended call and its channels are remembered, for events that come late."""

_CREATING = frozenset(("Newchannel", "Newstate", "Newexten", "VarSet", "BridgeEnter", "DialBegin", "QueueCallerJoin"))
"""Events that may introduce a channel never heard of. Others can trail a Hangup and would raise the dead."""



def _introduces(event: Event) -> bool:
    """Say whether an event may introduce the channel it is about."""
    if event.name == "VarSet":
        return event.get("Variable").endswith("_DID")
    if event.name == "Newexten":
        return event.get("Application") in ("Dial", "Queue")
    return event.name in _CREATING


_PREFIXES = ("Dest", "Transferer", "Transferee", "TransferTarget", "OrigTransferer", "SecondTransferer", "Parkee",
             "Retriever", "Spyer", "Spyee", "LocalOne", "LocalTwo", "Target")

_ALONE = ("Newchannel", "Newstate", "NewCallerid", "NewConnectedLine", "Newexten", "VarSet", "Hangup", "HangupRequest",
          "SoftHangupRequest", "BridgeCreate", "BridgeEnter", "BridgeLeave", "BridgeDestroy", "QueueCallerJoin",
          "QueueCallerLeave", "QueueCallerAbandon", "QueueMemberStatus")
_OTHERS = {
    **dict.fromkeys(_ALONE, ()),
    **dict.fromkeys(("DialBegin", "DialState", "DialEnd", "AgentCalled", "AgentConnect", "AgentComplete"), ("Dest",)),
    **dict.fromkeys(("LocalBridge", "LocalOptimizationBegin", "LocalOptimizationEnd"), ("LocalOne", "LocalTwo")),
}
"""The prefixes of the channels that the commonest events name besides their own; any other event may have any."""


@dataclass(slots=True)
class Tracker:
    """Folds what one Asterisk sends into calls. `pbx` is its name; ids are unique only within it."""

    pbx: str
    endpoints: Endpoints
    teller: Teller
    channels: dict[str, LiveChannel] = field(default_factory=dict)
    calls: dict[str, LiveCall] = field(default_factory=dict)
    bridges: Bridges = field(default_factory=Bridges)
    aliases: dict[str, str] = field(default_factory=dict)
    now_ms: int = 0
    compared_ms: int | None = None
    """When a list of the live channels was last compared with ours."""
    _now_us: int = 0
    _touched: dict[int, LiveCall] = field(default_factory=dict)
    _dead: dict[str, int] = field(default_factory=dict)
    _ended: dict[str, LiveCall] = field(default_factory=dict)
    _swept_ms: int = 0
    _cut_ms: int | None = None
    _opened_ms: int = 0
    _heard_ms: int = 0
    _last_ms: int = 0
    """When the last was heard before the cut: a peer that died may be found out much later."""
    _snapshots: Snapshots = field(default_factory=Snapshots)

    def fold(self, at: float, blocks: Iterable[bytes]) -> list[CallChanged]:
        """Take blocks that arrived at `at` (seconds since the epoch); return each call that changed, as it is now."""
        self.take(at, blocks)
        return self.told()

    def take(self, at: float, blocks: Iterable[bytes]) -> None:
        """Take blocks, and tell later: see `told` and `told_over`."""
        self._tick(at)
        for block in blocks:
            if wanted(block):
                self._apply(parse(block))
        self._heard_ms = self.now_ms
        if self.now_ms - self._swept_ms > _GRACE_MS:
            self._forget()

    def told(self) -> list[CallChanged]:
        """Return each call that changed since the last telling."""
        return self._tell(self._touched.values())

    def told_over(self) -> list[CallChanged]:
        """Return each call that is over since the last telling, and pass over those that go on.

        Before a call that nobody answered come the calls that the same caller has going on: whoever decides about
        ringing back must know that they are on the line.
        """
        over = self._tell([call for call in self._touched.values() if not call.alive])
        changes = []
        for change in over:
            if change.call.party is not None and not change.call.talks:
                changes += self._tell([c for c in self.calls.values() if self._concerns(c, change.call.party)])
            changes.append(change)
        return changes

    def opened(self, at: float) -> list[CallChanged]:
        """A session with the switch began."""
        self._tick(at)
        self._opened_ms = self.now_ms
        self._snapshots.drop()
        return self.told()

    def closed(self, at: float) -> list[CallChanged]:
        """The session ended: what happens from now on is not seen."""
        self._tick(at)
        self._snapshots.drop()
        if self._cut_ms is None:
            self._cut_ms = self.now_ms
            self._last_ms = self._heard_ms or self.now_ms
        return self.told()

    def finish(self, at: float) -> list[CallChanged]:
        """No more will come, ever: calls still open end with their end unseen."""
        self._tick(at)
        for channel in list(self.channels.values()):
            self._vanish(channel)
        return self.told()

    def live(self) -> list[LiveCall]:
        """Return the calls that have not ended."""
        return list(self.calls.values())

    def remembers(self, call: str) -> bool:
        """Say whether a call, or the one it was merged into, lives or ended so lately that more may come of it."""
        home = self.home(call)
        return home in self.calls or home in self._ended

    def _concerns(self, call: LiveCall, party: str) -> bool:
        teller = self.teller
        return any(
            (teller.outside_number(c) if c.outgoing else teller.number(c.caller_raw, c)) == party
            for c in call.channels.values()
            if c.role == "trunk"
        )

    # -- channels and calls ------------------------------------------------------------------------------------------

    def channel(self, uniqueid: str) -> LiveChannel | None:
        """Return a live channel."""
        return self.channels.get(uniqueid)

    def call_of(self, channel: LiveChannel) -> LiveCall:
        """Return the call a live channel belongs to, and mark it touched."""
        call = self.calls[self.home(channel.home)]
        self.touch(call)
        return call

    def find_call(self, linkedid: str) -> LiveCall | None:
        """Return the live call that has this linkedid."""
        call = self.calls.get(self.home(linkedid))
        if call is not None:
            self.touch(call)
        return call

    def touch(self, call: LiveCall) -> None:
        """Mark a call as changed by what arrived now."""
        call.version = self._now_us
        self._touched[id(call)] = call

    def home(self, linkedid: str) -> str:
        """Return the id of the call that a linkedid belongs to, after any merges."""
        return self.aliases.get(linkedid, linkedid)

    def introduce(self, uniqueid: str, name: str, linkedid: str, *, outgoing: bool = False) -> LiveChannel | None:
        """Return the channel, making it (and its call) if it was never heard of; None if it is known to be dead."""
        known = self.channels.get(uniqueid)
        if known is not None or not uniqueid or not name or uniqueid in self._dead:
            return known
        channel = new_channel(uniqueid, name, linkedid, self.endpoints.role(split_name(name)), self.now_ms)
        channel.outgoing = outgoing
        self.channels[uniqueid] = channel
        self.bridges.add_half(channel)
        home = channel.home = self.home(channel.linkedid)
        call = self.calls.get(home) or self.reopen(home)
        if call is None:
            call = self.calls[home] = LiveCall(self.pbx, home, {channel.linkedid}, self.now_ms)
        call.linkedids.add(channel.linkedid)
        call.add(channel)
        self.touch(call)
        return channel

    def reopen(self, home: str) -> LiveCall | None:
        """A channel joins a call that seemed over: its Hangup overtook this channel's first event."""
        call = self._ended.pop(home, None)
        if call is not None:
            call.ended_ms = None
            self.calls[home] = call
        return call

    def relink(self, channel: LiveChannel, linkedid: str) -> None:
        """Follow a channel whose linkedid became an older one."""
        if not linkedid or linkedid == channel.linkedid:
            return
        here, there = self.home(channel.home), self.home(linkedid)
        if age(linkedid) > age(channel.linkedid):
            return  # an event that was overtaken: the oldest wins
        channel.linkedid = linkedid
        if here != there:
            moves.move(self, channel, here, there)

    def end(self, channel: LiveChannel) -> None:
        """A channel is gone."""
        if channel.ended_ms is not None:
            return
        call = self.call_of(channel)
        if channel.held_ms is not None:
            call.hold_ms += self.now_ms - channel.held_ms
            channel.held_ms = None
        channel.ended_ms = self.now_ms
        connected = list(self.bridges.connected(channel))
        self.bridges.forget(channel)
        del self.channels[channel.uniqueid]
        self._dead[channel.uniqueid] = self.now_ms
        call.alive -= 1
        wait = call.open_wait()
        if wait is not None and channel is call.first():
            wait.ended_ms = channel.asked_ms or self.now_ms
            wait.left = "abandoned"
        self.people_changed(channel, connected)
        if call.alive == 0:
            self.close(call)

    def close(self, call: LiveCall) -> None:
        """A call lost its last channel."""
        call.set_people({}, self.now_ms)
        call.ended_ms = self.now_ms
        self.calls.pop(call.id, None)
        self._ended[call.id] = call

    def _vanish(self, channel: LiveChannel) -> None:
        """A channel ended while nobody looked. That it was being hung up may have been seen all the same."""
        call, now = self.call_of(channel), self.now_ms
        first = call.first()
        known = channel.asked_ms or channel.told_off_ms
        if known is not None:
            self.now_ms = known
        elif channel is first or (first is not None and first.ended_ms is None and channel.uniqueid in call.open_talks):
            call.end_unseen = True
        if known is None:
            call.sure = False
        self.end(channel)
        self.now_ms = now

    def restarted(self, booted_ms: int) -> None:
        """The switch restarted: every channel from before is dead, and no Hangup will come."""
        cut = self._cut_ms if self._cut_ms is not None else booted_ms
        now, self.now_ms = self.now_ms, min(cut, booted_ms)
        for channel in [c for c in self.channels.values() if c.started_ms <= booted_ms]:
            self.call_of(channel).cut = True
            self.end(channel)
        self.now_ms = now

    def shut_down(self) -> None:
        """The switch says that it goes down: what still lives is cut."""
        for channel in list(self.channels.values()):
            self.call_of(channel).cut = True
            self.end(channel)

    def name_of_dead(self, name: str) -> str | None:
        """Return whom a channel stood for that is gone, by its name alone."""
        if not name:
            return None
        return self.teller.name_of(new_channel("", name, "", self.endpoints.role(split_name(name)), self.now_ms))

    # -- people ------------------------------------------------------------------------------------------------------

    def people_changed(self, channel: LiveChannel, also: Iterable[LiveChannel] = ()) -> None:
        """A channel entered or left a bridge: work out anew who talks, in every call that is touched by it."""
        calls = {self.home(c.home) for c in (channel, *also, *self.bridges.connected(channel))}
        for home in calls:
            call = self.calls.get(home)
            if call is not None:
                self.recount(call)

    def recount(self, call: LiveCall) -> None:
        """Work out who talks in one call."""
        people: dict[str, str] = {}
        sides = sides_of(call, self.teller)
        for anchor in sides.anchors:
            if anchor.ended_ms is not None:
                continue
            for other in self.bridges.connected(anchor):
                if other in sides.anchors:
                    continue
                if other.is_outside_caller:
                    if anchor.role == "trunk":
                        self._join(call, other)
                else:
                    people[other.uniqueid] = self.teller.name_of(other)
        if people.keys() != call.open_talks.keys():
            call.set_people(people, self.now_ms)
            self.touch(call)

    def _join(self, call: LiveCall, other: LiveChannel) -> None:
        """Two outside callers hear one another: the calls stay two, and know of each other."""
        neighbour = self.calls.get(self.home(other.home))
        if neighbour is not None and neighbour is not call:
            call.joined_with = call.joined_with or neighbour.id
            neighbour.joined_with = neighbour.joined_with or call.id
            self.touch(neighbour)

    # -- events ------------------------------------------------------------------------------------------------------

    def _apply(self, event: Event) -> None:
        if event.name in LISTED and event.get("ActionID") and self._snapshots.take(self, event):
            return
        self._read_linkedids(event)
        handler = _HANDLERS.get(event.name)
        if handler is not None:
            handler(self, event)

    def _read_linkedids(self, event: Event) -> None:
        """Read the linkedid of every channel an event names; introduce those it may introduce."""
        uniqueid = event.get("Uniqueid")
        if uniqueid:
            channel = self.channels.get(uniqueid)
            if channel is not None:
                linkedid = event.get("Linkedid")
                if linkedid and linkedid != channel.linkedid:
                    self.relink(channel, linkedid)
            elif event.name != "Newchannel" and _introduces(event):
                self._met_late(uniqueid, event.get("Channel"), event.get("Linkedid"), event)
        for prefix in _OTHERS.get(event.name, _PREFIXES):
            other = event.get(prefix + "Uniqueid")
            if not other:
                continue
            channel = self.channels.get(other)
            linkedid = event.get(prefix + "Linkedid")
            if channel is not None:
                if linkedid != channel.linkedid:
                    self.relink(channel, linkedid)
            elif event.name == "DialBegin":
                self._met_late(other, event.get(prefix + "Channel"), linkedid, event)

    def _met_late(self, uniqueid: str, name: str, linkedid: str, event: Event) -> None:
        """A channel whose Newchannel was not seen. State Ring says that it rings in; Down, that the switch made it."""
        own = event.get("Uniqueid") == uniqueid
        state = event.get("ChannelStateDesc") if own else event.get("DestChannelStateDesc")
        outgoing = uniqueid != linkedid if state not in ("Ring", "Down") else state == "Down"
        channel = self.introduce(uniqueid, name, linkedid, outgoing=outgoing)
        if channel is None:
            return
        if own and not outgoing and (channel.role == "phone" or self.teller.number(event.get("Exten"))):
            channel.exten = event.get("Exten")
        channel.seen_from_start = False
        channel.started_ms = min(channel.started_ms, max(age(uniqueid)[0] * 1000, channel.started_ms - 86_400_000))
        call = self.call_of(channel)
        call.started_ms = min(call.started_ms, channel.started_ms)
        call.sure = False
        if channel.role == "trunk" and not channel.outgoing:
            channel.caller_raw = text_or_none(event.get("CallerIDNum"))
            channel.caller_name = text_or_none(event.get("CallerIDName"))

    # -- time --------------------------------------------------------------------------------------------------------

    def _tick(self, at: float) -> None:
        self._now_us = max(self._now_us, round(at * 1_000_000))
        self.now_ms = max(self.now_ms, round(at * 1000))
        self._swept_ms = self._swept_ms or self.now_ms

    def booted(self, uptime_s: float | None) -> None:
        """FullyBooted: compare the switch's age with the calls we think it has."""
        if uptime_s is not None and self._cut_ms is not None:
            booted_ms = self.now_ms - round(uptime_s * 1000)  # whole seconds: up to one too late, never too early
            if booted_ms >= self._last_ms:
                self.restarted(booted_ms)
        self._cut_ms = None

    def absent(self, seen: set[str], asked_ms: int) -> None:
        """End every channel that the switch does not have any more, of those that were there when it was asked.

        Asterisk 16 lists channels by name, from a store of its own that a new channel reaches after its first event.
        So one that has just begun before our ears is left alone: of it we hear the end, too.
        """
        before_ms = max(asked_ms - _LISTED_MS, min(asked_ms, self._opened_ms))
        for channel in list(self.channels.values()):
            if channel.uniqueid not in seen and channel.started_ms < before_ms:
                self._vanish(channel)
        self.compared_ms = self.now_ms

    def _forget(self) -> None:
        """Let go of what ended long ago, so that memory is bounded by what lives."""
        before = self.now_ms - _GRACE_MS
        self._dead = {u: t for u, t in self._dead.items() if t > before}
        self._ended = {i: c for i, c in self._ended.items() if (c.ended_ms or 0) > before}
        if len(self.aliases) > 1024:
            self.aliases = {a: i for a, i in self.aliases.items() if i in self.calls or i in self._ended}
        self._swept_ms = self.now_ms

    def _tell(self, calls: Iterable[LiveCall]) -> list[CallChanged]:
        changes = [
            CallChanged(tell(call, self.teller), tuple(call.merged))
            for call in calls
            if call.id not in self.aliases and call.channels
        ]
        self._touched.clear()
        return changes


_HANDLERS: dict[str, Callable[[Tracker, Event], None]] = {**dials.HANDLERS, **moves.HANDLERS}
