"""The very callbacks behind a figure, selected by the condition of its definition, in one row of the report, in the
database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import parts
from reports.callback_metrics import CALLBACKS_BY_ID
from reports.metrics import Metric
from reports.parts import NONE, Binder
from reports.period import Period

if TYPE_CHECKING:
    from store import Row, Tx

NAMES = frozenset(metric.id for metric in CALLBACKS_BY_ID.values() if metric.unit == "callbacks")
"""The figures that count callbacks, and so open."""
COMPUTED = frozenset(metric.id for metric in CALLBACKS_BY_ID.values() if metric.unit in ("share", "seconds"))
"""Shares and times of callbacks, which open to those above the line, or to those that they are taken over."""
_BODY = """FROM callback
JOIN callback_time ON callback_time.callback = callback.id
LEFT JOIN campaign ON campaign.id = callback.campaign
WHERE {conditions} AND callback_time.opened_day >= :from_day AND callback_time.opened_day <= :to_day"""
_PARTS = {
    "day": parts.text("callback_time.opened_day"), "location": parts.text("callback.location"),
    "source": parts.text("campaign.source", none=NONE), "campaign": parts.text("campaign.name", none=NONE),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Callbacks:
    """Callbacks that are selected, as SQL."""

    body: str
    params: Mapping[str, Any]

    def page(self, tx: "Tx", skip: int, limit: int) -> "list[Row]":
        """Return some of them, the newest first: rows with id."""
        return tx.select(f"SELECT callback.id {self.body}\n"
                         "ORDER BY callback.opened_ms DESC, callback.id DESC LIMIT :rows OFFSET :skipped",
                         **self.params, rows=limit, skipped=skip)  # fmt: skip

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return int(tx.select(f"SELECT COUNT(*) AS n {self.body}", **self.params)[0]["n"])


def callbacks(period: Period, metric: Metric, row: Mapping[str, str]) -> Callbacks:
    """Return the callbacks that a definition selects of those that opened within a period.

    `row` narrows them to one row of the report: the texts of day, location, source and campaign; {} is the total.
    """
    bind = Binder()
    conditions = [metric.condition, *parts.all_of(row, _PARTS, period, bind)]
    days = {"from_day": period.start.isoformat(), "to_day": period.end.isoformat()}
    return Callbacks(_BODY.format(conditions=" AND ".join(f"({one})" for one in conditions)), {**days, **bind.params})
