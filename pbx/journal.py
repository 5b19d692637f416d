"""The journal: what was read from AMI, as JSON lines, and the way back from files to records.

    {"at": 1795309246.010, "session": 1, "opened": "main"}              a connection was made, to this PBX
    {"at": 1795309246.011, "session": 1, "text": "Event: Newchannel…"}  one read; UTF-8 with surrogateescape
    {"at": 1795309250.500, "session": 1, "closed": "by the PBX"}        the connection ended, for this reason
    {"continues": "main-1795309246010.jsonl"}                           first line of a file that goes on

`at` is seconds since the epoch. A session may begin without `opened` and end without `closed`. Raw AMI bytes (`.raw`)
are read too; they carry no arrival time, see `pbx.raw`.
"""

import gzip
import json
import logging
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from pbx.frames import Framer
from pbx.raw import read_raw
from refusals import Refusal

MAX_LINE = 32 << 20
"""Bytes. A longer line is damage: one read of the socket is a few hundred kilobytes at most."""

Kind = Literal["opened", "text", "closed"]
Complain = Callable[[str], None]
"""Takes one sentence about a line or file that was skipped."""

_SUFFIXES = (".jsonl", ".jsonl.gz", ".raw", ".raw.gz")
_NOT_JOURNALS = frozenset(("actions.jsonl", "actions.jsonl.gz"))
_UNREADABLE = (OSError, EOFError, zlib.error)


class JournalError(Refusal):
    """A journal cannot be read or written. The text is one sentence: what, where, the way out."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of a journal, or one piece of raw bytes."""

    at: float
    """Arrival, seconds since the epoch; never decreases within a session."""
    session: int
    kind: Kind
    data: bytes = b""
    """The bytes read, when `kind` is "text"; a block may go on in the session's next record."""
    note: str = ""
    """The PBX's name when `kind` is "opened", the reason when it is "closed"."""
    file: str = ""
    """Name of the journal file, without folder and without `.gz`: compression does not move a position."""
    offset: int = 0
    """Bytes of the uncompressed file up to and including this line: where to go on reading. 0 in raw bytes."""
    blocks: list[bytes] | None = None
    """What stands in for `data` in raw bytes: their whole blocks, known from reading the times. None in a journal."""


@dataclass(frozen=True, slots=True)
class Run:
    """Files that are one history: the first, and those that continue it. Each run is folded on its own."""

    name: str
    files: tuple[Path, ...]

    def records(self, complain: Complain | None = None) -> Iterator[Record]:
        """Yield the records of all files in order; damaged lines go to `complain` and are skipped."""
        for file in self.files:
            yield from records(file, complain)


def runs(paths: Iterable[Path]) -> list[Run]:
    """Return the independent histories in `paths`: files and folders, searched for journals and raw bytes.

    Raises:
        JournalError: a path does not exist, is no journal, or is a folder that holds none.
    """
    chains: list[list[Path]] = []
    ends: dict[Path, list[Path]] = {}
    for file in _find(paths):
        before = _continued(file)
        chain = ends.pop(file.parent / before, None) if before else None
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(file)
        ends[file.parent / _logical(file)] = chain
    return [Run(str(chain[0]), tuple(chain)) for chain in chains]


def read(paths: Iterable[Path], complain: Complain | None = None) -> Iterator[tuple[Run, Record]]:
    """Yield every record of every run, with the run it belongs to; runs follow each other whole."""
    for run in runs(paths):
        for record in run.records(complain):
            yield run, record


def records(path: Path, complain: Complain | None = None, offset: int = 0) -> Iterator[Record]:
    """Yield the records of one file from `offset` (bytes, uncompressed) on, in bounded memory.

    A damaged or half-written line is told to `complain` in one sentence (default: the log) and skipped.

    Raises:
        JournalError: the file cannot be opened.
    """
    tell = complain or logging.getLogger("callward.journal").warning
    name = _logical(path)
    with _open(path) as stream:
        try:
            if name.endswith(".raw"):
                framer = Framer()
                for piece in read_raw(stream, framer):
                    yield Record(piece.at, 1, "text", b"", "", name, 0, piece.blocks)
                if framer.unfinished:
                    tell(f"{path}: the last block is not whole; its {framer.unfinished} bytes were skipped.")
            else:
                stream.seek(offset)
                yield from _lines(path, name, stream, tell)
        except _UNREADABLE as error:
            tell(f"{path}: cannot be read further ({error}); what came before was used.")


def framed(source: Iterable[Record], dropped: Complain | None = None) -> Iterator[tuple[Record, list[bytes]]]:
    """Yield each record with the whole blocks it completed (none for "opened" and "closed").

    Each session has a framer of its own; the unfinished block of a session that closed is dropped.
    """
    framers: dict[int, Framer] = {}
    for record in source:
        if record.blocks is not None:
            yield record, record.blocks
        elif record.kind == "text":
            framer = framers.get(record.session)
            if framer is None:
                framer = framers[record.session] = Framer()
            before = framer.dropped
            yield record, framer.feed(record.data)
            if dropped is not None and framer.dropped > before:
                dropped(f"{record.file}: a block longer than {framer.max_frame} bytes ends near byte {record.offset}; "
                        "it was skipped.")
        else:
            framers.pop(record.session, None)
            yield record, []


