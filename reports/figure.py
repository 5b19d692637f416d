"""One figure of a report, in one of its rows or in the total, and how long the list behind it is."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from reports import ReportsError, behind, people
from reports.period import Period
from reports.registry import KINDS, Limits

if TYPE_CHECKING:
    from reports.report import Report
    from store import Tx

COUNTED_DAYS = 92
"""What is behind a figure of a longer period is not counted one by one: a page must not wait for millions."""


class Countable(Protocol):
    """What is behind a figure."""

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure such as `sources.calls` of some days, of the row that has these texts, {} for the total."""

    name: str
    period: Period
    row: Mapping[str, str]


def value_of(tx: "Tx", cell: Cell, limits: Limits) -> Any:
    """Return the figure as the report says it, None where there is no such row.

    Raises ReportsError: the report cannot be counted by what the row names, or its sums are being made anew.
    """
    _, record = report_of(tx, cell, limits)
    return None if record is None else record[cell.name.split(".")[1]]


def report_of(tx: "Tx", cell: Cell, limits: Limits) -> "tuple[Report, Mapping[str, Any] | None]":
    """Return the report of a figure, and the figures of its row, or of the total; None where there is no such row.

    Raises ReportsError: see `value_of`.
    """
    kind = KINDS[cell.name.split(".")[0]]
    by = tuple(dimension for dimension in kind.dimensions if dimension in cell.row)
    made = kind.make(tx, cell.period, by or kind.default_by, limits)
    if not cell.row:
        return made, {figure: made.plain(figure, value) for figure, value in made.total.items()}
    found = (record for record in made.records()
             if all(record.get(text) == value for text, value in cell.row.items()))  # fmt: skip
    return made, next(found, None)


def count_of(tx: "Tx", found: Countable, cell: Cell, limits: Limits) -> int:
    """Return how long the list behind a figure is. Of a long period the report's sums tell it."""
    report, figure = cell.name.split(".")
    unit = next(metric.unit for metric in KINDS[report].metrics if metric.id == figure)
    if cell.period.days > COUNTED_DAYS and not is_read(cell.name) and unit not in ("share", "seconds"):
        with suppress(ReportsError):
            told = value_of(tx, cell, limits)
            if told is not None:
                return int(told)
    return found.count(tx)


def is_read(name: str) -> bool:
    """Say whether what is behind a figure is computed one by one, and so opens up to `reports.listed.MOST` only."""
    return name in behind.READ or name in people.NAMES - people.IN_DATABASE
