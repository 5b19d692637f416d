"""Intake: what a changed call becomes, what may replace what, and what follows only when a fact changed."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import intake
from patients.tables import Source
from pbx.calls import Call, CallChanged, Leg
from pbx.journal import framed, runs
from pbx.tracker import Tracker
from settings import load
from store import Store, open_store
from store import rollups as store_rollups
from tests.listening import CLINIC, TRACES
from tracking.numbers import import_numbers
from wiring import clinic_of, endpoints_of, teller_of

SETTINGS = load(CLINIC)
IN_CLINIC = clinic_of(SETTINGS)
NUMBERS = CLINIC.parent / "numbers.csv"
MONDAY_10 = round(datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp() * 1000)
"""10:00 in Warsaw, when the clinic is open."""
CALLER, BILLBOARD = "+48501000206", "+48221234504"


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        yield opened


def missed_call(**facts: Any) -> Call:
    """Return a caller who waited for 20 s in a queue and gave up."""
    started = facts.pop("started_ms", MONDAY_10)
    facts = {
        "id": "1795424400.1", "version": (started + 20_000) * 1000, "state": "ended", "caller_number": CALLER,
        "caller_raw": "501000206", "did": "+48221234501", "outcome": "abandoned", "ended_ms": started + 20_000,
        "offered_ms": started + 100, "wait_ms": 20_000, "hung_up_by": "caller", **facts,
    }  # fmt: skip
    return Call(**{**EMPTY, "started_ms": started, "linkedids": (facts["id"],), **facts})


EMPTY: dict[str, Any] = {
    "pbx": "main", "direction": "inbound", "kind": "patient", "caller_name": None, "withheld": False, "did_raw": None,
    "destination": None, "destination_raw": None, "presented_number": None, "extension": None, "entry": "queue",
    "queue": "reception", "rang": ("101",), "answered_by": None, "final_agent": None, "answered_ms": None,
    "ring_ms": 0, "talk_ms": 0, "bridged_ms": 0, "hold_ms": 0, "holds": 0, "lost_after_answer": False,
    "transfers": (), "recording": None, "voicemail": None, "consultation_of": None, "joined_with": None,
    "click_id": None, "sure": True,
}  # fmt: skip


def answered(call: Call, after_ms: int = 5_000) -> Call:
    at = call.started_ms + after_ms
    return replace(call, answered_ms=at, answered_by="101", outcome="answered", wait_ms=after_ms,
                   talk_ms=(call.ended_ms or at) - at)  # fmt: skip


def living(call: Call) -> Call:
    """Return the call as it was told while the caller waited."""
    earlier = call.version - 5_000_000
    return replace(call, version=earlier, state="waiting", outcome=None, ended_ms=None, hung_up_by=None)


def record(store: Store, *calls: Call, live: bool = True, now_ms: int = MONDAY_10 + 60_000) -> list[bool]:
    with store.write() as tx:
        return [intake.record(tx, CallChanged(call), now_ms, IN_CLINIC, live=live) for call in calls]


def rows(store: Store, table: str) -> list[dict[str, Any]]:
    with store.read() as tx:
        return list(tx.conn.execute(f"SELECT * FROM {table}").fetchall())


def only(store: Store, table: str) -> dict[str, Any]:
    [row] = rows(store, table)
    return row


# -- what may replace what -------------------------------------------------------------------------------------------


def test_a_newer_telling_replaces_an_older_one(store: Store) -> None:
    call = missed_call()
    assert record(store, living(call), call) == [True, True]
    assert only(store, "call")["outcome"] == "abandoned"


def test_an_older_telling_replaces_nothing(store: Store) -> None:
    call = missed_call()
    assert record(store, call, living(call)) == [True, False]
    assert only(store, "call")["outcome"] == "abandoned"


def test_the_same_telling_again_is_no_news_and_has_no_effect(store: Store) -> None:
    call = missed_call()
    record(store, call)
    before = rows(store, "feed")
    assert record(store, call) == [False]
    assert record(store, replace(call, version=call.version + 1)) == [False]
    assert rows(store, "feed") == before


def test_a_telling_that_did_not_see_the_start_never_replaces_what_is_over(store: Store) -> None:
    call = missed_call()
    late = replace(call, version=call.version + 9, caller_number=None, did=None, met_late=True, sure=False)
    assert record(store, call, late) == [True, False]
    assert only(store, "call")["caller_number"] == CALLER


def test_a_telling_that_did_not_see_the_start_adds_the_end(store: Store) -> None:
    call = missed_call()
    open_one = replace(answered(living(call)), outcome=None, state="talking")
    late = replace(call, version=call.version + 9, caller_number=None, did=None, queue=None, entry=None, met_late=True,
                   sure=False, wait_ms=0, outcome="unknown")  # fmt: skip
    assert record(store, open_one, late) == [True, True]
    row = only(store, "call")
    assert (row["caller_number"], row["did"], row["queue"], row["answered_by"]) == (
        CALLER, "+48221234501", "reception", "101",
    )  # fmt: skip
    assert (row["outcome"], row["ended_ms"], row["wait_ms"], row["sure"]) == ("answered", call.ended_ms, 5_000, 0)


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(4)))
def test_tellings_in_any_order_leave_the_newest(order: list[int]) -> None:
    call = missed_call()
    tellings = [living(call), replace(living(call), state="ringing", version=call.version - 1000), call,
                replace(answered(call), version=call.version + 5)]  # fmt: skip
    with open_store(":memory:") as store:
        record(store, *(tellings[n] for n in order))
        assert only(store, "call")["outcome"] == "answered"
        assert rows(store, "rollup_hour")[0]["answered"] == 1
        kept = {name: sorted(map(repr, rows(store, name))) for name in store_rollups.KEYS}
        with store.write() as tx:
            store_rollups.rebuild(tx)
        assert {name: sorted(map(repr, rows(store, name))) for name in store_rollups.KEYS} == kept


# -- effects ---------------------------------------------------------------------------------------------------------


def test_each_change_has_its_feed_row_and_nothing_personal_is_in_it(store: Store) -> None:
    call = missed_call()
    record(store, living(call), call)
    feed = [row for row in rows(store, "feed") if row["kind"].startswith("call.")]
    assert [(row["kind"], row["ref"], row["live"]) for row in feed] == [
        ("call.waiting", "main:1795424400.1", 1), ("call.ended", "main:1795424400.1", 1),
    ]  # fmt: skip


def test_what_is_replayed_is_not_live(store: Store) -> None:
    record(store, missed_call(), live=False)
    assert {row["live"] for row in rows(store, "feed")} == {0}


def test_a_missed_call_opens_a_callback_and_an_answered_one_closes_it(store: Store) -> None:
    record(store, missed_call())
    assert only(store, "callback")["state"] == "open"
    later = answered(missed_call(id="1795428000.9", started_ms=MONDAY_10 + 3_600_000))
    record(store, later, now_ms=MONDAY_10 + 3_700_000)
    row = only(store, "callback")
    assert (row["state"], row["closed_why"], row["closed_call"]) == ("closed", "returned", later.id)


def test_a_call_that_was_not_missed_after_all_takes_its_callback_back(store: Store) -> None:
    call = missed_call()
    record(store, call)
    record(store, replace(answered(call), version=call.version + 1))
    assert only(store, "callback")["state"] == "closed"
    assert only(store, "rollup_hour")["missed"] == 0


# -- what only the clinic can tell -----------------------------------------------------------------------------------


def at(text: str) -> int:
    """Return a moment of the clinic's clock in ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=IN_CLINIC.zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("moment", "day", "hour", "weekday", "in_hours"),
    [
        ("2026-11-23T10:00", "2026-11-23", 10, 0, 1),
        ("2026-11-23T07:59", "2026-11-23", 7, 0, 0),
        ("2026-11-23T18:00", "2026-11-23", 18, 0, 0),
        ("2026-11-22T12:00", "2026-11-22", 12, 6, 0),
        ("2026-07-01T00:30", "2026-07-01", 0, 2, 0),
        ("2026-11-11T10:00", "2026-11-11", 10, 2, 0),
        ("2026-03-29T03:30", "2026-03-29", 3, 6, 0),
    ],
    ids=["open", "before", "at_closing", "sunday", "utc_is_yesterday", "holiday", "spring_forward"],
)
def test_day_and_hours_are_the_clinics(
    store: Store, moment: str, day: str, hour: int, weekday: int, in_hours: int
) -> None:
    record(store, missed_call(started_ms=at(moment)), now_ms=at(moment) + 60_000)
    row = only(store, "call")
    assert (row["local_day"], row["local_hour"], row["local_weekday"]) == (day, hour, weekday)
    assert row["in_hours"] == in_hours


