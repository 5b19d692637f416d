"""The very calls behind a figure, selected by the condition of its definition, in one row of a breakdown."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from reports.costs import days_of
from reports.metrics import Metric
from reports.period import Period

if TYPE_CHECKING:
    from store import Row, Tx

_NONE = "(none)"
_READ = """SELECT call.pbx, call.id, call.started_ms, COALESCE(call.did, '') AS number, call.local_day AS day,
  call.local_hour AS hour, COALESCE(call.queue, '') AS queue,
  COALESCE(CASE WHEN call.direction = 'outbound' THEN call.extension ELSE call.answered_by END, '') AS agent,
  COALESCE(campaign.source, '(none)') AS source, COALESCE(campaign.medium, '(none)') AS medium,
  COALESCE(campaign.name, '(none)') AS campaign, COALESCE(visit.term, '') AS keyword, COALESCE(visit.page, '') AS page,
  COALESCE((
    SELECT number_assignment.label FROM number_assignment
    WHERE number_assignment.did = call.did AND number_assignment.valid_from <= call.local_day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= call.local_day)
    ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1), '') AS label
FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
LEFT JOIN visit ON visit.id = attribution.visit
WHERE {condition} AND call.local_day >= '{from_day}' AND call.local_day <= '{to_day}'
  AND call.started_ms >= {from_ms} AND call.started_ms < {to_ms}
ORDER BY call.started_ms, call.pbx, call.id"""


def calls(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str]) -> "list[Row]":
    """Return the calls that a definition over `call` selects in a period, oldest first.

    `row` narrows them to one row of a breakdown: the texts of source, medium, campaign, number, label, keyword, page,
    day, month, weekday ("1" is Monday), hour ("00" to "23"), queue and agent as the report has them; {} is the total.
    Rows have pbx, id, started_ms and those texts.
    """
    # Nothing of it comes from outside: conditions are ours, days are dates, times are numbers.
    found = tx.conn.execute(_READ.format(condition=metric.condition, **days_of(period))).fetchall()
    rows: list[dict[str, Any]] = [dict(one) | _moments(one["day"], one["hour"]) for one in found]
    return [one for one in rows if all(_holds(one, name, text) for name, text in row.items() if name in one)]


def _moments(day: str, hour: int) -> dict[str, str]:
    return {"month": day[:7], "weekday": str(date.fromisoformat(day).isoweekday()), "hour": f"{hour:02}"}


def _holds(call: Mapping[str, Any], name: str, text: str) -> bool:
    own = call[name]
    return bool(own == text or (text == _NONE and own == ""))
