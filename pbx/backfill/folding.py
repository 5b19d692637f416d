"""Rows in, calls out: CEL told to a tracker, each call completed from queue_log and CDR when it is over.

What belongs to a call is matched by the ids of its channels, never by time. Time only bounds what is kept in memory: a
source is read a little beyond the end of a call, and what no call asked for within hours is let go. CDRs of channels
that no CEL row ever named are calls that only CDR knows; they are told when nothing of them can come any more.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from pbx.backfill import cdr, queue_log
from pbx.backfill.cel import CelTeller
from pbx.backfill.rows import CdrRow, CelRow, QueueRow
from pbx.calls import Call, CallChanged
from pbx.endpoints import Endpoints
from pbx.live import LiveCall
from pbx.telling import Teller
from pbx.tracker import Tracker

AHEAD_MS = 10_000
"""CDR and queue_log may be written this much after the channels are gone."""
KEPT_MS = 6 * 3_600_000
"""How long a row waits for a call that names it: longer than almost any call."""
SET_BACK_MS = 60_000
"""Rows of one moment may stand in any order; a row that is so much older shows a clock that was set back."""
_STEP_MS = 3_600_000

AnyRow = TypeVar("AnyRow", CdrRow, QueueRow)


@dataclass(slots=True)
class Shelf(Generic[AnyRow]):
    """Rows that wait for their call, by the caller's id; read only as far ahead as is needed."""

    rows: Iterator[AnyRow]
    key: Callable[[AnyRow], str]
    at: Callable[[AnyRow], int]
    waiting: dict[str, list[AnyRow]] = field(default_factory=dict)
    reached_ms: int = 0
    exhausted: bool = False
    _swept_ms: int = 0

    def upto(self, until_ms: int) -> None:
        """Read on until a row is younger than `until_ms`."""
        while self.reached_ms < until_ms and not self.exhausted:
            row = next(self.rows, None)
            if row is None:
                self.exhausted = True
                return
            self.waiting.setdefault(self.key(row), []).append(row)
            self.reached_ms = max(self.reached_ms, self.at(row))

    def take(self, ids: Iterable[str]) -> list[AnyRow]:
        """Hand out and forget the rows of some ids, oldest first."""
        found = [row for id_ in ids for row in self.waiting.pop(id_, ())]
        return sorted(found, key=self.at)

    def stale(self, now_ms: int) -> list[list[AnyRow]]:
        """Hand out and forget what no call asked for in a long time; each list is one id's rows."""
        if now_ms - self._swept_ms < _STEP_MS:
            return []
        self._swept_ms = now_ms
        old = [key for key, rows in self.waiting.items() if self.at(rows[-1]) < now_ms - KEPT_MS]
        return [self.waiting.pop(key) for key in old]


@dataclass(slots=True)
class Completing(Tracker):
    """A tracker whose calls are completed at the moment when they are over."""

    complete: Callable[[LiveCall], None] = lambda call: None

    def close(self, call: LiveCall) -> None:
        """A call lost its last channel."""
        Tracker.close(self, call)
        self.complete(call)

    def turn_back(self, at_ms: int) -> None:
        """The exchange's clock was set back: what follows has earlier times than what was."""
        self.now_ms = self._swept_ms = at_ms
        self._now_us = at_ms * 1000


@dataclass(frozen=True, slots=True)
class Sources:
    """The rows of one exchange, each source in the order in which it was written; an empty one is no source."""

    cel: Iterable[CelRow] = ()
    cdr: Iterable[CdrRow] = ()
    queue_log: Iterable[QueueRow] = ()


