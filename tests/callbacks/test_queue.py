"""What calls do to the callback queue, on a real store."""

from dataclasses import replace

import pytest

from callbacks.marks import mark
from callbacks.queue import on_booked
from callbacks.rules import CORRECTED, HANDLED_SINCE, NO_NUMBER, REACHED_SINCE, TOO_OLD, WITHHELD
from store import Store
from store.merge import merge_calls
from tests.callbacks.clinic import OFFICE, OTHER, PATIENT, Clinic, at, inbound, outbound
from tests.store.rows import PBX, attribution_row, insert


def test_a_missed_call_opens_a_callback_due_in_fifteen_working_minutes(clinic: Clinic) -> None:
    assert clinic.inbound("1", "10:00") == [1]
    row = clinic.callback()
    assert (row["number"], row["state"], row["kind"]) == (PATIENT, "open", "missed")
    assert row["opened_ms"] == at("10:00") + 30_000
    assert row["due_ms"] == at("10:15") + 30_000
    assert clinic.parts() == [("1", "missed")]
    assert clinic.feed() == ["callback.opened"]


def test_a_miss_of_the_night_is_due_within_the_first_working_hour(clinic: Clinic) -> None:
    clinic.inbound("1", "2026-11-21 22:00", in_hours=0)
    assert clinic.callback()["due_ms"] == at("09:00")


