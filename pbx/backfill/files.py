"""CEL, CDR and queue_log out of files, row by row: plain or gzipped, of any size, in constant memory.

A row that cannot be read is told with file and line, and skipped. Bytes that are not UTF-8 survive as surrogates.
"""

import csv
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pbx.backfill.layouts import CDR_NAMES, CEL_NAMES, Columns, cdr_layout, cdr_row, cel_layout, cel_row, names_of
from pbx.backfill.moments import Moments
from pbx.backfill.rows import BackfillError, CdrRow, CelRow, Complain, QueueRow, RowError

MAX_FIELD = 1 << 20
"""Characters of one cell: a longer one is damage."""

Made = TypeVar("Made")
Layout = Callable[[Sequence[str]], tuple[str, ...]]


@dataclass(slots=True)
class Counter:
    """How many rows were read and how many could not be."""

    read: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class TextFile:
    """One file of records, and who hears of its bad rows."""

    path: Path
    moments: Moments
    complain: Complain
    counter: Counter

    def cel(self) -> Iterator[CelRow]:
        """Yield the rows of a CEL file. Raises BackfillError when it cannot be read at all."""
        return self._rows(CEL_NAMES, cel_layout, cel_row)

    def cdr(self) -> Iterator[CdrRow]:
        """Yield the rows of a CDR file. Raises BackfillError when it cannot be read at all."""
        return self._rows(CDR_NAMES, cdr_layout, cdr_row)

    def queue_log(self) -> Iterator[QueueRow]:
        """Yield the lines of a queue_log. Raises BackfillError when it cannot be read at all."""
        for number, line in enumerate(self._lines(), 1):
            text = line.rstrip("\r\n")
            if not text:
                continue
            try:
                row = queue_row(text.split("|"), self.moments)
            except RowError as error:
                self._bad(number, error)
                continue
            self.counter.read += 1
            yield row

    def _rows(self, names: dict[str, tuple[str, ...]], layout: Layout,
              make: Callable[[Columns, Moments], Made]) -> Iterator[Made]:
        columns: tuple[str, ...] | None = None
        begun = False
        reader = csv.reader(_without_nul(self._lines()), strict=False)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._bad(reader.line_num, error)
                continue
            if not any(cells):
                continue
            if not begun:
                begun, columns = True, names_of(cells, names)
                if columns is not None:
                    continue
            try:
                columns = columns or layout(cells)
                row = make(_named(columns, cells), self.moments)
            except RowError as error:
                self._bad(reader.line_num, error)
                continue
            self.counter.read += 1
            yield row

    def _lines(self) -> Iterator[str]:
        csv.field_size_limit(MAX_FIELD)
        try:
            opened = gzip.open if self.path.suffix == ".gz" else open
            with opened(self.path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                yield from file
        except (OSError, EOFError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise BackfillError("%(path)s: cannot be read (%(why)s); check the path and its rights.", path=self.path,
                                why=reason) from None

    def _bad(self, line: int, error: Exception) -> None:
        self.counter.bad += 1
        self.complain(f"{self.path}, line {line}: {error}; the row is skipped.")


def queue_row(cells: Sequence[str], moments: Moments) -> QueueRow:
    """Make a queue_log row of its cells: time, caller's uniqueid, queue, agent, event, and what the event adds."""
    if len(cells) < 5 or not cells[4]:
        raise RowError("it has fewer than five columns")
    time, callid, queue, agent, event, *data = cells
    return QueueRow(moments.read(time, callid), callid, queue, agent, event.upper(), tuple(data))


def _named(columns: tuple[str, ...], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) < len([name for name in columns if name]) - 3:
        raise RowError(f"it has only {len(cells)} columns")
    return {name: cell for name, cell in zip(columns, cells, strict=False) if name}


def _without_nul(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line.replace("\0", "") if "\0" in line else line
