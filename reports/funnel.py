"""From the call to money: who rang, booked, came and paid, as calls and as people, by the days of the calls.

Each step is a part of the one before. A call of ours counts where it booked: what a callback books is its campaign's.
Who booked for a day to come has not come yet, so the last days of a period look worse than they will be.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reports.costs import days_of
from reports.metrics import Metric, Names
from reports.money_metrics import BOOKED, BOTH_WAYS, CAME
from reports.period import Period
from reports.report import Report, dimensions, table_of

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("source", "medium", "campaign", "keyword", "page")
DEFAULT_BY = ("source", "campaign")
STEPS = ("rang", "booked", "came", "paid")
NOTES = (
    "People are different numbers: who rang by two campaigns is in both rows, and once in the total.",
    "Who booked for a day to come has not come yet: the last days look worse than they will be.",
)
_PATIENTS = "call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_RANG = f"{_PATIENTS} AND (call.direction = 'inbound' OR {BOOKED})"
_PAID = ("EXISTS (SELECT 1 FROM visit_made WHERE visit_made.pbx = call.pbx AND visit_made.id = call.id "
         "AND visit_made.currency <> '' AND visit_made.revenue_minor > 0)")  # fmt: skip
_CONDITIONS = {"rang": _RANG, "booked": BOOKED, "came": CAME, "paid": _PAID}
_EMPTY = "Empty when there is nothing to divide by, never 0 or 100 %."
_CALLS = {
    "rang": (Names("Calls", "Połączenia", "Звонки", "Llamadas"),
             "Inbound calls of patients that ended, and calls of ours that booked, by the local day of the call."),
    "booked": (Names("Calls that booked", "Połączenia z umówieniem", "Звонки с записью", "Llamadas con cita"),
               "Calls that made an appointment which stands; the topic booked counts until the caller's appointment is "
               "known."),
    "came": (Names("Calls with a visit", "Połączenia z wizytą", "Звонки с приёмом", "Llamadas con visita"),
             "Calls that made an appointment whose patient came."),
    "paid": (Names("Calls paid for", "Połączenia opłacone", "Звонки с оплатой", "Llamadas cobradas"),
             "Calls that made an appointment whose patient came, and whose value is known and not nothing."),
}  # fmt: skip
_PEOPLE = {
    "rang": Names("People", "Osoby", "Люди", "Personas"),
    "booked": Names("People who booked", "Osoby umówione", "Записались", "Personas con cita"),
    "came": Names("People who came", "Osoby, które przyszły", "Пришли", "Personas que vinieron"),
    "paid": Names("People who paid", "Osoby, które zapłaciły", "Заплатили", "Personas que pagaron"),
}  # fmt: skip
_SHARES = {
    "booked": (Names("Booked / rang", "Umówieni / dzwoniący", "Записались / звонили", "Con cita / llamaron"),
               "People who booked / people who rang."),
    "came": (Names("Came / booked", "Przyszli / umówieni", "Пришли / записались", "Vinieron / con cita"),
             "People who came / people who booked."),
    "paid": (Names("Paid / came", "Zapłacili / przyszli", "Заплатили / пришли", "Pagaron / vinieron"),
             "People who paid / people who came."),
}  # fmt: skip


_TALKED = f"""{_RANG} AND call.outcome = 'answered' AND ({BOOKED} OR NOT EXISTS (
  SELECT 1 FROM target_not WHERE target_not.category = (
    SELECT call_topic.category FROM call_topic WHERE call_topic.pbx = call.pbx AND call_topic.call = call.id
    ORDER BY call_topic.at_ms DESC, call_topic.id DESC LIMIT 1)))"""  # noqa: S608
TALKED = Metric(
    "talked_callers", Names("Talked with", "Rozmowy z osobami", "Поговорили", "Se habló con"), "callers",
    "Different numbers that a person talked with about something that may bring a visit.", _TALKED,
    (*BOTH_WAYS, "calls about something that brings no new visit, as [tracking] target_not says"), additive=False,
)  # fmt: skip
CONVERSION = Metric(
    "conversion", Names("Conversion", "Konwersja", "Конверсия", "Conversión"), "share",
    "People who booked / people talked with.", BOOKED, BOTH_WAYS, denominator="people talked with",
    denominator_condition=_TALKED, additive=False, notes=(_EMPTY,),
)  # fmt: skip


def _metrics() -> tuple[Metric, ...]:
    found: list[Metric] = []
    for place, step in enumerate(STEPS):
        names, formula = _CALLS[step]
        found.append(Metric(step, names, "calls", formula, _CONDITIONS[step], BOTH_WAYS))
        found.append(Metric(
            f"{step}_callers", _PEOPLE[step], "callers", "Different numbers (E.164) of these calls.", _CONDITIONS[step],
            (*BOTH_WAYS, "callers without a number of their own: withheld, or not a possible number"), additive=False,
        ))  # fmt: skip
        if place:
            names, formula = _SHARES[step]
            found.append(Metric(f"{step}_share", names, "share", formula, _CONDITIONS[step], BOTH_WAYS,
                                denominator="people of the step before",
                                denominator_condition=_CONDITIONS[STEPS[place - 1]], additive=False, notes=(_EMPTY,)))
    return (*found, TALKED, CONVERSION)


METRICS = _metrics()


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    named = dimensions(by, DIMENSIONS, "the way from call to payment")
    table, total = _read(tx, period, named)
    return Report("funnel", period, named, table, total, METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return the steps from call to payment by local day of the call within `period`, a row a group, most calls first.

    Columns, first those of `by` (text): source, medium, campaign, keyword, page; those of no campaign are the last row.
    Then for each step of rang, booked, came, paid: the step (int, calls) and `_callers` (int, different numbers, not
    additive over rows); for all but the first `_share` (0 to 1, people of this step / of the one before, NaN when
    there were none). talked_callers: different numbers that a person talked with about something that may bring a
    visit (int); conversion: people who booked / talked with.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    return _read(tx, period, dimensions(by, DIMENSIONS, "the way from call to payment"))[0]


def _read(tx: "Tx", period: Period, named: Sequence[str]) -> "tuple[pd.DataFrame, dict[str, Any]]":
    """Return the rows and the total of one reading."""
    *rows, total = tx.all("report_funnel", **days_of(period),
                          **{f"by_{name}": int(name in named) for name in DIMENSIONS})
    records = [{name: row[name] for name in named} | _figures(row) for row in rows]
    return table_of(records, named, METRICS), _figures(total)


def _figures(row: "Row") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for place, step in enumerate(STEPS):
        found |= {step: row[step], f"{step}_callers": row[f"{step}_callers"]}
        if place:
            before = row[f"{STEPS[place - 1]}_callers"]
            found[f"{step}_share"] = row[f"{step}_callers"] / before if before else None
    talked = row["talked_callers"]
    return found | {"talked_callers": talked, "conversion": row["booked_callers"] / talked if talked else None}
