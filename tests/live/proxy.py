"""A TCP proxy between the listener and Asterisk, that can be cut, or fall silent with its sockets open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_CHUNK = 1 << 16


class Proxy:
    """Passes bytes both ways. `sent` is everything that the client said, connection by connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.sent: list[bytearray] = []
        self.swallows = False
        """Read both ways and pass nothing on: a half-open connection, or a firewall that forgot it."""
        self.refuses = False

    @property
    def port(self) -> int:
        """Return where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        """Break every connection at once (RST), as a network that fails does."""
        for writer in list(self._open):
            writer.transport.abort()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Close everything."""
        assert self._server is not None
        self._server.close()
        self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.transport.abort()
            return
        said = bytearray()
        self.sent.append(said)
        try:
            from_pbx, to_pbx = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, to_pbx}
        ways = (self._pass(reader, to_pbx, said), self._pass(from_pbx, writer))
        both = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        for end in (writer, to_pbx):
            self._open.discard(end)
            end.close()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytearray | None = None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                if said is not None:
                    said += data
                if not self.swallows:
                    writer.write(data)
                    await writer.drain()


@asynccontextmanager
async def between(port: int) -> AsyncIterator[Proxy]:
    """Run a proxy to this port for as long as the block lasts."""
    proxy = Proxy(port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
