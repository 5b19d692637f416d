"""Cells of the roll-ups: how they add up, and the buckets of a time."""

from collections.abc import Iterable, Iterator
from typing import Any

Cells = dict[tuple[str, tuple[Any, ...]], dict[str, int]]
"""(table, key) to measures; the key's parts are those of `store.rollups.KEYS`."""

LAST_BUCKET = 267
"""An hour and more."""

LAST_LONG_BUCKET = 1206
"""A year and more, among the buckets of callbacks."""


def total(many: Iterable[Cells]) -> Cells:
    """Add up the cells of several calls."""
    summed: Cells = {}
    for some in many:
        for cell, measures in some.items():
            into = summed.setdefault(cell, dict.fromkeys(measures, 0))
            for measure, value in measures.items():
                into[measure] = into.get(measure, 0) + value
    return summed


def bucket_of(ms: int) -> int:
    """Give the bucket of a time in ms: whole seconds up to two minutes, 5 s up to ten, then minutes, an hour and more.

    A bucket holds what is above the end of the one before and not above its own: "within 20 s" is exact.
    """
    if ms <= 0:
        return 0
    if ms <= 120_000:
        return (ms + 999) // 1000
    if ms <= 600_000:
        return 120 + (ms - 120_000 + 4999) // 5000
    return 216 + (ms - 600_000 + 59_999) // 60_000 if ms <= 3_600_000 else LAST_BUCKET


def bucket_end_s(bucket: int) -> int:
    """Give the longest time of a bucket in seconds; of the last one, where it begins."""
    if bucket <= 120:
        return bucket
    return 120 + (bucket - 120) * 5 if bucket <= 216 else 600 + (min(bucket, LAST_BUCKET - 1) - 216) * 60


def bucket_middle_s(bucket: int) -> float:
    """Give the middle of a bucket in seconds."""
    if bucket in (0, LAST_BUCKET):
        return float(bucket_end_s(bucket))
    return (bucket_end_s(bucket - 1) + bucket_end_s(bucket)) / 2


def long_end_s(bucket: int) -> int:
    """Give the longest time of a bucket of callbacks in seconds.

    These go on where those of waits end: by 5 minutes up to a day, by the hour up to two weeks, then days, a year and
    more. The view callback_counted_fresh puts times into them.
    """
    if bucket <= LAST_BUCKET - 1:
        return bucket_end_s(bucket)
    if bucket <= 542:
        return 3600 + (bucket - 266) * 300
    if bucket <= 854:
        return 86_400 + (bucket - 542) * 3600
    return 1_209_600 + (min(bucket, LAST_LONG_BUCKET - 1) - 854) * 86_400


def long_middle_s(bucket: int) -> float:
    """Give the middle of a bucket of callbacks in seconds."""
    if bucket in (0, LAST_LONG_BUCKET):
        return float(long_end_s(bucket))
    return (long_end_s(bucket - 1) + long_end_s(bucket)) / 2


def grains(first: str, last: str) -> Iterator[tuple[str, str, str]]:
    """Yield the fewest (grain, first period, last period) that cover the days from `first` to `last`, both included.

    Whole months are months; what is left at both ends is days. Days are ISO dates.
    """
    if first > last:
        return
    begin, end = _month_from(first), _month_until(last)
    if begin > end:
        yield "day", first, last
        return
    if first < f"{begin}-01":
        yield "day", first, f"{_month(begin, -1)}-31"
    yield "month", begin, end
    if last[:7] > end:
        yield "day", f"{_month(end, 1)}-01", last


def signed_grains(first: str, last: str) -> Iterator[tuple[int, str, str, str]]:
    """Yield (sign, grain, first period, last period) that add up to the days from `first` to `last`, both included.

    As `grains`, but a month of which most days are wanted is taken whole, and the others are taken away (sign -1).
    """
    for grain, begin, end in grains(first, last):
        if grain == "month":
            yield 1, grain, begin, end
            continue
        month = begin[:7]
        while month <= end[:7]:
            days = _length(month)
            low = int(begin[8:]) if month == begin[:7] else 1
            high = min(int(end[8:]), days) if month == end[:7] else days
            if (high - low + 1) * 2 <= days:
                yield 1, "day", f"{month}-{low:02}", f"{month}-{high:02}"
            else:
                yield 1, "month", month, month
                if low > 1:
                    yield -1, "day", f"{month}-01", f"{month}-{low - 1:02}"
                if high < days:
                    yield -1, "day", f"{month}-{high + 1:02}", f"{month}-{days:02}"
            month = _month(month, 1)


def _month_from(day: str) -> str:
    return day[:7] if day.endswith("-01") else _month(day[:7], 1)


def _month_until(day: str) -> str:
    return day[:7] if int(day[8:]) == _length(day[:7]) else _month(day[:7], -1)


def _month(month: str, later: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + later
    return f"{number // 12:04}-{number % 12 + 1:02}"


def _length(month: str) -> int:
    from calendar import monthrange

    return monthrange(int(month[:4]), int(month[5:]))[1]
