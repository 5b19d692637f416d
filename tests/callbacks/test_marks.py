"""Numbers that a person marked: nobody rings them back, and everybody can see why."""

import pytest

from callbacks import CallbacksError, NotMarked
from callbacks.marks import mark, mark_call, mark_pattern, unmark, unmark_call, unmark_pattern
from callbacks.rules import HANDLED_SINCE
from store import Row, Store, Tx, rollups
from tests.callbacks.clinic import PATIENT, Clinic, at
from tests.store.rows import rows


def test_a_mark_closes_what_is_open_and_opens_nothing_from_then_on(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        clinic.desk(tx, "piotr", "10:03").claim(1)
        assert mark(clinic.desk(tx, "anna", "10:05"), PATIENT, "spam", " sells \n windows ") == [1]
    row = clinic.callback()
    assert (row["closed_why"], row["closed_by"], row["reason"]) == ("manual", "anna", "spam: sells windows")
    assert clinic.inbound("2", "10:10") == []
    assert clinic.reason("2") == "spam"


def test_a_mark_needs_a_reason(clinic: Clinic, store: Store) -> None:
    with store.write() as tx, pytest.raises(CallbacksError, match="reason is empty"):
        mark(clinic.desk(tx, "anna", "10:05"), PATIENT, "spam", "  ")


def test_without_the_mark_recent_missed_calls_are_owed_a_callback_again(clinic: Clinic, store: Store) -> None:
    with store.write() as tx:
        mark(clinic.desk(tx, "anna", "09:00"), PATIENT, "test", "the installer's mobile")
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        assert unmark(tx, clinic.ctx, PATIENT, at("10:05")) == [1]
        with pytest.raises(NotMarked, match="numbers marked"):
            unmark(tx, clinic.ctx, PATIENT, at("10:05"))
    assert clinic.parts() == [("1", "missed")]
    assert clinic.reason("1") is None


def test_what_a_mark_closed_stays_closed_without_it(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        mark(clinic.desk(tx, "anna", "10:05"), PATIENT, "staff", "Dr Maj")
        assert unmark(tx, clinic.ctx, PATIENT, at("10:06")) == []
    clinic.inbound("2", "09:50", now="10:10")
    assert clinic.reason("2") == HANDLED_SINCE


def test_marking_again_replaces_what_was_said(clinic: Clinic, store: Store) -> None:
    with store.write() as tx:
        mark(clinic.desk(tx, "anna", "10:00"), PATIENT, "spam", "rings daily")
        mark(clinic.desk(tx, "piotr", "10:01"), PATIENT, "staff", "it is the new nurse")
        (row,) = rows(tx, "number_mark")
    assert (row["kind"], row["reason"], row["author"]) == ("staff", "it is the new nurse", "piotr")


def test_numbers_like_one_are_marked_by_a_pattern_and_the_number_itself_stands_above(
    clinic: Clinic, store: Store
) -> None:
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        assert mark_pattern(clinic.desk(tx, "anna", "10:05"), PATIENT[:7] + "*", "spam", "a call centre") == [1]
        assert excluded_of(tx, "1") == "spam"
        mark(clinic.desk(tx, "anna", "10:06"), PATIENT, "staff", "our own doctor")
        assert excluded_of(tx, "1") == "staff"
        unmark(tx, clinic.ctx, PATIENT, at("10:07"))
        assert excluded_of(tx, "1") == "spam"
    clinic.inbound("2", "10:10")
    assert clinic.reason("2") == "spam"
    with store.write() as tx:
        assert unmark_pattern(tx, clinic.ctx, PATIENT[:7] + "*", at("10:15")) == [2]
        assert excluded_of(tx, "1") == ""
        with pytest.raises(NotMarked):
            unmark_pattern(tx, clinic.ctx, PATIENT[:7] + "*", at("10:16"))


@pytest.mark.parametrize("pattern", ["+48*", "+4*8501", "501*", "+48501%", "*", "+48501000206x*"])
def test_a_pattern_is_of_a_few_numbers_with_their_country(clinic: Clinic, store: Store, pattern: str) -> None:
    with store.write() as tx, pytest.raises(CallbacksError, match="like"):
        mark_pattern(clinic.desk(tx, "anna", "10:05"), pattern, "spam", "why not")


def test_a_marked_call_owes_no_callback_and_is_in_no_sum_until_the_mark_is_off(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        rollups.rebuild(tx)
        assert mark_call(clinic.desk(tx, "anna", "10:05"), call_of(tx, "1"), "test", "the installer") == [1]
        assert [row["state"] for row in rows(tx, "callback")] == ["closed"]
        assert (excluded_of(tx, "1"), rows(tx, "rollup_source")) == ("test", [])
        assert not rollups.differences(tx)
    assert clinic.reason("1") == "test"
    with store.write() as tx:
        assert unmark_call(tx, clinic.ctx, call_of(tx, "1"), at("10:10")) != []
        assert [row["calls"] for row in rows(tx, "rollup_source")] == [1]
        assert not rollups.differences(tx)
        with pytest.raises(NotMarked):
            unmark_call(tx, clinic.ctx, call_of(tx, "1"), at("10:10"))
    assert clinic.reason("1") is None


def test_the_past_of_a_marked_number_counts_no_more(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        rollups.rebuild(tx)
        mark(clinic.desk(tx, "anna", "10:05"), PATIENT, "spam", "sells windows")
        assert rows(tx, "rollup_source") == []
        assert not rollups.differences(tx)


def call_of(tx: Tx, call: str) -> Row:
    [row] = tx.all("calls_by_id", id=call)
    return row


def excluded_of(tx: Tx, call: str) -> str:
    return str(call_of(tx, call)["excluded"])
