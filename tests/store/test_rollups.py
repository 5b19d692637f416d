"""Roll-ups: whatever happens to the calls, the tables are what a rebuild would give."""

import itertools
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import Store, Tx, callback_sums, open_store, rollups
from store.booked import calls_near, counting, makers
from store.cells import LAST_BUCKET, bucket_end_s, bucket_of, grains, signed_grains
from store.merge import merge_calls
from tests.store.rows import PBX, attribution_row, call_row, insert

OUTCOMES = ("answered", "voicemail", "abandoned", "no_answer", "busy", "failed", "left_menu", "unknown")


def tables(tx: Tx) -> dict[str, list[dict[str, Any]]]:
    return {table: tx.all(f"{table}_all") for table in rollups.KEYS}


def record(tx: Tx, row: dict[str, Any], campaign: int | None) -> None:
    """Store a call as the recording of calls does: cells before, the change, cells after."""
    before = rollups.stored(tx, row["pbx"], row["id"])
    tx.run("call_put", **row)
    tx.conn.execute(f"UPDATE call SET excluded = '{row.get('excluded', '')}' WHERE id = '{row['id']}'")
    tx.conn.execute(f"DELETE FROM attribution WHERE call = '{row['id']}'")
    if campaign is not None:
        insert(tx, "attribution", **attribution_row(row["id"], campaign=campaign or None))
    rollups.apply(tx, before, rollups.stored(tx, row["pbx"], row["id"]))


def some(found: rollups.Cells, table: str, *key: Any) -> dict[str, int]:
    """Return what a cell holds, without its zeros."""
    return {measure: value for measure, value in found[table, key].items() if value}


def test_a_missed_call_counts_in_its_source_hour_and_queue() -> None:
    found = rollups.cells(call_row(), {"campaign": 7})
    assert some(found, "rollup_source", "2026-11-22", 7, "+48221234501", "", "") == {
        "calls": 1, "missed": 1, "missed_short": 1, "missed_first": 1, "first_time": 1, "offered": 1,
        "short": 1,
    }  # fmt: skip
    assert some(found, "rollup_hour", "2026-11-22", 2) == {"calls": 1, "missed": 1, "missed_short": 1}
    assert some(found, "rollup_queue", "2026-11-22", "reception") == {
        "calls": 1, "offered": 1, "abandoned": 1, "short": 1, "gave_up": 1, "gave_up_ms": 4996,
    }  # fmt: skip
    assert found["rollup_queue_wait", ("month", "2026-11", "reception", "abandoned", 5)] == {"n": 1}


def test_an_answered_call_counts_for_the_phone_that_answered() -> None:
    answered = call_row(outcome="answered", missed=0, answered_by="101", bridged_ms=60_000)
    found = rollups.cells(answered, None)
    assert some(found, "rollup_agent", "2026-11-22", "101") == {"answered": 1, "talk_ms": 60_000}
    assert ("rollup_source", ("2026-11-22", 0, "+48221234501", "", "")) in found


def test_a_call_to_a_patient_counts_for_the_phone_that_rang() -> None:
    placed = call_row(direction="outbound", missed=0, extension="102", bridged_ms=30_000, outcome="answered")
    found = rollups.cells(placed, None)
    assert list(found) == [("rollup_agent", ("2026-11-22", "102"))]
    assert some(found, "rollup_agent", "2026-11-22", "102") == {
        "outbound": 1, "outbound_answered": 1, "outbound_talk_ms": 30_000,
    }  # fmt: skip


@given(st.integers(-5_000, 10_000_000))
def test_a_time_lies_within_its_bucket(ms: int) -> None:
    bucket = bucket_of(ms)
    assert ms / 1000 <= bucket_end_s(bucket) or bucket == LAST_BUCKET
    assert bucket == 0 or ms / 1000 > bucket_end_s(bucket - 1)


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(0, 900))
def test_grains_cover_each_day_once(first: date, length: int) -> None:
    days = {(first + timedelta(n)).isoformat() for n in range(length + 1)}
    covered: list[str] = []
    for grain, begin, end in grains(min(days), max(days)):
        covered += [day for day in days if begin <= (day if grain == "day" else day[:7]) <= end]
        assert grain == "day" or set(all_days(begin, end)) <= days
    assert sorted(covered) == sorted(days)


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.integers(0, 900))
def test_grains_with_a_sign_add_up_to_each_day_once(first: date, length: int) -> None:
    days = [(first + timedelta(n)).isoformat() for n in range(length + 1)]
    counts: Counter[str] = Counter()
    for sign, grain, begin, end in signed_grains(days[0], days[-1]):
        for day in all_days(begin[:7], end[:7]):
            if grain == "month" or begin <= day <= end:
                counts[day] += sign
    assert [day for day, n in sorted(counts.items()) if n] == days
    assert set(counts.values()) <= {0, 1}


def all_days(begin: str, end: str) -> list[str]:
    """Return every day of the months from `begin` to `end`."""
    day, found = date.fromisoformat(f"{begin}-01"), []
    while day.isoformat()[:7] <= end:
        found.append(day.isoformat())
        day += timedelta(1)
    return found


