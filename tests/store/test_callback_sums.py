"""Sums of callbacks and lost callers: whatever happens, they are what a rebuild would give."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import Store, Tx, callback_sums, rollups
from store.cells import LAST_LONG_BUCKET, long_end_s
from store.merge import merge_calls
from tests.store.rows import PBX, attribution_row, call_row, insert

TABLES = ("callback_counted", "lost_call", "rollup_callback", "rollup_callback_day", "rollup_callback_month",
          "rollup_opened")  # fmt: skip
DAYS = ("2026-10-31", "2026-11-01", "2026-11-02")
CALLS = ("1.1", "2.2", "3.3", "4.4", "5.5")
PARTIES = ("+48500100200", "+48500100201")


def put_call(tx: Tx, row: dict[str, Any], campaign: int | None) -> None:
    """Store a call as the recording of calls does, with its campaign, and say so."""
    before = tx.one("call_get", pbx=PBX, id=row["id"])
    if before is not None and before["id"] != row["id"]:
        return
    tx.run("call_put", **row)
    tx.conn.execute(f"UPDATE call SET excluded = '{row.get('excluded', '')}' WHERE id = '{row['id']}'")
    tx.conn.execute(f"DELETE FROM attribution WHERE call = '{row['id']}'")
    if campaign is not None:
        insert(tx, "attribution", **attribution_row(row["id"], campaign=campaign))
    if row["party"] is None:
        tx.run("lost_call_drop", pbx=PBX, call=row["id"])
    callback_sums.settle_lost(tx, {row["party"], before["party"] if before else None})
    callback_sums.settle_call(tx, PBX, row["id"])


def put_callback(tx: Tx, callback: int, row: dict[str, Any], times: dict[str, Any] | None) -> None:
    """Store a callback with its times, and say so."""
    for table, key in (("callback", "id"), ("callback_time", "callback")):
        tx.conn.execute(f"DELETE FROM {table} WHERE {key} = {callback}")
    insert(tx, "callback", id=callback, number=f"+4850{callback:07}", kind="missed", due_ms=0, expires_ms=0, priority=0,
           **row)
    if times is not None:
        insert(tx, "callback_time", callback=callback, opened_in_hours=1, **times)
    callback_sums.settle(tx, (callback,))


def put_part(tx: Tx, callback: int, call: str, part: dict[str, Any]) -> None:
    """Give a call its part in a callback, and say so: the number's lost calls may hang on it too."""
    tx.run("callback_call_put", callback=callback, pbx=PBX, call=call, person=None, **part)
    row = tx.one("call_get", pbx=PBX, id=call)
    callback_sums.settle(tx, (callback,))
    callback_sums.settle_lost(tx, {row["party"] if row else None})


def merge(tx: Tx, younger: str, older: str) -> None:
    """Two calls turn out to be one."""
    merge_calls(tx, PBX, younger, older)


calls = st.builds(
    lambda facts: call_row(**facts, local_day=DAYS[facts["started_ms"] // 10],
                           missed=int(facts["outcome"] != "answered" and facts["direction"] == "inbound")),
    st.fixed_dictionaries({
        "id": st.sampled_from(CALLS), "direction": st.sampled_from(["inbound", "inbound", "outbound"]),
        "kind": st.sampled_from(["patient"] * 5 + ["spy"]), "outcome": st.sampled_from(["answered", "abandoned"]),
        "started_ms": st.integers(0, 29), "ended_ms": st.sampled_from([None, 20, 30, 30, 40]),
        "did": st.sampled_from([None, "+48221234501"]), "excluded": st.sampled_from(["", "", "spam"]),
        "party": st.sampled_from([None, *PARTIES]), "withheld": st.sampled_from([0, 0, 0, 1]),
        "bridged_ms": st.sampled_from([0, 5_000]), "lost_after_answer": st.sampled_from([0, 0, 1]),
    }),
)  # fmt: skip
states = st.sampled_from([
    ("open", None, None), ("claimed", None, None), ("closed", "reached", None), ("closed", "booked", None),
    ("closed", "manual", "anna"), ("closed", "manual", None), ("closed", "expired", None),
])  # fmt: skip
callbacks = st.builds(
    lambda state, facts: dict(zip(("state", "closed_why", "closed_by"), state, strict=True)) | facts,
    states,
    st.fixed_dictionaries({
        "location": st.sampled_from(["", "north"]), "campaign": st.sampled_from([None, 1, 2]),
        "opened_ms": st.sampled_from([0, 1_000]),
    }),
)  # fmt: skip
times = st.fixed_dictionaries({
    "opened_day": st.sampled_from(DAYS),
    **{f"{what}_{name}": value for what in ("attempted", "contacted") for name, value in (
        ("ms", st.sampled_from([None, 0, 900_000, 4_000_000])), ("work_ms", st.sampled_from([None, 0, 900_001])),
        ("day", st.sampled_from([None, *DAYS])))},
})  # fmt: skip
parts = st.fixed_dictionaries({
    "role": st.sampled_from(["missed", "missed", "attempt"]), "at_ms": st.integers(0, 2),
    "outcome": st.sampled_from([None, "voicemail", "unconfirmed"]),
})  # fmt: skip
ids = st.integers(1, 3)
steps = st.one_of(
    st.tuples(st.just(put_call), calls, st.sampled_from([None, 1, 2])),
    st.tuples(st.just(put_call), calls, st.just(None)),
    st.tuples(st.just(put_callback), ids, callbacks, st.none() | times),
    st.tuples(st.just(put_part), ids, st.sampled_from(CALLS), parts),
    st.tuples(st.just(merge), st.sampled_from(CALLS[1:]), st.sampled_from(CALLS[:2])),
)


def test_any_history_gives_the_sums_of_a_rebuild(lasting: Store) -> None:
    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(steps, max_size=14))
    def check(history: list[tuple[Any, ...]]) -> None:
        with lasting.write() as tx:
            for table in ("call", "call_alias", "attribution", "callback", "callback_time", "callback_call", *TABLES):
                tx.conn.execute(f"DELETE FROM {table}")
            for step, *facts in history:
                step(tx, *facts)
            found = {table: int(tx.value(f"{table}_differences")) for table in TABLES}
            assert found == dict.fromkeys(TABLES, 0)
            lost_callers_are_those_of_the_calls(tx)

    check()


