"""What queue_log knows of a call: its stays in queues, and how each ended. Pure.

Its times have whole seconds. Where CEL saw the same stay, CEL's times are kept and only the ending is taken from here.
"""

from collections.abc import Iterable

from pbx.backfill.rows import QueueRow
from pbx.live import LiveCall, LiveWait

_ENDINGS = {"CONNECT": None, "ABANDON": "abandoned", "EXITWITHTIMEOUT": "timeout", "EXITEMPTY": "other",
            "EXITWITHKEY": "other", "SYSCOMPAT": "other"}
"""How a stay ended; None is told by who talked then."""
_SAME_STAY_MS = 3000


def complete(call: LiveCall, rows: Iterable[QueueRow]) -> set[str]:
    """Give a call what queue_log says of it; return the names of the facts that came from there."""
    facts, stays = set(), _stays(rows)
    for row in rows:
        if row.event == "DID" and row.data and call.from_did is None:
            call.from_did = row.data[0]
            facts.add("did")
    if not stays:
        return facts
    if len(stays) == len(call.waits) and all(_same(a, b) for a, b in zip(call.waits, stays, strict=True)):
        for known, stay in zip(call.waits, stays, strict=True):
            known.left, known.guessed = stay.left, False
            known.ended_ms = known.ended_ms if known.ended_ms is not None else stay.ended_ms
    else:
        call.waits = [_within(call, stay) for stay in stays]
    _gave_up(call)
    offered = call.offered_ms
    call.offer(call.waits[0].started_ms, "queue")
    if offered is None or call.waits[0].started_ms - _SAME_STAY_MS // 3 <= offered:
        call.entry = "queue" if call.entry in (None, "phones") else call.entry
    return facts | {"queue", "queues"}


def _gave_up(call: LiveCall) -> None:
    """ABANDON says that the caller hung up: CDR alone does not."""
    caller = call.first()
    if caller is not None and caller.asked_ms is None and call.waits[-1].left == "abandoned":
        caller.asked_ms = caller.ended_ms


def _stays(rows: Iterable[QueueRow]) -> list[LiveWait]:
    found: list[LiveWait] = []
    for row in rows:
        if row.event == "ENTERQUEUE":
            found.append(LiveWait(row.queue, row.at_ms))
        elif row.event in _ENDINGS and found and found[-1].ended_ms is None:
            found[-1].ended_ms = row.at_ms
            found[-1].left = _ENDINGS[row.event]
    return found


def _same(known: LiveWait, stay: LiveWait) -> bool:
    return known.queue == stay.queue and abs(known.started_ms - stay.started_ms) <= _SAME_STAY_MS


def _within(call: LiveCall, stay: LiveWait) -> LiveWait:
    """Return a stay that does not begin before the call, nor end after it: a second is as fine as queue_log gets."""
    stay.started_ms = max(stay.started_ms, call.started_ms)
    if stay.ended_ms is not None:
        stay.ended_ms = max(stay.started_ms, stay.ended_ms)
        if call.ended_ms is not None:
            stay.ended_ms = min(stay.ended_ms, max(call.ended_ms, stay.started_ms))
    return stay
