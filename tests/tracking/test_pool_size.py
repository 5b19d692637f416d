"""How many numbers a pool needs."""

from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.pool_size import Traffic, advice, blocking, numbers_for


@given(st.floats(0.01, 60), st.integers(0, 40))
def test_the_recursion_is_erlangs_formula(load: float, numbers: int) -> None:
    terms = [load**n / factorial(n) for n in range(numbers + 1)]
    assert blocking(load, numbers) == pytest.approx(terms[-1] / sum(terms))


@given(st.floats(0.01, 200))
def test_the_advice_is_the_least_pool_that_is_good_enough(load: float) -> None:
    numbers = numbers_for(load)
    assert blocking(load, numbers) <= 0.01 < blocking(load, numbers - 1)


def test_a_known_table_says_the_same() -> None:
    # Erlang B tables: 10 erlangs and 1 % blocking need 18 lines.
    assert (numbers_for(10.0), numbers_for(1.0), numbers_for(50.0)) == (18, 5, 64)


def test_advice_stands_beside_what_others_say() -> None:
    # 200 visitors in the peak hour who stay three minutes: Nimbata says 10; 200 a day: CallTrackingMetrics says 10.
    found = advice(Traffic(peak_per_hour=200, per_day=200, visit_minutes=3, after_minutes=0))
    assert (found.peak_by_visit, found.one_per_20_a_day, found.numbers) == (10, 10, 18)
    assert advice(Traffic(0, 0, 3, 25)).numbers == 0
