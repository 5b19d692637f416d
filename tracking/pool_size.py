"""How many numbers a pool needs. Pure.

Erlang B: visitors come at random, each holds a number for a while, and who finds none gets the overflow number. With
A = peak visitors per hour × hours that each holds a number (the visit, and what is waited after it), the share of
visitors who find none of N numbers is

    B(0) = 1,    B(N) = A·B(N-1) / (N + A·B(N-1))

The advice is the least N with B(N) ≤ the share that is put up with, by default 1 %. The formula asks for the mean only,
not for how the lengths are spread.
"""

from dataclasses import dataclass
from math import ceil

MOST = 2_000
BLOCKING = 0.01
USED_MUCH = 0.75
"""Above this share of its numbers at the same time, a pool wants to grow."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the pool has to bear. Minutes are means: of a visit, and of what is waited after it (idle and grace)."""

    peak_per_hour: float
    per_day: float
    visit_minutes: float
    after_minutes: float

    @property
    def lease_hours(self) -> float:
        """Return how long a number is held, hours."""
        return (self.visit_minutes + self.after_minutes) / 60

    @property
    def load(self) -> float:
        """Return A: how many numbers are held at once in the peak hour, were there enough (erlangs)."""
        return self.peak_per_hour * self.lease_hours


@dataclass(frozen=True, slots=True)
class Advice:
    """How many numbers: ours, and what others would say of the same traffic."""

    numbers: int
    blocking: float
    """The share of visitors who find none of `numbers`."""
    one_per_20_a_day: int
    """CallTrackingMetrics: one number for every 20 visitors of a day."""
    peak_by_visit: int
    """Nimbata: visitors of the peak hour ÷ (60 ÷ minutes of a visit). Nothing is held after the visit."""


def blocking(load: float, numbers: int) -> float:
    """Return B: the share of visitors who find no free number."""
    share = 1.0
    for n in range(1, numbers + 1):
        share = load * share / (n + load * share)
    return share


def numbers_for(load: float, most_blocked: float = BLOCKING) -> int:
    """Return the least pool that blocks at most this share of visitors; MOST when even that is too small."""
    share, numbers = 1.0, 0
    while share > most_blocked and numbers < MOST:
        numbers += 1
        share = load * share / (numbers + load * share)
    return numbers


def advice(traffic: Traffic, most_blocked: float = BLOCKING) -> Advice:
    """Return the advice for a traffic."""
    numbers = numbers_for(traffic.load, most_blocked) if traffic.load > 0 else 0
    return Advice(
        numbers, blocking(traffic.load, numbers) if numbers else 0.0, ceil(traffic.per_day / 20),
        ceil(traffic.peak_per_hour * traffic.visit_minutes / 60),
    )  # fmt: skip
