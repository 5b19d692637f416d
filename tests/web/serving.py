"""What tests of a served console share: the moment from which it can be asked."""

import asyncio

from tests.web.surfing import PATIENCE_MS


async def listens(port: int) -> None:
    """Wait until somebody listens on a port."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
