"""What the store has not taken yet: the newest telling of each changed call, and chores.

A store that is locked, full or away is said once and tried again until it takes everything; what is newer wins. A call
that it refuses for a fault of its own, while it takes others, is given up and said.
"""

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from patients.phones import masked
from pbx.calls import CallChanged
from store import StoreError, Tx, Writer
from store.errors import StoreConflict

log = logging.getLogger("callward.listener")

_TRIES = 10
"""After so many tries a call that the store refuses, while it takes others, holds nothing up any more."""

Job = Callable[[Tx], Any]


class Troubles:
    """What goes wrong at one PBX: each trouble is said once, and once when it is over."""

    def __init__(self, pbx: str) -> None:
        self.pbx = pbx
        self._open: set[str] = set()

    def say(self, what: str, sentence: str) -> bool:
        """Log a trouble that is new; return whether it is."""
        if what in self._open:
            return False
        self._open.add(what)
        log.error("%s: %s", self.pbx, sentence)
        return True

    def over(self, what: str, sentence: str) -> bool:
        """Log that a trouble is over; return whether there was one."""
        if what not in self._open:
            return False
        self._open.discard(what)
        log.info("%s: %s", self.pbx, sentence)
        return True


class Unstored:
    """The changed calls and chores of one listener that wait for the store. Used by one thread.

    Args:
        writer: the store's.
        job: makes what stores one changed call; its result says whether that was news.
        troubles: where a failing store is said.
    """

    def __init__(self, writer: Writer, job: Callable[[CallChanged], Job], troubles: Troubles) -> None:
        self.calls: dict[str, CallChanged] = {}
        self.chores: list[Job] = []
        self._writer = writer
        self._job = job
        self._troubles = troubles
        self._tries: Counter[str] = Counter()

    @property
    def empty(self) -> bool:
        """Say whether nothing waits."""
        return not self.calls and not self.chores

    def commit(self, show: Callable[[CallChanged], None] | None) -> bool:
        """Store everything and wait for the commit; False if something must be tried again.

        `show` is called with each call that was news.
        """
        batch, self.calls = self.calls, {}
        chores, self.chores = self.chores, []
        done = [(change, submit(self._writer, self._job(change))) for change in batch.values()]
        kept = [(chore, submit(self._writer, chore)) for chore in chores]
        stored = [change for change, future in done if self._stored(change, future)]
        self.chores = [chore for chore, future in kept if self._again(future)]
        if show is not None:
            self._show([change for change, future in done if not future.exception() and future.result()], show)
        self._give_up_on_refused(whole=len(stored) == len(batch), some=bool(stored))
        if not self.empty:
            return False
        self._troubles.over("store", "the store takes calls again")
        return True

    def _stored(self, change: CallChanged, future: "Future[bool]") -> bool:
        """Wait for one call; what the store could not take now stays, unless something newer is told of it."""
        call, error = change.call, future.exception()
        if error is None:
            self._tries.pop(call.id, None)
            return True
        if isinstance(error, StoreError) and not isinstance(error, StoreConflict):
            self.calls.setdefault(call.id, change)
            self._tries[call.id] += 1
            self._troubles.say("store", f"the store takes no calls for now, they wait in the journal: {error}")
        else:
            log.error("%s: call %s of %s could not be stored; `callward verify` will show it", self._troubles.pbx,
                      call.id, masked(call.party), exc_info=error)
        return False

    def _again(self, future: "Future[Any]") -> bool:
        """Wait for one chore; return whether it must be tried again."""
        error = future.exception()
        if error is None:
            return False
        if isinstance(error, StoreError) and not isinstance(error, StoreConflict):
            self._troubles.say("store", f"the store takes no calls for now, they wait in the journal: {error}")
            return True
        log.error("%s: a gap or what it ended could not be noted", self._troubles.pbx, exc_info=error)
        return False

    def _give_up_on_refused(self, *, whole: bool, some: bool) -> None:
        """A call that is refused again and again while others are stored must not hold the checkpoint back for ever."""
        if whole or not some:
            return
        for call in [call for call in self.calls if self._tries[call] >= _TRIES]:
            log.error("%s: call %s is refused by the store; `callward verify` will show it", self._troubles.pbx, call)
            del self.calls[call], self._tries[call]

    def _show(self, changes: list[CallChanged], show: Callable[[CallChanged], None]) -> None:
        try:
            for change in changes:
                show(change)
        except Exception as error:  # a terminal that is gone stops nobody from listening
            self._troubles.say("show", f"calls cannot be shown ({error})")


def submit(writer: Writer, job: Job) -> "Future[Any]":
    """Hand a job to the writer; one that is closed refuses it as a failing store would."""
    try:
        return writer.submit(job)
    except StoreError as error:
        refused: Future[Any] = Future()
        refused.set_exception(error)
        return refused
