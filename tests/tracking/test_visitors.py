"""Visitors are given numbers: on the store, by hand and at random."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Row, Store, Tx, open_store
from tests.store.rows import rows
from tracking.campaigns import campaign_id
from tracking.leasing import MINUTE_MS, Terms
from tracking.sources import Source
from tracking.visitors import Ask, Given, called, campaign_of, find, forget, give, hashed, seen

DAY = "2026-11-23"
START = 1_795_420_800_000
TERMS = Terms()
HELD = TERMS.until(0)
ADS = Source("google", "cpc", "Implants", click_ids=(("gclid", "Cj0abc"),))
POOL = ("+48221234601", "+48221234602")
OVERFLOW = "+48221234699"


def number(tx: Tx, did: str, kind: str = "pool", campaign: int | None = None) -> None:
    tx.run("number_put", id=tx.next_id("number_assignment"), did=did, label="", kind=kind, location="",
           campaign=campaign, valid_from="2026-01-01", valid_to=None, destination=None)


def ask(visitor: str = "anna", minute: float = 0, **changes: Any) -> Ask:
    base = Ask("clinic.example", ADS, DAY, START + round(minute * MINUTE_MS), visitor and hashed(visitor))
    return replace(base, **changes)


class Site:
    """A store with a pool of two numbers and an overflow number."""

    def __init__(self, store: Store, pool: tuple[str, ...] = POOL, overflow: bool = True) -> None:
        self.store = store
        with store.write() as tx:
            for did in pool:
                number(tx, did)
            if overflow:
                number(tx, OVERFLOW, "overflow")

    def ask(self, visitor: str = "anna", minute: float = 0, **changes: Any) -> Given:
        with self.store.write() as tx:
            return give(tx, ask(visitor, minute, **changes), TERMS)

    def seen(self, visitor: str, minute: float) -> bool:
        with self.store.write() as tx:
            return seen(tx, hashed(visitor), TERMS, START + round(minute * MINUTE_MS))

    def ring(self, did: str, minute: float) -> None:
        with self.store.write() as tx:
            called(tx, did, START + round(minute * MINUTE_MS), TERMS)

    def whose(self, did: str, minute: float) -> tuple[int, float] | None:
        with self.store.read() as tx:
            found = find(tx, did, START + round(minute * MINUTE_MS))
        return None if found is None else (found.visit["id"], found.confidence)

    def table(self, name: str) -> list[Row]:
        with self.store.write() as tx:
            return rows(tx, name)


@pytest.fixture
def site(store: Store) -> Site:
    return Site(store)


def test_two_visitors_get_two_numbers_and_the_third_the_overflow_number(site: Site) -> None:
    given = [site.ask(who) for who in ("anna", "bob", "carl", "dora")]
    assert [one.did for one in given] == [*POOL, OVERFLOW, OVERFLOW]
    assert [one.what for one in given] == ["leased", "leased", "overflow", "overflow"]
    assert site.whose(POOL[0], 1) == (given[0].visit, 1.0)
    assert site.whose(OVERFLOW, 1) == (given[3].visit, 0.5)


def test_a_visitor_keeps_the_number_over_the_pages_of_a_visit(site: Site) -> None:
    first = site.ask(minute=0)
    again = site.ask(minute=20, source=Source("direct", "none"), page="/prices")
    assert (again.what, again.did, again.visit) == ("kept", first.did, first.visit)
    assert site.whose(POOL[0], 44) == (first.visit, 1.0)
    assert site.whose(POOL[0], 46) is None


def test_a_number_that_nobody_holds_any_more_goes_to_the_next_the_longest_rested_first(site: Site) -> None:
    site.ask("anna", 0)
    site.ask("bob", 1)
    assert site.ask("carl", 26.5).did == POOL[0]
    assert site.ask("dora", 26.6).did == POOL[1]


def test_a_page_that_is_open_holds_the_number_and_one_that_was_closed_cannot_take_it_back(site: Site) -> None:
    site.ask("anna", 0)
    assert site.seen("anna", 20)
    assert site.whose(POOL[0], 44) is not None
    assert not site.seen("anna", 50)
    assert site.whose(POOL[0], 46) is None
    assert not site.seen("nobody", 1)


def test_who_comes_back_gets_the_number_of_before_in_a_new_visit(site: Site) -> None:
    first, other = site.ask("anna", 0), site.ask("bob", 1)
    back = site.ask("bob", 300, source=Source("direct", "none"))
    assert (back.what, back.did) == ("leased", other.did)
    assert back.visit not in (first.visit, other.visit)


def test_another_click_begins_another_visit_on_the_same_number(site: Site) -> None:
    first = site.ask("anna", 0)
    second = site.ask("anna", 5, source=replace(ADS, click_ids=(("gclid", "Cj0xyz"),)))
    assert (second.did, second.what) == (first.did, "leased")
    assert second.visit != first.visit
    assert site.whose(POOL[0], 4) == (first.visit, 1.0)
    assert site.whose(POOL[0], 6) == (second.visit, 1.0)


def test_a_call_frees_the_number_and_is_still_its_visitors(site: Site) -> None:
    first = site.ask("anna", 0)
    site.ask("bob", 1)
    site.ring(POOL[0], 3)
    site.ring(POOL[0], 3)
    assert site.ask("carl", 4).did == POOL[0]
    assert site.whose(POOL[0], 3) == (first.visit, 1.0)
    # A second call soon after may be of either.
    found = site.whose(POOL[0], 5)
    assert found is not None
    assert found[1] == 0.5
    assert [row["why"] for row in site.table("lease")] == ["called", None, None]


def test_a_page_that_is_still_open_after_the_call_takes_its_number_again_if_it_is_free(site: Site) -> None:
    site.ask("anna", 0)
    site.ring(POOL[0], 3)
    assert not site.seen("anna", 4)
    assert site.ask("anna", 4).did == POOL[0]
    assert site.whose(POOL[0], 5) is not None
    assert site.whose(POOL[0], 5)[1] == 1.0  # type: ignore[index]


def test_who_was_shown_the_overflow_number_gets_one_of_their_own_as_soon_as_one_is_free(site: Site) -> None:
    for who in ("anna", "bob", "carl"):
        site.ask(who, 0)
    assert site.ask("carl", 10).did == OVERFLOW
    assert site.ask("carl", 24).what == "kept"
    assert site.ask("carl", 26).did in POOL


def test_without_a_free_or_an_overflow_number_the_page_keeps_what_stands_there(store: Store) -> None:
    site = Site(store, pool=(), overflow=False)
    assert site.ask().what == "static"
    assert site.ask().did is None


def test_without_consent_the_source_has_a_number_and_nothing_is_kept_of_the_visitor(site: Site) -> None:
    with site.store.write() as tx:
        number(tx, "+48221234700", "static", campaign_id(tx, "google", "cpc", ""))
        number(tx, "+48221234701", "static", campaign_id(tx, "google", "cpc", "Implants"))
        number(tx, "+48221234702", "static", campaign_id(tx, "google", "cpc", "Braces"))
    assert site.ask("") == Given("by_source", "+48221234701")
    assert site.ask("", source=replace(ADS, name="Whitening")).did == "+48221234700"
    assert site.ask("", source=Source("direct", "none")) == Given("static")
    assert site.table("visit") == []
    assert site.table("lease") == []


def test_a_number_that_left_the_pool_is_shown_to_nobody_any_more(site: Site) -> None:
    site.ask("anna", 0)
    with site.store.write() as tx:
        row = tx.one("number_on", did=POOL[0], day=DAY)
        assert row is not None
        columns = ("id", "did", "label", "kind", "location", "campaign", "valid_from", "destination")
        tx.run("number_put", **{name: row[name] for name in columns}, valid_to="2026-11-22")
    assert site.ask("anna", 1).did == POOL[1]
    assert [row["why"] for row in site.table("lease")] == ["retired", None]


def test_only_a_call_makes_a_campaign_of_words_in_an_address(site: Site) -> None:
    site.ask()
    assert site.table("campaign") == []
    with site.store.write() as tx:
        found = find(tx, POOL[0], START)
        assert found is not None
        made = campaign_of(tx, found.visit)
        assert campaign_of(tx, found.visit) == made
    assert [(row["source"], row["medium"], row["name"]) for row in site.table("campaign")] == [
        ("google", "cpc", "Implants")]
    assert site.table("visit")[0]["campaign"] == made


def test_what_is_personal_of_a_visit_is_forgotten_and_the_lease_is_not(site: Site) -> None:
    site.ask(ga_client="123.456")
    with site.store.write() as tx:
        assert forget(tx, START + 1, START + 1000) == 1
        assert forget(tx, START + 1, START + 1000) == 0
    visit = site.table("visit")[0]
    assert (visit["visitor"], visit["gclid"], visit["ga_client"], visit["source"]) == ("old:1", None, None, "google")
    assert site.whose(POOL[0], 1) == (visit["id"], 1.0)


def test_pages_are_counted_by_what_they_were_given(site: Site) -> None:
    for who in ("anna", "bob", "carl", "anna", ""):
        site.ask(who)
    row = site.table("site_day")[0]
    assert {name: row[name] for name in ("asked", "leased", "kept", "overflow", "by_source")} == {
        "asked": 5, "leased": 2, "kept": 1, "overflow": 1, "by_source": 0}


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "seen", "ring", "new"]), st.integers(0, 5), st.integers(0, 12)), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_no_number_is_ever_two_visitors_at_once_except_the_overflow_number(steps: list[tuple[str, int, int]]) -> None:
    with open_store(":memory:") as store:
        site, minute, turn = Site(store), 0, 0
        for step, who, later in steps:
            minute, turn = minute + later, turn + 1
            match step:
                case "ask":
                    site.ask(str(who), minute, source=Source("direct", "none"))
                case "new":
                    site.ask(str(who), minute, source=replace(ADS, name=str(turn)))
                case "seen":
                    site.seen(str(who), minute)
                case "ring":
                    site.ring(POOL[who % 2], minute)
        held(site.table("lease"))


def held(leases: list[Row]) -> None:
    """Hold that no two leases of a number (but for overflow) are in force at the same time."""
    for did in POOL:
        spans = sorted((row["from_ms"], row["released_ms"] or row["until_ms"])
                       for row in leases if row["did"] == did and not row["overflow"])  # fmt: skip
        for (_, end), (start, _) in pairwise(spans):
            assert end <= start, spans
    assert all(row["released_ms"] is None or row["from_ms"] <= row["released_ms"] <= row["until_ms"] for row in leases)




def test_forgetting_who_it_was_changes_no_answer_whose_call_it_was(site: Site) -> None:
    first = site.ask("anna", 0)
    site.ring(POOL[0], 3)
    again = site.ask("anna", 4, source=replace(ADS, name="Braces"))
    assert again.did == first.did
    before = [site.whose(POOL[0], minute) for minute in (3, 5, 20)]
    assert before[1] == (again.visit, 1.0)
    with site.store.write() as tx:
        assert forget(tx, START + 90_000_000, START + 90_000_000) == 2
    assert [site.whose(POOL[0], minute) for minute in (3, 5, 20)] == before
