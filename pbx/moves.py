"""How channels come together and part: bridges, transfers, parking, conferences; and calls that turn out to be one."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pbx.endpoints import split_name
from pbx.events import Event
from pbx.live import LiveCall, LiveChannel, LiveTalk, LiveTransfer, LiveWait
from pbx.telling import sides_of

if TYPE_CHECKING:
    from pbx.tracker import Tracker

_SAME_TRANSFER_MS = 1000


def move(tracker: "Tracker", channel: LiveChannel, here: str, there: str) -> None:
    """Follow a channel that now belongs to the older call `there`.

    When it is the channel that began the younger call, nothing of that call is left and the two merge, unless each has
    an outside party of its own. Otherwise only this channel moves: the younger call was a consultation.
    """
    younger = tracker.calls[here]
    older = tracker.calls.get(there) or tracker.reopen(there)
    if older is None:
        older = tracker.calls[there] = LiveCall(tracker.pbx, there, {channel.linkedid}, channel.started_ms, sure=False)
    first = younger.first()
    if channel is first:
        if _has_outside(younger) and _has_outside(older):
            older.joined_with = older.joined_with or younger.id
            younger.joined_with = younger.joined_with or older.id
        else:
            _merge(tracker, older, younger)
        tracker.touch(older)
        return
    _carry(tracker, channel, younger, older)
    if first is not None and first.role == "phone":
        younger.consultation_of = younger.consultation_of or older.id


def _has_outside(call: LiveCall) -> bool:
    return any(c.role == "trunk" for c in call.channels.values())


def _merge(tracker: "Tracker", older: LiveCall, younger: LiveCall) -> None:
    older.merge(younger)
    for channel in older.channels.values():
        if channel.home == younger.id:
            channel.home = older.id
    older.alive = sum(1 for c in older.channels.values() if c.ended_ms is None and c.home == older.id)
    for linkedid in (younger.id, *younger.merged):
        tracker.aliases[linkedid] = older.id
    tracker.calls.pop(younger.id, None)
    tracker.recount(older)


def _carry(tracker: "Tracker", channel: LiveChannel, younger: LiveCall, older: LiveCall) -> None:
    younger.alive -= 1
    channel.home = older.id
    younger.set_people({u: t.who for u, t in younger.open_talks.items() if u != channel.uniqueid}, tracker.now_ms)
    older.add(channel)
    tracker.touch(younger)
    tracker.recount(older)
    if younger.alive == 0:
        tracker.close(younger)


def bridge_enter(tracker: "Tracker", event: Event) -> None:
    """A channel enters a bridge."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    before = list(tracker.bridges.connected(channel))
    tracker.bridges.enter(channel, event.get("BridgeUniqueid"), event.get("BridgeTechnology"))
    channel.bridged_ms = tracker.now_ms
    if channel.up_ms is None:
        channel.up_ms = tracker.now_ms
    _still_unseen(tracker, channel, event.get("BridgeUniqueid"), event.get("BridgeNumChannels"))
    tracker.people_changed(channel, before)


def bridge_leave(tracker: "Tracker", event: Event) -> None:
    """A channel leaves its bridge. An overtaken event about an earlier bridge changes nothing."""
    channel, bridge = tracker.channel(event.get("Uniqueid")), event.get("BridgeUniqueid")
    if channel is None or (channel.bridge is None and channel.last_bridge == bridge):
        return
    if channel.bridge is None:
        _was_in(tracker, channel, bridge, event.get("BridgeTechnology"))
    if channel.bridge != bridge:
        return
    before = list(tracker.bridges.connected(channel))
    tracker.bridges.leave(channel)
    channel.left_ms = tracker.now_ms
    tracker.people_changed(channel, before)


def _was_in(tracker: "Tracker", channel: LiveChannel, bridge: str, technology: str) -> None:
    """It leaves a bridge that nobody saw it enter: it was there since it was up and somebody else was in."""
    last = tracker.bridges.gone.get(bridge)
    if bridge not in tracker.bridges.members and last is not None and last.left_ms is not None:
        _talked_before(tracker, channel, last, technology)
        return
    since = [c.bridged_ms for c in tracker.bridges.members.get(bridge, {}).values() if c.bridged_ms is not None]
    began = max(since, default=tracker.now_ms)
    now, tracker.now_ms = tracker.now_ms, max(began, channel.up_ms or began)
    tracker.bridges.enter(channel, bridge, technology)
    channel.bridged_ms = tracker.now_ms
    tracker.people_changed(channel)
    tracker.now_ms = now


