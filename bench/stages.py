"""What is measured: the same bytes, taken further and further, each stage alone in a process.

A stage is a function from the file of AMI bytes (and an empty folder for what it writes) to what it counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pbx.tracker import Tracker
    from settings import Settings

READ = 64 << 10
"""Bytes of one read of our own stages: what a socket under load gives."""
CLINIC = Path(__file__).resolve().parent.parent / "tests" / "data" / "clinic" / "clinic.toml"
"""The clinic in which the load trace was recorded."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a stage saw: AMI events, or calls."""

    events: int | None = None
    calls: int | None = None


Stage = Callable[[Path, Path], Counted]


def split_only(file: Path, folder: Path) -> Counted:
    """Cut at CRLF CRLF and look at nothing: no reader of AMI in Python is faster than this."""
    rest, events = b"", 0
    for chunk in _chunks(file):
        *blocks, rest = (rest + chunk).split(b"\r\n\r\n")
        events += len(blocks)
    return Counted(events)


def asterisk_ami(file: Path, folder: Path) -> Counted:
    """Let asterisk-ami's own listener loop read and parse every event, with a listener that only counts."""
    import threading

    from asterisk.ami import AMIClient

    events = 0

    def count(event: object, **_: object) -> None:
        nonlocal events
        events += 1

    client: Any = AMIClient()
    client.add_event_listener(count)
    with file.open("rb") as stream:
        client.finished = threading.Event()
        client._socket = _Socket(stream)
        client.listen()
    return Counted(events)


def frames(file: Path, folder: Path) -> Counted:
    """Frame the bytes: bounded blocks, any cut of the reads."""
    return Counted(sum(1 for _ in _blocks(file)))


def wanted_events(file: Path, folder: Path) -> Counted:
    """Frame, look at each event's name, and decode those that say something about a call."""
    from pbx.events import parse, wanted

    events = 0
    for block in _blocks(file):
        events += 1
        if wanted(block):
            parse(block)
    return Counted(events)


def to_calls(file: Path, folder: Path) -> Counted:
    """Replay the bytes into calls, and forget them."""
    from replay import replay

    counted = replay([file], new_tracker, lambda batch: 0)
    return Counted(calls=counted.calls)


def to_store(file: Path, folder: Path) -> Counted:
    """Replay the bytes into a new SQLite store, as `callward replay --into-store` does; count what it then holds."""
    from replay import keeper, replay
    from store import open_store
    from wiring import clinic_of

    with open_store(folder / "callward.db") as store:
        replay([file], new_tracker, keeper(store, clinic_of(clinic_settings())))
        with store.read() as tx:
            found = tx.conn.execute("SELECT COUNT(*) AS calls FROM call").fetchall()
    return Counted(calls=found[0]["calls"])


def new_tracker() -> "Tracker":
    """Return an empty tracker for the PBX of the load trace."""
    from pbx.tracker import Tracker
    from wiring import endpoints_of, teller_of

    settings = clinic_settings()
    pbx = settings.pbx[0]
    return Tracker(pbx.name, endpoints_of(pbx), teller_of(settings, pbx))


def clinic_settings() -> "Settings":
    """Return the settings of the clinic of the load trace."""
    from settings import load

    return load(CLINIC)


class _Socket:
    """A file in the place of asterisk-ami's socket: reads cost next to nothing. The banner comes first."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._banner = b"Asterisk Call Manager/9.0.0\r\n"

    def recv(self, size: int) -> bytes:
        banner, self._banner = self._banner, b""
        return banner or self._stream.read(size)

    def close(self) -> None:
        """Do nothing: the file is closed by its owner."""


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(READ):
            yield chunk


def _blocks(file: Path) -> Iterator[bytes]:
    from pbx.frames import Framer

    framer = Framer()
    for chunk in _chunks(file):
        yield from framer.feed(chunk)


STAGES: dict[str, Stage] = {
    "split at CRLFCRLF only (bound)": split_only,
    "asterisk-ami, parsing only": asterisk_ami,
    "frames": frames,
    "frames, wanted events parsed": wanted_events,
    "bytes → calls": to_calls,
    "bytes → calls → SQLite": to_store,
}
