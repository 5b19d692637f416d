"""Small helpers of the AMI tests: a sink that remembers, journals made of blocks, waiting without sleeping."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbx.events import Event, name_of, parse
from pbx.frames import Framer
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
        async with asyncio.timeout(60):
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
    async with asyncio.timeout(60):
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


class Conversation:
    """A bare AMI client: says blocks, collects what comes back."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._framer = Framer()
        self.heard: list[bytes] = []

    async def __aenter__(self) -> "Conversation":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.banner = await self._reader.readline()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    def say(self, *lines: str) -> None:
        self._writer.write("\r\n".join((*lines, "", "")).encode())

    async def hear(self, start: str) -> Event:
        """Return the next block that begins so; those before it stay in `heard`."""
        async with asyncio.timeout(60):
            done = 0
            while True:
                for place, block in enumerate(self.heard[done:], done):
                    if block.startswith(start.encode()):
                        del self.heard[place]
                        return parse(block)
                done = len(self.heard)
                data = await self._reader.read(65536)
                if not data:
                    raise EOFError(start)
                self.heard += self._framer.feed(data)

    async def ask(self, *lines: str) -> Event:
        self.say(*lines)
        return await self.hear("Response: ")

    async def log_in(self, events: str = "on") -> None:
        answer = await self.ask("Action: Login", "Username: tracker", f"Secret: {SECRET}", f"Events: {events}")
        assert answer.get("Message") == "Authentication accepted"

    async def listed(self, *lines: str) -> list[Event]:
        """Return the items of a list action."""
        assert (await self.ask(*lines, "ActionID: list")).get("EventList") == "start"
        items: list[Event] = []
        while True:
            event = await self.hear("Event: ")
            if event.get("EventList") == "Complete":
                assert int(event.get("ListItems")) == len(items)
                return items
            if event.get("ActionID") == "list":
                items.append(event)

    async def ended(self) -> bool:
        """Return True once the other side has closed."""
        async with asyncio.timeout(60):
            while await self._reader.read(65536):
                pass
        return True
