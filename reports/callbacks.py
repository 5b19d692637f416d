"""Callbacks: who was rung back, how soon, and with what success.

Figures are read from the sums of callbacks (store/callback_sums.py), by the local day on which a callback opened, as
things stand now. Working times were written by the hours of the location when things happened.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
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
    named = _dimensions(by)
    rows = _counted(tx, period, named)
    table, whole = _table(tx, period, named, rows), _whole(tx, period, rows, reached_s)
    return Report("callbacks", period, named, table, whole, CALLBACK_METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return callbacks that opened within `period`, one row a group, in the order of the days.

    Columns, first those of `by` (text): day (ISO), location ("" for none), source, campaign ("(none)"). Then FIGURES:
    counts of callbacks (int); shares called_back_* and recovered_*, 0 to 1 (float); times in seconds (float, NaN when
    there is nothing to measure).

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    named = _dimensions(by)
    return _table(tx, period, named, _counted(tx, period, named))


def total(tx: "Tx", period: Period, *, reached_s: int = 5) -> dict[str, int | float | None]:
    """Return the figures over all callbacks of `period`, and TOTALS. `reached_s`: talk that counts as contact."""
    return _whole(tx, period, _counted(tx, period, ()), reached_s)


def final_lost(tx: "Tx", period: Period, *, reached_s: int = 5) -> list["Row"]:
    """Return the last, missed call of each caller with whom nobody spoke since: party, pbx, id, started_ms."""
    query = "report_final_lost" if rollups.is_stale(tx) else "sum_final_lost_calls"
    return tx.all(query, **sums.days(period), reached_ms=reached_s * 1000)


def _counted(tx: "Tx", period: Period, by: Sequence[str]) -> "list[Row]":
    """Return the counts of each row of the report, in their order."""
    sums.fresh(tx)
    return tx.all("sum_callbacks", **sums.days(period), **{f"by_{name}": int(name in by) for name in DIMENSIONS})


def _table(tx: "Tx", period: Period, by: Sequence[str], rows: "Sequence[Row]") -> "pd.DataFrame":
    import pandas as pd

    campaigns = {row["id"]: (row["source"], row["name"]) for row in tx.all("campaigns_all")}
    times = spreads(tx, period, Rows(by, campaigns), sum(row["opened"] for row in rows))
    columns, records = [*by, *FIGURES], []
    for row in rows:
        key = tuple(row[name] for name in by)
        found = dict(zip(by, key, strict=True)) | _figures(row, times.get(key, {}))
        records.append([found[column] for column in columns])
    table = pd.DataFrame(records, columns=columns)
    return table.astype({figure: "int64" if figure in COUNTS else "float64" for figure in FIGURES})


def _whole(tx: "Tx", period: Period, rows: "Sequence[Row]", reached_s: int) -> dict[str, int | float | None]:
    """Return the total: the counts of the rows add up, shares and times are told over all."""
    counts: Counter[str] = Counter(dict.fromkeys((*COUNTS, *_SHARES.values()), 0))
    for row in rows:
        for name in counts:
            counts[name] += row[name]
    days = sums.days(period)
    return _figures(counts, spreads(tx, period, Rows((), {}), counts["opened"]).get((), {})) | {
        "final_lost": tx.value("sum_final_lost", **days, reached_ms=reached_s * 1000),
        "withheld_missed": tx.value("report_withheld_missed", **days),
    }


def _figures(counts: "Mapping[str, int]", times: "Mapping[str, float | None]") -> dict[str, int | float | None]:
    """Return the figures of one row from its counts."""
    shares = {share: sums.share(counts[summed], counts["opened"]) for share, summed in _SHARES.items()}
    known = {name: counts[name] for name in COUNTS} | shares | dict(times)
    return {figure: known.get(figure) for figure in FIGURES}


def _dimensions(by: Sequence[str]) -> tuple[str, ...]:
    return dimensions(by, DIMENSIONS, "callbacks")
