"""The history: the same each time, of every kind of call, and in order with the callback queue."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

import intake
from callbacks.facts import Rules
from callbacks.hours import Hours
from callbacks.situation import Context
from demo.country import Country, country_of
from demo.history import Script, Stopped, moments, record, script
from demo.rhythm import ISSUES_EVERY, Planned, strength
from pbx.endpoints import Endpoints
from pbx.telling import Teller
from pbx.tracker import Tracker
from store import Row, Store, open_store
from tracking.campaigns import campaign_id

ZONE = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC).timestamp()
DAYS = 40
WEEK = (*[((time(8), time(18)),)] * 5, ((time(9), time(13)),), ())


@dataclass(frozen=True, slots=True)
class Told:
    """A recorded history, in a store in memory."""

    script: Script
    store: Store
    told: int

    def rows(self, sql: str) -> list[Row]:
        with self.store.read() as tx:
            return list(tx.conn.execute(sql))


def hours() -> Hours:
    return Hours(ZONE, WEEK)


def clinic() -> intake.Clinic:
    return intake.Clinic(ZONE, Context(Rules(countries=("PL",)), {"": hours()}, "PL", live=False))


def tracker() -> Tracker:
    return Tracker("main", Endpoints.of(["trunk-alfa"], ["10X"], []), Teller("PL", ()))


def with_numbers(store: Store, country: Country, first: date) -> Store:
    with store.write() as tx:
        for c in country.campaigns:
            tx.run("number_put", id=tx.next_id("number_assignment"), did=c.did, label=c.label, kind="static",
                   location="", campaign=campaign_id(tx, c.source, c.medium, c.name), valid_from=str(first),
                   valid_to=None, destination=None)
    return store


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    country = country_of("pl")
    story = script(country, hours(), DAYS, NOW)
    with with_numbers(open_store(":memory:"), country, story.season.first) as store:
        yield Told(story, store, record(store, clinic(), tracker(), story.calls, lambda part: None))


def test_the_same_seed_gives_the_same_history() -> None:
    first, second = (script(country_of("pl"), hours(), DAYS, NOW) for _ in range(2))
    assert first.calls == second.calls
    assert [c.number for c in first.calls] == [c.number for c in second.calls]
    assert list(moments(first.calls[:50])) == list(moments(second.calls[:50]))


def test_another_seed_gives_another_history() -> None:
    first, second = (script(country_of("pl"), hours(), DAYS, NOW, seed) for seed in (1, 2))
    assert first.calls != second.calls


def test_what_arrives_is_in_the_order_of_time(told: Told) -> None:
    times = [at for at, _, _ in moments(told.script.calls[:200])]
    assert times == sorted(times)


def test_every_planned_call_is_stored_once_and_is_over_before_now(told: Told) -> None:
    (row,) = told.rows("SELECT COUNT(*) AS n, MAX(ended_ms) AS last, MIN(sure) AS sure FROM call")
    assert row["n"] == told.told == len(told.script.calls)
    assert row["last"] < NOW * 1000
    assert row["sure"] == 1
    assert told.rows("SELECT id FROM call WHERE ended_ms IS NULL") == []


def test_every_kind_of_outcome_is_there(told: Told) -> None:
    found = {(row["direction"], row["outcome"]) for row in told.rows("SELECT DISTINCT direction, outcome FROM call")}
    inbound = {"answered", "voicemail", "abandoned", "no_answer", "busy", "failed", "left_menu"}
    assert {outcome for direction, outcome in found if direction == "inbound"} == inbound
    assert {outcome for direction, outcome in found if direction == "outbound"} == {"answered", "cancelled", "busy"}
    assert ("internal", "answered") in found


def test_every_campaign_and_the_main_number_made_the_phone_ring(told: Told) -> None:
    counted = {row["did"]: row["n"] for row in told.rows("SELECT did, COUNT(*) AS n FROM call GROUP BY did")}
    country = told.script.season.country
    assert all(counted[did] > 10 for did in [country.main, *(campaign.did for campaign in country.campaigns)])


def test_every_missed_call_is_in_a_callback_or_has_its_reason(told: Told) -> None:
    left = told.rows(
        "SELECT call.id FROM call WHERE missed = 1"
        " AND NOT EXISTS (SELECT 1 FROM callback_call WHERE callback_call.call = call.id AND role = 'missed')"
        " AND NOT EXISTS (SELECT 1 FROM no_callback WHERE no_callback.call = call.id)"
    )
    assert left == []


def test_callbacks_were_opened_rung_back_closed_and_a_few_are_left(told: Told) -> None:
    rows = told.rows("SELECT state, closed_why, closed_call FROM callback")
    why = Counter(row["closed_why"] for row in rows if row["state"] == "closed")
    still = [row for row in rows if row["state"] != "closed"]
    assert len(rows) == why.total() + len(still)
    assert why["reached"] > why["returned"] > 0
    assert why["expired"] > 0
    assert 0 < len(still) < len(rows) / 4
    assert all(row["closed_call"] for row in rows if row["closed_why"] in ("reached", "returned"))


def test_a_call_back_belongs_to_the_campaign_of_the_missed_call(told: Told) -> None:
    inherited = told.rows(
        "SELECT COUNT(*) AS n FROM attribution JOIN call ON call.id = attribution.call"
        " WHERE attribution.rule = 'callback' AND call.direction = 'outbound' AND attribution.campaign IS NOT NULL"
    )
    assert inherited[0]["n"] > 0


def test_most_calls_come_while_the_clinic_is_open(told: Told) -> None:
    counted = {row["local_hour"]: row["n"] for row in told.rows(
        "SELECT local_hour, COUNT(*) AS n FROM call WHERE direction = 'inbound' GROUP BY local_hour")}
    assert counted[9] > counted[13] > counted.get(20, 0)
    weekday = {row["local_weekday"]: row["n"] for row in told.rows(
        "SELECT local_weekday, COUNT(*) AS n FROM call WHERE direction = 'inbound' GROUP BY local_weekday")}
    assert weekday[0] > weekday[5] > weekday.get(6, 0)


def test_nothing_of_the_history_is_told_to_people(told: Told) -> None:
    assert told.rows("SELECT id FROM feed WHERE live <> 0") == []


def test_a_billboard_rings_nobody_before_it_hangs() -> None:
    assert [strength("midway", day, 90) for day in (0, 44)] == [0.0, 0.0]
    assert 0 < strength("midway", 45, 90) < strength("midway", 60, 90) < 1


def test_an_issue_of_the_newspaper_makes_a_wave_that_dies_away() -> None:
    wave = [strength("issues", day, 90) for day in range(ISSUES_EVERY)]
    assert wave == sorted(wave, reverse=True)
    assert wave[-1] < wave[0] / 100
    assert strength("issues", ISSUES_EVERY, 90) == wave[0]


def test_a_stop_is_heeded_between_two_batches() -> None:
    def stop(part: float) -> None:
        if part > 0.2:
            raise Stopped

    story = script(country_of("pl"), hours(), 10, NOW)
    with open_store(":memory:") as store:
        with pytest.raises(Stopped):
            record(store, clinic(), tracker(), story.calls, stop)
        with store.read() as tx:
            assert 0 < len(list(tx.conn.execute("SELECT id FROM call"))) < len(story.calls)


def test_a_history_without_calls_is_no_trouble() -> None:
    calls: list[Planned] = []
    with open_store(":memory:") as store:
        assert record(store, clinic(), tracker(), calls, lambda part: None) == 0
