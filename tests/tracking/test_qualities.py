"""First-time callers are stored; new patients, target calls and unique targets are told from rows."""

from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Row, Store
from tests.store.rows import call_row
from tracking.qualified import calls_of_quality
from tracking.qualities import DAY_MS, Rules, counts, is_new_patient, is_target, unique_targets

WARSAW = ZoneInfo("Europe/Warsaw")
NIGHT = 1_795_305_600_000 - 30 * 60_000
"""00:30 in Warsaw on 22 November 2026, which is still the 21st in UTC."""
RULES = Rules()


def call(**facts: Any) -> Row:
    return {**call_row(outcome="answered", bridged_ms=30_000, started_ms=NIGHT), "excluded": "", **facts}


@pytest.mark.parametrize(("facts", "category", "target"), [
    ({}, None, True), ({}, "booked", True), ({}, "not_booked", True), ({}, "results", False),
    ({}, "sales_spam", False), ({"bridged_ms": 29_999}, None, False), ({"outcome": "abandoned"}, None, False),
    ({"direction": "outbound"}, None, False), ({"kind": "internal"}, None, False),
    ({"excluded": "test"}, "booked", False), ({"ended_ms": None}, None, False),
])  # fmt: skip
def test_a_target_call_is_a_talk_that_may_bring_a_visit(facts: Row, category: str | None, target: bool) -> None:
    assert is_target(call(**facts), category, RULES) is target


def test_what_a_target_is_the_clinic_says() -> None:
    rules = Rules(target_s=60, not_target=frozenset(("information",)))
    assert is_target(call(bridged_ms=60_000), "results", rules)
    assert not is_target(call(bridged_ms=60_000), "information", rules)
    assert not is_target(call(), "booked", rules)


@pytest.mark.parametrize(("known_since", "new"), [
    ((), True), (("2026-11-22",), True), (("2026-11-22T10:00",), True), (("2026-11-21",), False), ((None,), False),
    (("2026-11-22", "2020-01-01"), False),
])  # fmt: skip
def test_a_new_patient_was_on_no_record_before_the_day_of_the_call(
    known_since: tuple[str | None, ...], new: bool
) -> None:
    assert is_new_patient(call(), known_since, WARSAW) is new
    assert not is_new_patient(call(party=None), known_since, WARSAW)


def test_one_target_of_a_caller_within_the_window_is_unique() -> None:
    def target(n: int, day: int, party: str | None = "+48501000206") -> Row:
        return {"pbx": "main", "id": str(n), "started_ms": NIGHT + day * DAY_MS, "party": party}

    told = [target(1, 0), target(2, 29), target(3, 30), target(4, 31, "+48501000207"), target(5, 60), target(6, 89),
            target(7, 60, None), target(8, 60, None)]  # fmt: skip
    assert {id_ for _, id_ in unique_targets(told, RULES)} == {"1", "4", "5", "7", "8"}


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 2)), max_size=20), st.randoms(use_true_random=False))
def test_unique_targets_are_the_same_in_any_order_and_no_two_of_a_caller_are_near(told: Any, random: Any) -> None:
    rows = [{"pbx": "main", "id": f"{n:03}", "started_ms": day * DAY_MS, "party": f"+4850100020{who}"}
            for n, (day, who) in enumerate(told)]  # fmt: skip
    unique = unique_targets(rows, RULES)
    random.shuffle(rows)
    assert unique_targets(rows, RULES) == unique
    for party in {row["party"] for row in rows}:
        times = sorted(row["started_ms"] for row in rows if row["party"] == party and (row["pbx"], row["id"]) in unique)
        assert all(later - earlier >= 30 * DAY_MS for earlier, later in pairwise(times))


def test_marked_calls_count_nowhere() -> None:
    assert [counts(call(excluded=kind)) for kind in ("", "staff", "spam", "test")] == [True, False, False, False]


def test_calls_are_found_by_their_quality(store: Store) -> None:
    with store.write() as tx:
        for n, (day, number) in enumerate([(-10, "6"), (0, "6"), (1, "7"), (2, "7"), (3, "8")]):
            party = f"+4850100020{number}"
            row = call_row(id=f"9.{n}", started_ms=NIGHT + day * DAY_MS, caller_number=party, party=party,
                           outcome="answered", bridged_ms=60_000, first_time=int(n in (0, 2, 4)))
            tx.run("call_put", **{"sources": "{}"} | row)
        tx.run("call_topic_put", id=1, pbx="main", call="9.4", topic="Results", category="results", patient=None,
               author="Anna", at_ms=NIGHT)
        period = (NIGHT, NIGHT + 10 * DAY_MS)
        found = {quality: [row["id"] for row in calls_of_quality(tx, quality, period, RULES, WARSAW)]
                 for quality in ("first-time", "new-patient", "target", "unique-target")}
    assert found == {
        "first-time": ["9.2", "9.4"], "new-patient": ["9.1", "9.2", "9.3", "9.4"], "target": ["9.1", "9.2", "9.3"],
        "unique-target": ["9.2"],
    }
