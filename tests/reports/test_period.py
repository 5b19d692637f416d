"""The days a report covers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.period import PRESETS, Period, PeriodError, between, preset

WARSAW = ZoneInfo("Europe/Warsaw")
NOW = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # already the 23rd in Warsaw


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("today", date(2026, 11, 23), date(2026, 11, 23)),
        ("yesterday", date(2026, 11, 22), date(2026, 11, 22)),
        ("7d", date(2026, 11, 17), date(2026, 11, 23)),
        ("30d", date(2026, 10, 25), date(2026, 11, 23)),
        ("this-month", date(2026, 11, 1), date(2026, 11, 23)),
        ("last-month", date(2026, 10, 1), date(2026, 10, 31)),
    ],
)
def test_a_named_period_is_counted_in_the_clinics_days(name: str, start: date, end: date) -> None:
    assert preset(name, NOW, WARSAW) == Period(start, end)


def test_in_january_the_last_month_is_december() -> None:
    january = datetime(2027, 1, 5, tzinfo=UTC)
    assert preset("last-month", january, WARSAW) == Period(date(2026, 12, 1), date(2026, 12, 31))


@given(st.integers(0, 4_000_000_000), st.sampled_from(PRESETS))
def test_a_named_period_never_reaches_beyond_today(epoch: int, name: str) -> None:
    now = datetime.fromtimestamp(epoch, UTC)
    period = preset(name, now, WARSAW)
    assert period.start <= period.end <= now.astimezone(WARSAW).date()
    assert period.days == (period.end - period.start) // timedelta(days=1) + 1


def test_both_days_are_included() -> None:
    assert between("2026-11-01", "2026-11-30", NOW, WARSAW).days == 30


def test_without_an_end_the_period_runs_until_today() -> None:
    assert between("2026-11-20", None, NOW, WARSAW) == Period(date(2026, 11, 20), date(2026, 11, 23))


def test_without_a_start_it_is_the_one_day() -> None:
    assert between(None, "2026-11-20", NOW, WARSAW) == Period(date(2026, 11, 20), date(2026, 11, 20))


@pytest.mark.parametrize("text", ["22.11.2026", "2026-13-01", "20261122", "soon", "2026-11-22T10:00"])
def test_a_day_that_cannot_be_read_is_named_with_the_way_out(text: str) -> None:
    with pytest.raises(PeriodError, match=f'"{text}" is not a day; write it as 2026-11-22'):
        between(text, None, NOW, WARSAW)


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(PeriodError, match="swap the two days"):
        between("2026-11-22", "2026-11-01", NOW, WARSAW)


def test_an_unknown_name_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(PeriodError, match="today, yesterday, 7d"):
        preset("fortnight", NOW, WARSAW)


@given(
    st.dates(date(2000, 1, 2), date(2100, 1, 1)),
    st.sampled_from(["Pacific/Kiritimati", "Pacific/Niue", "Europe/Madrid"]),
)
def test_the_index_bounds_hold_every_moment_of_the_days_in_any_zone(day: date, zone: str) -> None:
    first = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    low, high = Period(day, day).bounds_ms
    assert low <= first.timestamp() * 1000
    assert (first + timedelta(days=1)).timestamp() * 1000 <= high
