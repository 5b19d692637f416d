"""The first pages: definitions complete, figures as counted call by call, costs spread as they say."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.costs import COST_METRICS, calls_of_campaigns, each, part_of_month, spend
from reports.metrics import LANGUAGES, Metric
from reports.period import Period
from reports.today import SHORT_SHARE, TODAY_METRICS, Hour, callbacks, today
from store import Store
from tests.reports.rows import attribution, call, callback, write
from tests.store.rows import insert

DAY = date(2026, 11, 20)
MONTH = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize("metric", [*TODAY_METRICS, *COST_METRICS], ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Metric) -> None:
    names = [metric.names.in_language(language) for language in LANGUAGES]
    assert len(set(names)) == 4
    assert all(names)
    assert metric.formula.endswith(".")


def test_figures_are_those_of_the_calls_one_by_one(lasting: Store) -> None:
    calls = []
    for n in range(200):
        outcome = ("answered", "abandoned", "no_answer")[n % 3]
        row = call(str(DAY - timedelta(days=n % 4)), id=f"{n:03}", outcome=outcome, missed=int(outcome != "answered"),
                   local_hour=n % 7 + 8, in_hours=int(n % 5 != 0), party=f"+48600000{n % 23:03}",
                   first_time=int(n % 4 == 1), kind="patient" if n % 13 else "spy", bridged_ms=9_000,
                   direction="outbound" if n % 17 == 0 else "inbound")
        calls.append(row | {"started_ms": row["started_ms"] + n * 1000, "ended_ms": row["ended_ms"] + n * 1000})
    write(lasting, call=calls, attribution=[attribution(row, n % 3 or None) for n, row in enumerate(calls)],
          callback=[callback(n, due_ms=n * 100, state="closed" if n == 3 else "open",
                             snoozed_until_ms=5_000 if n == 4 else None) for n in range(1, 9)])
    with lasting.write() as tx:
        tx.run("campaign_cost_put", campaign=1, period="2026-11", cost_minor=30_000, currency="PLN")
        tx.run("campaign_cost_put", campaign=2, period="2026-11-19", cost_minor=501, currency="EUR")
        tx.conn.execute("UPDATE call SET excluded = 'test' WHERE id LIKE '1_9'")
    period = Period(DAY - timedelta(days=1), DAY)
    with lasting.read() as tx:
        found = today(tx, period, 600)
        rows = [dict(row) for row in tx.conn.execute("SELECT * FROM call").fetchall()]
        late = callbacks(tx, 600, late=True, limit=50)
    mine = [row for row in rows if str(period.start) <= row["local_day"] <= str(period.end) and not row["excluded"]
            and row["kind"] == "patient" and row["direction"] == "inbound"]
    assert (found.calls, found.missed) == (len(mine), sum(row["missed"] for row in mine))
    assert found.answered == found.calls - found.missed
    assert found.missed_closed == sum(row["missed"] for row in mine if not row["in_hours"])
    for hour in found.hours:
        here = [row for row in mine if row["local_hour"] == hour.hour and row["in_hours"]]
        assert (hour.calls, hour.missed) == (len(here), sum(row["missed"] for row in here))
        assert hour.short == (hour.missed >= 2 and hour.missed / hour.calls >= SHORT_SHARE)
    assert (found.waiting.callbacks, found.waiting.late, found.waiting.late_ms) == (7, 4, 500)
    assert [row["id"] for row in late] == [1, 2, 5, 6]
    campaigns = {row["id"]: n % 3 for n, row in enumerate(calls)}
    first: dict[str, int] = {}
    for row in sorted(mine, key=lambda row: (row["started_ms"], row["id"])):
        if row["first_time"]:
            first.setdefault(row["party"], campaigns[row["id"]])
    paid = [row["party"] for row in found.lost.calls if first.get(row["party"], 0)]
    assert [row["party"] for row in found.lost.paid] == paid
    assert paid
    brought = Counter(campaigns[row["id"]] for row in rows if row["kind"] == "patient" and row["direction"] == "inbound"
                      and not row["excluded"])
    lost = Counter(first[party] for party in paid)
    # A month's cost counts for the days of the 30 that end with the period: 22 October to 20 November.
    money = {1: ("PLN", Fraction(30_000 * 20, 30)), 2: ("EUR", Fraction(501))}
    assert found.lost.cost == {currency: int(cost * lost[n] / brought[n] + Fraction(1, 2))
                               for n, (currency, cost) in money.items() if lost[n]}


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_a_cost_of_a_month_is_its_days_together_however_they_are_cut(first: date, lengths: list[int]) -> None:
    start, parts = first, Fraction(0)
    for length in lengths:
        parts += part_of_month(f"{first:%Y-%m}", Period(start, start + timedelta(days=length - 1)))
        start += timedelta(days=length)
    assert parts == part_of_month(f"{first:%Y-%m}", Period(first, start - timedelta(days=1)))
    assert part_of_month(f"{first:%Y-%m}", Period(first.replace(day=1), first + timedelta(days=40))) == 1


def test_costs_of_days_months_and_platforms_are_added_and_nobodys_spend_is_kept_apart(lasting: Store) -> None:
    with lasting.write() as tx:
        for campaign, period, cost in ((1, "2026-10", 3_100), (1, "2026-11-20", 7), (2, "2026-11", 3_000)):
            tx.run("campaign_cost_put", campaign=campaign, period=period, cost_minor=cost, currency="PLN")
        for ref, ours, cost in (("a", 1, 5), ("b", None, 900)):
            insert(tx, "platform_spend", platform="google", account="", ref=ref, day="2026-11-20", name=ref,
                   cost_minor=cost, currency="PLN", campaign=ours, imported_ms=0)
        assert spend(tx, Period(DAY, DAY)) == {1: {"PLN": 12}, 2: {"PLN": 100}, None: {"PLN": 900}}
        assert spend(tx, Period(date(2026, 10, 31), date(2026, 11, 1))) == {1: {"PLN": 100}, 2: {"PLN": 100}}
        assert spend(tx, Period(date(2025, 1, 1), date(2025, 1, 2))) == {}
        assert calls_of_campaigns(tx, MONTH) == {}


def test_nothing_is_divided_by_nothing() -> None:
    assert each({"PLN": 100}, 0) == {}
    assert each({"PLN": 100}, 3, 2) == {"PLN": 67}
    assert not Hour(9, 1, 0, 1).short
    assert Hour(9, 2, 0, 2).short
    assert not Hour(9, 11, 9, 2).short
