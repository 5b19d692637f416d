"""How sure a small number is: intervals of 95 %, a ratio of two rates, and how fast calls fade. Pure.

Wilson's interval of a share is honest where few were counted: it never leaves 0 to 1, and 0 of 5 is not "surely 0".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""95 % of a normal distribution lie within so many deviations."""
LEAST_TO_FADE = 12
"""Fewer calls than that say nothing about how they fade."""


@dataclass(frozen=True, slots=True)
class Span:
    """An estimate with the ends of its 95 % interval; None for what cannot be said."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


UNKNOWN = Span()


def wilson(part: int, whole: int) -> Span:
    """Return the share part / whole with Wilson's interval; nothing is known of a share of nothing.

    Raises:
        ValueError: the part is not within the whole.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} is no part of {whole}")
    if whole == 0:
        return UNKNOWN
    share, square = part / whole, Z * Z / whole
    middle = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / whole + square / (4 * whole)) / (1 + square)
    low = 0.0 if part == 0 else max(0.0, middle - half)
    high = 1.0 if part == whole else min(1.0, middle + half)
    return Span(share, low, high)


def times(before: tuple[int, int], after: tuple[int, int]) -> Span:
    """Return how many times as often as before something happens after; each is (count, days).

    Given how many there were together, those after are a share of them; Wilson's interval of that share gives the one
    of the ratio. Where nothing happened before there is no ratio and no upper end, but a lower one.
    """
    (count_before, days_before), (count_after, days_after) = before, after
    if not (days_before and days_after and count_before + count_after):
        return UNKNOWN
    share, per_day = wilson(count_after, count_before + count_after), days_before / days_after
    ends = (share.value, share.low, share.high)
    return Span(*(None if end is None else _odds(end, per_day) for end in ends))


def half_life(counts: Sequence[int]) -> float | None:
    """Return after how many days half as many ring, given calls of each day since the start.

    The days are taken for draws from a fading exponential that is cut off where they end; its rate is the one that
    makes what was seen likeliest. None while there are few calls, or they fade no faster than chance would have it.
    """
    days, calls = len(counts), sum(counts)
    if calls < LEAST_TO_FADE or days < 2:
        return None
    mean = sum(day * count for day, count in enumerate(counts)) / calls
    even, deviation = (days - 1) / 2, math.sqrt((days * days - 1) / 12 / calls)
    if even - mean <= Z * deviation:
        return None
    low, high = 1e-9, 700.0
    for _ in range(200):
        rate = (low + high) / 2
        low, high = (rate, high) if _mean_day(rate, days) > mean else (low, rate)
    return math.log(2) / low


def _mean_day(rate: float, days: int) -> float:
    """Return the mean day of a fading exponential over so many days."""
    weights = [math.exp(-rate * day) for day in range(days)]
    return sum(day * weight for day, weight in enumerate(weights)) / sum(weights)


def _odds(share: float, per_day: float) -> float | None:
    return None if share >= 1 else share / (1 - share) * per_day
