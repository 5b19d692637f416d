"""A call's story on a time axis."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.store.rows import START_MS, call_row
from tests.web.test_board import leg, talk, wait
from web.calls_story import Parts, Span, story, ticks

NOW = START_MS + 600_000


def answered(**changes: Any) -> dict[str, Any]:
    return call_row(id="1.1", outcome="answered", ended_ms=START_MS + 30_000, answered_by="102", **changes)


PARTS = Parts(
    legs=[
        leg(number="+48501000206", role="trunk", started_ms=START_MS, answered_ms=START_MS,
            ended_ms=START_MS + 30_000),
        leg(number="101", ended_ms=START_MS + 8000, ring_ms=5500),
        leg(number="102", answered_ms=START_MS + 9000, ended_ms=START_MS + 30_000, ring_ms=4000),
        leg(number="reception", role="local"),
    ],
    talks=[talk(who="102", at_ms=START_MS + 9000, ended_ms=START_MS + 30_000)],
    waits=[wait(at_ms=START_MS + 1000, ended_ms=START_MS + 9000, departed="answered")],
)


def test_the_callers_lane_tells_of_the_wait_and_the_talk_and_each_phone_of_its_ringing() -> None:
    told = story(answered(), PARTS, NOW)
    assert [(lane.role, lane.name) for lane in told.lanes] == [
        ("trunk", "+48501000206"), ("phone", "101"), ("phone", "102")]
    assert told.lanes[0].spans == (
        Span("line", 0, 30_000), Span("wait", 1000, 9000, "reception"), Span("talk", 9000, 30_000, "102"))
    assert told.lanes[1].spans == (Span("ring", 2500, 8000, "101"),)
    assert told.lanes[2].spans == (
        Span("ring", 5000, 9000, "102"), Span("line", 9000, 30_000), Span("talk", 9000, 30_000, "102"))
    assert told.length_ms == 30_000
    assert not told.going_on


def test_the_same_is_said_in_words_in_the_order_it_happened() -> None:
    told = story(answered(hung_up_by="caller"), PARTS, NOW)
    assert [(what, who) for _, what, who in told.events] == [
        ("begins", "+48501000206"), ("waits", "reception"), ("rings", "101"), ("rings", "102"),
        ("left_answered", "reception"), ("talks", "102"), ("talked", "102"), ("over", "caller")]


def test_a_call_that_lives_ends_now() -> None:
    told = story(answered(state="talking") | {"ended_ms": None}, Parts(legs=[leg()], talks=[talk()]), NOW)
    assert told.going_on
    assert told.length_ms == 600_000
    assert told.lanes[0].spans[-1] == Span("talk", 9000, 600_000, "101")


def test_a_phone_that_rings_still_rings_to_the_end_of_the_axis() -> None:
    told = story(answered() | {"ended_ms": None}, Parts(legs=[leg(number="1", role="trunk"), leg()]), START_MS + 10_000)
    assert told.lanes[1].spans == (Span("ring", 2000, 10_000, "101"),)


@given(st.integers(1, 200_000_000))
def test_the_axis_has_few_marks_at_round_steps(length: int) -> None:
    marks = ticks(length)
    assert 1 <= len(marks) <= 9
    assert marks[0] == 0
    assert marks[-1] <= length


times = st.integers(-5_000, 100_000)


@given(st.lists(st.tuples(times, st.none() | times, st.none() | times, st.none() | st.integers(0, 60_000))),
       st.none() | times)
def test_no_span_leaves_the_axis_whatever_the_clocks_said(
    made: list[tuple[int, int | None, int | None, int | None]], end: int | None
) -> None:
    legs = [
        leg(number=str(place), started_ms=START_MS + begin, answered_ms=None if up is None else START_MS + up,
            ended_ms=None if over is None else START_MS + over, ring_ms=ring)
        for place, (begin, up, over, ring) in enumerate(made)
    ]
    told = story(answered() | {"ended_ms": None if end is None else START_MS + end}, Parts(legs), NOW)
    for lane in told.lanes:
        for span in lane.spans:
            assert 0 <= span.from_ms <= span.to_ms <= told.length_ms
