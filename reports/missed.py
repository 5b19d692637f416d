"""What was missed, why, and when: by hour, day, number or campaign."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports import ReportsError, sums
from reports.metrics import Metric
from reports.missed_metrics import CALLS, CLOSED, KINDS, MISSED, MISSED_RATE
from reports.period import Period
from reports.report import Report, dimensions, table_of
from reports.sources import NONE

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

TIMES = ("day", "hour")
SOURCES = ("source", "medium", "campaign", "number")
DIMENSIONS = (*TIMES, *SOURCES)
DEFAULT_BY = ("hour",)
METRICS: tuple[Metric, ...] = (CALLS, MISSED, MISSED_RATE, *KINDS, CLOSED)
NOTES = ("Missed = the sum of its kinds. Missed while closed is a part of missed that cuts across the kinds.",)
_SUMMED = tuple(metric.id for metric in METRICS if metric.unit == "calls")


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return rows in the order of time, or most missed first, and the total.

    Raises:
        ReportsError: `by` names a time and a source together; the sums by day do not hold both.
    """
    sums.fresh(tx)
    named = dimensions(by, DIMENSIONS, "missed calls")
    if set(named) & set(TIMES) and set(named) & set(SOURCES):
        raise ReportsError("missed calls are counted by time or by source, not by both; ask for one after the other.")
    cells: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    whole: Counter[str] = Counter()
    for key, row in (_by_time if named[0] in TIMES else _by_source)(tx, period, named):
        counts = {name: row[name] for name in _SUMMED}
        cells[key].update(counts)
        whole.update(counts)
    keys = sorted(cells) if named[0] in TIMES else sorted(cells, key=lambda key: (-cells[key]["missed"], key))
    records = [dict(zip(named, key, strict=True)) | _figures(cells[key]) for key in keys]
    return Report("missed", period, named, table_of(records, named, METRICS), _figures(whole), METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return one row a group: the texts of `by`, then a column for each of METRICS: calls (int) and a share."""
    return report(tx, period, by=by).rows


def _by_time(tx: "Tx", period: Period, named: Sequence[str]) -> "Iterator[tuple[tuple[str, ...], Row]]":
    for row in tx.all("sum_hours", **sums.days(period)):
        parts = {"day": row["day"], "hour": f"{row['hour']:02}"}
        yield tuple(parts[name] for name in named), row


def _by_source(tx: "Tx", period: Period, named: Sequence[str]) -> "Iterator[tuple[tuple[str, ...], Row]]":
    for row in tx.all("sum_sources", **sums.days(period), labels=0, pages=0):
        known = row["source"] is not None
        parts = {"source": row["source"] if known else NONE, "medium": row["medium"] if known else NONE,
                 "campaign": row["name"] if known else NONE, "number": row["did"] or NONE}  # fmt: skip
        yield tuple(parts[name] for name in named), row


def _figures(row: Mapping[str, int]) -> dict[str, Any]:
    return {name: row[name] for name in _SUMMED} | {"missed_rate": sums.share(row["missed"], row["calls"])}
