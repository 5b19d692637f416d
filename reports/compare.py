"""A report beside the same report of other days: what each figure was, and how it changed. Pure.

1. The rows of both are put side by side by what they are about. Days and months are put side by side by their place in
   the period: the third day beside the third day.
2. A row that one of the two has not counted nothing there: 0 where the figure is a count that adds up, else nothing is
   known. Where rows were put together to protect people, a missing row is not known either.
3. The difference is now less before. The change is the difference / before: nothing is said of it where before is 0 or
   not known. Of shares the difference is told, in percentage points.
4. Whether up is better is the definition's to say (`Metric.better`); of many figures neither is.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from reports import words
from reports.amounts import number, per_cent
from reports.period import Period, PeriodError
from reports.report import WHOLE, Comparison, Report

WAYS = ("previous", "year")
"""The named periods to compare with: the one right before, and the same days of last year."""
Verdict = Literal["better", "worse", ""]
_PARTED = ".."
_CURRENCY = "currency"
_POINTS = 100


@dataclass(frozen=True, slots=True)
class Change:
    """How a figure changed. `before`, `difference` and `share` (of before) are None where they are not known."""

    now: float | None
    before: float | None
    better: Literal["up", "down", ""] = ""

    @property
    def difference(self) -> float | None:
        """Return now less before."""
        return None if self.now is None or self.before is None else self.now - self.before

    @property
    def share(self) -> float | None:
        """Return the difference as a share of before."""
        return None if self.difference is None or not self.before else self.difference / abs(self.before)

    @property
    def direction(self) -> Literal["up", "down", ""]:
        """Say which way it went, "" for neither."""
        return "" if not self.difference else "up" if self.difference > 0 else "down"

    @property
    def verdict(self) -> Verdict:
        """Say whether it became better or worse, "" where neither can be said."""
        if not self.better or not self.direction:
            return ""
        return "better" if self.direction == self.better else "worse"


def other_period(text: str, period: Period) -> Period:
    """Return the days to compare a period with: `previous`, `year`, or two days as 2026-10-01..2026-10-31.

    Raises:
        PeriodError: it is none of these.
    """
    if text == "previous":
        return previous(period)
    if text == "year":
        return year_before(period)
    first, parted, last = text.strip().partition(_PARTED)
    try:
        if parted:
            return Period(date.fromisoformat(first.strip()), date.fromisoformat(last.strip()))
    except PeriodError:
        raise
    except ValueError:
        pass
    raise PeriodError('"%(text)s" is nothing to compare with; write previous, year, or two days as '
                      "2026-10-01..2026-10-31.", text=text[:40])  # fmt: skip


def previous(period: Period) -> Period:
    """Return the days right before: as many whole months for whole months, else as many days."""
    last = period.start - timedelta(days=1)
    if period.start.day == 1 and _ends_month(period.end):
        months = _month(period.end) - _month(period.start) + 1
        return Period(_first(_month(period.start) - months), last)
    return Period(period.start - timedelta(days=period.days), last)


def year_before(period: Period) -> Period:
    """Return the same days of the year before; the end of a month stays one."""
    return Period(_last_year(period.start, end=False), _last_year(period.end, end=_ends_month(period.end)))


def compared(now: Report, before: Report, *, known: bool = True) -> Report:
    """Return a report with what each figure was before. Rows that only the days before had come last.

    `known` says that a row which is missing counted nothing; else nothing is known of it.
    """
    import pandas as pd

    names = [name for name in now.texts if name != _CURRENCY]
    earlier = {_shifted(record, names, (before.period, now.period)): record for record in before.records()}
    rows: list[dict[str, Any]] = list(now.records())
    was: list[dict[str, Any] | None] = []
    for record in rows:
        was.append(earlier.pop(tuple(str(record[name]) for name in names), None))
    empty = {figure: _nothing(now, figure, known=known) for figure in now.figures}
    for key, record in earlier.items():
        rows.append(dict.fromkeys(now.texts, "") | dict(zip(names, key, strict=True)) | empty
                    | ({_CURRENCY: record[_CURRENCY]} if _CURRENCY in record else {}))
        was.append(record)
    values = tuple(dict(empty) if record is None else _figures(now, row, record)
                   for row, record in zip(rows, was, strict=True))
    present = len(now.rows)
    only = tuple("before" if place >= present else "now" if record is None else "" for place, record in enumerate(was))
    table = pd.DataFrame(rows, columns=list(now.rows.columns)).astype(
        {figure: "int64" if now.metric(figure).unit in WHOLE and known and now.rows[figure].dtype == "int64"
         else "float64" for figure in now.figures}
    )  # fmt: skip
    money = {_CURRENCY: _currency(now)}
    total = _figures(now, money, {_CURRENCY: _currency(before)} | {
        metric.id: before.plain(metric.id, before.total.get(metric.id)) for metric in now.metrics
    })  # fmt: skip
    return replace(now, rows=table, comparison=Comparison(before.period, values, only, total))


def change_of(report: Report, figure: str, now: Any, before: Any) -> Change:
    """Return how one figure changed."""
    numbers = [None if value is None or value != value else float(value) for value in (now, before)]
    return Change(numbers[0], numbers[1], report.metric(figure).better)


def told(report: Report, figure: str, change: Change, language: str = "en") -> str:
    """Return a change as people read it, with its sign: +12%, -3.5 pp, ±0; "" where nothing can be said."""
    if report.metric(figure).unit == "share":
        if change.difference is None:
            return ""
        return f"{_signed(change.difference * _POINTS, 1, language)} {words.POINTS.in_language(language)}"
    if change.share is None:
        return "" if not change.difference else _signed(change.difference, 1, language)
    return f"{_signed(change.share * _POINTS, 0, language)}{per_cent(language)}"


def columns(figures: Sequence[str]) -> list[str]:
    """Return what the columns of a comparison are called in a file: three for each figure."""
    return [f"{figure}{ending}" for figure in figures for ending in ("_before", "_difference", "_change")]


def cells(report: Report, values: Mapping[str, Any], before: Mapping[str, Any], figures: Sequence[str]) -> list[Any]:
    """Return the values of those columns: before, difference, change as a share of before."""
    found: list[Any] = []
    for figure in figures:
        change = change_of(report, figure, values[figure], before.get(figure))
        difference = change.difference
        whole = report.metric(figure).unit in WHOLE
        found += [before.get(figure),
                  None if difference is None else int(difference) if whole else round(difference, 4),
                  None if change.share is None else round(change.share, 4)]  # fmt: skip
    return found


def _figures(report: Report, row: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of before; amounts in another currency are none to compare with."""
    other = bool(row.get(_CURRENCY) and before.get(_CURRENCY) and row[_CURRENCY] != before[_CURRENCY])
    return {metric.id: None if other and metric.unit == "money" else before.get(metric.id)
            for metric in report.metrics if metric.id in before or metric.id in report.figures}


