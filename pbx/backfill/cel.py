"""A CEL row as the AMI events that went with it, so that one tracker tells calls from either. Pure.

CEL says who was made for whom, who was bridged with whom and who went; it says nothing of ringing, of holding, of
queues that were joined, and of messages that were left. What follows from the rows all the same:

* A channel that began with its own linkedid rang in, unless it is a phone at `s`: that one was made by Originate.
* A leg that did not refuse rang from its beginning on.
* `hangupsource` names the channel whose far end asked for the hang-up.
* Whoever heard voicemail's beep and stayed for a second left a message.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pbx.backfill.rows import CelRow
from pbx.endpoints import dialled_part, split_name
from pbx.live import LiveCall, LiveChannel, age
from pbx.tracker import Tracker

MESSAGE_MS = 1000
"""Voicemail keeps what is longer than this after the beep."""

_DIAL_STATUS = {17: "BUSY", 21: "BUSY", 1: "CHANUNAVAIL", 3: "CHANUNAVAIL", 20: "CHANUNAVAIL", 27: "CHANUNAVAIL",
                34: "CONGESTION", 38: "CONGESTION", 41: "CONGESTION", 42: "CONGESTION", 23: "CANCEL", 26: "CANCEL"}
_NEVER_RANG = frozenset((1, 2, 3, 17, 20, 21, 22, 27, 28, 34, 38, 41, 42, 44, 47, 50, 58))
_CALLED = frozenset(("AppDial", "AppDial2", "AppQueue"))
"""What a leg runs that somebody else dialled: it says nothing of what the caller hears."""
_CANCELLED = 127
_OVERTAKEN_MS = 100
_RESTART_S = 2

Block = bytes


@dataclass(slots=True)
class _Seen:
    """What was told of one channel so far."""

    app: tuple[str, str] = ("", "")
    number: str = ""
    queue: str = ""
    beeped_ms: int | None = None


@dataclass(slots=True)
class CelTeller:
    """Tells a tracker in AMI's words what CEL rows say, one row after the other."""

    tracker: Tracker
    seen: dict[str, _Seen] = field(default_factory=dict)
    _unnamed: dict[str, list[str]] = field(default_factory=dict)
    """Trunk legs whose number is not known yet, by linkedid."""
    _youngest: tuple[int, int] = (0, 0)

    def take(self, row: CelRow) -> None:
        """Fold one row."""
        at = row.at_ms / 1000
        if row.event == "CHAN_START":
            self._look_for_restart(row)
        for block in self._blocks(row):
            self.tracker.take(at, [block])

    def _look_for_restart(self, row: CelRow) -> None:
        """Counters begin again at 0 with each start of Asterisk: what lived before has ended without a row."""
        made = age(row.uniqueid)
        if made[1] < self._youngest[1] and made[0] > self._youngest[0] + _RESTART_S and made[1] <= 1:
            self.tracker.take(row.at_ms / 1000, [])
            self.tracker.restarted(row.at_ms)
            self.seen.clear()
            self._unnamed.clear()
        if made[1] > self._youngest[1] or made[1] <= 1:
            self._youngest = made

    def _blocks(self, row: CelRow) -> Iterator[Block]:
        if row.event == "CHAN_START":
            yield from self._start(row)
            return
        if row.uniqueid not in self.tracker.channels:
            return  # of a channel that began before the first row, or that is over
        seen = self.seen.setdefault(row.uniqueid, _Seen())
        yield from self._relink(row)
        yield from self._steps(row, seen)
        handler = _HANDLERS.get(row.event)
        if handler is not None:
            yield from handler(self, row, seen)

    def _start(self, row: CelRow) -> Iterator[Block]:
        first = row.uniqueid == row.linkedid
        if not first and self.tracker.home(row.linkedid) not in self.tracker.calls:
            return  # made for a call that began before the first row
        role = self.tracker.endpoints.role(split_name(row.channel))
        made_by_switch = not first or role == "local" or (role == "phone" and row.exten in ("", "s"))
        yield _event("Newchannel", row, ChannelState="0" if made_by_switch else "4",
                     ChannelStateDesc="Down" if made_by_switch else "Ring", CallerIDNum=row.cid_num,
                     CallerIDName=row.cid_name, Exten=row.exten)
        self.seen[row.uniqueid] = _Seen()
        call = self._call(row)
        if first or call is None:
            return
        caller = call.first()
        if caller is not None and role in ("phone", "other") and not self._in_queue(caller):
            yield _step(caller, "Dial", split_name(row.channel).endpoint)
        if role == "trunk":
            self._unnamed.setdefault(row.linkedid, []).append(row.uniqueid)
        elif role != "local":
            yield self._dialled(call, row.uniqueid, row.channel, "")

    def _in_queue(self, caller: LiveChannel) -> bool:
        seen = self.seen.get(caller.uniqueid)
        return seen is not None and bool(seen.queue)

    def _dialled(self, call: LiveCall, uniqueid: str, name: str, number: str) -> Block:
        """Somebody is rung; by the channel that began the call, unless a Local one stands between."""
        caller = call.first()
        keys = {"DestUniqueid": uniqueid, "DestChannel": name, "DestLinkedid": call.id, "DialString": number}
        if caller is not None and caller.uniqueid != uniqueid and caller.uniqueid in self.tracker.channels:
            keys |= {"Channel": caller.name, "Uniqueid": caller.uniqueid, "Linkedid": caller.linkedid}
        return _block("DialBegin", keys)

    def _relink(self, row: CelRow) -> Iterator[Block]:
        channel = self.tracker.channel(row.uniqueid)
        if channel is not None and row.linkedid != channel.linkedid:
            yield _event("Rename", row)  # any event carries the linkedid; this one says nothing else

    def _steps(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        """What the channel runs now, if that changed; and whom it dialled, if that says a number."""
        app = (row.app, row.appdata)
        if not row.app or row.app in _CALLED or app == seen.app or row.event in ("HANGUP", "CHAN_END"):
            return
        seen.app = app
        lower = row.app.lower()
        if lower == "dial":
            yield from self._name_trunk_legs(row, dialled_part(row.appdata.split(",", 1)[0]))
            return
        yield _event("Newexten", row, Application=row.app, AppData=row.appdata, Exten=row.exten)
        if lower == "queue":
            name = row.appdata.split(",", 1)[0] or row.exten
            seen.queue = name
            yield _event("QueueCallerJoin", row, Queue=name)
        elif seen.queue:
            yield _event("QueueCallerAbandon", row, Queue=seen.queue)
            seen.queue = ""

    def _name_trunk_legs(self, row: CelRow, number: str) -> Iterator[Block]:
        call = self._call(row)
        if call is None or not number:
            return
        for uniqueid in self._unnamed.pop(row.linkedid, []):
            leg = self.tracker.channel(uniqueid)
            if leg is not None:
                yield self._dialled(call, uniqueid, leg.name, f"{number}@{leg.endpoint}")

    def _number(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        """The caller id of a channel changed: on a trunk leg it is the number that is rung."""
        if not row.cid_num or row.cid_num == seen.number:
            return
        seen.number = row.cid_num
        channel = self.tracker.channel(row.uniqueid)
        unnamed = self._unnamed.get(row.linkedid, [])
        call = self._call(row)
        if channel is not None and call is not None and row.uniqueid in unnamed and row.cid_num.strip("+").isdigit():
            unnamed.remove(row.uniqueid)
            yield self._dialled(call, row.uniqueid, row.channel, f"{row.cid_num}@{channel.endpoint}")
        yield _event("NewCallerid", row, CallerIDNum=row.cid_num, CallerIDName=row.cid_name)

    def _call(self, row: CelRow) -> LiveCall | None:
        channel = self.tracker.channel(row.uniqueid)
        return self.tracker.calls.get(self.tracker.home(channel.home)) if channel is not None else None

    # -- what each event says ------------------------------------------------------------------------------------------

    def _answer(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        yield from self._number(row, seen)
        _rang(self.tracker.channel(row.uniqueid))
        yield _event("Newstate", row, ChannelStateDesc="Up")

    def _enter(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        yield from self._number(row, seen)
        yield _event("BridgeEnter", row, BridgeUniqueid=_said(row, "bridge_id"),
                     BridgeTechnology=_said(row, "bridge_technology"))
        if seen.queue:
            seen.queue = ""
            yield _event("QueueCallerLeave", row)
        if row.app.lower() == "confbridge":
            yield _event("ConfbridgeJoin", row, Conference=row.appdata.split(",", 1)[0])

    def _leave(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        yield _event("BridgeLeave", row, BridgeUniqueid=_said(row, "bridge_id"))

    def _stream_ends(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        if seen.beeped_ms == 0:
            seen.beeped_ms = row.at_ms
        yield from ()

    def _stream_begins(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        if row.app.lower() == "voicemail":
            seen.beeped_ms = 0 if _said(row, "sound").rpartition("/")[2] == "beep" else None
        yield from ()

    def _hangup(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        yield from self._number(row, seen)
        channel = self.tracker.channel(row.uniqueid)
        call = self._call(row)
        if channel is None or call is None:
            return
        cause = row.extra.get("hangupcause")
        cause = cause if isinstance(cause, int) else 16
        yield from self._asked(row, call, cause)
        if _said(row, "dialstatus") == "CANCEL":
            _gave_up(channel, call)
        yield from self._message(row, seen, call)
        if row.uniqueid in self._unnamed.get(row.linkedid, []):
            yield from self._name_trunk_legs(row, _extension_dialled(call))
        status = _said(row, "dialstatus")
        if status and channel is call.first() and not call.tried:
            yield _step(channel, "Dial", split_name(channel.name).endpoint)
        if channel.outgoing and channel.up_ms is None:
            if cause not in _NEVER_RANG:
                _rang(channel)
            yield _block("DialEnd", {"DestUniqueid": row.uniqueid, "DestLinkedid": row.linkedid,
                                     "DialStatus": _DIAL_STATUS.get(cause, "NOANSWER")})
        yield _event("Hangup", row, Cause=str(cause))
        self._drop(row)

    def _asked(self, row: CelRow, call: LiveCall, cause: int) -> Iterator[Block]:
        """Note whose far end asked for the hang-up, the first time that a row shows it.

        A leg that is cancelled because its caller gave up may go before the caller does.
        """
        source, caller = _said(row, "hangupsource"), call.first()
        leg = call.channels.get(row.uniqueid)
        cancelled = cause == _CANCELLED and leg is not None and leg.outgoing and leg.up_ms is None
        for channel in call.channels.values():
            named = (source and channel.name == source) or (cancelled and channel is caller)
            if named and channel.asked_ms is None and channel.ended_ms is None:
                yield _block("HangupRequest", {"Uniqueid": channel.uniqueid, "Linkedid": channel.linkedid,
                                               "Channel": channel.name})

    def _message(self, row: CelRow, seen: _Seen, call: LiveCall) -> Iterator[Block]:
        if seen.beeped_ms and row.at_ms - seen.beeped_ms > MESSAGE_MS and seen.app[0].lower() == "voicemail":
            yield _event("MessageWaiting", row, Mailbox=_mailbox(seen.app[1]))

    def _end(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        yield _event("Hangup", row, Cause="")
        self._drop(row)

    def _drop(self, row: CelRow) -> None:
        self.seen.pop(row.uniqueid, None)
        if row.uniqueid == row.linkedid:
            self._unnamed.pop(row.linkedid, None)

    def _blind(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        transferee = _said(row, "transferee_channel_uniqueid")
        yield _block("BlindTransfer", {
            "Result": "Success", "TransfererChannel": row.channel, "TransfererUniqueid": row.uniqueid,
            "TransfererLinkedid": row.linkedid, "TransfereeUniqueid": transferee,
            **self._linked("Transferee", transferee), "Extension": _said(row, "extension"),
        })

    def _attended(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        keys = {"Result": "Success", "OrigTransfererChannel": row.channel, "OrigTransfererUniqueid": row.uniqueid,
                "OrigTransfererLinkedid": row.linkedid, "DestType": "Bridge" if _said(row, "bridge2_id") else "App"}
        for prefix, name in (("SecondTransferer", "channel2"), ("Transferee", "transferee_channel"),
                             ("TransferTarget", "transfer_target_channel")):
            uniqueid = _said(row, f"{name}_uniqueid")
            if uniqueid:
                keys |= {f"{prefix}Uniqueid": uniqueid, f"{prefix}Channel": _said(row, f"{name}_name"),
                         **self._linked(prefix, uniqueid)}
        yield _block("AttendedTransfer", keys)

    def _linked(self, prefix: str, uniqueid: str) -> dict[str, str]:
        channel = self.tracker.channel(uniqueid)
        return {f"{prefix}Linkedid": channel.linkedid} if channel is not None else {}

    def _parked(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        yield _block("ParkedCall", {"ParkeeUniqueid": row.uniqueid, "ParkeeLinkedid": row.linkedid,
                                    "ParkeeChannel": row.channel})

    def _unparked(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        yield _block("UnParkedCall", {"ParkeeUniqueid": row.uniqueid, "ParkeeLinkedid": row.linkedid,
                                      "ParkeeChannel": row.channel})

    def _forwarded(self, row: CelRow, seen: _Seen) -> Iterator[Block]:
        """A phone sent its caller elsewhere: the youngest leg that has not answered."""
        call = self._call(row)
        legs = [c for c in call.channels.values() if c.outgoing and c.real and c.up_ms is None] if call else []
        if legs and _said(row, "forward"):
            yield _block("DialEnd", {"DestUniqueid": legs[-1].uniqueid, "DestLinkedid": legs[-1].linkedid,
                                     "DialStatus": "CANCEL", "Forward": _said(row, "forward")})


_HANDLERS = {
    "ANSWER": CelTeller._answer,
    "BRIDGE_ENTER": CelTeller._enter,
    "BRIDGE_EXIT": CelTeller._leave,
    "STREAM_BEGIN": CelTeller._stream_begins,
    "STREAM_END": CelTeller._stream_ends,
    "HANGUP": CelTeller._hangup,
    "CHAN_END": CelTeller._end,
    "BLINDTRANSFER": CelTeller._blind,
    "ATTENDEDTRANSFER": CelTeller._attended,
    "PARK_START": CelTeller._parked,
    "PARK_END": CelTeller._unparked,
    "FORWARD": CelTeller._forwarded,
}


def _rang(channel: LiveChannel | None) -> None:
    """CEL does not say when a leg began to ring: it did from its beginning on."""
    if channel is not None and channel.outgoing and channel.real and channel.alerted_ms is None:
        channel.alerted_ms = channel.started_ms


def _gave_up(caller: LiveChannel, call: LiveCall) -> None:
    """Who dialled cancelled it: that was when the legs went, a moment before the caller's own row."""
    for leg in call.channels.values():
        went = leg.ended_ms if leg.outgoing and leg.real and leg.up_ms is None else None
        if caller.asked_ms is not None and went is not None and 0 <= caller.asked_ms - went <= _OVERTAKEN_MS:
            caller.asked_ms = went


def _extension_dialled(call: LiveCall) -> str:
    """Return the number that one of our phones dialled, "" when it was none of them or no number."""
    first = call.first()
    dialled = first.exten if first is not None and not first.is_outside_caller else ""
    return dialled if dialled.strip("+").isdigit() else ""


def _mailbox(appdata: str) -> str:
    """Return the first mailbox that `VoiceMail(104@default&105,u)` names."""
    return appdata.split(",", 1)[0].split("&", 1)[0]


def _said(row: CelRow, key: str) -> str:
    value = row.extra.get(key)
    return value if isinstance(value, str) else ""


def _step(channel: LiveChannel, application: str, data: str) -> Block:
    return _block("Newexten", {"Channel": channel.name, "Uniqueid": channel.uniqueid, "Linkedid": channel.linkedid,
                               "Application": application, "AppData": data, "Exten": channel.exten})


def _event(name: str, row: CelRow, **more: str) -> Block:
    return _block(name, {"Channel": row.channel, "Uniqueid": row.uniqueid, "Linkedid": row.linkedid, **more})


def _block(name: str, keys: dict[str, str]) -> Block:
    lines = [f"Event: {name}", *(f"{key}: {_escaped(value)}" for key, value in keys.items())]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def _escaped(text: str) -> str:
    r"""Write text as AMI would, so that no caller's name can end a line: a backslash and control characters escaped."""
    if text.isprintable() and "\\" not in text:
        return text
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
