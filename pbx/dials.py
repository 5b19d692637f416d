"""What single channels do, as events: they begin, ring, answer, dial, wait in queues, hold, hang up."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pbx.endpoints import dialled_part
from pbx.events import Event, text_or_none
from pbx.live import LiveCall, LiveChannel, LiveTransfer, LiveWait
from pbx.telling import sides_of

if TYPE_CHECKING:
    from pbx.tracker import Tracker

_MENU_APPLICATIONS = frozenset(("background", "playback", "read", "waitexten", "directory", "sayalpha", "saydigits"))
_SPECIAL = {"chanspy": "spy", "extenspy": "spy", "confbridge": "conference", "meetme": "conference"}
_REFUSALS = ("JOIN", "FULL")
_GOING_DOWN = "4"
"""A SoftHangupRequest gives its reason where others give a cause: this one is sent to every channel at a shutdown."""
_SOON_MS = 2000
_OVERTAKEN_MS = 100
"""Two events of one moment may come in either order."""


def newchannel(tracker: "Tracker", event: Event) -> None:
    """A channel begins. State Down means that the switch made it; anything else rang in."""
    outgoing = event.get("ChannelState") == "0"
    uniqueid = event.get("Uniqueid")
    channel = tracker.introduce(uniqueid, event.get("Channel"), event.get("Linkedid"), outgoing=outgoing)
    if channel is None or channel.exten:
        return
    channel.outgoing = outgoing
    channel.exten = event.get("Exten")
    channel.caller_raw = channel.caller_raw or text_or_none(event.get("CallerIDNum"))
    channel.caller_name = text_or_none(event.get("CallerIDName"))
    call = tracker.call_of(channel)
    if not outgoing:
        _rings_in(tracker, channel)
    elif channel is call.first() and channel.role in ("phone", "local"):
        call.originated = True


def _rings_in(tracker: "Tracker", channel: LiveChannel) -> None:
    """Somebody calls in on this channel: a patient, or one of our phones, perhaps with a patient on its other line."""
    call = tracker.call_of(channel)
    channel.outgoing = False
    if channel is call.first():
        call.originated = False
    if channel.role == "phone" and channel.uniqueid == channel.linkedid:
        call.consultation_of = call.consultation_of or _consulted_call(tracker, channel)


def _consulted_call(tracker: "Tracker", channel: LiveChannel) -> str | None:
    """Return the patient's call that this phone has on the line while it dials anew."""
    for other in tracker.channels.values():
        if other is channel or other.endpoint != channel.endpoint or other.role != "phone":
            continue
        call = tracker.calls[tracker.home(other.home)]
        if other.uniqueid in call.open_talks or (other.held_ms is not None and call.talks):
            return call.id
    return None


def newstate(tracker: "Tracker", event: Event) -> None:
    """A channel rings, or is up."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    state = event.get("ChannelStateDesc")
    if state == "Ring" and channel.outgoing and channel.uniqueid == channel.linkedid:
        _rings_in(tracker, channel)  # chan_sip begins every channel as Down
    elif state == "Ringing" and channel.alerted_ms is None:
        channel.alerted_ms = tracker.now_ms
    elif state == "Up" and channel.up_ms is None:
        channel.up_ms = tracker.now_ms
    else:
        return
    tracker.call_of(channel)


def newcallerid(tracker: "Tracker", event: Event) -> None:
    """The switch rewrote a number. What the network said at first stays; a phone's new one is what it presents."""
    channel = tracker.channel(event.get("Uniqueid"))
    number = text_or_none(event.get("CallerIDNum"))
    if channel is None or number is None:
        return
    if channel.role == "phone" and number != channel.endpoint:
        call = tracker.call_of(channel)
        if call.originated and channel is call.first() and channel.caller_raw in (None, channel.endpoint):
            channel.caller_raw = number  # the number given to the switch for click-to-call: the patient's
        else:
            channel.shown_number = number
    elif channel.caller_raw is None or (channel.role == "trunk" and channel.outgoing):
        channel.caller_raw = number


