"""Calls by source: which campaign, medium, source or number made the phone ring, and what became of those calls.

All figures are SQL aggregates (`report_sources`); only the small result reaches pandas. The total is asked for on its
own, by the same definitions: distinct callers, rates and medians of the rows do not add up to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import ReportsError
from reports.metrics import BY_ID, SHORT_MS, Metric
from reports.period import Period

if TYPE_CHECKING:
    import pandas as pd

    from store import Tx

DIMENSIONS = ("source", "medium", "campaign", "number")
DEFAULT_BY = ("source", "medium", "campaign")
NONE = "(none)"
"""What stands in a dimension of calls that no campaign or number is known of."""

COUNTS = (
    "calls", "answered", "missed", "left_menu", "unknown", "offered", "short",
    "unique_callers", "first_time_callers", "withheld", "callbacks_open", "callbacks_reached",
)  # fmt: skip
FIGURES = (
    "calls", "answered", "missed", "left_menu", "unknown", "offered", "short", "answer_rate",
    "unique_callers", "first_time_callers", "withheld", "median_wait_s", "callbacks_open", "callbacks_reached",
)  # fmt: skip
"""The figures, in the order of the columns. Each is the id of its definition in `reports.metrics`."""

METRICS: tuple[Metric, ...] = tuple(BY_ID[figure] for figure in FIGURES)


@dataclass(frozen=True, slots=True)
class Sources:
    """The report: `rows` is what `frame` gives; `total` maps each figure to its own total, None where there is none."""

    period: Period
    by: tuple[str, ...]
    rows: "pd.DataFrame"
    total: Mapping[str, int | float | None]


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Sources:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    return Sources(period, _dimensions(by), frame(tx, period, by=by), total(tx, period))


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return inbound patients' calls that ended, by local day of the clinic within `period`, one row a group.

    Rows come by calls, most first; calls of no campaign are a row of their own, the last ("(none)").

    Columns, first those of `by` (text): source, medium, campaign, number (E.164, followed by label, the number's name
    on the day of the call). Then:
        calls, answered, missed, left_menu, unknown, offered, short, withheld: calls (int);
        answer_rate: 0 to 1 (float, NaN when nothing was offered);
        unique_callers, first_time_callers: different numbers (int), not additive over rows;
        median_wait_s: seconds (float, NaN when nothing was answered);
        callbacks_open, callbacks_reached: callbacks (int), each in the row of the call that opened it.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    import pandas as pd

    dimensions = _dimensions(by)
    columns = [*_text_columns(dimensions), *FIGURES]
    rows = tx.all("report_sources", **_parameters(period, dimensions))
    table = pd.DataFrame([[row[column] for column in columns] for row in rows], columns=columns)
    kinds = {figure: "int64" if figure in COUNTS else "float64" for figure in FIGURES}
    return table.astype(kinds)


def total(tx: "Tx", period: Period) -> dict[str, int | float | None]:
    """Return the figures over all calls of `period`, from the same definitions as the rows."""
    rows = tx.all("report_sources", **_parameters(period, ()))
    if not rows:
        return {figure: 0 if figure in COUNTS else None for figure in FIGURES}
    return {figure: rows[0][figure] for figure in FIGURES}


def _dimensions(by: Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions asked for, in their usual order, each once."""
    strange = [name for name in by if name not in DIMENSIONS]
    if strange or not by:
        named = f'"{strange[0]}" is not something calls can be counted by' if strange else "nothing to count calls by"
        raise ReportsError(f"{named}; choose among {', '.join(DIMENSIONS)}.")
    return tuple(name for name in DIMENSIONS if name in by)


def _text_columns(dimensions: Sequence[str]) -> list[str]:
    return [column for name in dimensions for column in ((name, "label") if name == "number" else (name,))]


def _parameters(period: Period, dimensions: Sequence[str]) -> dict[str, Any]:
    from_ms, to_ms = period.bounds_ms
    flags = {f"by_{name}": int(name in dimensions) for name in DIMENSIONS}
    return {
        "from_day": period.start.isoformat(), "to_day": period.end.isoformat(),
        "from_ms": from_ms, "to_ms": to_ms, "short_ms": SHORT_MS, **flags,
    }  # fmt: skip
