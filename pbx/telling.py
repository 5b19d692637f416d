"""From what the tracker remembers to what everybody reads: `tell` makes the frozen `Call`. Pure."""

import math
from dataclasses import dataclass
from typing import Any

from patients.phones import e164, is_withheld
from pbx.calls import Call, Direction, EndedBy, Kind, Leg, Outcome, State, Talk, Wait
from pbx.endpoints import local_extension
from pbx.live import LiveCall, LiveChannel, LiveWait, age
from pbx.lost import lost_after_answer
from pbx.outcome import Ending, of_inbound, of_outbound

_BUSY_CAUSES = frozenset((17, 21))
_UNREACHABLE = frozenset(("CONGESTION", "CHANUNAVAIL", "UNAVAILABLE", "INVALIDARGS"))
_UNREACHABLE_CAUSES = frozenset((1, 2, 3, 20, 22, 27, 28, 34, 38, 41, 42, 44, 47, 50, 58))
_OVERTAKEN_MS = 100
"""A leg is cancelled because the caller gave up: the two events of that moment may come in either order."""

_NOBODY = ("s", "h", "i", "t")
"""Steps of a dialplan that a snapshot may show in the place of a number."""


@dataclass(frozen=True, slots=True)
class Teller:
    """What telling needs to know of the clinic: the region in which bare numbers are read, and trunk prefixes."""

    region: str
    prefixes: tuple[tuple[str, str], ...] = ()

    def number(self, raw: str | None, channel: LiveChannel | None = None) -> str | None:
        """Return a number in E.164, or None when it is nobody's key."""
        if not raw:
            return None
        for endpoint, prefix in self.prefixes:
            if channel is not None and channel.endpoint == endpoint and raw.startswith(prefix):
                raw = raw[len(prefix) :]
        return e164(raw, self.region)

    def outside_number(self, leg: LiveChannel) -> str | None:
        """Return the number that an outgoing trunk leg rings."""
        return self.number(leg.dialled, leg) or self.number(leg.caller_raw, leg)

    def name_of(self, channel: LiveChannel) -> str:
        """Return whom a channel stands for: an extension, or an outside number."""
        if channel.role == "trunk":
            number = self.outside_number(channel) if channel.outgoing else self.number(channel.caller_raw, channel)
            raw = channel.dialled or channel.caller_raw
            return number or (raw if raw not in _NOBODY else None) or channel.endpoint
        if channel.role == "local":
            extension = local_extension(channel.endpoint)
            return self.number(extension) or extension
        return channel.endpoint


@dataclass(slots=True)
class Sides:
    """The two sides of a call: who began it, and which legs were rung for it."""

    direction: Direction
    caller: LiveChannel | None
    outside: list[LiveChannel]
    """Legs to outside parties whom the clinic rang."""
    called: list[LiveChannel]
    """Every leg that rang for the caller, oldest first."""

    @property
    def anchors(self) -> list[LiveChannel]:
        """Return the legs of the party whom talk is measured with: the outside one, else the caller."""
        if self.direction == "outbound":
            return self.outside
        return [self.caller] if self.caller else []


def sides_of(call: LiveCall, teller: Teller) -> Sides:
    """Say which way a call went.

    A call on which somebody outside rang in is inbound, also if it was joined with an older one among phones. A phone,
    or a channel that the switch made, is outbound if a trunk was dialled for it, or if what was dialled can only be an
    outside number; else internal.
    """
    first = call.first()
    if first is None:
        return Sides("internal", None, [], [])
    real = [c for c in call.channels.values() if c.real]
    inbound = next((c for c in real if c.is_outside_caller), None)
    if inbound is not None:
        return Sides("inbound", inbound, [], [c for c in real if c is not inbound])
    outside = [c for c in real if c.role == "trunk" and c.outgoing]
    caller = next((c for c in real if c.role != "trunk"), None)
    called = [c for c in real if c is not caller]
    if outside or (not called and caller is not None and teller.number(_dialled_by(call, caller))):
        return Sides("outbound", caller, outside, outside)
    return Sides("internal", caller, [], called)


def _dialled_by(call: LiveCall, caller: LiveChannel) -> str | None:
    """Return what a phone dialled; for click-to-call, the number that was given to the switch."""
    if caller.exten not in ("", "s", "h"):
        return caller.exten
    if not call.originated:
        return None
    first = call.first()
    given = (c.caller_raw for c in (caller, first) if c is not None)
    return next((number for number in given if number not in (None, caller.endpoint)), None)