def _talked_before(tracker: "Tracker", channel: LiveChannel, last: LiveChannel, technology: str) -> None:
    """Both are out of the bridge now; that they were in it together is known from the one who was seen."""
    call = tracker.call_of(channel)
    anchors = sides_of(call, tracker.teller).anchors
    person = last if channel in anchors else channel
    other = channel if person is last else last
    known = other in anchors and person.real and not person.is_outside_caller and technology != "holding_bridge"
    if known and last.left_ms is not None and last.bridged_ms is not None:
        began = max(last.bridged_ms, channel.up_ms or last.bridged_ms)
        call.talks.append(LiveTalk(person.uniqueid, tracker.teller.name_of(person), began, last.left_ms))


def _still_unseen(tracker: "Tracker", channel: LiveChannel, bridge: str, count: str) -> None:
    """The switch counts one more in the bridge than was seen to enter: the one who answered and is nowhere else."""
    inside = tracker.bridges.members.get(bridge, {})
    if not count.isdigit() or int(count) != len(inside) + 1:
        return
    call = tracker.call_of(channel)
    answered = [c for c in call.channels.values() if c.dial_status == "ANSWER" and c.bridge is None
                and c.ended_ms is None and c is not channel and c.last_bridge is None]
    if len(answered) == 1:
        tracker.bridges.enter(answered[0], bridge, "")
        answered[0].bridged_ms = tracker.now_ms


def bridge_destroy(tracker: "Tracker", event: Event) -> None:
    """A bridge is gone, and nobody is in it any more."""
    for channel in list(tracker.bridges.members.get(event.get("BridgeUniqueid"), {}).values()):
        before = list(tracker.bridges.connected(channel))
        tracker.bridges.leave(channel)
        tracker.people_changed(channel, before)
    tracker.bridges.destroy(event.get("BridgeUniqueid"))


def local_bridge(tracker: "Tracker", event: Event) -> None:
    """Two halves are one wire. Their names say so too; this is for halves that were met late."""
    for prefix in ("LocalOne", "LocalTwo"):
        channel = tracker.channel(event.get(prefix + "Uniqueid"))
        if channel is not None:
            tracker.bridges.add_half(channel)


def blind_transfer(tracker: "Tracker", event: Event) -> None:
    """Somebody sent the other side on without asking. Parking and conferences by REFER come as this too."""
    if event.get("Result") != "Success":
        return
    call = _call_of(tracker, event, "Transferee", "Transferer")
    _hands_over(tracker, event, "Transferer")
    if call is None or call.parked:
        return
    extension, from_ = event.get("Extension"), _name(tracker, event, "Transferer")
    for last in call.transfers[-1:]:
        recent = tracker.now_ms - last.at_ms <= _SAME_TRANSFER_MS
        if recent and (last.type == "redirect" or (last.type == "blind" and last.from_ == from_)):
            last.type = "blind"  # the caller was on the way before the switch said how
            last.from_ = from_ or last.from_
            return
    arrived = _arrived(tracker, call, event)
    to = arrived or tracker.teller.number(extension) or extension
    _add(tracker, call, LiveTransfer("blind", from_, to, tracker.now_ms, target_known=arrived is not None))


def _arrived(tracker: "Tracker", call: LiveCall, event: Event) -> str | None:
    """Return the conference or the queue where the caller is already.

    The caller's channel goes on at once, and on a busy switch its news comes before that of the transfer.
    """
    channel, since = tracker.channel(event.get("TransfereeUniqueid")), tracker.now_ms - _SAME_TRANSFER_MS
    if channel is not None and channel.room is not None and (channel.room_ms or 0) >= since:
        return f"conference:{channel.room}"
    wait = call.open_wait()
    if wait is not None and wait.started_ms >= since and any(talk.started_ms < wait.started_ms for talk in call.talks):
        return f"queue:{wait.queue}"
    return None


def attended_transfer(tracker: "Tracker", event: Event) -> None:
    """Somebody consulted a third person and joined them with the other side."""
    if event.get("Result") != "Success":
        return
    call = _call_of(tracker, event, "Transferee", "OrigTransferer")
    if call is None:
        return
    second = _call_of(tracker, event, "SecondTransferer")
    to = _name(tracker, event, "TransferTarget") or _still_ringing(tracker, second)
    if second is not None and second is not call:
        _lets_go(tracker, event, second, call)
    if event.get("DestType") != "Threeway":
        _hands_over(tracker, event, "OrigTransferer")
    transfer = LiveTransfer("attended", _name(tracker, event, "OrigTransferer"), to, tracker.now_ms, target_known=True)
    transfer.answered = any(t.who == to and (t.ended_ms is None or t.ended_ms >= tracker.now_ms) for t in call.talks)
    _add(tracker, call, transfer)


def _hands_over(tracker: "Tracker", event: Event, who: str) -> None:
    """Who sent a caller on is out of the talk now, though a busy switch tells of their leaving much later."""
    channel = tracker.channel(event.get(who + "Uniqueid"))
    if channel is None:
        return
    channel.handed_over = True
    before = list(tracker.bridges.connected(channel))
    tracker.bridges.leave(channel)
    channel.left_ms = tracker.now_ms
    tracker.people_changed(channel, before)