def test_the_repeated_hour_of_autumn_is_two_calls_of_one_local_hour(store: Store) -> None:
    first = round(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)
    record(store, missed_call(id="1.1", started_ms=first), missed_call(id="1.2", started_ms=first + 3_600_000))
    assert {(row["local_day"], row["local_hour"]) for row in rows(store, "call")} == {("2026-10-25", 2)}


@pytest.mark.parametrize(
    ("outcome", "wait_ms", "open_", "missed"),
    [
        ("abandoned", 1_000, True, 1), ("voicemail", 1_000, False, 1), ("no_answer", 1_000, True, 1),
        ("busy", 0, True, 1), ("failed", 0, True, 1), ("answered", 0, True, 0), ("unknown", 0, True, 0),
        ("left_menu", 9_999, True, 0), ("left_menu", 10_000, True, 1), ("left_menu", 100, False, 1),
    ],
)  # fmt: skip
def test_missed_is_every_call_without_a_person(
    store: Store, outcome: str, wait_ms: int, open_: bool, missed: int
) -> None:
    started = MONDAY_10 if open_ else at("2026-11-22T22:00")
    record(store, missed_call(started_ms=started, outcome=outcome, wait_ms=wait_ms))
    assert only(store, "call")["missed"] == missed


def test_a_call_that_lives_is_not_missed_yet(store: Store) -> None:
    record(store, living(missed_call()))
    assert only(store, "call")["missed"] == 0


