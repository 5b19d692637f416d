"""Every report as a page: period, what to count by, chart, table, total, definitions, and files to take away."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from reports import ReportsError, words
from reports.amounts import shown
from reports.changes import only
from reports.charts import first_rows, form_of, in_words
from reports.compare import change_of, told
from reports.listed import MOST
from reports.meaning import said
from reports.page import TITLES, title_of
from reports.privacy import is_sensitive
from reports.registry import KINDS, Kind
from reports.report import Report
from web import i18n, vega
from web.calls_filter import PERIODS
from web.pages import page
from web.refusals import said as refused
from web.reports_asked import allowed, asked_of, made, privacy_of
from web.reports_compared import CHOICES
from web.reports_opens import opens, too_large
from web.rights import Right, needs

ROWS = 100
"""So many rows are on a page; a file has all."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the rows: by what they are sorted (`-missed`: the most first), which it shows, of how many."""

    rows: list[dict[str, Any]]
    sort: str
    number: int
    count: int

    @property
    def first(self) -> int:
        """Return the place of its first row, from 1."""
        return (self.number - 1) * ROWS + 1

    @property
    def last(self) -> int:
        """Return the place of its last row."""
        return min(self.number * ROWS, self.count)

    @property
    def has_more(self) -> bool:
        """Say whether rows follow."""
        return self.last < self.count


@needs(Right.FIGURES)
async def list_page(request: web.Request) -> web.Response:
    """`GET /reports`: every report, with what it answers."""
    language = i18n.language()
    kinds = [(kind, _title(kind), said(kind.answers, language)) for kind in KINDS.values() if allowed(request, kind)]
    return page(request, "reports.html", here="reports", kinds=kinds)


@needs(Right.FIGURES)
async def report_page(request: web.Request) -> web.Response:
    """`GET /reports/missed?period=30d&by=hour&sort=-missed&page=2`: one report."""
    asked = asked_of(request)
    kind = asked.kind
    language, privacy = i18n.language(), privacy_of(request)
    common: dict[str, Any] = {
        "here": "reports", "kind": kind, "chosen": asked.chosen, "presets": PERIODS, "words": words, "shown": shown,
        "only": only, "against": asked.against, "choices": CHOICES,
        "vega": f"{vega.PATH}?v={vega.VERSION}", "privacy": privacy, "query": asked.query,
        "kept_names": ", ".join(words.dimension(name, language).lower() for name in privacy.sensitive) if privacy
        else "",
    }  # fmt: skip
    try:
        report = await made(request, asked)
    except ReportsError as error:
        return page(request, "report.html", status=400, title=_title(kind), by=asked.by, report=None,
                    told=refused(error), **common)  # fmt: skip
    return page(
        request, "report.html", title=title_of(report, language), by=report.by, report=report, told="",
        leaf=leaf_of(request, report), drawn=form_of(report) if len(report.rows) else "",
        alt=in_words(report, language), first_rows=first_rows(report, language),
        is_kept=privacy is not None and is_sensitive(report, privacy),
        notes=[said(text, language) for text in report.notes],
        change=lambda figure, now, then: _change(report, (figure, now, then)),
        opens=lambda figure, record: opens(request, report, (figure, record), asked.chosen.period), most=MOST,
        is_cut=too_large(report), **common,
    )  # fmt: skip


def _change(report: Report, what: tuple[str, Any, Any]) -> tuple[str, str]:
    """Return how a figure changed, in words with its sign, and whether that is better or worse ("" for neither)."""
    figure, now, then = what
    change = change_of(report, figure, now, then)
    arrow = {"up": "▲ ", "down": "▼ ", "": ""}[change.direction]
    moved = told(report, figure, change, i18n.language())
    return (f"{arrow}{moved}" if moved else "–"), change.verdict


def leaf_of(request: web.Request, report: Report) -> Leaf:
    """Return the page of rows that the address asks for; rows that are equal keep their order."""
    rows, sort = list(report.records()), request.query.get("sort", "")
    column = sort.removeprefix("-")
    if column in (*report.texts, *report.figures):
        known = [row for row in rows if row[column] is not None]
        empty = [row for row in rows if row[column] is None]
        rows = sorted(known, key=lambda row: row[column], reverse=sort.startswith("-")) + empty
    else:
        sort = ""
    wanted = request.query.get("page", "1")
    last = max(-(-len(rows) // ROWS), 1)
    number = min(max(int(wanted), 1), last) if wanted.isascii() and wanted.isdigit() and len(wanted) < 9 else 1
    return Leaf(rows[(number - 1) * ROWS : number * ROWS], sort, number, len(rows))


def _title(kind: Kind) -> str:
    index = ("en", "pl", "ru", "es").index(i18n.language()) if i18n.language() in ("en", "pl", "ru", "es") else 0
    return TITLES[kind.name][index]


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/reports", list_page)
    app.router.add_get("/reports/{name:[a-z_-]+}", report_page)
