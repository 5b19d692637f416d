"""What a switch knows of itself: channels and queues, folded from the events it sends.

The simulator answers `CoreShowChannels`, `Status` and `QueueStatus` from this, so that its answers always agree with
the events its clients saw.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pbx.events import TRACKED_VARIABLES, Event, name_of, parse

KEYS = ("Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum",
        "ConnectedLineName", "Language", "AccountCode", "Context", "Exten", "Priority", "Uniqueid", "Linkedid")
"""What every channel event says of its channel, in Asterisk's order."""

_MEMBER_KEYS = ("Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime", "InCall", "Status",
                "Paused", "PausedReason", "Wrapuptime")
_CHANNEL_EVENTS = frozenset((b"Newchannel", b"Newstate", b"NewCallerid", b"NewConnectedLine", b"Newexten", b"Rename",
                             b"Hangup", b"BridgeEnter", b"BridgeLeave", b"VarSet"))
_QUEUE_EVENTS = frozenset((b"QueueCallerJoin", b"QueueCallerLeave", b"QueueMemberStatus", b"QueueMemberAdded",
                           b"QueueMemberPause", b"QueueMemberRemoved", b"QueueMember", b"QueueParams"))
_VARIABLE = b"\r\nVariable: "


def make_block(name: str, lines: Iterable[str], privilege: str = "call,all") -> bytes:
    """Return an event's block; "" as privilege leaves it out, as in the events of a list."""
    head = [f"Event: {name}", f"Privilege: {privilege}"] if privilege else [f"Event: {name}"]
    return "\r\n".join((*head, *lines)).encode("utf-8", "surrogateescape")


@dataclass(slots=True)
class Channel:
    """A live channel. `values` holds the last value of each of KEYS."""

    values: dict[str, str]
    started: float
    dnid: str = ""
    application: str = ""
    data: str = ""
    bridge: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def uniqueid(self) -> str:
        """Return the channel's id."""
        return self.values["Uniqueid"]

    def lines(self, prefix: str = "") -> list[str]:
        """Return the headers that describe the channel, each key after `prefix`."""
        return [f"{prefix}{key}: {self.values.get(key, '')}" for key in KEYS]


@dataclass(slots=True)
class Queue:
    """A queue: its callers by uniqueid (with the time they joined), its members by interface."""

    name: str
    callers: dict[str, float] = field(default_factory=dict)
    members: dict[str, Event] = field(default_factory=dict)
    strategy: str = "ringall"