def tell(call: LiveCall, teller: Teller) -> Call:
    """Return the call as it is known now."""
    sides = sides_of(call, teller)
    caller, first = sides.caller, call.first()
    ended = _ended(call, sides) if not call.alive else None
    started = caller.started_ms if caller is not None and sides.direction == "inbound" else call.started_ms
    kind = _kind(call, sides)
    answered = call.talks[0].started_ms if call.talks else None
    end = ended if ended is not None else _latest(call)
    waits = _waits(call, ended)
    wait_end = answered if answered is not None else call.voicemail_ms if call.mailbox else end
    talks = tuple(Talk(t.who, t.started_ms, _not_after(t.ended_ms, ended)) for t in call.talks)
    numbers = _numbers(call, sides, teller)
    outcome = None if call.alive else _outcome(call, sides, kind)
    return Call(
        pbx=call.pbx,
        id=call.id,
        version=call.version,
        linkedids=tuple(sorted(call.linkedids, key=age)),
        direction=sides.direction,
        kind=kind,
        state=_state(call, ended),
        **numbers,
        entry=call.entry,
        queue=waits[0].queue if waits else call.refused_queue or call.met_in_queue,
        rang=_rang(sides, teller),
        answered_by=_answered_by(call, sides, teller),
        final_agent=_final_agent(call),
        outcome=outcome,
        started_ms=started,
        offered_ms=None if call.offered_ms is None else max(call.offered_ms, started),
        answered_ms=answered,
        ended_ms=ended,
        wait_ms=max(0, (wait_end if wait_end is not None else end) - started),
        ring_ms=_ring_ms(sides, answered, end, call.ended_ms),
        talk_ms=max(0, end - answered) if answered is not None else 0,
        bridged_ms=_bridged(talks, end),
        hold_ms=call.hold_ms,
        holds=call.holds,
        lost_after_answer=lost_after_answer(call, sides, ended),
        transfers=tuple(t.told() for t in call.transfers),
        hung_up_by=_hung_up_by(call, sides, ended),
        recording=call.recording,
        voicemail=call.mailbox,
        consultation_of=call.consultation_of if kind == "consultation" else None,
        joined_with=call.joined_with,
        click_id=call.click_id,
        sure=call.sure and not call.end_unseen,
        met_late=first is not None and not first.seen_from_start,
        legs=tuple(_leg(c, teller) for c in call.channels.values() if c.home == call.id),
        talks=talks,
        waits=waits,
    )


def _ended(call: LiveCall, sides: Sides) -> int | None:
    """Return when the party it was about was gone: when they asked for the hang-up, or when their channel ended.

    Asterisk may keep a channel for seconds after its far end is gone. A leg that went on into another call ends there,
    and no later than this call ended here.
    """
    if call.end_unseen or call.cut:
        return call.ended_ms
    met = [c for c in sides.outside if c.up_ms is not None] if call.talks else []
    legs = met or ([sides.caller] if sides.caller is not None else [])
    ends = [c.asked_ms if c.asked_ms is not None else c.ended_ms for c in legs]
    known = [t for t in ends if t is not None]
    return _not_after(max(known), call.ended_ms) if known else call.ended_ms


def _numbers(call: LiveCall, sides: Sides, teller: Teller) -> dict[str, Any]:
    """Return who rang whom, as the fields of `Call`."""
    caller = sides.caller
    if sides.direction == "inbound":
        assert caller is not None
        raw = caller.caller_raw
        withheld = call.withheld or raw is None or is_withheld(raw)
        number = None if withheld else teller.number(raw, caller)
        did_raw = caller.exten if caller.exten not in ("", "s", "h") else call.from_did
        did = teller.number(did_raw, caller) or teller.number(call.from_did, caller)
        name = None if withheld else _display_name(caller.caller_name, raw)
        return {"caller_number": number, "caller_raw": raw, "caller_name": name, "withheld": withheld, "did": did,
                "did_raw": did_raw, "destination": None, "destination_raw": None, "presented_number": None,
                "extension": None}
    extension = caller.endpoint if caller is not None else None
    dialled = _dialled_by(call, caller) if caller is not None else None
    destination = None
    if sides.direction == "outbound":
        destination = next((n for n in map(teller.outside_number, sides.outside) if n), None) or teller.number(dialled)
        dialled = dialled or next((c.dialled for c in sides.outside if c.dialled), None)
    presented = teller.number(caller.shown_number) if caller is not None and sides.direction == "outbound" else None
    return {"caller_number": extension, "caller_raw": extension, "caller_name": caller.caller_name if caller else None,
            "withheld": False, "did": None, "did_raw": None, "destination": destination, "destination_raw": dialled,
            "presented_number": presented if presented != destination else None, "extension": extension}


