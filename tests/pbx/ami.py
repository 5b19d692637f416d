"""Small helpers of the AMI tests: a sink that remembers, journals made of blocks, waiting without sleeping."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbx.events import Event, name_of, parse
from pbx.journal import Record, framed, records
from pbx.link import Link
from pbx.simulator import NOT_SENT

TRACES = Path(__file__).parent.parent / "traces"
SECRET = "a-secret of the tests"


@dataclass
class Remembered:
    """A link's sink that keeps everything, and wakes whoever waits for something."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, at: float, session: int) -> None:
        self._note("opened", at, session)

    def blocks(self, at: float, session: int, blocks: list[bytes]) -> None:
        self._note("blocks", at, session, blocks)

    def closed(self, at: float, session: int, reason: str) -> None:
        self._note("closed", at, session, reason)

    def waiting(self, reason: str, seconds: float) -> None:
        self._note("waiting", reason, seconds)

    def _note(self, *what: Any) -> None:
        self.told.append(what)
        self.changed.set()

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        return [what for what in self.told if what[0] == kind]

    @property
    def events(self) -> list[Event]:
        return [parse(block) for what in self.of("blocks") for block in what[3]]

    def names(self) -> list[str]:
        return [event.name for event in self.events]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@asynccontextmanager
async def running(link: Link) -> Any:
    """Run a link while the block lasts."""
    task = asyncio.create_task(link.run())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def soon(condition: Callable[[], bool]) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  (what it waits for has no event)
            await asyncio.sleep(0.001)


def record(*blocks: bytes, at: float = 1795309246.0, session: int = 1) -> Record:
    return Record(at, session, "text", b"".join(block + b"\r\n\r\n" for block in blocks))


def trace(name: str) -> list[Record]:
    return list(records(TRACES / name / "journal.jsonl"))


def sent(source: Iterable[Record]) -> Iterator[bytes]:
    """Yield the events of a recording that a replay sends."""
    for _, blocks in framed(source):
        for block in blocks:
            if name_of(block) not in NOT_SENT:
                yield block
