"""The pool: what is held is what leases say, minute by minute."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import entries
from reports.period import Period
from reports.pool import DIMENSIONS, METRICS, frame, report
from reports.pool_load import hours_of
from reports.registry import Limits
from store import Store, Tx, open_store
from tests.reports.opening import hold
from tests.store.rows import insert
from tests.tracking.booking import ANNA, WARSAW, at, attributed, call, visit

PERIOD = Period(date(2026, 11, 23), date(2026, 11, 24))
ONE, TWO, OVER = "+48221234511", "+48221234512", "+48221234519"
MINUTE = 60_000


def pool(tx: Tx) -> None:
    for n, (did, kind) in enumerate(((ONE, "pool"), (TWO, "pool"), (OVER, "overflow"))):
        insert(tx, "number_assignment", id=n, did=did, label="", kind=kind, location="", valid_from="2026-11-01")


def lease(tx: Tx, ident: int, did: str, begin: int, end: int) -> None:
    insert(tx, "lease", id=ident, did=did, visit=ident, from_ms=begin, until_ms=end, released_ms=end, why="idle",
           overflow=int(did == OVER))  # fmt: skip


def page_asked(tx: Tx, when: int) -> None:
    tx.run("site_day_add", site="s", page="/", local_day="2026-11-24", now_ms=when, leased=1, kept=0, overflow=0,
           by_source=0, refused=0)  # fmt: skip


def story(tx: Tx) -> None:
    pool(tx)
    for ident, when in enumerate(("09:00", "09:10", "09:20", "13:00"), start=1):
        visit(tx, ident, when)
    visit(tx, 5, "2026-11-24 09:00")
    lease(tx, 1, ONE, at("09:00"), at("09:30"))
    lease(tx, 2, TWO, at("09:10"), at("10:10"))
    lease(tx, 3, OVER, at("09:20"), at("09:40"))
    lease(tx, 4, ONE, at("13:00"), at("13:30"))
    page_asked(tx, at("2026-11-25 00:00"))
    call(tx, "1", "09:15", number=ANNA, did=TWO, local_hour=9)
    attributed(tx, "1", "visitor", visit=2)
    call(tx, "2", "13:15", number=ANNA, did=ONE, local_hour=13)
    attributed(tx, "2", "none")


def test_how_the_pool_is_used_by_hour(lasting: Store) -> None:
    with lasting.write() as tx:
        story(tx)
        found = report(tx, PERIOD, by=("hour",), zone=WARSAW)
    rows = {row.pop("hour"): tuple(row.values()) for row in found.records()}
    assert len(rows) == 24
    assert rows["09"] == (2, 1, 1, 0.3333, 2, 2, round(80 / 240, 4), 1, None)
    assert rows["10"] == (0, 0, 0, None, 2, 1, round(10 / 240, 4), 0, None)
    assert rows["13"] == (1, 0, 0, 0.0, 2, 1, 0.125, 0, None)
    assert found.total == {
        "leases": 3, "overflow": 1, "without": 1, "short_share": 0.25, "numbers": 2, "peak": 2,
        "busy_share": pytest.approx(120 / (2 * 48 * 60)), "calls": 1, "advised": 7,
    }  # fmt: skip


def test_by_number_and_by_place(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        numbers = frame(tx, PERIOD, by=("number",), zone=WARSAW)
        places = report(tx, PERIOD, by=("location",), zone=WARSAW)
    assert numbers[["number", "leases", "overflow", "numbers", "peak", "calls"]].to_numpy().tolist() == [
        [ONE, 2, 0, 1, 1, 0], [TWO, 1, 0, 1, 1, 1], [OVER, 0, 1, 0, 0, 0],
    ]  # fmt: skip
    assert numbers.without.isna().all()
    assert [row["advised"] for row in places.records()] == [7] == [places.total["advised"]]


def test_time_counts_until_a_page_last_asked(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        tx.conn.execute(f"UPDATE site_day SET seen_ms = {at('2026-11-24 00:00')}")
        found = report(tx, PERIOD, zone=WARSAW)
    assert found.total["busy_share"] == pytest.approx(120 / (2 * 24 * 60))


def test_a_figure_opens_to_its_calls_leases_or_visits(store: Store) -> None:
    limits = Limits(zone=WARSAW)
    with store.write() as tx:
        story(tx)
        found = report(tx, PERIOD, by=DIMENSIONS, zone=WARSAW)
        assert hold(tx, found, limits) == {"calls": 1, "leases": 3, "overflow": 1, "without": 1}
        hold(tx, report(tx, PERIOD, by=("location", "hour"), zone=WARSAW), limits)
        [shown] = entries.opened(tx, "pool.overflow", PERIOD, {}, limits).page(tx, None, 9)
    assert (shown.did, shown.until_ms is not None) == (OVER, True)


def test_no_pool_is_an_empty_report(store: Store) -> None:
    with store.read() as tx:
        found = report(tx, PERIOD)
    assert found.rows.empty
    assert (found.total["leases"], found.total["busy_share"], found.total["advised"]) == (0, None, None)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Any) -> None:
    assert len({metric.names.in_language(language) for language in ("en", "pl", "ru", "es")}) == 4
    assert metric.formula.endswith(".")


def test_the_day_of_the_clocks_change_has_an_hour_more() -> None:
    hours = hours_of(Period(date(2026, 10, 25), date(2026, 10, 25)), ZoneInfo("Europe/Warsaw"))
    assert hours.count == 25
    assert hours.hours[:5] == ("00", "01", "02", "02", "03")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([ONE, TWO, OVER]), st.integers(-300, 3000), st.integers(0, 400)), max_size=14),
    st.sets(st.sampled_from(DIMENSIONS), min_size=1),
)
def test_what_is_held_is_what_leases_say_minute_by_minute(drawn: list[tuple[str, int, int]], by: set[str]) -> None:
    first, last = PERIOD.edges_ms(WARSAW)
    free: dict[str, int] = {}
    held: list[tuple[str, int, int]] = []
    for did, begin, length in sorted(drawn, key=lambda one: one[1]):
        if did == OVER or begin >= free.get(did, -9999):
            held.append((did, begin, begin + length))
            free[did] = begin + length
    with open_store(":memory:") as store, store.write() as tx:
        pool(tx)
        for n, (did, begin, end) in enumerate(held):
            lease(tx, n, did, first + begin * MINUTE, first + end * MINUTE)
        page_asked(tx, last)
        found = report(tx, PERIOD, by=tuple(by), zone=WARSAW)
        hold(tx, found, Limits(zone=WARSAW), rows=2)
    minutes = range(2 * 24 * 60)
    own = [one for one in held if one[0] != OVER]
    per_minute = [sum(begin <= minute < end for _, begin, end in own) for minute in minutes]
    assert found.total["peak"] == max(per_minute)
    assert found.total["busy_share"] == pytest.approx(sum(per_minute) / (2 * len(minutes)))
    begun = [one for one in held if 0 <= one[1] < len(minutes)]
    assert found.total["leases"] == sum(one[0] != OVER for one in begun)
    assert found.total["overflow"] == sum(one[0] == OVER for one in begun)
    for name in ("leases", "overflow"):
        assert found.rows[name].sum() == found.total[name]
    assert found.rows.peak.max() <= found.total["peak"]
    if by <= {"day", "hour"}:
        for row in found.records():
            asked = [count for minute, count in zip(minutes, per_minute, strict=True)
                     if _is_in(row, first + minute * MINUTE)]  # fmt: skip
            assert row["peak"] == max(asked)
            assert row["busy_share"] == pytest.approx(sum(asked) / len(asked) / 2, abs=1e-4)


def _is_in(row: dict[str, Any], moment: int) -> bool:
    local = datetime.fromtimestamp(moment / 1000, UTC).astimezone(WARSAW)
    day, hour = row.get("day", local.date().isoformat()), row.get("hour", f"{local.hour:02}")
    return bool(day == local.date().isoformat() and hour == f"{local.hour:02}")
