"""Import of patients from the table that the clinic's own system exports.

One row is one patient. Good rows are kept whatever the others hold; what is wrong is written beside the file. A second
import of the same file changes nothing. A patient who is no longer in the file stays, unless a person says that the
file is complete.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from patients import removal
from patients.arrivals import Arrivals, How, Told
from patients.directory import Number, Patient
from patients.encodings import Encoding
from patients.headings import COLUMNS
from patients.phones import e164
from patients.rejects import Problem, Rejects
from patients.tables import Source, TableRow, open_table
from store import Store

CHUNK = 1000
_LONGEST_NAME = 200
_LONGEST_REF = 100

_TOLD_BY = {
    **{name: (name,) for name in ("email", "birth_date", "sex", "language", "guardian_ref", "consent_marketing",
                                  "consent_channels")},
    "birth_year": ("birth_year", "birth_date"), "created_on": ("created_at",), "updated_on": ("updated_at",),
}  # fmt: skip
"""Which columns tell a field. A table that has none of them takes nothing back: an empty cell does."""

_YES = frozenset(("yes", "y", "true", "1", "tak", "t", "да", "sí", "si"))
_NO = frozenset(("no", "n", "false", "0", "nie", "нет", "н"))
_SEXES = {
    **dict.fromkeys(("f", "female", "woman", "k", "kobieta", "ż", "ж", "жен", "женский", "mujer", "femenino"), "f"),
    **dict.fromkeys(("m", "male", "man", "mężczyzna", "м", "муж", "мужской", "hombre", "h", "masculino"), "m"),
}
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T].*)?\Z")
_ISO_DAY = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[ T].*)?\Z")
_GONE = frozenset(("inactive", "archived", "deleted", "deceased", "nieaktywny", "nieaktywna", "zarchiwizowany",
                   "usunięty", "zmarły", "неактивен", "неактивный", "архив", "удалён", "удален", "умер", "inactivo",
                   "archivado", "eliminado", "fallecido"))  # fmt: skip
_DEAD = frozenset(("deceased", "zmarły", "умер", "fallecido"))
_ROUNDED = re.compile(r"\d[.,]\d+[eEеЕ]\+?\d+\Z")
_FLOAT = re.compile(r"(\+?\d{7,15})\.0\Z")


@dataclass(frozen=True, slots=True)
class Result:
    """What an import did. `problems` counts what was wrong; `first` are the first of them, `rejected` is their file."""

    rows: int
    added: int
    changed: int
    unchanged: int
    not_imported: int
    problems: int
    first: tuple[Problem, ...]
    rejected: Path | None
    ignored: tuple[str, ...]
    encoding: str
    encoding_certain: bool
    delimiter: str
    kept: int = 0
    """Fields that a person edited by hand and that stayed so."""
    overruled: int = 0
    """Edits that gave way, because the clinic's system changed the field since."""
    joined: int = 0
    """Records saved from calls that became the clinic's own."""
    removed: int = 0
    merged: int = 0
    unmerged: tuple[tuple[str, str], ...] = ()
    """Records merged into one that is not known: (gone, survivor)."""
    missing: int = 0
    """With `complete`: who is stored and not in the file. They are removed, unless there are too many of them."""
    spared: bool = False
    """Whether nobody was removed, because too many are missing or rows could not be read."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import: `now_ms` is stored as the time of import; `progress(done, total)` is told of bytes.

    `complete` says that the file holds every patient: who is stored and not in it is removed. `many` says that it is
    meant when that is more than a tenth of them.
    """

    now_ms: int
    dry_run: bool = False
    progress: Callable[[int, int], None] | None = None
    complete: bool = False
    many: bool = False


