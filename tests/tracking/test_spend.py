"""What platforms say that campaigns cost: kept by day, never twice, joined to our campaigns, nobody's kept apart."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Store
from tracking import Author, TrackingError
from tracking.campaigns import Campaign, Cost, add_campaign, list_campaigns, set_cost
from tracking.exports import Wanted
from tracking.spend import Costs, daily_costs, import_costs, map_spend, match_spend, spread, unmatched_spend

ANNA = Author("Anna", 1_795_309_200_000)
HEAD = "Campaign status,Campaign,Campaign ID,Day,Currency code,Cost\n"
FILE = HEAD + """On,Implants,201,2026-11-01,PLN,10.00
On,Implants,201,2026-11-01,PLN,2.50
On,Brand,202,2026-11-02,PLN,3
"""


@pytest.fixture
def take(store: Store, tmp_path: Path) -> Callable[..., Costs]:
    with store.write() as tx:
        add_campaign(tx, Campaign("google", "cpc", "implants"))
        add_campaign(tx, Campaign("newspaper", "offline", "Implants"))
        add_campaign(tx, Campaign("google", "cpc", "Our name"))

    def importing(text: str = FILE, account: str = "") -> Costs:
        file = tmp_path / "export.csv"
        file.write_text(text, "utf-8")
        return import_costs(store, Wanted(file, "PL", "2026-11-22"), ANNA, account)

    return importing


def by_campaign(store: Store) -> dict[int | None, int]:
    found: dict[int | None, int] = {}
    with store.read() as tx:
        for cost in daily_costs(tx, "2026-11-01", "2026-11-30"):
            found[cost.campaign] = found.get(cost.campaign, 0) + cost.minor
    return found


def test_spend_finds_the_campaign_of_the_same_name_and_source(store: Store, take: Callable[..., Costs]) -> None:
    result = take()
    assert (result.platform, result.table.added, result.minor) == ("google_ads", 2, 1_550)
    assert by_campaign(store) == {1: 1_250, None: 300}
    assert [(one.name, one.minor, one.why) for one in result.unmatched] == [
        ("Brand", 300, "No campaign of ours is called so; say which one it is with --map.")
    ]


def test_the_same_file_again_changes_nothing_and_a_later_one_replaces_its_days(
    store: Store, take: Callable[..., Costs]
) -> None:
    take()
    again = take()
    assert (again.table.added, again.table.changed, again.table.unchanged) == (0, 0, 2)
    later = take(FILE.replace("PLN,3", "PLN,4"))
    assert (later.table.changed, by_campaign(store)) == (1, {1: 1_250, None: 400})


def test_a_file_without_ids_tells_of_the_same_campaigns(store: Store, take: Callable[..., Costs]) -> None:
    plain = "Campaign status,Campaign,Day,Currency code,Cost\nOn,Implants,2026-11-01,PLN,12.50\n"
    take()
    assert take(plain).table.unchanged == 1
    take(plain.replace("-01,PLN", "-05,PLN"))
    take(FILE.replace("2026-11-01", "2026-11-05").replace("2.50", "0.50"))
    assert by_campaign(store) == {1: 1_250 + 1_050, None: 300}


def test_two_accounts_may_call_their_campaigns_the_same(store: Store, take: Callable[..., Costs]) -> None:
    take()
    take(account="second")
    assert by_campaign(store) == {1: 2_500, None: 600}


def test_what_a_person_says_about_a_name_counts_before_and_after(store: Store, take: Callable[..., Costs]) -> None:
    take()
    with store.write() as tx:
        assert map_spend(tx, "google_ads", "Brand", 3, ANNA) == 1
        assert unmatched_spend(tx) == []
    take(FILE.replace("2026-11-02", "2026-11-03"))
    assert by_campaign(store) == {1: 1_250, 3: 600}


def test_spend_is_joined_when_its_campaign_comes_to_be(store: Store, take: Callable[..., Costs]) -> None:
    take()
    with store.write() as tx:
        added = add_campaign(tx, Campaign("google", "cpc", "BRAND"))
        assert match_spend(tx) == []
    assert by_campaign(store) == {1: 1_250, added: 300}


def test_a_name_that_two_campaigns_share_is_nobodys(store: Store, take: Callable[..., Costs]) -> None:
    with store.write() as tx:
        add_campaign(tx, Campaign("google", "display", "Implants"))
    assert "2 campaigns of ours are called so" in take().unmatched[1].why


def test_no_day_is_told_by_a_platform_and_by_a_person(store: Store, take: Callable[..., Costs]) -> None:
    with store.write() as tx:
        set_cost(tx, 1, Cost("2026-11", 90_000, "PLN"), "2026-11")
    left = take().unmatched
    assert "Campaign 1 has a cost for 2026-11 that a person told" in left[1].why
    with store.write() as tx:
        with pytest.raises(TrackingError, match="campaigns cost 1 2026-11 none"):
            map_spend(tx, "google_ads", "Implants", 1, ANNA)
        assert set_cost(tx, 1, None, "2026-11")
        assert [one.name for one in match_spend(tx)] == ["Brand"]
        with pytest.raises(TrackingError, match="its file is the cost of 2026-11"):
            set_cost(tx, 1, Cost("2026-11", 90_000, "PLN"), "2026-11")


def test_costs_of_a_month_are_spread_over_its_days(store: Store, take: Callable[..., Costs]) -> None:
    with store.write() as tx:
        set_cost(tx, 2, Cost("2026-11", 100_001, "PLN"), "2026-11")
        days = [cost.minor for cost in daily_costs(tx, "2026-11-01", "2026-11-30")]
        assert (len(days), sum(days), max(days) - min(days)) == (30, 100_001, 1)
        assert len(daily_costs(tx, "2026-10-20", "2026-11-03")) == 3


def test_the_list_of_campaigns_adds_both(store: Store, take: Callable[..., Costs]) -> None:
    take()
    with store.write() as tx:
        set_cost(tx, 1, Cost("2026-10", 5_000, "PLN"), "2026-10")
        [first] = [row for row in list_campaigns(tx, limit=10) if row["id"] == 1]
    assert first["costs"] == [{"currency": "PLN", "cost_minor": 6_250, "periods": 2}]


@given(st.integers(-10**9, 10**12), st.integers(1, 400))
def test_a_spread_amount_is_the_amount(minor: int, days: int) -> None:
    shares = [share for _, share in spread(minor, "2026-01-01", str(date(2026, 1, 1) + timedelta(days=days - 1)))]
    assert (len(shares), sum(shares)) == (days, minor)
    assert max(shares) - min(shares) <= 1
