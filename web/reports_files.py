"""What a report's page asks for beside itself: its chart, alive and still, and the report as a file."""

import asyncio
from typing import Any

from aiohttp import web

from reports import ReportsError
from reports.charts import chart_of, to_svg
from reports.export import to_csv, to_json, to_xlsx
from reports.page import to_html, to_pdf
from reports.report import Report
from store import Tx
from web import i18n
from web.audit import Deed, actor, note
from web.context import CONFIG, write
from web.refusals import said
from web.reports_asked import asked_of, made
from web.rights import Right, needs

WIDTHS = (260, 1600)
"""Points within which a chart may be drawn."""
_TYPES = {
    "csv": ("text/csv", "utf-8"), "json": ("application/json", "utf-8"), "html": ("text/html", "utf-8"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", None),
    "pdf": ("application/pdf", None),
}  # fmt: skip
_KEPT = {"Cache-Control": "private, max-age=60", "Vary": "Cookie"}


@needs(Right.FIGURES)
async def declaration(request: web.Request) -> web.Response:
    """`GET /reports/missed/chart.json?…&width=720&dark=1`: the chart as its declaration, for a page to draw."""
    report, look = await _report(request), _look(request)
    chart = await asyncio.to_thread(lambda: chart_of(report, **look))
    if chart is None:
        raise web.HTTPNotFound
    return web.json_response(await asyncio.to_thread(chart.to_dict), headers=_KEPT)


@needs(Right.FIGURES)
async def drawing(request: web.Request) -> web.Response:
    """`GET /reports/missed/chart.svg?…&dark=1`: the same chart as a still picture."""
    report, look = await _report(request), _look(request)
    try:
        drawn = await asyncio.to_thread(lambda: to_svg(report, **look))
    except ReportsError as error:
        raise web.HTTPNotFound(text=said(error)) from error
    if drawn is None:
        raise web.HTTPNotFound
    return web.Response(text=drawn, content_type="image/svg+xml", headers=_KEPT)


@needs(Right.EXPORT_FIGURES)
async def export(request: web.Request) -> web.Response:
    """`GET /reports/missed.xlsx?…`: the same report as a file. It is audited."""
    asked, form, who = asked_of(request), request.match_info["form"], actor(request)
    if form not in _TYPES:
        raise web.HTTPNotFound
    report = await _report(request)
    language, clinic = i18n.language(), request.app[CONFIG].clinic
    try:
        body = await asyncio.to_thread(lambda: _encoded(report, form, language, clinic))
    except ReportsError as error:
        raise web.HTTPBadRequest(text=said(error)) from error
    days = asked.chosen.period
    await write(request, lambda tx: _noted(tx, who, (asked.kind.name, form, str(days))))
    content_type, charset = _TYPES[form]
    named = f'attachment; filename="{asked.kind.name}-{days.start}-{days.end}.{form}"'
    return web.Response(body=body, content_type=content_type, charset=charset, headers={"Content-Disposition": named})


async def _report(request: web.Request) -> Report:
    try:
        return await made(request, asked_of(request))
    except ReportsError as error:
        raise web.HTTPBadRequest(text=said(error)) from error


def _look(request: web.Request) -> dict[str, Any]:
    """Return how the chart is wanted: its language, its width, on a dark page or a light one."""
    wanted = request.query.get("width", "")
    width = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 720
    return {"language": i18n.language(), "dark": request.query.get("dark") == "1",
            "width": min(max(width, WIDTHS[0]), WIDTHS[1])}  # fmt: skip


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
    text = "\ufeff" + to_csv(report, language) if form == "csv" else to_json(report)
    return text.encode("utf-8", "replace")


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/reports/{name:[a-z_-]+}/chart.svg", drawing)
    app.router.add_get("/reports/{name:[a-z_-]+}/chart.json", declaration)
    app.router.add_get(r"/reports/{name:[a-z_-]+}.{form:[a-z]+}", export)
