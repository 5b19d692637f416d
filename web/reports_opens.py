"""Where a figure of a report leads: to the very calls, callbacks, people, appointments or other things behind it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from reports import behind, booked, entries, people, selected_callbacks
from reports.based import BASES, listed, opens_in
from reports.figure import is_read
from reports.listed import MOST
from reports.period import Period
from reports.report import Report
from web.calls_filter import LONGEST_ROW
from web.context import me
from web.reports_opened import may_open
from web.rights import Right


def opens(request: web.Request, report: Report, what: tuple[str, dict[str, Any] | None], period: Period) -> str:
    """Return the address of what is behind a figure of a row (None for the total), "" where nothing opens."""
    figure, record = what
    asked = f"{report.name}.{figure}"
    if asked in BASES and not opens_in(asked, record or {}):
        return ""
    name = listed(asked)
    path, counted = _path(request, name, record or {}), name.split(".")[1]
    value = (record or report.total).get(counted) or 0
    texts = urlencode({text: record[text] for text in report.texts}) if record else ""
    if not path or (value > MOST and is_read(name)) or len(texts) > LONGEST_ROW:
        return ""
    wanted = {"figure": counted if path.startswith("/callbacks") else name, "row": texts,
              "start": period.start.isoformat(), "end": period.end.isoformat()}  # fmt: skip
    if asked in BASES:
        wanted["computed"] = figure
    return str(request.url.with_path(path).with_query(wanted).relative())


def too_large(report: Report) -> bool:
    """Say whether a figure of the report does not open for its size."""
    return any(is_read(f"{report.name}.{figure}") and (report.total[figure] or 0) > MOST for figure in report.total)


def _path(request: web.Request, name: str, row: Mapping[str, Any]) -> str:
    report, figure = name.split(".")
    if report == "callbacks" and figure in selected_callbacks.NAMES | selected_callbacks.COMPUTED:
        return "/callbacks/all" if me(request).can(Right.CALLBACKS) else ""
    if name in behind.NAMES | behind.COMPUTED and behind.are_calls(name, row):
        return "/calls" if me(request).can(Right.CALLS) else ""
    for names, path in ((people.NAMES, "/reports/people"), (booked.NAMES, "/reports/appointments")):
        if name in names:
            return path if may_open(request, name) else ""
    if name in entries.NAMES | entries.COMPUTED and entries.are_entries(name, row):
        return "/reports/entries" if may_open(request, name) else ""
    return ""
