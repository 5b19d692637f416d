"""Times, numbers and durations as the language of the request writes them, in the clinic's zone."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from web.i18n import language


@cache
def _locale(name: str) -> Locale:
    # Clinics that work in English are seldom in America: the day stands before the month.
    return Locale.parse("en_GB" if name == "en" else name)


def _local(ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone)


def time_text(ms: int, zone: ZoneInfo) -> str:
    """Write the time of day: 14:05."""
    return dates.format_time(_local(ms, zone), "HH:mm", locale=_locale(language()))


def day_text(ms: int, zone: ZoneInfo) -> str:
    """Write the day: 22 Nov 2026."""
    return dates.format_date(_local(ms, zone).date(), "medium", locale=_locale(language()))


def moment_text(ms: int, zone: ZoneInfo, now_ms: int) -> str:
    """Write when something was: 14:05 today, the day and the time otherwise."""
    local = _local(ms, zone)
    if local.date() == _local(now_ms, zone).date():
        return time_text(ms, zone)
    return f"{day_text(ms, zone)}, {time_text(ms, zone)}"


def iso_text(ms: int, zone: ZoneInfo) -> str:
    """Write a time for `<time datetime>`: in the clinic's zone, with its offset."""
    return _local(ms, zone).isoformat(timespec="seconds")


def number_text(value: float) -> str:
    """Write a number with the language's separators."""
    return numbers.format_decimal(value, locale=_locale(language()))


def duration_text(ms: int) -> str:
    """Write a duration as a clock does: 0:07, 12:40, 1:02:05."""
    minutes, seconds = divmod(max(ms, 0) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
