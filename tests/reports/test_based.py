"""Shares, times and money open to what they are computed from: with the two counts a share can be computed anew."""

from statistics import mean, median
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import based, behind, entries, people
from reports.based import BASES, Told, listed
from reports.figure import Cell
from reports.period import Period
from reports.registry import KINDS, Limits
from reports.report import WHOLE, Report
from reports.selected_callbacks import callbacks
from store import Store, Tx, rollups
from tests.reports import test_callbacks
from tests.reports.brute_force import Clinic
from tests.reports.opening import opened
from tests.reports.test_opened import LIMITS, STORIES
from tests.reports.test_sources import PERIOD, clinics, fill

OF_CALLS = [("sources", "source"), ("missed", "hour"), ("hours", "weekday"), ("queues", "queue"), ("team", "agent"),
            ("funnel", "source"), ("not-booked", "reason"), ("models", "campaign")]  # fmt: skip


def holds(tx: Tx, report: Report, rows: int = 2) -> dict[str, Told]:
    """Say that each list is as long as is told, and each share what its two counts make; return what is told."""
    found: dict[str, Told] = {}
    for name in sorted(name for name in BASES if name.startswith(f"{report.name}.")):
        figure = name.split(".")[1]
        records = list(report.records())[:rows] if figure in report.figures else []
        alike = [record for record in records if sum(all(other[by] == record[by] for by in report.by)
                                                     for other in report.records()) == 1]  # fmt: skip
        for row, value in (({}, report.total[figure]), *(
            ({text: record[text] for text in report.texts}, record[figure]) for record in alike
        )):
            told = based.told(tx, Cell(name, report.period, row), LIMITS)
            if value is None or told is None:
                assert told is None or value is None or BASES[name].only
                continue
            if not row:
                found[figure] = told
            assert told.value == report.plain(figure, value)
            if told.whole is not None:
                assert told.value == pytest.approx(told.count / told.whole, abs=6e-5), (name, row)
            assert _length(tx, name, report.period, row) == told.count, (name, row)
    return found


def _length(tx: Tx, name: str, period: Period, row: dict[str, Any]) -> int:
    report, figure = listed(name).split(".")
    metric = next(metric for metric in KINDS[report].metrics if metric.id == figure)
    if report == "callbacks":
        return callbacks(period, metric, row).count(tx)
    return len(opened(tx, listed(name), period, row, LIMITS))


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics(), asked=st.sampled_from(OF_CALLS))
def test_a_share_is_what_its_two_counts_make_over_any_history(
    store: Store, clinic: Clinic, asked: tuple[str, str]
) -> None:
    fill(store, clinic)
    name, by = asked
    with store.read() as tx:
        holds(tx, KINDS[name].make(tx, PERIOD, (by,), LIMITS))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics())
def test_times_can_be_computed_from_the_calls_they_open_to(store: Store, clinic: Clinic) -> None:
    fill(store, clinic)
    with store.read() as tx:
        report = KINDS["queues"].make(tx, PERIOD, ("queue",), LIMITS)
        for figure, taken in (("asa_s", mean), ("longest_wait_s", max), ("gave_up_after_s", mean)):
            calls = behind.opened(tx, f"queues.{figure}", PERIOD, {}).all(tx)
            rows = [tx.one("call_get", pbx=call["pbx"], id=call["id"]) for call in calls]
            until = "ended_ms" if figure == "gave_up_after_s" else "answered_ms"
            waits = [(row[until] - row["offered_ms"]) / 1000 for row in rows if row is not None]
            assert len(waits) == len(calls)
            assert report.total[figure] == (pytest.approx(taken(waits)) if waits else None), figure
        team = KINDS["team"].make(tx, PERIOD, ("agent",), LIMITS)
        calls = behind.opened(tx, "team.answered", PERIOD, {}).all(tx)
        rows = [tx.one("call_get", pbx=call["pbx"], id=call["id"]) for call in calls]
        talked = sum(row["talk_ms"] or 0 for row in rows if row is not None) / 1000
        assert (team.total["talk_s"] or 0) == pytest.approx(talked)


@pytest.mark.parametrize("name", STORIES)
def test_reports_on_people_visits_and_media_tell_what_they_are_computed_from(store: Store, name: str) -> None:
    story, period, by = STORIES[name]
    with store.write() as tx:
        story(tx)
        rollups.rebuild(tx)
        found = holds(tx, KINDS[name].make(tx, period, by[:1], LIMITS), rows=9)
    assert found


def test_the_time_until_who_asked_was_spoken_with_opens_of_requests_alone(store: Store) -> None:
    story, period, _ = STORIES["channels"]
    with store.write() as tx:
        story(tx)
        rollups.rebuild(tx)
        told = based.told(tx, Cell("channels.answer_s", period, {"channel": "request"}), LIMITS)
        assert told is not None
        found = entries.opened(tx, "channels.answered", period, {"channel": "request"}, LIMITS).page(tx, None, 9)
        waits = [(one.until_ms - one.at_ms) / 1000 for one in found if one.until_ms is not None]
        assert (told.value, told.count) == (median(waits), len(waits))
        assert based.told(tx, Cell("channels.answer_s", period, {"channel": "phone"}), LIMITS) is None


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(queue=test_callbacks.queues())
def test_callbacks_open_from_their_shares_and_times(store: Store, queue: test_callbacks.Queue) -> None:
    test_callbacks.fill(store, queue)
    with store.read() as tx:
        report = KINDS["callbacks"].make(tx, test_callbacks.PERIOD, ("day",), LIMITS)
        found = holds(tx, report, rows=1)
    assert all((found[figure].whole is None) == figure.endswith("_s") for figure in found)


def test_what_opens_is_computed_and_its_list_is_of_its_own_report() -> None:
    lists = behind.NAMES | behind.COMPUTED | people.NAMES | entries.NAMES | entries.COMPUTED
    for name in BASES:
        report = KINDS[name.split(".")[0]]
        metric = next(metric for metric in report.metrics if f"{report.name}.{metric.id}" == name)
        assert metric.unit not in WHOLE
        assert listed(name) in lists or report.name in ("callbacks", "sources", "origins", "channels"), name
    assert listed("sources.calls") == "sources.calls"


def test_counting_that_would_take_long_is_not_done(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.based.COUNTED_DAYS", 0)
    with store.read() as tx:
        assert based.told(tx, Cell("queues.asa_s", PERIOD, {}), Limits()) is None
