"""Visits: each ends in one thing, and of who did not agree nothing is made up."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import entries
from reports.behind import calls_of
from reports.period import Period
from reports.registry import Limits
from reports.visits import DIMENSIONS, METRICS, frame, report
from store import Store, Tx, open_store
from tests.reports.opening import hold
from tests.reports.test_stages import asked, rang
from tests.store.rows import insert
from tests.tracking.booking import ANNA, BORYS, DESK, appointment, patient, visit

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))


def asks(tx: Tx, page: str, day: str, **given: int) -> None:
    """Count that a page asked for a number."""
    columns = dict.fromkeys(("leased", "kept", "overflow", "by_source", "refused"), 0) | given
    tx.run("site_day_add", site="www.clinic.example", page=page, local_day=day, now_ms=0, **columns)


def pooled(tx: Tx) -> None:
    """Put the number that visitors are shown into the pool."""
    insert(tx, "number_assignment", id=1, did=DESK, label="", kind="pool", location="", valid_from="2026-01-01")


def story(tx: Tx) -> None:
    pooled(tx)
    patient(tx, "P-1", "Anna Wzorowa", ANNA)
    visit(tx, 1, "2026-11-02 09:00", visitor="anna")
    visit(tx, 2, "2026-11-05 09:00", visitor="anna", page="/")
    visit(tx, 3, "2026-11-05 10:00", page="/", source="direct", medium="none", name="")
    visit(tx, 4, "2026-11-06 10:00", page="/")
    visit(tx, 5, "2026-12-06 10:00", page="/")
    rang(tx, "1", "2026-11-02 09:05", ANNA, 1)
    rang(tx, "2", "2026-11-02 09:25", ANNA, 1)
    appointment(tx, "A-1", "P-1", "2026-11-10 09:00", created="2026-11-05 09:20", channel="online")
    asked(tx, 9, "2026-11-06 10:02", BORYS, 4)
    asks(tx, "/implants", "2026-11-02", leased=1)
    asks(tx, "/implants", "2026-11-02")
    asks(tx, "/whitening", "2026-11-03", by_source=1)


def test_what_visits_ended_in_by_landing_page(lasting: Store) -> None:
    with lasting.write() as tx:
        story(tx)
        found = report(tx, PERIOD)
    assert {row["page"]: tuple(row.values())[1:] for row in found.records()} == {
        "/": (3, 1, 0, 1, 1, 0.6667, 0, None, None), "/implants": (1, 0, 1, 0, 0, 1.0, 2, 2, 1),
        "/whitening": (0, 0, 0, 0, 0, None, 0, 1, 1),
    }  # fmt: skip
    assert found.total == {"visits": 4, "ended_booking": 1, "ended_call": 1, "ended_form": 1, "ended_nothing": 1,
                           "acted_share": 0.75, "calls": 2, "asked": 3, "unfollowed": 2}  # fmt: skip


def test_where_a_visitor_came_from_is_not_known_of_who_did_not_agree(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        rows = frame(tx, PERIOD, by=("source",))
    assert dict(zip(rows.source, rows.visits, strict=True)) == {"google": 3, "direct": 1}
    assert rows.asked.isna().all()
    assert rows.unfollowed.isna().all()


def test_a_figure_opens_to_its_calls_or_visits(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        assert hold(tx, report(tx, PERIOD, by=DIMENSIONS)) == {
            "calls": 2, "visits": 4, "ended_booking": 1, "ended_call": 1, "ended_form": 1, "ended_nothing": 1,
        }  # fmt: skip
        found = entries.opened(tx, "visits.visits", PERIOD, {}, Limits()).page(tx, None, 9)
        assert [(one.id, one.page, one.source, one.ended) for one in found] == [
            ("4", "/", "google", "ended_form"), ("3", "/", "direct", "ended_nothing"),
            ("2", "/", "google", "ended_booking"), ("1", "/implants", "google", "ended_call"),
        ]  # fmt: skip
        assert [row["id"] for row in calls_of(tx, "visits.calls", PERIOD, {})] == ["1", "2"]


def test_no_visit_is_an_empty_report(store: Store) -> None:
    with store.read() as tx:
        found = report(tx, PERIOD)
    assert found.rows.empty
    assert (found.total["visits"], found.total["acted_share"], found.total["asked"]) == (0, None, None)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Any) -> None:
    assert len({metric.names.in_language(language) for language in ("en", "pl", "ru", "es")}) == 4
    assert metric.formula.endswith(".")


VISITS = st.lists(st.tuples(
    st.integers(1, 33), st.sampled_from(["/", "/implants"]), st.sampled_from(["google", "direct"]), st.integers(0, 2),
    st.booleans(), st.booleans(),
), max_size=8)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(VISITS, st.sets(st.sampled_from(DIMENSIONS), min_size=1))
def test_every_visit_ends_in_one_thing_and_rows_add_up(drawn: list[tuple[Any, ...]], by: set[str]) -> None:
    ends = {"ended_booking": 0, "ended_call": 0, "ended_form": 0, "ended_nothing": 0}
    with open_store(":memory:") as store, store.write() as tx:
        pooled(tx)
        for n, (day, page, source, rung, wrote, booked) in enumerate(drawn):
            when = date.fromordinal(date(2026, 11, 1).toordinal() + day - 1)
            number = f"+48501{n:06}"
            patient(tx, f"P-{n}", f"Osoba {n}", number)
            visit(tx, n, f"{when} 09:00", page=page, source=source)
            for one in range(rung):
                rang(tx, f"{n}-{one}", f"{when} 09:1{one}", number, n)
            if wrote:
                asked(tx, 100 + n, f"{when} 09:20", number, n)
            if booked:
                appointment(tx, f"A-{n}", f"P-{n}", "2027-01-24 09:00", created=f"{when} 09:25", channel="online")
            if day <= 30:
                known = booked and (rung or wrote)
                ends["ended_booking" if known else "ended_call" if rung else "ended_form" if wrote
                     else "ended_nothing"] += 1  # fmt: skip
        found = report(tx, PERIOD, by=tuple(by))
        hold(tx, found, rows=4)
    assert {name: found.total[name] for name in ends} == ends
    assert found.total["visits"] == sum(ends.values())
    assert found.total["calls"] == sum(one[3] for one in drawn if one[0] <= 30)
    for name in ("visits", "calls", *ends):
        assert found.rows[name].sum() == found.total[name]