def _display_name(name: str | None, number: str | None) -> str | None:
    """Return a caller's name; a number in its place is no name."""
    if name is None or not name.strip() or name == number:
        return None
    return name


def _kind(call: LiveCall, sides: Sides) -> Kind:
    if sides.direction == "inbound":
        return "patient"
    if call.special is not None and not sides.outside:
        return call.special  # type: ignore[return-value]
    if call.consultation_of is not None:
        return "consultation"
    if sides.direction == "outbound":
        return "patient"
    caller = sides.caller
    if caller is not None and not sides.called and caller.exten[:1] in ("*", "#"):
        return "feature"
    return "internal"


def _state(call: LiveCall, ended: int | None) -> State:
    if not call.alive and ended is not None:
        return "ended"
    if call.parked:
        return "parked"
    if call.open_talks:
        held = any(c.held_ms is not None for c in call.channels.values() if c.ended_ms is None)
        return "held" if held else "talking"
    ringing = any(
        c.outgoing and c.real and c.ring_over_ms() is None and c.alerted_ms is not None for c in call.channels.values()
    )
    if ringing:
        return "ringing"
    return "waiting" if call.open_wait() is not None else "menu"


def _waits(call: LiveCall, ended: int | None) -> tuple[Wait, ...]:
    out = []
    for at, wait in enumerate(call.waits):
        until = call.waits[at + 1].started_ms if at + 1 < len(call.waits) else None
        left = wait.left or _why_left(call, wait, until)
        end = wait.ended_ms if wait.ended_ms is not None else ended
        out.append(Wait(wait.queue, wait.started_ms, end, left if end is not None else None))  # type: ignore[arg-type]
    if not out and call.refused_queue is not None:
        at_ms = call.offered_ms if call.offered_ms is not None else call.started_ms
        out.append(Wait(call.refused_queue, at_ms, at_ms, "refused"))
    return tuple(out)


def _why_left(call: LiveCall, wait: LiveWait, until: int | None) -> str | None:
    for talk in call.talks:
        if talk.started_ms >= wait.started_ms and (until is None or talk.started_ms < until):
            return "answered"
    return "other"


def _rang(sides: Sides, teller: Teller) -> tuple[str, ...]:
    """Return whom the switch rang, in order, each once. Picking up somebody else's ring is not ringing."""
    names = (teller.name_of(c) for c in sides.called if c.outgoing)
    return tuple(dict.fromkeys(names))


def _answered_by(call: LiveCall, sides: Sides, teller: Teller) -> str | None:
    if not call.talks:
        return None
    if sides.direction == "outbound":
        met = next((c for c in sides.outside if c.up_ms is not None), sides.outside[0] if sides.outside else None)
        if met is None:
            return None
        dialled = teller.number(_dialled_by(call, sides.caller)) if sides.caller is not None else None
        return teller.outside_number(met) or dialled or teller.name_of(met)
    return call.talks[0].who


def _final_agent(call: LiveCall) -> str | None:
    moved = any(t.type != "forward" for t in call.transfers)
    if not call.talks or (len({t.who for t in call.talks}) == 1 and not moved):
        return None
    return max(call.talks, key=lambda t: math.inf if t.ended_ms is None else t.ended_ms).who


def _ring_ms(sides: Sides, answered: int | None, end: int, over: int | None) -> int:
    """Return how long phones rang: from the first one's ring to the answer, or until the last one stopped.

    What rings on in another call, after this one was `over`, is that call's.
    """
    rung = [c for c in sides.called if c.outgoing and c.alerted_ms is not None]
    if not rung:
        return 0
    began = min(c.alerted_ms for c in rung if c.alerted_ms is not None)
    if answered is None or answered < began:
        stopped = (_not_after(c.ring_over_ms(), over) for c in rung)
        answered = max(end if t is None else t for t in stopped)
    return max(0, answered - began)


def _bridged(talks: tuple[Talk, ...], end: int) -> int:
    """Return the time with at least one person on the line: the union of the talks."""
    total, covered = 0, 0
    for talk in sorted(talks, key=lambda t: t.started_ms):
        until = end if talk.ended_ms is None else talk.ended_ms
        start = max(talk.started_ms, covered)
        if until > start:
            total += until - start
            covered = until
    return total


