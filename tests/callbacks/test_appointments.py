"""Who is expected today is rung back earlier; who booked meanwhile is not rung back at all. On every engine."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callbacks.hours import Hours
from callbacks.queue import on_appointments
from callbacks.rules import EACH_FURTHER_MISS, EXPECTED_TODAY, FIRST_TIME_OF_PAID, LEFT_A_MESSAGE, MOST_FURTHER_MISSES
from callbacks.situation import Context
from patients.directory import Number, Patient, put
from tests.callbacks.clinic import CONTEXT, OFFICE, OTHER, PATIENT, WARSAW, Clinic, at, inbound
from tracking.moments import local_day

MONDAY = "2026-11-23"


@pytest.fixture
def clinic(clinic: Clinic) -> Clinic:
    """The clinic, with Anna on the number that rings."""
    patient(clinic, "P-1")
    return clinic


def patient(clinic: Clinic, ref: str, number: str = PATIENT) -> None:
    with clinic.store.write() as tx:
        put(tx, [Patient(ref, f"Anna {ref}", (Number(number, number),))], at("08:00"))


def appointment(clinic: Clinic, ref: str, start: str, **changes: Any) -> None:
    start_ms = at(start)
    created = changes.pop("created", "2026-11-02 10:00")
    row = {
        "ref": ref, "patient": "P-1", "created_ms": created and at(created), "start_ms": start_ms,
        "local_day": local_day(start_ms, WARSAW), "status": "booked", "service": None, "doctor": None,
        "value_minor": None, "currency": None, "location": "", "cancelled_ms": None, "channel": None, "source": None,
        "medium": None, "campaign": None, "imported_ms": 0,
    }  # fmt: skip
    with clinic.store.write() as tx:
        tx.many("appointment_put", [row | changes])


def imported(clinic: Clinic, now: str) -> list[int]:
    with clinic.store.write() as tx:
        return on_appointments(tx, clinic.ctx, at(now))


def priority(clinic: Clinic, callback: int = 1) -> int:
    return int(clinic.callback(callback)["priority"])


def test_whoever_is_expected_today_has_priority_from_the_miss_on(clinic: Clinic) -> None:
    appointment(clinic, "A-1", f"{MONDAY} 16:00")
    clinic.inbound("c1", "10:00")
    assert (priority(clinic), clinic.callback()["appointment_on"]) == (EXPECTED_TODAY, MONDAY)


@pytest.mark.parametrize("start", ["2026-11-22 16:00", "2026-11-24 00:00", "2026-12-23 10:00"])
def test_an_appointment_of_another_day_gives_none(clinic: Clinic, start: str) -> None:
    appointment(clinic, "A-1", start)
    clinic.inbound("c1", "10:00")
    assert priority(clinic) == 0


@pytest.mark.parametrize("status", ["cancelled", "proposed"])
def test_an_appointment_that_is_not_to_be_gives_none(clinic: Clinic, status: str) -> None:
    appointment(clinic, "A-1", f"{MONDAY} 16:00", status=status)
    clinic.inbound("c1", "10:00")
    assert priority(clinic) == 0


def test_the_appointment_of_somebody_else_gives_none(clinic: Clinic) -> None:
    patient(clinic, "P-2", OTHER)
    appointment(clinic, "A-1", f"{MONDAY} 16:00", patient="P-2")
    clinic.inbound("c1", "10:00")
    assert priority(clinic) == 0


def test_any_of_several_patients_on_the_number_counts(clinic: Clinic) -> None:
    patient(clinic, "P-2")
    appointment(clinic, "A-1", f"{MONDAY} 16:00", patient="P-2")
    clinic.inbound("c1", "10:00")
    assert priority(clinic) == EXPECTED_TODAY


def test_each_midnight_gives_and_takes_the_priority(clinic: Clinic) -> None:
    appointment(clinic, "A-1", "2026-11-24 09:00")
    clinic.inbound("c1", "10:00")
    assert clinic.sweep(f"{MONDAY} 23:59") == []
    assert clinic.sweep("2026-11-24 00:00") == [1]
    assert priority(clinic) == EXPECTED_TODAY
    assert clinic.sweep("2026-11-24 00:01") == []
    assert clinic.sweep("2026-11-24 23:59") == []
    assert clinic.sweep("2026-11-25 00:00") == [1]
    assert (priority(clinic), clinic.callback()["appointment_on"]) == (0, None)


def test_the_day_with_25_hours_is_one_day(clinic: Clinic) -> None:
    appointment(clinic, "A-1", "2026-10-25 23:30")
    clinic.inbound("c1", "2026-10-25 00:10")
    assert priority(clinic) == EXPECTED_TODAY
    assert clinic.sweep("2026-10-25 23:59") == []
    assert clinic.sweep("2026-10-26 00:00") == [1]


def test_a_cancellation_takes_the_priority_at_import(clinic: Clinic) -> None:
    appointment(clinic, "A-1", f"{MONDAY} 16:00")
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-1", f"{MONDAY} 16:00", status="cancelled")
    assert imported(clinic, "11:00") == [1]
    assert priority(clinic) == 0


def test_an_import_gives_priority_to_whoever_waits_already(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00", location="north")
    clinic.inbound("c2", "10:10", location="south")
    appointment(clinic, "A-1", f"{MONDAY} 16:00", created=None)
    assert imported(clinic, "11:00") == [1, 2]
    assert (priority(clinic, 1), priority(clinic, 2)) == (EXPECTED_TODAY, EXPECTED_TODAY)
    assert imported(clinic, "11:01") == []


def test_nothing_is_decided_while_the_caller_is_on_the_line(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    clinic.inbound("c2", "10:30", None)
    appointment(clinic, "A-1", f"{MONDAY} 16:00")
    assert imported(clinic, "10:31") == []
    clinic.inbound("c2", "10:30")
    assert priority(clinic) == EXPECTED_TODAY + EACH_FURTHER_MISS


def test_a_first_time_caller_of_a_paid_campaign_still_comes_first() -> None:
    lesser = EACH_FURTHER_MISS * MOST_FURTHER_MISSES + LEFT_A_MESSAGE
    assert lesser < EXPECTED_TODAY
    assert lesser + EXPECTED_TODAY < FIRST_TIME_OF_PAID


def test_an_appointment_made_after_the_miss_closes_with_its_ref_as_evidence(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-7", "2026-11-30 09:00", created="10:40")
    assert imported(clinic, "12:00") == [1]
    row = clinic.callback()
    assert (row["state"], row["closed_why"], row["reason"]) == ("closed", "booked", "appointment A-7 was made")
    assert (row["closed_ms"], row["closed_by"], row["closed_call"]) == (at("10:40"), None, None)
    assert clinic.feed() == ["callback.opened", "callback.closed"]
    assert imported(clinic, "12:01") == []


def test_the_earliest_of_several_appointments_is_the_evidence(clinic: Clinic) -> None:
    patient(clinic, "P-2")
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-2", "2026-11-30 09:00", created="11:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40", patient="P-2")
    imported(clinic, "12:00")
    assert clinic.callback()["reason"] == "appointment A-1 was made"


@pytest.mark.parametrize("created", ["09:59", "10:00", None, "13:00"])
def test_one_made_before_the_miss_or_at_no_known_time_or_in_the_future_does_not(
    clinic: Clinic, created: str | None
) -> None:
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created=created)
    assert imported(clinic, "12:00") == []
    assert clinic.callback()["state"] == "open"


def test_one_that_was_cancelled_since_does_not(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40", status="cancelled")
    assert imported(clinic, "12:00") == []


def test_whoever_rang_again_after_booking_is_rung_back(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    clinic.inbound("c2", "11:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40")
    assert imported(clinic, "12:00") == []
    appointment(clinic, "A-2", "2026-11-30 09:00", created="11:10")
    assert imported(clinic, "12:00") == [1]


def test_a_miss_after_the_closing_opens_another_callback(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40")
    imported(clinic, "12:00")
    clinic.inbound("c2", "11:00", now="12:05")
    assert clinic.parts(2) == [("c2", "missed")]
    assert imported(clinic, "12:06") == []


def test_a_miss_known_late_is_settled_by_the_appointment_after_it(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40")
    imported(clinic, "12:00")
    clinic.record(inbound("c2", "10:20"), now=at("12:05"))
    assert clinic.reason("c2") == "handled since"


def test_what_a_person_opened_again_stays_open(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40")
    imported(clinic, "12:00")
    with clinic.store.write() as tx:
        clinic.desk(tx, "anna", "12:10").reopen(1)
    assert clinic.sweep("12:11") == []
    assert clinic.callback()["state"] == "open"


def test_the_sweep_closes_what_an_interrupted_import_left_open(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40")
    assert clinic.sweep("12:00") == [1]
    assert clinic.callback()["closed_why"] == "booked"


def test_each_location_has_its_own_moment(clinic: Clinic) -> None:
    clinic.inbound("c1", "10:00", location="north")
    clinic.inbound("c2", "11:00", location="south")
    appointment(clinic, "A-1", "2026-11-30 09:00", created="10:40")
    assert imported(clinic, "12:00") == [1]
    assert clinic.callback(2)["state"] == "open"


def test_today_is_the_day_at_the_location_of_the_appointment(clinic: Clinic) -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    clinic.ctx = Context(CONTEXT.rules, {"": OFFICE, "Tokyo": Hours(tokyo)}, "PL", live=True)
    start = at(f"{MONDAY} 23:00")
    appointment(clinic, "A-1", f"{MONDAY} 23:00", location="Tokyo", local_day=local_day(start, tokyo))
    clinic.inbound("c1", f"{MONDAY} 15:00")
    assert priority(clinic) == 0
    assert clinic.sweep(f"{MONDAY} 16:00") == [1]
    assert clinic.callback()["appointment_on"] == "2026-11-24"
