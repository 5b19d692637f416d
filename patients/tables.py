"""A table that a clinic hands over: any delimiter, any usual encoding, headers in its own words.

Reads CSV, TSV and JSON row by row and says of each row where it stands. Which columns are wanted is told by the caller;
a header is recognised by its name, by its synonyms in the four languages, or because a person said so (`theirs=ours`).
"""

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

from patients import PatientsError
from patients.encodings import Encoding, detect, named
from patients.match import fold

_DELIMITERS = ",;\t|"
_LONGEST_ROW = 20
_LONGEST_HEADER = 20_000
_JSON = (".json", ".jsonl", ".ndjson")
_LONGEST_CELL = 131_072
"""Characters. A longer one is a quote that was never closed, or no table."""
_FORMULA = re.compile(r"'[=+\-@\t]")
_SPREADSHEET_TEXT = re.compile(r'="(.*)"\Z')


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is wanted.

    `many`: several of the file's columns may feed it, joined with `;`. `instead`: a column that makes up for it.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    required: bool = False
    many: bool = False
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """The file, and what a person said about it. `mapping` is theirs to ours."""

    path: Path
    region: str
    encoding: str | None = None
    mapping: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: where it begins (line 1 is the header), its cells by our names, as it was, and what is wrong with it."""

    line: int
    cells: dict[str, str]
    original: list[str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """An opened table. `places` tells for each of our columns at which positions of `header` it stands."""

    source: Source
    header: list[str]
    places: dict[str, list[int]]
    ignored: list[str]
    encoding: Encoding
    delimiter: str
    size: int

    def rows(self) -> Iterator[TableRow]:
        """Give the rows in the file's order; blank ones are passed over.

        Raises:
            PatientsError: the bytes are not in the encoding.
        """
        yield from self._json() if self.source.path.suffix.lower() in _JSON else self._csv()

    def _csv(self) -> Iterator[TableRow]:
        with _text(self.source.path, self.encoding.name) as file:
            before = _skip_sep_line(file)
            lines = _Lines(file)
            csv.field_size_limit(_LONGEST_CELL)  # one setting for the whole process, which others may have moved
            reader = csv.reader(lines, delimiter=self.delimiter)
            while True:
                start, cells, long = before + reader.line_num + 1, list[str](), False
                lines.record.clear()
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error:
                    long = True
                except UnicodeDecodeError as error:
                    raise _undecodable(self.source.path, self.encoding, start) from error
                end = before + reader.line_num
                problem = None
                if lines.over or (end > start and (long or not self._well_quoted(lines.record))):
                    problem = f"a quote is opened here and not closed; lines {start} to {end} were not read"
                elif long:
                    problem = f"a cell is longer than {_LONGEST_CELL} characters; shorten it"
                cells = [] if problem else cells
                if start > before + 1 and (problem or any(cell.strip() for cell in cells)):
                    yield self._row(start, cells, problem)

    def _well_quoted(self, record: list[str]) -> bool:
        """Say whether a row of several lines is one: not too many, and nothing behind a quote that closes a cell."""
        if len(record) > _LONGEST_ROW:
            return False
        try:
            return bool(list(csv.reader(record, delimiter=self.delimiter, strict=True)))
        except csv.Error:
            return False

    def _json(self) -> Iterator[TableRow]:
        for line, row in enumerate(_json_rows(self.source.path, self.encoding.name), 1):
            yield self._row(line, [_scalar(row.get(name)) for name in self.header], None)

    def _row(self, line: int, original: list[str], problem: str | None) -> TableRow:
        width = len(self.header)
        if problem is None and len(original) > width and any(cell.strip() for cell in original[width:]):
            problem = f"{len(original)} cells for {width} headings; put a cell that holds a delimiter in quotes"
        cells = {
            name: ";".join(filter(None, (clean(original[place]) for place in places if place < len(original))))
            for name, places in self.places.items()
        }
        return TableRow(line, cells, original, problem)


def open_table(source: Source, columns: Sequence[Column]) -> Table:
    """Find out how the file is written and which of its columns are ours.

    Raises:
        PatientsError: it cannot be read, is no table, or a required column is not found; with a hint.
    """
    path = source.path
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        raise PatientsError(f"{path}: cannot be read ({error.strerror}); check the path.") from None
    if head[:2] == b"PK" or head == b"\xd0\xcf\x11\xe0":
        raise PatientsError(f"{path}: is a spreadsheet; save it as CSV and import that.")
    if not head:
        raise PatientsError(f"{path}: is empty; its first line must name the columns.")
    encoding = named(source.encoding) if source.encoding else detect(path, source.region)
    if path.suffix.lower() in _JSON:
        rows = itertools.islice(_json_rows(path, encoding.name), 1000)
        header, delimiter = list(dict.fromkeys(name for row in rows for name in row)), ""
    else:
        header, delimiter = _heading(path, encoding, columns)
    places, ignored = _match(source, header, columns)
    return Table(source, header, places, ignored, encoding, delimiter, path.stat().st_size)


def clean(cell: str) -> str:
    """Return a cell without control characters, outer space, and a spreadsheet's marks of a text (`'+48`, `="501"`)."""
    text = cell.strip()
    if not text.isprintable():
        text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    wrapped = _SPREADSHEET_TEXT.match(text)
    if wrapped:
        return wrapped[1].strip()
    return text[1:].strip() if _FORMULA.match(text) else text


class _Lines:
    """The lines of a file, with those of the row being read. `over`: the file ended in the middle of that row."""

    def __init__(self, file: IO[str]) -> None:
        self.record: list[str] = []
        self.over = False
        self._file = file

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = next(self._file)
        except StopIteration:
            self.over = True
            raise
        self.record.append(line)
        return line


def _text(path: Path, encoding: str) -> IO[str]:
    return path.open(encoding=encoding, newline="")


def _skip_sep_line(file: IO[str]) -> int:
    """Pass over the line `sep=;` that spreadsheets write before the header; return how many lines that were."""
    if re.fullmatch(r"sep=.\s*", file.readline(200)):
        return 1
    file.seek(0)
    return 0


def _heading(path: Path, encoding: Encoding, columns: Sequence[Column]) -> tuple[list[str], str]:
    """Return the header's cells and the delimiter that makes most sense of it."""
    ours = {_key(name) for column in columns for name in (column.name, *column.synonyms)}
    try:
        with _text(path, encoding.name) as file:
            _skip_sep_line(file)
            first = file.readline(_LONGEST_HEADER)
    except UnicodeDecodeError as error:
        raise _undecodable(path, encoding, 1) from error
    if not first.strip():
        raise PatientsError(f"{path}, line 1: is blank; it must name the columns.")
    headers = {sign: next(csv.reader([first], delimiter=sign)) for sign in _DELIMITERS}
    best = max(headers, key=lambda sign: (sum(_key(name) in ours for name in headers[sign]), len(headers[sign])))
    return [clean(name) for name in headers[best]], best


def _match(source: Source, header: list[str], columns: Sequence[Column]) -> tuple[dict[str, list[int]], list[str]]:
    """Return the places of our columns, and the headings that are nobody's."""
    keys = [_key(name) for name in header]
    said = _said(source, header, keys, columns)
    places: dict[str, list[int]] = {}
    for column in columns:
        mapped = [place for place, ours in said.items() if ours == column.name]
        named_so = [place for place, key in enumerate(keys) if key == _key(column.name) and place not in said]
        synonyms = {_key(name) for name in column.synonyms}
        alike = [place for place, key in enumerate(keys) if key in synonyms and place not in said]
        found = sorted({*mapped, *named_so, *alike}) if column.many else mapped or named_so or alike
        if len(found) > 1 and not column.many:
            names = " and ".join(f'"{header[place]}"' for place in found)
            raise PatientsError(
                f"{source.path}, line 1: {names} may all be {column.name}; say which with --map HEADING={column.name}."
            )
        if found:
            places[column.name] = found
    taken = {place for found in places.values() for place in found}
    ignored = [name for place, name in enumerate(header) if place not in taken and name and not name.startswith("_")]
    for column in columns:
        if column.required and column.name not in places and column.instead not in places:
            raise PatientsError(_missing(source.path, column, ignored, header))
    return places, ignored


def _said(source: Source, header: list[str], keys: list[str], columns: Sequence[Column]) -> dict[int, str]:
    """Return what --map says: place in the header to our column."""
    ours = [column.name for column in columns]
    said = {}
    for theirs, name in source.mapping:
        if name not in ours:
            hint = get_close_matches(name, ours, 1)
            raise PatientsError(
                f'--map {theirs}={name}: there is no column "{name}"; '
                + (f'did you mean "{hint[0]}"?' if hint else f"there are {', '.join(ours)}.")
            )
        if _key(theirs) not in keys:
            near = get_close_matches(theirs, header, 1)
            raise PatientsError(
                f'{source.path}, line 1: has no heading "{theirs}"; '
                + (f'did you mean "{near[0]}"?' if near else f"it has {_list(header)}.")
            )
        said[keys.index(_key(theirs))] = name
    return said


def _missing(path: Path, column: Column, ignored: list[str], header: list[str]) -> str:
    known = {_key(name): name for name in ignored}
    wanted = [_key(name) for name in (column.name, *column.synonyms)]
    near = [known[hit] for name in wanted for hit in get_close_matches(name, known, 1, 0.7)]
    theirs = near[0] if near else "HEADING"
    hint = f'did you mean "{near[0]}"? Say so with' if near else f"it has {_list(ignored or header)}; say which with"
    return f'{path}, line 1: no column for {column.name}; {hint} --map "{theirs}={column.name}".'


def _list(names: list[str]) -> str:
    shown = ", ".join(f'"{name[:40]}"' for name in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _key(name: str) -> str:
    return fold(name.replace("_", " ")).replace(" ", "")


def _undecodable(path: Path, encoding: Encoding, line: int) -> PatientsError:
    return PatientsError(
        f"{path}: is not in {encoding.name} after line {line}; name its encoding with --encoding, such as cp1250."
    )


def _json_rows(path: Path, encoding: str) -> Iterator[dict[str, Any]]:
    """Give the objects of a JSON array, or of JSON lines."""
    # sqlite_utils pulls pandas in: it is imported only for a file that needs it.
    from sqlite_utils.utils import Format, RowsFromFileBadJSON, rows_from_file

    if encoding.replace("_", "-") not in ("utf-8", "utf-8-sig"):
        raise PatientsError(f"{path}: JSON must be in UTF-8; save it so.")
    form = Format.JSON if path.suffix.lower() == ".json" else Format.NL
    try:
        with path.open("rb") as file:
            rows, _ = rows_from_file(file, format=form)
            for row in rows:
                if not isinstance(row, dict):
                    raise PatientsError(f"{path}: holds something other than objects; each row must be one.")
                yield dict(row)
    except (RowsFromFileBadJSON, ValueError) as error:
        raise PatientsError(f"{path}: is not JSON ({error}); check where it was exported.") from None


def _scalar(value: object) -> str:
    if isinstance(value, list):
        return ";".join(map(_scalar, value))
    return "" if value is None else str(value)
