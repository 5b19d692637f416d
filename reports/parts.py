"""What the texts of a report's row ask of a call, as SQL. Pure.

A row of a breakdown says `source=google, hour=07`; a list of the calls behind it is narrowed to these in the database,
so that it can be read page by page however long it is. Texts come from addresses: they are parameters, never SQL.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from reports.period import Period

NONE = "(none)"
NOTHING = "1 = 0"
"""A condition that nothing fulfils."""


class Binder:
    """Gives each value a name of its own, and keeps them for the query."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}

    def __call__(self, value: Any) -> str:
        """Keep a value; return what stands for it in SQL."""
        name = f"p{len(self.params) + 1}"
        self.params[name] = value
        return f":{name}"


Part = Callable[[str, Period, Binder], str]
"""Given a text of a row, the days and the binder: a condition."""


def text(sql: str, *, none: str = "", blank: bool = False) -> Part:
    """Return the part of a text. `none` is what a row has where there is none, with `blank` also where it is empty."""

    def asked(value: str, _: Period, bind: Binder) -> str:
        if none and value == none:
            empty = f" OR {sql} = ''" if blank else ""
            return f"({sql} IS NULL OR {sql} = {bind(none)}{empty})"
        return f"{sql} = {bind(value)}" if value or none else f"COALESCE({sql}, '') = ''"

    return asked


def hour(value: str, _: Period, bind: Binder) -> str:
    """Return the condition of an hour of the day, "00" to "23"."""
    return f"call.local_hour = {bind(int(value))}" if re.fullmatch("[0-9]{2}", value, re.ASCII) else NOTHING


def month(value: str, _: Period, bind: Binder) -> str:
    """Return the condition of a month, as 2026-11."""
    if not re.fullmatch("[0-9]{4}-[0-9]{2}", value, re.ASCII):
        return NOTHING
    return f"(call.local_day >= {bind(f'{value}-01')} AND call.local_day <= {bind(f'{value}-31')})"


def weekday(value: str, period: Period, bind: Binder) -> str:
    """Return the condition of a day of the week, "1" for Monday: the days of the period that are such."""
    found = [bind(day.isoformat()) for day in _days(period) if str(day.isoweekday()) == value]
    return f"call.local_day IN ({', '.join(found)})" if found else NOTHING


def all_of(row: Mapping[str, str], parts: Mapping[str, Part], period: Period, bind: Binder) -> list[str]:
    """Return the conditions of a row's texts; those that are no part of the report are passed over."""
    return [parts[name](value, period, bind) for name, value in row.items() if name in parts]


def _days(period: Period) -> Iterator[date]:
    for n in range(period.days):
        yield period.start + timedelta(days=n)
