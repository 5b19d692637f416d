"""Channels: each tells what it can, and an appointment is in the one that made it."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.channels import CHANNELS, METRICS, frame, report
from reports.period import Period
from store import Store, Tx, open_store, rollups
from tests.reports.test_stages import asked
from tests.store.rows import PBX, insert
from tests.tracking.booking import ANNA, BORYS, WARSAW, appointment, at, call, patient

PERIOD = Period(date(2026, 11, 1), date(2026, 11, 30))
PRICE = {"value_minor": 25000, "currency": "PLN"}


def made_by(tx: Tx, ref: str, ident: str, callback: int | None = None) -> None:
    tx.run("made_by_put", appointment=ref, pbx=PBX, call=ident, callback=callback, rule="talk", evidence="{}",
           decided_ms=0)  # fmt: skip


def story(tx: Tx) -> None:
    patient(tx, "P-1", "Anna Wzorowa", ANNA)
    call(tx, "1", "2026-11-04 09:00")
    call(tx, "2", "2026-11-05 09:00", number=BORYS, outcome="abandoned")
    asked(tx, 9, "2026-11-06 10:00", BORYS)
    insert(tx, "callback_time", callback=9, opened_day="2026-11-06", opened_in_hours=1,
           contacted_ms=at("2026-11-06 10:30"), contacted_day="2026-11-06")  # fmt: skip
    appointment(tx, "A-1", "P-1", "2026-12-24 09:00", created="2026-11-04 09:05", status="fulfilled", **PRICE)
    made_by(tx, "A-1", "1")
    appointment(tx, "A-2", "P-2", "2026-11-24 09:00", status="booked")  # nobody tells when it was made
    made_by(tx, "A-2", "2", 9)
    appointment(tx, "A-3", "P-3", "2026-11-24 09:00", created="2026-11-07 09:05", status="fulfilled", channel="online",
                **PRICE)  # fmt: skip
    appointment(tx, "A-4", "P-3", "2026-11-25 09:00", created="2026-11-07 09:06", status="noshow", channel="online")
    appointment(tx, "A-5", "P-4", "2026-11-25 09:00", created="2026-11-30 23:30", channel="desk")
    appointment(tx, "A-6", "P-4", "2026-12-25 09:00", created="2026-12-01 00:30", channel="desk")
    appointment(tx, "A-7", "P-4", "2026-11-25 09:00")
    appointment(tx, "A-8", "P-4", "2026-11-25 09:00", created="2026-11-08 09:00", status="proposed")
    rollups.rebuild(tx)


def test_each_channel_tells_what_it_can(lasting: Store) -> None:
    with lasting.write() as tx:
        story(tx)
        found = report(tx, PERIOD, zone=WARSAW)
    assert {row.pop("channel"): tuple(row.values()) for row in found.records()} == {
        "phone": (2, 2, 1, 7.5, 1, 1, 250.0), "request": (1, 1, 1, 1800.0, 1, 0, None),
        "online": (None, 1, None, None, 2, 1, 250.0), "desk": (None, 1, None, None, 1, 0, None),
        "message": (None, 0, None, None, 0, 0, None),
    }  # fmt: skip
    assert found.total == {"contacts": 3, "people": None, "answered": 2, "answer_s": None, "booked": 5, "shown": 2,
                           "revenue": 500.0}  # fmt: skip
    assert any("Of 1 appointments" in note for note in found.notes)


def test_nothing_at_all_is_an_empty_report(store: Store) -> None:
    with store.read() as tx:
        found = report(tx, PERIOD)
        assert frame(tx, PERIOD).empty
    assert found.total == {"contacts": 0, "people": None, "answered": 0, "answer_s": None, "booked": 0, "shown": 0,
                           "revenue": None}  # fmt: skip


def test_several_currencies_are_never_added_up(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        appointment(tx, "A-9", "P-4", "2026-11-25 09:00", created="2026-11-09 09:00", status="fulfilled",
                    channel="desk", value_minor=900, currency="JPY")  # fmt: skip
        found = report(tx, PERIOD, zone=WARSAW)
    assert {row["channel"]: row["revenue"] for row in found.records()}["desk"] == 900.0
    assert found.total["revenue"] is None


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Any) -> None:
    assert len({metric.names.in_language(language) for language in ("en", "pl", "ru", "es")}) == 4
    assert metric.formula.endswith(".")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(
    st.sampled_from(["proposed", "booked", "fulfilled", "noshow", "cancelled"]),
    st.sampled_from([None, "phone", "desk", "online", "message", "import"]), st.integers(1, 34),
    st.sampled_from(["", "call", "callback"]), st.sampled_from([None, 100, 250]),
), max_size=12))  # fmt: skip
def test_every_appointment_of_the_days_is_in_one_channel(drawn: list[tuple[Any, ...]]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        call(tx, "1", "2026-11-02 09:00")
        asked(tx, 9, "2026-11-02 10:00", BORYS)
        for n, (status, channel, day, made, value) in enumerate(drawn):
            when = date.fromordinal(date(2026, 11, 1).toordinal() + day - 1)
            appointment(tx, f"A-{n}", f"P-{n % 3}", "2026-12-24 09:00", created=f"{when} 00:10", status=status,
                        channel=channel, value_minor=value, currency="PLN" if value else None)  # fmt: skip
            if made:
                made_by(tx, f"A-{n}", "1", 9 if made == "callback" else None)
        rollups.rebuild(tx)
        found = report(tx, PERIOD, zone=WARSAW)
    counted = [one for one in drawn if one[0] != "proposed" and one[2] <= 30]
    came = [one for one in counted if one[0] == "fulfilled"]
    assert found.total["booked"] == len(counted) == found.rows.booked.sum()
    assert found.total["shown"] == len(came) == found.rows.shown.sum()
    worth = [one[4] for one in came if one[4]]
    assert found.total["revenue"] == (sum(worth) / 100 if worth else None)
    assert (found.rows.revenue.sum() or 0) == (found.total["revenue"] or 0)
    rows = {row["channel"]: row for row in found.records()}
    assert set(rows) <= set(CHANNELS)
    assert rows["request"]["booked"] == sum(one[3] == "callback" for one in counted)
