"""Plays stories on several Asterisks at once, each story with an Asterisk to itself.

    python -m tests.live.playing 22 tests/traces/own22      # record all stories anew
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.lab.asterisk import Asterisk, archive, running
from tests.live.stage import staged
from tests.live.stories import STORIES, Story

LANES = 3
_STARTING = asyncio.Lock()
"""Two that look for free ports at once might find the same."""
Outcome = Path | Exception
"""Where a story's recording is, or what went wrong with it."""


async def played(version: str, stories: Iterable[Story], folder: Path) -> dict[str, Outcome]:
    """Play stories on `LANES` Asterisks of this version; each recording is a folder below `folder`.

    Raises:
        LabError: this version was not prepared, or does not start.
    """
    archive(version)
    waiting, out = list(stories), dict[str, Outcome]()
    for story in waiting:
        (folder / story.__name__).mkdir(parents=True, exist_ok=True)

    async def lane() -> None:
        async with AsyncExitStack() as stack:
            async with _STARTING:
                asterisk = await stack.enter_async_context(_running(version))
            while waiting:
                story = waiting.pop(0)
                out[story.__name__] = await _play(story, asterisk, folder / story.__name__)

    async with asyncio.TaskGroup() as lanes:
        for _ in range(min(LANES, len(waiting))):
            lanes.create_task(lane())
    return out


async def _play(story: Story, asterisk: Asterisk, folder: Path) -> Outcome:
    try:
        async with staged(asterisk, folder, story.__doc__ or "") as stage:
            await story(stage)
    except Exception as error:  # one story that fails is no reason not to play the others
        return error
    return folder


@asynccontextmanager
async def _running(version: str) -> AsyncIterator[Asterisk]:
    """Start and stop an Asterisk without keeping the phones of the other lanes waiting."""
    manager = running(version)
    asterisk = await asyncio.to_thread(manager.__enter__)
    try:
        yield asterisk
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


if __name__ == "__main__":
    for name, outcome in asyncio.run(played(sys.argv[1], STORIES, Path(sys.argv[2]))).items():
        print(name, outcome if isinstance(outcome, Path) else repr(outcome))
