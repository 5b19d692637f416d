"""Working time: weeks, exceptions, holidays, and the two nights a year that are longer or shorter."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.hours import MINUTE_MS, Hours, holidays_of

WARSAW = ZoneInfo("Europe/Warsaw")
WEEKDAY = ((time(8), time(18)),)
SPLIT = ((time(8), time(12)), (time(14), time(18)))
MIDNIGHT = time(23, 59, 59, 999_999)
OFFICE = Hours(WARSAW, [WEEKDAY] * 5 + [()] * 2)


def at(text: str, zone: ZoneInfo = WARSAW) -> int:
    """Return the ms of a local time such as "2026-11-23 08:00"."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def test_a_moment_inside_a_span_is_open_and_its_end_is_not() -> None:
    assert OFFICE.is_open(at("2026-11-23 08:00"))
    assert OFFICE.is_open(at("2026-11-23 17:59"))
    assert not OFFICE.is_open(at("2026-11-23 18:00"))


def test_friday_evening_opens_on_monday() -> None:
    assert OFFICE.next_open(at("2026-11-20 18:30")) == at("2026-11-23 08:00")


def test_working_minutes_go_on_the_next_morning() -> None:
    assert OFFICE.add_working(at("2026-11-20 17:55"), 15) == at("2026-11-23 08:10")


def test_a_lunch_break_is_not_working_time() -> None:
    hours = Hours(WARSAW, [SPLIT] * 7)
    assert hours.add_working(at("2026-11-23 11:50"), 15) == at("2026-11-23 14:05")
    assert hours.working_between(at("2026-11-23 11:00"), at("2026-11-23 15:00")) == 120 * MINUTE_MS


def test_a_public_holiday_is_closed() -> None:
    hours = Hours(WARSAW, [WEEKDAY] * 5 + [()] * 2, holidays=holidays_of("PL"))
    assert hours.next_open(at("2026-11-10 19:00")) == at("2026-11-12 08:00")


def test_an_exception_wins_over_a_holiday_and_over_the_week() -> None:
    exceptions = {date(2026, 11, 11): ((time(9), time(11)),), date(2026, 11, 12): ()}
    hours = Hours(WARSAW, [WEEKDAY] * 5 + [()] * 2, exceptions, holidays_of("PL"))
    assert hours.next_open(at("2026-11-10 19:00")) == at("2026-11-11 09:00")
    assert hours.next_open(at("2026-11-11 12:00")) == at("2026-11-13 08:00")


def test_a_country_without_a_calendar_has_no_holidays() -> None:
    assert not holidays_of("ZZ")(date(2026, 1, 1))


def test_a_week_without_hours_is_always_open() -> None:
    hours = Hours(WARSAW)
    assert hours.is_open(at("2026-11-22 03:00"))
    assert hours.add_working(at("2026-11-21 23:50"), 15) == at("2026-11-22 00:05")


def test_a_location_that_never_opens_counts_by_the_clock() -> None:
    hours = Hours(WARSAW, [WEEKDAY] * 7, holidays=lambda day: True)
    assert hours.next_open(at("2026-11-22 03:00")) is None
    assert hours.add_working(at("2026-11-22 03:00"), 15) == at("2026-11-22 03:15")


def test_a_location_that_opens_no_more_counts_on_by_the_clock() -> None:
    last_day = Hours(WARSAW, [(), (), (), (), (), (), ((time(8), time(8, 30)),)], holidays=lambda day: day.year > 2026)
    assert last_day.add_working(at("2026-12-27 08:00"), 45) == at("2026-12-27 08:45")


def test_the_working_day_ends_at_its_last_closing() -> None:
    assert OFFICE.end_of_working_day(at("2026-11-20 11:00")) == at("2026-11-20 18:00")
    assert OFFICE.end_of_working_day(at("2026-11-20 18:00")) == at("2026-11-23 18:00")


def test_the_next_half_day_is_the_afternoon_then_the_next_morning() -> None:
    assert OFFICE.next_half_day(at("2026-11-20 09:00")) == at("2026-11-20 12:00")
    assert OFFICE.next_half_day(at("2026-11-20 12:00")) == at("2026-11-23 08:00")


def test_a_clinic_closed_in_the_afternoon_has_its_next_half_day_tomorrow() -> None:
    mornings = Hours(WARSAW, [((time(8), time(12)),)] * 7)
    assert mornings.next_half_day(at("2026-11-20 09:00")) == at("2026-11-21 08:00")


def test_the_spring_night_is_an_hour_shorter() -> None:
    night = Hours(WARSAW, [((time(0), time(6)),)] * 7)
    assert night.working_between(at("2026-03-29 00:00"), at("2026-03-29 12:00")) == 5 * 60 * MINUTE_MS


def test_the_autumn_night_is_an_hour_longer() -> None:
    night = Hours(WARSAW, [((time(0), time(6)),)] * 7)
    assert night.working_between(at("2026-10-25 00:00"), at("2026-10-25 12:00")) == 7 * 60 * MINUTE_MS


def test_an_opening_that_never_happens_is_the_change_of_the_clock() -> None:
    hours = Hours(WARSAW, [((time(2, 30), time(6)),)] * 7)
    assert hours.intervals(date(2026, 3, 29))[0][0] == int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp() * 1000)