def test_calls_that_live_and_calls_that_are_no_patients_count_nowhere() -> None:
    assert rollups.cells(call_row(ended_ms=None, outcome=None), None) == {}
    assert rollups.cells(call_row(kind="consultation"), None) == {}
    assert rollups.cells(call_row(direction="internal"), None) == {}


def test_recording_a_call_twice_changes_nothing(store: Store) -> None:
    with store.write() as tx:
        record(tx, call_row(), 1)
        once = tables(tx)
        record(tx, call_row(), 1)
        assert tables(tx) == once
        assert once["rollup_source"][0]["calls"] == 1


def test_a_corrected_call_moves_to_another_campaign_and_leaves_no_empty_row(store: Store) -> None:
    with store.write() as tx:
        record(tx, call_row(), 1)
        record(tx, call_row(outcome="answered", missed=0, answered_by="101"), 2)
        found = tables(tx)
    assert [(row["campaign"], row["answered"], row["missed"]) for row in found["rollup_source"]] == [(2, 1, 0)]
    assert found["rollup_hour"][0]["missed"] == 0


def test_a_merge_counts_one_call(store: Store) -> None:
    with store.write() as tx:
        record(tx, call_row(id="1.1"), None)
        record(tx, call_row(id="2.2", did="+48221234502"), 1)
        merge_calls(tx, PBX, "2.2", "1.1")
        found = tables(tx)
    assert [(row["campaign"], row["did"], row["calls"]) for row in found["rollup_source"]] == [(1, "+48221234501", 1)]


DAYS = ("2026-10-31", "2026-11-01", "2026-11-02", "2026-12-01")