def newexten(tracker: "Tracker", event: Event) -> None:
    """A dialplan step that a caller can notice."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    call, application = tracker.call_of(channel), event.get("Application").lower()
    if call.originated and channel is call.first() and channel.exten in ("", "s") and application == "dial":
        channel.exten = event.get("Exten")
    if application in ("dial", "queue"):
        if channel is call.first() or channel.role == "local":
            call.offer(tracker.now_ms, "queue" if application == "queue" else "phones")
        if application == "dial" and channel is call.first():
            target = dialled_part(event.get("AppData").split(",", 1)[0])
            if call.dialled[-1:] != [target]:
                call.dialled.append(target)
        if application == "queue":
            name = event.get("AppData").split(",", 1)[0]
            channel.queue = name if name not in ("", "-") else event.get("Exten")
    elif channel is not call.first():
        return
    elif application == "voicemail":
        call.voicemail_ms = tracker.now_ms
        call.entry = call.entry or "voicemail"
    elif application in _MENU_APPLICATIONS:
        call.entry = call.entry or "menu"
        call.intercepted = call.intercepted or application == "sayalpha"
    elif application in _SPECIAL and channel.role == "phone":
        call.special = call.special or _SPECIAL[application]


def varset(tracker: "Tracker", event: Event) -> None:
    """A variable that says something of a call."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    name, value, call = event.get("Variable").lstrip("_"), event.get("Value"), tracker.call_of(channel)
    call.sees_variables = True
    if name in ("FROM_DID", "CALLWARD_DID"):
        call.from_did = call.from_did or value
    elif name == "MIXMONITOR_FILENAME" or (name == "TOUCH_MIXMONITOR_OUTPUT" and call.recording is None):
        call.recording = value or call.recording
    elif name == "CALLINGNUMPRES_SV" and value.startswith("prohib"):
        call.withheld = True
    elif name in ("CALLWARD_ID", "CLICK_ID"):
        call.click_id = call.click_id or value
    elif name == "VMSTATUS":
        call.voicemail_ms = call.voicemail_ms or tracker.now_ms
    elif name == "QUEUESTATUS":
        _queue_status(tracker, call, channel, value)


def _queue_status(tracker: "Tracker", call: LiveCall, channel: LiveChannel, value: str) -> None:
    if value == "TIMEOUT" and call.waits:
        call.waits[-1].left = "timeout"
        call.waits[-1].guessed = False
    elif value.startswith(_REFUSALS):
        call.refused_queue = call.refused_queue or channel.queue
        call.offer(tracker.now_ms, "queue")


def dialbegin(tracker: "Tracker", event: Event) -> None:
    """Somebody is rung."""
    leg = tracker.channel(event.get("DestUniqueid"))
    if leg is None:
        return
    call = tracker.call_of(leg)
    leg.outgoing = leg.outgoing or leg is not call.first()
    leg.dialled = leg.dialled or dialled_part(event.get("DialString"))
    leg.dialled_ms = leg.dialled_ms or tracker.now_ms
    dialler = tracker.channel(event.get("Uniqueid"))
    if dialler is None:
        return
    call.offer(tracker.now_ms, "phones")
    shown = text_or_none(event.get("CallerIDNum"))
    if dialler.role == "phone" and shown is not None and shown != dialler.endpoint:
        dialler.shown_number = shown
    _forwarded(tracker, call, dialler, leg)
    _redirected(tracker, call, dialler, tracker.teller.name_of(leg))


def _forwarded(tracker: "Tracker", call: LiveCall, dialler: LiveChannel, leg: LiveChannel) -> None:
    """The dialplan tries an outside number after it tried one of our phones: a forward."""
    if leg.role != "trunk" or not dialler.is_outside_caller or dialler is not call.first() or len(call.dialled) < 2:
        return
    to = tracker.teller.name_of(leg)
    if all(t.to != to for t in call.transfers):
        call.transfers.append(LiveTransfer("forward", call.dialled[-2], to, tracker.now_ms, target_known=True))


