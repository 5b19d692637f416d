"""The rows of an import that need a person, written beside the file they came from.

The file has the same columns, so that it can be corrected and imported, and four more: the line, the column, the
reason, and whether the rest of the row was kept. It is written when the import is over; nothing wrong, no file.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import O_CREAT, O_EXCL, O_WRONLY, fdopen
from os import open as os_open
from pathlib import Path
from typing import TextIO

from patients import PatientsError

EXTRA = ("_line", "_column", "_reason", "_row")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell. `kept`: the row was taken without that cell."""

    line: int
    column: str
    reason: str
    kept: bool = False


@dataclass(slots=True)
class Rejects:
    """Collects problems into `<name>.rejected.csv`; the file is for its owner only, it holds personal data."""

    source: Path
    header: Sequence[str]
    write: bool = True
    count: int = 0
    first: list[Problem] = field(default_factory=list)
    _file: TextIO | None = None

    @property
    def path(self) -> Path:
        """Return where the rows go."""
        return self.source.with_name(self.source.stem + ".rejected.csv")

    def add(self, problem: Problem, original: Sequence[str]) -> None:
        """Write one problem with its row; the first twenty are also kept to be shown. Raises PatientsError."""
        self.count += 1
        if len(self.first) < 20:
            self.first.append(problem)
        if not self.write:
            return
        if self._file is None:
            try:
                self._partial.unlink(missing_ok=True)
                handle = os_open(self._partial, O_WRONLY | O_CREAT | O_EXCL, 0o600)
            except OSError as error:
                raise PatientsError(
                    f"{self.path}: the rows that cannot be read are written there, and it cannot be made "
                    f"({error.strerror}); copy the table to a folder of your own and import it from there."
                ) from None
            self._file = fdopen(handle, "w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow([*self.header, *EXTRA])
        width = len(self.header)
        cells = [inert(cell) for cell in [*original, *[""] * width][:width]]
        status = "kept without it" if problem.kept else "not imported"
        csv.writer(self._file).writerow([*cells, problem.line, problem.column, problem.reason, status])

    def finish(self) -> Path | None:
        """Put the file in its place and return it. When nothing was wrong: None, and an older file goes."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._partial.replace(self.path)
            return self.path
        if self.write and self.path != self.source:
            self.path.unlink(missing_ok=True)
        return None

    def abandon(self) -> None:
        """Remove what was written so far: the import failed."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._partial.unlink(missing_ok=True)

    @property
    def _partial(self) -> Path:
        return self.path.with_name(self.path.name + ".part")


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `patients.tables.clean` undoes it."""
    return "'" + cell if cell.lstrip()[:1] in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r") else cell
