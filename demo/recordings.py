"""Recorded calls, made ready to be played as often as a clinic has calls: other people, other times, other lengths.

`traces/` holds a few calls of a real Asterisk, cut down to the events that matter; nobody in them has
a name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pbx.events import name_of, parse
from pbx.journal import Record, framed, runs
from pbx.shifting import Shift, Shifter
from pbx.switch import make_block

TRACES = Path(__file__).with_name("traces")
PHONES = ("101", "102", "103", "104", "105")
SERIAL_STEP = 1000
"""Ids between two calls: no recording uses as many."""

_MONITOR = "/var/spool/asterisk/monitor"
"""Where the recorded exchange keeps what it records."""

Moment = tuple[float, list[bytes]]
"""Seconds since the epoch, and the blocks that arrive then."""

_IDS = rb"(?<![\d.])1\d{9}\.\d{1,9}(?!\d|\.\d)"
_CHANNELS = rb"(?:PJSIP|Local)/[^\r\n,;|&]*?-[0-9a-f]{8}(?![0-9a-f-])"
_BRIDGES = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])"
_PHONE = re.compile(rb"(?<![\w.+-])10[1-5](?![\w.])")
_TALKING = b"\r\nBridgeNumChannels: 2\r\n"


@dataclass(frozen=True, slots=True)
class Made:
    """A call to be made of a recording. Times are seconds; `start` since the epoch."""

    start: float
    serial: int
    """Another for each call: its ids are made of it."""
    number: str | None
    """The outside party in E.164; None leaves it as recorded (nobody, or withheld)."""
    did: str
    """The clinic's number: dialled by the caller, or presented to whom the clinic rings."""
    wait: float
    talk: float
    turn: int = 0
    """Moves every phone on by so many."""
    phone: str = ""
    """Takes the place of every phone; for recordings of one phone alone."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a recording holds that is to be replaced: digits of the outside party and of the clinic's number."""

    party: str = ""
    did: str = ""


KNOWN = {
    "queue_answered": Known("501000201", "221234501"),
    "queue_second_phone": Known("501000203", "221234501"),
    "queue_abandoned": Known("501000206", "221234501"),
    "queue_voicemail": Known("501000208", "221234509"),
    "queue_closed": Known("501000210", "221234510"),
    "group_answered": Known("501000301", "221234504"),
    "direct_answered": Known("501000101", "221234503"),
    "direct_no_answer": Known("501000103", "221234503"),
    "direct_busy": Known("501000104", "221234503"),
    "menu_answered": Known("501000303", "221234505"),
    "menu_left": Known("501000305", "221234505"),
    "after_hours_voicemail": Known("501000307", "221234506"),
    "withheld_answered": Known("", "221234503"),
    "transferred": Known("501000801", "221234501"),
    "outbound_answered": Known("501000901", "221234501"),
    "outbound_no_answer": Known("501000903", "221234501"),
    "outbound_busy": Known("501000902", "221234501"),
    "internal": Known(),
}
"""Every recording by its name, as in `traces/NAME.jsonl.gz`."""


class Recording:
    """One recorded call, cut once into what stays and what is another in every call made of it."""

    def __init__(self, moments: Iterable[Moment], known: Known, sound: str = "") -> None:
        """`sound` is where the exchange says that it records the talk, "" when it does not."""
        steps = list(moments)
        self._began = steps[0][0]
        self._steps: list[tuple[float, list[bytes]]] = []
        self._numbers = [*_written(known.party), *_written(known.did)]
        self._known = known
        pattern = re.compile(b"(" + b"|".join([_IDS, _CHANNELS, _BRIDGES, *self._keys()]) + b")")
        self._answered: float | None = None
        for at, blocks in steps:
            if self._answered is None and any(name_of(b) == b"BridgeEnter" and _TALKING in b for b in blocks):
                self._answered = at - self._began
                blocks = [*blocks, *_monitored(steps, sound)]
            self._steps.append((at - self._began, pattern.split(b"\r\n\r\n".join(blocks))))
        self._ended = self._steps[-1][0]
        self.tokens = {token for _, pieces in self._steps for token in pieces[1::2]}

    def make(self, made: Made) -> list[Moment]:
        """Return the call: its wait and talk stretched to what is wanted, everything in it new."""
        numbers = dict.fromkeys(_written(self._known.did), made.did)
        if made.number is not None:
            numbers.update(dict.fromkeys(_written(self._known.party), made.number))
        shift = Shift(int(made.start) - int(self._began), made.serial * SERIAL_STEP, numbers)
        change = Shifter(shift)
        new = {token: change(token) for token in self.tokens}
        return [
            (made.start + self._stretched(offset, made),
             b"".join(new.get(piece, piece) for piece in pieces).split(b"\r\n\r\n"))
            for offset, pieces in self._steps
        ]

    def _stretched(self, offset: float, made: Made) -> float:
        """Place a moment: evenly within the wait before a person answered, and within the talk after it."""
        if self._answered is None:
            return made.wait * offset / self._ended if self._ended else 0.0
        if offset <= self._answered:
            return made.wait * offset / self._answered
        return made.wait + made.talk * (offset - self._answered) / (self._ended - self._answered)

    def _keys(self) -> list[bytes]:
        longest_first = sorted(self._numbers, key=len, reverse=True)
        return [re.escape(number.encode()) + rb"(?!\d)" for number in longest_first]


def as_records(moments: Iterable[Moment]) -> list[Record]:
    """Return the call as records that a simulator plays."""
    return [Record(at, 1, "text", b"\r\n\r\n".join((*blocks, b"")), "", "demo") for at, blocks in moments]


@cache
def phones_of(name: str, turn: int) -> frozenset[str]:
    """Return the phones that a recording rings, moved on by `turn`."""
    return frozenset(
        token.decode().partition("/")[2].partition("-")[0] for token in recording(name, turn).tokens
        if token.startswith(b"PJSIP/10")
    )


@cache
def recording(name: str, turn: int = 0, phone: str = "") -> Recording:
    """Return a recording of the demo, with every phone moved on by `turn`, or replaced by `phone`."""
    moments = [
        (record.at, [_PHONE.sub(lambda found: phone.encode() or _moved(found[0], turn), block) for block in blocks])
        for run in runs([TRACES / f"{name}.jsonl.gz"]) for record, blocks in framed(run.records()) if blocks
    ]
    return Recording(moments, KNOWN[name], "" if name == "internal" else f"{_MONITOR}/{sound_of(name)}")


def sound_of(name: str) -> str:
    """Return the file in which the talks of a recording are to be heard."""
    return f"{name}.wav"


def _monitored(steps: list[Moment], sound: str) -> list[bytes]:
    """Return what an exchange says when it begins to record a talk."""
    if not sound:
        return []
    first = next(parse(block) for _, blocks in steps for block in blocks if name_of(block) == b"Newchannel")
    lines = [f"{key}: {first.get(key)}" for key in ("Channel", "Uniqueid", "Linkedid")]
    return [make_block("VarSet", (*lines, "Variable: MIXMONITOR_FILENAME", f"Value: {sound}"), "dialplan,all")]


def call(name: str, made: Made) -> list[Moment]:
    """Return a call made of the recording `name`."""
    return recording(name, made.turn % len(PHONES), made.phone).make(made)


def _moved(phone: bytes, turn: int) -> bytes:
    return PHONES[(PHONES.index(phone.decode()) + turn) % len(PHONES)].encode()


def _written(digits: str) -> tuple[str, ...]:
    """Return the ways in which the recordings write a number."""
    return (f"+48{digits}", f"0{digits}", digits) if digits else ()
