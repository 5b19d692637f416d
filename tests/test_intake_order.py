"""Calls do not always come in their order: a backfill, a replay, a merge. What is stored is the same all the same."""

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

import intake
from patients.tables import Source
from pbx.calls import Call, CallChanged
from store import Store, open_store
from store import rollups as store_rollups
from tests.test_intake import BILLBOARD, CALLER, IN_CLINIC, MONDAY_10, NUMBERS, answered, missed_call
from tracking.numbers import import_numbers

DAY = 86_400_000
CLINIC = replace(IN_CLINIC, first_time_days=10, returning_days=5)
UNTRACKED = "+48225550100"


def call(n: int, day: int, **facts: Any) -> Call:
    started = MONDAY_10 + day * DAY + n
    told = missed_call(id=f"{started // 1000}.{n}", started_ms=started, **facts)
    return answered(told)


def stored(store: Store) -> dict[str, tuple[Any, ...]]:
    with store.read() as tx:
        rows = tx.conn.execute(
            "SELECT call.id, first_time, rule, campaign, evidence FROM call "
            "LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id"
        ).fetchall()
    return {row["id"]: tuple(row.values())[1:] for row in rows}


def record(calls: list[Call], *, batch: bool = False) -> tuple[dict[str, tuple[Any, ...]], bool]:
    """Record calls in this order; return what is stored of each, and whether the sums agree with the calls."""
    with open_store(":memory:") as store:
        import_numbers(store, Source(NUMBERS, "PL"))
        with store.write() as tx:
            if batch:
                intake.record_past(tx, [(CallChanged(one), MONDAY_10) for one in calls], CLINIC)
            else:
                for one in calls:
                    intake.record(tx, CallChanged(one), MONDAY_10, CLINIC, live=False)
            wrong = store_rollups.differences(tx)
            patients = tx.conn.execute("SELECT COUNT(*) AS n FROM call WHERE kind = 'patient'").fetchall()[0]["n"]
            decided = tx.conn.execute("SELECT COUNT(*) AS n FROM attribution").fetchall()[0]["n"]
        assert decided == patients
        return stored(store), not wrong


days = st.lists(st.integers(0, 30), min_size=2, max_size=7)
dids = st.lists(st.sampled_from([BILLBOARD, UNTRACKED]), min_size=7, max_size=7)


@settings(max_examples=15, deadline=None)
@given(days, dids, st.randoms(use_true_random=False), st.booleans())
@example([0, 10], [BILLBOARD] * 7, Random(1), False)
def test_in_whatever_order_calls_come_the_same_are_first_and_of_the_same_campaign(
    when: list[int], where: list[str], random: Any, batch: bool
) -> None:
    calls = [call(n, day, did=where[n]) for n, day in enumerate(when)]
    in_order, right = record(sorted(calls, key=lambda one: one.started_ms))
    assert right
    random.shuffle(calls)
    assert record(calls, batch=batch) == (in_order, True)


SORTS: dict[str, dict[str, Any]] = {
    "answered": {}, "missed": {"answered": False}, "internal": {"kind": "internal"},
    "ours": {"direction": "outbound", "destination": CALLER, "caller_number": None, "caller_raw": None, "did": None},
}  # fmt: skip
told = st.lists(st.tuples(st.integers(0, 30), st.sampled_from(sorted(SORTS))), min_size=2, max_size=7)


@settings(max_examples=15, deadline=None)
@given(told, st.randoms(use_true_random=False), st.booleans())
def test_whoever_rang_whom_in_whatever_order_it_is_told_the_same_callers_are_first(
    what: list[tuple[int, str]], random: Any, batch: bool
) -> None:
    calls = []
    for n, (day, sort) in enumerate(what):
        facts = dict(SORTS[sort])
        talked = facts.pop("answered", True)
        one = call(n, day, **facts)
        calls.append(one if talked else replace(one, answered_ms=None, answered_by=None, outcome="abandoned"))
    in_order, right = record(sorted(calls, key=lambda one: one.started_ms))
    assert right
    random.shuffle(calls)
    found, right = record(calls, batch=batch)
    assert ({id_: facts[0] for id_, facts in found.items()}, right) == (
        {id_: facts[0] for id_, facts in in_order.items()}, True,
    )  # fmt: skip


def test_who_rang_within_the_look_back_is_no_first_time_caller_and_later_is_again() -> None:
    calls = [call(0, 0), call(1, 9), call(2, 25)]
    found, _ = record(calls[::-1])
    assert [found[one.id][0] for one in calls] == [1, 0, 1]


def test_a_call_that_turns_out_to_be_nobodys_leaves_the_next_one_the_first() -> None:
    first, second = call(0, 0), call(1, 3)
    internal = replace(first, kind="internal", version=first.version + 1)
    found, right = record([first, second, internal])
    assert (found[second.id][0], right) == (1, True)


def test_a_caller_who_returns_belongs_to_the_campaign_of_the_call_before_for_some_days() -> None:
    calls = [call(0, 0, did=BILLBOARD), call(1, 4, did=UNTRACKED), call(2, 6, did=UNTRACKED)]
    found, _ = record(calls)
    # The third is within five days of the second only, and nobody returns for ever.
    assert [found[one.id][1] for one in calls] == ["number", "returning", "none"]


def test_a_merge_takes_the_younger_call_out_of_what_later_ones_go_by() -> None:
    older, younger, later = call(0, 0, caller_number=None, caller_raw=None), call(1, 1), call(2, 2)
    with open_store(":memory:") as store, store.write() as tx:
        for one in (older, younger, later):
            intake.record(tx, CallChanged(one), MONDAY_10, CLINIC, live=False)
        merged = replace(older, version=younger.version + 1)
        intake.record(tx, CallChanged(merged, (younger.id,)), MONDAY_10, CLINIC, live=False)
        row = tx.one("call_get", pbx="main", id=later.id)
        assert row is not None
        assert (row["party"], row["first_time"]) == (CALLER, 1)
        assert not store_rollups.differences(tx)
