"""The listener: link → journal → tracker → intake. It wires them; it has no rule of its own.

1. What the link reads is stamped, stripped of what nobody needs, and appended to the journal: in the reading task.
2. A thread folds it into calls, so that a burst never keeps the socket waiting.
3. Changed calls go to the store's writer, the newest telling of each; what fails is tried again, what is newer wins.
4. Once they are committed, the checkpoint moves to the oldest place in the journal that a living call still needs.

On start the journal is folded from the checkpoint, then the link connects and a snapshot tells what ended meanwhile.
Kill it at any moment: what was journalled is folded again, what was committed is not doubled.
"""

import asyncio
import heapq
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import intake
from pbx.calls import CallChanged
from pbx.endpoints import Endpoints
from pbx.events import wanted
from pbx.journal import JournalError, Record, framed, read_from
from pbx.journal_writer import JournalWriter, Limits, Position, kept
from pbx.link import Link, LinkConfig
from pbx.members import Duty, Members, Places
from pbx.telling import Teller
from pbx.tracker import Tracker
from store import Store, StoreError, Tx, Writer, rollups
from store.lease import Lease
from unstored import Job, Troubles, Unstored, submit

log = logging.getLogger("callward.listener")

_LEASE_EVERY_S = 10.0
_SYNC_EVERY_S = 0.2
_TIDY_EVERY_S = 3600.0
_RETRY_S = 1.0
_FOLD_AT_ONCE = 256


class ListenerError(Exception):
    """The listener cannot start. The text says what, where and the way out."""


@dataclass(frozen=True, slots=True)
class Ears:
    """How to listen to one PBX: where, what its endpoints are, where its journal lies."""

    link: LinkConfig
    endpoints: Endpoints
    teller: Teller
    journal: Path
    keep_days: int = 30


@dataclass(slots=True)
class Heard:
    """One thing for the folding thread: what arrived, and where the journal has it."""

    kind: str
    at: float
    blocks: list[bytes] = field(default_factory=list)
    before: Position | None = None
    after: Position | None = None
    note: str = ""


def new_tracker(ears: Ears) -> Tracker:
    """Return an empty tracker for a PBX."""
    return Tracker(ears.link.name, ears.endpoints, ears.teller)