def test_recording_the_same_call_again_changes_nothing(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10")
    before = clinic.feed(), clinic.callback(), clinic.parts()
    assert clinic.inbound("1", "10:00", now="10:20") == []
    assert clinic.outbound("2", "10:10", now="10:20") == []
    assert (clinic.feed(), clinic.callback(), clinic.parts()) == before


def test_a_second_miss_raises_priority_and_opens_nothing(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    assert clinic.inbound("2", "10:05") == [1]
    assert clinic.parts() == [("1", "missed"), ("2", "missed")]
    assert clinic.callback()["priority"] > 0
    assert clinic.callback()["due_ms"] == at("10:15") + 30_000


def test_another_number_and_another_location_have_callbacks_of_their_own(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("2", "10:01", number=OTHER)
    clinic.inbound("3", "10:02", location="north")
    assert [row["id"] for row in clinic.table("callback") if row["state"] == "open"] == [1, 2, 3]


def test_our_call_that_reached_them_closes_it_with_the_call_as_evidence(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10", "answered", talk_s=60)
    row = clinic.callback()
    assert (row["state"], row["closed_why"], row["closed_call"], row["closed_by"]) == ("closed", "reached", "2", "101")
    assert row["unconfirmed_until_ms"] is None
    assert clinic.parts() == [("1", "missed"), ("2", "closing")]


def test_their_call_that_was_answered_closes_it_at_every_location(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("2", "10:02", location="north")
    clinic.inbound("3", "10:10", "answered")
    assert [clinic.callback(n)["closed_why"] for n in (1, 2)] == ["returned", "returned"]


def test_a_call_not_answered_is_an_attempt_and_is_tried_again_in_an_hour(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10")
    assert clinic.parts() == [("1", "missed"), ("2", "attempt")]
    assert clinic.callback()["due_ms"] == at("11:10") + 30_000
    assert clinic.callback()["state"] == "open"


def test_a_talk_of_two_seconds_is_an_attempt(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10", "answered", talk_s=2)
    assert clinic.parts()[-1] == ("2", "attempt")


def test_click_to_call_whose_own_phone_was_not_picked_up_is_no_attempt(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10", "agent_missed")
    assert clinic.parts() == [("1", "missed")]


def test_three_attempts_on_two_days_and_it_expires(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10")
    clinic.outbound("3", "11:10")
    assert clinic.callback()["due_ms"] == at("12:00")
    clinic.outbound("4", "12:10")
    assert clinic.callback()["due_ms"] == at("2026-11-24 08:00")
    clinic.outbound("5", "2026-11-24 09:00")
    assert (clinic.callback()["closed_why"], clinic.callback()["reason"]) == ("expired", "all attempts made")


def test_a_caller_who_rings_again_is_due_afresh(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10")
    clinic.inbound("3", "10:30")
    assert clinic.callback()["due_ms"] == at("10:45") + 30_000


def test_nothing_opens_while_the_caller_waits_and_then_one_holds_all(clinic: Clinic) -> None:
    clinic.inbound("c", "10:00", None)
    assert clinic.inbound("a", "10:01") == []
    assert clinic.inbound("b", "10:02") == []
    assert clinic.table("callback") == []
    clinic.inbound("c", "10:00", "abandoned", ended_ms=at("10:04"))
    assert clinic.parts() == [("c", "missed"), ("a", "missed"), ("b", "missed")]
    assert len(clinic.table("callback")) == 1


def test_a_caller_who_was_reached_since_opens_nothing(clinic: Clinic) -> None:
    clinic.inbound("c", "10:00", None)
    clinic.inbound("a", "10:01")
    clinic.inbound("b", "10:02")
    clinic.inbound("c", "10:00", "answered", ended_ms=at("10:06"))
    assert [clinic.reason(call) for call in "ab"] == [REACHED_SINCE, REACHED_SINCE]
    assert clinic.table("callback") == []


def test_a_call_whose_end_was_lost_does_not_silence_its_caller_for_ever(clinic: Clinic) -> None:
    clinic.inbound("lost", "2026-11-22 10:00", None)
    assert clinic.inbound("2", "10:00") == [1]


def test_a_miss_that_is_known_late_has_been_served(clinic: Clinic) -> None:
    clinic.inbound("2", "10:10", "answered")
    clinic.inbound("1", "10:00", now="10:20")
    assert clinic.reason("1") == REACHED_SINCE


def test_a_late_answer_does_not_close_what_was_missed_after_it(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("3", "10:20")
    clinic.outbound("2", "10:10", "answered", now="10:30")
    assert clinic.callback()["state"] == "open"


def test_a_backfilled_year_opens_nothing(clinic: Clinic) -> None:
    clinic.inbound("1", "2025-11-24 10:00", now="10:00")
    assert clinic.reason("1") == TOO_OLD
    assert clinic.table("callback") == []


def test_a_withheld_and_an_unreadable_number_have_their_reasons(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00", number=None, withheld=1)
    clinic.inbound("2", "10:00", number=None, caller_raw="77")
    clinic.inbound("3", "10:00", withheld=1)
    assert [clinic.reason(call) for call in "123"] == [WITHHELD, NO_NUMBER, WITHHELD]


def test_numbers_that_nobody_may_ring_have_their_reasons(clinic: Clinic, store: Store) -> None:
    with store.write() as tx:
        desk = clinic.desk(tx, "anna", "09:00")
        assert mark(desk, PATIENT, "staff", "Dr Maj's mobile") == mark(desk, OTHER, "spam", "sells windows") == []
    clinic.record(inbound("1", "10:00"))
    clinic.record(inbound("2", "10:00", number=OTHER))
    clinic.record(inbound("3", "10:00", number="+881621234567"))
    clinic.record(inbound("4", "10:00", number="+491701234567"))
    reasons = [clinic.reason(call) for call in "1234"]
    assert reasons == ["staff", "spam", "not permitted: satellite", "not permitted: country"]


def test_the_clinics_own_list_of_countries_may_be_rung(clinic: Clinic) -> None:
    clinic.ctx = replace(clinic.ctx, rules=replace(clinic.ctx.rules, countries=("PL", "DE")))
    assert clinic.inbound("4", "10:00", number="+491701234567") == [1]


@pytest.mark.parametrize("kind", ["internal", "feature", "spy", "consultation", "conference"])
def test_what_is_no_patients_call_opens_nothing(clinic: Clinic, kind: str) -> None:
    assert clinic.inbound("1", "10:00", kind=kind) == []
    assert clinic.reason("1") is None


def test_a_caller_lost_after_an_answer_opens_one(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00", "answered", lost_after_answer=1)
    assert clinic.callback()["reason"] == "lost after answer"


def test_an_unknown_end_opens_one_to_check(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00", "unknown")
    assert clinic.callback()["reason"] == "check"


def test_a_voicemail_is_told_by_its_kind_and_priority(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("2", "10:05", "voicemail")
    assert clinic.callback()["kind"] == "voicemail"
    assert clinic.callback()["priority"] == 15


def test_a_first_time_caller_of_a_paid_campaign_comes_first(clinic: Clinic, store: Store) -> None:
    with store.write() as tx:
        insert(tx, "campaign", id=1, source="google", medium="cpc", name="implants", content=None, location=None)
        insert(tx, "attribution", **attribution_row("2"))
    clinic.inbound("1", "10:00", number=OTHER)
    clinic.inbound("2", "10:05", first_time=1)
    assert clinic.callback(2)["campaign"] == 1
    with store.read() as tx:
        listed = tx.all("callbacks_open_list", now_ms=at("10:06"), limit=10, skip=0)
    assert [row["id"] for row in listed] == [2, 1]
    assert listed[0]["campaign_name"] == "implants"


def test_a_short_talk_closes_and_opens_again_at_the_end_of_the_working_day(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10", "answered", talk_s=8)
    assert clinic.callback()["closed_why"] == "reached"
    assert clinic.callback()["unconfirmed_until_ms"] == at("18:00")
    assert clinic.sweep("17:59") == []
    assert clinic.sweep("18:00") == [1]
    assert (clinic.callback()["state"], clinic.callback()["closed_why"]) == ("open", None)
    assert clinic.parts() == [("1", "missed"), ("2", "attempt")]
    assert clinic.sweep("18:01") == []


def test_a_miss_known_late_waits_with_the_talk_that_may_have_served_it(clinic: Clinic) -> None:
    clinic.inbound("old", "2026-11-02 10:00", now="10:00")
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10", "answered", talk_s=8)
    clinic.inbound("0", "09:50", now="10:20")
    assert clinic.parts() == [("0", "missed"), ("1", "missed"), ("2", "closing")]
    assert clinic.reason("old") == TOO_OLD


def test_an_unconfirmed_talk_is_forgotten_once_they_were_reached(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10", "answered", talk_s=8)
    clinic.inbound("3", "12:00", "answered")
    clinic.sweep("18:00")
    assert clinic.callback()["state"] == "closed"
    assert clinic.callback()["unconfirmed_until_ms"] is None


def test_a_correction_of_the_closing_call_opens_it_again(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10", "answered")
    clinic.outbound("2", "10:10", "no_answer", now="10:30")
    assert clinic.callback()["state"] == "open"
    assert clinic.parts() == [("1", "missed"), ("2", "attempt")]


def test_a_correction_of_an_attempt_closes_it(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.outbound("2", "10:10")
    clinic.outbound("2", "10:10", "answered", now="10:30")
    assert clinic.parts() == [("1", "missed"), ("2", "closing")]


def test_a_missed_call_that_was_answered_after_all_closes_its_callback(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("1", "10:00", "answered", now="10:30")
    row = clinic.callback()
    assert (row["state"], row["closed_why"], row["reason"], row["closed_call"]) == ("closed", "manual", CORRECTED, "1")


def test_a_corrected_reason_is_replaced(clinic: Clinic) -> None:
    clinic.inbound("2", "10:10", "answered")
    clinic.inbound("1", "10:00", now="10:20")
    clinic.inbound("2", "10:10", "abandoned", now="10:30")
    assert clinic.reason("1") is None
    assert clinic.parts() == [("1", "missed"), ("2", "missed")]


def test_a_call_that_turns_out_to_be_of_another_number_moves(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("1", "10:00", number=OTHER, now="10:30")
    assert clinic.callback(1)["state"] == "closed"
    assert clinic.callback(2)["number"] == OTHER
    assert clinic.parts(2) == [("1", "missed")]


def test_two_missed_calls_that_merge_are_one_miss(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("2", "10:00")
    with store.write() as tx:
        merge_calls(tx, PBX, "2", "1")
    clinic.inbound("1", "10:00", now="10:05")
    assert clinic.parts() == [("1", "missed")]


def test_a_booking_closes_the_callback(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        assert on_booked(tx, clinic.ctx, PATIENT, None, at("11:00")) == [1]
        assert on_booked(tx, clinic.ctx, PATIENT, None, at("11:00")) == []
    assert clinic.callback()["closed_why"] == "booked"
    clinic.inbound("0", "10:30", now="11:30")
    assert clinic.reason("0") == HANDLED_SINCE


def test_a_callback_nobody_touches_expires(clinic: Clinic) -> None:
    clinic.inbound("1", "10:00")
    assert clinic.sweep("2026-11-30 10:00") == []
    assert clinic.sweep("2026-11-30 10:01") == [1]
    assert clinic.callback()["closed_why"] == "expired"
    assert clinic.sweep("2026-11-30 10:02") == []


def test_a_long_closure_does_not_expire_what_nobody_could_ring(clinic: Clinic) -> None:
    closed = replace(clinic.ctx, hours={"": OFFICE}, rules=replace(clinic.ctx.rules, expire_days=1))
    clinic.ctx = closed
    clinic.inbound("1", "2026-11-20 18:30")
    assert clinic.sweep("2026-11-23 08:00") == []
    assert clinic.callback()["state"] == "open"


def test_the_sweep_decides_what_was_left_waiting(clinic: Clinic) -> None:
    clinic.inbound("lost", "10:00", None)
    clinic.inbound("1", "10:05")
    assert clinic.sweep("10:10") == []
    assert clinic.sweep("22:30") == [1]
    assert clinic.parts() == [("1", "missed")]


def test_our_living_call_extends_the_claim(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00")
    with store.write() as tx:
        clinic.desk(tx, "anna", "10:05").claim(1)
    clinic.record(outbound("2", "10:14", None), at("10:14"))
    assert clinic.callback()["claimed_until_ms"] == at("10:24")
    assert clinic.sweep("10:30") == []
    clinic.outbound("2", "10:14", "no_answer", now="10:31")
    assert clinic.sweep("10:31") == [1]
    assert clinic.callback()["state"] == "open"


def test_rows_of_a_replay_are_not_live(clinic: Clinic) -> None:
    clinic.ctx = replace(clinic.ctx, live=False)
    clinic.record(inbound("1", "10:00"))
    assert clinic.callback()["live"] == 0
    assert {row["live"] for row in clinic.table("feed")} == {0}
