"""What campaigns brought: callers who booked, what their visits were worth, and what each booking cost.

By the days of the calls. A booking is an appointment that a call made, or the topic *booked* until that is known. What
was spent on a campaign without calls, and calls of no campaign, have rows of their own: costs and calls add up.
"""

from typing import TYPE_CHECKING, Any

from reports.costs import Money, add, days_of, spend
from reports.metrics import LEFT_OUT, Metric, Names, Unit
from reports.period import Period
from reports.report import WHOLE, Report, dimensions
from store.money import major

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("source", "medium", "campaign")
NOTES = (
    "A caller may ring by several campaigns and is in the row of each, but once in the total.",
    "Money is empty where several currencies meet. What was spent without a call has a row of its own.",
)
_CALLS = "call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_MADE = ("EXISTS (SELECT 1 FROM appointment_made_by "
         "JOIN appointment ON appointment.ref = appointment_made_by.appointment "
         "WHERE appointment_made_by.pbx = call.pbx AND appointment_made_by.call = call.id "
         "AND appointment.status {})")  # fmt: skip
_STANDS = f"{_CALLS} AND " + _MADE.format("NOT IN ('cancelled', 'proposed')")
_CAME = f"{_CALLS} AND " + _MADE.format("IN ('arrived', 'fulfilled')")
_EMPTY = "Empty when there is nothing to divide by, or several currencies meet."
_DIRECTIONS = tuple(text for text in LEFT_OUT if "outbound" not in text)


def _figure(id_: str, names: Names, unit: Unit, formula: str, condition: str) -> Metric:
    whole = unit in ("calls", "appointments", "money")
    return Metric(id_, names, unit, formula, condition, _DIRECTIONS, additive=whole)


def _ratio(id_: str, names: Names, unit: Unit, formula: str, parts: tuple[str, str]) -> Metric:
    return Metric(id_, names, unit, formula, parts[0], _DIRECTIONS, denominator=parts[1], additive=False,
                  notes=(_EMPTY,))  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _figure("calls", Names("Calls", "Połączenia", "Звонки", "Llamadas"), "calls",
            "Inbound calls of patients that ended, by the local day of the call.",
            f"{_CALLS} AND call.direction = 'inbound'"),
    _figure("talked_callers", Names("Talked with", "Rozmowy z osobami", "Поговорили", "Se habló con"), "callers",
            "Different numbers that a person talked with about something that may bring a visit, our calls included.",
            f"{_CALLS} AND call.outcome = 'answered'"),
    _figure("booked_callers", Names("Booked", "Umówieni", "Записались", "Con cita"), "callers",
            "Different numbers with a call that made an appointment which stands; the topic booked counts until its "
            "appointment is known.", _STANDS),
    _ratio("conversion", Names("Conversion", "Konwersja", "Конверсия", "Conversión"), "share",
           "Booked / talked with.", (_STANDS, "callers talked with")),
    _figure("visits", Names("Visits", "Wizyty", "Приёмы", "Visitas"), "appointments",
            "Appointments made by these calls whose patient came.", _CAME),
    _figure("revenue", Names("Worth", "Przychód", "Выручка", "Ingresos"), "money",
            "Sum of the values of these visits, in whole units of the currency.", _CAME),
    _figure("cost", Names("Cost", "Koszt", "Расход", "Coste"), "money",
            "What was spent in the period; a month's cost is spread over its days.", _CALLS),
    _ratio("cost_per_call", Names("Per call", "Na połączenie", "За звонок", "Por llamada"), "money",
           "Cost / calls.", (_CALLS, "calls")),
    _ratio("cost_per_booking", Names("Per booking", "Na umówienie", "За запись", "Por cita"), "money",
           "Cost / booked callers.", (_STANDS, "booked callers")),
    _ratio("roas", Names("Worth per cost", "Zwrot z wydatków", "Окупаемость", "Retorno"), "share",
           "Worth / cost: 250 % is two and a half times what was spent.", (_CAME, "cost")),
)  # fmt: skip
COLUMNS = (*DIMENSIONS, *(metric.id for metric in METRICS), "currency")


def report(tx: "Tx", period: Period, *, by: "Sequence[str]" = DIMENSIONS) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS.

    Costs are a campaign's, so rows are always campaigns, whatever `by` leaves out.
    """
    dimensions(by, DIMENSIONS, "bookings")
    rows = tx.all("report_bookings", by_campaign=0, **days_of(period))
    whole = _record(rows[0] if rows else _idle(None), add(*spend(tx, period).values()))
    total = {metric.id: whole[metric.id] for metric in METRICS}
    return Report("bookings", period, DIMENSIONS, frame(tx, period), total, METRICS, NOTES)


def frame(tx: "Tx", period: Period) -> "pd.DataFrame":
    """Return one row a campaign, most calls first; those of no campaign are "(none)".

    Columns: source, medium, campaign (text); calls: inbound patients' calls (int); talked_callers: different numbers
    that a person talked with about something that may bring a visit (int); booked_callers: different numbers with a
    booking (int); conversion: booked / talked, 0 to 1; visits: appointments made by these calls whose patient came
    (int); revenue, cost: in whole units of `currency`; cost_per_call, cost_per_booking; roas: revenue / cost. What
    cannot be said is NaN: where several currencies meet, or there is nothing to divide by. Numbers of callers are not
    additive: one caller may ring by several campaigns.
    """
    import pandas as pd

    rows = {row["campaign"]: row for row in tx.all("report_bookings", by_campaign=1, **days_of(period))}
    costs = spend(tx, period)
    records = [_record(row, costs.get(campaign, {})) for campaign, row in rows.items()]
    for campaign, money in costs.items():
        if campaign not in rows:
            named = tx.one("campaign_get", id=campaign) if campaign is not None else None
            records.append(_record(_idle(named), money))
    table = pd.DataFrame(records, columns=list(COLUMNS))
    return table.astype({metric.id: "int64" if metric.unit in WHOLE else "float64" for metric in METRICS})


def _record(row: "Row", money: Money) -> dict[str, Any]:
    earned = {row["one_currency"]: row["revenue_minor"]} if row["currencies"] == 1 else {}
    known = {*earned, *money}
    currency = known.pop() if len(known) == 1 and row["currencies"] <= 1 else None
    cost = major(money[currency], currency) if currency is not None and currency in money else None
    revenue = major(int(earned[currency]), currency) if currency is not None and currency in earned else None
    return {
        "source": row["source"], "medium": row["medium"], "campaign": row["name"], "calls": row["calls"],
        "talked_callers": row["talked_callers"], "booked_callers": row["booked_callers"],
        "conversion": _divided(row["booked_callers"], row["talked_callers"]), "visits": row["visits"],
        "revenue": revenue, "cost": cost, "cost_per_call": _divided(cost, row["calls"]),
        "cost_per_booking": _divided(cost, row["booked_callers"]), "roas": _divided(revenue, cost),
        "currency": currency or "",
    }  # fmt: skip


def _divided(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def _idle(campaign: "Row | None") -> "Row":
    """Return the row of a campaign that brought no call; spend that is nobody's has no campaign at all."""
    named = {"source": "(none)", "medium": "(none)", "name": "(none)"}
    if campaign is not None:
        named = {name: campaign[name] for name in named}
    counts = dict.fromkeys(("calls", "talked_callers", "booked_callers", "visits", "revenue_minor", "currencies"), 0)
    return {**named, **counts, "one_currency": None}