def _lets_go(tracker: "Tracker", event: Event, second: LiveCall, call: LiveCall) -> None:
    """Who puts a caller through is out of the second call. Whom it rings, it now rings for the caller.

    A phone that still rings keeps its linkedid until it answers, so no later event would say so.
    """
    second.consultation_of = second.consultation_of or call.id
    own = tracker.channel(event.get("SecondTransfererUniqueid"))
    if own is None or event.get("DestType") == "Bridge":
        return
    own.asked_ms = own.asked_ms or tracker.now_ms
    wait = second.open_wait()
    if wait is not None:
        wait.ended_ms, wait.left = tracker.now_ms, "other"
        call.waits.append(LiveWait(wait.queue, tracker.now_ms))
    for channel in list(second.channels.values()):
        here = tracker.home(channel.home) == second.id and channel.ended_ms is None and channel is not own
        if here and (channel.outgoing or channel.half):
            _carry(tracker, channel, second, call)


def _still_ringing(tracker: "Tracker", call: LiveCall | None) -> str | None:
    """Return whom, or which queue, a transfer goes to that was completed before the answer."""
    if call is None:
        return None
    wait = call.open_wait()
    if wait is not None:
        return f"queue:{wait.queue}"
    legs = [c for c in call.channels.values() if c.outgoing and c.real and c.ended_ms is None]
    return tracker.teller.name_of(legs[-1]) if legs else None


def _add(tracker: "Tracker", call: LiveCall, transfer: LiveTransfer) -> None:
    for last in call.transfers[-1:]:
        same = (last.type, last.from_) == (transfer.type, transfer.from_)  # nobody lets a caller go twice in a moment
        if same and transfer.at_ms - last.at_ms <= _SAME_TRANSFER_MS:
            return
    call.transfers.append(transfer)
    tracker.touch(call)


def _call_of(tracker: "Tracker", event: Event, *prefixes: str) -> LiveCall | None:
    for prefix in prefixes:
        channel = tracker.channel(event.get(prefix + "Uniqueid"))
        call = tracker.call_of(channel) if channel else tracker.find_call(event.get(prefix + "Linkedid"))
        if call is not None:
            return call
    return None


def _name(tracker: "Tracker", event: Event, prefix: str) -> str | None:
    channel = tracker.channel(event.get(prefix + "Uniqueid"))
    if channel is not None:
        return tracker.teller.name_of(channel)
    return tracker.name_of_dead(event.get(prefix + "Channel"))


def parked(tracker: "Tracker", event: Event) -> None:
    """The caller was put aside, to be fetched from any phone. It is no transfer, though it looked like one."""
    call = _call_of(tracker, event, "Parkee")
    if call is None:
        return
    call.parked, call.parked_ms = True, tracker.now_ms
    for last in call.transfers[-1:]:
        if last.type == "blind" and not last.answered and tracker.now_ms - last.at_ms <= _SAME_TRANSFER_MS:
            call.transfers.pop()


def unparked(tracker: "Tracker", event: Event) -> None:
    """Fetched, rung back to the parker, or given up."""
    call = _call_of(tracker, event, "Parkee")
    if call is not None:
        call.parked = False


def conference_join(tracker: "Tracker", event: Event) -> None:
    """A channel entered a conference room."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    call, room = tracker.call_of(channel), event.get("Conference")
    channel.room, channel.room_ms = room, tracker.now_ms
    if channel is call.first() and channel.role == "phone":
        call.special = call.special or "conference"
    for transfer in call.transfers[-1:]:
        if not transfer.target_known and not transfer.answered:
            transfer.to, transfer.target_known = f"conference:{room}", True


def rename(tracker: "Tracker", event: Event) -> None:
    """A channel took another's name: it is at another device now."""
    channel, name = tracker.channel(event.get("Uniqueid")), event.get("Newname")
    if channel is None or not name or channel.half:
        return
    parts = split_name(name)
    if parts.tech in ("Local", "AsyncGoto", "Bridge", "Surrogate"):
        return  # names of the switch's own making, on their way to another
    channel.name, channel.endpoint = name, parts.endpoint
    channel.role = tracker.endpoints.role(parts)
    tracker.call_of(channel)


HANDLERS: dict[str, Callable[["Tracker", Event], None]] = {
    "BridgeEnter": bridge_enter,
    "BridgeLeave": bridge_leave,
    "BridgeDestroy": bridge_destroy,
    "LocalBridge": local_bridge,
    "Rename": rename,
    "BlindTransfer": blind_transfer,
    "AttendedTransfer": attended_transfer,
    "ParkedCall": parked,
    "UnParkedCall": unparked,
    "ParkedCallTimeOut": unparked,
    "ParkedCallGiveUp": unparked,
    "ConfbridgeJoin": conference_join,
}
