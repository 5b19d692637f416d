"""Calls by source: the SQL against the same figures computed call by call."""

import math
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import ReportsError
from reports.period import Period
from reports.report import WHOLE, Report
from reports.sources import DIMENSIONS, FIGURES, METRICS, frame, report, total
from store import Store
from tests.reports.brute_force import Clinic, booked_within, by_group, cost_within, figures, within
from tests.reports.rows import appointment, attribution, call, callback, made_by, opened_by, topic, visit, write

START = date(2026, 11, 20)
PERIOD = Period(START, START + timedelta(days=2))
COUNTS = tuple(metric.id for metric in METRICS if metric.unit in WHOLE)
ADDITIVE = tuple(name for name in COUNTS if name != "unique_callers")
OUTCOMES = ("answered", "voicemail", "abandoned", "no_answer", "busy", "failed", "left_menu", "unknown")
CAMPAIGNS = [
    {"id": 1, "source": "google", "medium": "cpc", "name": "Spring check-up"},
    {"id": 2, "source": "google", "medium": "organic", "name": ""},
    {"id": 3, "source": "billboard", "medium": "offline", "name": "Spring check-up"},
    {"id": 4, "source": "(none)", "medium": "(none)", "name": "(none)"},
]
NUMBERS = [
    {"id": 1, "did": "+48221234501", "label": "Ads line", "kind": "static", "location": "", "campaign": 1,
     "valid_from": "2026-01-01", "valid_to": "2026-11-20", "destination": None},
    {"id": 2, "did": "+48221234501", "label": "Billboard", "kind": "static", "location": "", "campaign": 3,
     "valid_from": "2026-11-21", "valid_to": None, "destination": None},
]  # fmt: skip


VISITS = [visit(1, term="implants", page="/implants"), visit(2, term="implants", page="/"), visit(3, page="/contact")]


@st.composite
def one_call(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """Draw a call; what it means (missed, times) agrees with its outcome, as intake writes it."""
    day = START + timedelta(days=draw(st.integers(-1, 3)))
    outcome = draw(st.sampled_from(OUTCOMES))
    row = call(str(day), id=f"{number:03}", pbx=draw(st.sampled_from(["main", "north"])), outcome=outcome)
    withheld = draw(st.booleans()) and draw(st.booleans())
    offered = draw(st.none() | st.integers(0, 3_000))
    wait = draw(st.integers(0, 9_000) | st.just(5_000))
    left = outcome == "left_menu" and draw(st.booleans())
    known = draw(st.sampled_from([None, "+48600000001", "+48600000002", "+48600000003"]))
    start = row["started_ms"]
    return row | {
        "direction": draw(st.sampled_from(["inbound"] * 6 + ["outbound", "internal"])),
        "kind": draw(st.sampled_from(["patient"] * 6 + ["feature", "consultation"])),
        "withheld": int(withheld),
        "party": None if withheld else known,
        "first_time": int(not withheld and known is not None and draw(st.booleans())),
        "did": draw(st.sampled_from([None, "+48221234501", "+48221234502"])),
        "missed": int(left or outcome in ("voicemail", "abandoned", "no_answer", "busy", "failed")),
        "offered_ms": None if offered is None else start + offered,
        "answered_ms": start + (offered or 0) + wait if outcome == "answered" else None,
        "ended_ms": draw(st.sampled_from([start + (offered or 0) + wait] * 9 + [None])),
        "bridged_ms": draw(st.sampled_from([0, 29_999, 30_000])) if outcome == "answered" else 0,
    }


@st.composite
def clinics(draw: st.DrawFn) -> Clinic:
    """Draw calls, their campaigns, and callbacks behind some of the missed ones."""
    calls = [draw(one_call(number)) for number in range(draw(st.integers(0, 14)))]
    attributed = [attribution(row, draw(st.sampled_from([None, 1, 2, 3, 4]))) for row in calls if draw(st.booleans())]
    callbacks, joined = [], []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        state = draw(st.sampled_from(["open", "claimed", "closed"]))
        why = draw(st.sampled_from(["reached", "returned", "booked", "manual", "expired"]))
        callbacks.append(callback(number, state=state, closed_why=why if state == "closed" else None))
    for row in calls if callbacks else []:
        role = "missed" if row["missed"] else "attempt"
        if draw(st.booleans()):
            joined.append(opened_by(draw(st.sampled_from(callbacks))["id"], row, role))
    for row in attributed:
        row["visit"] = draw(st.sampled_from([None, None, 1, 2, 3]))
    topics, appointments, links = draw(brought(calls))
    costs = [{"campaign": campaign, "period": str(START + timedelta(days=draw(st.integers(-1, 1)))),
              "cost_minor": draw(st.integers(1, 99)) * 100, "currency": "PLN"}
             for campaign in draw(st.sets(st.sampled_from([1, 2, 3])))]  # fmt: skip
    return Clinic(calls, attributed, CAMPAIGNS, NUMBERS, callbacks, joined, VISITS, topics, appointments, links, costs)


@st.composite
def brought(draw: st.DrawFn, calls: list[dict[str, Any]]) -> tuple[Any, Any, Any]:
    """Draw what calls were about, and appointments that some of them made."""
    said = st.sampled_from([None, "booked", "information", "cancelled", "not_booked"])
    topics = [topic(n, row, what) for n, row in enumerate(calls) if (what := draw(said)) is not None]
    appointments, links = [], []
    for n, row in enumerate(calls):
        if draw(st.integers(0, 3)) == 0:
            value = draw(st.sampled_from([None, 10_000, 25_000]))
            status = draw(st.sampled_from(["booked", "fulfilled", "arrived", "cancelled", "noshow"]))
            appointments.append(appointment(f"A-{n}", status=status, value_minor=value,
                                            currency=None if value is None else "PLN"))  # fmt: skip
            links.append(made_by(f"A-{n}", row))
    return topics, appointments, links


def fill(store: Store, clinic: Clinic) -> None:
    write(store, **{table: getattr(clinic, table) for table in Clinic.__slots__})


def same(reported: Any, expected: Any) -> bool:
    if expected is None:
        return reported is None or math.isnan(reported)
    return math.isclose(reported, expected)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics(), by=st.sets(st.sampled_from(DIMENSIONS), min_size=1))
