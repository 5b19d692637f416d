"""AMI framing: bytes as they arrive become whole blocks.

A block is lines that end in CRLF, closed by an empty line. Any cut of the same bytes gives the same blocks. The only
separators are the bytes CR LF: a caller's name may hold every other line break that Unicode knows.
"""

from dataclasses import dataclass, field
from itertools import repeat

MAX_FRAME = 1 << 20
"""Bytes. Asterisk's longest events are some tens of kilobytes; a block beyond this is not AMI."""

_END = b"\r\n\r\n"


@dataclass(slots=True)
class Framer:
    """Cuts a byte stream into blocks, whatever the sizes of the reads.

    A block longer than `max_frame` bytes is dropped up to its end, counted in `dropped`, and the rest goes on.
    """

    max_frame: int = MAX_FRAME
    dropped: int = 0
    _rest: bytes = field(default=b"", repr=False)
    _skipping: bool = field(default=False, repr=False)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the blocks they completed, each without its closing CRLF CRLF."""
        blocks = (self._rest + data).split(_END)
        self._rest = blocks.pop()
        if self._skipping and blocks:
            blocks[0] = b""
            self._skipping = False
        if len(self._rest) > self.max_frame + len(_END) - 1:  # the last bytes may be the end of a block that fits
            self._drop_rest()
        if max(map(len, blocks), default=0) <= self.max_frame:
            return list(filter(None, map(bytes.lstrip, blocks, repeat(b"\r\n"))))
        whole = []
        for block in blocks:
            if len(block) > self.max_frame:
                self.dropped += 1
            elif block := block.lstrip(b"\r\n"):
                whole.append(block)
        return whole

    @property
    def unfinished(self) -> int:
        """Return the number of bytes held back for a block that has not ended."""
        return len(self._rest)

    def _drop_rest(self) -> None:
        """Forget an endless block, keeping the last three bytes: they may begin its end."""
        if not self._skipping:
            self.dropped += 1
        self._skipping = True
        self._rest = self._rest[-3:]
