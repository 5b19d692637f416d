"""The one writer thread: many jobs, one transaction.

1. Take the jobs that wait, up to `MOST` of them.
2. Begin; run each in its own savepoint until none is left or `BATCH_S` has passed. A job that fails is undone alone.
3. Commit, and only then hand the results out: nobody acts on what was not stored.
4. If the store was busy, or the connection broke before the commit, nothing was stored: run the same jobs again.

So a job must be re-runnable: it reads what it needs from its Tx and keeps nothing from an earlier run.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from store.database import Tx
from store.errors import StoreBusy, StoreError, StoreLost

if TYPE_CHECKING:
    from store.database import Store

T = TypeVar("T")
MOST = 500
BATCH_S = 0.02
ATTEMPTS = 6


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    run: Callable[[Tx], Any]
    future: "Future[Any]"


@dataclass(frozen=True, slots=True)
class _Done:
    job: _Job
    result: Any
    error: BaseException | None


class _BatchLostError(Exception):
    """The database threw the whole transaction away because of one job."""

    def __init__(self, done: _Done) -> None:
        self.done = done


class Writer:
    """Runs jobs one after another in its own thread. Made by `Store.writer()`."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._jobs: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="callward-writer", daemon=True)
        self._thread.start()

    @property
    def backlog(self) -> int:
        """Return how many jobs wait."""
        return len(self._jobs)

    def submit(self, job: Callable[[Tx], T]) -> "Future[T]":
        """Queue a job; the future has its result, or its exception, after the commit. Raises StoreError if closed."""
        future: Future[T] = Future()
        with self._changed:
            if self._closing:
                raise StoreError("The writer is closed; nothing more can be written through it.")
            self._jobs.append(_Job(job, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Run what is queued, commit it, and stop the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        waiting: deque[_Job] = deque()
        while waiting or self._take(waiting):
            self._write(waiting)

    def _take(self, waiting: deque[_Job]) -> bool:
        """Wait for jobs and move them over; False when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closing)
            while self._jobs and len(waiting) < MOST:
                job = self._jobs.popleft()
                if job.future.set_running_or_notify_cancel():
                    waiting.append(job)
            return bool(waiting or self._jobs or not self._closing)

    def _write(self, waiting: deque[_Job]) -> None:
        """Run and commit one batch, taken from the left of `waiting`; again if the store was busy."""
        attempt = 0
        while waiting:
            attempt += 1
            try:
                done = self._batch(waiting)
            except _BatchLostError as lost:
                waiting.remove(lost.done.job)
                _hand_out(lost.done)
            except StoreBusy as error:
                if attempt >= ATTEMPTS:
                    return _fail(waiting, error)
            except Exception as error:
                return _fail(waiting, error)
            else:
                for _ in done:
                    waiting.popleft()
                for one in done:
                    _hand_out(one)
                return None

    def _batch(self, waiting: deque[_Job]) -> list[_Done]:
        done = []
        with self._store.write() as tx:
            until = time.monotonic() + BATCH_S
            for job in waiting:
                done.append(_run(tx, job))
                if time.monotonic() >= until:
                    break
        return done


def _run(tx: Tx, job: _Job) -> _Done:
    """Run one job in a savepoint. Raises StoreBusy, and _BatchLostError when the transaction is gone."""
    tx.conn.execute("SAVEPOINT job")
    try:
        result = job.run(tx)
        tx.conn.execute("RELEASE SAVEPOINT job")
    except (StoreBusy, StoreLost) as error:
        raise StoreBusy(str(error)) from error
    except BaseException as error:
        try:
            tx.conn.execute("ROLLBACK TO SAVEPOINT job")
            tx.conn.execute("RELEASE SAVEPOINT job")
        except Exception as gone:
            raise _BatchLostError(_Done(job, None, error)) from gone
        return _Done(job, None, error)
    return _Done(job, result, None)


def _hand_out(done: _Done) -> None:
    if done.error is not None:
        done.job.future.set_exception(done.error)
    else:
        done.job.future.set_result(done.result)


def _fail(waiting: deque[_Job], error: Exception) -> None:
    while waiting:
        waiting.popleft().future.set_exception(error)
