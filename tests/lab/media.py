"""The sound of a call: RTP packets every 20 ms, and digits as telephone events (RFC 4733)."""

import asyncio
import random
import struct
import time
from typing import cast

from tests.lab.sip import HOST

_FRAME = 160  # samples in 20 ms
_SILENCE = b"\xff" * _FRAME
_DIGITS = "0123456789*#ABCD"
_STEPS = 5  # 100 ms of a digit


def _ulaw(sample: int) -> int:
    """Return a 16-bit sample as G.711 mu-law: sign, segment of the magnitude, four bits of the position in it."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample) + 132, 32767)
    segment = magnitude.bit_length() - 8
    return ~(sign | segment << 4 | (magnitude >> segment + 3) & 0x0F) & 0xFF


# A square tone of 400 Hz: somebody is talking.
_TONE = bytes(_ulaw(8000 if n // 10 % 2 else -8000) for n in range(_FRAME))


class Media(asyncio.DatagramProtocol):
    """One RTP stream. `heard` is set once a tenth of a second of sound came."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self._received = 0
        self.sending = True
        self._transport: asyncio.DatagramTransport | None = None
        self._task: asyncio.Task[None] | None = None
        self._remote = (HOST, 0)
        self._digits: list[str] = []
        self._sequence = random.randrange(1 << 16)
        self._timestamp = random.randrange(1 << 30)
        self._source = random.randrange(1 << 31)

    @classmethod
    async def open(cls) -> "Media":
        """Bind a free even port (RTP), whose odd neighbour would be RTCP's."""
        loop = asyncio.get_running_loop()
        for _ in range(100):
            try:
                address = (HOST, random.randrange(33000, 60000, 2))
                _, media = await loop.create_datagram_endpoint(cls, local_addr=address)
            except OSError:
                continue
            return media
        raise OSError("a hundred ports were tried for RTP and none was free; end other programs that use UDP.")

    @property
    def port(self) -> int:
        """Return the local port."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Count a packet (asyncio calls this)."""
        self._received += 1
        if self._received == 5:
            self.heard.set()

    def error_received(self, exc: Exception) -> None:
        """Ignore a port that was closed at the other side (asyncio calls this)."""

    def talk_to(self, port: int) -> None:
        """Send to that port from now on."""
        self._remote = (HOST, port)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def press(self, digits: str) -> None:
        """Queue digits to be sent."""
        self._digits.extend(digits)

    def stop(self) -> None:
        """End the stream."""
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.close()

    async def _run(self) -> None:
        due = time.monotonic()
        while True:
            if self._digits:
                await self._digit(_DIGITS.index(self._digits.pop(0)))
                due = time.monotonic()
            elif self.sending:
                self._packet(0, _TONE)
                self._timestamp += _FRAME
            else:
                self._packet(0, _SILENCE)
                self._timestamp += _FRAME
            due += 0.02
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _digit(self, event: int) -> None:
        for step in range(1, _STEPS + 1):
            self._packet(101, struct.pack("!BBH", event, 10, _FRAME * step), marker=step == 1)
            await asyncio.sleep(0.02)
        for _ in range(3):  # the end is sent three times, as the RFC says
            self._packet(101, struct.pack("!BBH", event, 0x80 | 10, _FRAME * _STEPS))
        self._timestamp += _FRAME * _STEPS
        await asyncio.sleep(0.06)

    def _packet(self, kind: int, payload: bytes, *, marker: bool = False) -> None:
        assert self._transport is not None
        head = (0x80, kind | marker << 7, self._sequence & 0xFFFF, self._timestamp & 0xFFFFFFFF, self._source)
        self._transport.sendto(struct.pack("!BBHII", *head) + payload, self._remote)
        self._sequence += 1
