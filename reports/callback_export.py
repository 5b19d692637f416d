"""The report of callbacks as CSV, JSON or terminal tables, by the same rules as `reports.export`."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports.callback_metrics import CALLBACK_METRICS, CALLBACKS_BY_ID
from reports.callbacks import FIGURES, TOTALS, Callbacks
from reports.export import csv_of

if TYPE_CHECKING:
    from rich.table import Table

EMPTY = (
    "No callback opened in these days ({period}). Choose others with --period or --from and --to; "
    "`callward callbacks list --all` shows the latest callbacks."
)
NOTES = (
    "Opened = still open + those closed by each reason = contact made + tried, not reached + never tried.",
    "The total's shares and times are computed over all callbacks, not from the rows.",
)
_TABLES = (
    ("What became of them", FIGURES[:10]),
    ("Shares of those opened", FIGURES[10:18]),
    ("Time from the opening", FIGURES[18:]),
)


def to_csv(report: Callbacks) -> str:
    """Return CSV: rows, then the total; the column `row` tells `part` from `total`. Shares are 0 to 1, times seconds.

    Final lost callers and withheld missed calls are in the row of the total only.
    """
    rows = [["part", *record.values(), *("" for _ in TOTALS)] for record in records(report)]
    total = [_rounded(figure, report.total[figure]) for figure in (*FIGURES, *TOTALS)]
    return csv_of(["row", *report.by, *FIGURES, *TOTALS], [*rows, ["total", *("" for _ in report.by), *total]])


def to_json(report: Callbacks) -> str:
    """Return one JSON object: period, by, rows, total, and the definition of every figure."""
    document = {
        "report": "callbacks",
        "period": {"from": report.period.start.isoformat(), "to": report.period.end.isoformat()},
        "by": list(report.by),
        "rows": list(records(report)),
        "total": {figure: _rounded(figure, report.total[figure]) for figure in (*FIGURES, *TOTALS)},
        "metrics": [metric.as_dict() for metric in CALLBACK_METRICS],
        "notes": list(NOTES),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def records(report: Callbacks) -> Iterator[dict[str, Any]]:
    """Yield each row as plain values: text, int, float; None where there is no figure."""
    for record in report.rows.to_dict("records"):
        yield {str(key): _rounded(str(key), value) for key, value in record.items()}


def to_tables(report: Callbacks, language: str = "en") -> "list[Table]":
    """Return three tables: what became of callbacks, how many were rung back in time, and how long it took."""
    return [_table(report, title, figures, language) for title, figures in _TABLES]


def total_words(report: Callbacks, language: str = "en") -> str:
    """Return the figures that have a total only, in words."""
    return "; ".join(
        f"{CALLBACKS_BY_ID[figure].names.in_language(language)}: {report.total[figure]}" for figure in TOTALS
    )


def _table(report: Callbacks, title: str, figures: Sequence[str], language: str) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{title}: {report.period}", title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
                  pad_edge=False)
    table.add_column(" / ".join(report.by).capitalize())
    for figure in figures:
        name = CALLBACKS_BY_ID[figure].names.in_language(language)
        table.add_column(name, justify="right", width=max(10, *(len(word) for word in name.split())))
    for record in records(report):
        name = " / ".join(_printable(record[column]) for column in report.by if record[column])
        table.add_row(Text(name or "–"), *_cells(record, figures))
    table.add_section()
    table.add_row("Total", *_cells(report.total, figures), style="bold")
    return table


def _cells(values: Mapping[str, Any], figures: Sequence[str]) -> Iterator[str]:
    for figure in figures:
        value, unit = _rounded(figure, values[figure]), CALLBACKS_BY_ID[figure].unit
        if value is None:
            yield "–"
        else:
            yield f"{value:.0%}" if unit == "share" else _length(value) if unit == "seconds" else str(value)


def _length(seconds: float) -> str:
    """Return a length of time as people write it: 45 s, 12 min, 3 h 05 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _rounded(key: str, value: Any) -> Any:
    metric = CALLBACKS_BY_ID.get(key)
    if value is None or metric is None:
        return value
    if metric.unit not in ("share", "seconds"):
        return int(value)
    number = float(value)
    return None if math.isnan(number) else round(number, 4 if metric.unit == "share" else 3)


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
