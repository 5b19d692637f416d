"""Figures of callbacks: the SQL against the same figures computed callback by callback."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import ReportsError
from reports.callback_metrics import CALLBACK_METRICS, CALLBACKS_BY_ID
from reports.callbacks import COUNTS, DIMENSIONS, FIGURES, TOTALS, final_lost, frame, report
from reports.metrics import LANGUAGES, Metric
from reports.period import Period
from reports.selected_callbacks import callbacks
from store import Store, Tx
from tests.reports.rows import call, callback, opened_by, timed, write

START = date(2026, 11, 20)
PERIOD = Period(START, START + timedelta(days=2))
LONG = Period(date(2026, 10, 15), date(2026, 11, 30))
"""Half a month by days, then a whole one."""
CAMPAIGNS = [
    {"id": 1, "source": "google", "medium": "cpc", "name": "Spring check-up"},
    {"id": 2, "source": "google", "medium": "organic", "name": ""},
]
WHY = ["reached", "returned", "booked", "manual", "expired"]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows of callbacks and of their times, in the same order, and calls."""

    callbacks: list[dict[str, Any]]
    times: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    machines: list[dict[str, Any]]


@st.composite
def one_callback(draw: st.DrawFn, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a callback with its times, in any combination that can be stored."""
    why = draw(st.sampled_from([None, *WHY]))
    opened = draw(st.integers(0, 4)) * 1_000
    row = callback(
        number, state="closed" if why else "open", closed_why=why, opened_ms=opened,
        closed_by=draw(st.sampled_from(["anna", None])) if why == "manual" else None,
        location=draw(st.sampled_from(["", "north"])), campaign=draw(st.sampled_from([None, 1, 2])),
    )  # fmt: skip
    day = START + timedelta(days=draw(st.sampled_from([-31, -1, 0, 1, 2, 3])))
    facts: dict[str, Any] = {"opened_day": str(day)}
    spoken = why in ("reached", "returned", "booked") and draw(st.booleans())
    for what, happened in (("attempted", draw(st.booleans())), ("contacted", spoken)):
        if happened:
            later = draw(st.sampled_from([-500, 0, 899_999, 900_000, 900_001, 3_600_000, 3_600_001, 86_400_001]))
            facts[f"{what}_ms"] = opened + later
            facts[f"{what}_work_ms"] = draw(st.sampled_from([0, 1, 900_000, 900_001]))
            facts[f"{what}_day"] = str(day + timedelta(days=draw(st.integers(0, 1))))
    return row, timed(row, **facts)


@st.composite
def queues(draw: st.DrawFn) -> Queue:
    pairs = [draw(one_callback(number)) for number in range(1, draw(st.integers(0, 12)) + 1)]
    calls = []
    for number in range(draw(st.integers(0, 10))):
        row = call(str(START + timedelta(days=draw(st.integers(-1, 3)))), id=f"{number:02}")
        outcome = draw(st.sampled_from(["answered", "abandoned", "no_answer", "left_menu"]))
        inbound, minute = draw(st.booleans()), draw(st.integers(0, 5)) * 60_000
        calls.append(row | {
            "direction": "inbound" if inbound else "outbound", "outcome": outcome, "party": f"+4860000000{number % 3}",
            "missed": int(inbound and outcome != "answered"), "started_ms": row["started_ms"] + minute,
            "ended_ms": row["ended_ms"] + minute, "bridged_ms": draw(st.sampled_from([0, 5_000, 60_000])),
            "lost_after_answer": int(inbound and outcome == "answered" and draw(st.booleans())),
            "withheld": int(draw(st.integers(0, 5)) == 0), "kind": draw(st.sampled_from(["patient"] * 5 + ["spy"])),
        })  # fmt: skip
    machines = [
        {**opened_by(1, row, "attempt"), "outcome": "voicemail"} for row in calls
        if row["direction"] == "outbound" and draw(st.integers(0, 3)) == 0
    ]  # fmt: skip
    return Queue([pair[0] for pair in pairs], [pair[1] for pair in pairs], calls, machines)


def fill(store: Store, queue: Queue) -> None:
    write(store, call=queue.calls, campaign=CAMPAIGNS, callback=queue.callbacks, callback_call=queue.machines,
          callback_time=queue.times)


def counted(queue: Queue, period: Period) -> list[dict[str, Any]]:
    """Return the callbacks that the report is about, each with its times and the names of its campaign."""
    names = {campaign["id"]: campaign for campaign in CAMPAIGNS}
    chosen = []
    for row, times in zip(queue.callbacks, queue.times, strict=True):
        corrected = row["closed_why"] == "manual" and row["closed_by"] is None
        if str(period.start) <= times["opened_day"] <= str(period.end) and not corrected:
            campaign = names.get(row["campaign"], {"source": "(none)", "name": "(none)"})
            chosen.append({**row, **times, "day": times["opened_day"], "source": campaign["source"],
                           "campaign": campaign["name"]})
    return chosen


def figures(rows: Sequence[Values], told: Callable[[int], float]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "opened": len(rows),
        "still_open": sum(row["state"] != "closed" for row in rows),
        **{f"closed_{why}": sum(row["closed_why"] == why for row in rows) for why in WHY},
        "contact_made": sum("contacted_ms" in row for row in rows),
        "tried_not_reached": sum("contacted_ms" not in row and "attempted_ms" in row for row in rows),
        "never_tried": sum("contacted_ms" not in row and "attempted_ms" not in row for row in rows),
    }
    for stem, what, share in (("attempt", "attempted", "called_back"), ("contact", "contacted", "recovered")):
        those = [row for row in rows if f"{what}_ms" in row]
        clock = [max(0, row[f"{what}_ms"] - row["opened_ms"]) for row in those]
        work = [row[f"{what}_work_ms"] for row in those]
        for name, lengths in (("work", work), ("clock", clock)):
            ordered = sorted(told(length) for length in lengths)
            found[f"{stem}_{name}_median_s"] = median(ordered) if ordered else None
            rank = math.ceil(len(ordered) * 0.9 - 1e-9)
            found[f"{stem}_{name}_p90_s"] = ordered[rank - 1] if ordered else None
        within = {
            "15m": sum(ms <= 900_000 for ms in work), "1h": sum(ms <= 3_600_000 for ms in clock),
            "same_day": sum(row[f"{what}_day"] == row["opened_day"] for row in those),
            "24h": sum(ms <= 86_400_000 for ms in clock),
        }  # fmt: skip
        found |= {f"{share}_{limit}": count / len(rows) if rows else None for limit, count in within.items()}
    return found


def exactly(ms: int) -> float:
    return ms / 1000


def roughly(ms: int) -> float:
    """Return a time in seconds as a histogram tells it: the middle of the second, 5 s, minute, ... in which it lies."""
    if ms <= 0:
        return 0.0
    limits = ((120, 1, 0), (600, 5, 120), (3600, 60, 600), (86_400, 300, 3600), (1_209_600, 3600, 86_400))
    _, step, first = next(limit for limit in limits if ms <= limit[0] * 1000)
    return first + (math.ceil((ms / 1000 - first) / step) - 0.5) * step


def lost(queue: Queue, period: Period) -> list[str]:
    """Return the calls behind final lost callers."""
    void = {part["call"] for part in queue.machines}
    ours = [row for row in queue.calls if row["kind"] == "patient"]
    spoke = [
        row for row in ours if row["outcome"] == "answered" and not row["lost_after_answer"] and row["id"] not in void
        if row["direction"] == "inbound" or row["bridged_ms"] >= 5_000
    ]  # fmt: skip
    last: dict[str, Values] = {}
    for row in sorted(ours, key=lambda row: (row["started_ms"], row["id"])):
        inside = str(period.start) <= row["local_day"] <= str(period.end)
        if row["direction"] == "inbound" and not row["withheld"] and inside:
            last[row["party"]] = row
    return sorted(
        row["id"] for row in last.values() if row["missed"]
        if not any(other["party"] == row["party"] and other["ended_ms"] >= row["ended_ms"] for other in spoke)
    )  # fmt: skip


def same(reported: Any, expected: Any) -> bool:
    if expected is None:
        return reported is None or math.isnan(reported)
    return reported is not None and math.isclose(reported, expected)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queue=queues(), by=st.sets(st.sampled_from(DIMENSIONS), min_size=1), told=st.sampled_from([exactly, roughly]),
       period=st.sampled_from([PERIOD, LONG]))
def test_every_figure_equals_the_one_computed_callback_by_callback(
    lasting: Store, queue: Queue, by: set[str], told: Callable[[int], float], period: Period
) -> None:
    fill(lasting, queue)
    with pytest.MonkeyPatch.context() as patch, lasting.read() as tx:
        if told is roughly:
            patch.setattr("reports.callback_spreads.EXACT_UP_TO", -1)
        found = report(tx, period, by=sorted(by))
        behind = [row["id"] for row in final_lost(tx, period)]
        opened = [(values[name], callbacks(period, CALLBACKS_BY_ID[name], {text: values[text] for text in texts}))
                  for values, texts in [(found.total, ()), *((row, found.by) for row in found.records())]
                  for name in COUNTS]
        listed = [(count, some.count(tx), some.page(tx, 0, 99)) for count, some in opened]
    assert all(len({row["id"] for row in rows}) == len(rows) == told == count for count, told, rows in listed)
    groups: dict[tuple[str, ...], list[Values]] = defaultdict(list)
    dimensions = [name for name in DIMENSIONS if name in by]
    for row in counted(queue, period):
        groups[tuple(row[name] for name in dimensions)].append(row)
    assert len(found.rows) == len(groups)
    for record in found.rows.to_dict("records"):
        expected = figures(groups[tuple(record[name] for name in dimensions)], told)
        assert {name for name in FIGURES if not same(record[name], expected[name])} == set()
    overall = figures(counted(queue, period), told)
    assert {name for name in FIGURES if not same(found.total[name], overall[name])} == set()
    assert sorted(behind) == lost(queue, period)
    assert found.total["final_lost"] == len(behind)
    for name in COUNTS:
        assert found.rows[name].sum() == found.total[name]


@pytest.mark.parametrize("metric", CALLBACK_METRICS, ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Metric) -> None:
    names = [metric.names.in_language(language) for language in LANGUAGES]
    assert len(set(names)) == 4
    assert metric.formula.endswith(".")
    assert metric.exclusions
    assert (metric.denominator is None) == (metric.unit not in ("share", "seconds"))
    assert (metric.denominator_condition is not None) == (metric.unit == "share")


def test_every_figure_has_one_definition() -> None:
    assert [*FIGURES, *TOTALS] == list(CALLBACKS_BY_ID)
    assert len(CALLBACKS_BY_ID) == len(CALLBACK_METRICS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queue=queues())
def test_the_callbacks_that_a_condition_selects_give_the_figure(lasting: Store, queue: Queue) -> None:
    fill(lasting, queue)
    with lasting.read() as tx:
        found = report(tx, PERIOD).total
        for metric in CALLBACK_METRICS:
            if metric.id in TOTALS:
                continue
            behind = select(tx, metric.condition)
            if metric.unit == "callbacks":
                assert found[metric.id] == behind, metric.id
            elif metric.unit == "share" and metric.denominator_condition is not None:
                opened = select(tx, metric.denominator_condition)
                assert same(found[metric.id], behind / opened if opened else None), metric.id
            else:
                assert (found[metric.id] is None) == (behind == 0), metric.id


def select(tx: Tx, condition: str) -> int:
    """Count the callbacks of the period that a condition selects."""
    row = tx.conn.execute(
        f"SELECT COUNT(*) AS n FROM callback JOIN callback_time ON callback_time.callback = callback.id "
        f"WHERE {condition} AND opened_day >= '{PERIOD.start}' AND opened_day <= '{PERIOD.end}'"
    ).fetchone()
    return int(row["n"])


def test_an_empty_period_has_counts_of_nothing_and_no_rates(store: Store) -> None:
    with store.read() as tx:
        found = report(tx, PERIOD)
    assert found.rows.empty
    assert found.total["opened"] == 0
    assert found.total["called_back_15m"] is None
    assert found.total["attempt_work_median_s"] is None


def test_callbacks_are_counted_by_known_dimensions_only(store: Store) -> None:
    with store.read() as tx:
        with pytest.raises(ReportsError, match='"doctor" is not something callbacks can be counted by'):
            frame(tx, PERIOD, by=["doctor"])
        with pytest.raises(ReportsError, match="nothing is named that callbacks could be counted by"):
            frame(tx, PERIOD, by=[])
