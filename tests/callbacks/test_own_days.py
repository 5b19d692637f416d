"""Days that the clinic's people say differ: they win over the settings, at once, in every process."""

from datetime import date, time
from pathlib import Path

import pytest

from callbacks import day_changes
from callbacks.day_changes import Day, Said
from callbacks.errors import HoursError
from callbacks.hours import Hours
from callbacks.own_days import read_spans, refresh, write_spans
from callbacks.situation import Context
from store import Store, open_store
from tests.callbacks.clinic import RULES, WARSAW, Clinic, at

WEEK = [((time(8), time(18)),)] * 5 + [()] * 2
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
SAID = Said("boss", at("09:00"))


def fresh() -> Context:
    """A clinic with two locations; hours keep what they were told, so each test has its own."""
    return Context(RULES, {"": Hours(WARSAW, WEEK, {TUESDAY: ((time(10), time(11)),)}), "Mokotów": Hours(WARSAW, WEEK)},
                   "PL", live=True)


def put(store: Store, ctx: Context, day: Day) -> list[int]:
    with store.write() as tx:
        return day_changes.put(tx, ctx, day, SAID)


def test_a_day_that_is_said_to_be_closed_is_closed_for_every_process(store: Store) -> None:
    here, elsewhere = fresh(), fresh()
    assert here.hours_at("").is_open(at("2026-11-23 12:00"))
    put(store, here, Day("", MONDAY, "", "staff outing"))
    with store.read() as tx:
        refresh(tx, elsewhere.hours)
    for ctx in (here, elsewhere):
        for location in ("", "Mokotów"):
            assert not ctx.hours_at(location).is_open(at("2026-11-23 12:00"))
            assert ctx.hours_at(location).is_open(at("2026-11-25 12:00"))


def test_a_location_may_differ_from_the_rest_and_both_from_the_settings(store: Store) -> None:
    ctx = fresh()
    put(store, ctx, Day("", TUESDAY, "14:00-20:00"))
    put(store, ctx, Day("Mokotów", TUESDAY, "09:00-12:00, 13:00-24:00"))
    assert ctx.hours_at("").is_open(at("2026-11-24 19:00"))
    assert not ctx.hours_at("").is_open(at("2026-11-24 10:30")), "the settings' exception gives way"
    assert ctx.hours_at("Mokotów").is_open(at("2026-11-24 23:59"))
    with store.write() as tx:
        day_changes.drop(tx, ctx, Day("", TUESDAY), SAID)
    assert ctx.hours_at("").is_open(at("2026-11-24 10:30"))
    assert not ctx.hours_at("").is_open(at("2026-11-24 19:00"))


def test_what_is_to_be_rung_back_moves_with_the_hours(store: Store) -> None:
    ctx = fresh()
    clinic = Clinic(store, ctx)
    clinic.inbound("1.1", "17:58", number="+48501000206")
    due = clinic.callback()["due_ms"]
    assert at("2026-11-24 10:00") <= due <= at("2026-11-24 11:00")
    assert put(store, ctx, Day("", TUESDAY, "", "Epiphany")) == [1]
    assert clinic.callback()["due_ms"] >= at("2026-11-25 08:00")


def test_a_transaction_that_is_rolled_back_leaves_the_hours_as_they_were(store: Store) -> None:
    ctx = fresh()

    def fail() -> None:
        with store.write() as tx:
            day_changes.put(tx, ctx, Day("", MONDAY), SAID)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.read() as tx:
        refresh(tx, ctx.hours)
    assert ctx.hours_at("").is_open(at("12:00"))


@pytest.mark.parametrize(("text", "written"), [
    ("", ""), ("8:00-18:00", None), ("08:00-18:00", "08:00-18:00"),
    ("14:00-24:00,08:00-12:00", "08:00-12:00, 14:00-24:00"),
    ("08:00-12:00, 11:00-13:00", None), ("18:00-08:00", None), ("closed", None), ("08:00\u201318:00", "08:00-18:00"),
])  # fmt: skip
def test_hours_are_read_as_they_are_written(text: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(HoursError):
            read_spans(text)
    else:
        assert write_spans(read_spans(text)) == written


def test_a_location_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path / "x.db") as store, pytest.raises(HoursError, match="no location"):
        put(store, fresh(), Day("Wola", MONDAY))
