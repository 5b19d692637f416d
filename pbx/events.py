"""AMI blocks to events, reading only what the tracker needs.

Most of what Asterisk sends says nothing about a call (half of all bytes are VarSet): a block's first line is looked at
before anything is decoded. `wanted` is the one place that says which events and variables matter; the journal keeps
exactly these, so that a replay sees what the tracker saw.
"""

from collections.abc import Iterator

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


class Event:
    """One AMI block, decoded: `name` is the event's name, or "" for a response.

    Of some twenty lines a handler asks for three or four, so nothing is cut up until it is asked for. Text is UTF-8
    with surrogateescape, so invalid bytes survive.
    """

    __slots__ = ("_first", "_text", "name")

    def __init__(self, text: str) -> None:
        """Take a block's text, lines divided by CR LF."""
        self._text = f"\r\n{text}\r\n"
        self._first: dict[str, str] | None = None
        self.name = text[7 : self._text.find("\r\n", 2) - 2] if text.startswith("Event: ") else self.get("Event")

    def get(self, key: str, default: str = "") -> str:
        """Return the first value of `key`, or `default`."""
        mark = f"\r\n{key}:"
        text = self._text
        start = text.find(mark)
        if start < 0:
            return default
        start += len(mark)
        return text[start + (text[start] == " ") : text.find("\r\n", start)]

    @property
    def first(self) -> dict[str, str]:
        """Return every key with its first value."""
        if self._first is None:
            self._first = {}
            for line in self.lines:
                key, colon, value = line.partition(":")
                if colon:
                    self._first.setdefault(key, value[1:] if value[:1] == " " else value)
        return self._first

    @property
    def lines(self) -> list[str]:
        """Return every line in order."""
        return self._text[2:-2].split("\r\n")

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
    if name == b"VarSet":
        return _value_after(block, _VARIABLE) in TRACKED_VARIABLES
    if name == b"Newexten":
        return _value_after(block, _APPLICATION) not in UNTRACKED_APPLICATIONS
    return name in TRACKED_EVENTS


def parse(block: bytes) -> Event:
    """Decode one block. Keys end at the first colon, and exactly one space after it is stripped."""
    return Event(block.decode("utf-8", "surrogateescape"))


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