def test_every_figure_equals_the_one_computed_call_by_call(lasting: Store, clinic: Clinic, by: set[str]) -> None:
    fill(lasting, clinic)
    with lasting.read() as tx:
        table = report(tx, PERIOD, by=sorted(by))
    dimensions = [name for name in DIMENSIONS if name in by]
    expected = by_group(clinic, PERIOD, dimensions)
    texts = [column for column in table.rows.columns if column not in FIGURES and column != "currency"]
    assert len(table.rows) == len(expected)
    remaining = list(expected.items())
    for record in table.rows.to_dict("records"):
        fits = [
            (key, values) for key, values in remaining
            if key[1:] == tuple(record[text] for text in texts)
            and all(same(record[figure], values[figure]) for figure in FIGURES)
        ]  # fmt: skip
        assert fits, f"no group computed in Python equals {record}"
        remaining.remove(fits[0])
    overall = figures(clinic, within(clinic, PERIOD), booked_within(clinic, PERIOD), cost_within(clinic, PERIOD))
    assert all(same(table.total[figure], overall[figure]) for figure in FIGURES)
    hold_invariants(table)


def hold_invariants(table: Report) -> None:
    """The rows add up to the total where they should, and every call is one of four things."""
    rows, overall = table.rows, table.total
    for name in ADDITIVE:
        assert rows[name].sum() == overall[name], name
    assert (rows.calls == rows.answered + rows.missed + rows.left_menu + rows.unknown).all()
    distinct = overall["unique_callers"] or 0
    assert rows.unique_callers.max() <= distinct <= rows.unique_callers.sum() if len(rows) else distinct == 0


def test_a_caller_of_two_campaigns_is_in_both_rows_and_once_in_the_total(store: Store) -> None:
    calls = [call("2026-11-20", id=str(n), party="+48600000001") for n in (1, 2)]
    write(store, call=calls, campaign=CAMPAIGNS, attribution=[attribution(calls[0], 1), attribution(calls[1], 3)])
    with store.read() as tx:
        table = report(tx, PERIOD)
    assert list(table.rows.unique_callers) == [1, 1]
    assert table.total["unique_callers"] == 1


