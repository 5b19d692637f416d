"""How many numbers are held when: leases laid over the hours of a period. Arrays of numpy in and out; pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from reports.period import Period

if TYPE_CHECKING:
    import numpy as np

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a period from its local midnight on: `starts` (ms) with the end after them, their local names."""

    starts: "np.ndarray[Any, Any]"
    days: tuple[str, ...]
    hours: tuple[str, ...]

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.days)

    def of(self, moments: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Return the place of the hour that each moment (ms) is in; -1 before the first, `count` after the last."""
        import numpy as np

        return np.searchsorted(self.starts, moments, side="right") - 1


def hours_of(period: Period, zone: ZoneInfo) -> Hours:
    """Return the hours of a period in a zone; a day of the clocks' change has one more or less."""
    import numpy as np

    starts: list[int] = []
    days: list[str] = []
    names: list[str] = []
    for n in range(period.days):
        day = period.start + timedelta(days=n)
        first, last = Period(day, day).edges_ms(zone)
        places = range(first, last, HOUR_MS)
        starts += places
        days += [day.isoformat()] * len(places)
        names += [f"{_hour(moment, zone):02}" for moment in places]
    return Hours(np.array([*starts, period.edges_ms(zone)[1]], dtype="int64"), tuple(days), tuple(names))


def held_ms(
    hours: Hours, begins: "np.ndarray[Any, Any]", ends: "np.ndarray[Any, Any]", rows: "np.ndarray[Any, Any]",
    height: int,
) -> "np.ndarray[Any, Any]":
    """Return how long numbers are held in each hour: a table of `height` rows; `rows` says in which each lease is."""
    import numpy as np

    begins, ends = np.maximum(begins, hours.starts[0]), np.minimum(ends, hours.starts[-1])
    some = ends > begins
    begins, ends, rows = begins[some], ends[some], rows[some]
    table = np.zeros((height, hours.count))
    first, last = hours.of(begins), hours.of(ends - 1)
    times = last - first + 1
    lease = np.repeat(np.arange(len(begins)), times)
    place = np.repeat(first - np.concatenate(([0], np.cumsum(times)[:-1])), times) + np.arange(times.sum())
    spent = np.minimum(ends[lease], hours.starts[place + 1]) - np.maximum(begins[lease], hours.starts[place])
    np.add.at(table, (rows[lease], place), spent)
    return table


def most_held(hours: Hours, begins: "np.ndarray[Any, Any]", ends: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return how many leases are in force at the worst moment of each hour; one that ends makes room for another."""
    import numpy as np

    some = ends > begins
    moments = np.concatenate((begins[some], ends[some]))
    steps = np.concatenate((np.ones(some.sum(), dtype="int64"), -np.ones(some.sum(), dtype="int64")))
    order = np.lexsort((steps, moments))
    moments, level = moments[order], np.cumsum(steps[order])
    before = np.searchsorted(moments, hours.starts[:-1], side="right")
    most = np.where(before > 0, level[before - 1], 0) if len(level) else np.zeros(hours.count, dtype="int64")
    within = (moments >= hours.starts[0]) & (moments < hours.starts[-1])
    if within.any():
        np.maximum.at(most, hours.of(moments[within]), level[within])
    return most


def _hour(moment: int, zone: ZoneInfo) -> int:
    from datetime import datetime

    return datetime.fromtimestamp(moment / 1000, zone).hour
