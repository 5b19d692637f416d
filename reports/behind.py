"""The very calls behind figures that the filters of the call log cannot choose, by `report.figure`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reports import (
    funnel,
    hours,
    missed,
    models,
    not_booked,
    offline,
    pool,
    queues,
    selected,
    sources,
    team,
    visits,
)
from reports.metrics import Metric
from reports.offline_metrics import METRICS as OFFLINE_METRICS
from reports.period import Period

if TYPE_CHECKING:
    from store import Row, Tx

Behind = Callable[["Tx", Period, str, Mapping[str, str]], "list[Row]"]
"""Given the figure and the texts of a row ({} for the total): rows with pbx, id, started_ms, oldest first."""
_Opened = tuple[tuple[str, ...], tuple[Metric, ...], tuple[str, ...], Behind]
MOST = 20_000
"""A list of more calls than that is nobody's to read, and slow."""


def _by_condition(metrics: tuple[Metric, ...]) -> Behind:
    """Return what finds the calls of a report whose definitions select them."""
    named = {metric.id: metric for metric in metrics}
    return lambda tx, period, figure, row: selected.calls(tx, period, named[figure], row)


def _counted(metrics: tuple[Metric, ...]) -> tuple[str, ...]:
    return tuple(metric.id for metric in metrics if metric.unit == "calls")


def _all_of(metrics: tuple[Metric, ...], dimensions: tuple[str, ...]) -> _Opened:
    """Return what opens every count of calls of a report by the condition of its definition."""
    return _counted(metrics), metrics, dimensions, _by_condition(metrics)


_FIGURES: Mapping[str, _Opened] = {
    "sources": _all_of(sources.METRICS, (*sources.DIMENSIONS, "label")),
    "missed": _all_of(missed.METRICS, missed.DIMENSIONS),
    "hours": _all_of(hours.METRICS, hours.DIMENSIONS),
    "queues": _all_of(queues.METRICS, queues.DIMENSIONS),
    "team": _all_of(team.METRICS, team.DIMENSIONS),
    "funnel": _all_of(funnel.METRICS, funnel.DIMENSIONS),
    "models": (("booked_counted",), models.METRICS, models.DIMENSIONS, _by_condition(models.METRICS)),
    "not-booked": (_counted(not_booked.METRICS), not_booked.METRICS, not_booked.DIMENSIONS, not_booked.calls),
    "offline": (offline.OPENED, OFFLINE_METRICS, offline.DIMENSIONS, offline.calls),
    "pool": (("calls",), pool.METRICS, pool.DIMENSIONS, lambda tx, period, _, row: pool.calls(tx, period, row)),
    "visits": (("calls",), visits.METRICS, visits.DIMENSIONS, lambda tx, period, _, row: visits.calls(tx, period, row)),
}
NAMES = frozenset(f"{name}.{figure}" for name, (figures, *_) in _FIGURES.items() for figure in figures)
"""Every figure that opens, as `visits.calls`."""


def metric_of(opened: str) -> Metric:
    """Return the definition of one of NAMES."""
    name, figure = opened.split(".")
    return next(metric for metric in _FIGURES[name][1] if metric.id == figure)


def calls_of(tx: "Tx", opened: str, period: Period, row: Mapping[str, str]) -> "list[Row]":
    """Return the calls behind one of NAMES in a row; texts that are no dimension of the report are passed over."""
    name, figure = opened.split(".")
    _, _, known, behind = _FIGURES[name]
    if any("\x00" in text for text in row.values()):  # no row has it, and PostgreSQL refuses it
        return []
    return behind(tx, period, figure, {key: text for key, text in row.items() if key in known})