def test_only_the_first_call_of_a_number_is_its_first(store: Store) -> None:
    year = 366 * 86_400_000
    record(store, missed_call(id="1.1"), missed_call(id="1.2", started_ms=MONDAY_10 + 60_000),
           missed_call(id="1.3", started_ms=MONDAY_10 + year + 120_000),
           missed_call(id="1.4", caller_number=None, withheld=True))  # fmt: skip
    assert {row["id"]: row["first_time"] for row in rows(store, "call")} == {"1.1": 1, "1.2": 0, "1.3": 1, "1.4": 0}


def test_the_location_and_the_campaign_are_those_of_the_number_dialled(store: Store) -> None:
    import_numbers(store, Source(NUMBERS, "PL"))
    record(store, missed_call(did=BILLBOARD))
    row, decision = only(store, "call"), only(store, "attribution")
    with store.read() as tx:
        assignment = tx.one("number_on", did=BILLBOARD, day="2026-11-23")
        assert assignment is not None
    assert row["location"] == assignment["location"]
    assert (decision["rule"], decision["campaign"]) == ("number", assignment["campaign"])
    assert only(store, "rollup_source")["campaign"] == assignment["campaign"]


def test_every_patient_who_has_the_number_is_linked(store: Store) -> None:
    with store.write() as tx:
        for ref, number in (("P1", CALLER), ("P2", CALLER), ("P3", "+48501000999")):
            tx.conn.execute(
                "INSERT INTO patient_number (number, ref, reversed, raw, position) VALUES (?, ?, ?, ?, 0)",
                (number, ref, number[::-1], number),
            )
    record(store, missed_call())
    assert {row["ref"] for row in rows(store, "call_patient")} == {"P1", "P2"}


def test_an_internal_call_is_nobodys(store: Store) -> None:
    internal = {"direction": "internal", "kind": "internal", "did": None}
    record(store, missed_call(**internal, caller_number="101", outcome="no_answer"))
    row = only(store, "call")
    assert (row["party"], row["missed"], row["first_time"]) == (None, 0, 0)
    assert rows(store, "attribution") == rows(store, "callback") == rows(store, "rollup_source") == []


@pytest.mark.parametrize("name", ["Łukasz \udcff\udcfe", "a\0b", "\ud800", "=cmd()", "a\r\nEvent: x"])
def test_any_callers_name_is_stored_and_is_no_news_the_second_time(store: Store, name: str) -> None:
    call = missed_call(caller_name=name)
    assert record(store, call, call) == [True, False]
    assert only(store, "call")["caller_name"].isprintable() or "\r" in name


# -- calls that turn out to be one -----------------------------------------------------------------------------------


def told(name: str) -> list[CallChanged]:
    """Return every change of a recording, in order, as the listener gets them."""
    pbx = SETTINGS.pbx[0]
    tracker = Tracker(pbx.name, endpoints_of(pbx), teller_of(SETTINGS, pbx))
    changes = []
    [run] = runs([TRACES / "asterisk22" / name])
    for piece, blocks in framed(run.records()):
        changes += tracker.fold(piece.at, blocks)
    return changes


EVERYTHING = ("call", "leg", "talk", "wait", "call_alias", "call_patient", "attribution", "callback", "callback_call",
              "no_callback", "feed", *store_rollups.KEYS)  # fmt: skip


