"""Times, numbers and durations as the language of the request writes them, in the clinic's zone."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers

from web.i18n import language

_JOINED = re.compile(r"([^\W\d_])(?=\d)")
"""A letter before a digit, which Babel puts side by side."""


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


def date_text(day: str | date) -> str:
    """Write a local day, given as a date or as ISO text: 22 Nov 2026."""
    return dates.format_date(date.fromisoformat(day) if isinstance(day, str) else day, "medium",
                             locale=_locale(language()))


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


def money_text(amount: str | Decimal, currency: str) -> str:
    """Write an amount in whole units of a currency: 1 234,50 zł. A code of letters stands apart: PLN 78.96."""
    text = numbers.format_currency(Decimal(amount), currency, locale=_locale(language()))
    return _JOINED.sub("\\1\u00a0", text)


def share_text(part: float) -> str:
    """Write a share of 0 to 1 as per cents: 83 %."""
    return numbers.format_percent(part, locale=_locale(language()))


def lasting_text(ms: int) -> str:
    """Write about how long something lasts: 12 min, 3 hr, 2 days."""
    length = timedelta(milliseconds=max(ms, 60_000))
    return dates.format_timedelta(length, granularity="minute", threshold=1.5, format="short",
                                  locale=_locale(language()))
