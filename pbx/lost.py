"""Who talked with somebody and was lost all the same: sent on, or put aside, and never taken up again. Pure."""

from typing import TYPE_CHECKING

from pbx.live import LiveCall

if TYPE_CHECKING:
    from pbx.telling import Sides

_TIMED_OUT_WAIT_MS = 1000


def lost_after_answer(call: LiveCall, sides: "Sides", ended: int | None) -> bool:
    """Say whether an outside caller talked, and then went away from a queue, a ringing or busy phone, or parking.

    Who hangs up on hold, or in the voicemail they were put through to, is not lost: somebody dealt with them.
    """
    if ended is None or sides.direction != "inbound" or not call.talks:
        return False
    last_talk = max(t.ended_ms if t.ended_ms is not None else ended for t in call.talks)
    if ended <= last_talk:
        return False
    return (
        _waited_in_vain(call, last_talk)
        or _rang_in_vain(sides, last_talk, ended)
        or _sent_nowhere(call)
        or (call.parked_ms is not None and not _talked_since(call, call.parked_ms))
    )


def _talked_since(call: LiveCall, moment: int) -> bool:
    return any(talk.started_ms > moment for talk in call.talks)


def _waited_in_vain(call: LiveCall, last_talk: int) -> bool:
    return any(
        wait.started_ms >= last_talk - _TIMED_OUT_WAIT_MS and wait.left != "answered"
        and not any(talk.started_ms >= wait.started_ms for talk in call.talks)
        for wait in call.waits
    )  # fmt: skip


def _rang_in_vain(sides: "Sides", last_talk: int, ended: int) -> bool:
    return any(
        leg.outgoing and leg.alerted_ms is not None and leg.up_ms is None and (leg.ring_over_ms() or ended) > last_talk
        for leg in sides.called
    )


def _sent_nowhere(call: LiveCall) -> bool:
    """The last one who had them sent them on, and nobody was there: busy, unreachable, or given up at once."""
    last = call.transfers[-1] if call.transfers else None
    if last is None or last.answered or last.type not in ("blind", "attended") or call.voicemail_ms is not None:
        return False
    return not _talked_since(call, last.at_ms)