class Folding:
    """Folds the sources of one exchange; `calls` yields every call that is over. For one use."""

    def __init__(self, pbx: str, endpoints: Endpoints, teller: Teller, sources: Sources) -> None:
        """Take the rows of the exchange called `pbx`; nothing is read yet."""
        self.pbx, self.endpoints, self.teller = pbx, endpoints, teller
        self.now_ms = 0
        """The time of the row that was folded last."""
        self._cel = sources.cel
        self._cdr = Shelf(iter(sources.cdr), lambda row: row.linkedid, lambda row: row.end_ms)
        self._queue_log = Shelf(iter(sources.queue_log), lambda row: row.callid, lambda row: row.at_ms)
        self._facts: dict[str, dict[str, str]] = {}

    def calls(self) -> Iterator[CallChanged]:
        """Yield each call once it is over; one that goes on at the end of the rows is not told."""
        tracker = Completing(self.pbx, self.endpoints, self.teller, complete=self._complete_cel)
        by_cel = CelTeller(tracker)
        for row in self._cel:
            self.now_ms = max(self.now_ms, row.at_ms)
            if row.at_ms < tracker.now_ms - SET_BACK_MS:
                tracker.turn_back(row.at_ms)
            yield from self._read_cdr(row.at_ms)
            by_cel.take(row)
            yield from self._over(tracker.told_over(), "cel")
            self._queue_log.stale(self.now_ms)
        for call in tracker.live():
            self._cdr.take(_ids(call))  # it goes on, and belongs to the next backfill
        while not self._cdr.exhausted:
            yield from self._read_cdr(self._cdr.reached_ms + _STEP_MS)
            self.now_ms = max(self.now_ms, self._cdr.reached_ms)
        for rows in sorted(self._cdr.waiting.values(), key=lambda rows: rows[0].end_ms):
            yield from self._only_cdr(rows)
        self._cdr.waiting.clear()

    def _over(self, changes: Iterable[CallChanged], source: str) -> Iterator[CallChanged]:
        for change in changes:
            call = change.call
            if call.ended_ms is None or (source == "cel" and not _begun(call)):
                continue
            facts = {"*": source, **self._facts.pop(call.id, {})}
            # Whatever AMI tells of this call is younger than its start, and so replaces what is told here.
            yield replace(change, call=replace(call, version=call.started_ms * 1000, sources=tuple(facts.items())))

    # -- what CEL does not say -----------------------------------------------------------------------------------------

    def _complete_cel(self, call: LiveCall) -> None:
        ids, ended = _ids(call), call.ended_ms or self.now_ms
        self._cdr.upto(ended + AHEAD_MS)
        facts = dict.fromkeys(cdr.complete(call, self._cdr.take(ids)), "cdr")
        self._facts[call.id] = facts | self._from_queue_log(call, ids, ended)

    def _complete_cdr(self, call: LiveCall) -> None:
        self._facts[call.id] = self._from_queue_log(call, _ids(call), call.ended_ms or self.now_ms)

    def _from_queue_log(self, call: LiveCall, ids: list[str], ended_ms: int) -> dict[str, str]:
        self._queue_log.upto(ended_ms + AHEAD_MS)
        return dict.fromkeys(queue_log.complete(call, self._queue_log.take(ids)), "queue_log")

    # -- what only CDR knows -------------------------------------------------------------------------------------------

    def _read_cdr(self, until_ms: int) -> Iterator[CallChanged]:
        while self._cdr.reached_ms < until_ms and not self._cdr.exhausted:
            self._cdr.upto(min(until_ms, self._cdr.reached_ms + _STEP_MS))
            for rows in self._cdr.stale(self._cdr.reached_ms):
                yield from self._only_cdr(rows)

    def _only_cdr(self, rows: list[CdrRow]) -> Iterator[CallChanged]:
        tracker = Completing(self.pbx, self.endpoints, self.teller, complete=self._complete_cdr)
        by_cdr = CelTeller(tracker)
        for row in cdr.as_cel(rows):
            by_cdr.take(row)
        yield from self._over(tracker.told_over(), "cdr")


def _begun(call: Call) -> bool:
    """Say whether the rows have the channel that began the call: without it they know only half."""
    return any(leg.uniqueid == call.id for leg in call.legs)


def _ids(call: LiveCall) -> list[str]:
    return list(dict.fromkeys([*call.channels, *sorted(call.linkedids)]))
