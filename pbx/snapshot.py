"""Snapshots: the switch's own lists of what lives (CoreShowChannels, Status, QueueStatus), read from the stream.

Live events come in between a list's items; the items are told apart by their ActionID alone. What was there before the
list was asked for and is not in it has ended unseen.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pbx.events import Event, text_or_none
from pbx.live import LiveChannel, LiveWait

if TYPE_CHECKING:
    from pbx.tracker import Tracker

_ITEMS = frozenset(("CoreShowChannel", "Status", "QueueEntry", "QueueParams", "QueueMember"))
LISTED = _ITEMS | {"", "CoreShowChannelsComplete", "StatusComplete", "QueueStatusComplete"}
"""Events that lists are made of; "" is the answer before one."""


@dataclass(slots=True)
class _List:
    asked_ms: int
    seen: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Snapshots:
    """The lists that are under way, by ActionID."""

    lists: dict[str, _List] = field(default_factory=dict)

    def drop(self) -> None:
        """Forget lists that a broken session left unfinished."""
        self.lists.clear()

    def take(self, tracker: "Tracker", event: Event) -> bool:
        """Read one block of a list; False if it is none."""
        action = event.get("ActionID")
        if not event.name:
            if event.get("EventList") == "start":
                self.lists[action] = _List(tracker.now_ms)
            return True
        if event.name in _ITEMS:
            self._item(tracker, event, self.lists.setdefault(action, _List(tracker.now_ms)))
        elif event.name.endswith("Complete") and event.get("EventList") == "Complete":
            done = self.lists.pop(action, None)
            if event.name == "CoreShowChannelsComplete" and done is not None:
                tracker.absent(done.seen, done.asked_ms)
        else:
            return False
        return True

    def _item(self, tracker: "Tracker", event: Event, under_way: _List) -> None:
        if event.name == "CoreShowChannel":
            under_way.seen.add(event.get("Uniqueid"))
            _channel(tracker, event)
        elif event.name == "Status":
            _status(tracker, event)
        elif event.name == "QueueEntry":
            _queue_entry(tracker, event)


def _channel(tracker: "Tracker", event: Event) -> None:
    uniqueid, linkedid = event.get("Uniqueid"), event.get("Linkedid")
    channel = tracker.channel(uniqueid)
    if channel is None:
        channel = tracker.introduce(uniqueid, event.get("Channel"), linkedid, outgoing=uniqueid != linkedid)
        if channel is None:
            return
        _met_in_list(tracker, channel, event)
        if channel.role == "phone" and not channel.outgoing:
            channel.exten = event.get("Exten")
    elif linkedid != channel.linkedid:
        tracker.relink(channel, linkedid)
    bridge = event.get("BridgeId")
    if bridge and channel.bridge is None:
        tracker.bridges.enter(channel, bridge, "")
        tracker.people_changed(channel)


def _met_in_list(tracker: "Tracker", channel: LiveChannel, event: Event) -> None:
    """A channel that began before anybody listened: its age is known, its past is not."""
    call = tracker.call_of(channel)
    channel.seen_from_start = False
    channel.started_ms = tracker.now_ms - _duration_s(event.get("Duration")) * 1000
    call.started_ms = min(call.started_ms, channel.started_ms)
    call.sure = False
    state = event.get("ChannelStateDesc")
    if state == "Up":
        channel.up_ms = tracker.now_ms
    elif state == "Ringing":
        channel.alerted_ms = tracker.now_ms
    channel.caller_raw = text_or_none(event.get("CallerIDNum"))
    channel.caller_name = text_or_none(event.get("CallerIDName"))
    if event.get("Application") == "Queue" and not channel.outgoing:
        call.refused_queue = None
        channel.queue = event.get("ApplicationData").split(",", 1)[0] or None
        call.met_in_queue = channel.queue


def _duration_s(text: str) -> int:
    """Read `HH:MM:SS`, hours without bound."""
    parts = text.split(":")
    if len(parts) != 3 or not all(p.isdigit() for p in parts):
        return 0
    hours, minutes, seconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds


def _status(tracker: "Tracker", event: Event) -> None:
    """Status adds the DID, which no other list has."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None or channel.seen_from_start:
        return
    call = tracker.call_of(channel)
    if not channel.outgoing and event.get("DNID"):
        channel.exten = event.get("DNID")
    for variable in event.all("Variable"):
        name, _, value = variable.partition("=")
        if name == "FROM_DID" and value not in ("", "(null)"):
            call.from_did = call.from_did or value


def _queue_entry(tracker: "Tracker", event: Event) -> None:
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    call = tracker.call_of(channel)
    if call.open_wait() is None:
        waited = event.get("Wait")
        started = tracker.now_ms - (int(waited) * 1000 if waited.isdigit() else 0)
        call.offer(started, "queue")
        call.waits.append(LiveWait(event.get("Queue"), started))
