"""What every report is: rows, a total of its own, and the definition of each figure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import ReportsError
from reports.metrics import Metric
from reports.period import Period

if TYPE_CHECKING:
    import pandas as pd

WHOLE = frozenset((
    "calls", "callers", "callbacks", "appointments", "people", "visits", "contacts", "leases", "numbers",
))  # fmt: skip
"""Units that are counted, not measured."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same report of other days, row by row as the report has them: see `reports.compare`.

    `rows` maps each figure of a row to what it was, `total` each figure over everything; None where it is not known.
    `only` says of each row which days alone have it: "now", "before", or "" for both.
    """

    period: Period
    rows: tuple[Mapping[str, Any], ...]
    only: tuple[str, ...]
    total: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """One report of one period.

    `rows` holds a column of text for each of `by` (and what belongs to it), then one for each figure, under the id of
    its definition. `total` maps each figure to its value over everything, None where there is none: it is counted on
    its own, because rates, medians and different callers of the rows do not add up to it.
    """

    name: str
    period: Period
    by: tuple[str, ...]
    rows: "pd.DataFrame"
    total: Mapping[str, Any]
    metrics: tuple[Metric, ...]
    notes: tuple[str, ...] = ()
    comparison: Comparison | None = None
    money: str = ""
    """The currency of its amounts where no column of the rows names one; "" for none or several."""

    @property
    def currency(self) -> str:
        """Return the only currency of its amounts, "" where there is none or several."""
        named = {str(name) for name in self.rows["currency"] if name} if "currency" in self.rows.columns else set()
        return named.pop() if len(named) == 1 else "" if named else self.money

    @property
    def figures(self) -> tuple[str, ...]:
        """Return the ids of the figures that rows have, in the order of the columns."""
        return tuple(metric.id for metric in self.metrics if metric.id in self.rows.columns)

    @property
    def total_only(self) -> tuple[str, ...]:
        """Return the ids of the figures that only the total can have."""
        return tuple(metric.id for metric in self.metrics if metric.id not in self.rows.columns)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the columns that say what a row is about."""
        return tuple(str(column) for column in self.rows.columns if column not in self.figures)

    @property
    def told(self) -> tuple[str, ...]:
        """Return the columns of text that people are shown: one currency stands in the headings."""
        return tuple(name for name in self.texts if name != "currency" or not self.currency or name in self.by)

    def heading(self, figure: str, language: str) -> str:
        """Return what a figure is called, an amount with its currency."""
        metric = self.metric(figure)
        name = metric.names.in_language(language)
        return f"{name}, {self.currency}" if metric.unit == "money" and self.currency else name

    def metric(self, figure: str) -> Metric:
        """Return the definition of a figure."""
        return next(metric for metric in self.metrics if metric.id == figure)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield each row as plain values: text, int, float; None where there is no figure.

        A row of a comparison has two more: `before`, the figures of then, and `only`, which days alone have it.
        """
        for place, record in enumerate(self.rows.to_dict("records")):
            plain = {str(key): self.plain(str(key), value) for key, value in record.items()}
            if self.comparison is not None:
                plain |= {"before": dict(self.comparison.rows[place]), "only": self.comparison.only[place]}
            yield plain

    def plain(self, figure: str, value: Any) -> Any:
        """Return a plain int, float or text: shares to four decimals, other measures to three, NaN as None."""
        if value is None or isinstance(value, str):
            return value
        unit = next((metric.unit for metric in self.metrics if metric.id == figure), None)
        if unit is None:
            return value.item() if hasattr(value, "item") else value
        number = float(value)
        if math.isnan(number):
            return None
        return int(number) if unit in WHOLE else round(number, 4 if unit == "share" else 3)


def dimensions(by: Sequence[str], known: Sequence[str], what: str) -> tuple[str, ...]:
    """Return the dimensions asked for in their usual order, each once. Raises ReportsError: one is not known."""
    strange = [name for name in by if name not in known]
    if strange or not by:
        if strange:
            raise ReportsError('"%(name)s" is not something %(what)s can be counted by; choose among %(known)s.',
                               name=strange[0], what=what, known=", ".join(known))
        raise ReportsError("nothing is named that %(what)s could be counted by; choose among %(known)s.",
                           what=what, known=", ".join(known))
    return tuple(name for name in known if name in by)


def table_of(records: Sequence[Mapping[str, Any]], texts: Sequence[str], metrics: Sequence[Metric]) -> "pd.DataFrame":
    """Return rows as a DataFrame: text columns, then the figures, counts as int64 and measures as float64.

    A count that is not known in some row is float64 with NaN there: not known is not zero.
    """
    import pandas as pd

    columns = [*texts, *(metric.id for metric in metrics)]
    table = pd.DataFrame([[record[column] for column in columns] for record in records], columns=columns)
    return table.astype({
        metric.id: "int64" if metric.unit in WHOLE and not table[metric.id].isna().any() else "float64"
        for metric in metrics
    })  # fmt: skip