def lost_callers_are_those_of_the_calls(tx: Tx) -> None:
    """For any days: who is lost by the sums is whose last call was missed, with no talk since."""
    stored = [dict(row) for row in tx.conn.execute("SELECT * FROM call").fetchall()]
    parts = [dict(row) for row in tx.conn.execute("SELECT * FROM callback_call").fetchall()]
    machines = {part["call"] for part in parts if part["role"] == "attempt" and part["outcome"]}
    patients = [row for row in stored if row["kind"] == "patient" and row["ended_ms"] is not None and row["party"]]
    talks = [row for row in patients if row["outcome"] == "answered" and not row["lost_after_answer"]
             and row["id"] not in machines]  # fmt: skip
    for n, first in enumerate(DAYS):
        for last in DAYS[n:]:
            for reached_ms in (0, 5_000, 5_001):
                lost = 0
                for party in PARTIES:
                    own = [row for row in patients if row["party"] == party and row["direction"] == "inbound"
                           and first <= row["local_day"] <= last and not row["excluded"] and not row["withheld"]]
                    final = max(own, key=lambda row: (row["started_ms"], row["pbx"], row["id"]), default=None)
                    spoke = final is not None and any(
                        row["party"] == party and row["ended_ms"] >= final["ended_ms"]
                        and (row["direction"] == "inbound" or row["bridged_ms"] >= reached_ms) for row in talks
                    )  # fmt: skip
                    lost += final is not None and final["missed"] and not spoke
                assert tx.value("sum_final_lost", from_day=first, to_day=last, reached_ms=reached_ms) == lost


@given(st.one_of(st.integers(-5_000, 700_000), st.integers(0, 40_000_000_000)))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_time_lies_within_its_bucket(store: Store, ms: int) -> None:
    with store.write() as tx:
        put_callback(tx, 1, {"state": "open", "location": "", "opened_ms": 0},
                     {"opened_day": DAYS[0], "attempted_ms": ms, "attempted_day": DAYS[0], "attempted_work_ms": ms})
        fact = tx.one("callback_counted_get", callback=1)
    assert fact is not None
    bucket = fact["attempt_clock"]
    assert bucket == fact["attempt_work"]
    assert ms / 1000 <= long_end_s(bucket) or bucket == LAST_LONG_BUCKET
    assert bucket == 0 or ms / 1000 > long_end_s(bucket - 1)


def test_what_differs_from_the_callbacks_is_found_and_made_right(store: Store) -> None:
    with store.write() as tx:
        put_call(tx, call_row(), 1)
        put_callback(tx, 1, {"state": "open", "location": "", "opened_ms": 0}, {"opened_day": DAYS[0]})
        put_part(tx, 1, call_row()["id"], {"role": "missed", "at_ms": 0, "outcome": None})
        kept = {table: tx.all(f"{table}_all") for table in TABLES}
        assert all(kept[table] for table in ("callback_counted", "lost_call", "rollup_callback", "rollup_opened"))
        tx.conn.execute("UPDATE rollup_opened SET callbacks_open = 9")
        tx.conn.execute("UPDATE lost_call SET until = '2027-01-01'")
        assert {"rollup_opened", "lost_call"} <= set(rollups.differences(tx))
        rollups.rebuild(tx)
        assert {table: tx.all(f"{table}_all") for table in TABLES} == kept