@pytest.mark.parametrize("name", ["pickup_directed", "park_and_retrieve", "attended_transfer", "ring_group"])
def test_a_call_that_was_stored_before_it_merged_is_one_call_with_an_alias(store: Store, name: str) -> None:
    changes = told(name)
    with store.write() as tx:
        for change in changes:
            intake.record(tx, change, change.call.version // 1000, IN_CLINIC, live=True)
    merged = set(itertools.chain.from_iterable(change.merged for change in changes))
    found = {row["id"]: row for row in rows(store, "call")}
    assert not merged & found.keys()
    assert {row["alias"] for row in rows(store, "call_alias")} == merged
    assert all(row["joined_with"] != row["id"] and row["consultation_of"] != row["id"] for row in found.values())
    legs = {leg.uniqueid for change in changes for leg in change.call.legs}
    assert {row["uniqueid"] for row in rows(store, "leg")} == legs
    assert {row["call"] for row in rows(store, "leg")} <= found.keys()
    before = {table: rows(store, table) for table in EVERYTHING}
    with store.write() as tx:
        assert [c for c in changes if intake.record(tx, c, c.call.version // 1000, IN_CLINIC, live=True)] == []
    assert {table: rows(store, table) for table in EVERYTHING} == before


@pytest.mark.parametrize("name", ["pickup_directed", "park_and_retrieve"])
def test_the_merge_is_the_same_whichever_call_was_stored_first(name: str) -> None:
    changes = told(name)
    last = {change.call.id: change for change in changes}
    merged = set(itertools.chain.from_iterable(change.merged for change in changes))
    assert merged
    stored = []
    for order in itertools.permutations(last.values()):
        with open_store(":memory:") as store:
            with store.write() as tx:
                for change in order:
                    intake.record(tx, change, MONDAY_10, IN_CLINIC, live=False)
            stored.append({table: sorted(map(repr, rows(store, table)))
                           for table in ("call", "leg", "talk", "wait", "call_alias")})  # fmt: skip
    assert all(one == stored[0] for one in stored)


def test_what_people_wrote_about_the_younger_call_stays(store: Store) -> None:
    older = missed_call(id="1795424400.1")
    younger = missed_call(id="1795424401.5", direction="internal", kind="internal")
    record(store, older, younger)
    with store.write() as tx:
        tx.run("call_comment_put", id=1, pbx="main", call=younger.id, body="asked for Dr Maj", author="Anna", at_ms=1)
        change = CallChanged(replace(older, version=older.version + 1), (younger.id,))
        assert intake.record(tx, change, MONDAY_10, IN_CLINIC, live=True)
        assert not intake.record(tx, change, MONDAY_10, IN_CLINIC, live=True)
        assert not intake.record(tx, CallChanged(younger), MONDAY_10, IN_CLINIC, live=True)
    assert only(store, "call_comment")["call"] == older.id
    assert only(store, "call")["id"] == older.id


# -- batches ---------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["abandoned", "answered", "left_menu"])), max_size=8))
def test_a_batch_counts_as_one_by_one(tellings: list[tuple[int, str]]) -> None:
    """Recording in a batch and recording singly give the same roll-ups, and the same as counting anew."""
    changes = []
    for version, (number, outcome) in enumerate(tellings):
        call = missed_call(id=f"1795424400.{number}", outcome=outcome, queue=f"q{number}",
                           started_ms=MONDAY_10 + number * 1000)  # fmt: skip
        changes.append(CallChanged(replace(call, version=call.version + version)))
    found = []
    for batch in (True, False):
        with open_store(":memory:") as store:
            with store.write() as tx:
                if batch:
                    intake.record_past(tx, [(change, MONDAY_10) for change in changes], IN_CLINIC)
                else:
                    for change in changes:
                        intake.record(tx, change, MONDAY_10, IN_CLINIC, live=False)
            found.append({name: sorted(map(repr, rows(store, name))) for name in store_rollups.KEYS})
            with store.write() as tx:
                store_rollups.rebuild(tx)
            found.append({name: sorted(map(repr, rows(store, name))) for name in store_rollups.KEYS})
    assert all(one == found[0] for one in found)


def test_a_forgotten_call_ends_unsure(store: Store) -> None:
    call = missed_call()
    record(store, living(call), living(missed_call(id="1795424400.2")))
    with store.write() as tx:
        assert intake.end_forgotten(tx, "main", {"1795424400.2"}, IN_CLINIC, (MONDAY_10 + 60_000) * 1000) == 1
        assert intake.end_forgotten(tx, "main", {"1795424400.2"}, IN_CLINIC, (MONDAY_10 + 60_000) * 1000) == 0
    row = next(row for row in rows(store, "call") if row["id"] == call.id)
    assert (row["state"], row["outcome"], row["sure"]) == ("ended", "unknown", 0)


def test_a_call_heard_of_since_the_switch_told_what_lives_is_not_forgotten(store: Store) -> None:
    call = living(missed_call())
    record(store, call)
    with store.write() as tx:
        assert intake.end_forgotten(tx, "main", set(), IN_CLINIC, call.version - 1) == 0
    assert only(store, "call")["state"] != "ended"
    assert rows(store, "callback") == []


def test_legs_talks_and_waits_are_stored_anew_each_time(store: Store) -> None:
    leg = Leg("1795424400.1", "1795424400.1", "PJSIP/trunk-alfa-1", "trunk", CALLER, MONDAY_10, None, None, None)
    call = missed_call(legs=(leg,))
    record(store, living(call))
    record(store, replace(call, legs=(replace(leg, ended_ms=call.ended_ms, cause=16),)))
    assert (only(store, "leg")["ended_ms"], only(store, "leg")["cause"]) == (call.ended_ms, 16)