def dated(day: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Return a call's row; as everywhere, a later day is a later time."""
    missed = int(changes["outcome"] in OUTCOMES[1:6])
    return call_row(**changes, missed=missed, local_day=DAYS[day], started_ms=day)


calls = st.builds(
    lambda changes: dated(changes.pop("day"), changes),
    st.fixed_dictionaries({
        "id": st.sampled_from(["1.1", "2.2", "3.3", "4.4"]),
        "direction": st.sampled_from(["inbound", "inbound", "inbound", "outbound", "internal"]),
        "kind": st.sampled_from(["patient", "patient", "patient", "feature"]),
        "outcome": st.sampled_from(OUTCOMES),
        "ended_ms": st.sampled_from([None, 2, 2, 2]),
        "did": st.sampled_from([None, "+48221234501", "+48221234502"]),
        "queue": st.sampled_from([None, "reception", "children"]),
        "answered_by": st.sampled_from([None, "101", "102"]),
        "extension": st.sampled_from([None, "101"]),
        "day": st.integers(0, 3),
        "local_hour": st.integers(8, 9),
        "excluded": st.sampled_from(["", "", "test"]),
        "party": st.sampled_from([None, "+48500100200", "+48500100201"]),
        "offered_ms": st.sampled_from([None, 0, 1]),
        "answered_ms": st.sampled_from([None, 1, 3_001]),
        "in_hours": st.integers(0, 1),
        "bridged_ms": st.integers(0, 3),
        "wait_ms": st.integers(0, 3),
        "first_time": st.integers(0, 1),
        "withheld": st.integers(0, 1),
    }),
)  # fmt: skip
topics = st.tuples(st.just("topic"), st.sampled_from(["1.1", "2.2"]), st.sampled_from(["booked", "information"]))
records = st.tuples(st.just("record"), calls, st.sampled_from([None, 0, 1, 2]))
visits = st.tuples(st.just("visit"), st.sampled_from(["1.1", "2.2", "3.3"]), st.sampled_from([None, 1, 2]))
appointments = st.tuples(st.just("appointment"), st.sampled_from(["A", "B"]), st.fixed_dictionaries({
    "patient": st.sampled_from(["P-1", "P-2", ""]), "created_ms": st.sampled_from([None, 1, 2]),
    "status": st.sampled_from(["booked", "fulfilled", "cancelled", "proposed"]),
    "value_minor": st.sampled_from([None, 100]), "currency": st.sampled_from([None, "PLN", "EUR"]),
}))  # fmt: skip
decisions = st.tuples(st.just("made"), st.sampled_from(["A", "B"]), st.sampled_from(["1.1", "2.2", "3.3", None]))
merges = st.tuples(st.just("merge"), st.sampled_from(["2.2", "3.3", "4.4"]), st.sampled_from(["1.1", "2.2"]))


def follow(tx: Tx, history: list[tuple[str, Any, Any]]) -> None:
    for what, first, second in history:
        if what == "record":
            record(tx, first, second)
        elif what == "topic":
            before = rollups.stored(tx, PBX, first)
            insert(tx, "call_topic", id=tx.next_id("call_topic"), pbx=PBX, call=first, topic=second, category=second,
                   author="anna", at_ms=1)
            rollups.recounted(tx, PBX, first, before)
        elif what == "visit":
            before = rollups.stored(tx, PBX, first)
            tx.run("attribution_visit_put", pbx=PBX, call=first, visit=second)
            rollups.recounted(tx, PBX, first, before)
        elif what == "appointment":
            appoint(tx, first, second)
        elif what == "made":
            with counting(tx, [*makers(tx, first), *([(PBX, second)] if second else [])]):
                tx.run("made_by_clear", appointment=first)
                if second:
                    tx.run("made_by_put", appointment=first, pbx=PBX, call=second, callback=None, rule="talk",
                           evidence="{}", decided_ms=1)  # fmt: skip
        else:
            merge_calls(tx, PBX, first, second)


def appoint(tx: Tx, ref: str, facts: dict[str, Any]) -> None:
    """Store an appointment as an import does."""
    before = tx.one("appointment_get", ref=ref)
    patients = [(facts["patient"], facts["created_ms"])]
    patients += [(before["patient"], before["created_ms"])] if before else []
    with counting(tx, [*makers(tx, ref), *(key for one in patients for key in calls_near(tx, *one))]):
        tx.many("appointment_put", [{
            "ref": ref, "start_ms": 9, "local_day": "2026-11-30", "service": None, "doctor": None, "location": "",
            "cancelled_ms": None, "channel": None, "source": None, "medium": None, "campaign": None, "imported_ms": 0,
            **facts,
        }])  # fmt: skip


def prepare(tx: Tx) -> None:
    """Two patients, two visits to the web site, and a rule for targets that fits calls of some ms."""
    for n, number in enumerate(("+48500100200", "+48500100201"), start=1):
        insert(tx, "patient_number", number=number, ref=f"P-{n}", reversed="", raw="", position=0)
        insert(tx, "visit", id=n, visitor="", site="", location="", started_ms=0, seen_ms=0, local_day="", consent=1,
               source="google", medium="cpc", name="", content="", term=f"word {n}", referrer="", page=f"/{n}")
    tx.conn.execute("UPDATE target_rule SET target_ms = 2, unique_ms = 2")


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(records, records, topics, merges, visits, appointments, decisions), max_size=14))
def test_any_history_gives_the_tables_of_a_rebuild(history: list[tuple[str, Any, Any]]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        prepare(tx)
        follow(tx, history)
        kept = tables(tx)
        rollups.rebuild(tx)
        assert tables(tx) == kept
        different_callers_are_those_of_the_calls(tx)
        for row in kept["rollup_source"]:
            assert row["calls"] == row["answered"] + row["missed"] + row["left_menu"] + row["unknown"]
        assert sum(row["calls"] for row in kept["rollup_hour"]) == sum(row["calls"] for row in kept["rollup_source"])


def different_callers_are_those_of_the_calls(tx: Tx) -> None:
    """For any days: the callers counted from the sums are the numbers of the calls."""
    stored = [dict(row) for row in tx.conn.execute("SELECT * FROM call").fetchall()]
    for first, last in itertools.combinations_with_replacement(DAYS, 2):
        numbers = {
            row["party"] for row in stored
            if first <= row["local_day"] <= last and row["direction"] == "inbound" and row["kind"] == "patient"
            and row["ended_ms"] is not None and row["party"] and not row["withheld"] and not row["excluded"]
        }  # fmt: skip
        counted = sum(
            row["n"] for row in tx.all("rollup_caller_all") for grain, begin, end in grains(first, last)
            if row["scope"] == "clinic" and row["grain"] == grain and begin <= row["period"] <= end
            and row["since"] < first
        )  # fmt: skip
        assert counted == len(numbers), (first, last)


def test_what_differs_from_the_calls_is_found_and_made_right(store: Store) -> None:
    with store.write() as tx:
        for n in range(10):
            record(tx, call_row(id=f"{n}.1", pbx=("main", "branch")[n % 2], local_day=f"2026-11-2{n % 3}"), n % 3)
        callback_sums.settle_lost(tx, {call_row()["party"]})
        kept = tables(tx)
        assert rollups.differences(tx) == {}
        tx.conn.execute("UPDATE rollup_source SET calls = 99 WHERE day = '2026-11-20'")
        assert set(rollups.differences(tx)) == {"rollup_source"}
        rollups.rebuild(tx)
        assert (tables(tx), rollups.differences(tx)) == (kept, {})


def test_a_store_of_before_is_stale_until_it_is_rebuilt(store: Store) -> None:
    with store.write() as tx:
        assert not rollups.is_stale(tx)
        tx.conn.execute("INSERT INTO rollup_dirty (day) VALUES ('')")
        assert rollups.is_stale(tx)
        rollups.rebuild(tx)
        assert not rollups.is_stale(tx)


@pytest.mark.parametrize(("noted_s", "wrap_ms"), [(None, 0), (-5, 0), (0, 0), (12, 12_000), (600, 180_000)])
def test_work_after_a_call_lasts_until_its_first_topic_and_three_minutes_at_most(
    noted_s: int | None, wrap_ms: int
) -> None:
    row = call_row(outcome="answered", missed=0, answered_by="101")
    noted = None if noted_s is None else row["ended_ms"] + noted_s * 1000
    found = rollups.cells(row | {"noted_ms": noted}, None)
    [measures] = [measures for (table, _), measures in found.items() if table == "rollup_agent"]
    assert measures["wrap_ms"] == wrap_ms
