"""The simulation of `bench/visitors.py`, small: what a pool can promise, it keeps."""

from bench.visitors import World, draw, play
from tracking.leasing import Terms

WORLD = World(per_hour=12, hours=4, days=1, calls=0.5, later=0.2)


def test_with_numbers_for_everybody_each_call_in_time_is_its_visitors() -> None:
    found = play(draw(WORLD), 60, Terms())
    assert found["calls"] > 10
    assert found["overflowed"] == 0
    assert found["right"] == found["in_time"]


def test_a_small_pool_says_less_rather_than_something_false() -> None:
    found = play(draw(WORLD), 1, Terms())
    assert found["overflowed"] > found["visitors"] / 2
    assert found["unsaid"] > found["wrong"]
    assert found["right"] + found["wrong"] + found["unsaid"] + found["nobody"] == found["calls"]
