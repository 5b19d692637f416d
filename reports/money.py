"""What calls brought and cost, for the rows of a report: targets, bookings, visits, worth, cost and their ratios.

Amounts are counted in the smallest unit of each currency and told in whole ones. Where several currencies meet nothing
is told: the amounts do not add up.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reports.costs import Money
from reports.metrics import Metric, Threshold
from store import targets
from store.money import major

if TYPE_CHECKING:
    from store import Row, Tx


@dataclass(slots=True)
class Brought:
    """What the calls of one row brought. `cost` is None where it is not known."""

    counts: Counter[str] = field(default_factory=Counter)
    revenue: Counter[str] = field(default_factory=Counter)
    cost: Money | None = None

    def add(self, part: "Row") -> None:
        """Count a row of `sum_targets` or `sum_bookings`."""
        for name, figure in (("targets", "targets"), ("uniques", "unique_targets"), ("booked", "booked"),
                             ("visits", "visits")):  # fmt: skip
            self.counts[figure] += part.get(name) or 0
        if part.get("currency"):
            self.revenue[part["currency"]] += part["revenue_minor"]

    @property
    def currency(self) -> str:
        """Return the only currency of these amounts, "" where there is none or several."""
        known = {*self.revenue, *(self.cost or {})}
        return known.pop() if len(known) == 1 else ""

    def figures(self, calls: int) -> dict[str, Any]:
        """Return the figures of `reports.money_metrics`; None for what cannot be said."""
        currency = self.currency
        revenue = major(self.revenue[currency], currency) if currency and currency in self.revenue else None
        cost = major(self.cost[currency], currency) if currency and self.cost and currency in self.cost else None
        counts = {name: self.counts[name] for name in ("targets", "unique_targets", "booked", "visits")}
        return counts | {
            "revenue": revenue, "cost": cost, "cost_per_call": divided(cost, calls),
            "cost_per_target": divided(cost, counts["targets"]), "cost_per_booking": divided(cost, counts["booked"]),
            "roas": divided(revenue, cost),
        }  # fmt: skip


def divided(above: float | None, below: float | None) -> float | None:
    """Return one by the other, None where that cannot be said."""
    return None if above is None or not below else above / below


def owners(tx: "Tx", days: Mapping[str, Any]) -> dict[int, str]:
    """Return the campaigns that had one number in all these days, with it."""
    return {row["campaign"]: row["did"] for row in tx.all("numbers_of_campaigns", **days) if row["numbers"] == 1}


def as_ruled(tx: "Tx", metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    """Return the definitions with the limits by which the sums of targets are made."""
    rule = targets.stored_rule(tx)
    limits = {"talk": rule.target_s, "window": rule.unique_days}
    return tuple(
        replace(metric, thresholds=tuple(Threshold(one.name, limits[one.name], one.unit) for one in metric.thresholds))
        if metric.id in ("targets", "unique_targets") else metric for metric in metrics
    )
