"""Every figure that opens, opens to as many calls, people or appointments as it says, over any history."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports import behind, booked, channels, entries, origins, people, stages
from reports.period import Period
from reports.registry import KINDS, Limits
from store import Store, Tx, open_store, rollups
from tests.reports import test_channels, test_offline, test_origins, test_pool, test_stages, test_visits
from tests.reports.brute_force import Clinic, within
from tests.reports.opening import hold, opened
from tests.reports.rows import call, write
from tests.reports.test_sources import PERIOD, clinics, fill
from tests.tracking.booking import ANNA, BORYS, WARSAW, appointment, patient
from tests.tracking.booking import call as ring

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
LIMITS = Limits(zone=WARSAW)
OF_CALLS = ("sources", "missed", "hours", "queues", "team", "funnel", "models", "not-booked")
BY = [(name, by) for name in OF_CALLS for by in KINDS[name].dimensions] + [
    ("sources", "source,medium,campaign"), ("sources", "number,page"), ("missed", "campaign,number"),
    ("hours", "weekday,hour"), ("funnel", "source,page"), ("not-booked", "reason,source"),
]  # fmt: skip


@settings(max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics(), asked=st.sampled_from(BY))
def test_a_list_is_as_long_as_its_figure_says_over_any_history(
    store: Store, clinic: Clinic, asked: tuple[str, str]
) -> None:
    fill(store, clinic)
    name, by = asked
    with store.read() as tx:
        hold(tx, KINDS[name].make(tx, PERIOD, by.split(","), LIMITS), LIMITS)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics(), asked=st.sampled_from(BY))
def test_it_is_so_on_every_engine_though_they_are_many(lasting: Store, clinic: Clinic, asked: tuple[str, str]) -> None:
    fill(lasting, clinic)
    name, by = asked
    with pytest.MonkeyPatch.context() as patch, lasting.read() as tx:
        patch.setattr("reports.selected.FEW", 0)
        hold(tx, KINDS[name].make(tx, PERIOD, by.split(","), LIMITS), LIMITS)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clinic=clinics())
def test_people_are_the_numbers_that_rang_each_with_all_their_calls(store: Store, clinic: Clinic) -> None:
    fill(store, clinic)
    theirs: dict[str, list[int]] = {}
    for row in within(clinic, PERIOD):
        if row["party"] and not row["withheld"]:
            theirs.setdefault(row["party"], []).append(row["started_ms"])
    with store.read() as tx:
        found = people.opened(tx, "sources.unique_callers", PERIOD, {}, LIMITS).page(tx, None, 99)
        told = {one.number: (one.calls, one.last_ms) for one in found}
        calls = {number: behind.opened(tx, "sources.unique_callers", PERIOD, {}, number).count(tx)
                 for number in told}  # fmt: skip
    assert told == {number: (len(when), max(when)) for number, when in theirs.items()}
    assert calls == {number: len(when) for number, when in theirs.items()}
    assert [one.last_ms for one in found] == sorted((one.last_ms for one in found), reverse=True)  # type: ignore[type-var]


STORIES: dict[str, tuple[Any, Period, tuple[str, ...]]] = {
    "origins": (test_origins.story, NOVEMBER, ("channel", "source", "medium", "campaign", "currency")),
    "channels": (test_channels.story, NOVEMBER, ("channel",)),
    "stages": (test_stages.story, NOVEMBER, ("source", "campaign", "stage")),
    "offline": (test_offline.story, test_offline.PERIOD, ("campaign", "week")),
    "visits": (test_visits.story, NOVEMBER, ("page", "source", "day")),
    "pool": (test_pool.story, Period(date(2026, 11, 23), date(2026, 11, 24)), ("location", "number", "hour")),
}


@pytest.mark.parametrize("name", STORIES)
def test_reports_on_people_and_media_open_on_every_engine(
    lasting: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story, period, by = STORIES[name]
    with lasting.write() as tx:
        story(tx)
        rollups.rebuild(tx)
    with lasting.read() as tx:
        report = KINDS[name].make(tx, period, by, LIMITS)
        told = hold(tx, report, LIMITS)
        monkeypatch.setattr("reports.selected.FEW", 0)
        assert hold(tx, report, LIMITS) == told
        some = [figure for figure, n in told.items() if n]
    assert some or name == "channels"


@settings(max_examples=10, deadline=None)
@given(test_stages.HISTORIES, st.sets(st.sampled_from(stages.DIMENSIONS), min_size=1))
def test_journeys_open_to_those_who_went_them(drawn: list[tuple[Any, ...]], by: set[str]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        test_stages.lived(tx, drawn)
        hold(tx, stages.report(tx, NOVEMBER, by=tuple(by), zone=WARSAW), LIMITS)


DRAWN = st.lists(st.tuples(
    st.sampled_from(["proposed", "booked", "fulfilled", "arrived", "noshow", "cancelled"]),
    st.sampled_from([None, "phone", "desk", "online", "message"]), st.sampled_from([None, "google"]),
    st.integers(1, 34), st.sampled_from(["", "1", "2"]), st.sampled_from(["", "P-1", "P-2"]), st.booleans(),
), max_size=10)  # fmt: skip


@settings(max_examples=8, deadline=None)
@given(DRAWN, st.sets(st.sampled_from(origins.DIMENSIONS), min_size=1))
def test_appointments_open_whatever_made_them(drawn: list[tuple[Any, ...]], by: set[str]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        patient(tx, "P-1", "Anna Wzorowa", ANNA)
        ring(tx, "1", "2026-11-02 09:00")
        ring(tx, "2", "2026-11-03 09:00", number=BORYS)
        test_stages.asked(tx, 9, "2026-11-03 10:00", BORYS)
        for n, (status, channel, source, day, made, who, dated) in enumerate(drawn):
            when = date.fromordinal(date(2026, 11, 1).toordinal() + day - 1)
            appointment(tx, f"A-{n}", who, f"{when} 12:00", created=f"{when} 00:10" if dated else None, source=source,
                        status=status, channel=channel, cancelled_ms=n * 10**12)  # fmt: skip
            if made:
                test_channels.made_by(tx, f"A-{n}", made, 9 if made == "2" else None)
        rollups.rebuild(tx)
        hold(tx, origins.report(tx, NOVEMBER, by=tuple(by)), LIMITS)
        hold(tx, origins.report(tx, NOVEMBER, by=tuple(by), late_hours=1), Limits(late_hours=1))
        hold(tx, channels.report(tx, NOVEMBER, zone=WARSAW), LIMITS)
        hold(tx, KINDS["sources"].make(tx, NOVEMBER, ("source",), LIMITS), LIMITS)


def test_callers_who_were_lost_and_missed_calls_without_a_number_open_from_the_total(lasting: Store) -> None:
    missed = {"outcome": "no_answer", "missed": 1}
    write(lasting, call=[
        call("2026-11-20", id="1", party="+48600000001", **missed),
        call("2026-11-20", id="2", party="+48600000002", **missed),
        call("2026-11-21", id="3", party="+48600000002", **missed),
        call("2026-11-21", id="4", party=None, withheld=1, **missed),
        call("2026-11-21", id="5", party=None, withheld=1, excluded="spam", **missed),
    ])  # fmt: skip
    with lasting.read() as tx:
        report = KINDS["callbacks"].make(tx, PERIOD, ("day",), LIMITS)
        assert hold(tx, report, LIMITS) == {"final_lost": 2, "withheld_missed": 1}
        [last, _] = people.opened(tx, "callbacks.final_lost", PERIOD, {}, LIMITS).page(tx, None, 9)
    assert (last.number, last.calls) == ("+48600000002", 2)


HOSTILE = ("'; DROP TABLE call; --", "%s", "%(p1)s", ":p1", "\x00", "\ud83d", "((", "", "99", "2026-13")


def test_texts_that_no_row_has_open_to_nothing_and_do_no_harm(lasting: Store) -> None:
    fill_one(lasting)
    with lasting.read() as tx:
        # One figure of each report and kind: the texts of a row are read alike for all of them.
        kinds = (behind.NAMES, people.NAMES, booked.NAMES, entries.NAMES)
        for name in {(one.split(".")[0], names): one for names in kinds for one in sorted(names)}.values():
            report = name.split(".")[0]
            for text in HOSTILE:
                row = dict.fromkeys((*KINDS[report].dimensions, "label", "nonsense"), text)
                assert opened(tx, name, PERIOD, row, LIMITS) == [] or name in ALWAYS, (name, text)


ALWAYS = ("not-booked.no_topic", "callbacks.final_lost")
"""They have a total only: what a row says is passed over."""


def fill_one(store: Store) -> None:
    def one(tx: Tx) -> None:
        patient(tx, "P-1", "Anna Wzorowa", ANNA)
        ring(tx, "1", "2026-11-20 09:00")
        rollups.rebuild(tx)

    with store.write() as tx:
        one(tx)
