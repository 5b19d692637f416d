"""Areas are painted many at a time, in one thread.

Threads that take turns at small queries slow each other down more than they help, and each transaction costs as much
as a small look. So what is asked for while the thread paints is painted together next, in one transaction; what a
person waits for with the telephone in the hand comes first, and after each lot of it one of the others has its turn.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from store import Store, Tx
from web.pictures import Picture

_FIRST = 16
_OTHERS = 1
"""So many are painted at once: what is urgent waits for one at most that is not, and that for so many that are."""


Brush = Callable[[Tx], Picture]
_Wanted = tuple[Brush, "asyncio.Future[Picture]"]


class Painter:
    """Runs brushes in the painting thread, each in the read transaction that it shares with its batch."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "callward-paint")
        self._urgent: deque[_Wanted] = deque()
        self._others: deque[_Wanted] = deque()
        self._task: asyncio.Task[None] | None = None

    async def paint(self, brush: Brush, *, urgent: bool = False) -> Picture:
        """Return what a brush paints from a transaction that begins from now on; raises what the brush raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Picture] = loop.create_future()
        (self._urgent if urgent else self._others).append((brush, future))
        if self._task is None:
            self._task = loop.create_task(self._run())
        return await future

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        urgent = False
        try:
            while self._urgent or self._others:
                urgent = bool(self._urgent) and not (urgent and self._others)
                waiting, most = (self._urgent, _FIRST) if urgent else (self._others, _OTHERS)
                batch = [waiting.popleft() for _ in range(min(most, len(waiting)))]
                batch = [wanted for wanted in batch if not wanted[1].done()]  # nobody waits for the others any more
                try:
                    await loop.run_in_executor(self._thread, self._work, loop, batch)
                except RuntimeError as error:  # the thread was let go
                    for _, future in batch:
                        _hand_out(future, error)
        finally:
            self._task = None

    def _work(self, loop: asyncio.AbstractEventLoop, batch: list[_Wanted]) -> None:
        """Paint in the thread; each picture is handed out at once, not when all of the batch are painted."""
        left = deque(batch)
        try:
            with self._store.read() as tx:
                while left:
                    brush, future = left[0]
                    loop.call_soon_threadsafe(_hand_out, future, _tried(brush, tx))
                    left.popleft()
        except Exception as error:  # the store gave no transaction, or lost it
            for _, future in left:
                loop.call_soon_threadsafe(_hand_out, future, error)


def _hand_out(future: "asyncio.Future[Picture]", made: Picture | Exception) -> None:
    if future.done():
        return
    if isinstance(made, Picture):
        future.set_result(made)
    else:
        future.set_exception(made)


def _tried(brush: Brush, tx: Tx) -> Picture | Exception:
    try:
        return brush(tx)
    except Exception as error:
        return error
