"""Areas are painted many at a time, in one thread.

Threads that take turns at small queries slow each other down more than they help, and each transaction costs as much
as a small look. So what is asked for while the thread paints is painted together next, in one transaction; what a
person waits for with the telephone in the hand comes first.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from store import Store, Tx
from web.pictures import Picture

_FIRST = 32
_OTHERS = 1
"""So many are painted at once: what is urgent never waits for more than one that is not."""


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
        try:
            while self._urgent or self._others:
                waiting, most = (self._urgent, _FIRST) if self._urgent else (self._others, _OTHERS)
                batch = [waiting.popleft() for _ in range(min(most, len(waiting)))]
                batch = [wanted for wanted in batch if not wanted[1].done()]  # nobody waits for the others any more
                try:
                    made = await loop.run_in_executor(self._thread, self._work, [brush for brush, _ in batch])
                except Exception as error:
                    made = [error] * len(batch)
                for (_, future), one in zip(batch, made, strict=True):
                    if future.done():
                        continue
                    if isinstance(one, Picture):
                        future.set_result(one)
                    else:
                        future.set_exception(one)
        finally:
            self._task = None

    def _work(self, brushes: list[Brush]) -> list[Picture | Exception]:
        with self._store.read() as tx:
            return [_tried(brush, tx) for brush in brushes]


def _tried(brush: Brush, tx: Tx) -> Picture | Exception:
    try:
        return brush(tx)
    except Exception as error:
        return error
