"""Every appointment is in the report on origins once, whatever made it."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import ReportsError
from reports.origins import DIMENSIONS, METRICS, frame, report
from reports.period import Period
from store import Store, Tx, open_store
from tests.store.conftest import postgres, url
from tests.store.rows import PBX
from tests.tracking.booking import ANNA, CLOCK, appointment, at, attributed, call, patient
from tracking.appointments_relate import relate_recent
from tracking.campaigns import campaign_id

__all__ = ["postgres", "url"]
PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
NOW = at("12:00")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def story(tx: Tx) -> None:
    patient(tx, "P-1", "Anna Wzorowa", ANNA)
    billboard = campaign_id(tx, "billboard", "offline", "Autumn")
    call(tx, "1", "10:00")
    attributed(tx, "1", "number", billboard)
    price = {"value_minor": 25000, "currency": "PLN"}
    appointment(tx, "A-1", "P-1", "2026-11-24 09:00", created="10:05", status="fulfilled", source="own", **price)
    appointment(tx, "A-2", "P-1", "2026-11-25 09:00", status="noshow", channel="online", **price)
    appointment(tx, "A-3", "P-1", "2026-11-26 09:00", status="fulfilled", source="znany", channel="online", **price)
    appointment(tx, "A-4", "P-9", "2026-11-27 09:00", status="cancelled", channel="desk",
                cancelled_ms=at("2026-11-26 10:00"))  # fmt: skip
    appointment(tx, "A-5", "P-9", "2026-11-28 09:00", status="cancelled", cancelled_ms=at("2026-11-20 10:00"))
    appointment(tx, "A-6", "P-9", "2026-11-29 09:00", status="proposed")
    appointment(tx, "A-7", "P-9", "2026-12-01 09:00")
    relate_recent(tx, CLOCK, NOW)


def test_where_appointments_came_from(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        found = report(tx, PERIOD, by=("channel", "source", "medium"))
    texts = ["channel", "source", "medium", "appointments", "by_calls", "shown", "no_shows", "cancelled",
             "cancelled_late", "revenue"]  # fmt: skip
    rows = found.rows.sort_values(["channel", "source"])[texts].fillna(-1).to_numpy().tolist()
    assert rows == [
        ["desk", "(none)", "(none)", 1, 0, 0, 0, 1, 1, -1],
        ["online", "unknown online", "(none)", 1, 0, 0, 1, 0, 0, -1],
        ["online", "znany", "(none)", 1, 0, 1, 0, 0, 0, 250.0],
        ["phone", "billboard", "offline", 1, 1, 1, 0, 0, 0, 250.0],
        ["unknown", "unknown online", "(none)", 1, 0, 0, 0, 1, 0, -1],
    ]
    assert (found.total["appointments"], found.total["revenue"], found.total["show_rate"]) == (5, 500.0, 0.5)


def test_when_cancelling_is_late_is_the_clinics_to_say(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        assert report(tx, PERIOD, late_hours=1).total["cancelled_late"] == 0
        assert report(tx, PERIOD, late_hours=24 * 30).total["cancelled_late"] == 2


def test_several_currencies_are_never_added_up(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        appointment(tx, "A-8", "P-9", "2026-11-24 10:00", status="fulfilled", value_minor=500, currency="JPY")
        found = report(tx, PERIOD, by=("currency",))
    assert found.total["revenue"] is None
    assert {row["currency"]: row["revenue"] for row in found.records()} == {"PLN": 500.0, "JPY": 500.0, "(none)": None}


def test_no_appointment_is_no_row_and_a_total_of_nothing(store: Store) -> None:
    with store.read() as tx:
        found = report(tx, PERIOD)
    assert found.rows.empty
    assert list(found.rows.columns) == ["channel", "source", *(metric.id for metric in METRICS)]
    assert (found.total["appointments"], found.total["show_rate"]) == (0, None)


def test_a_dimension_that_is_none_is_refused(store: Store) -> None:
    with store.read() as tx, pytest.raises(ReportsError, match='"doctor" is not something appointments can'):
        frame(tx, PERIOD, by=("doctor",))


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(
        st.sampled_from(["proposed", "booked", "arrived", "fulfilled", "noshow", "cancelled"]),
        st.sampled_from([None, "phone", "desk", "online"]), st.sampled_from([None, "google", "znany"]),
        st.integers(20, 34), st.booleans(),
    ), max_size=12),
    st.sets(st.sampled_from(DIMENSIONS), min_size=1),
)  # fmt: skip
def test_the_rows_add_up_to_every_appointment_of_the_days(
    drawn: list[tuple[str, str | None, str | None, int, bool]], by: set[str]
) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        patient(tx, "P-1", "Anna Wzorowa", ANNA)
        call(tx, "1", "10:00")
        for n, (status, channel, source, day, called) in enumerate(drawn):
            when = date(2026, 11, 1).toordinal() + day - 1
            appointment(tx, f"A-{n}", "P-1", f"{date.fromordinal(when)} 09:00", status=status, channel=channel,
                        source=source)  # fmt: skip
            if called:
                tx.run("made_by_put", appointment=f"A-{n}", pbx=PBX, call="1", callback=None, rule="talk",
                       evidence="{}", decided_ms=NOW)  # fmt: skip
        found = report(tx, PERIOD, by=tuple(by))
    expected = sum(status != "proposed" and day <= 30 for status, _, _, day, _ in drawn)
    assert found.total["appointments"] == expected == found.rows["appointments"].sum()
    for figure in ("shown", "no_shows", "cancelled", "to_come", "by_calls"):
        assert found.rows[figure].sum() == found.total[figure]
    states = ("shown", "no_shows", "cancelled", "to_come")
    assert sum(found.total[figure] for figure in states) == expected