class Switch:
    """The state of a switch, and its own descriptions of it."""

    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.queues: dict[str, Queue] = {}

    def apply(self, block: bytes, at: float) -> None:
        """Fold one event in; `at` is its time in seconds."""
        name = name_of(block)
        if name in _CHANNEL_EVENTS:
            if name != b"VarSet" or _variable(block) in TRACKED_VARIABLES:
                self._channel_event(parse(block), at)
        elif name in _QUEUE_EVENTS:
            self._queue_event(parse(block), at)

    def named(self, channel: str) -> Channel | None:
        """Return the live channel of this name."""
        return next((c for c in self.channels.values() if c.values["Channel"] == channel), None)

    def core_show_channels(self, now: float) -> Iterator[bytes]:
        """Yield the list events of CoreShowChannels."""
        for channel in self.channels.values():
            seconds = max(0, int(now - channel.started))
            yield make_block("CoreShowChannel", (
                *channel.lines(), f"Application: {channel.application}", f"ApplicationData: {channel.data}",
                f"Duration: {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}",
                f"BridgeId: {channel.bridge}",
            ), "")

    def status(self, now: float, variables: list[str]) -> Iterator[bytes]:
        """Yield the list events of Status, with a `Variable` line for each of `variables`."""
        for channel in self.channels.values():
            yield make_block("Status", (
                *channel.lines(), f"Type: {channel.values['Channel'].partition('/')[0]}", f"DNID: {channel.dnid}",
                f"EffectiveConnectedLineNum: {channel.values.get('ConnectedLineNum', '')}",
                f"EffectiveConnectedLineName: {channel.values.get('ConnectedLineName', '')}",
                "TimeToHangup: 0", f"BridgeID: {channel.bridge}", f"Application: {channel.application}",
                f"Data: {channel.data}", f"Seconds: {max(0, int(now - channel.started))}",
                *(f"Variable: {name}={_variable_of(channel, name)}" for name in variables),
            ), "Call")

    def queue_status(self, now: float, only: str = "") -> Iterator[bytes]:
        """Yield the list events of QueueStatus, of all queues or of one."""
        for queue in self.queues.values():
            if only and queue.name != only:
                continue
            yield make_block("QueueParams", (
                f"Queue: {queue.name}", "Max: 0", f"Strategy: {queue.strategy}", f"Calls: {len(queue.callers)}",
                "Holdtime: 0", "TalkTime: 0", "Completed: 0", "Abandoned: 0", "ServiceLevel: 0", "Weight: 0",
            ), "")
            for interface, member in queue.members.items():
                yield make_block("QueueMember", (
                    f"Queue: {queue.name}", f"Name: {member.get('MemberName') or member.get('Name')}",
                    f"Location: {interface}", f"StateInterface: {member.get('StateInterface')}",
                    *(f"{key}: {member.get(key)}" for key in _MEMBER_KEYS),
                ), "")
            for place, (uniqueid, joined) in enumerate(queue.callers.items(), 1):
                channel = self.channels.get(uniqueid)
                if channel is not None:
                    yield _queue_entry(queue.name, place, channel, int(now - joined))

    def pauses(self, now: float, interface: str, only: str, change: tuple[bool, str]) -> Iterator[bytes]:
        """Yield the events of a member that pauses or comes back, with a reason, in all its queues or in one."""
        paused, reason = change
        for queue in self.queues.values():
            member = queue.members.get(interface)
            if member is None or (only and queue.name != only):
                continue
            told = {key: member.get(key) for key in _MEMBER_KEYS}
            told |= {"Paused": str(int(paused)), "PausedReason": reason}
            if paused:
                told["LastPause"] = str(int(now))
            yield make_block("QueueMemberPause", (
                f"Queue: {queue.name}", f"MemberName: {member.get('MemberName') or member.get('Name')}",
                f"Interface: {interface}", f"StateInterface: {member.get('StateInterface')}",
                *(f"{key}: {value}" for key, value in told.items()),
            ), "agent,all")

    def _channel_event(self, event: Event, at: float) -> None:
        uniqueid = event.get("Uniqueid")
        if event.name == "Newchannel":
            dialled = event.get("Exten")
            rings = event.get("ChannelStateDesc") == "Ring"
            self.channels[uniqueid] = Channel({}, at, dialled if rings and dialled != "s" else "")
        elif event.name == "Hangup":
            self.channels.pop(uniqueid, None)
            for queue in self.queues.values():
                queue.callers.pop(uniqueid, None)
        channel = self.channels.get(uniqueid)
        if channel is None:
            return
        channel.values.update((key, event.first[key]) for key in KEYS if key in event.first)
        match event.name:
            case "Newexten":
                channel.application, channel.data = event.get("Application"), event.get("AppData")
            case "Rename":
                channel.values["Channel"] = event.get("Newname")
            case "BridgeEnter":
                channel.bridge = event.get("BridgeUniqueid")
            case "BridgeLeave":
                channel.bridge = ""
            case "VarSet":
                channel.variables[event.get("Variable").lstrip("_")] = event.get("Value")

    def _queue_event(self, event: Event, at: float) -> None:
        queue = self.queues.setdefault(event.get("Queue"), Queue(event.get("Queue")))
        interface = event.get("Interface") or event.get("Location")
        match event.name:
            case "QueueCallerJoin":
                queue.callers[event.get("Uniqueid")] = at
            case "QueueCallerLeave":
                queue.callers.pop(event.get("Uniqueid"), None)
            case "QueueMemberRemoved":
                queue.members.pop(interface, None)
            case "QueueParams":
                queue.strategy = event.get("Strategy", "ringall")
            case _:
                queue.members[interface] = event


def _queue_entry(queue: str, place: int, channel: Channel, waited: int) -> bytes:
    """Return a QueueEntry, which writes an empty name as `unknown` where channel events write `<unknown>`."""
    told = {key: channel.values.get(key, "").replace("<unknown>", "unknown")
            for key in ("CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName")}
    return make_block("QueueEntry", (
        f"Queue: {queue}", f"Position: {place}", f"Channel: {channel.values['Channel']}",
        f"Uniqueid: {channel.uniqueid}", *(f"{key}: {value}" for key, value in told.items()),
        f"Wait: {max(0, waited)}", "Priority: 0",
    ), "")


def _variable_of(channel: Channel, name: str) -> str:
    if name == "CHANNEL(linkedid)":
        return channel.values.get("Linkedid", "")
    return channel.variables.get(name, "(null)")


def _variable(block: bytes) -> bytes:
    return block.partition(_VARIABLE)[2].partition(b"\r\n")[0]
