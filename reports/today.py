"""What a manager sees first: who was lost for good, who still waits, when too few sat at the desk, what it cost."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reports.callback_metrics import CALLBACKS_BY_ID
from reports.callbacks import final_lost
from reports.costs import Money, add, calls_of_campaigns, days_of, each, spend
from reports.metrics import BY_ID, LEFT_OUT, Metric, Names, Threshold
from reports.period import Period

if TYPE_CHECKING:
    from store import Row, Tx

SHORT_CALLS = 2
SHORT_SHARE = 0.2
COST_DAYS = 30
_COUNTS = ("calls", "answered", "missed", "missed_closed")

_MISSED = "call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = '' AND call.missed = 1"
_ENDED = "call.ended_ms IS NOT NULL"

TODAY_METRICS: tuple[Metric, ...] = (
    Metric(
        "waiting", Names("Wait for a callback", "Czekają na oddzwonienie", "Ждут перезвона", "Esperan una llamada"),
        "callbacks", "Callbacks that are not closed now, whenever they opened.", "callback.state <> 'closed'", (),
        notes=("As things stand now: the period of the page does not matter.",),
    ),
    Metric(
        "late", Names("Late", "Spóźnione", "Просрочены", "Con retraso"),
        "callbacks", "Callbacks that are not closed, whose due time has passed, and that nobody has put off.",
        "callback.state <> 'closed'", ("callbacks that are put off and whose time has not come",),
        notes=("When a callback is due is the setting [callbacks] due_minutes, in the working time of the location.",
               "How late: the time by the clock since the one that was due first."),
    ),
    Metric(
        "missed_closed", Names("Missed when closed", "Nieodebrane po godzinach", "Пропущены в нерабочее время",
                               "Perdidas fuera de horario"),
        "calls", "Missed calls that came outside the hours of the location.",
        f"{_MISSED} AND {_ENDED} AND call.in_hours = 0", LEFT_OUT,
    ),
    Metric(
        "short_hours", Names("Too few at the desk", "Za mało osób w recepcji", "Не хватало людей",
                             "Faltaba gente en recepción"),
        "hours", "Hours of the day in which, over the period, at least 2 calls were missed while the clinic was open, "
        "and these were at least 20 % of the calls that came in that hour while it was open.",
        f"{_MISSED} AND {_ENDED} AND call.in_hours = 1", LEFT_OUT,
        thresholds=(Threshold("missed calls", SHORT_CALLS, "or more"),
                    Threshold("share of the hour", SHORT_SHARE * 100, "% or more")),
        additive=False, notes=("Each hour opens to its missed calls.",),
    ),
    Metric(
        "lost_first", Names("Lost first-time callers of paid campaigns", "Utraceni nowi z płatnych kampanii",
                            "Потерянные новые из платных кампаний", "Nuevos perdidos de campañas de pago"),
        "callers", "Final lost callers who rang for the first time within the period, on a call that belongs to a "
        "campaign whose cost is known.", _MISSED,
        (*LEFT_OUT, "callers without a number of their own: withheld, or not a possible number",
         "campaigns without a known cost, or without a call, in the 30 days that end with the period"),
        additive=False,
    ),
    Metric(
        "lost_cost", Names("What that cost", "Ile to kosztowało", "Во что это обошлось", "Lo que costó"),
        "money", "For each campaign: its cost / its calls, over the 30 days that end with the period, times its lost "
        "first-time callers. Summed over campaigns, for each currency.", _MISSED,
        ("what these callers would have brought: only the advertising that was paid for nothing",),
        denominator="calls of the campaign in those 30 days",
        notes=("A cost of a month is spread evenly over its days.", "Empty when no cost is known."),
    ),
)  # fmt: skip
"""Figures of the first page that no other report has."""

BY_NAME: dict[str, Metric] = {metric.id: metric for metric in TODAY_METRICS} | {
    "final_lost": CALLBACKS_BY_ID["final_lost"], "missed": BY_ID["missed"], "calls": BY_ID["calls"],
}
"""Every definition that the page shows."""


@dataclass(frozen=True, slots=True)
class Hour:
    """Calls of one hour of the day, over the period, while the clinic was open."""

    hour: int
    calls: int
    answered: int
    missed: int

    @property
    def short(self) -> bool:
        """Say whether there were too few people at the desk."""
        return self.missed >= SHORT_CALLS and self.missed >= SHORT_SHARE * self.calls


@dataclass(frozen=True, slots=True)
class Lost:
    """Callers whom nobody spoke with again. Each row is their last call: party, pbx, id, started_ms."""

    calls: "Sequence[Row]"
    paid: "Sequence[Row]"
    """Those who rang for the first time, by a campaign whose cost is known."""
    cost: Money
    costs_known: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Callbacks that are open now. `late_ms` is how long ago the first of the late ones was due."""

    callbacks: int
    late: int
    late_ms: int


@dataclass(frozen=True, slots=True)
class Today:
    """Everything that the page says, of a period; what waits is of now."""

    period: Period
    calls: int
    answered: int
    missed: int
    missed_closed: int
    hours: Sequence[Hour]
    lost: Lost
    waiting: Waiting

    @property
    def short_hours(self) -> list[Hour]:
        """Return the hours in which there were too few people at the desk."""
        return [hour for hour in self.hours if hour.short]


def today(tx: "Tx", period: Period, now_ms: int, *, reached_s: int = 5) -> Today:
    """Return the figures of a period. `reached_s`: how long our talk must be to count as contact."""
    counts = tx.one("today_counts", **days_of(period)) or {}
    calls, answered, missed, closed = (int(counts.get(name, 0)) for name in _COUNTS)
    return Today(period, calls, answered, missed, closed, hours(tx, period), lost(tx, period, reached_s=reached_s),
                 waiting(tx, now_ms))


def hours(tx: "Tx", period: Period) -> list[Hour]:
    """Return the hours of the day in which a call came while the clinic was open, in order."""
    rows = tx.all("today_hours", **days_of(period))
    return [Hour(*(int(row[name]) for name in ("hour", "calls", "answered", "missed"))) for row in rows]


def lost(tx: "Tx", period: Period, *, reached_s: int = 5) -> Lost:
    """Return who was lost for good within a period, and what their advertising cost."""
    gone = final_lost(tx, period, reached_s=reached_s)
    month = Period(period.end - timedelta(days=COST_DAYS - 1), period.end)
    calls = calls_of_campaigns(tx, month)
    known = {campaign: money for campaign, money in spend(tx, month).items() if campaign and calls.get(campaign)}
    paid: list[Row] = []
    times: Counter[int] = Counter()
    for row in gone if known else ():
        first = tx.one("today_first_call", party=row["party"], **days_of(period))
        if first is not None and first["campaign"] in known:
            paid.append(row)
            times[first["campaign"]] += 1
    cost = add(*(each(known[campaign], calls[campaign], count) for campaign, count in times.items()))
    return Lost(gone, paid, cost, bool(known))


def waiting(tx: "Tx", now_ms: int) -> Waiting:
    """Return what is to be rung back now."""
    row: Mapping[str, Any] = tx.one("today_waiting", now_ms=now_ms) or {}
    due = row.get("oldest_due_ms")
    return Waiting(int(row.get("waiting", 0)), int(row.get("late", 0)), now_ms - due if due is not None else 0)


def callbacks(tx: "Tx", now_ms: int, *, late: bool, limit: int, skip: int = 0) -> "list[Row]":
    """Return the very callbacks behind `waiting` or `late`, the one that was due first at the top."""
    return tx.all("today_callbacks", now_ms=now_ms, late=int(late), limit=limit, skip=skip)