def test_a_day_whose_midnight_does_not_exist_begins_at_one() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    hours = Hours(sao_paulo)
    assert hours.start_of_day(date(2018, 11, 4)) == at("2018-11-04 01:00", sao_paulo)
    assert hours.working_between(at("2018-11-03 12:00", sao_paulo), at("2018-11-04 12:00", sao_paulo)) == 23 * 3_600_000


def test_a_week_must_have_seven_days() -> None:
    with pytest.raises(ValueError, match="seven days"):
        Hours(WARSAW, [WEEKDAY])


ZONES = ["Europe/Warsaw", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Tehran", "America/New_York", "UTC"]
_wall = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))
_span = st.tuples(_wall, st.one_of(_wall, st.just(MIDNIGHT))).filter(lambda s: s[0] < s[1])
_day = st.lists(_span, max_size=3).map(tuple)
# Years with changes of the clock in all these zones, Brazil's midnight ones among them.
_moment = st.integers(at("2016-01-01 00:00"), at("2019-12-31 00:00"))


@st.composite
def some_hours(draw: st.DrawFn) -> Hours:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    week = draw(st.lists(_day, min_size=7, max_size=7).filter(any))
    closed = draw(st.sets(st.dates(date(2016, 1, 1), date(2019, 12, 31)), max_size=3))
    return Hours(zone, week, dict.fromkeys(closed, ()))


@given(some_hours(), _moment, st.integers(0, 3000))
@settings(max_examples=150, deadline=None)
def test_adding_and_then_measuring_agree(hours: Hours, start: int, minutes: int) -> None:
    assert hours.working_between(start, hours.add_working(start, minutes)) == minutes * MINUTE_MS


@given(some_hours(), _moment, st.integers(0, 10**9), st.integers(0, 600), st.integers(0, 600))
@settings(max_examples=100, deadline=None)
def test_later_and_longer_never_come_earlier(hours: Hours, start: int, later: int, minutes: int, more: int) -> None:
    assert hours.add_working(start, minutes) <= hours.add_working(start + later, minutes + more)


@given(some_hours(), _moment)
@settings(max_examples=100, deadline=None)
def test_the_next_opening_is_open_and_nothing_works_before_it(hours: Hours, start: int) -> None:
    opens = hours.next_open(start)
    assert opens is not None
    assert hours.is_open(opens)
    assert hours.working_between(start, opens) == 0


@given(some_hours(), _moment, st.integers(0, 10**9), st.integers(0, 10**9))
@settings(max_examples=100, deadline=None)
def test_working_time_adds_up(hours: Hours, a: int, first: int, second: int) -> None:
    b, c = a + first, a + first + second
    assert hours.working_between(a, c) == hours.working_between(a, b) + hours.working_between(b, c)


@given(some_hours(), _moment)
@settings(max_examples=100, deadline=None)
def test_a_day_and_a_half_day_end_in_the_future(hours: Hours, start: int) -> None:
    assert hours.end_of_working_day(start) > start
    assert hours.next_half_day(start) > start
    assert hours.next_day(start) >= hours.next_half_day(start) or not hours.is_open(start)


RINGING = Hours(WARSAW, [((time(6), time(23)),)] * 5 + [()] * 2, ring=((time(8), time(20)),))


@pytest.mark.parametrize(("moment", "ring"), [
    ("2026-11-23 10:15", "2026-11-23 10:15"),
    ("2026-11-23 07:10", "2026-11-23 08:00"),
    ("2026-11-23 20:00", "2026-11-23 20:00"),
    ("2026-11-23 22:00", "2026-11-24 08:00"),
    ("2026-11-27 22:00", "2026-11-30 08:00"),
])
def test_in_quiet_hours_nobody_is_rung_until_they_end_in_working_time(moment: str, ring: str) -> None:
    assert RINGING.next_ring(at(moment)) == at(ring)


def test_who_works_in_the_evening_rings_in_the_part_that_is_not_quiet() -> None:
    evening = Hours(WARSAW, [((time(14), time(23)),)] * 7, ring=((time(8), time(20)),))
    assert evening.next_ring(at("2026-11-23 21:15")) == at("2026-11-24 14:00")


def test_who_works_at_night_only_rings_when_people_are_up() -> None:
    night = Hours(WARSAW, [((time(1), time(5)),)] * 7, ring=((time(8), time(20)),))
    assert night.next_ring(at("2026-11-23 02:15")) == at("2026-11-23 08:00")


def test_quiet_hours_follow_the_clock_when_it_changes() -> None:
    always = Hours(WARSAW, ring=((time(8), time(20)),))
    evening, morning = always.next_ring(at("2026-10-24 21:00")), always.next_ring(at("2026-03-28 21:00"))
    assert evening - at("2026-10-24 21:00") == 12 * 3_600_000
    assert morning - at("2026-03-28 21:00") == 10 * 3_600_000


@given(hours=st.sampled_from([RINGING, Hours(WARSAW, ring=((time(8), time(20)),))]), moment=st.integers(0, 2**41))
@settings(deadline=None)
def test_the_next_moment_to_ring_is_one(hours: Hours, moment: int) -> None:
    found = hours.next_ring(moment)
    assert found >= moment
    assert hours.may_ring(found)
    assert hours.next_ring(found) == found