def import_patients(store: Store, source: Source, options: Options) -> Result:
    """Import a table of patients, a transaction for each thousand rows.

    Interrupted, it has kept whole thousands; run again, it goes on from there, for what is stored is not written twice.

    Raises:
        PatientsError: the file cannot be read or lacks a column that is needed.
    """
    table = open_table(source, COLUMNS)
    rejects = Rejects(source.path, table.header, write=not options.dry_run)
    reader = _Reader(source, rejects)
    silent = [field for field, columns in _TOLD_BY.items() if not any(column in table.places for column in columns)]
    arrivals = Arrivals(How(options.now_ms, "", tuple(silent), options.dry_run))
    rows, bad = 0, 0
    try:
        for chunk in chunks(table.rows()):
            found = [told for row in chunk if (told := reader.told(row)) is not None]
            with store.read() if options.dry_run else store.write() as tx:
                arrivals.take(tx, found)
            rows += len(chunk)
            bad += len(chunk) - len(found)
            if options.progress:
                options.progress(min(reader.bytes_read, table.size), table.size)
        missing = sweep(store, arrivals, options, bad)
        if options.progress:
            options.progress(table.size, table.size)
    except BaseException:
        rejects.abandon()
        raise
    result = result_of(arrivals, (rows, bad, missing), rejects, table.encoding)
    return replace(result, ignored=tuple(table.ignored), delimiter=table.delimiter)


def sweep(store: Store, arrivals: Arrivals, options: Options, bad: int) -> int:
    """Merge what waits, and with `complete` remove who is missing; return how many those are.

    A file with rows that could not be read tells nothing of who is missing: they may be among these.
    """
    arrivals.finish(store)
    if not options.complete:
        return 0
    if bad:
        with store.read() as tx:
            return len(removal.missing(tx, arrivals.how.origin, arrivals.seen)[0])
    return arrivals.sweep(store, "not_in_file", many=options.many)[0]


def result_of(arrivals: Arrivals, counts: tuple[int, int, int], rejects: Rejects, encoding: Encoding) -> Result:
    """Return the account of an import; `counts` are the rows, those that could not be read, and who is missing."""
    rows, bad, missing = counts
    done = arrivals.done
    return Result(
        rows, done.added, done.changed, done.unchanged, bad, rejects.count, tuple(rejects.first), rejects.finish(), (),
        encoding.name, encoding.certain, "", done.kept, done.overruled, done.joined, arrivals.removed, arrivals.merged,
        tuple(arrivals.unmerged), missing, missing > 0 and not arrivals.swept,
    )  # fmt: skip


