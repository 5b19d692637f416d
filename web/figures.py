"""Figures without people, for marketers: which source made the phone ring, what became of it, what it cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from reports.callbacks import final_lost
from reports.compare import previous
from reports.costs import COST_METRICS, Money, add, each, spend
from reports.export import csv_of
from reports.first import Told, told
from reports.metrics import BY_ID, Metric
from reports.period import Period
from reports.sources import NONE, frame, total
from store import Row, Tx
from tracking.campaigns import from_minor
from web.audit import Deed, actor, note
from web.calls_filter import PERIODS
from web.context import CLINIC, read, write
from web.formats import money_text, number_text, share_text
from web.i18n import mark
from web.pages import page
from web.periods import period_of
from web.rights import Right, needs
from web.today_pages import money

BY = ("source", "medium", "campaign")
SHOWN = ("calls", "answered", "missed", "unique_callers", "first_time_callers")
ASKED = {"brought": mark("What the phone brought"), "cost": mark("What it cost"), "lost": mark("What was lost")}
OPENS = {"brought": "/reports/sources", "cost": "/reports/sources", "lost": "/reports/missed"}
"""What is asked on the first page, and the report that tells more."""
METRICS: Mapping[str, Metric] = {name: BY_ID[name] for name in SHOWN} | {metric.id: metric for metric in COST_METRICS}


@dataclass(frozen=True, slots=True)
class Line:
    """One source. `figures` are by the names of SHOWN; money is in the smallest units. `calls` opens to the calls."""

    source: str
    medium: str
    campaign: str
    id: int | None
    figures: Mapping[str, int]
    cost: Money
    per_call: Money


@dataclass(frozen=True, slots=True)
class Figures:
    """The page. Distinct callers of the lines do not add up to the total's."""

    lines: tuple[Line, ...]
    total: Line
    lost: int
    """Final lost callers: a total only."""
    no_costs: bool


def figures(tx: Tx, period: Period, *, reached_s: int = 5) -> Figures:
    """Return calls and costs by campaign; campaigns that cost money and brought no call, and spend of nobody, too."""
    cost, ids = spend(tx, period), {_key(row): int(row["id"]) for row in tx.all("console_campaigns")}
    names = {id_: key for key, id_ in ids.items()}
    lines = []
    for record in frame(tx, period, by=BY).to_dict("records"):
        if not record["calls"]:
            continue  # what cost money and brought no call has its lines below
        key = (str(record["source"]), str(record["medium"]), str(record["campaign"]))
        id_ = ids.get(key)
        lines.append(_line(key, id_, {name: int(record[name]) for name in SHOWN}, cost.get(id_, {}) if id_ else {}))
    silent = sorted(names[id_] for id_ in cost.keys() - {line.id for line in lines} if id_ is not None and id_ in names)
    lines += [_line(key, ids[key], dict.fromkeys(SHOWN, 0), cost[ids[key]]) for key in silent]
    if None in cost:
        lines.append(_line(("", "", ""), None, dict.fromkeys(SHOWN, 0), cost[None]))
    sums = total(tx, period)
    whole = _line(("", "", ""), None, {name: int(sums[name] or 0) for name in SHOWN}, add(*cost.values()))
    return Figures(tuple(lines), whole, len(final_lost(tx, period, reached_s=reached_s)), not cost)


def _key(row: Row) -> tuple[str, str, str]:
    return row["source"], row["medium"], row["name"]


def _line(key: tuple[str, str, str], id_: int | None, counts: Mapping[str, int], cost: Money) -> Line:
    return Line(*key, id_, counts, cost, each(cost, counts["calls"]))


@needs(Right.FIGURES)
async def figures_page(request: web.Request) -> web.Response:
    """`GET /figures?period=30d`: nothing of it is about one person."""
    chosen, rules = period_of(request, "30d"), request.app[CLINIC].callbacks.rules
    periods = (chosen.period, previous(chosen.period))

    def look(tx: Tx) -> tuple[Figures, dict[str, list[Told]]]:
        return (figures(tx, chosen.period, reached_s=rules.reached_s),
                told(tx, periods, reached_s=round(rules.reached_s)))

    found, answers = await read(request, look)
    return page(request, "figures.html", here="figures", chosen=chosen, earlier=periods[1], presets=PERIODS,
                found=found, answers=answers, metrics=METRICS, shown=SHOWN, nobody=NONE, money=money, text=told_text,
                share=share_text, asked=ASKED, opens=OPENS)


def told_text(one: Told, value: float | None) -> str:
    """Write a figure of the first page as people read it."""
    if value is None:
        return "–"
    if one.metric.unit == "money":
        return money_text(str(round(value, 2)), one.currency) if one.currency else number_text(round(value, 2))
    return share_text(value) if one.metric.unit == "share" else number_text(value)


@needs(Right.EXPORT_FIGURES)
async def export(request: web.Request) -> web.Response:
    """`GET /figures.csv?period=30d`: the same as CSV that no spreadsheet runs. It is audited."""
    chosen, rules, who = period_of(request, "30d"), request.app[CLINIC].callbacks.rules, actor(request)
    await write(request, lambda tx: note(tx, who, Deed("exported", "figures", "", str(chosen.period))))
    found = await read(request, lambda tx: figures(tx, chosen.period, reached_s=rules.reached_s))
    currencies = sorted({currency for line in found.lines for currency in line.cost})
    head = ["row", *BY, *SHOWN, *(f"cost_{name.lower()}" for name in currencies),
            *(f"cost_per_call_{name.lower()}" for name in currencies)]  # fmt: skip
    rows = [_cells("part", line, currencies) for line in found.lines] + [_cells("total", found.total, currencies)]
    return web.Response(
        body=("\ufeff" + csv_of(head, rows)).encode("utf-8", "replace"), content_type="text/csv", charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="figures.csv"'},
    )


def _cells(what: str, line: Line, currencies: list[str]) -> list[Any]:
    amounts = [from_minor(money[name], name).split(" ")[0] if name in money else ""
               for money in (line.cost, line.per_call) for name in currencies]
    source = line.source or ("(unmatched spend)" if what == "part" else "")
    return [what, source, line.medium, line.campaign, *(line.figures[name] for name in SHOWN), *amounts]


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/figures", figures_page)
    app.router.add_get("/figures.csv", export)
