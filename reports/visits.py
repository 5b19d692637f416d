"""Visits to the web site by landing page: what they ended in, and what cannot be known of those who did not agree.

A visit is one of somebody who agreed to be followed; it ended in exactly one of: an online booking, a call, a request
to be rung back, nothing. Of the others only how often pages asked for a number is known, by page and day.

What it costs: visits of the period are counted by their day; only those that a call or a request belongs to, and the
online bookings of the period, are looked at one by one, by index. Calls of nobody's visit are not read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reports import parts, sums
from reports.metrics import LEFT_OUT, Metric, Names
from reports.period import Period
from reports.report import Report, dimensions, table_of
from reports.selected import Selected, selected

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("site", "page", "source", "medium", "campaign", "day")
DEFAULT_BY = ("page",)
AFTER_MS = 1_800_000
"""A booking that was made so long after a visit's last sign of life is still of the visit."""
NOTES = (
    "Of visitors who did not agree to be followed nothing is known but that a page asked for a number for them.",
    "An online booking is known only of visitors who rang, or asked to be rung back, at some time: of others nobody "
    "knows who they are. Nothing means nothing that is known.",
    "Days are those of the visit, also for its calls.",
)
_DAY_MS = 86_400_000
_PAGES = ("site", "page", "day")
_PARTS = {name: parts.text(f"visit.{column}") for name, column in
          (("site", "site"), ("page", "page"), ("source", "source"), ("medium", "medium"), ("campaign", "name"),
           ("day", "local_day"))}  # fmt: skip
_WITHIN = "visit.local_day >= :from_day AND visit.local_day <= :to_day AND visit.consent = 1"
_VISITS = "visit.consent = 1"
_FOLLOWED = ("visitors who did not agree to be followed",)
_RANG = ("EXISTS (SELECT 1 FROM attribution WHERE attribution.visit = visit.id AND attribution.rule = 'visitor')")
_ASKED = "EXISTS (SELECT 1 FROM request WHERE request.visit = visit.id AND request.refused = '')"
_ONE_OF = "A visit ends in one thing only, the first of: online booking, call, request, nothing."
_NO_ROW = ("Known by site, page and day only; the address that brought them is not kept of those who did not agree.",)


def _ended(id_: str, names: Names, formula: str) -> Metric:
    return Metric(id_, names, "visits", formula, _VISITS, _FOLLOWED, notes=(_ONE_OF,))


