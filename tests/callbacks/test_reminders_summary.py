"""The morning summary: once a day, at opening time, in the clinic's zone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.hours import Hours
from callbacks.summary import Summary, last_working_day, opening
from store import Store, open_store
from tests.callbacks.clinic import OFFICE, OTHER, WARSAW, Clinic, at
from tests.callbacks.wire import Killed, Wire

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "callward.db") as opened:
        yield opened


@pytest.fixture
def wire() -> Wire:
    return Wire()


async def test_it_is_sent_at_opening_time_and_once(clinic: Clinic, wire: Wire) -> None:
    told = []
    for now in ("07:59", "08:00", "08:01", "09:30", "17:00"):
        await Summary(clinic.store, clinic.ctx, [wire]).once(at(now))
        told.append(len(wire.sent))
    assert told == [0, 1, 1, 1, 1]


async def test_it_tells_what_is_open_and_what_became_of_the_missed(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "2026-11-24 10:00")
    clinic.outbound("2", "2026-11-24 10:20", "answered")
    clinic.inbound("3", "2026-11-24 11:00", number=OTHER)
    clinic.inbound("4", "2026-11-24 12:00", withheld=1, party=None, caller_number=None)
    await Summary(clinic.store, clinic.ctx, [wire]).once(at("2026-11-25 08:00"))
    (message,) = wire.sent
    assert message.subject == "Callbacks on 2026-11-25: 1 open"
    assert message.body.splitlines()[:3] == [
        "Open callbacks: 1, of them overdue: 1.",
        "The oldest has waited since 2026-11-24 11:00.",
        "Yesterday: 3 missed calls, 1 of them recovered, 1 from withheld numbers.",
    ]


async def test_on_monday_it_tells_of_friday_and_the_days_between(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "2026-11-20 17:30")
    clinic.inbound("2", "2026-11-21 12:00", number=OTHER)
    await Summary(clinic.store, clinic.ctx, [wire]).once(at("2026-11-23 08:00"))
    assert "Since 2026-11-20: 2 missed calls" in wire.sent[0].body


async def test_a_closed_day_has_none(clinic: Clinic, wire: Wire) -> None:
    for hour in range(24):
        await Summary(clinic.store, clinic.ctx, [wire]).once(at(f"2026-11-22 {hour:02}:00"))
    assert wire.sent == []


async def test_a_process_that_starts_at_noon_sends_none(clinic: Clinic, wire: Wire) -> None:
    assert await Summary(clinic.store, clinic.ctx, [wire]).once(at("12:00")) == 0


async def test_a_process_killed_between_sending_and_marking_tells_again(clinic: Clinic, wire: Wire) -> None:
    import asyncio

    killed = Killed()
    with pytest.raises(asyncio.CancelledError):
        await Summary(clinic.store, clinic.ctx, [killed]).once(at("08:00"))
    await Summary(clinic.store, clinic.ctx, [wire]).once(at("08:01"))
    assert wire.sent == []
    await Summary(clinic.store, clinic.ctx, [wire]).once(at("08:02"))
    assert wire.sent[0].key == killed.sent[0].key


async def test_two_people_get_one_each_though_one_is_away(clinic: Clinic) -> None:
    here, away = Wire("here"), Wire("away", away=True)
    summary = Summary(clinic.store, clinic.ctx, [here, away])
    await summary.once(at("08:00"))
    away.away = False
    await summary.once(at("08:01"))
    assert (len(here.sent), len(away.sent)) == (1, 1)


@pytest.mark.parametrize(("day", "opens"), [("2026-10-25", "03:30"), ("2027-03-28", "03:00")], ids=["back", "forward"])
async def test_on_the_days_the_clock_changes_it_is_sent_once(clinic: Clinic, wire: Wire, day: str, opens: str) -> None:
    """Opening at 2:30, an hour that comes twice in autumn and never in spring."""
    night = Hours(WARSAW, [((time(2, 30), time(12)),)] * 7)
    summary = Summary(clinic.store, replace(clinic.ctx, hours={"": night}), [wire])
    start = night.start_of_day(night.local_day(at(f"{day} 12:00")))
    sent_at = [minute for minute in range(0, 25 * 60, 10) if await summary.once(start + minute * 60_000)]
    assert len(sent_at) == 1


def test_a_clinic_that_never_closes_is_told_in_the_morning() -> None:
    always = Hours(WARSAW)
    assert opening(always, always.local_day(at("12:00"))) == at("08:00")


@given(st.dates())
def test_the_working_day_before_works_and_none_lies_between(day: object) -> None:
    from datetime import date, timedelta

    assert isinstance(day, date)
    if not date(1990, 1, 1) < day < date(2100, 1, 1):
        return
    before = last_working_day(OFFICE, day)
    assert OFFICE.intervals(before)
    between = [before + timedelta(days=n) for n in range(1, (day - before).days)]
    assert not any(OFFICE.intervals(one) for one in between)