def _currency(report: Report) -> str:
    """Return the currencies of a report's amounts."""
    return " ".join(sorted({str(name) for name in report.rows.get(_CURRENCY, ()) if name}))


def _nothing(report: Report, figure: str, *, known: bool) -> int | None:
    metric = report.metric(figure)
    return 0 if known and metric.unit in WHOLE else None


def _shifted(record: Mapping[str, Any], names: Sequence[str], periods: tuple[Period, Period]) -> tuple[str, ...]:
    """Return the key of a row of before as it would stand now."""
    before, now = periods
    key = []
    for name in names:
        text = str(record[name])
        if name == "day" and text[:1].isdigit():
            text = (date.fromisoformat(text) + (now.start - before.start)).isoformat()
        elif name == "month" and text[:1].isdigit():
            text = _first(int(text[:4]) * 12 + int(text[5:7]) - 1 + _month(now.start) - _month(before.start)
                          ).isoformat()[:7]  # fmt: skip
        key.append(text)
    return tuple(key)


def _signed(value: float, places: int, language: str) -> str:
    size = round(abs(float(value)), places)
    text = number(size, 0 if size.is_integer() else places, language)
    return f"{'+' if value > 0 else '−'}{text}" if size else "±0"


def _ends_month(day: date) -> bool:
    return day.day == monthrange(day.year, day.month)[1]


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _last_year(day: date, *, end: bool) -> date:
    length = monthrange(day.year - 1, day.month)[1]
    return date(day.year - 1, day.month, length if end else min(day.day, length))