class _Reader:
    """Makes patients of rows, and hands on what is wrong with them."""

    def __init__(self, source: Source, rejects: Rejects) -> None:
        self.bytes_read = 0
        self._source = source
        self._rejects = rejects
        self._lines: dict[str, int] = {}

    def told(self, row: TableRow) -> Told | None:
        """Return what a row tells, or None when it cannot be a patient's."""
        self.bytes_read += sum(len(cell.encode("utf-8", "replace")) + 1 for cell in row.original)
        cells = row.cells
        ref = cells.get("patient_ref", "")
        name = cells.get("name") or f"{cells.get('first_name', '')} {cells.get('last_name', '')}".strip()
        refusal = self._refusal(row, ref, name)
        if refusal:
            self._rejects.add(Problem(row.line, *refusal), row.original)
            return None
        self._lines[ref] = row.line
        wrong: list[tuple[str, str]] = []
        patient = self._read(cells, ref, name, wrong)
        for column, reason in wrong:
            self._rejects.add(Problem(row.line, column, reason, kept=True), row.original)
        return Told(ref, patient, self._gone(cells.get("active", "")), cells.get("merged_into", ""))

    def _gone(self, text: str) -> str:
        """Return why a patient is no longer one, "" when they are."""
        word = text.casefold()
        if word in _DEAD:
            return "deceased"
        return "inactive" if word in _GONE or word in _NO else ""

    def _refusal(self, row: TableRow, ref: str, name: str) -> tuple[str, str] | None:
        """Return the column and the reason why a row is no patient."""
        if row.problem:
            return "", row.problem
        if not ref:
            return "patient_ref", "is empty; every patient needs one"
        if len(ref) > _LONGEST_REF:
            return "patient_ref", f"is longer than {_LONGEST_REF} characters"
        if ref in self._lines:
            return "patient_ref", f"is already on line {self._lines[ref]}; give a patient one row, numbers parted by ;"
        if not name:
            return "name", "is empty"
        if len(name) > _LONGEST_NAME:
            return "name", f"is longer than {_LONGEST_NAME} characters"
        return None

    def _read(self, cells: dict[str, str], ref: str, name: str, wrong: list[tuple[str, str]]) -> Patient:
        def day(column: str) -> str | None:
            text = cells.get(column, "")
            found = read_day(text, self._source.region)
            if text and found is None:
                wrong.append((column, f'"{text[:40]}" is not a day; write it as 2026-11-22'))
            return found

        birth_date = day("birth_date")
        return Patient(
            ref=ref,
            name=name,
            numbers=(*self._numbers(cells.get("phones", ""), wrong),
                     *(replace(number, source="contact")
                       for number in self._numbers(cells.get("contact_phones", ""), wrong, "contact_phones"))),
            email=self._email(cells.get("email", ""), wrong),
            birth_date=birth_date,
            birth_year=self._year(cells.get("birth_year", ""), wrong) or (int(birth_date[:4]) if birth_date else None),
            sex=_SEXES.get(cells.get("sex", "").casefold()),
            language=cells.get("language", "").casefold()[:20] or None,
            guardian_ref=cells.get("guardian_ref") or None,
            consent_marketing=self._consent(cells.get("consent_marketing", ""), wrong),
            consent_channels=cells.get("consent_channels", "").casefold() or None,
            created_on=day("created_at"),
            updated_on=day("updated_at"),
        )

    def _numbers(self, cell: str, wrong: list[tuple[str, str]], column: str = "phones") -> tuple[Number, ...]:
        numbers = []
        for raw in filter(None, (part.strip() for part in re.split(r"[;,|]", cell))):
            readable, bad = read_numbers(raw, self._source.region)
            numbers += readable
            wrong.extend((column, f'"{text[:40]}" {_why_unreadable(text)}') for text in bad)
        return tuple(numbers)

    def _email(self, text: str, wrong: list[tuple[str, str]]) -> str | None:
        if text and not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
            wrong.append(("email", f'"{text[:40]}" is not an e-mail address'))
            return None
        return text or None

    def _year(self, text: str, wrong: list[tuple[str, str]]) -> int | None:
        if text and not re.fullmatch(r"(18|19|20)\d\d", text):
            wrong.append(("birth_year", f'"{text[:40]}" is not a year'))
            return None
        return int(text) if text else None

    def _consent(self, text: str, wrong: list[tuple[str, str]]) -> str | None:
        """Return yes or no. What is neither is unknown, never yes."""
        word = text.casefold()
        if word in _YES or word in _NO:
            return "yes" if word in _YES else "no"
        if text:
            wrong.append(("consent_marketing", f'"{text[:40]}" is neither yes nor no'))
        return None


def read_numbers(raw: str, region: str) -> tuple[list[Number], list[str]]:
    """Return the numbers of one entry and what of it cannot be read. A slash parts numbers when the whole is none."""
    number = e164(_FLOAT.sub(r"\1", raw), region)
    if number is not None:
        return [Number(number, raw)], []
    parts = [part.strip() for part in raw.split("/") if part.strip()]
    if len(parts) < 2:
        return [], [raw]
    read = [(part, e164(part, region)) for part in parts]
    return [Number(found, part) for part, found in read if found], [part for part, found in read if not found]


def read_day(text: str, region: str) -> str | None:
    """Return an ISO day of `2026-11-22`, `2026-11-22T10:00`, `22.11.2026`, `22/11/2026` (month first in the US)."""
    iso, written = _ISO_DAY.match(text), _DAY_FIRST.match(text)
    if iso:
        year, month, day = map(int, iso.groups())
    elif written:
        day, month, year = map(int, written.groups())
        if region == "US":
            day, month = month, day
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _why_unreadable(text: str) -> str:
    if _ROUNDED.match(text):
        return "was rounded by a spreadsheet; format the column as text and export it again"
    if any(sign.isalpha() for sign in text):
        return "holds letters; write the number alone"
    return "is not a phone number, or lacks its country or area code"


def chunks(rows: Iterator[TableRow]) -> Iterator[list[TableRow]]:
    """Give rows by the thousand."""
    chunk: list[TableRow] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
