"""AMI blocks to events, reading only what the tracker needs.

Most of what Asterisk sends says nothing about a call (half of all bytes are VarSet): a block's first line is looked at
before anything is decoded. `wanted` is the one place that says which events and variables matter; the journal keeps
exactly these, so that a replay sees what the tracker saw.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

TRACKED_EVENTS = frozenset(
    b"""
    Newchannel Newstate NewCallerid NewConnectedLine Newexten Rename Hangup HangupRequest SoftHangupRequest
    DialBegin DialState DialEnd BridgeCreate BridgeEnter BridgeLeave BridgeDestroy BridgeMerge
    LocalBridge LocalOptimizationBegin LocalOptimizationEnd Masquerade
    QueueCallerJoin QueueCallerLeave QueueCallerAbandon AgentCalled AgentConnect AgentComplete AgentRingNoAnswer
    QueueMemberPause QueueMemberAdded QueueMemberRemoved QueueMemberStatus
    BlindTransfer AttendedTransfer Pickup ParkedCall UnParkedCall ParkedCallTimeOut ParkedCallGiveUp ParkedCallSwap
    Hold Unhold ConfbridgeJoin ConfbridgeLeave ConfbridgeStart ConfbridgeEnd ChanSpyStart ChanSpyStop
    MessageWaiting MixMonitorStart MixMonitorStop OriginateResponse UserEvent VarSet FullyBooted Shutdown
    CoreShowChannel CoreShowChannelsComplete Status StatusComplete
    QueueParams QueueMember QueueEntry QueueStatusComplete
    """.split()
)
"""Event names that the tracker reads or that a later reader of the journal may want."""

TRACKED_VARIABLES = frozenset(
    b"""
    FROM_DID __FROM_DID QUEUESTATUS DIALSTATUS VMSTATUS MIXMONITOR_FILENAME TOUCH_MIXMONITOR_OUTPUT
    CALLINGNUMPRES_SV __CALLINGNUMPRES_SV CALLWARD_ID __CALLWARD_ID CALLWARD_DID __CALLWARD_DID
    CALLWARD_NUMBER __CALLWARD_NUMBER CLICK_ID __CLICK_ID
    """.split()
)
"""Variables whose VarSet is kept; all others (RTP statistics, macro arguments, whatever patients typed) are not."""

UNTRACKED_APPLICATIONS = frozenset((b"NoOp", b"Set", b"MSet", b"Goto", b"GotoIf", b"ExecIf", b"Gosub", b"GosubIf",
                                    b"Return", b"Macro", b"MacroExit", b"Verbose", b"Log", b"While", b"EndWhile"))
"""Dialplan steps that do nothing a caller could notice: their Newexten is not kept."""

_EVENT = b"Event: "
_VARIABLE = b"\r\nVariable: "
_APPLICATION = b"\r\nApplication: "
_EMPTY_NAMES = frozenset(("<unknown>", ""))


@dataclass(slots=True, frozen=True)
class Event:
    """One AMI block, decoded: `name` is the event's name, or "" for a response.

    `first` maps a key to its first value; `lines` keeps every line in order, for keys that occur more than once.
    Text is UTF-8 with surrogateescape, so invalid bytes survive.
    """

    name: str
    first: dict[str, str]
    lines: list[str] = field(repr=False)

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of `key`, or `default`."""
        return self.first.get(key, default)

    def all(self, key: str) -> Iterator[str]:
        """Yield every value of `key`, in order."""
        start = key + ":"
        for line in self.lines:
            if line.startswith(start):
                yield _value(line, len(start))


def name_of(block: bytes) -> bytes:
    """Return the event's name, or b"" when the block is not an event (a response, a fragment)."""
    if not block.startswith(_EVENT):
        return b""
    end = block.find(b"\r\n")
    return block[7:end] if end > 0 else block[7:]


def wanted(block: bytes) -> bool:
    """Say whether the tracker needs this block. Responses are wanted: a refused snapshot must be noticed."""
    if not block.startswith(_EVENT):
        return True
    end = block.find(b"\r\n")
    name = block[7:end] if end > 0 else block[7:]
    if name not in TRACKED_EVENTS:
        return not name
    if name == b"VarSet":
        return _value_after(block, _VARIABLE) in TRACKED_VARIABLES
    return name != b"Newexten" or _value_after(block, _APPLICATION) not in UNTRACKED_APPLICATIONS


def parse(block: bytes) -> Event:
    """Decode one block. Splits at the first colon only and strips exactly one space after it."""
    lines = block.decode("utf-8", "surrogateescape").split("\r\n")
    try:
        first = dict([line.split(": ", 1) for line in lines])
    except ValueError:  # a line without a value, or none of AMI's at all
        first = _first_values(lines)
    else:
        if len(first) != len(lines) or ":" in "".join(first):  # a repeated key, or a colon before the first ": "
            first = _first_values(lines)
    return Event(first.get("Event", ""), first, lines)


def _first_values(lines: list[str]) -> dict[str, str]:
    """Map each key to its first value: the rule that `parse` follows faster for the blocks that Asterisk sends."""
    first: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if colon and key not in first:
            first[key] = value[1:] if value[:1] == " " else value
    return first


def unescape(text: str) -> str:
    r"""Undo the C escapes that channel events use in names and numbers: \a \b \f \n \r \t \v \\ \' \" \?."""
    if "\\" not in text:
        return text
    out: list[str] = []
    characters = iter(text)
    for character in characters:
        if character != "\\":
            out.append(character)
            continue
        following = next(characters, "")
        out.append(_ESCAPES.get(following, "\\" + following))
    return "".join(out)


def text_or_none(value: str) -> str | None:
    """Return a name or number as Asterisk meant it: `<unknown>` and nothing at all are None."""
    return None if value in _EMPTY_NAMES else unescape(value)


_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
            "\\": "\\", "'": "'", '"': '"', "?": "?"}


def _value_after(block: bytes, mark: bytes) -> bytes:
    start = block.find(mark)
    if start < 0:
        return b""
    start += len(mark)
    end = block.find(b"\r\n", start)
    return block[start:end] if end >= 0 else block[start:]


def _value(line: str, at: int) -> str:
    return line[at + 1 :] if line[at : at + 1] == " " else line[at:]
