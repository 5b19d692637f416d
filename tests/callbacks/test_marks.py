"""Numbers that a person marked: nobody rings them back, and everybody can see why."""

import pytest

from callbacks import CallbacksError, NotMarked
from callbacks.marks import mark, unmark
from callbacks.rules import HANDLED_SINCE
from store import Store
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
