"""The rules alone: situations in, actions out."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.facts import (
    AddMiss,
    Attempt,
    Callback,
    Close,
    Contact,
    Expire,
    Miss,
    Open,
    Replan,
    Rules,
    Situation,
    Skip,
    Wait,
)
from callbacks.rules import decide, due_after, is_paid, plan
from tests.callbacks.clinic import OFFICE, at

RULES = Rules()


def miss(name: str, ended: str, **more: object) -> Miss:
    return replace(Miss(("main", name), at(ended) - 30_000, at(ended)), **more)  # type: ignore[arg-type]


def contact(name: str, ended: str, **more: object) -> Contact:
    known = Contact(("main", name), at(ended) - 60_000, at(ended), False, True, True, "101", "answered")
    return replace(known, **more)  # type: ignore[arg-type]


def situation(now: str, **more: object) -> Situation:
    return replace(Situation("+48501000206", "", at(now), OFFICE), **more)  # type: ignore[arg-type]


def an_open_callback(*misses: Miss, **more: object) -> Callback:
    known = Callback(
        7, "missed", True, misses[0].ended_ms, at("10:15"), at("2026-11-30 10:00"), 0, misses=misses
    )
    return replace(known, **more)  # type: ignore[arg-type]


def test_nothing_known_asks_for_nothing() -> None:
    assert decide(RULES, situation("10:00")) == []


def test_a_miss_opens_a_callback_and_joins_it() -> None:
    missed = miss("1", "10:00")
    opened, added = decide(RULES, situation("10:00", misses=(missed,)))
    assert isinstance(opened, Open)
    assert opened.plan.due_ms == at("10:15")
    assert added == AddMiss(None, missed)


def test_while_the_caller_is_on_the_line_nothing_is_decided() -> None:
    assert decide(RULES, situation("10:00", misses=(miss("1", "10:00"),), live=True)) == [Wait()]


def test_a_number_that_may_not_be_rung_has_its_reason_even_while_it_is_on_the_line() -> None:
    actions = decide(RULES, situation("10:00", misses=(miss("1", "10:00"),), live=True, barred="spam"))
    assert actions == [Skip(("main", "1"), "spam"), Wait()]


def test_a_barred_number_keeps_its_open_callback_closable() -> None:
    callback = an_open_callback(miss("1", "10:00"))
    actions = decide(RULES, situation("10:30", callback=callback, contacts=(contact("2", "10:20"),), barred="spam"))
    assert [type(action) for action in actions] == [Close]


def test_a_talk_closes_with_who_spoke_and_when() -> None:
    actions = decide(RULES, situation("10:30", callback=an_open_callback(miss("1", "10:00")),
                                      contacts=(contact("2", "10:20"),)))
    (closing,) = actions
    assert isinstance(closing, Close)
    assert (closing.why, closing.call, closing.person, closing.at_ms) == ("reached", ("main", "2"), "101", at("10:20"))
    assert closing.unconfirmed_until_ms is None


def test_a_short_talk_is_to_be_confirmed_until_the_working_day_ends() -> None:
    (closing,) = decide(RULES, situation("10:30", callback=an_open_callback(miss("1", "10:00")),
                                         contacts=(contact("2", "10:20", sure=False),)))
    assert isinstance(closing, Close)
    assert closing.unconfirmed_until_ms == at("18:00")


def test_a_talk_that_a_person_said_was_a_machine_closes_nothing() -> None:
    callback = an_open_callback(miss("1", "10:00"), attempts={("main", "2"): "voicemail"})
    assert decide(RULES, situation("10:30", callback=callback, contacts=(contact("2", "10:20", sure=False),))) == []


def test_a_call_before_a_person_opened_it_again_closes_nothing() -> None:
    callback = an_open_callback(miss("1", "10:00"), renewed_ms=at("11:00"))
    assert decide(RULES, situation("11:30", callback=callback, contacts=(contact("2", "10:20"),))) == []


def test_an_attempt_is_recorded_once_and_plans_the_next() -> None:
    tried = contact("2", "10:20", reached=False, outcome="no_answer")
    callback = an_open_callback(miss("1", "10:00"))
    attempt, planned = decide(RULES, situation("10:30", callback=callback, contacts=(tried,)))
    assert attempt == Attempt(7, tried)
    assert isinstance(planned, Replan)
    assert planned.plan.due_ms == at("11:20")
    known = replace(callback, attempts={("main", "2"): "no_answer"})
    assert decide(RULES, situation("10:30", callback=known, contacts=(tried,))) == []


def test_a_claim_keeps_a_callback_from_running_out() -> None:
    callback = an_open_callback(miss("1", "10:00"))
    late = situation("2026-12-01 10:00", callback=callback)
    assert [type(action) for action in decide(RULES, late)] == [Expire]
    held = replace(late, callback=replace(callback, claimed_until_ms=at("2026-12-01 10:05")))
    assert decide(RULES, held) == []


def test_one_attempt_allowed_on_one_day_expires_at_once() -> None:
    rules = Rules(attempts=1, attempt_days=1)
    tried = contact("2", "10:20", reached=False, outcome="no_answer")
    actions = decide(rules, situation("10:30", callback=an_open_callback(miss("1", "10:00")), contacts=(tried,)))
    assert [type(action) for action in actions] == [Attempt, Expire]


def test_attempts_before_the_caller_rang_again_are_not_counted_against_it() -> None:
    tries = tuple(
        contact(str(n), when, reached=False, outcome="no_answer")
        for n, when in enumerate(["10:20", "12:00", "2026-11-24 09:00"])
    )
    callback = an_open_callback(miss("a", "10:00"), miss("b", "2026-11-24 08:30"))
    assert not plan(RULES, OFFICE, callback, tries).spent
    assert plan(RULES, OFFICE, an_open_callback(miss("a", "10:00")), tries).spent


@pytest.mark.parametrize(("ended", "due"), [
    ("10:00", "10:15"), ("17:50", "2026-11-24 08:05"), ("18:00", "2026-11-24 09:00"), ("07:59", "09:00"),
    ("2026-11-21 12:00", "09:00"),
])
def test_when_a_miss_is_due(ended: str, due: str) -> None:
    assert due_after(RULES, OFFICE, at(ended)) == at(due)


@pytest.mark.parametrize(("medium", "cost", "paid"), [
    (None, False, False), ("cpc", False, True), ("billboard", False, True), ("organic", False, False),
    ("organic", True, True), ("(none)", False, False), ("Referral", False, False),
])
def test_which_campaigns_are_paid(medium: str | None, cost: bool, paid: bool) -> None:
    assert is_paid(medium, cost) is paid


_minute = st.integers(0, 5 * 24 * 60).map(lambda m: at("2026-11-23 08:00") + m * 60_000)


@st.composite
def histories(draw: st.DrawFn) -> Callback:
    ends = draw(st.lists(_minute, min_size=1, max_size=4, unique=True))
    misses = tuple(Miss(("main", f"m{n}"), end, end) for n, end in enumerate(sorted(ends)))
    return Callback(1, "missed", True, misses[0].ended_ms, 0, 0, 0, misses=misses)


@given(histories(), st.lists(_minute, max_size=4, unique=True), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_a_plan_does_not_depend_on_the_order_facts_came_in(callback: Callback, tried: list[int], mix: object) -> None:
    tries = [Contact(("main", f"t{n}"), ms, ms, False, False, False, "101", "no_answer") for n, ms in enumerate(tried)]
    expected = plan(RULES, OFFICE, callback, tries)
    mix.shuffle(tries)  # type: ignore[attr-defined]
    assert plan(RULES, OFFICE, callback, tries) == expected


@given(histories(), st.lists(_minute, max_size=4, unique=True))
@settings(max_examples=200, deadline=None)
def test_what_is_planned_falls_into_working_hours_and_before_it_expires(callback: Callback, tried: list[int]) -> None:
    tries = [Contact(("main", f"t{n}"), ms, ms, False, False, False, "101", "no_answer") for n, ms in enumerate(tried)]
    planned = plan(RULES, OFFICE, callback, tries)
    assert OFFICE.is_open(planned.due_ms) or OFFICE.is_open(planned.due_ms - 1)
    assert planned.due_ms < planned.expires_ms
