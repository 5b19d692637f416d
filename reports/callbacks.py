"""Callbacks: who was rung back, how soon, and with what success.

Figures are SQL aggregates over `callback` and `callback_time` (`report_callbacks`), by the local day on which a
callback opened. Working times were written by the hours of the location when things happened.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from reports.callback_metrics import CALLBACK_METRICS
from reports.period import Period
from reports.report import Report, dimensions

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("day", "location", "source", "campaign")
DEFAULT_BY = ("day",)
TOTALS = ("final_lost", "withheld_missed")
"""Figures about callers and calls, which no row of callbacks can hold: they have a total only."""
FIGURES = tuple(metric.id for metric in CALLBACK_METRICS if metric.id not in TOTALS)
COUNTS = tuple(metric.id for metric in CALLBACK_METRICS if metric.unit == "callbacks")


NOTES = (
    "Opened = still open + those closed by each reason = contact made + tried, not reached + never tried.",
    "The total's shares and times are computed over all callbacks, not from the rows.",
)


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, reached_s: int = 5) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    rows, whole = frame(tx, period, by=by), total(tx, period, reached_s=reached_s)
    return Report("callbacks", period, _dimensions(by), rows, whole, CALLBACK_METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return callbacks that opened within `period`, one row a group, in the order of the days.

    Columns, first those of `by` (text): day (ISO), location ("" for none), source, campaign ("(none)"). Then FIGURES:
    counts of callbacks (int); shares called_back_* and recovered_*, 0 to 1 (float); times in seconds (float, NaN when
    there is nothing to measure).

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    import pandas as pd

    columns = [*_dimensions(by), *FIGURES]
    rows = tx.all("report_callbacks", **_parameters(period, by))
    table = pd.DataFrame([[row[column] for column in columns] for row in rows], columns=columns)
    return table.astype({figure: "int64" if figure in COUNTS else "float64" for figure in FIGURES})


def total(tx: "Tx", period: Period, *, reached_s: int = 5) -> dict[str, int | float | None]:
    """Return the figures over all callbacks of `period`, and TOTALS. `reached_s`: talk that counts as contact."""
    rows = tx.all("report_callbacks", **_parameters(period, ()))
    found = {figure: rows[0][figure] if rows else 0 if figure in COUNTS else None for figure in FIGURES}
    hidden = tx.value("report_withheld_missed", **_days(period))
    return {**found, "final_lost": len(final_lost(tx, period, reached_s=reached_s)), "withheld_missed": hidden}


def final_lost(tx: "Tx", period: Period, *, reached_s: int = 5) -> list["Row"]:
    """Return the last, missed call of each caller with whom nobody spoke since: party, pbx, id, started_ms."""
    return tx.all("report_final_lost", **_days(period), reached_ms=reached_s * 1000)


def _dimensions(by: Sequence[str]) -> tuple[str, ...]:
    return dimensions(by, DIMENSIONS, "callbacks")


def _days(period: Period) -> dict[str, Any]:
    from_ms, to_ms = period.bounds_ms
    return {"from_day": period.start.isoformat(), "to_day": period.end.isoformat(), "from_ms": from_ms, "to_ms": to_ms}


def _parameters(period: Period, by: Sequence[str]) -> dict[str, Any]:
    flags = {f"by_{name}": int(name in by) for name in DIMENSIONS}
    return {"from_day": period.start.isoformat(), "to_day": period.end.isoformat(), **flags}
