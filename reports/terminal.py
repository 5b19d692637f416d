"""A report as tables for a terminal. What comes from outside is never obeyed by it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports.amounts import shown
from reports.compare import change_of, told
from reports.report import WHOLE, Report

if TYPE_CHECKING:
    from rich.table import Table

_BARS = " ▏▎▍▌▋▊▉█"
_BAR_CELLS = 6
_NAME_CELLS = 24
_LEAST_CELLS = 6


def to_tables(report: Report, width: int, language: str = "en") -> "list[Table]":
    """Return tables that fit a terminal of `width` columns; all have the same rows, and share the first column.

    A small bar stands beside the first figure; the last row is the total. Figures that are 0 or empty everywhere are
    left to CSV and JSON, but never the first three.
    """
    columns = [figure for n, figure in enumerate(report.figures) if n < 3 or _says_something(report, figure)]
    parts: list[list[str]] = [[]]
    room = width - _NAME_CELLS - _BAR_CELLS - 1
    for figure in columns:
        taken = sum(_column_width(report, name, language) + 1 for name in parts[-1])
        if parts[-1] and taken + _column_width(report, figure, language) > room:
            parts.append([])
        parts[-1].append(figure)
    return [_table(report, part, language, first=n == 0) for n, part in enumerate(parts)]


def total_words(report: Report, language: str = "en") -> str:
    """Return the figures that have a total only, in words; "" where there are none."""
    return "; ".join(
        f"{report.metric(figure).names.in_language(language)}: {shown(report, figure, report.total[figure], language)}"
        for figure in report.total_only
    )


def bar(value: float, most: float, cells: int = _BAR_CELLS) -> str:
    """Return `value` as a bar of at most `cells` characters, in eighths; something is never nothing."""
    if most <= 0 or value <= 0:
        return ""
    eighths = max(1, round(value / most * cells * 8))
    return "█" * (eighths // 8) + _BARS[eighths % 8].strip()


def _table(report: Report, figures: Sequence[str], language: str, *, first: bool) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    with_ = f", compared with {report.comparison.period}" if report.comparison else ""
    title = f"{report.name.capitalize()} by {', '.join(report.by)}: {report.period}{with_}" if first else None
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(" / ".join(report.by).capitalize(), max_width=_NAME_CELLS, overflow="fold")
    counted = figures[0] if first and report.metric(figures[0]).unit in WHOLE else None
    for figure in figures:
        name = report.metric(figure).names.in_language(language)
        table.add_column(name, justify="right", width=_column_width(report, figure, language))
        if figure == counted:
            table.add_column("", width=_BAR_CELLS)
    records = list(report.records())
    # One currency goes without saying.
    several = len({record.get("currency") for record in records} - {None, ""}) > 1
    named = [column for column in report.texts if column != "currency" or several or column in report.by]
    most = max((record[counted] or 0 for record in records), default=0) if counted else 0
    for record in records:
        parts = dict.fromkeys(_printable(str(record[column])) for column in named if record[column])
        name = " / ".join(parts)  # each once: a call of no campaign is one "(none)", not three
        drawn = bar(record[counted] or 0, most) if counted else ""
        marked = {"now": " (new)", "before": " (gone)"}.get(record.get("only", ""), "")
        table.add_row(Text((name or "–") + marked), *_cells(report, record, (figures, counted, drawn)))
    table.add_section()
    total = {**report.total, "before": report.comparison and report.comparison.total}
    table.add_row("Total", *_cells(report, total, (figures, counted, "")), style="bold")
    return table


def _cells(report: Report, values: Mapping[str, Any], what: tuple[Sequence[str], str | None, str]) -> list[str]:
    figures, counted, drawn = what
    cells = []
    for figure in figures:
        cells.append(_cell(report, figure, values[figure], values.get("before")))
        if figure == counted:
            cells.append(drawn)
    return cells


def _cell(report: Report, figure: str, value: Any, before: Mapping[str, Any] | None) -> str:
    """Return a figure, and below it how it changed where another period is compared."""
    if before is None:
        return shown(report, figure, value)
    moved = told(report, figure, change_of(report, figure, value, before.get(figure)))
    return f"{shown(report, figure, value)}\n{moved or '–'}"


def _column_width(report: Report, figure: str, language: str) -> int:
    words = report.metric(figure).names.in_language(language).split()
    then = report.comparison
    befores = [*(row.get(figure) for row in then.rows), then.total.get(figure)] if then else []
    lines = [shown(report, figure, value) for value in [*report.rows[figure], report.total[figure]]]
    for value, before in zip([*report.rows[figure], report.total[figure]], befores, strict=False):
        lines.append(told(report, figure, change_of(report, figure, value, before)))
    return max(_LEAST_CELLS, *(len(word) for word in words), *(len(line) for line in lines))


def _says_something(report: Report, figure: str) -> bool:
    return any(report.plain(figure, value) for value in [*report.rows[figure], report.total[figure]])


def _printable(text: str) -> str:
    """Return the text without what a terminal would obey."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
