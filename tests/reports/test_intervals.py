"""How sure small numbers are: Wilson's interval, a ratio of rates, and how fast calls fade."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.intervals import LEAST_TO_FADE, UNKNOWN, Z, half_life, times, wilson

COUNTS = st.integers(0, 2_000)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    whole = draw(st.integers(1, 2_000))
    return draw(st.integers(0, whole)), whole


def test_the_interval_is_the_one_of_the_books() -> None:
    span = wilson(3, 10)
    assert span.value == 0.3
    assert span.low == pytest.approx(0.1078, abs=1e-4)
    assert span.high == pytest.approx(0.6032, abs=1e-4)


def test_nothing_is_known_of_nothing() -> None:
    assert wilson(0, 0) == UNKNOWN
    assert times((0, 28), (0, 28)) == UNKNOWN
    assert times((5, 0), (5, 28)) == UNKNOWN


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="6 is no part of 5"):
        wilson(6, 5)


@given(shares())
def test_the_ends_hold_the_share_and_stay_shares(drawn: tuple[int, int]) -> None:
    span = wilson(*drawn)
    assert span.value is not None
    assert span.low is not None
    assert span.high is not None
    assert 0 <= span.low <= span.value <= span.high <= 1
    assert span.low < span.high


@given(shares())
def test_each_end_is_a_share_from_which_what_was_seen_is_just_not_too_far(drawn: tuple[int, int]) -> None:
    span, (part, whole) = wilson(*drawn), drawn
    for end in (span.low, span.high):
        assert end is not None
        if 0 < end < 1:
            deviation = math.sqrt(end * (1 - end) / whole)
            assert abs(part / whole - end) == pytest.approx(Z * deviation, rel=1e-6, abs=1e-9)


@given(shares(), st.integers(2, 50))
def test_the_same_share_of_more_is_surer(drawn: tuple[int, int], more: int) -> None:
    few, many = wilson(*drawn), wilson(drawn[0] * more, drawn[1] * more)
    assert few.low is not None
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert many.high - many.low < few.high - few.low


@given(shares())
def test_what_is_not_the_share_has_the_mirrored_interval(drawn: tuple[int, int]) -> None:
    one, other = wilson(*drawn), wilson(drawn[1] - drawn[0], drawn[1])
    assert one.low is not None
    assert other.high is not None
    assert one.low == pytest.approx(1 - other.high, abs=1e-12)


@given(COUNTS, st.integers(1, 90), COUNTS, st.integers(1, 90))
def test_the_ratio_is_between_its_ends(before: int, days_before: int, after: int, days_after: int) -> None:
    span = times((before, days_before), (after, days_after))
    if before == after == 0:
        assert span == UNKNOWN
        return
    assert (span.value is None) == (before == 0)
    assert (span.high is None) == (before == 0)
    assert span.low is not None
    if span.value is not None:
        assert span.high is not None
        assert span.value == pytest.approx((after / days_after) / (before / days_before))
        assert span.low <= span.value * (1 + 1e-9)
        assert span.value <= span.high * (1 + 1e-9)


def test_a_rise_that_chance_explains_has_1_within_its_ends_and_a_great_one_has_not() -> None:
    small, great = times((4, 28), (7, 28)), times((40, 28), (120, 28))
    assert small.low is not None
    assert great.low is not None
    assert small.low < 1 < great.low


@given(st.floats(1.5, 30), st.integers(10, 60), st.integers(400, 4000))
def test_a_fading_is_found_again(days: float, length: int, calls: int) -> None:
    rate = math.log(2) / days
    counts = [round(calls * math.exp(-rate * day)) for day in range(length)]
    found = half_life(counts)
    if found is not None:
        assert found == pytest.approx(days, rel=0.15)
    else:
        assert days > length / 2


@given(st.integers(2, 90), st.integers(1, 50))
def test_what_is_even_does_not_fade(length: int, per_day: int) -> None:
    assert half_life([per_day] * length) is None


@given(st.lists(st.integers(0, 40), max_size=60))
def test_what_rises_or_is_few_does_not_fade(counts: list[int]) -> None:
    assert half_life(sorted(counts)) is None
    if sum(counts) < LEAST_TO_FADE:
        assert half_life(counts) is None


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60))
def test_a_half_life_is_a_number_of_days(counts: list[int]) -> None:
    found = half_life(counts)
    assert found is None or found > 0


def test_calls_of_the_first_day_alone_fade_at_once() -> None:
    found = half_life([50, 0, 0, 0, 0])
    assert found is not None
    assert found < 0.1
