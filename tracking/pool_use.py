"""What a pool had to bear, measured from the visits and leases of some days."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from store import Row, Tx
from tracking.leasing import MINUTE_MS, Terms
from tracking.moments import local_day
from tracking.pool_size import Traffic

HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Use:
    """The traffic of some days, and how the pool bore it.

    `numbers` are in the pool today and `held` of them now; `most_held` is how many were held at once at the worst
    moment; `overflow` of `shown` leases were the overflow number.
    """

    days: int
    visits: int
    traffic: Traffic
    numbers: int
    held: int
    most_held: int
    shown: int
    overflow: int

    @property
    def utilisation(self) -> float | None:
        """Return the worst moment's held numbers over the pool; None without a pool."""
        return self.most_held / self.numbers if self.numbers else None

    @property
    def overflow_rate(self) -> float | None:
        """Return the share of leases that were the overflow number; None without leases."""
        return self.overflow / self.shown if self.shown else None


def measure(tx: Tx, terms: Terms, zone: ZoneInfo, days: int, now_ms: int) -> Use:
    """Measure the last `days` days, up to now."""
    since = now_ms - days * DAY_MS
    visits = tx.all("pool_visits", since=since, until=now_ms)
    leases = tx.all("pool_leases", since=since, until=now_ms)
    pool = tx.one("pool_now", now_ms=now_ms, day=local_day(now_ms, zone))
    assert pool is not None
    hours = Counter(row["started_ms"] // HOUR_MS for row in visits)
    per_day = Counter(local_day(row["started_ms"], zone) for row in visits)
    lengths = [row["seen_ms"] - row["started_ms"] for row in visits]
    mean = sum(lengths) / len(lengths) / MINUTE_MS if lengths else 0.0
    traffic = Traffic(
        peak_per_hour=max(hours.values(), default=0), per_day=max(per_day.values(), default=0), visit_minutes=mean,
        after_minutes=(terms.idle_ms + terms.grace_ms) / MINUTE_MS,
    )  # fmt: skip
    own = [row for row in leases if not row["overflow"]]
    return Use(days, len(visits), traffic, pool["numbers"], pool["held"], most_at_once(own), len(leases),
               len(leases) - len(own))


def most_at_once(leases: Iterable[Row]) -> int:
    """Return how many leases (`from_ms`, `to_ms`) were in force at the worst moment."""
    steps = sorted((moment, step) for row in leases for moment, step in ((row["from_ms"], 1), (row["to_ms"], -1)))
    held = most = 0
    for _, step in steps:
        held += step
        most = max(most, held)
    return most
