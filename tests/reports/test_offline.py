"""Advertising off the web: sums of its calls, before and after, fading, what callers say, costs."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import ReportsError
from reports.offline import DIMENSIONS, frame, report
from reports.offline_metrics import METRICS
from reports.period import Period
from store import Store, Tx, open_store, rollups
from tests.reports.opening import hold
from tests.store.rows import PBX, insert
from tests.tracking.booking import attributed, call, topic
from tracking.campaigns import campaign_id
from tracking.journey import OFFLINE

START = date(2026, 10, 1)
PERIOD = Period(date(2026, 10, 1), date(2026, 10, 31))
BOARD, PAPER, MAIN = "+48221234521", "+48221234522", "+48221234501"


def number(tx: Tx, did: str, campaign: int | None, first: str, ident: int) -> None:
    insert(tx, "number_assignment", id=ident, did=did, label="", kind="static", location="", campaign=campaign,
           valid_from=first)  # fmt: skip


def ring(tx: Tx, day: date, did: str, campaign: int | None, said: str = "", **changes: Any) -> str:
    ident = f"{day}-{did}-{tx.next_id('test')}"
    call(tx, ident, f"{day} 10:00", did=did, number=f"+48501{tx.next_id('number'):06}", **changes)
    attributed(tx, ident, "number" if campaign else "none", campaign)
    if said:
        tx.run("heard_put", pbx=PBX, call=ident, answer=said, author="ewa", at_ms=0)
        tx.conn.execute(f"UPDATE call_heard SET at_ms = (SELECT ended_ms FROM call WHERE id = '{ident}') "
                        f"WHERE call = '{ident}'")
    return ident


def story(tx: Tx) -> None:
    board, paper = campaign_id(tx, "billboard", "offline", "Ring road"), campaign_id(tx, "metro", "print", "Page 3")
    google = campaign_id(tx, "google", "cpc", "Implants")
    number(tx, BOARD, board, START.isoformat(), 1)
    number(tx, PAPER, paper, (START + timedelta(days=7)).isoformat(), 2)
    for day in range(-28, 28):
        when = START + timedelta(days=day)
        ring(tx, when, MAIN, None)
        if day % 7 == 0 and day < 0:
            ring(tx, when, BOARD, None)  # strays, before it was the billboard's
    for day in range(28):
        for _ in range(2 if day < 14 else 1):
            ring(tx, START + timedelta(days=day), BOARD, board, "billboard" if day < 3 else "")
    booked = ring(tx, START + timedelta(days=8), PAPER, paper, "google", outcome="abandoned")
    topic(tx, booked, "booked", "2026-10-09 10:02")
    ring(tx, START + timedelta(days=9), MAIN, None, "newspaper")
    ring(tx, START + timedelta(days=9), MAIN, google, "google")
    tx.run("campaign_cost_put", campaign=board, period="2026-10", cost_minor=210_000, currency="PLN")
    rollups.rebuild(tx)


def test_what_each_medium_brought_and_how_sure_that_is(lasting: Store) -> None:
    with lasting.write() as tx:
        story(tx)
        found = report(tx, PERIOD)
    board, paper = list(found.records())
    assert (board["source"], board["campaign"], paper["source"]) == ("billboard", "Ring road", "metro")
    assert (board["calls"], board["answered"], board["booked"], board["booked_low"]) == (42, 42, 0, 0.0)
    assert (board["before_per_day"], board["after_per_day"]) == (round(4 / 28, 3), 1.5)
    assert board["times"] == 10.5
    assert board["times_low"] < 10.5 < board["times_high"]
    assert (board["untracked_before"], board["untracked_after"]) == (1.0, round(29 / 28, 3))
    assert (board["heard"], board["heard_elsewhere"], board["heard_share"]) == (6, 0, 0.6667)
    assert board["heard_low"] < 0.6667 < board["heard_high"]
    assert (board["cost"], board["cost_per_call"]) == (2100.0, 50.0)
    assert (paper["calls"], paper["booked"], paper["booked_share"], paper["booked_high"]) == (1, 1, 1.0, 1.0)
    assert (paper["heard"], paper["heard_elsewhere"], paper["cost"]) == (1, 1, None)
    assert (paper["before_per_day"], paper["times"], paper["times_low"] is not None) == (0.0, None, True)
    assert (found.total["calls"], found.total["heard"], found.total["cost"]) == (43, 7, 2100.0)
    assert found.total["times"] is None


def test_a_figure_opens_to_its_calls(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        for by in (("campaign",), ("source", "week")):
            assert hold(tx, report(tx, PERIOD, by=by))["heard_elsewhere"]


def test_calls_fade_by_week(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        weeks = frame(tx, PERIOD, by=("campaign", "week"))
        whole = frame(tx, PERIOD, by=("campaign",))
    rows = weeks[weeks.campaign == "Ring road"]
    assert dict(zip(rows.week, rows.calls, strict=True)) == {"01": 14, "02": 14, "03": 7, "04": 7}
    assert weeks.cost.isna().all()
    assert weeks.calls.sum() == whole.calls.sum()


def test_a_number_that_was_anothers_before_is_no_baseline(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        tx.conn.execute("UPDATE number_assignment SET valid_to = '2026-09-30', valid_from = '2026-09-01', "
                        "campaign = 99 WHERE id = 2")  # fmt: skip
        number(tx, PAPER, campaign_id(tx, "metro", "print", "Page 3"), "2026-10-01", 3)
        rows = {row["campaign"]: row for row in report(tx, PERIOD).records()}
    assert rows["Page 3"]["before_per_day"] is None
    assert rows["Ring road"]["before_per_day"] is not None


def test_of_a_beginning_before_the_first_known_call_nothing_is_said(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        tx.conn.execute("UPDATE number_assignment SET valid_from = '2026-01-01' WHERE id = 1")
        rows = {row["campaign"]: row for row in report(tx, PERIOD).records()}
    board = rows["Ring road"]
    assert board["calls"] > 0
    assert {board[name] for name in ("before_per_day", "after_per_day", "untracked_after", "half_life_days")} == {None}


def test_weeks_alone_are_of_no_campaign_and_refused(store: Store) -> None:
    with store.read() as tx, pytest.raises(ReportsError, match="weeks are those of a campaign"):
        report(tx, PERIOD, by=("week",))


def test_nothing_off_the_web_is_an_empty_report(store: Store) -> None:
    with store.read() as tx:
        found = report(tx, PERIOD)
    assert found.rows.empty
    assert (found.total["calls"], found.total["heard"], found.total["cost"]) == (0, None, None)


def test_the_definition_names_the_media_that_journeys_know() -> None:
    assert all(f"'{medium}'" in METRICS[0].condition for medium in OFFLINE)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Any) -> None:
    assert len({metric.names.in_language(language) for language in ("en", "pl", "ru", "es")}) == 4
    assert metric.formula.endswith(".")


def test_every_count_is_that_of_the_calls_its_definition_selects(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        total = report(tx, PERIOD).total
        for metric in METRICS:
            if metric.unit == "calls" and metric.additive:
                row = tx.conn.execute(
                    f"SELECT COUNT(*) AS n FROM call WHERE {metric.condition} AND local_day >= '2026-10-01' "
                    "AND local_day <= '2026-10-31'"
                ).fetchone()
                assert total[metric.id] == row["n"], metric.id


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-5, 40), st.sampled_from([0, 1, 2, 3]), st.sampled_from(["answered", "abandoned"]),
                       st.booleans()), max_size=14),
    st.sets(st.sampled_from(DIMENSIONS[:3]), min_size=1), st.booleans(),
)  # fmt: skip
def test_rows_add_up_to_the_calls_of_offline_media(drawn: list[tuple[Any, ...]], by: set[str], weeks: bool) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        ids = [None, campaign_id(tx, "billboard", "offline", "A"), campaign_id(tx, "metro", "print", "B"),
               campaign_id(tx, "google", "cpc", "C")]  # fmt: skip
        number(tx, BOARD, ids[1], START.isoformat(), 1)
        for day, which, outcome, first in drawn:
            ring(tx, START + timedelta(days=day), BOARD, ids[which], outcome=outcome, first_time=int(first))
        rollups.rebuild(tx)
        found = report(tx, PERIOD, by=(*by, "week") if weeks else tuple(by))
    counted = [one for one in drawn if 0 <= one[0] <= 30 and one[1] in (1, 2)]
    assert found.total["calls"] == len(counted) == found.rows.calls.sum()
    assert found.total["answered"] == sum(one[2] == "answered" for one in counted) == found.rows.answered.sum()
    assert found.total["first_time_callers"] == sum(one[3] for one in counted) == found.rows.first_time_callers.sum()