def _outcome(call: LiveCall, sides: Sides, kind: Kind) -> Outcome:
    caller = sides.caller
    gave_up_ms = _gave_up_ms(call, caller)
    called = [c for c in sides.called if c.outgoing]
    offer_open = gave_up_ms is not None and _offered_at(call, called, gave_up_ms)
    ending = Ending(
        talked=bool(call.talks),
        message_stored=call.mailbox is not None,
        end_seen=not call.end_unseen,
        cut_by_restart=call.cut,
        gave_up=gave_up_ms is not None,
        offer_open=offer_open,
        rang_out=_rang_out(call, called),
        busy=any(c.dial_status == "BUSY" or c.cause in _BUSY_CAUSES for c in called),
        tried=call.tried or bool(called),
        in_menu=call.entry == "menu" and not call.intercepted,
        agent_never_there=call.originated and caller is not None and caller.up_ms is None and not call.talks,
    )
    if sides.direction == "inbound":
        return of_inbound(ending)
    if kind in ("feature", "spy", "conference") and caller is not None and caller.up_ms is not None:
        return "answered"
    return of_outbound(ending)


def _gave_up_ms(call: LiveCall, caller: LiveChannel | None) -> int | None:
    """Return when the one who rang hung up, None if somebody or something else ended the call."""
    if caller is None or _ended_by_switch(caller):
        return None
    if caller.asked_ms is not None:
        return caller.asked_ms
    for wait in call.waits[-1:]:
        if wait.guessed and call.sees_variables:
            return wait.ended_ms  # the queue's time was not over: QUEUESTATUS would have said so
    return caller.ended_ms if caller.cause == 127 else None


def _offered_at(call: LiveCall, called: list[LiveChannel], at_ms: int) -> bool:
    """Say whether a queue or a ringing phone was trying at that moment."""
    for wait in call.waits:
        timed_out = wait.left == "timeout" and not (wait.guessed and call.sees_variables)
        if wait.started_ms <= at_ms and (wait.ended_ms is None or wait.ended_ms >= at_ms) and not timed_out:
            return True
    for leg in called:
        over = leg.ring_over_ms()
        late = _OVERTAKEN_MS if leg.dial_status == "CANCEL" else 0
        if leg.started_ms <= at_ms and (over is None or over + late >= at_ms):
            return True
    return False


def _rang_out(call: LiveCall, called: list[LiveChannel]) -> bool:
    if any(w.left == "timeout" and not (w.guessed and call.sees_variables) for w in call.waits):
        return True
    return any(
        leg.alerted_ms is not None and leg.up_ms is None and leg.dial_status not in ("BUSY", "FORWARD")
        and leg.dial_status not in _UNREACHABLE and leg.cause not in _BUSY_CAUSES | _UNREACHABLE_CAUSES
        for leg in called
    )


def _hung_up_by(call: LiveCall, sides: Sides, ended: int | None) -> EndedBy | None:
    """Return whose far end asked first for the end of what was the call at the end."""
    if ended is None or call.end_unseen:
        return None
    if call.cut:
        return "pbx"
    caller = sides.caller
    last_who = {t.uniqueid for t in call.talks if t.ended_ms is None or t.ended_ms >= ended - 500}
    asked = [(c.asked_ms, c) for c in call.channels.values() if c.asked_ms is not None and c.real
             and (c is caller or c in sides.outside or (c.uniqueid in last_who and not c.handed_over))
             and not (c.cause in _BUSY_CAUSES and not call.talks and c is not caller)]
    if not asked or (caller is not None and not call.talks and _ended_by_switch(caller)):
        return "pbx"
    channel = min(asked, key=lambda pair: pair[0])[1]
    if sides.direction == "inbound":
        return "caller" if channel is caller else "agent"
    if channel is caller:
        return "agent" if sides.direction == "outbound" else "caller"
    return "callee"


def _ended_by_switch(caller: LiveChannel) -> bool:
    """Busy and Congestion make the far end ask for the hang-up that the switch decided."""
    return caller.cause in (17, 34) and caller.up_ms is None


def _leg(channel: LiveChannel, teller: Teller) -> Leg:
    over = channel.ring_over_ms()
    ring = over - channel.alerted_ms if over is not None and channel.alerted_ms is not None else None
    return Leg(channel.uniqueid, channel.linkedid, channel.name, channel.role, teller.name_of(channel),
               channel.started_ms, channel.up_ms, channel.ended_ms, channel.cause, max(0, ring) if ring else ring)


def _latest(call: LiveCall) -> int:
    return max(call.version // 1000, call.started_ms)


def _not_after(moment: int | None, end: int | None) -> int | None:
    """Return a moment, but the end where that came before it, or where the moment is not known."""
    return end if moment is None or (end is not None and moment > end) else moment
