"""What one row of Asterisk's records says, whatever file or table it came from. Times are milliseconds, UTC."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from refusals import Refusal

Complain = Callable[[str], None]
"""Takes one sentence about a row that was skipped."""


class RowError(ValueError):
    """A row cannot be read. The text says what is wrong with it; whoever reads adds where it stands."""


class BackfillError(Refusal):
    """A source cannot be read at all. The text is one sentence: what, where, the way out."""


@dataclass(frozen=True, slots=True)
class CelRow:
    """One channel event. `extra` is the JSON of its last column."""

    at_ms: int
    event: str
    channel: str
    uniqueid: str
    linkedid: str
    cid_name: str = ""
    cid_num: str = ""
    exten: str = ""
    app: str = ""
    appdata: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CdrRow:
    """One pair of channels, or one channel that dialled nobody. `did` and `recording` are FreePBX's columns."""

    start_ms: int
    answer_ms: int | None
    end_ms: int
    channel: str
    uniqueid: str
    linkedid: str
    dstchannel: str = ""
    src: str = ""
    dst: str = ""
    clid: str = ""
    lastapp: str = ""
    lastdata: str = ""
    disposition: str = ""
    did: str = ""
    recording: str = ""
    sequence: str = ""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One line of queue_log. Its time has whole seconds; `callid` is the caller's uniqueid."""

    at_ms: int
    callid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...] = ()
