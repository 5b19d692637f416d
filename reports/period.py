"""The days a report covers, as local days of the clinic, both ends included. Pure: `now` is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from reports import ReportsError

DEFAULT = "30d"
PRESETS = ("today", "yesterday", "7d", "30d", "this-month", "last-month")

_DAY_MS = 86_400_000


class PeriodError(ReportsError):
    """The period cannot be understood. The text says what is wrong and the way out."""


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of the clinic from `start` to `end`, both included.

    Raises:
        PeriodError: it ends before it starts.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise PeriodError("the period ends (%(end)s) before it starts (%(start)s); swap the two days.",
                              end=self.end, start=self.start)

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.end - self.start).days + 1

    @property
    def bounds_ms(self) -> tuple[int, int]:
        """Return UTC times (ms) that surely enclose it in any time zone: for an index, not for a comparison."""
        return _utc_ms(self.start) - _DAY_MS, _utc_ms(self.end) + 2 * _DAY_MS

    def edges_ms(self, zone: ZoneInfo) -> tuple[int, int]:
        """Return when its first day begins in a zone, and when the day after its last one does (ms)."""
        return _midnight_ms(self.start, zone), _midnight_ms(self.end + timedelta(days=1), zone)

    def __str__(self) -> str:
        return str(self.start) if self.start == self.end else f"{self.start} to {self.end}"


def preset(name: str, now: datetime, zone: ZoneInfo) -> Period:
    """Return the period called `name` (one of `PRESETS`) as seen at `now` (aware) from a clinic in `zone`.

    `7d` and `30d` include today; `this-month` ends today.

    Raises:
        PeriodError: there is no such name.
    """
    today = now.astimezone(zone).date()
    first = today.replace(day=1)
    match name:
        case "today":
            return Period(today, today)
        case "yesterday":
            return Period(today - timedelta(days=1), today - timedelta(days=1))
        case "7d" | "30d":
            return Period(today - timedelta(days=int(name[:-1]) - 1), today)
        case "this-month":
            return Period(first, today)
        case "last-month":
            last = first - timedelta(days=1)
            return Period(last.replace(day=1), last)
    raise PeriodError('"%(name)s" is not a period; write one of %(known)s.', name=name, known=", ".join(PRESETS))


def between(start: str | None, end: str | None, now: datetime, zone: ZoneInfo) -> Period:
    """Return the period from `start` to `end` (ISO days). No start: the day of `end` alone. No end: until today.

    Raises:
        PeriodError: a day cannot be read, or the end is before the start.
    """
    today = now.astimezone(zone).date()
    last = _day(end) if end else max(today, _day(start)) if start else today
    return Period(_day(start) if start else last, last)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise PeriodError('"%(day)s" is not a day; write it as 2026-11-22.', day=text) from None


def _midnight_ms(day: date, zone: ZoneInfo) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def _utc_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000
