"""Every report as a page: period, what to count by, chart, table, total, definitions, and files to take away."""

import asyncio
from typing import Any

from aiohttp import web
from multidict import MultiDict

from reports import ReportsError
from reports.charts import to_svg
from reports.export import to_csv, to_json, to_xlsx
from reports.page import TITLES, title_of, to_html, to_pdf
from reports.registry import KINDS, Kind, Limits
from reports.report import Report
from reports.terminal import shown
from store import Tx
from web import i18n
from web.audit import Deed, actor, note
from web.calls_filter import PERIODS
from web.context import CLINIC, CONFIG, me, read, write
from web.i18n import mark
from web.pages import page
from web.periods import Chosen, period_of
from web.rights import Right, needs

DIMENSIONS = {
    "source": mark("source"), "medium": mark("medium"), "campaign": mark("campaign"), "number": mark("number dialled"),
    "day": mark("day"), "month": mark("month"), "weekday": mark("day of the week"), "hour": mark("hour"),
    "queue": mark("queue"), "agent": mark("phone"), "location": mark("location"), "channel": mark("channel"),
}  # fmt: skip
_TYPES = {
    "csv": ("text/csv", "utf-8"), "json": ("application/json", "utf-8"), "html": ("text/html", "utf-8"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
    "pdf": ("application/pdf", None),
}  # fmt: skip
_OPENS = {"calls": "", "answered": "answered", "missed": "missed"}
_FILTERS = {"number": "did", "agent": "person", "hour": "hour"}
"""The dimensions that the call log filters by under another name."""


def allowed(request: web.Request, kind: Kind) -> bool:
    """Say whether this person may see a report: the team's is for who leads it."""
    return kind.name != "team" or me(request).can(Right.TEAM)


def kind_of(request: web.Request) -> Kind:
    """Return the report that the address names. Raises HTTPNotFound, HTTPForbidden."""
    kind = KINDS.get(request.match_info["name"])
    if kind is None:
        raise web.HTTPNotFound
    if not allowed(request, kind):
        raise web.HTTPForbidden
    return kind


def by_of(request: web.Request, kind: Kind) -> tuple[str, ...]:
    """Return what the address counts by; what cannot be counted by is left out."""
    asked = [name for name in request.query.getall("by", []) if name in kind.dimensions]
    return tuple(dict.fromkeys(asked)) or kind.default_by


async def made(request: web.Request, kind: Kind, chosen: Chosen) -> Report:
    """Return the report that the address asks for. Raises ReportsError."""
    limits = Limits(reached_s=round(request.app[CLINIC].callbacks.rules.reached_s), zone=request.app[CLINIC].zone)
    by = by_of(request, kind)
    return await read(request, lambda tx: kind.make(tx, chosen.period, by, limits))


def query_of(chosen: Chosen, by: tuple[str, ...]) -> str:
    """Return the address's query for the same report."""
    return "&".join([chosen.query, *(f"by={name}" for name in by)])


@needs(Right.FIGURES)
async def list_page(request: web.Request) -> web.Response:
    """`GET /reports`: every report, with what it answers."""
    kinds = [(kind, _title(kind)) for kind in KINDS.values() if allowed(request, kind)]
    return page(request, "reports.html", here="reports", kinds=kinds)


@needs(Right.FIGURES)
async def report_page(request: web.Request) -> web.Response:
    """`GET /reports/missed?period=30d&by=hour`: one report."""
    kind, chosen = kind_of(request), period_of(request, "30d")
    try:
        report = await made(request, kind, chosen)
    except ReportsError as error:
        text = str(error)
        return page(request, "report.html", status=400, here="reports", kind=kind, title=_title(kind), chosen=chosen,
                    presets=PERIODS, by=by_of(request, kind), dimensions=DIMENSIONS, report=None,
                    said=text[:1].upper() + text[1:])  # fmt: skip
    sort, rows = _sorted(request, report)
    return page(
        request, "report.html", here="reports", kind=kind, title=title_of(report, i18n.language()), chosen=chosen,
        presets=PERIODS, by=report.by, dimensions=DIMENSIONS, report=report, rows=rows, sort=sort, said="",
        query=query_of(chosen, report.by), shown=shown, opens=lambda figure, record: _opens(request, report, (figure,
        record), chosen),
    )  # fmt: skip


@needs(Right.FIGURES)
async def chart(request: web.Request) -> web.Response:
    """`GET /reports/missed/chart.svg?…&dark=1`: the chart of the same report."""
    kind, chosen = kind_of(request), period_of(request, "30d")
    try:
        report = await made(request, kind, chosen)
    except ReportsError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    dark, language = request.query.get("dark") == "1", i18n.language()
    drawn = await asyncio.to_thread(lambda: to_svg(report, language, dark=dark))
    if drawn is None:
        raise web.HTTPNotFound
    return web.Response(text=drawn, content_type="image/svg+xml", headers={"Cache-Control": "private, max-age=60"})


@needs(Right.EXPORT_FIGURES)
async def export(request: web.Request) -> web.Response:
    """`GET /reports/missed.xlsx?…`: the same report as a file. It is audited."""
    kind, chosen, form, who = kind_of(request), period_of(request, "30d"), request.match_info["form"], actor(request)
    if form not in _TYPES:
        raise web.HTTPNotFound
    try:
        report = await made(request, kind, chosen)
        language, clinic = i18n.language(), request.app[CONFIG].clinic
        body = await asyncio.to_thread(lambda: _encoded(report, form, language, clinic))
    except ReportsError as error:
        raise web.HTTPBadRequest(text=str(error)) from error
    await write(request, lambda tx: _noted(tx, who, (kind.name, form, str(chosen.period))))
    content_type, charset = _TYPES[form]
    named = f'attachment; filename="{kind.name}-{chosen.period.start}-{chosen.period.end}.{form}"'
    return web.Response(body=body, content_type=content_type, charset=charset, headers={"Content-Disposition": named})


def _noted(tx: Tx, who: Any, what: tuple[str, str, str]) -> None:
    name, form, days = what
    note(tx, who, Deed("exported", "figures", name, f"{days} {form}"))


def _encoded(report: Report, form: str, language: str, clinic: str) -> bytes:
    if form == "xlsx":
        return to_xlsx([report], language)
    if form == "pdf":
        return to_pdf(report, language, clinic)
    if form == "html":
        return to_html(report, language, clinic).encode("utf-8", "replace")
    text = "\ufeff" + to_csv(report) if form == "csv" else to_json(report)
    return text.encode("utf-8", "replace")


def _title(kind: Kind) -> str:
    index = ("en", "pl", "ru", "es").index(i18n.language()) if i18n.language() in ("en", "pl", "ru", "es") else 0
    return TITLES[kind.name][index]


def _sorted(request: web.Request, report: Report) -> tuple[str, list[dict[str, Any]]]:
    """Return by which column the rows are sorted, as `-missed` for the most first, and the rows."""
    rows, sort = list(report.records()), request.query.get("sort", "")
    column = sort.removeprefix("-")
    if column not in (*report.texts, *report.figures):
        return "", rows
    known = [row for row in rows if row[column] is not None]
    empty = [row for row in rows if row[column] is None]
    return sort, sorted(known, key=lambda row: row[column], reverse=sort.startswith("-")) + empty


def _opens(request: web.Request, report: Report, what: tuple[str, dict[str, Any]], chosen: Chosen) -> str:
    """Return the address of the very calls behind a figure of a row, "" where the call log cannot show just these."""
    figure, record = what
    if figure not in _OPENS or report.name not in ("missed", "hours", "sources") or not me(request).can(Right.CALLS):
        return ""
    days = {"start": chosen.period.start.isoformat(), "end": chosen.period.end.isoformat()}
    for name in report.by if record else ():
        if name == "day":
            days = {"start": record["day"], "end": record["day"]}
        elif name in _FILTERS and not str(record[name]).startswith("("):
            days[_FILTERS[name]] = str(int(record[name])) if name == "hour" else record[name]
        else:
            return ""
    wanted = MultiDict({"direction": "inbound", "kind": "patient", **days})
    if _OPENS[figure]:
        wanted["outcome"] = _OPENS[figure]
    return str(request.url.with_path("/calls").with_query(wanted).relative())


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/reports", list_page)
    app.router.add_get("/reports/{name:[a-z_]+}", report_page)
    app.router.add_get("/reports/{name:[a-z_]+}/chart.svg", chart)
    app.router.add_get(r"/reports/{name:[a-z_]+}.{form:[a-z]+}", export)
