"""How soon callbacks were tried and spoken with: medians and 90th percentiles.

Exact while the callbacks of a period are few enough to be read one by one, from histograms beyond: then the fewest rows
that tell, months where whole months do, days at both ends, and single callbacks only where a row is a day of one
campaign, or a campaign of less than a month.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

from reports.period import Period
from store.callback_sums import MEASURES
from store.cells import grains, long_middle_s

if TYPE_CHECKING:
    from store import Row, Tx

Key = tuple[str, ...]
Spread = dict[str, float | None]
EXACT_UP_TO = 20_000
"""So many callbacks of a period are read one by one."""
_WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Rows:
    """What the rows of a report are about: its dimensions, and source and name of each campaign by id."""

    by: Sequence[str]
    campaigns: Mapping[int, tuple[str, str]]
    _known: dict[tuple[str, str, int], Key] = field(default_factory=dict)

    def key(self, row: "Row") -> Key:
        """Return the texts of the row of the report to which a row of a query belongs."""
        place = (row["day"], row["location"], row["campaign"])
        if place not in self._known:
            self._known[place] = self._key(row)
        return self._known[place]

    def _key(self, row: "Row") -> Key:
        source, campaign = self.campaigns.get(row["campaign"], ("(none)", "(none)"))
        parts = {"day": row["day"], "location": row["location"], "source": source, "campaign": campaign}
        return tuple(parts[name] for name in self.by)


def spreads(tx: "Tx", period: Period, rows: Rows, size: int) -> dict[Key, Spread]:
    """Return the medians and 90th percentiles in seconds of each row of the report.

    A row without an entry has no times at all. `size` is how many callbacks the period has.
    """
    if size <= EXACT_UP_TO:
        singles = tx.all("sum_callback_exact", **_between(period.start.isoformat(), period.end.isoformat()))
        return {key: _spread(times, _seconds) for key, times in _read(singles, rows).items()}
    found: dict[Key, Spread] = {}
    for part in _parts(tx, period, rows.by):
        found |= {key: _spread(times, long_middle_s) for key, times in _gathered(part, rows).items()}
    return found


def _parts(tx: "Tx", period: Period, by: Sequence[str]) -> "Iterator[Iterable[Row]]":
    """Yield rows in parts that share no row of the report, so that a long period is never held whole."""
    single = "source" in by or "campaign" in by
    if "day" in by:
        first = period.start
        while first <= period.end:
            last = min(first + _WEEK, period.end)
            days = _between(first.isoformat(), last.isoformat())
            yield tx.all("sum_callback_singles", **days, by_day=1) if single else tx.all("sum_callback_daily", **days)
            first = last + timedelta(days=1)
        return
    yield _folded(tx, period, single)


def _folded(tx: "Tx", period: Period, single: bool) -> "Iterator[Row]":
    for grain, first, last in grains(period.start.isoformat(), period.end.isoformat()):
        if grain == "month":
            yield from tx.all("sum_callback_months", from_month=first, to_month=last, by_campaign=int(single))
        elif single:
            yield from tx.all("sum_callback_singles", **_between(first, last), by_day=0)
        else:
            yield from tx.all("sum_callback_days", **_between(first, last))


def _between(first: str, last: str) -> dict[str, str]:
    return {"from_day": first, "to_day": last}


_Times = dict[str, dict[int, int]]


def _read(singles: "Iterable[Row]", rows: Rows) -> dict[Key, _Times]:
    """Return how often each time in ms occurs."""
    found: dict[Key, _Times] = defaultdict(_nothing)
    for row in singles:
        times = found[rows.key(row)]
        for measure in MEASURES:
            if (ms := row[measure]) is not None:
                times[measure][ms] += 1
    return found


def _gathered(sums: "Iterable[Row]", rows: Rows) -> dict[Key, _Times]:
    """Return how many times lie in each bucket."""
    found: dict[Key, _Times] = defaultdict(_nothing)
    for row in sums:
        bucket = row["bucket"]
        for measure, counts in found[rows.key(row)].items():
            if n := row[measure]:
                counts[bucket] += n
    return found


def _nothing() -> _Times:
    return {measure: defaultdict(int) for measure in MEASURES}


def _seconds(ms: int) -> float:
    return ms / 1000


def _spread(times: _Times, told: Callable[[int], float]) -> Spread:
    found: Spread = {}
    for measure, counts in times.items():
        found[f"{measure}_median_s"], found[f"{measure}_p90_s"] = _quantiles(counts, told)
    return found


def _quantiles(counts: Mapping[int, int], told: Callable[[int], float]) -> tuple[float | None, float | None]:
    """Return the median, between the two in the middle where their number is even, and the 90th percentile.

    `told` gives the seconds of a time, or of the bucket that holds it.
    """
    if not counts:
        return None, None
    places = sorted(counts)
    seen = list(accumulate(counts[place] for place in places))
    size = seen[-1]
    ranks = ((size + 1) // 2, size // 2 + 1, (size * 9 + 9) // 10)
    low, high, p90 = (told(places[bisect_left(seen, rank)]) for rank in ranks)
    return (low + high) / 2, p90
