"""Raw AMI bytes, as a capture holds them: pieces with a time read off the bytes themselves.

Nothing in them says when they arrived. With `timestampevents=yes` every event has a `Timestamp` of the PBX's clock;
else the epoch part of a new channel's `Uniqueid` is the only clock, in whole seconds. Durations are as coarse as that.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

from pbx.frames import Framer

CHUNK = 256 << 10
PIECE = 64 << 10
"""Bytes after which a piece is closed although its time has not changed."""
TIMELESS = 16 << 20
"""Bytes that are held back for want of a first time; beyond it they are given the time 0."""

_BANNER = b"Asterisk Call Manager/"
_END = b"\r\n\r\n"
_NEW = b"Event: Newchannel\r\n"
_STAMPED = b"\r\nTimestamp: "
_STAMP = re.compile(rb"Event: [^\r]*\r\nPrivilege: [^\r]*\r\nTimestamp: (\d{9,11}(?:\.\d{1,6})?)\r\n")
_EPOCH = re.compile(rb"\r\nUniqueid: (?:[^\r]*-)?(\d{9,11})\.\d+(?:\r\n|$)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole blocks that share a time (seconds since the epoch)."""

    at: float
    blocks: list[bytes]

    @property
    def data(self) -> bytes:
        """Return the bytes as they were."""
        return _END.join((*self.blocks, b""))


def read_raw(stream: IO[bytes], framer: Framer) -> Iterator[Piece]:
    """Yield the stream's whole blocks as pieces whose time never decreases; `framer` keeps an unfinished last block.

    Blocks before the first one that tells a time get that time.
    """
    clock = 0.0
    held: list[bytes] = []
    size = 0
    chunk = _without_banner(stream.read(CHUNK))
    while chunk:
        blocks = framer.feed(chunk)
        for at, some in _timed(blocks, clock):
            if held and (size > PIECE if clock and at <= clock else clock or size > TIMELESS):
                yield Piece(clock, held)
                held, size = [], 0
            clock = max(at, clock)
            held += some
            size += sum(map(len, some))
        chunk = stream.read(CHUNK)
    if held:
        yield Piece(clock, held)


def _timed(blocks: list[bytes], clock: float) -> Iterator[tuple[float, list[bytes]]]:
    """Yield the blocks in order, in runs that a block with a time of its own begins; 0 is no time.

    With a clock, only a new channel's id or a time stamp can be later than all before: the rest is not looked at.
    """
    start = 0
    while not clock and start < len(blocks):
        clock = _time(blocks[start], clock)
        yield clock, blocks[start : start + 1]
        start += 1
    rest = enumerate(blocks[start:], start)
    marks = [n for n, block in rest if block.startswith(_NEW) or _STAMPED in block]
    ends = [*marks, len(blocks)]
    if start < ends[0]:
        yield 0.0, blocks[start : ends[0]]
    for n, following in pairwise(ends):
        yield _time(blocks[n], clock), blocks[n:following]


def _time(block: bytes, clock: float) -> float:
    """Return the time that the block tells, or 0. Only a new channel's id can be later than all ids before it."""
    if stamp := _STAMP.match(block):
        return float(stamp[1])
    if clock and not block.startswith(_NEW):
        return 0.0
    epoch = _EPOCH.search(block)
    return float(epoch[1]) if epoch else 0.0


def _without_banner(chunk: bytes) -> bytes:
    """Cut the greeting off: it is one line with no empty line after it, and would join the first block."""
    return chunk[chunk.find(b"\r\n") + 2 :] if chunk.startswith(_BANNER) and b"\r\n" in chunk else chunk
