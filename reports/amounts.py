"""A figure as people read it, in their language: 45 %, 4,5 s, 1:20, 3 godz. 05 min; – where there is none. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from reports.metrics import Names
from reports.report import WHOLE, Report

NOTHING = "–"
_TEN_MINUTES, _HOUR = 600, 3600
"""From ten minutes on the seconds tell nobody anything, and 56:00 looks like hours."""
_MANY = 10
"""From so much on a second decimal says more than is known."""
_FIXED = "\u00a0"
"""A space at which no line is broken."""
_SECONDS = Names("s", "s", "с", "s")
_MINUTES = Names("min", "min", "мин", "min")
_HOURS = Names("h", "godz.", "ч", "h")
_DAYS = Names("d", "dnia", "дня", "días")
"""After a number with decimals: 2,5 dnia, 2,5 дня."""


def shown(report: Report, figure: str, value: Any, language: str = "en") -> str:
    """Return a figure of a report as people read it."""
    plain = report.plain(figure, value)
    if plain is None:
        return NOTHING
    unit = report.metric(figure).unit
    if unit in WHOLE:
        return number(plain, 0, language)
    said = _UNITS.get(unit)
    return said(plain, language) if said else str(plain)


def number(value: float, places: int, language: str = "en") -> str:
    """Return a number with so many decimals, as a language writes it: 1,234.5, 1 234,5."""
    if language == "en":
        return f"{value:,.{places}f}"
    from babel.numbers import format_decimal

    pattern = f"#,##0.{'0' * places}" if places else "#,##0"
    return format_decimal(value, format=pattern, locale=language)


def share(value: float, language: str = "en") -> str:
    """Return a share as whole per cents: 45%, 45 %."""
    if language == "en":
        return f"{value:,.0%}"
    return f"{number(value * 100, 0, language)}{per_cent(language)}"


def per_cent(language: str = "en") -> str:
    """Return the sign as it stands behind a number: 45%, 45 %."""
    return f"{_FIXED if language in ('ru', 'es') else ''}%"


def _seconds(value: float, language: str) -> str:
    """Return a duration as people write it: 0 s, 4.5 s, 1:20, 56 min, 3 h 05 min."""
    if value < 59.95:
        return f"{number(value, 1 if value else 0, language)} {_SECONDS.in_language(language)}"
    whole = round(value)
    if whole < _TEN_MINUTES:
        return f"{whole // 60}:{whole % 60:02}"
    hours, minutes = _HOURS.in_language(language), _MINUTES.in_language(language)
    if whole < _HOUR:
        return f"{whole // 60} {minutes}"
    return f"{whole // 3600} {hours} {whole % 3600 // 60:02} {minutes}"


def _credit(value: float, language: str) -> str:
    """Return shares of calls with as few decimals as tell them: 2, 2.5, 2.25, 133.6."""
    text = f"{value:.{1 if value >= _MANY else 2}f}"
    return number(value, len(text.rstrip("0").rpartition(".")[2]), language)


_UNITS: Mapping[str, Callable[[Any, str], str]] = {
    "share": share, "seconds": _seconds, "money": lambda value, language: number(value, 2, language),
    "credit": _credit, "days": lambda value, language: f"{number(value, 1, language)} {_DAYS.in_language(language)}",
    "per day": lambda value, language: number(value, 2, language),
    "times": lambda value, language: f"{number(value, 0 if value >= _MANY else 2, language)} ×",
}  # fmt: skip