METRICS: tuple[Metric, ...] = (
    Metric("visits", Names("Visits", "Odwiedziny", "Посещения сайта", "Visitas a la web"), "visits",
           "Visits to the web site of people who agreed to be followed, by the local day on which they began.",
           _VISITS, _FOLLOWED, notes=("Visits = ended in a booking + a call + a request + nothing.",)),
    _ended("ended_booking", Names("Booked online", "Umówione online", "Записались онлайн", "Reservaron en línea"),
           "Visits during which, or within half an hour after, the visitor booked online."),
    _ended("ended_call", Names("Rang", "Zadzwonili", "Позвонили", "Llamaron"),
           "Visits to which a call is joined by the number that was shown."),
    _ended("ended_form", Names("Asked to be rung back", "Poprosili o oddzwonienie", "Попросили перезвонить",
                               "Pidieron que les llamaran"), "Visits in which the form for a callback was sent."),
    _ended("ended_nothing", Names("Nothing known", "Nic nie wiadomo", "Ничего не известно", "Nada que se sepa"),
           "Visits that ended in none of these, as far as is known."),
    Metric("acted_share", Names("Ended in something", "Zakończone czymś", "С результатом", "Con resultado"), "share",
           "(Booked online + rang + asked to be rung back) / visits.", f"{_VISITS} AND ({_RANG} OR {_ASKED})",
           _FOLLOWED, denominator="visits", denominator_condition=_VISITS, additive=False,
           notes=("Empty when there is nothing to divide by, never 0 or 100 %.",)),
    Metric("calls", Names("Calls", "Połączenia", "Звонки", "Llamadas"), "calls",
           "Calls that are joined to these visits; one visit may bring several.",
           "call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = '' "
           "AND EXISTS (SELECT 1 FROM attribution WHERE attribution.pbx = call.pbx AND attribution.call = call.id "
           "AND attribution.rule = 'visitor' AND attribution.visit IS NOT NULL)", LEFT_OUT),
    Metric("asked", Names("Page views", "Odsłony", "Просмотры страниц", "Páginas vistas"), "visits",
           "How often the page asked for a number, for whomever.", "site_day.asked > 0", (), notes=_NO_ROW),
    Metric("unfollowed", Names("Page views not followed", "Odsłony bez zgody", "Просмотры без согласия",
                               "Páginas sin consentimiento"), "visits",
           "Of these, those of people who did not agree, who were refused, or for whom the pool has no number at all.",
           "site_day.asked > 0", (),
           notes=(*_NO_ROW, "What became of them is not known.")),
)  # fmt: skip
"""The figures, in the order of the columns. Conditions are SQL over `visit`, of calls over `call`."""
_SUMMED = ("visits", "ended_booking", "ended_call", "ended_form", "ended_nothing", "calls")


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return a row for each group of visits, most first, and the total.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    named = dimensions(by, DIMENSIONS, "visits")
    ended = _ended_in_something(tx, period)
    rows = _rows(tx, period, named, ended)
    whole = _rows(tx, period, (), ended)
    total = whole[0] if whole else _record({}, None)
    order = sorted(rows, key=lambda row: (-row["visits"], -(row["asked"] or 0), *(row[name] for name in named)))
    if "day" in named:
        order.sort(key=lambda row: row["day"])
    total = {metric.id: total[metric.id] for metric in METRICS}
    return Report("visits", period, named, table_of(order, named, METRICS), total, METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return one row a group of visits by the local day on which they began.

    Columns, first those of `by` (text): site, page (the landing page, without its query; "*" is all pages beyond the
    first hundreds of a day), source, medium, campaign, day. Then:
        visits, ended_booking, ended_call, ended_form, ended_nothing: visits (int); acted_share: 0 to 1 (float);
        calls: calls (int); asked, unfollowed: page views (int, NaN where only visits are told apart).
    None of the dimensions is a property of patients.
    """
    return report(tx, period, by=by).rows


def behind(_: "Tx", period: Period, metric: Metric, row: Mapping[str, str]) -> Selected:
    """Return the very calls behind `calls` of a row (its texts; {} for the total): days are those of the visit."""
    found = selected(period, f"{metric.condition} AND attribution.rule = 'visitor'", row, _PARTS, _WITHIN)
    these = " AND ".join((_WITHIN, *parts.all_of(row, _PARTS, period, parts.Binder())))
    return replace(found, perhaps="SELECT attribution.pbx, attribution.call "  # noqa: S608
                                  f"FROM visit JOIN attribution ON attribution.visit = visit.id WHERE {these}")


def visits_of(
    tx: "Tx", period: Period, row: Mapping[str, str]
) -> tuple[tuple[str, ...], dict[str, Any], dict[int, str]]:
    """Return how the visits of a row ({} for the total) are selected: conditions over `visit`, and their parameters.

    The third is in what those of the period ended that did in something, by id: the id of the figure that counts it.
    """
    bind = parts.Binder()
    narrowed = parts.all_of(row, _PARTS, period, bind)
    ended = {ident: str(visit["ended"]) for ident, visit in _ended_in_something(tx, period).items()}
    return (_WITHIN, *narrowed), {**sums.days(period), **bind.params}, ended


def _rows(
    tx: "Tx", period: Period, named: Sequence[str], ended: Mapping[int, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    flags = {f"by_{name}": int(name in named) for name in DIMENSIONS}
    cells: dict[tuple[str, ...], Counter[str]] = {}
    for row in tx.all("report_visits", **sums.days(period), **flags):
        cells[_key(row, named)] = Counter(visits=row["visits"], ended_nothing=row["visits"])
    for visit in ended.values():
        cells[_key(visit, named)].update({visit["ended"]: 1, "ended_nothing": -1, "calls": visit["calls"]})
    asked: dict[tuple[str, ...], Row] = {}
    if all(name in _PAGES for name in named):
        flags = {f"by_{name}": int(name in named) for name in _PAGES}
        asked = {_key(row, named): row for row in tx.all("report_pages_asked", **sums.days(period), **flags)}
    return [
        dict(zip(named, key, strict=True)) | _record(cells.get(key, {}), asked.get(key)) for key in {**cells, **asked}
    ]  # fmt: skip


def _ended_in_something(tx: "Tx", period: Period) -> dict[int, dict[str, Any]]:
    """Return visits that ended in something, by id: texts, `ended`, and how many calls are joined to each."""
    within = {**sums.days(period), **(tx.one("report_visits_ids", **sums.days(period)) or {})}
    called = {row["id"]: {**row, "ended": "ended_call"} for row in tx.all("report_visits_called", **within)}
    from_ms, to_ms = period.bounds_ms
    booked = tx.all("report_visits_booked", **sums.days(period), from_ms=from_ms, to_ms=to_ms + _DAY_MS,
                    after_ms=AFTER_MS)  # fmt: skip
    found = {row["id"]: {**row, "ended": "ended_form", "calls": 0} for row in tx.all("report_visits_asked", **within)}
    found |= called
    return found | {
        row["id"]: {**row, "ended": "ended_booking", "calls": called.get(row["id"], {"calls": 0})["calls"]}
        for row in booked
    }


def _key(row: Mapping[str, Any], named: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in named)


def _record(row: Mapping[str, int], asked: "Row | None") -> dict[str, Any]:
    counts = {name: row.get(name, 0) for name in _SUMMED}
    acted = counts["visits"] - counts["ended_nothing"]
    return counts | {
        "acted_share": sums.share(acted, counts["visits"]), "asked": None if asked is None else asked["asked"],
        "unfollowed": None if asked is None else asked["unfollowed"],
    }  # fmt: skip