def dialstate(tracker: "Tracker", event: Event) -> None:
    """A leg makes progress: it rings, or plays something before the answer."""
    leg = tracker.channel(event.get("DestUniqueid"))
    if leg is not None and leg.alerted_ms is None and event.get("DialStatus") in ("RINGING", "PROGRESS"):
        leg.alerted_ms = tracker.now_ms
        tracker.call_of(leg)


def dialend(tracker: "Tracker", event: Event) -> None:
    """A leg stopped ringing. The first word on it counts; the switch may say it twice."""
    call = tracker.find_call(event.get("DestLinkedid"))
    leg = tracker.channel(event.get("DestUniqueid"))
    if leg is None and call is not None:
        leg = call.channels.get(event.get("DestUniqueid"))
    if leg is None or leg.dial_ended_ms is not None:
        return
    if leg.ended_ms is None:
        call = tracker.call_of(leg)
    leg.dial_status = event.get("DialStatus")
    leg.dial_ended_ms = tracker.now_ms
    if leg.dial_status == "NOANSWER" and leg.alerted_ms is None and leg.dialled_ms is not None:
        leg.alerted_ms = leg.dialled_ms if tracker.now_ms - leg.dialled_ms >= 1000 else None
    forward = event.get("Forward")
    if forward and call is not None and leg.real:
        leg.dial_status = "FORWARD"
        target = dialled_part(forward)
        to = tracker.teller.number(target) or target
        call.transfers.append(LiveTransfer("forward", tracker.teller.name_of(leg), to, tracker.now_ms))


def queue_join(tracker: "Tracker", event: Event) -> None:
    """The caller waits in a queue."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    call, queue = tracker.call_of(channel), event.get("Queue")
    wait = call.open_wait()
    if wait is not None and wait.queue == queue:
        return
    call.offer(tracker.now_ms, "queue")
    _redirected(tracker, call, channel, f"queue:{queue}")
    for transfer in call.transfers[-1:]:
        if not transfer.target_known and not transfer.answered:
            transfer.to, transfer.target_known = f"queue:{queue}", True
    call.waits.append(LiveWait(queue, tracker.now_ms))


def queue_abandon(tracker: "Tracker", event: Event) -> None:
    """The caller left the queue unanswered: by hanging up, or because the queue's time was over."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    wait = _wait_in(tracker.call_of(channel), event.get("Queue"), tracker.now_ms)
    if wait is not None:
        wait.ended_ms = tracker.now_ms
        wait.left = "abandoned" if channel.asked_ms is not None else "timeout"
        wait.guessed = wait.left == "timeout"


def queue_leave(tracker: "Tracker", event: Event) -> None:
    """The caller is out of the queue; why, other events say."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    wait = _wait_in(tracker.call_of(channel), event.get("Queue"), tracker.now_ms)
    if wait is not None:
        wait.ended_ms = tracker.now_ms


def agent_called(tracker: "Tracker", event: Event) -> None:
    """The queue tries somebody for the caller: that they wait in it is now sure."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is not None:
        _wait_in(tracker.call_of(channel), event.get("Queue"), tracker.now_ms)


def _wait_in(call: LiveCall, queue: str, now_ms: int) -> LiveWait | None:
    """Return the stay in a queue, None if it is over. If its beginning was not seen, it began with the offer."""
    if queue and all(wait.queue != queue for wait in call.waits):
        first = not call.waits and not call.talks
        call.waits.append(LiveWait(queue, call.offered_ms if first and call.offered_ms is not None else now_ms))
    return call.open_wait()


def _redirected(tracker: "Tracker", call: LiveCall, channel: LiveChannel, to: str) -> None:
    """Nothing announces an AMI Redirect: the caller talked a moment ago, and now the switch tries somebody else."""
    if channel is not call.first() or not call.talks or call.open_talks or call.parked_ms is not None:
        return
    last = call.talks[-1]
    since = [t for t in call.transfers if t.at_ms >= last.started_ms]
    if last.ended_ms is not None and tracker.now_ms - last.ended_ms <= _SOON_MS and not since:
        call.transfers.append(LiveTransfer("redirect", last.who, to, tracker.now_ms, target_known=True))


