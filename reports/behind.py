"""The very calls behind figures that the filters of the call log cannot choose, by `report.figure`.

Nearly all are selected in the database, so that a list of any size opens; those of READ are computed call by call, and
open up to `reports.listed.MOST`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from reports import (
    callbacks,
    channels,
    funnel,
    hours,
    missed,
    models,
    not_booked,
    offline,
    parts,
    pool,
    queues,
    sources,
    team,
    visits,
)
from reports.callback_metrics import CALLBACK_METRICS
from reports.listed import Listed
from reports.metrics import Metric
from reports.offline_metrics import METRICS as OFFLINE_METRICS
from reports.parts import NONE, Part
from reports.period import Period
from reports.selected import PARTS, Selected, selected

if TYPE_CHECKING:
    from store import Row, Tx

Calls = Selected | Listed
Behind = Callable[["Tx", Period, Metric, Mapping[str, str]], Calls]
"""Given the figure and the texts of a row, {} for the total."""
_Opened = tuple[tuple[str, ...], tuple[Metric, ...], tuple[str, ...], Behind]
_MODELLED: Mapping[str, Part] = {**PARTS, "campaign": parts.text("campaign.name", none=NONE, blank=True)}
_HEARD = ("heard", "heard_elsewhere")


def _in_database(known: Mapping[str, Part] = PARTS) -> Behind:
    """Return what finds the calls of a report whose definitions select them."""
    return lambda _tx, period, metric, row: selected(period, metric.condition, row, known)


def _by_phone(_tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str]) -> Calls:
    return selected(period, metric.condition, {}) if row.get("channel") == "phone" else Listed(())


def _counted(metrics: tuple[Metric, ...]) -> tuple[str, ...]:
    return tuple(metric.id for metric in metrics if metric.unit in ("calls", "callers"))


def _all_of(metrics: tuple[Metric, ...], dimensions: tuple[str, ...]) -> _Opened:
    """Return what opens every count of calls of a report by the condition of its definition."""
    return _counted(metrics), metrics, dimensions, _in_database()


_FIGURES: Mapping[str, _Opened] = {
    "sources": (
        (*_counted(sources.METRICS), "callbacks_open", "callbacks_reached"), sources.METRICS,
        (*sources.DIMENSIONS, "label"), _in_database(),
    ),
    "missed": _all_of(missed.METRICS, missed.DIMENSIONS),
    "hours": _all_of(hours.METRICS, hours.DIMENSIONS),
    "queues": _all_of(queues.METRICS, queues.DIMENSIONS),
    "team": _all_of(team.METRICS, team.DIMENSIONS),
    "funnel": _all_of(funnel.METRICS, funnel.DIMENSIONS),
    "callbacks": (("withheld_missed",), CALLBACK_METRICS, callbacks.DIMENSIONS, _in_database()),
    "channels": (("contacts", "answered"), channels.METRICS, channels.DIMENSIONS, _by_phone),
    "models": (("booked_counted",), models.METRICS, models.DIMENSIONS, _in_database(_MODELLED)),
    "not-booked": (_counted(not_booked.METRICS), not_booked.METRICS, not_booked.DIMENSIONS, not_booked.behind),
    "offline": ((*offline.SUMMED, *_HEARD), OFFLINE_METRICS, offline.DIMENSIONS, offline.behind),
    "pool": (("calls",), pool.METRICS, pool.DIMENSIONS, pool.behind),
    "visits": (("calls",), visits.METRICS, visits.DIMENSIONS, visits.behind),
}
_OPEN = frozenset(f"{name}.{figure}" for name, (figures, *_) in _FIGURES.items() for figure in figures)


def metric_of(opened: str) -> Metric:
    """Return the definition of one of NAMES, OF_PEOPLE or COMPUTED."""
    name, figure = opened.split(".")
    return next(metric for metric in _FIGURES[name][1] if metric.id == figure)


NAMES = frozenset(name for name in _OPEN if metric_of(name).unit != "callers")
"""Every figure that opens to calls, as `visits.calls`."""
OF_PEOPLE = _OPEN - NAMES
"""Figures that count the callers of calls: these calls are to be had, too, of one caller or of all."""
COMPUTED = frozenset((
    "sources.answer_rate", "sources.median_wait_s", "queues.sl_strict", "queues.sl_answered", "queues.abandon_rate",
    "queues.asa_s", "queues.median_wait_s", "queues.p90_wait_s", "queues.longest_wait_s", "queues.gave_up_after_s",
))  # fmt: skip
"""Shares and times that are computed from the calls which their own conditions select, a share's above its line."""
READ = frozenset(name for name in _OPEN if name.startswith("not-booked.") and name != "not-booked.no_topic") | {
    f"offline.{figure}" for figure in _HEARD
}
"""Those that are computed call by call."""


def are_calls(name: str, row: Mapping[str, Any]) -> bool:
    """Say whether what one of NAMES counts in a row are calls and nothing else: of channels, the telephone's alone."""
    return not name.startswith("channels.") or row.get("channel") == "phone"


def opened(tx: "Tx", name: str, period: Period, row: Mapping[str, str], number: str = "") -> Calls:
    """Return the calls behind one of NAMES, OF_PEOPLE or COMPUTED in a row, all of them or those of one number.

    Texts that are no dimension of the report are passed over.
    """
    report, _ = name.split(".")
    _, _, known, behind = _FIGURES[report]
    if any("\x00" in text for text in row.values()):  # no row has it, and PostgreSQL refuses it
        return Listed(())
    found = behind(tx, period, metric_of(name), {key: text for key, text in row.items() if key in known})
    return found.of(number) if number else found


def calls_of(tx: "Tx", name: str, period: Period, row: Mapping[str, str]) -> "list[Row]":
    """Return every call behind a figure, oldest first."""
    return opened(tx, name, period, row).all(tx)