class Listener:
    """Listens to one PBX until stopped.

    Args:
        ears: the PBX.
        store: where calls go.
        writer: the process's one writer to it; the caller closes it.
        clinic: what intake needs to know.
        on_change: called with each committed change, in the folding thread (the terminal's log).
    """

    def __init__(
        self, ears: Ears, store: Store, writer: Writer, clinic: intake.Clinic,
        on_change: Callable[[CallChanged], None] | None = None,
    ) -> None:
        self.ears = ears
        self.pbx = ears.link.name
        self.store = store
        self.clinic = clinic
        self.on_change = on_change
        self.down_since: float | None = None
        self.link: Link | None = None
        self._lease = Lease(store, self.pbx)
        self._tracker = new_tracker(ears)
        self._members = Members()
        self._journal = JournalWriter(ears.journal, self.pbx, Limits(keep_days=ears.keep_days))
        self._heard: queue.SimpleQueue[Heard | None] = queue.SimpleQueue()
        self._writer = writer
        self._troubles = Troubles(self.pbx)
        self._unstored = Unstored(writer, self._job, self._troubles)
        self._starts: list[tuple[tuple[int, int], str, Position]] = []
        self._folded: Position | None = None
        self._checkpointed: Position | None = None
        self._thread = threading.Thread(target=self._fold_all, name=f"callward-fold-{self.pbx}", daemon=True)
        self._compared = False
        self._told_of: int | None = None
        self._caught_up = False

    # -- life --------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Take the lease, fold what the journal has, listen until cancelled, put everything away.

        Raises:
            ListenerError: another listener holds this PBX.
        """
        await asyncio.to_thread(self._take_lease)
        await asyncio.to_thread(self._renew_sums)
        try:
            floor = await asyncio.to_thread(self._catch_up)
            self._thread.start()
            self.link = Link(self.ears.link, self, floor)
            tasks = [asyncio.create_task(job) for job in (self.link.run(), self._keep_lease(), self._keep_journal())]
            try:
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            await asyncio.to_thread(self._put_away)

    def _put_away(self) -> None:
        if self._thread.is_alive():
            self._heard.put(None)
            self._thread.join()
        try:
            self._journal.close()
            self._lease.drop()
        except (OSError, StoreError) as error:
            log.error("%s: not everything could be put away: %s", self.pbx, error)

    def _take_lease(self) -> None:
        refusal = self._lease.take(_now_ms())
        if refusal is not None:
            raise ListenerError(refusal)

    def _renew_sums(self) -> None:
        """Make the sums of calls anew that an upgrade left to be made."""
        with self.store.read() as tx:
            if not rollups.is_stale(tx):
                return
        log.warning("%s: the sums of calls are made anew after the upgrade; with millions of calls it takes minutes",
                    self.pbx)
        with self.store.write() as tx:
            rollups.rebuild(tx)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(_LEASE_EVERY_S)
            try:
                await asyncio.to_thread(self._take_lease)
            except StoreError as error:
                log.warning("%s: the lease could not be extended: %s", self.pbx, error)

    async def _keep_journal(self) -> None:
        tidied = time.monotonic()
        while True:
            await asyncio.sleep(_SYNC_EVERY_S)
            try:
                await asyncio.to_thread(self._journal.sync)
            except JournalError as error:
                self._troubles.say("sync", str(error))
            else:
                self._troubles.over("sync", "the journal reaches the disk again")
            if time.monotonic() - tidied > _TIDY_EVERY_S and self._checkpointed is not None:
                tidied = time.monotonic()
                await asyncio.to_thread(self._tidy, self._checkpointed[0])

    def _tidy(self, needed: str) -> None:
        """Compress and delete old journals. A disk that is full must not end the listening."""
        try:
            self._journal.tidy(time.time(), needed)
        except OSError as error:
            self._troubles.say("tidy", f"old journals could not be compressed or deleted ({error}); check the disk.")
        else:
            self._troubles.over("tidy", "old journals are compressed and deleted again")

    # -- from the link (in the reading task: quick, never raising) ----------------------------------------------------

    def opened(self, at: float, session: int) -> None:
        """A login was accepted."""
        self.down_since = None
        log.info("%s: connected", self.pbx)
        self._note("opened", at, lambda: self._journal.append_opened(at, session))

    def blocks(self, at: float, session: int, blocks: list[bytes]) -> None:
        """One read completed these blocks."""
        needed = [block for block in blocks if wanted(block)]
        if needed:
            self._note("blocks", at, lambda: self._journal.append_text(at, session, kept(needed)), needed)

    def closed(self, at: float, session: int, reason: str) -> None:
        """The session ended."""
        self.down_since = at
        log.warning("%s: the connection is down: %s", self.pbx, self._bare(reason))
        self._note("closed", at, lambda: self._journal.append_closed(at, session, reason), note=reason)

    def waiting(self, reason: str, seconds: float) -> None:
        """There is no connection; the next try is `seconds` away."""
        log.warning("%s: %s; trying again in %.0f s", self.pbx, self._bare(reason), seconds)

    def _bare(self, reason: str) -> str:
        """Return a reason as part of a sentence that has named the PBX."""
        return reason.removeprefix(f"{self.pbx}: ").rstrip(".")

    def _note(
        self, kind: str, at: float, append: Callable[[], Position], blocks: list[bytes] | None = None, note: str = ""
    ) -> None:
        before = self._journal.position
        after: Position | None
        try:
            after = append()
        except JournalError as error:
            if self._troubles.say("journal", str(error)):
                self._heard.put(Heard("unwritten", at, note="the journal could not be written"))
            before = after = None
        else:
            if self._troubles.over("journal", "the journal is written again"):
                self._heard.put(Heard("written", at))
        if before is None and after is not None:
            before = (after[0], 0)
        self._heard.put(Heard(kind, at, blocks or [], before, after, note))

    # -- the journal's past ------------------------------------------------------------------------------------------

    def _catch_up(self) -> float:
        """Fold the journal from the checkpoint on; return the arrival time of its last record."""
        with self.store.read() as tx:
            row = tx.one("checkpoint_get", pbx=self.pbx)
        position = (str(row["file"]), int(row["position"])) if row is not None else None
        last = self._journal.last_at()
        before = position
        for record, blocks in framed(self._past(position)):
            if before is None or before[0] != record.file:
                before = (record.file, 0)
            after = (record.file, record.offset)
            kind = "blocks" if record.kind == "text" else record.kind
            self._fold_safely(Heard(kind, record.at, blocks, before, after, record.note))
            before = after
            if len(self._unstored.calls) >= _FOLD_AT_ONCE:
                self._commit(redo=True)
        if last:
            self._collect(self._tracker.closed(last))
            self._forget_comparison()
            self._unstored.chores.append(lambda tx: _gap_opens(tx, self.pbx, last, "no listener was running"))
        self._commit(redo=True)
        self._caught_up = True
        return last

    def _past(self, position: Position | None) -> Iterator[Record]:
        try:
            yield from read_from(self.ears.journal, self.pbx, position)
        except JournalError as error:
            log.error("%s", error)

    # -- folding (its own thread) ------------------------------------------------------------------------------------

    def _fold_all(self) -> None:
        stopping = False
        while not stopping:
            batch = self._next_batch(block=self._unstored.empty)
            for heard in batch:
                if heard is None:
                    stopping = True
                else:
                    self._fold_safely(heard)
            if not self._commit() and not stopping:
                time.sleep(_RETRY_S)
            if stopping and self._unstored.calls:
                log.error("%s: %d calls are in the journal only; the next start stores them", self.pbx,
                          len(self._unstored.calls))

    def _next_batch(self, *, block: bool) -> list[Heard | None]:
        batch: list[Heard | None] = []
        try:
            batch.append(self._heard.get(block=block))
            while batch[-1] is not None and len(batch) < _FOLD_AT_ONCE:
                batch.append(self._heard.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _fold_safely(self, heard: Heard) -> None:
        try:
            self._fold(heard)
        except Exception:
            # A fault of the tracker must not end the listening: the journal has the bytes, `verify` finds the call.
            log.exception("%s: what arrived at %.3f could not be folded", self.pbx, heard.at)

    def _fold(self, heard: Heard) -> None:
        at, note = heard.at, heard.note
        if heard.kind == "unwritten":
            self._unstored.chores.append(lambda tx: _gap_opens(tx, self.pbx, at, note))
            return
        if heard.kind == "written":
            self._unstored.chores.append(lambda tx: _gap_closes(tx, self.pbx, at))
            return
        known = set(self._tracker.calls)
        if heard.kind == "opened":
            self._collect(self._tracker.opened(at))
        elif heard.kind == "closed":
            self._collect(self._tracker.closed(at))
            self._members.closed()
            self._unstored.chores.append(lambda tx: _gap_opens(tx, self.pbx, at, note))
            self._forget_comparison()
        else:
            self._collect(self._tracker.fold(at, heard.blocks))
            self._note_duty(at, self._members.fold(heard.blocks, at))
            self._note_places(at, self._members.places())
        if heard.before is not None:
            for call in self._tracker.calls.keys() - known:
                heapq.heappush(self._starts, (_place(heard.before), call, heard.before))
        if heard.after is not None:
            self._folded = heard.after
        if self._tracker.compared_ms not in (None, self._told_of):
            self._told_of, calls = self._tracker.compared_ms, len(self._tracker.calls)
            seen = {"pbx": self.pbx, "snapshot_ms": self._told_of, "calls": calls}
            self._unstored.chores.append(lambda tx: tx.run("pbx_seen_put", **seen))
        if self._tracker.compared_ms is not None and not self._compared:
            self._compared = True
            living = {*self._tracker.calls, *self._unstored.calls}
            self._unstored.chores.append(lambda tx: self._after_snapshot(tx, living, at))

    def _forget_comparison(self) -> None:
        """The session is over: what the switch told in it says nothing about now."""
        self._compared = False
        self._tracker.compared_ms = None

    def _note_duty(self, at: float, news: list[Duty]) -> None:
        if news:
            rows = [{"pbx": self.pbx, "queue": duty.queue, "members": duty.members, "on_duty": duty.on_duty,
                     "at_ms": round(at * 1000)} for duty in news]
            self._unstored.chores.append(lambda tx: tx.many("queue_duty_put", rows))

    def _note_places(self, at: float, changed: list[Places]) -> None:
        for places in changed:
            put = partial(_places_put, pbx=self.pbx, places=places, at_ms=round(at * 1000))
            self._unstored.chores.append(put)

    def _after_snapshot(self, tx: Tx, living: set[str], at: float) -> None:
        """The switch told what lives: nothing else does, and the gap is over."""
        if self._caught_up:
            intake.end_forgotten(tx, self.pbx, living, self.clinic, round(at * 1_000_000))
        _gap_closes(tx, self.pbx, at)

    def _collect(self, changes: list[CallChanged]) -> None:
        for change in changes:
            for younger in change.merged:
                self._unstored.calls.pop(younger, None)
            self._unstored.calls[change.call.id] = change

    # -- storing -----------------------------------------------------------------------------------------------------

    def _commit(self, *, redo: bool = False) -> bool:
        """Write what changed, wait for the commit, move the checkpoint. False if something must be tried again."""
        if self._unstored.empty:
            return True
        done = self._unstored.commit(None if redo else self.on_change)
        if done:
            self._move_checkpoint()
        return done

    def _job(self, change: CallChanged) -> Job:
        return lambda tx: intake.record(tx, change, _now_ms(), self.clinic, live=True)

    def _move_checkpoint(self) -> None:
        """Note the oldest place that a call still needs; one that ended lately may go on, when events come late."""
        while self._starts and not self._tracker.remembers(self._starts[0][1]):
            heapq.heappop(self._starts)
        position = self._starts[0][2] if self._starts else self._folded
        if position is None or position == self._checkpointed:
            return
        file, offset = position

        def noted(future: "Future[Any]") -> None:
            if future.exception() is None:
                self._checkpointed = position

        put = submit(self._writer, lambda tx: tx.run("checkpoint_put", pbx=self.pbx, file=file, position=offset))
        put.add_done_callback(noted)


def _place(position: Position) -> tuple[int, int]:
    """Order positions: files are numbered by when they began."""
    name, offset = position
    number = name.removesuffix(".jsonl").rpartition("-")[2]
    return (int(number) if number.isdigit() else 0, offset)


def _places_put(tx: Tx, pbx: str, places: Places, at_ms: int) -> None:
    """Store the places of a queue, unless newer news of them is stored already: the journal's past is folded again."""
    if (tx.value("queue_members_at", pbx=pbx, queue=places.queue) or 0) > at_ms:
        return
    tx.run("queue_members_drop", pbx=pbx, queue=places.queue)
    tx.many("queue_member_put", [
        {"pbx": pbx, "queue": places.queue, "interface": one.interface, "extension": one.extension, "name": one.name,
         "paused": int(one.paused), "reason": one.reason, "since_ms": one.since_ms, "reachable": int(one.reachable),
         "at_ms": at_ms}
        for one in places.members
    ])  # fmt: skip
    tx.run("feed_append", id=tx.next_id("feed"), at_ms=at_ms, kind="queue.members", ref=f"{pbx}:{places.queue}", live=0)


def _gap_opens(tx: Tx, pbx: str, at: float, reason: str) -> None:
    tx.run("gap_open", id=tx.next_id("gap"), pbx=pbx, from_ms=round(at * 1000), reason=reason)


def _gap_closes(tx: Tx, pbx: str, at: float) -> None:
    tx.run("gap_close", pbx=pbx, to_ms=round(at * 1000))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
