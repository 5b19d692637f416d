"""A report as CSV, JSON or XLSX.

Text in a report comes from outside (campaign names): a spreadsheet must never run it.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports import compare, words
from reports.meaning import lines, said
from reports.report import Report

_PHONE = re.compile(r"\+[0-9]{3,15}")
_LIVE = re.compile("(^|[;,|\\t\\r\\n\"])(\\s*)(?=[=+\\-@\uff1d\uff0b\uff0d\uff20\\t\\r\\n])")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_FORMATS = {"share": "0.0%", "seconds": "0.0", "money": "#,##0.00"}
_SHEET_NAME = 31


def to_csv(report: Report, language: str | None = None) -> str:
    """Return CSV (RFC 4180, a header, then rows, then the total). The column `row` tells `part` from `total`.

    For programs the header has ids; for people it has names, in their language, when one is given.
    Shares are 0 to 1, times seconds; a figure that does not exist is an empty cell. Text that a spreadsheet would take
    for a formula gets a leading apostrophe; numbers, also phone numbers, stay as they are.
    """
    texts, figures, alone = report.texts, report.figures, report.total_only
    rows: list[list[object]] = [
        ["part", *(record[name] for name in (*texts, *figures)), *("" for _ in alone),
         *_changes(report, record, figures)] for record in report.records()
    ]
    total = [report.plain(figure, report.total[figure]) for figure in (*figures, *alone)]
    total += _changes(report, {**report.total, "before": report.comparison and report.comparison.total}, figures)
    more = compare.columns(figures) if report.comparison else []
    heads: list[str] = ["row", *texts, *figures, *alone, *more]
    if language is not None:
        named = {figure: report.metric(figure).names.in_language(language) for figure in (*figures, *alone)}
        heads = [words.ROW.in_language(language), *(words.dimension(name, language) for name in texts),
                 *named.values(), *(_heading(report, name, language) for name in more)]  # fmt: skip
    return csv_of(heads, [*rows, ["total", *("" for _ in texts), *total]])


def to_json(report: Report) -> str:
    """Return one JSON object: report, period, by, rows, total, and the definition of every figure."""
    document = {
        "report": report.name,
        "period": {"from": report.period.start.isoformat(), "to": report.period.end.isoformat()},
        "by": list(report.by),
        "rows": list(report.records()),
        "total": {metric.id: report.plain(metric.id, report.total[metric.id]) for metric in report.metrics},
        "metrics": [metric.as_dict() for metric in report.metrics],
        "notes": list(report.notes),
    }
    if report.comparison is not None:
        days = report.comparison.period
        document["compared_with"] = {"from": days.start.isoformat(), "to": days.end.isoformat()}
        document["total_before"] = dict(report.comparison.total)
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _changes(report: Report, record: Mapping[str, Any], figures: Sequence[str]) -> list[Any]:
    """Return the cells that a comparison adds: what each figure was, its difference and its change."""
    return compare.cells(report, record, record["before"], figures) if report.comparison is not None else []


def _heading(report: Report, column: str, language: str) -> str:
    """Return what a column of a comparison is called."""
    figure, _, ending = column.rpartition("_")
    return f"{report.metric(figure).names.in_language(language)}: {words.COMPARED[ending].in_language(language)}"


def to_xlsx(reports: Sequence[Report], language: str = "en") -> bytes:
    """Return a workbook: a sheet for each report, and the definitions. No cell is a live formula or link."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                   "strings_to_numbers": False, "nan_inf_to_errors": False}) as book:  # fmt: skip
        styles = {unit: book.add_format({"num_format": form}) for unit, form in _FORMATS.items()}
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for report in reports:
            _sheet(book.add_worksheet(report.name[:_SHEET_NAME]), report, language, (styles, head, bold))
        sheet = book.add_worksheet("definitions")
        sheet.set_column(0, 2, 24)
        sheet.set_column(3, 3, 90, wrapped)
        for column, word in enumerate((words.REPORT, words.FIGURE, words.UNIT, words.MEANS)):
            sheet.write_string(0, column, word.in_language(language), head)
        every = [(report.name, metric) for report in reports for metric in report.metrics]
        for line, (name, metric) in enumerate(every, start=1):
            meaning, unit = " ".join(lines(metric, language)), words.unit(metric.unit, language)
            for column, text in enumerate((name, metric.names.in_language(language), unit, meaning)):
                sheet.write_string(line, column, text)
    return out.getvalue()


def _sheet(sheet: Any, report: Report, language: str, styles: tuple[Any, Any, Any]) -> None:
    by_unit, head, bold = styles
    figures = [report.metric(figure) for figure in report.figures]
    for column, text in enumerate(report.texts):
        sheet.write_string(0, column, words.dimension(text, language), head)
        sheet.set_column(column, column, 24)
    first = len(report.texts)
    for column, metric in enumerate(figures, start=first):
        sheet.write_string(0, column, metric.names.in_language(language), head)
        sheet.set_column(column, column, 14, by_unit.get(metric.unit))
    more, last = compare.columns(report.figures) if report.comparison else [], first + len(figures)
    for column, name in enumerate(more, start=last):
        sheet.write_string(0, column, _heading(report, name, language), head)
        unit = report.metric(name.rpartition("_")[0]).unit
        sheet.set_column(column, column, 14, by_unit["share"] if name.endswith("_change") else by_unit.get(unit))
    line = 1
    for line, record in enumerate(report.records(), start=1):
        for column, text in enumerate(report.texts):
            sheet.write_string(line, column, str(record[text]))
        values = [*(record[metric.id] for metric in figures), *_changes(report, record, report.figures)]
        for column, value in enumerate(values, start=first):
            _write(sheet, (line, column), value)
    sheet.write_string(line + 1, 0, words.TOTAL.in_language(language), bold)
    total = {**report.total, "before": report.comparison and report.comparison.total}
    values = [*(report.plain(figure, report.total[figure]) for figure in report.figures),
              *_changes(report, total, report.figures)]  # fmt: skip
    for column, value in enumerate(values, start=first):
        _write(sheet, (line + 1, column), value)
    for extra, figure in enumerate(report.total_only, start=line + 2):
        sheet.write_string(extra, 0, report.metric(figure).names.in_language(language), bold)
        _write(sheet, (extra, first), report.plain(figure, report.total[figure]))
    foot = line + 3 + len(report.total_only)
    days = str(report.period)
    if report.comparison is not None:
        days += f"; {words.COMPARED_WITH.in_language(language)} {report.comparison.period}"
    for extra, text in enumerate((days, *(said(note, language) for note in report.notes)), start=foot):
        sheet.write_string(extra, 0, text)
    sheet.freeze_panes(1, first)


def _write(sheet: Any, place: tuple[int, int], value: Any) -> None:
    if value is None:
        sheet.write_blank(*place, None)
    else:
        sheet.write_number(*place, value)


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

