"""Gaps: what happened while nobody listened is filled in by itself, where the exchange keeps records of its own.

1. A gap is over once the link is back and a snapshot told what lives.
2. `SETTLE_MS` later the records are read for its time: calls wholly inside it appear, ends and answers are completed.
3. Calls that were going on at its end are completed once they are over: then the records are read once more.
4. The gap is marked as filled. Until then every round tries again, also after a restart. That step 2 is done is kept,
   too: so the banner says what is there already, however long the others talk.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from filling import Archive, Period, fill_gap
from intake import Clinic
from pbx.backfill.rows import BackfillError
from store import Row, Store

log = logging.getLogger("callward.gaps")

SETTLE_MS = 10_000
"""Asterisk writes a record when its call or leg ends, and some backends write in batches."""
PATIENCE_MS = 6 * 3_600_000
"""A call that goes on for longer is completed by nobody; `callward backfill` may do it later."""


@dataclass(slots=True)
class GapFiller:
    """Fills the gaps of one exchange. A round for `callbacks.rounds.repeat`."""

    store: Store
    clinic: Clinic
    archive: Archive
    settle_ms: int = SETTLE_MS
    _read: set[int] = field(default_factory=set, init=False)
    _said: str = field(default="", init=False)

    async def once(self, now_ms: int) -> int:
        """Fill what can be filled now; return how many calls were new or completed."""
        return await asyncio.to_thread(self.fill, now_ms)

    def fill(self, now_ms: int) -> int:
        """Do the same, and wait for it."""
        with self.store.read() as tx:
            gaps = tx.all("gaps_to_fill", pbx=self.archive.pbx, over_by_ms=now_ms - self.settle_ms)
        return sum(self._fill(gap, now_ms) for gap in gaps)

    def _fill(self, gap: Row, now_ms: int) -> int:
        with self.store.read() as tx:
            going_on = tx.value("calls_going_on_since", pbx=self.archive.pbx, before_ms=gap["to_ms"])
        waiting = bool(going_on) and now_ms - gap["to_ms"] < PATIENCE_MS
        if waiting and gap["id"] in self._read:
            return 0
        try:
            period = Period(gap["from_ms"], gap["to_ms"] + 1)
            filled = fill_gap(self.store, self.clinic, self.archive, period, now_ms)
        except BackfillError as error:
            self._say(f"{self.archive.pbx}: a gap of {_length(gap)} is not filled: {error}")
            return 0
        self._read.add(gap["id"])
        with self.store.write() as tx:
            if waiting:
                tx.run("backfill_put", pbx=gap["pbx"], origin="gap", from_ms=gap["from_ms"], done_ms=gap["to_ms"])
            else:
                tx.run("gap_filled", id=gap["id"], now_ms=now_ms)
        found = filled.new + filled.completed
        if found:
            log.info("%s: a gap of %s is filled: %d calls new, %d completed", self.archive.pbx, _length(gap),
                     filled.new, filled.completed)
        return found

    def _say(self, trouble: str) -> None:
        """Say a trouble once, not every round."""
        if trouble != self._said:
            log.warning("%s", trouble)
            self._said = trouble


def _length(gap: Row) -> str:
    seconds = (gap["to_ms"] - gap["from_ms"]) // 1000
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
