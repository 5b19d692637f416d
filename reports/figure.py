"""One figure of a report, in one of its rows or in the total."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reports.period import Period
from reports.registry import KINDS, Limits

if TYPE_CHECKING:
    from store import Tx


def value_of(tx: "Tx", name: str, period: Period, row: Mapping[str, str], limits: Limits) -> Any:
    """Return a figure such as `sources.calls` of the row that has these texts, {} for the total.

    None where there is no such row. Raises ReportsError: the report cannot be counted by what `row` names.
    """
    report, figure = name.split(".")
    kind = KINDS[report]
    by = tuple(dimension for dimension in kind.dimensions if dimension in row)
    made = kind.make(tx, period, by or kind.default_by, limits)
    if not row:
        return made.plain(figure, made.total[figure])
    found = (record for record in made.records() if all(record.get(text) == value for text, value in row.items()))
    return next((record[figure] for record in found), None)
