"""The very calls behind a figure: selected by the condition of its definition, in one row of a breakdown, in the
database. A list of any length is counted and read page by page there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reports import parts
from reports.costs import days_of
from reports.metrics import BY_ID
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
_JOINS = """
LEFT JOIN attribution ON attribution.pbx = call.pbx AND attribution.call = call.id
LEFT JOIN campaign ON campaign.id = attribution.campaign
LEFT JOIN visit ON visit.id = attribution.visit"""
FROM = f"FROM call{_JOINS}"
FEW = 5_000
"""Up to so many calls of a campaign, keyword or page are found by it; more by when they began, the newest first."""
_FEW = (
    ("EXISTS (SELECT 1 FROM booked_call", """SELECT appointment_made_by.pbx, appointment_made_by.call
  FROM appointment_made_by UNION SELECT call_topic.pbx, call_topic.call
  FROM call_topic WHERE call_topic.category = 'booked'"""),
    ("EXISTS (SELECT 1 FROM visit_made",
     "SELECT DISTINCT appointment_made_by.pbx, appointment_made_by.call FROM appointment_made_by"),
    (BY_ID["callbacks_open"].condition, """SELECT DISTINCT callback_call.pbx, callback_call.call
  FROM callback JOIN callback_call ON callback_call.callback = callback.id AND callback_call.role = 'missed'
  WHERE callback.state <> 'closed'"""),
)  # fmt: skip
"""How a definition begins that few calls fulfil, and those that alone may."""
_BY_CAMPAIGN, _BY_VISIT = ("source", "medium", "campaign"), ("keyword", "page")
_JOINED = "call.pbx = these.pbx AND call.id = these.call"
_BEFORE = """call.started_ms <= :before_ms
  AND (call.started_ms, call.id, call.pbx) < (:before_ms, :before_id, :before_pbx)"""


@dataclass(frozen=True, slots=True)
class Selected:
    """Calls that some conditions select, as SQL over `call`, `attribution`, `campaign` and `visit`."""

    conditions: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    these: str = ""
    """By which SELECT of pbx and call they are found, "" for by when they began. It has each call once."""
    perhaps: str = ""
    """The same, where it is worth it only if it has few."""

    @property
    def source(self) -> str:
        """Return the FROM."""
        return f"FROM ({self.these}) AS these CROSS JOIN call{_JOINS}" if self.these else FROM

    @property
    def where(self) -> str:
        """Return all the conditions."""
        joined = (_JOINED,) if self.these else ()
        return " AND ".join(f"({condition})" for condition in (*joined, *self.conditions))

    @property
    def body(self) -> str:
        """Return what follows the columns of a SELECT."""
        return f"{self.source}\nWHERE {self.where}"

    def settled(self, tx: "Tx") -> "Selected":
        """Return the same calls, with how they are found decided."""
        if not self.perhaps:
            return self
        few = f"SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ({self.perhaps}) AS found LIMIT :rows) AS few"  # noqa: S608
        [row] = tx.select(few, **self.params, rows=FEW + 1)
        return replace(self, these=self.perhaps if row["n"] <= FEW else "", perhaps="")

    def by_start(self) -> "Selected":
        """Return the same calls, found by when they began, or by another condition that an index serves."""
        return replace(self, these="", perhaps="")

    def also(self, condition: str, **params: Any) -> "Selected":
        """Return those of these calls of which something else is true, too."""
        return replace(self, conditions=(*self.conditions, condition), params={**self.params, **params})

    def of(self, number: str) -> "Selected":
        """Return the calls of one number (E.164) that showed it."""
        own = self.also("call.withheld = 0 AND call.party = :of_party", of_party=number)
        return own.by_start()

    def page(self, tx: "Tx", place: Place | None, limit: int) -> "list[Row]":
        """Return the calls before a place, the newest first: rows with pbx, id, started_ms."""
        found = self.settled(tx)
        older = found if place is None else found.also(
            _BEFORE, before_ms=place[0], before_id=place[1], before_pbx=place[2]
        )
        return tx.select(f"SELECT call.pbx, call.id, call.started_ms {older.body}\n"
                         "ORDER BY call.started_ms DESC, call.id DESC, call.pbx DESC LIMIT :rows",
                         **older.params, rows=limit)  # fmt: skip

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return int(tx.select(f"SELECT COUNT(*) AS n {self.settled(tx).body}", **self.params)[0]["n"])

    def all(self, tx: "Tx") -> "list[Row]":
        """Return every call, oldest first: pbx, id, started_ms."""
        return tx.select(f"SELECT call.pbx, call.id, call.started_ms {self.settled(tx).body}\n"
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
    few = next((these for beginning, these in _FEW if condition.startswith(beginning)), "")
    perhaps = "" if few else _few(row, known, period, bind)
    return Selected((condition, within, *narrowed), {**days_of(period), **bind.params}, few, perhaps)


def _few(row: Mapping[str, str], known: Mapping[str, Part], period: Period, bind: Binder) -> str:
    """Return the calls of a row's visits or campaigns, as SQL, each once; "" where it is not narrowed to such."""
    for names, source in (
        (_BY_VISIT, "FROM visit JOIN attribution ON attribution.visit = visit.id"),
        (_BY_CAMPAIGN, "FROM campaign JOIN attribution ON attribution.campaign = campaign.id"),
    ):
        told = {name: row[name] for name in names if name in known and row.get(name, NONE) not in ("", NONE)}
        if told:
            asked = " AND ".join(parts.all_of(told, known, period, bind))
            return f"SELECT attribution.pbx, attribution.call {source} WHERE {asked}"
    return ""
