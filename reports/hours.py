"""When people ring: hours of the day and days of the week, in the clinic's time."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from reports import sums
from reports.metrics import Metric
from reports.missed_metrics import ANSWERED, CALLS, CLOSED, MISSED, MISSED_RATE
from reports.period import Period
from reports.report import Report, dimensions, table_of

if TYPE_CHECKING:
    import pandas as pd

    from store import Tx

DIMENSIONS = ("weekday", "hour", "day", "month")
DEFAULT_BY = ("weekday", "hour")
METRICS: tuple[Metric, ...] = (CALLS, ANSWERED, MISSED, MISSED_RATE, CLOSED)
NOTES = ("Weekdays are numbered from 1, Monday, to 7, Sunday; an hour is the one in which a call began.",)
_SUMMED = ("calls", "answered", "missed", "missed_closed")


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return one row for each hour or day in which somebody rang, in order, and the total."""
    sums.fresh(tx)
    named = dimensions(by, DIMENSIONS, "calls")
    cells: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    whole: Counter[str] = Counter()
    for row in tx.all("sum_hours", **sums.days(period)):
        parts = {"weekday": str(date.fromisoformat(row["day"]).isoweekday()), "hour": f"{row['hour']:02}",
                 "day": row["day"], "month": row["day"][:7]}  # fmt: skip
        counts = {name: row[name] for name in _SUMMED}
        cells[tuple(parts[name] for name in named)].update(counts)
        whole.update(counts)
    records = [dict(zip(named, key, strict=True)) | _figures(cells[key]) for key in sorted(cells)]
    return Report("hours", period, named, table_of(records, named, METRICS), _figures(whole), METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return one row a cell: weekday ("1" is Monday), hour ("00" to "23"), day, month as asked for, then METRICS."""
    return report(tx, period, by=by).rows


def _figures(row: Mapping[str, int]) -> dict[str, Any]:
    return {name: row[name] for name in _SUMMED} | {"missed_rate": sums.share(row["missed"], row["calls"])}
