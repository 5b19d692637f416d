"""A report as CSV, JSON or a terminal table.

Text in a report comes from outside (campaign names): a spreadsheet must never run it, a terminal never obey it.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports.metrics import BY_ID
from reports.sources import COUNTS, FIGURES, METRICS, Sources

if TYPE_CHECKING:
    from rich.table import Table

FORMATS = ("table", "csv", "json")
NOTES = (
    "Unique and first-time callers are not additive: who rang by two campaigns is in both rows, and once in the total.",
    "The total's answer rate and median wait are computed over all calls, not from the rows.",
)
EMPTY = (
    "No inbound call of a patient ended in these days ({period}). Choose others with --period or --from and --to; "
    "`callward calls list` shows the latest calls; `callward listen` or `callward replay PATH --into-store` brings "
    "calls in."
)

_PHONE = re.compile(r"\+[0-9]{3,15}")
_LIVE = re.compile("(^|[;,|\\t\\r\\n\"])(\\s*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20\\t\\r\\n])")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_BARS = " ▏▎▍▌▋▊▉█"
_BAR_CELLS = 6
_RARE = frozenset(("left_menu", "unknown", "withheld"))
_WIDE = 130
_ASIDE = _RARE | {"offered", "short"}


def to_csv(report: Sources) -> str:
    """Return CSV (RFC 4180, a header, then rows, then the total). The column `row` tells `part` from `total`.

    Shares are 0 to 1, waits seconds; a figure that does not exist is an empty cell. Text that a spreadsheet would
    take for a formula gets a leading apostrophe; numbers, also phone numbers, stay as they are.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    texts = _texts(report)
    writer.writerow(["row", *texts, *FIGURES])
    for record in records(report):
        writer.writerow(["part", *(cell(record[c]) for c in texts), *(cell(record[f]) for f in FIGURES)])
    writer.writerow(["total", *("" for _ in texts), *(cell(_rounded(f, report.total[f])) for f in FIGURES)])
    return out.getvalue()


def to_json(report: Sources) -> str:
    """Return one JSON object: period, by, rows, total, and the definition of every figure."""
    document = {
        "report": "sources",
        "period": {"from": report.period.start.isoformat(), "to": report.period.end.isoformat()},
        "by": list(report.by),
        "rows": list(records(report)),
        "total": {figure: _rounded(figure, report.total[figure]) for figure in FIGURES},
        "metrics": [metric.as_dict() for metric in METRICS],
        "notes": list(NOTES),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def to_tables(report: Sources, width: int, language: str = "en") -> "list[Table]":
    """Return what fits a terminal of `width` columns: one table, or two that share their first column.

    A small bar stands beside each count of calls; the last row is the total. Figures that only explain the answer rate
    are left to CSV and JSON, and so are rare ones when all are 0.
    """
    shown = [figure for figure in FIGURES if figure not in _ASIDE or (figure in _RARE and report.total[figure])]
    if width >= _WIDE:
        return [_table(report, shown, language)]
    cut = shown.index("unique_callers")
    return [_table(report, shown[:cut], language), _table(report, shown[cut:], language)]


def _table(report: Sources, figures: list[str], language: str) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = f"Calls by {', '.join(report.by)}: {report.period}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(" / ".join(report.by).capitalize())
    for figure in figures:
        name = BY_ID[figure].names.in_language(language)
        table.add_column(name, justify="right", width=max(6, *(len(word) for word in name.split())))
        if figure == "calls":
            table.add_column("", width=_BAR_CELLS)
    most = max(report.rows["calls"], default=0)
    for record in records(report):
        parts = dict.fromkeys(_printable(record[column]) for column in _texts(report) if record[column])
        name = " / ".join(parts)  # each once: a call of no campaign is one "(none)", not three
        table.add_row(Text(name), *_cells(record, figures, bar(record["calls"], most)))
    table.add_section()
    table.add_row("Total", *_cells(report.total, figures, ""), style="bold")
    return table


def _cells(values: Mapping[str, Any], figures: list[str], drawn: str) -> Iterator[str]:
    for figure in figures:
        yield _shown(figure, values[figure])
        if figure == "calls":
            yield drawn


def records(report: Sources) -> Iterator[dict[str, Any]]:
    """Yield each row as plain values: text, int, float; None where there is no figure."""
    for record in report.rows.to_dict("records"):
        yield {str(key): _rounded(str(key), value) for key, value in record.items()}


def csv_of(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV of any rows, each cell as `cell` makes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(headings)
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def cell(value: object) -> object:
    """Return what a CSV cell may hold: a number as it is, text that no spreadsheet takes for a formula.

    A spreadsheet that expects another separator cuts inside our cells, so every piece is looked at, and what would
    begin a new line or cell is a space.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    return value if _PHONE.fullmatch(value) else _CONTROL.sub(" ", _LIVE.sub(r"\1'\2", value))


def bar(value: float, most: float, cells: int = _BAR_CELLS) -> str:
    """Return `value` as a bar of at most `cells` characters, in eighths; something is never nothing."""
    if most <= 0 or value <= 0:
        return ""
    eighths = max(1, round(value / most * cells * 8))
    return "█" * (eighths // 8) + _BARS[eighths % 8].strip()


def _texts(report: Sources) -> list[str]:
    return [str(column) for column in report.rows.columns if column not in FIGURES]


def _rounded(key: str, value: Any) -> Any:
    """Return a plain int, float or text: shares to four decimals, seconds to a millisecond, NaN as None."""
    if value is None or isinstance(value, str):
        return value
    if key in COUNTS:
        return int(value)
    number = float(value)
    return None if math.isnan(number) else round(number, 4 if BY_ID[key].unit == "share" else 3)


def _shown(figure: str, value: Any) -> str:
    number = _rounded(figure, value)
    if number is None:
        return "–"
    return _UNITS.get(BY_ID[figure].unit, str)(number)


def _seconds(value: float) -> str:
    """Return a duration as people write it: 4.5 s, 1:20."""
    return f"{value:.1f} s" if value < 59.95 else f"{round(value) // 60}:{round(value) % 60:02}"


_UNITS: dict[str, Callable[[Any], str]] = {"share": lambda value: f"{value:.0%}", "seconds": _seconds}


def _printable(text: str) -> str:
    """Return the text without what a terminal would obey."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
