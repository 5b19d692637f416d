"""Reading the roll-ups: sums over days, medians from histograms, different callers from chains of calls."""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from reports import ReportsError
from reports.period import Period
from store import rollups
from store.cells import bucket_end_s, bucket_middle_s, grains, signed_grains
from store.database import Tx

if TYPE_CHECKING:
    from store import Row


class Once(Tx):
    """A transaction that reads each list of rows once: a report's rows and its total are told from the same."""

    __slots__ = ("_lists",)

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx._engine, tx.conn)
        self._lists: dict[tuple[Any, ...], list[Row]] = {}

    def all(self, query: str, /, **params: Any) -> "list[Row]":
        """Give all rows, which nobody may change."""
        key = (query, *sorted(params.items()))
        if key not in self._lists:
            self._lists[key] = super().all(query, **params)
        return self._lists[key]


class StaleSumsError(ReportsError):
    """The sums are those of an older version, and were not made anew yet."""


def fresh(tx: "Tx") -> None:
    """Raise StaleSumsError where the sums must not be believed."""
    if rollups.is_stale(tx):
        raise StaleSumsError(
            "the sums by day were not made since the upgrade; `callward report check --repair` makes them, "
            "and so does the listener when it starts."
        )


def days(period: Period) -> dict[str, str]:
    """Return the first and the last day, as the queries want them."""
    return {"from_day": period.start.isoformat(), "to_day": period.end.isoformat()}


def per_grain(tx: "Tx", query: str, period: Period, **more: Any) -> list["Row"]:
    """Return the rows of a histogram's query over whole months and the days left at both ends."""
    found = []
    for grain, first, last in grains(period.start.isoformat(), period.end.isoformat()):
        found += tx.all(query, grain=grain, from_period=first, to_period=last, **more)
    return found


def per_signed_grain(tx: "Tx", query: str, period: Period, **more: Any) -> "Iterator[Row]":
    """Yield the rows of a histogram's query that add up to a period; what is to be taken away has a negative n."""
    for sign, grain, first, last in signed_grains(period.start.isoformat(), period.end.isoformat()):
        for row in tx.all(query, grain=grain, from_period=first, to_period=last, **more):
            yield row if sign > 0 else {**row, "n": -row["n"]}


def histograms(rows: Iterable["Row"], of: "Callable[[Row], Hashable]") -> dict[Any, Counter[int]]:
    """Return bucket counts by what `of` (a function of a row) gives; rows for which it gives None are left out."""
    found: dict[Any, Counter[int]] = defaultdict(Counter)
    for row in rows:
        key = of(row)
        if key is not None:
            found[key][row["bucket"]] += row["n"]
    return found


def quantile_s(counts: Mapping[int, int], share: float) -> float | None:
    """Return the quantile in seconds: the middle of the bucket that holds the nearest rank. None when nothing is."""
    total = sum(counts.values())
    return _at_ranks(counts, max(1, math.ceil(total * share - 1e-9)))[0] if total > 0 else None


def median_s(counts: Mapping[int, int]) -> float | None:
    """Return the median in seconds: the middle of its bucket, or of the two buckets that an even count lies between."""
    total = sum(counts.values())
    return sum(_at_ranks(counts, (total + 1) // 2, total // 2 + 1)) / 2 if total > 0 else None


def _at_ranks(counts: Mapping[int, int], *ranks: int) -> list[float]:
    """Return the middles of the buckets that hold these ranks, in seconds."""
    buckets = sorted(counts)
    seen = list(accumulate(counts[bucket] for bucket in buckets))
    return [bucket_middle_s(buckets[bisect_left(seen, rank)]) for rank in ranks]


def longest_s(counts: Mapping[int, int]) -> float | None:
    """Return the end of the last bucket that holds anything, in seconds."""
    held = [bucket for bucket, n in counts.items() if n]
    return float(bucket_end_s(max(held))) if held else None


def within(counts: Mapping[int, int], seconds: int) -> int:
    """Return how many lie within so many seconds; exact for whole seconds up to two minutes."""
    return sum(n for bucket, n in counts.items() if bucket_end_s(bucket) <= seconds)


def callers(tx: "Tx", period: Period, scope: str) -> dict[str, int]:
    """Return the number of different callers of a period by the parts of a scope (see `store.callers.SCOPES`)."""
    found: Counter[str] = Counter()
    for row in per_grain(tx, "sum_callers", period, scope=scope, since=period.start.isoformat()):
        found[row["part"]] += row["n"]
    return dict(found)


def share(part: float, whole: float) -> float | None:
    """Return part of whole, None where there is nothing to divide by."""
    return part / whole if whole else None
