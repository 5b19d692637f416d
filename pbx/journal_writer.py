"""Writing the journal: what was read from AMI is on disk before anything else is done with it.

The journal holds health data: its folder is 0700, its files 0600, and a folder that others can read is refused. A
writer never goes on in a file that exists: a line torn by a crash stays the last of its file. Positions are
(file name, offset in bytes of the uncompressed file), so compressing a closed file moves none.
"""

import contextlib
import gzip
import itertools
import json
import os
import shutil
import stat
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pbx.events import wanted
from pbx.journal import JournalError, journal_files, records

Position = tuple[str, int]
_DAY_S = 86_400
_TAIL = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """When a file is closed and when it is deleted."""

    max_bytes: int = 64 << 20
    keep_days: int = 30


class JournalWriter:
    """Appends the journal of one PBX. `append_*` and `sync` may be called from different threads.

    Raises:
        JournalError: the folder cannot be made, or others can read it.
    """

    def __init__(self, folder: Path, pbx: str, limits: Limits | None = None) -> None:
        self.folder = folder
        self.pbx = pbx
        self.limits = limits or Limits()
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._name = ""
        self._size = 0
        self._day = -1
        self._dirty = False
        _private(folder)

    @property
    def position(self) -> Position | None:
        """Return where the next record will begin, or None before the first of this writer."""
        return (self._name, self._size) if self._fd is not None else None

    def append_opened(self, at: float, session: int) -> Position:
        """Note that a connection was made. Return the position after it."""
        return self._append(at, {"at": at, "session": session, "opened": self.pbx})

    def append_text(self, at: float, session: int, text: str) -> Position:
        """Note what was read (see `kept`). Return the position after it."""
        return self._append(at, {"at": at, "session": session, "text": text})

    def append_closed(self, at: float, session: int, reason: str) -> Position:
        """Note that the connection ended. Return the position after it."""
        return self._append(at, {"at": at, "session": session, "closed": reason})

    def sync(self) -> None:
        """Have what was appended survive a power cut. Call it every 200 ms, outside the task that reads the socket."""
        with self._lock:
            if self._fd is None or not self._dirty:
                return
            self._dirty = False
            fd = os.dup(self._fd)  # a rotation meanwhile closes the other one
        try:
            os.fdatasync(fd)
        except OSError as error:
            self._dirty = True
            raise JournalError(f"{self.folder / self._name}: cannot be written ({error.strerror}); "
                               "check the disk.") from None
        finally:
            os.close(fd)

    def close(self) -> None:
        """Sync and close the file; a later append begins a new one."""
        with self._lock:
            self._close()

    def tidy(self, now: float, needed: str | None) -> list[str]:
        """Compress closed files, and delete those older than the retention. Return the names deleted.

        Args:
            now: seconds since the epoch.
            needed: the file of the checkpoint. It and all later ones are kept; None keeps all.
        """
        deleted = []
        files = journal_files(self.folder, self.pbx)
        oldest_kept = now - self.limits.keep_days * _DAY_S
        may_go = needed is not None
        for file, following in itertools.pairwise(files):  # never the newest
            may_go = may_go and _name(file) != needed
            if may_go and _number(following) / 1000 < oldest_kept:
                for copy in (file, file.with_name(_name(file) + ".gz")):
                    copy.unlink(missing_ok=True)
                deleted.append(_name(file))
            elif _name(file) != self._name and file.suffix != ".gz":
                _compress(file)
        return deleted

    def last_at(self) -> float:
        """Return the arrival time of the newest record on disk, or 0: a new session must not begin before it."""
        for file in reversed(journal_files(self.folder, self.pbx)):
            size = file.stat().st_size
            tails = [0] if file.suffix == ".gz" or size <= _TAIL else [size - _TAIL, 0]
            for offset in tails:
                latest = max((record.at for record in records(file, _ignore, offset)), default=0.0)
                if latest:
                    return latest
        return 0.0

    def _append(self, at: float, value: dict[str, object]) -> Position:
        line = json.dumps(value).encode("ascii") + b"\n"
        with self._lock:
            try:
                if self._fd is None or self._size >= self.limits.max_bytes or int(at // _DAY_S) != self._day:
                    self._begin(at)
                self._write(line)
            except OSError as error:
                raise JournalError(f"{self.folder / self._name}: cannot be written ({error.strerror}); "
                                   "free some space or check the disk.") from None
            return self._name, self._size

    def _begin(self, at: float) -> None:
        """Close the file, and begin one that continues the newest there is."""
        self._close()
        earlier = journal_files(self.folder, self.pbx)
        number = max(int(at * 1000), _number(earlier[-1]) + 1 if earlier else 0)
        name = f"{self.pbx}-{number}.jsonl"
        self._fd = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._name, self._size, self._day = name, 0, int(at // _DAY_S)
        try:
            if earlier:
                self._write(json.dumps({"continues": _name(earlier[-1])}).encode("ascii") + b"\n")
            _sync_folder(self.folder)
        except OSError:
            # A file that does not say what it continues would be read as a history of its own.
            fd, self._fd = self._fd, None
            os.close(fd)
            (self.folder / name).unlink(missing_ok=True)
            raise

    def _write(self, line: bytes) -> None:
        """Write the line whole, or leave the file as it was."""
        assert self._fd is not None
        try:
            written = os.write(self._fd, line)
            while written < len(line):
                written += os.write(self._fd, line[written:])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
            raise
        self._size += len(line)
        self._dirty = True

    def _close(self) -> None:
        if self._fd is None:
            return
        fd, self._fd, self._dirty = self._fd, None, False
        try:
            os.fdatasync(fd)
        finally:
            os.close(fd)


def kept(blocks: Iterable[bytes]) -> str:
    """Return the blocks that the tracker needs as the text of a journal line; "" when there are none.

    Everything else is not stored at all: key presses (patients type national ids), RTP statistics, most variables.
    """
    parts = [block for block in blocks if wanted(block)]
    return b"\r\n\r\n".join((*parts, b"")).decode("utf-8", "surrogateescape")


def _private(folder: Path) -> None:
    """Make the folder for its owner alone, or refuse one that others can enter."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError as error:
        raise JournalError(f"{folder}: cannot be made ({error.strerror}); check the path and its rights.") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise JournalError(f"{folder}: other users can read the journal, which holds health data; "
                           f"run `chmod 700 {folder}`.")


def _compress(file: Path) -> None:
    """Replace the file by its `.gz`. A crash in between leaves the plain file, which is the one that is read."""
    part = file.with_name(file.name + ".gz.part")
    part.unlink(missing_ok=True)
    fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "wb") as target:
        with file.open("rb") as source, gzip.GzipFile(filename="", mode="wb", fileobj=target, mtime=0) as packed:
            shutil.copyfileobj(source, packed, 1 << 20)
        target.flush()
        os.fsync(target.fileno())
    part.rename(file.with_name(file.name + ".gz"))
    _sync_folder(file.parent)
    file.unlink()


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _name(file: Path) -> str:
    return file.name.removesuffix(".gz")


def _number(file: Path) -> int:
    return int(_name(file).removesuffix(".jsonl").rpartition("-")[2])


def _ignore(sentence: str) -> None:
    """A damaged line was told when the journal was folded; here only times are looked for."""
