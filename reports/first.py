"""A marketer's first page: what the phone brought, what it cost, what was lost, each beside the same days before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import sources
from reports.compare import Change
from reports.metrics import Metric
from reports.missed import METRICS as OF_MISSED
from reports.period import Period
from reports.today import BY_NAME, lost

if TYPE_CHECKING:
    from store import Tx

_NAMED: Mapping[str, Metric] = {metric.id: metric for metric in (*OF_MISSED, *sources.METRICS)} | dict(BY_NAME)
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "brought": ("calls", "first_time_callers", "booked", "visits", "revenue"),
    "cost": ("cost", "cost_per_call", "cost_per_booking", "roas"),
    "lost": ("missed", "missed_rate", "final_lost", "lost_cost"),
}
"""What is asked, and the figures that answer it, the one that is read first at the top."""


@dataclass(frozen=True, slots=True)
class Told:
    """One figure, now and in the days before. Money is in whole units of `currency`."""

    metric: Metric
    change: Change
    currency: str = ""


def told(tx: "Tx", periods: tuple[Period, Period], *, reached_s: int = 5) -> dict[str, list[Told]]:
    """Return the answers of two periods by question: the one that is shown, and the one before it."""
    (now, currency), (before, other) = (_figures(tx, period, reached_s) for period in periods)
    comparable = {name: value for name, value in before.items()
                  if _NAMED[name].unit != "money" or other in ("", currency)}  # fmt: skip
    return {
        question: [Told(_NAMED[name], Change(now[name], comparable.get(name), _NAMED[name].better),
                        currency if _NAMED[name].unit == "money" else "") for name in names]
        for question, names in QUESTIONS.items()
    }  # fmt: skip


def _figures(tx: "Tx", period: Period, reached_s: int) -> tuple[dict[str, Any], str]:
    """Return the figures of a period, and their only currency ("" for none or several)."""
    made, gone = sources.report(tx, period), lost(tx, period, reached_s=reached_s)
    known = {str(name) for name in made.rows["currency"]} - {""}
    currency = known.pop() if len(known) == 1 else ""
    wasted = _only(gone.cost, currency)
    total = {name: made.plain(name, value) for name, value in made.total.items()}
    figures = {name: total.get(name) for names in QUESTIONS.values() for name in names} | {
        "missed_rate": total["missed"] / total["calls"] if total["calls"] else None,
        "final_lost": len(gone.calls), "lost_cost": wasted if gone.costs_known else None,
    }
    return figures, currency


def _only(money: Mapping[str, int], currency: str) -> float | None:
    from store.money import major

    if not money:
        return 0.0
    return float(major(money[currency], currency)) if set(money) == {currency} else None
