"""Callbacks: who was rung back, how soon, and with what success.

Figures are read from the sums of callbacks (store/callback_sums.py), by the local day on which a callback opened, as
things stand now. Working times were written by the hours of the location when things happened.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reports import sums
from reports.callback_metrics import CALLBACK_METRICS
from reports.callback_spreads import Rows, spreads
from reports.period import Period
from reports.report import Report, dimensions
from store import rollups

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

    Key = tuple[str, ...]

DIMENSIONS = ("day", "location", "source", "campaign")
DEFAULT_BY = ("day",)
TOTALS = ("final_lost", "withheld_missed")
"""Figures about callers and calls, which no row of callbacks can hold: they have a total only."""
FIGURES = tuple(metric.id for metric in CALLBACK_METRICS if metric.id not in TOTALS)
COUNTS = tuple(metric.id for metric in CALLBACK_METRICS if metric.unit == "callbacks")
_SHARES = {f"{share}_{limit}": f"{summed}_{limit}"
           for share, summed in (("called_back", "tried"), ("recovered", "spoke"))
           for limit in ("15m", "1h", "same_day", "24h")}  # fmt: skip


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

    named = _dimensions(by)
    columns = [*named, *FIGURES]
    records = [dict(zip(named, key, strict=True)) | figures for key, figures in _figures(tx, period, named).items()]
    table = pd.DataFrame([[record[column] for column in columns] for record in records], columns=columns)
    return table.astype({figure: "int64" if figure in COUNTS else "float64" for figure in FIGURES})


def total(tx: "Tx", period: Period, *, reached_s: int = 5) -> dict[str, int | float | None]:
    """Return the figures over all callbacks of `period`, and TOTALS. `reached_s`: talk that counts as contact."""
    nothing = {figure: 0 if figure in COUNTS else None for figure in FIGURES}
    found = _figures(tx, period, ()).get((), nothing)
    days = sums.days(period)
    return {**found, "final_lost": tx.value("sum_final_lost", **days, reached_ms=reached_s * 1000),
            "withheld_missed": tx.value("report_withheld_missed", **days)}  # fmt: skip


def final_lost(tx: "Tx", period: Period, *, reached_s: int = 5) -> list["Row"]:
    """Return the last, missed call of each caller with whom nobody spoke since: party, pbx, id, started_ms."""
    query = "report_final_lost" if rollups.is_stale(tx) else "sum_final_lost_calls"
    return tx.all(query, **sums.days(period), reached_ms=reached_s * 1000)


def _figures(tx: "Tx", period: Period, by: Sequence[str]) -> "dict[Key, dict[str, int | float | None]]":
    """Return the figures of each row, in their order, by the texts of `by`."""
    sums.fresh(tx)
    flags = {f"by_{name}": int(name in by) for name in DIMENSIONS}
    campaigns = {row["id"]: (row["source"], row["name"]) for row in tx.all("campaigns_all")}
    rows = tx.all("sum_callbacks", **sums.days(period), **flags)
    times = spreads(tx, period, Rows(by, campaigns), sum(row["opened"] for row in rows))
    found = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        shares = {share: sums.share(row[summed], row["opened"]) for share, summed in _SHARES.items()}
        known = {name: row[name] for name in COUNTS} | shares | times.get(key, {})
        found[key] = {figure: known.get(figure) for figure in FIGURES}
    return found


def _dimensions(by: Sequence[str]) -> tuple[str, ...]:
    return dimensions(by, DIMENSIONS, "callbacks")
