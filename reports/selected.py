"""The very calls behind a figure: selected by the condition of its definition, in one row of a breakdown, in the
database. A list of any length is counted and read page by page there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reports import parts
from reports.costs import days_of
from reports.parts import NONE, Binder, Part
from reports.period import Period

if TYPE_CHECKING:
    from store import Row, Tx

Place = tuple[int, str, str]
"""The last call of a page: when it started (ms), its id, its exchange."""
_LABEL = """(
    SELECT number_assignment.label FROM number_assignment
    WHERE number_assignment.did = call.did AND number_assignment.valid_from <= call.local_day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= call.local_day)
    ORDER BY number_assignment.valid_from DESC, number_assignment.id DESC LIMIT 1)"""
DAY: Part = parts.text("call.local_day")
PARTS: Mapping[str, Part] = {
    "source": parts.text("campaign.source", none=NONE), "medium": parts.text("campaign.medium", none=NONE),
    "campaign": parts.text("campaign.name", none=NONE), "number": parts.text("call.did", none=NONE, blank=True),
    "label": parts.text(_LABEL), "keyword": parts.text("visit.term", none=NONE, blank=True),
    "page": parts.text("visit.page", none=NONE, blank=True), "queue": parts.text("call.queue"),
    "agent": parts.text("CASE WHEN call.direction = 'outbound' THEN call.extension ELSE call.answered_by END"),
    "day": DAY, "month": parts.month, "weekday": parts.weekday, "hour": parts.hour,
}  # fmt: skip
"""What most reports are counted by."""
WITHIN = """call.local_day >= :from_day AND call.local_day <= :to_day
  AND call.started_ms >= :from_ms AND call.started_ms < :to_ms"""
"""Calls that began in the period."""
FROM = """FROM call
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
LEFT JOIN visit ON visit.id = attribution.visit"""
_BEFORE = """call.started_ms <= :before_ms
  AND (call.started_ms, call.id, call.pbx) < (:before_ms, :before_id, :before_pbx)"""


@dataclass(frozen=True, slots=True)
class Selected:
    """Calls that some conditions select, as SQL over `call`, `attribution`, `campaign` and `visit`."""

    conditions: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    source: str = FROM

    @property
    def body(self) -> str:
        """Return what follows the columns of a SELECT."""
        return f"{self.source}\nWHERE {' AND '.join(f'({condition})' for condition in self.conditions)}"

    def also(self, condition: str, **params: Any) -> "Selected":
        """Return those of these calls of which something else is true, too."""
        return replace(self, conditions=(*self.conditions, condition), params={**self.params, **params})

    def of(self, number: str) -> "Selected":
        """Return the calls of one number (E.164) that showed it."""
        return self.also("call.withheld = 0 AND call.party = :of_party", of_party=number)

    def page(self, tx: "Tx", place: Place | None, limit: int) -> "list[Row]":
        """Return the calls before a place, the newest first: rows with pbx, id, started_ms."""
        older = self if place is None else self.also(
            _BEFORE, before_ms=place[0], before_id=place[1], before_pbx=place[2]
        )
        return tx.select(f"SELECT call.pbx, call.id, call.started_ms {older.body}\n"
                         "ORDER BY call.started_ms DESC, call.id DESC, call.pbx DESC LIMIT :rows",
                         **older.params, rows=limit)  # fmt: skip

    def count(self, tx: "Tx", most: int) -> int:
        """Return how many there are; it is not counted further than `most`."""
        [row] = tx.select(f"SELECT COUNT(*) AS n FROM (SELECT 1 AS one {self.body} LIMIT :rows) AS these",  # noqa: S608
                          **self.params, rows=most)  # fmt: skip
        return int(row["n"])

    def all(self, tx: "Tx") -> "list[Row]":
        """Return every call, oldest first: pbx, id, started_ms."""
        return tx.select(f"SELECT call.pbx, call.id, call.started_ms {self.body}\n"
                         "ORDER BY call.started_ms, call.pbx, call.id", **self.params)  # fmt: skip


def selected(
    period: Period, condition: str, row: Mapping[str, str], known: Mapping[str, Part] = PARTS, within: str = WITHIN
) -> Selected:
    """Return the calls of a period that a condition over `call` selects, in a row of a breakdown ({} for the total).

    `row` has the texts as the report has them: source, medium, campaign, number, label, keyword, page, day, month,
    weekday ("1" is Monday), hour ("00" to "23"), queue and agent; a text that is not `known` is passed over.
    """
    bind = Binder()
    narrowed = parts.all_of(row, known, period, bind)
    return Selected((condition, within, *narrowed), {**days_of(period), **bind.params})
