"""Why callers did not book, and what that was worth: the reasons that the reception noted, in money.

1. A call counts whose latest topic is a reason for not booking, and that made no appointment.
2. It is lost unless its caller booked on a later call.
3. A lost call is worth what a visit was worth on average that the calls of the same campaign made in the year up to the
   end of the period. Where no such visit has a value, or they have several currencies, the worth is not known: such
   calls are counted apart.
4. Answered calls without a topic are counted apart, too: nobody knows whether they booked.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reports import sums
from reports.costs import days_of
from reports.listed import Listed
from reports.metrics import LEFT_OUT, Metric, Names, Unit
from reports.money_metrics import BOOKED, BOTH_WAYS
from reports.period import Period
from reports.report import Report, dimensions, table_of
from reports.selected import Selected, selected
from store.money import major

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("reason", "source", "medium", "campaign")
DEFAULT_BY = ("reason",)
YEAR_DAYS = 365
NOTES = (
    "A lost call is worth the average visit that calls of its campaign made in the year up to the end of the period.",
    "Calls whose worth is not known, and answered calls without a topic, are counted apart.",
)
_SAID = """'not_booked' = (
  SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
  ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1)"""
_NOT_BOOKED = (f"call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = '' AND {_SAID} "
               f"AND NOT {BOOKED}")  # fmt: skip
_LATER = ("call.withheld = 0 AND EXISTS (SELECT 1 FROM booked_call AS later WHERE later.party = call.party "
          "AND later.started_ms > call.started_ms)")  # fmt: skip
_UNSAID = """call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL
  AND call.excluded = '' AND call.missed = 0 AND call.outcome = 'answered' AND NOT EXISTS (
    SELECT 1 FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id)"""
_WORTH_NOTE = "The worth is an estimate: the average visit of the same campaign."


def _count(id_: str, names: Names, formula: str, condition: str, unit: Unit = "calls", *, additive: bool = True,
           notes: tuple[str, ...] = ()) -> Metric:
    return Metric(id_, names, unit, formula, condition, BOTH_WAYS, additive=additive, notes=notes)


METRICS: tuple[Metric, ...] = (
    _count("not_booked", Names("Not booked", "Nie umówiono", "Не записались", "Sin cita"),
           "Calls whose latest topic is a reason for not booking, and that made no appointment.", _NOT_BOOKED,
           notes=("Not booked = booked later + lost with a known worth + lost without one.",)),
    _count("callers", Names("People", "Osoby", "Люди", "Personas"), "Different numbers (E.164) of these calls.",
           _NOT_BOOKED, "callers", additive=False),
    _count("booked_later", Names("Booked later", "Umówieni później", "Записались позже", "Con cita después"),
           "Of these, calls whose caller booked on a later call, until today.", f"{_NOT_BOOKED} AND {_LATER}"),
    _count("lost_valued", Names("Lost, worth known", "Utracone, wartość znana", "Потеряны, стоимость известна",
                                "Perdidas, valor conocido"),
           "Lost calls of a campaign whose visits have a known average worth.", f"{_NOT_BOOKED} AND NOT ({_LATER})"),
    _count("lost_unvalued", Names("Lost, worth not known", "Utracone, wartość nieznana",
                                  "Потеряны, стоимость неизвестна", "Perdidas, valor desconocido"),
           "Lost calls of a campaign of whose visits no worth is known, or several currencies meet.",
           f"{_NOT_BOOKED} AND NOT ({_LATER})"),
    Metric("lost_worth", Names("Lost worth", "Utracona wartość", "Потерянная выручка", "Valor perdido"), "money",
           "Sum over the lost calls of the average worth of a visit that calls of their campaign made in the year up "
           "to the end of the period.", f"{_NOT_BOOKED} AND NOT ({_LATER})", BOTH_WAYS,
           notes=(_WORTH_NOTE, "Empty where no worth is known, or several currencies meet.")),
    Metric("no_topic", Names("Answered without a topic", "Odebrane bez tematu", "Отвечены без темы",
                             "Atendidas sin tema"), "calls",
           "Answered inbound calls of which nobody noted what they were about: whether these callers booked, and why "
           "not, is not known.", _UNSAID, LEFT_OUT, notes=("A total only.",)),
)  # fmt: skip
_COUNTED = ("not_booked", "booked_later", "lost_valued", "lost_unvalued")


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    named = dimensions(by, DIMENSIONS, "reasons for not booking")
    sums.fresh(tx)
    calls, worth = tx.all("report_not_booked", **days_of(period)), _worth(tx, period)
    total, _ = _figures(calls, worth)
    total["no_topic"] = int(tx.value("answered_without_topic", **sums.days(period)))
    return Report("not-booked", period, named, _frame(calls, worth, named), total, METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return the reasons for not booking by local day of the call within `period`, one row a group, most calls first.

    Columns, first those of `by` (text): reason (the id of a shipped topic, the name of the clinic's own), source,
    medium, campaign. Then not_booked, booked_later, lost_valued, lost_unvalued: calls (int); callers: different numbers
    (int, not additive); lost_worth: whole units of `currency` (float, NaN when not known); currency (text).

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    named = dimensions(by, DIMENSIONS, "reasons for not booking")
    return _frame(tx.all("report_not_booked", **days_of(period)), _worth(tx, period), named)


def behind(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str]) -> Listed | Selected:
    """Return the very calls behind a figure of METRICS that counts calls or callers, in a row or in all ({})."""
    if metric.id == "no_topic":
        return selected(period, metric.condition, {})
    worth = _worth(tx, period)
    found = [one for one in tx.all("report_not_booked", **days_of(period))
             if all(one["name" if name == "campaign" else name] == text for name, text in row.items())]  # fmt: skip
    if metric.id in ("not_booked", "callers"):
        return Listed(found)
    return Listed([one for one in found if metric.id == (
        "booked_later" if one["booked_later"] else "lost_valued" if one["campaign"] in worth else "lost_unvalued")])


def _frame(calls: "Sequence[Row]", worth: Mapping[int, tuple[str, float]], named: Sequence[str]) -> "pd.DataFrame":
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in calls:
        groups[tuple(row["name" if name == "campaign" else name] for name in named)].append(row)
    order = sorted(groups, key=lambda key: (-len(groups[key]), key))
    found = [(dict(zip(named, key, strict=True)), *_figures(groups[key], worth)) for key in order]
    metrics = tuple(metric for metric in METRICS if metric.id != "no_topic")
    table = table_of([texts | figures for texts, figures, _ in found], named, metrics)
    return table.assign(currency=[currency for *_, currency in found])


def _figures(calls: "Sequence[Row]", worth: Mapping[int, tuple[str, float]]) -> tuple[dict[str, Any], str]:
    """Return the figures of some calls, and the currency of the worth ("" where it is not known)."""
    counted: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
    lost: Counter[str] = Counter()
    for row in calls:
        counted["not_booked"] += 1
        if row["booked_later"]:
            counted["booked_later"] += 1
        elif row["campaign"] in worth:
            currency, amount = worth[row["campaign"]]
            counted["lost_valued"] += 1
            lost[currency] += amount  # type: ignore[assignment]  # an average is no whole number
        else:
            counted["lost_unvalued"] += 1
    alone = next(iter(lost)) if len(lost) == 1 else ""
    people = {row["party"] for row in calls if row["party"]}
    return {**counted, "callers": len(people), "lost_worth": round(lost[alone], 2) if alone else None}, alone


def _worth(tx: "Tx", period: Period) -> dict[int, tuple[str, float]]:
    """Return what a visit was worth on average, by the campaign (0 for none) of the call that made it."""
    year = Period(min(period.start, period.end - timedelta(days=YEAR_DAYS - 1)), period.end)
    rows = tx.all("worth_of_visits", **sums.days(year))
    several = Counter(row["campaign"] for row in rows)
    return {row["campaign"]: (row["currency"], major(int(row["revenue_minor"]), row["currency"]) / row["visits"])
            for row in rows if several[row["campaign"]] == 1}
