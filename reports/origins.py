"""Where appointments came from: every appointment has one row, whatever made it.

One that a call made belongs to the campaign of that call. Any other has the source that the clinic's own system tells;
without one it is `unknown online`, unless that system says that it was made at the desk, by phone or by message. An
appointment belongs to the local day of the visit.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports.metrics import Metric, Names, Threshold
from reports.period import Period
from reports.report import Report, dimensions
from store.money import major

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("channel", "source", "medium", "campaign", "currency")
DEFAULT_BY = ("channel", "source")
LATE_HOURS = 24
NOTES = (
    "A visit counts on its own day; what a campaign cost is a matter of the days of its calls.",
    "The worth is empty where several currencies meet; count by currency to see each.",
)
_HOUR_MS = 3_600_000
_ALL = "appointment.status <> 'proposed'"
_PROPOSED = ("appointments that are only proposed or on a waiting list",)
_CAME = "appointment.status IN ('arrived', 'fulfilled')"


def _late(hours: int) -> str:
    return (f"appointment.status = 'cancelled' AND appointment.cancelled_ms > appointment.start_ms - "
            f"{hours * _HOUR_MS}")  # fmt: skip


_LATE = _late(LATE_HOURS)
PARTS: Mapping[str, str] = {
    "channel": "COALESCE(appointment.channel, CASE WHEN made.call IS NOT NULL THEN 'phone' ELSE 'unknown' END)",
    "source": """CASE WHEN made.call IS NOT NULL THEN COALESCE(campaign.source, '(none)')
      WHEN appointment.source IS NOT NULL THEN appointment.source
      WHEN COALESCE(appointment.channel, 'online') = 'online' THEN 'unknown online' ELSE '(none)' END""",
    "medium": """CASE WHEN made.call IS NOT NULL THEN COALESCE(campaign.medium, '(none)')
      ELSE COALESCE(appointment.medium, '(none)') END""",
    "campaign": """CASE WHEN made.call IS NOT NULL THEN COALESCE(campaign.name, '(none)')
      ELSE COALESCE(appointment.campaign, '(none)') END""",
    "currency": "COALESCE(appointment.currency, '(none)')",
}  # fmt: skip
"""What an appointment is counted by, as SQL over `appointment`, the call that made it (`made`) and its campaign."""
_LIMIT = Threshold("late", LATE_HOURS, "h before the visit")


def _count(id_: str, names: Names, formula: str, condition: str, limits: tuple[Threshold, ...] = ()) -> Metric:
    return Metric(id_, names, "appointments", formula, f"{_ALL} AND {condition}" if condition else _ALL, _PROPOSED,
                  thresholds=limits)  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _count("appointments", Names("Appointments", "Wizyty umówione", "Записи на приём", "Citas"),
           "Appointments by the local day of the visit.", ""),
    _count("by_calls", Names("Made by calls", "Umówione telefonicznie", "Записались по звонку", "Por llamada"),
           "Appointments that a call made: noted on it, or written down between its beginning and 24 hours after its "
           "end.",
           "EXISTS (SELECT 1 FROM appointment_made_by WHERE appointment_made_by.appointment = appointment.ref)"),
    _count("shown", Names("Came", "Odbyte", "Пришли", "Asistieron"), "Appointments whose patient came.", _CAME),
    _count("no_shows", Names("Did not come", "Nieobecności", "Не пришли", "No asistieron"),
           "Appointments whose patient neither came nor cancelled.", "appointment.status = 'noshow'"),
    _count("cancelled", Names("Cancelled", "Odwołane", "Отменены", "Anuladas"),
           "Appointments that were cancelled, early or late.", "appointment.status = 'cancelled'"),
    _count("cancelled_late", Names("Cancelled late", "Odwołane późno", "Отменены поздно", "Anuladas tarde"),
           "Appointments that were cancelled too late to give the time to another; when is the setting "
           "[appointments] late_hours.", _LATE, (_LIMIT,)),
    _count("to_come", Names("To come", "Oczekiwane", "Предстоят", "Pendientes"),
           "Appointments that are booked and of which nothing else is told yet.", "appointment.status = 'booked'"),
    Metric("show_rate", Names("Show rate", "Odsetek odbytych", "Доля пришедших", "Tasa de asistencia"), "share",
           "Came / (came + did not come + cancelled late).", f"{_ALL} AND {_CAME}",
           (*_PROPOSED, "appointments to come, and those cancelled in time"),
           denominator="appointments whose patient came, did not come, or cancelled late",
           denominator_condition=f"{_ALL} AND (appointment.status IN ('arrived', 'fulfilled', 'noshow') OR {_LATE})",
           thresholds=(_LIMIT,), additive=False,
           notes=("Empty when there is nothing to divide by, never 0 or 100 %.",)),
    Metric("revenue", Names("Worth", "Przychód", "Выручка", "Ingresos"), "money",
           "Sum of the values of appointments whose patient came, in whole units of the currency.",
           f"{_ALL} AND {_CAME} AND appointment.value_minor IS NOT NULL",
           (*_PROPOSED, "appointments without a value"),
           notes=("Empty where several currencies meet, or no value is known.",)),
)  # fmt: skip
"""The figures, in the order of the columns. Conditions are SQL over `appointment`."""


def condition_of(metric: Metric, late_hours: int = LATE_HOURS) -> str:
    """Return the condition of a figure; `late_hours` before a visit cancelling it is late."""
    return metric.condition if metric.id != "cancelled_late" else f"{_ALL} AND {_late(late_hours)}"


def report(
    tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, late_hours: int = LATE_HOURS
) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    named = dimensions(by, DIMENSIONS, "appointments")
    whole = _rows(tx, period, (), late_hours)
    total = {metric.id: whole[0][metric.id] if whole else _nothing(metric) for metric in METRICS}
    money = whole[0]["one_currency"] if whole and whole[0]["currencies"] == 1 else ""
    rows = frame(tx, period, by=by, late_hours=late_hours)
    return Report("origins", period, named, rows, total, METRICS, NOTES, money=money)


def frame(
    tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, late_hours: int = LATE_HOURS
) -> "pd.DataFrame":
    """Return appointments by the local day of the visit within `period`, one row a group, most first.

    Columns, first those of `by` (text): channel (phone, desk, online, message, import, unknown), source, medium,
    campaign, currency. Then:
        appointments, by_calls, shown, no_shows, cancelled, cancelled_late, to_come: appointments (int);
        show_rate: 0 to 1 (float, NaN when nothing can be said);
        revenue: of those who came, in whole units of the currency (float, NaN when several currencies meet or none).

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    import pandas as pd

    named = dimensions(by, DIMENSIONS, "appointments")
    rows = _rows(tx, period, named, late_hours)
    columns = [*named, *(metric.id for metric in METRICS)]
    table = pd.DataFrame([[row[column] for column in columns] for row in rows], columns=columns)
    return table.astype({
        metric.id: "int64" if metric.unit == "appointments" else "float64" for metric in METRICS
    })  # fmt: skip


def _rows(tx: "Tx", period: Period, named: Sequence[str], late_hours: int) -> "list[Row]":
    flags = {f"by_{name}": int(name in named) for name in DIMENSIONS}
    rows = tx.all(
        "report_origins", from_day=period.start.isoformat(), to_day=period.end.isoformat(),
        late_ms=late_hours * _HOUR_MS, **flags,
    )  # fmt: skip
    return [row | _worth(row) for row in rows]


def _worth(row: "Row") -> dict[str, Any]:
    told = row["shown"] + row["no_shows"] + row["cancelled_late"]
    alone = row["currencies"] == 1
    return {
        "show_rate": row["shown"] / told if told else None,
        "revenue": major(int(row["revenue_minor"]), row["one_currency"]) if alone else None,
    }


def _nothing(metric: Metric) -> int | None:
    return 0 if metric.unit == "appointments" else None
