"""Working time of a location: its week, its exceptions and its holidays. Pure: `now` is always an argument.

All arithmetic is done in UTC over the open intervals of each local day, so a day of 23 or 25 hours needs no rule of
its own. A wall time that happens twice (autumn) opens at its first and closes at its last occurrence; a wall time
that never happens (spring) stands for the moment of the change.

What a day's hours are, first that holds:
1. the clinic's people said so of this day (`callbacks.own_days`);
2. an exception of the settings names the day: its spans, which may be none;
3. the day is a public holiday: closed;
4. the week's spans for that weekday. A week without any span says nothing about hours: always open.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Spans = tuple[tuple[time, time], ...]
Interval = tuple[int, int]
"""Start and end in ms since the epoch; the end is not part of it."""

MINUTE_MS = 60_000
HORIZON_DAYS = 400
"""How far ahead an opening is looked for. More than a year, so that only a location that never opens has none."""
NOON = time(12, 0)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALL_DAY: Spans = ((time(0, 0), time(23, 59, 59, 999_999)),)
_MS = timedelta(milliseconds=1)


def no_holidays(day: date) -> bool:
    """Return False: a location that works on every public holiday."""
    return False


def holidays_of(country: str) -> Callable[[date], bool]:
    """Return a test for the public holidays of a country (ISO 3166, two letters).

    A country that the `holidays` package does not know has none; the clinic then names its own as exceptions.
    """
    # Imported late: the package is large, and a clinic may have switched holidays off.
    import holidays

    try:
        calendar = holidays.country_holidays(country)
    except NotImplementedError:
        return no_holidays
    return lambda day: day in calendar


class Hours:
    """When a location works.

    Args:
        zone: its time zone.
        week: seven days, Monday first, each a tuple of (opens, closes) in local time. A closing time of
            23:59:59.999999 means midnight.
        exceptions: days that differ, with their spans; an empty tuple is closed.
        holidays: says whether a day is a public holiday.
        ring: the spans of any day in which people may be rung back; none means all day.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        week: Iterable[Spans] = (),
        exceptions: Mapping[date, Spans] | None = None,
        holidays: Callable[[date], bool] = no_holidays,
        ring: Spans = (),
    ) -> None:
        self.zone = zone
        self._week = tuple(week)
        if not any(self._week):
            self._week = (_ALL_DAY,) * 7
        if len(self._week) != 7:
            raise ValueError(f"a week has seven days, not {len(self._week)}; name Monday first.")
        self._exceptions = dict(exceptions or {})
        self._holidays = holidays
        self._ring = tuple(ring)
        self._known: tuple[Mapping[date, Spans], dict[date, tuple[Interval, ...]]] = ({}, {})
        self.version = 0
        """Which state of the clinic's own days this is; 0 is none."""

    @property
    def week(self) -> tuple[Spans, ...]:
        """Return the spans of the seven days, Monday first."""
        return self._week

    @property
    def exceptions(self) -> Mapping[date, Spans]:
        """Return the days that differ by the settings."""
        return self._exceptions

    def is_holiday(self, day: date) -> bool:
        """Say whether a day is a public holiday, open or not."""
        return self._holidays(day)

    def differ(self, own: Mapping[date, Spans], version: int) -> None:
        """Take the days that the clinic's people say differ: they win. Another thread may ask meanwhile."""
        self._known = (dict(own), {})
        self.version = version

    def local_day(self, ms: int) -> date:
        """Return the local calendar day of a moment."""
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(self.zone).date()

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """Return the open intervals of a local day, in order, none touching another."""
        own, days = self._known
        known = days.get(day)
        if known is None:
            spans = own[day] if day in own else self._spans(day)
            known = days[day] = _joined(self._interval(day, span) for span in spans)
        return known

    def is_open(self, ms: int) -> bool:
        """Say whether the location works at this moment."""
        return any(start <= ms < end for start, end in self.intervals(self.local_day(ms)))

    def next_open(self, ms: int) -> int | None:
        """Return the first working moment at or after `ms`; None if nothing opens within `HORIZON_DAYS`."""
        for start, end in self._from(ms):
            if end > ms:
                return max(start, ms)
        return None

    def may_ring(self, ms: int) -> bool:
        """Say whether people may be rung back at this moment; the end of the hours for it is still part of them."""
        return not self._ring or any(start <= ms <= end for start, end in self._ringing(self.local_day(ms)))

    def next_ring(self, ms: int) -> int:
        """Return the first moment at or after `ms` at which people may be rung back.

        `ms` itself if it is one, else the first that is also working time. A location that never works within the
        hours for ringing goes by these alone.
        """
        if self.may_ring(ms):
            return ms
        first, outside = self.local_day(ms), ms
        for ahead in range(HORIZON_DAYS):
            day = first + timedelta(days=ahead)
            for start, end in self._ringing(day):
                begin = max(start, ms)
                if begin < end and outside == ms:
                    outside = begin
                for opens, closes in self.intervals(day):
                    if max(opens, begin) < min(closes, end):
                        return max(opens, begin)
        return outside

    def add_working(self, ms: int, minutes: int) -> int:
        """Return the moment at which `minutes` of working time have passed since `ms`.

        With 0 minutes this is the first working moment. A location that never opens, or no more, counts by the clock.
        """
        left, last, idle = minutes * MINUTE_MS, ms, 0
        day = self.local_day(ms)
        while idle < HORIZON_DAYS:
            idle += 1
            for start, end in self.intervals(day):
                begin = max(start, ms)
                if end <= begin:
                    continue
                if left <= end - begin:
                    return begin + left
                left, last, idle = left - (end - begin), end, 0
            day += timedelta(days=1)
        return last + left

    def working_between(self, a: int, b: int) -> int:
        """Return the working time from `a` to `b` in ms; 0 when `b` is not after `a`."""
        total, day, last = 0, self.local_day(a), self.local_day(max(a, b))
        while day <= last:
            total += sum(max(0, min(end, b) - max(start, a)) for start, end in self.intervals(day))
            day += timedelta(days=1)
        return total

    def end_of_working_day(self, ms: int) -> int:
        """Return when the working day of `ms` ends: today's last closing, or that of the next day that works."""
        first = self.local_day(ms)
        for ahead in range(HORIZON_DAYS):
            today = self.intervals(first + timedelta(days=ahead))
            if today and today[-1][1] > ms:
                return today[-1][1]
        return self.start_of_day(first + timedelta(days=1))

    def next_half_day(self, ms: int) -> int:
        """Return the first working moment of the next half-day; local noon and midnight part the halves."""
        day = self.local_day(ms)
        noon = self._moment(datetime.combine(day, NOON), last=False)
        boundary = noon if ms < noon else self.start_of_day(day + timedelta(days=1))
        opens = self.next_open(boundary)
        return boundary if opens is None else opens

    def next_day(self, ms: int) -> int:
        """Return the first working moment of a later local day."""
        midnight = self.start_of_day(self.local_day(ms) + timedelta(days=1))
        opens = self.next_open(midnight)
        return midnight if opens is None else opens

    def start_of_day(self, day: date) -> int:
        """Return the first moment of a local day. Where summer begins at midnight, that is 01:00."""
        return self._moment(datetime.combine(day, time(0, 0)), last=False)

    def _from(self, ms: int) -> Iterable[Interval]:
        first = self.local_day(ms)
        for ahead in range(HORIZON_DAYS):
            yield from self.intervals(first + timedelta(days=ahead))

    def _ringing(self, day: date) -> tuple[Interval, ...]:
        return _joined(self._interval(day, span) for span in self._ring)

    def _spans(self, day: date) -> Spans:
        if day in self._exceptions:
            return self._exceptions[day]
        if self._holidays(day):
            return ()
        return self._week[day.weekday()]

    def _interval(self, day: date, span: tuple[time, time]) -> Interval:
        opens, closes = span
        if closes >= _ALL_DAY[0][1]:
            # Midnight belongs to the next day, and may itself be moved by a change of the clock.
            end = self.start_of_day(day + timedelta(days=1))
        else:
            end = self._moment(datetime.combine(day, closes), last=True)
        return self._moment(datetime.combine(day, opens), last=False), end

    def _moment(self, wall: datetime, last: bool) -> int:
        """Return the moment of a wall time: the first or last of two, or the change of the clock if there is none."""
        before = wall.replace(tzinfo=self.zone, fold=0).utcoffset()
        after = wall.replace(tzinfo=self.zone, fold=1).utcoffset()
        assert before is not None
        assert after is not None
        at_before, at_after = _utc_ms(wall - before), _utc_ms(wall - after)
        if after > before:
            return self._change(at_after, at_before)
        return at_after if last else at_before

    def _change(self, low: int, high: int) -> int:
        """Return the moment, after `low` and not after `high`, at which the zone's offset changes."""
        offset = self._offset(low)
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

    def _offset(self, ms: int) -> timedelta | None:
        return (_EPOCH + timedelta(milliseconds=ms)).astimezone(self.zone).utcoffset()


def _utc_ms(naive: datetime) -> int:
    return (naive.replace(tzinfo=UTC) - _EPOCH) // _MS


def _joined(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Sort intervals, drop the empty ones and join those that touch or overlap."""
    joined: list[Interval] = []
    for start, end in sorted(i for i in intervals if i[1] > i[0]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)
