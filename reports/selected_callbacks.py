"""The very callbacks behind a figure, selected by the condition of its definition, in one row of the report."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reports.callback_metrics import CALLBACKS_BY_ID
from reports.metrics import Metric
from reports.period import Period

if TYPE_CHECKING:
    from store import Row, Tx

NAMES = frozenset(metric.id for metric in CALLBACKS_BY_ID.values() if metric.unit == "callbacks")
"""The figures that count callbacks, and so open."""
_READ = """SELECT callback.id, callback_time.opened_day AS day, callback.location,
  COALESCE(campaign.source, '(none)') AS source, COALESCE(campaign.name, '(none)') AS campaign
FROM callback
JOIN callback_time ON callback_time.callback = callback.id
LEFT JOIN campaign ON campaign.id = callback.campaign
WHERE {condition} AND callback_time.opened_day >= '{from_day}' AND callback_time.opened_day <= '{to_day}'
ORDER BY callback.opened_ms DESC, callback.id DESC"""


def callbacks(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str]) -> "list[Row]":
    """Return the callbacks that a definition selects of those that opened within a period, the newest first.

    `row` narrows them to one row of the report: the texts of day, location, source and campaign; {} is the total.
    Rows have id and those texts.
    """
    # Nothing of it comes from outside: conditions are ours, days are dates.
    days = {"from_day": period.start.isoformat(), "to_day": period.end.isoformat()}
    found: list[Row] = tx.conn.execute(_READ.format(condition=metric.condition, **days)).fetchall()
    return [one for one in found if all(one[name] == text for name, text in row.items() if name in one)]
