"""The console as a process of its own beside the listener, so that no page ever delays a call."""

import asyncio
import logging
import signal
import sys
from contextlib import suppress

from commands.common import App

log = logging.getLogger("callward.web")

END_S = 20.0
"""So long the console may take to put its things away."""
AGAIN_S = (1.0, 5.0, 30.0)
"""How long to wait before it is started again, the last for ever."""
STEADY_S = 60.0
"""Who ran so long is started at once again, as if for the first time."""


async def console_beside(app: App) -> None:
    """Keep `callward web` running until cancelled; it ends with this process whatever happens to it."""
    loop, failed = asyncio.get_running_loop(), 0
    while True:
        began = loop.time()
        status = await _run(app)
        failed = 0 if loop.time() - began > STEADY_S else failed + 1
        pause = AGAIN_S[min(failed, len(AGAIN_S) - 1)]
        log.error("the console ended with status %s; it is started again in %g s, and calls are heard meanwhile",
                  status, pause)
        await asyncio.sleep(pause)


async def _run(app: App) -> int:
    """Run it once; return its status."""
    console = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callward", "--config", str(app.config), "web", "--beside",
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        return await console.wait()
    finally:
        if console.returncode is None:
            await _end(console)


async def _end(console: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        console.terminate()
    try:
        async with asyncio.timeout(END_S):
            await console.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            console.kill()
        await console.wait()


async def end_with_parent() -> None:
    """Stop this process, as a person would, when the one that started it is gone: its end of the pipe closes then."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    signal.raise_signal(signal.SIGTERM)
