"""The rules of leases, without a store."""

from hypothesis import given
from hypothesis import strategies as st

from tracking.leasing import MINUTE_MS, Held, PoolNumber, Terms, in_order, matching

NOW = 1_000_000


def test_a_lease_lasts_for_the_idle_time_and_the_grace_after_the_last_sign_of_life() -> None:
    assert Terms(5 * MINUTE_MS, 20 * MINUTE_MS).until(NOW) == NOW + 25 * MINUTE_MS


def test_a_number_that_rested_longest_goes_out_first_and_a_fresh_one_before_all() -> None:
    numbers = [PoolNumber("+481", freed_ms=900), PoolNumber("+482", freed_ms=100), PoolNumber("+483"),
               PoolNumber("+484", held_until_ms=NOW), PoolNumber("+485", held_until_ms=NOW - 1)]
    assert in_order(numbers, NOW) == ["+483", "+482", "+481", "+485"]


def test_a_visitor_gets_the_number_of_before_if_it_is_free() -> None:
    numbers = [PoolNumber("+481", freed_ms=100), PoolNumber("+482", freed_ms=900), PoolNumber("+483", NOW + 5)]
    assert in_order(numbers, NOW, "+482") == ["+482", "+481"]
    assert in_order(numbers, NOW, "+483") == ["+481", "+482"]


def test_one_visitor_is_certain_and_of_two_each_is_believed_by_half() -> None:
    first, second = Held(1, 10, "anna", 0, 500), Held(2, 11, "bob", 300, 900)
    assert matching([first, second], 299) == matching([first], 299)
    match = matching([first, second], 400)
    assert match is not None
    assert (match.lease.id, match.among, match.confidence) == (2, 2, 0.5)
    assert matching([first, second], 901) is None


def test_two_leases_of_one_person_are_one_person() -> None:
    match = matching([Held(1, 10, "anna", 0, 500), Held(2, 11, "anna", 300, 900)], 400)
    assert match is not None
    assert (match.lease.id, match.confidence) == (2, 1.0)


@given(st.lists(st.tuples(st.sampled_from(["", "anna", "bob"]), st.integers(0, 50), st.integers(0, 50)), max_size=8),
       st.integers(0, 60))  # fmt: skip
def test_confidence_is_one_over_the_visitors_who_may_have_rung(rows: list[tuple[str, int, int]], at: int) -> None:
    leases = [Held(n, n, who, start, start + length) for n, (who, start, length) in enumerate(rows)]
    people = {(lease.visitor or str(lease.visit)) for lease in leases if lease.from_ms <= at <= lease.until_ms}
    match = matching(leases, at)
    assert (0 if match is None else match.among) == len(people)
    assert match is None or match.confidence * len(people) == 1