def hold(tracker: "Tracker", event: Event) -> None:
    """Somebody at the clinic put the other side on hold."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None or channel.held_ms is not None or channel.is_outside_caller:
        return
    call = tracker.call_of(channel)
    if channel in sides_of(call, tracker.teller).outside:
        return
    channel.held_ms = tracker.now_ms
    call.holds += 1


def unhold(tracker: "Tracker", event: Event) -> None:
    """The hold is over. A transfer sends one without a Hold before it: that one says nothing."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None or channel.held_ms is None:
        return
    tracker.call_of(channel).hold_ms += tracker.now_ms - channel.held_ms
    channel.held_ms = None


def hangup_request(tracker: "Tracker", event: Event) -> None:
    """The far end of a channel wants to go: for who hung up, this is the moment."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None or channel.asked_ms is not None:
        return
    channel.asked_ms = tracker.now_ms
    call = tracker.call_of(channel)
    for wait in call.waits[-1:]:
        if wait.guessed and channel is call.first() and tracker.now_ms - (wait.ended_ms or 0) <= _OVERTAKEN_MS:
            wait.left, wait.guessed = "abandoned", False


def soft_hangup(tracker: "Tracker", event: Event) -> None:
    """The switch hangs a channel up: its far end asked a moment before, or the switch itself goes down."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    if channel.told_off_ms is None:
        channel.told_off_ms = tracker.now_ms
    if event.get("Cause") == _GOING_DOWN:
        tracker.call_of(channel).cut = True


def hangup(tracker: "Tracker", event: Event) -> None:
    """A channel ends."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is None:
        return
    cause = event.get("Cause")
    channel.cause = int(cause) if cause.isdigit() else None
    tracker.end(channel)


def message_waiting(tracker: "Tracker", event: Event) -> None:
    """A voicemail message was stored by this caller."""
    channel = tracker.channel(event.get("Uniqueid"))
    if channel is not None:
        call = tracker.call_of(channel)
        call.mailbox = event.get("Mailbox") or call.mailbox
        call.voicemail_ms = call.voicemail_ms or tracker.now_ms


def spy_start(tracker: "Tracker", event: Event) -> None:
    """Somebody listens in: a call of its own kind."""
    channel = tracker.channel(event.get("SpyerUniqueid"))
    if channel is not None:
        tracker.call_of(channel).special = "spy"


def fully_booted(tracker: "Tracker", event: Event) -> None:
    """The session is ready; `Uptime` tells whether the switch restarted since."""
    uptime = event.get("Uptime")
    tracker.booted(float(uptime) if uptime.replace(".", "", 1).isdigit() else _uptime_words(uptime))


def shutdown(tracker: "Tracker", event: Event) -> None:
    """The switch goes down, perhaps to come back at once."""
    tracker.shut_down()


def _uptime_words(text: str) -> float | None:
    return None if not text else 0.0


HANDLERS: dict[str, Callable[["Tracker", Event], None]] = {
    "Newchannel": newchannel,
    "Newstate": newstate,
    "NewCallerid": newcallerid,
    "Newexten": newexten,
    "VarSet": varset,
    "DialBegin": dialbegin,
    "DialState": dialstate,
    "DialEnd": dialend,
    "QueueCallerJoin": queue_join,
    "QueueCallerAbandon": queue_abandon,
    "QueueCallerLeave": queue_leave,
    "AgentCalled": agent_called,
    "Hold": hold,
    "Unhold": unhold,
    "HangupRequest": hangup_request,
    "SoftHangupRequest": soft_hangup,
    "Hangup": hangup,
    "MessageWaiting": message_waiting,
    "ChanSpyStart": spy_start,
    "FullyBooted": fully_booted,
    "Shutdown": shutdown,
}
