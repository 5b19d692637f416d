"""Which call made an appointment: the rule, and the store that keeps it."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Store, open_store
from store.merge import merge_calls
from tests.store.rows import PBX
from tests.tracking.booking import ANNA, BORYS, CLOCK, appointment, at, call, calls_of, patient, topic
from tracking.appointments_made import AFTER_MS, RULES, Candidate, Written, maker
from tracking.appointments_relate import made_by, relate, relate_recent
from tracking.appointments_words import why_made

NOW = at("2026-11-24 12:00")
MINUTE = 60_000


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        with opened.write() as tx:
            patient(tx, "P-1", "Anna Wzorowa", ANNA)
            patient(tx, "P-2", "Borys Wzorowy", BORYS)
        yield opened


def ring(ident: str, start: int, **changes: object) -> Candidate:
    return Candidate(**{"pbx": "main", "id": ident, "started_ms": start, "ended_ms": start + 2 * MINUTE,
                        "local_day": "2026-11-23", "answered": True} | changes)  # type: ignore[arg-type]


def test_of_two_calls_in_the_time_the_nearest_made_it() -> None:
    calls = [ring("1", 10 * MINUTE), ring("2", 90 * MINUTE), ring("3", 101 * MINUTE)]
    made = maker(Written(10**9, 100 * MINUTE), calls)
    assert made is not None
    assert (made.call, made.rule, made.evidence) == ("2", "talk", {"calls": 2, "created": "time", "after_s": 480})


def test_a_noted_booking_wins_over_a_nearer_call() -> None:
    made = maker(Written(10**9, 100 * MINUTE), [ring("1", 10 * MINUTE, category="booked"), ring("2", 90 * MINUTE)])
    assert made is not None
    assert (made.call, made.rule) == ("1", "topic")


def test_a_visit_that_was_noted_on_a_call_is_that_calls_whenever_it_was_written_down() -> None:
    start = 9 * AFTER_MS
    made = maker(Written(start, 3 * AFTER_MS), [ring("1", 0, booked_ms=start), ring("2", 3 * AFTER_MS - MINUTE)])
    assert made is not None
    assert (made.call, made.rule) == ("1", "booking")


def test_a_call_that_was_missed_counts_when_no_other_does() -> None:
    calls = [ring("1", 0, answered=False, callback=7), ring("2", 30 * MINUTE, answered=False, category="sales_spam")]
    made = maker(Written(10**9, 40 * MINUTE), calls)
    assert made is not None
    assert (made.call, made.rule, made.callback) == ("1", "missed", 7)
    assert maker(Written(10**9, 40 * MINUTE, imported=True), calls) is None


def test_without_a_time_of_making_only_a_noted_booking_since_the_visit_before_will_do() -> None:
    written = Written(20 * AFTER_MS, before_ms=5 * AFTER_MS)
    assert maker(written, [ring("1", 6 * AFTER_MS)]) is None
    assert maker(written, [ring("1", 4 * AFTER_MS, category="booked")]) is None
    made = maker(written, [ring("1", 6 * AFTER_MS, category="booked"), ring("2", 7 * AFTER_MS, category="booked")])
    assert made is not None
    assert (made.call, made.evidence["created"]) == ("2", "unknown")


CALLS = st.lists(
    st.builds(
        ring, st.uuids().map(str), st.integers(0, 4 * AFTER_MS), answered=st.booleans(),
        category=st.sampled_from([None, "booked", "information", "wrong_number"]),
    ), max_size=6, unique_by=lambda one: one.id,
)  # fmt: skip


@given(CALLS, st.integers(0, 5 * AFTER_MS), st.randoms(use_true_random=False))
def test_the_maker_is_in_time_and_of_the_first_rule_whatever_the_order_of_the_calls(
    calls: list[Candidate], created: int, random: object
) -> None:
    written = Written(10 * AFTER_MS, created)
    made = maker(written, calls)
    assert made == maker(written, sorted(calls, key=lambda one: one.id))
    able = [one for one in calls if one.started_ms <= created <= one.ended_ms + AFTER_MS
            and one.category != "wrong_number"]
    assert (made is not None) == bool(able)
    if made is not None:
        chosen = next(one for one in calls if one.id == made.call)
        assert chosen in able
        first = next(name for name, holds in RULES if any(holds(one, written) for one in able))
        assert made.rule == first


def test_a_call_and_its_appointment_find_each_other_and_doing_it_again_changes_nothing(store: Store) -> None:
    with store.write() as tx:
        call(tx, "1", "10:00")
        appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:05")
        assert relate_recent(tx, CLOCK, NOW) == 1
        assert relate_recent(tx, CLOCK, NOW + 1) == 0
    assert calls_of(store) == [("A-1", "1", "talk")]
    assert relate(store, CLOCK, NOW).changed == 0


def test_a_topic_noted_later_moves_the_appointment_to_its_call(store: Store) -> None:
    with store.write() as tx:
        call(tx, "1", "10:00")
        call(tx, "2", "10:20")
        appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:25")
        relate_recent(tx, CLOCK, NOW)
        topic(tx, "1", "booked", "11:00")
        assert relate_recent(tx, CLOCK, NOW) == 1
    assert calls_of(store) == [("A-1", "1", "topic")]


def test_an_appointment_whose_day_of_making_alone_is_told_is_that_days_calls(store: Store) -> None:
    with store.write() as tx:
        call(tx, "1", "2026-11-22 10:00")
        call(tx, "2", "10:00")
        appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="00:00")
        relate_recent(tx, CLOCK, NOW)
        row, made = tx.one("appointment_get", ref="A-1"), made_by(tx, "A-1")
        assert row is not None
        sentences = why_made(tx, row, made)
    assert calls_of(store) == [("A-1", "2", "talk")]
    assert "The clinic's system says only the day on which it was made, 2026-11-23; the call was on it." in sentences


def test_a_call_that_was_about_another_of_the_family_is_not_this_patients(store: Store) -> None:
    with store.write() as tx:
        patient(tx, "P-3", "Celina Wzorowa", ANNA)
        call(tx, "1", "10:00")
        topic(tx, "1", "booked", "10:02", "P-3")
        appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:01")
        appointment(tx, "A-3", "P-3", "2026-11-30 09:30", created="10:01")
        relate_recent(tx, CLOCK, NOW)
    assert calls_of(store) == [("A-3", "1", "topic")]


def test_a_call_from_elsewhere_that_was_noted_as_the_patients_counts(store: Store) -> None:
    with store.write() as tx:
        call(tx, "1", "10:00", number="+48501000999")
        topic(tx, "1", "booked", "10:02", "P-1")
        appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:01")
        relate_recent(tx, CLOCK, NOW)
    assert calls_of(store) == [("A-1", "1", "topic")]


def test_two_calls_that_turn_out_to_be_one_keep_the_appointment(store: Store) -> None:
    with store.write() as tx:
        call(tx, "1", "10:00")
        call(tx, "2", "10:01")
        appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:04")
        relate_recent(tx, CLOCK, NOW)
    assert calls_of(store) == [("A-1", "2", "talk")]
    with store.write() as tx:
        merge_calls(tx, PBX, "2", "1")
    assert calls_of(store) == [("A-1", "1", "talk")]


def test_an_appointment_that_no_call_made_says_so_and_forgets_a_call_that_did(store: Store) -> None:
    with store.write() as tx:
        call(tx, "1", "10:00")
        row = appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:05")
        relate_recent(tx, CLOCK, NOW)
        row |= {"created_ms": at("2026-11-20 10:00")}
        tx.many("appointment_put", [row])
        assert relate_recent(tx, CLOCK, NOW) == 1
        assert made_by(tx, "A-1") is None
        assert why_made(tx, row, None) == [
            "No call of this patient was within 24 hours before the appointment was written down."
        ]


def test_a_noted_booking_counts_until_its_appointment_is_known(store: Store) -> None:
    def counts() -> tuple[int, int, int]:
        with store.read() as tx:
            row = tx.one("call_counts_as", pbx=PBX, id="1")
            assert row is not None
            return row["appointments"], row["standing"], row["provisional"]

    with store.write() as tx:
        call(tx, "1", "10:00")
        topic(tx, "1", "booked", "10:02")
    assert counts() == (0, 0, 1)
    with store.write() as tx:
        row = appointment(tx, "A-1", "P-1", "2026-11-30 09:00", created="10:01")
        relate_recent(tx, CLOCK, NOW)
    assert counts() == (1, 1, 0)
    with store.write() as tx:
        tx.many("appointment_put", [row | {"status": "cancelled"}])
    assert counts() == (1, 0, 0)
