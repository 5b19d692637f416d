"""Roll-ups: whatever happens to the calls, the tables are what a rebuild would give."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import Store, Tx, open_store, rollups
from store.merge import merge_calls
from tests.store.rows import PBX, attribution_row, call_row, insert

OUTCOMES = ("answered", "voicemail", "abandoned", "no_answer", "busy", "failed", "left_menu", "unknown")


def tables(tx: Tx) -> dict[str, list[dict[str, Any]]]:
    return {table: tx.all(f"{table}_all") for table in rollups.KEYS}


def record(tx: Tx, row: dict[str, Any], campaign: int | None) -> None:
    """Store a call as the recording of calls does: cells before, the change, cells after."""
    before = rollups.stored(tx, row["pbx"], row["id"])
    tx.run("call_put", **row)
    tx.conn.execute(f"DELETE FROM attribution WHERE call = '{row['id']}'")
    if campaign is not None:
        insert(tx, "attribution", **attribution_row(row["id"], campaign=campaign or None))
    rollups.apply(tx, before, rollups.stored(tx, row["pbx"], row["id"]))


def test_a_missed_call_counts_in_its_source_hour_and_queue() -> None:
    assert rollups.cells(call_row(), {"campaign": 7}) == {
        ("rollup_source", ("2026-11-22", 7, "+48221234501")): {
            "calls": 1, "answered": 0, "missed": 1, "left_menu": 0, "unknown": 0, "first_time": 1, "withheld": 0,
            "wait_ms": 5005, "talk_ms": 0,
        },
        ("rollup_hour", ("2026-11-22", 2)): {"calls": 1, "answered": 0, "missed": 1},
        ("rollup_queue", ("2026-11-22", "reception")): {"calls": 1, "answered": 0, "abandoned": 1, "wait_ms": 5005},
    }  # fmt: skip


def test_an_answered_call_counts_for_the_phone_that_answered() -> None:
    answered = call_row(outcome="answered", missed=0, answered_by="101", bridged_ms=60_000)
    found = rollups.cells(answered, None)
    assert found["rollup_agent", ("2026-11-22", "101")] == {"answered": 1, "outbound": 0, "talk_ms": 60_000}
    assert ("rollup_source", ("2026-11-22", 0, "+48221234501")) in found


def test_a_call_to_a_patient_counts_for_the_phone_that_rang() -> None:
    placed = call_row(direction="outbound", missed=0, extension="102", bridged_ms=30_000, outcome="answered")
    assert rollups.cells(placed, None) == {
        ("rollup_agent", ("2026-11-22", "102")): {"answered": 0, "outbound": 1, "talk_ms": 30_000}
    }


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


calls = st.builds(
    lambda changes: call_row(**changes, missed=int(changes["outcome"] in OUTCOMES[1:6])),
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
        "local_day": st.sampled_from(["2026-11-22", "2026-11-23"]),
        "local_hour": st.integers(8, 9),
        "bridged_ms": st.integers(0, 3),
        "wait_ms": st.integers(0, 3),
        "first_time": st.integers(0, 1),
        "withheld": st.integers(0, 1),
    }),
)  # fmt: skip
records = st.tuples(st.just("record"), calls, st.sampled_from([None, 0, 1, 2]))
merges = st.tuples(st.just("merge"), st.sampled_from(["2.2", "3.3", "4.4"]), st.sampled_from(["1.1", "2.2"]))


def follow(tx: Tx, history: list[tuple[str, Any, Any]]) -> None:
    for what, first, second in history:
        if what == "record":
            record(tx, first, second)
        else:
            merge_calls(tx, PBX, first, second)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(records, records, merges), max_size=12))
def test_any_history_gives_the_tables_of_a_rebuild(history: list[tuple[str, Any, Any]]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        follow(tx, history)
        kept = tables(tx)
        rollups.rebuild(tx)
        assert tables(tx) == kept
        for row in kept["rollup_source"]:
            assert row["calls"] == row["answered"] + row["missed"] + row["left_menu"] + row["unknown"]
        assert sum(row["calls"] for row in kept["rollup_hour"]) == sum(row["calls"] for row in kept["rollup_source"])


def test_a_rebuild_reads_the_calls_a_page_at_a_time(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("store.rollups._PAGE", 3)
    with store.write() as tx:
        for n in range(10):
            record(tx, call_row(id=f"{n}.1", pbx=("main", "branch")[n % 2]), n % 3)
        kept = tables(tx)
        tx.conn.execute("UPDATE rollup_source SET calls = 99")
        rollups.rebuild(tx)
        assert tables(tx) == kept