def journal_files(folder: Path, pbx: str) -> list[Path]:
    """Return the PBX's journal files in `folder`, oldest first; of a file and its `.gz` the plain one."""
    pattern = re.compile(re.escape(pbx) + r"-(\d+)\.jsonl(\.gz)?")
    found: dict[int, Path] = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        match = pattern.fullmatch(path.name)
        if match and (int(match[1]) not in found or match[2] is None):
            found[int(match[1])] = path
    return [found[number] for number in sorted(found)]


def read_from(
    folder: Path, pbx: str, position: tuple[str, int] | None, complain: Complain | None = None
) -> Iterator[Record]:
    """Yield what the journal of `pbx` holds from `position` (file name, offset) to its end, over all later files.

    None means from the oldest file. A line torn by a crash is told to `complain` and skipped.

    Raises:
        JournalError: the file of the position is gone, although it was still needed.
    """
    files = journal_files(folder, pbx)
    offset = 0
    if position is not None:
        name, offset = position
        names = [_logical(file) for file in files]
        if name not in names:
            raise JournalError("%(path)s: the journal is missing; put the file back, or run `callward verify` to fill "
                               "the gap from the PBX's own records.", path=folder / name)
        files = files[names.index(name):]
    for file in files:
        yield from records(file, complain, offset)
        offset = 0


def _find(paths: Iterable[Path]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in paths:
        for file in _journals_of(path):
            found.setdefault(file.resolve().parent / _logical(file), file)
    return list(found.values())


def _journals_of(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(
            file for file in path.rglob("*")
            if file.name.endswith(_SUFFIXES) and file.name not in _NOT_JOURNALS and file.is_file()
        )
        if not files:
            raise JournalError("%(path)s: there is no journal in this folder; name one that holds .jsonl or .raw "
                               "files.", path=path)
        return files
    if not path.exists():
        raise JournalError("%(path)s: there is no such file or folder; check the path.", path=path)
    if not path.name.endswith(_SUFFIXES):
        raise JournalError("%(path)s: is not a journal; give a .jsonl or .raw file (or .gz of one), or a folder.",
                           path=path)
    return [path]


def _logical(path: Path) -> str:
    return path.name.removesuffix(".gz")


def _continued(path: Path) -> str | None:
    """Return the name of the file that this one goes on from, or None."""
    if _logical(path).endswith(".raw"):
        return None
    try:
        with _open(path) as stream:
            value = json.loads(stream.readline(4096))
    except (ValueError, RecursionError, *_UNREADABLE):
        return None  # said again, with its line, when the file is read
    before = value.get("continues") if isinstance(value, dict) else None
    return before if isinstance(before, str) else None


def _open(path: Path) -> IO[bytes]:
    try:
        stream: IO[bytes] = path.open("rb")
    except OSError as error:
        raise JournalError("%(path)s: cannot be opened (%(why)s); check the path and its rights.", path=path,
                           why=error.strerror) from None
    return gzip.GzipFile(fileobj=stream, mode="rb") if path.name.endswith(".gz") else stream  # type: ignore[return-value]


def _lines(path: Path, name: str, stream: IO[bytes], tell: Complain) -> Iterator[Record]:
    start = offset = stream.tell()
    number = 0
    skipping = False
    while line := stream.readline(MAX_LINE):
        offset += len(line)
        if skipping:  # the rest of an endless line
            skipping = not line.endswith(b"\n")
            continue
        number += 1
        record = _record(line, name, offset)
        if record is not None:
            yield record
        elif line.strip() and not (start == 0 and number == 1 and b'"continues"' in line):
            skipping = not line.endswith(b"\n")
            what = "is not whole" if skipping else "is not a journal record"
            where = f"line {number}" if not start else f"byte {offset - len(line)}"
            tell(f"{path}, {where}: {what}; it was skipped.")


def _record(line: bytes, name: str, offset: int) -> Record | None:
    """Return the line's record, or None when it is not one."""
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            return None
        at, session = value["at"], value["session"]
        if type(session) is not int or type(at) not in (float, int) or not math.isfinite(at):
            return None
        if type(text := value.get("text")) is str:
            return Record(float(at), session, "text", text.encode("utf-8", "surrogateescape"), "", name, offset)
        if type(note := value.get("opened")) is str:
            return Record(float(at), session, "opened", b"", note, name, offset)
        if type(note := value.get("closed")) is str:
            return Record(float(at), session, "closed", b"", note, name, offset)
    except (ValueError, KeyError, RecursionError, OverflowError):
        pass
    return None