def test_calls_of_no_campaign_are_the_last_row(store: Store) -> None:
    calls = [call("2026-11-20", id=str(n)) for n in range(3)]
    write(store, call=calls, campaign=CAMPAIGNS, attribution=[attribution(calls[0], 1), attribution(calls[1], None)])
    with store.read() as tx:
        rows = frame(tx, PERIOD)
    assert list(rows.source) == ["google", "(none)"]
    assert list(rows.calls) == [1, 2]


def test_a_number_carries_the_label_it_had_on_the_day_of_the_call(store: Store) -> None:
    calls = [call(day, id=day, did="+48221234501") for day in ("2026-11-20", "2026-11-21", "2026-11-22")]
    write(store, call=calls, number_assignment=NUMBERS)
    with store.read() as tx:
        rows = frame(tx, PERIOD, by=["number"])
    assert list(zip(rows.label, rows.calls, strict=True)) == [("Billboard", 2), ("Ads line", 1)]


@pytest.mark.parametrize(("waits", "middle"), [([4], 3.5), ([4, 1], 2.0), ([9, 1, 4], 3.5), ([9, 1, 4, 2], 2.5)])
def test_the_median_is_the_middle_of_its_second_whatever_the_count(
    store: Store, waits: list[int], middle: float
) -> None:
    calls = [call("2026-11-20", id=str(n)) for n in range(len(waits))]
    for row, wait in zip(calls, waits, strict=True):
        row |= {"offered_ms": row["started_ms"] + 500, "answered_ms": row["started_ms"] + 500 + wait * 1000}
    write(store, call=calls)
    with store.read() as tx:
        assert total(tx, PERIOD)["median_wait_s"] == middle


def test_a_short_abandon_is_missed_and_stays_out_of_the_answer_rate(store: Store) -> None:
    calls = [call("2026-11-20", id=str(n), outcome="abandoned", missed=1) for n in range(3)]
    for row, wait in zip(calls, (4_999, 5_000, 5_001), strict=True):
        row |= {"offered_ms": row["started_ms"], "ended_ms": row["started_ms"] + wait}
    answered = call("2026-11-20", id="answered", offered_ms=calls[0]["started_ms"])
    write(store, call=[*calls, answered])
    with store.read() as tx:
        overall = total(tx, PERIOD)
    assert (overall["missed"], overall["short"], overall["answer_rate"]) == (3, 2, 0.5)


def test_a_callback_counts_once_in_the_row_of_the_call_that_opened_it(store: Store) -> None:
    first = call("2026-11-20", id="1", outcome="no_answer", missed=1)
    again = call("2026-11-21", id="2", outcome="no_answer", missed=1)
    write(
        store, call=[first, again], campaign=CAMPAIGNS, callback=[callback(7)],
        attribution=[attribution(first, 3), attribution(again, 1)],
        callback_call=[opened_by(7, first), opened_by(7, again)],
    )  # fmt: skip
    with store.read() as tx:
        rows = frame(tx, PERIOD, by=["source"])
        second_day = total(tx, Period(date(2026, 11, 21), date(2026, 11, 21)))
    assert dict(zip(rows.source, rows.callbacks_open, strict=True)) == {"billboard": 1, "google": 0}
    assert second_day["callbacks_open"] == 0


def test_without_calls_there_are_no_rows_and_the_total_is_nothing(store: Store) -> None:
    with store.read() as tx:
        table = report(tx, PERIOD)
    assert table.rows.empty
    assert table.total == {name: 0 if name in COUNTS else None for name in FIGURES}
    assert [str(kind) for kind in table.rows.dtypes[list(COUNTS)]] == ["int64"] * len(COUNTS)


@pytest.mark.parametrize("by", [["colour"], ["source", "colour"], []])
def test_an_unknown_dimension_is_refused_with_those_there_are(store: Store, by: list[str]) -> None:
    with store.read() as tx, pytest.raises(ReportsError, match="among source, medium, campaign, number, keyword, page"):
        frame(tx, PERIOD, by=by)
