"""Recorded calls made new: other ids, other times, other people, and everything still fits together.

A recording played twice would be the same calls twice. `shifted` rewrites its blocks so that they are calls of another
time: uniqueids and linkedids, channel numbers, bridge ids, epochs, and the numbers and names of the people.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from pbx.events import name_of, parse

_TELEPHONE = 7
"""Digits from which on a caller's number is one of the telephone network, not an extension."""
_NATIONAL = 9
_HEX8 = 0xFFFFFFFF
_HEX12 = (1 << 48) - 1
_IDS = rb"(?P<time>(?:Timestamp|SentNTP): )?(?<![\d.])(?P<epoch>1\d{9})\.(?P<count>\d{1,9})(?!\d|\.\d)"
_SINCE = rb"(?P<since>(?:LoginTime|LastCall|LastPause): )(?P<at>1\d{9})(?!\d)"
_CHANNEL = rb"(?P<channel>(?:PJSIP|SIP|IAX2|Local|DAHDI|SCCP)/[^\r\n,;|&]*?-)(?P<suffix>[0-9a-f]{8})(?![0-9a-f-])"
_BRIDGE = rb"(?P<bridge>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-)(?P<node>[0-9a-f]{12})(?![0-9a-f])"
_NAME = rb"(?P<key>(?:CallerIDName|ConnectedLineName): )(?P<name>[^\r\n]+)"


@dataclass(frozen=True, slots=True)
class Shift:
    """How a recording is changed.

    Raises:
        ValueError: a number or name holds CR, LF or NUL.
    """

    seconds: int = 0
    """Added to every epoch."""
    count: int = 0
    """Added to the counters of ids, channels and bridges: another each time, in steps above any count recorded."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Old to new number, both without prefixes: `501000101` also changes `+48501000101` and `0501000101`."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Old to new caller name, whole values."""

    def __post_init__(self) -> None:
        for text in (*self.numbers.values(), *self.names.values()):
            if re.search(r"[\r\n\0]", text):
                raise ValueError("a new number or name holds a line break or NUL; remove it.")


class Shifter:
    """A shift made ready: compile once, use for every block of a recording."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._numbers = {old.encode(): new.encode() for old, new in shift.numbers.items()}
        self._names = {old.encode(): new.encode() for old, new in shift.names.items()}
        parts = [_IDS, _SINCE, _CHANNEL, _BRIDGE]
        if self._names:
            parts.append(_NAME)
        if self._numbers:
            longest_first = sorted(self._numbers, key=len, reverse=True)
            parts.append(rb"(?P<number>%s)(?!\d)" % b"|".join(re.escape(number) for number in longest_first))
        self._pattern = re.compile(b"|".join(parts))

    def __call__(self, block: bytes) -> bytes:
        """Return the block as it would have been in the other call."""
        return self._pattern.sub(self._change, block)

    def _change(self, match: re.Match[bytes]) -> bytes:
        shift = self._shift
        found = match.groupdict(b"")
        if found["epoch"]:
            count = found["count"] if found["time"] else b"%d" % (int(found["count"]) + shift.count)
            return b"%s%d.%s" % (found["time"], int(found["epoch"]) + shift.seconds, count)
        if found["since"]:
            return b"%s%d" % (found["since"], int(found["at"]) + shift.seconds)
        if found["channel"]:
            channel = self._pattern.sub(self._change, found["channel"])  # a number may be dialled in its name
            return b"%s%08x" % (channel, (int(found["suffix"], 16) + shift.count) & _HEX8)
        if found["bridge"]:
            return b"%s%012x" % (found["bridge"], (int(found["node"], 16) + shift.count) & _HEX12)
        if found.get("key"):
            return found["key"] + self._names.get(found["name"], found["name"])
        return self._numbers[found["number"]]


def shifted(blocks: Iterable[bytes], shift: Shift) -> list[bytes]:
    """Return the blocks as another call at another time; the same shift changes equal things equally."""
    change = Shifter(shift)
    return [change(block) for block in blocks]


def outside_numbers(blocks: Iterable[bytes]) -> list[str]:
    """Return the numbers of those who rang from outside, without prefixes, in order of appearance."""
    found: dict[str, None] = {}
    for block in blocks:
        if name_of(block) == b"Newchannel" and b"\r\nChannelStateDesc: Ring\r\n" in block:
            number = parse(block).get("CallerIDNum")
            digits = "".join(filter(str.isdecimal, number))
            if len(digits) >= _TELEPHONE and digits.isascii() and digits in number:
                found[digits[-_NATIONAL:]] = None
    return list(found)


def varied(numbers: Iterable[str], seed: int) -> dict[str, str]:
    """Return another number for each: the same beginning, other last digits; the same seed gives the same ones."""
    other = {}
    for number in numbers:
        keep = len(number) - 5
        digest = int.from_bytes(sha256(f"{seed}:{number}".encode()).digest()[:8], "big")
        other[number] = f"{number[:keep]}{digest % 100_000:05d}"
    return other
