"""Advertising off the web: billboards, newspapers, radio, leaflets. What it brought, how sure that is, how it fades.

A campaign is offline by its medium (`tracking.journey.OFFLINE`). Calls are read from the sums by day, so two years cost
no more than the days and campaigns they have; only answers to *How did you hear of us?* are read one by one, by the day
on which they were noted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from reports import ReportsError, intervals, sums
from reports.costs import Money, add, spend
from reports.listed import Listed
from reports.metrics import Metric
from reports.offline_metrics import BASE_DAYS, FADING_DAYS, METRICS
from reports.parts import NOTHING, Binder
from reports.period import Period
from reports.report import Report, dimensions, table_of
from reports.selected import Selected, selected
from store.money import major
from tracking.journey import OFFLINE

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("source", "medium", "campaign", "week")
DEFAULT_BY = ("source", "campaign")
NOTES = (
    "Intervals are Wilson's, of 95 %: the fewer were counted, the further apart their ends.",
    "What callers say is told by medium; several campaigns of one medium share the answers.",
    "Weeks are counted from the beginning of each campaign, the first is 1.",
)
SUMMED = ("calls", "answered", "first_time_callers", "booked")
"""Figures that are read from the sums by day, and may be counted by week."""
_SAME = {
    "outdoor": "billboard", "poster": "billboard", "print": "newspaper", "press": "newspaper", "magazine": "newspaper",
    "leaflet": "flyer", "leaflets": "flyer",
}  # fmt: skip
"""Other words for what callers are offered as an answer."""
_PARTS = ("source", "medium", "campaign")
_OF_CAMPAIGNS = "SELECT attribution.pbx, attribution.call FROM attribution WHERE attribution.campaign IN ({ids})"
_EMPTY: Mapping[str, Any] = {metric.id: None for metric in METRICS if metric.id not in SUMMED}


@dataclass(frozen=True, slots=True)
class Medium:
    """One campaign off the web. `first` is the first day of its first number, "" when it has none."""

    id: int
    source: str
    medium: str
    name: str
    first: str

    @property
    def said(self) -> frozenset[str]:
        """Return the answers that name it."""
        return frozenset(_SAME.get(word, word) for word in (self.source.lower(), self.medium.lower()))

    def texts(self, named: Sequence[str], week: str) -> tuple[str, ...]:
        """Return what stands in the columns of text."""
        parts = {"source": self.source, "medium": self.medium, "campaign": self.name, "week": week}
        return tuple(parts[name] for name in named)

    def week(self, day: str) -> str:
        """Return the week of its life that a day is in; "" before the beginning, or when it is not known."""
        if not self.first or day < self.first:
            return ""
        return f"{(date.fromisoformat(day) - date.fromisoformat(self.first)).days // 7 + 1:02}"


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return a row for each group of campaigns, most calls first, and the total.

    By week only calls and their kinds are counted: the rest is a campaign's whole.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or `week` alone.
    """
    sums.fresh(tx)
    named = dimensions(by, DIMENSIONS, "advertising off the web")
    if named == ("week",):
        raise ReportsError("weeks are those of a campaign's life; count by campaign, source or medium beside them.")
    media = _media(tx)
    facts = _Facts(tx, period, media)
    cells, held = facts.cells(named), facts.groups(named)
    keys = cells if "week" in named else held
    order = sorted(keys, key=lambda key: (key if "week" in named else (-cells[key]["calls"], *key)))
    texts = [dict(zip(named, key, strict=True)) for key in order]
    figures = [{**(_EMPTY if "week" in named else facts.beside(held[key])), **_counts(cells[key])} for key in order]
    records = [{**text, **figure} for text, figure in zip(texts, figures, strict=True)]
    whole: Counter[str] = Counter()
    for cell in cells.values():
        whole.update(cell)
    total = _counts(whole) | facts.beside(media)
    return Report("offline", period, named, table_of(records, named, METRICS), total, METRICS, NOTES,
                  money=facts.currency(media))


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return one row a group of campaigns off the web that cost or brought something, or ran, in the period.

    Columns, first those of `by` (text): source, medium, campaign, week ("01" is the campaign's first). Then:
        calls, answered, first_time_callers, booked: calls (int); booked_share, booked_low, booked_high: 0 to 1;
        before_per_day, after_per_day, untracked_before, untracked_after: calls a day (float);
        times, times_low, times_high: after / before (float); half_life_days: days (float);
        heard, heard_elsewhere: answers (int); heard_share, heard_low, heard_high: 0 to 1;
        cost, cost_per_call: in whole units of the currency (float).
    What cannot be said is NaN. None of the dimensions is a property of patients.
    """
    return report(tx, period, by=by).rows


def behind(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str]) -> Selected | Listed:
    """Return the very calls behind a figure (of SUMMED, `heard` or `heard_elsewhere`) of a row, {} for the total."""
    media = [one for one in _media(tx) if all(
        row[name] == text for name, text in zip(_PARTS, (one.source, one.medium, one.name), strict=True) if name in row
    )]  # fmt: skip
    if metric.id in ("heard", "heard_elsewhere"):
        said, own = frozenset[str]().union(*(one.said for one in media)), {one.id for one in media}
        return Listed([call for call in tx.all("media_heard_calls", **sums.days(period), from_ms=period.bounds_ms[0])
                       if _SAME.get(call["answer"], call["answer"]) in said
                       and (metric.id == "heard" or call["campaign"] not in own)])  # fmt: skip
    bind = Binder()
    theirs = [condition for one in media if (condition := _of_medium(one, row.get("week"), bind))]
    found = selected(period, metric.condition, {}).also(" OR ".join(theirs) if theirs else NOTHING, **bind.params)
    if not media:
        return found
    ids = ", ".join(str(one.id) for one in media)
    return replace(found, perhaps=_OF_CAMPAIGNS.format(ids=ids))


def _of_medium(medium: Medium, week: str | None, bind: Binder) -> str:
    """Return the condition of the calls of a campaign, in a week of its life ("" before it), or always (None)."""
    own = f"attribution.campaign = {bind(medium.id)}"
    if week is None:
        return own
    if not week:
        return f"({own} AND call.local_day < {bind(medium.first)})" if medium.first else own
    if not medium.first or not (week.isascii() and week.isdigit() and len(week) in (2, 3)) or week == "00":
        return ""
    begins = date.fromisoformat(medium.first) + timedelta(days=7 * (int(week) - 1))
    ends = begins + timedelta(days=6)
    return f"({own} AND call.local_day >= {bind(begins.isoformat())} AND call.local_day <= {bind(ends.isoformat())})"


def _media(tx: "Tx") -> list[Medium]:
    return [Medium(row["id"], row["source"], row["medium"], row["name"], row["first_day"] or "")
            for row in tx.all("media_campaigns") if row["medium"].lower() in OFFLINE]  # fmt: skip


class _Facts:
    """What the store says about some campaigns in a period."""

    def __init__(self, tx: "Tx", period: Period, media: Sequence[Medium]) -> None:
        self._tx, self._period, self._media = tx, period, {medium.id: medium for medium in media}
        self._days = [row for row in tx.all("media_days", **sums.days(period)) if row["campaign"] in self._media]
        self._costs = spend(tx, period)
        self._heard = tx.all("media_heard", **sums.days(period), from_ms=period.bounds_ms[0])
        known = tx.one("media_known")
        self._known = (known["first_day"] or "", known["last_day"] or "") if known else ("", "")
        self._numbers: dict[str, list[Row]] = defaultdict(list)
        for row in tx.all("media_numbers"):
            self._numbers[row["did"]].append(row)

    def cells(self, named: Sequence[str]) -> dict[tuple[str, ...], Counter[str]]:
        """Return the sums of calls by group."""
        found: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        for row in self._days:
            medium = self._media[row["campaign"]]
            found[medium.texts(named, medium.week(row["day"]))].update({
                "calls": row["calls"], "answered": row["answered"], "first_time_callers": row["first_time"],
                "booked": row["booked"],
            })  # fmt: skip
        return found

    def groups(self, named: Sequence[str]) -> dict[tuple[str, ...], list[Medium]]:
        """Return the campaigns of each group: those that rang, cost or ran within the period."""
        rang, last = {row["campaign"] for row in self._days}, self._period.end.isoformat()
        found: dict[tuple[str, ...], list[Medium]] = defaultdict(list)
        for medium in self._media.values():
            if medium.id in rang or medium.id in self._costs or (medium.first and medium.first <= last):
                found[medium.texts(named, "")].append(medium)
        return found

    def beside(self, media: Sequence[Medium]) -> dict[str, Any]:
        """Return the figures beside the sums: before and after, fading, answers, costs."""
        alone = media[0] if len(media) == 1 and media[0].first else None
        return (self._before_and_after(alone) if alone else _blank("before_per_day", "untracked_after")) | {
            "half_life_days": self._half_life(alone) if alone else None
        } | self._answers(media) | self._money(media)  # fmt: skip

    def _before_and_after(self, medium: Medium) -> dict[str, Any]:
        before, after = self._windows(date.fromisoformat(medium.first))
        dids = [did for did, rows in self._numbers.items() if any(
            row["campaign"] == medium.id and row["valid_from"] == medium.first for row in rows)]  # fmt: skip
        dids = [did for did in dids if not self._was_anothers(did, medium, before)]
        rang = [(sum(self._tx.value("media_of_number", **_window(window), did=did) for did in dids), _length(window))
                if window and dids else (0, 0) for window in (before, after)]  # fmt: skip
        others = [(self._of_none(window, dids), _length(window)) if window else (0, 0) for window in (before, after)]
        ratio = intervals.times((int(rang[0][0]), rang[0][1]), (int(rang[1][0]), rang[1][1]))
        return {
            "before_per_day": sums.share(*rang[0]), "after_per_day": sums.share(*rang[1]), "times": ratio.value,
            "times_low": ratio.low, "times_high": ratio.high, "untracked_before": sums.share(*others[0]),
            "untracked_after": sums.share(*others[1]),
        }  # fmt: skip

    def _of_none(self, window: "_Days", own: Sequence[str]) -> int:
        """Return the calls of no campaign in some days, without those to some numbers."""
        everywhere, *strays = (int(self._tx.value("media_of_none", **_window(window), did=did)) for did in (None, *own))
        return everywhere - sum(strays)

    def _windows(self, first: date) -> "tuple[_Days | None, _Days | None]":
        """Return the days before and after the beginning of which calls are known."""
        known_from, known_to = self._known
        if not known_from:
            return None, None
        before = max(first - timedelta(days=BASE_DAYS), date.fromisoformat(known_from)), first - timedelta(days=1)
        after = first, min(first + timedelta(days=BASE_DAYS - 1), date.fromisoformat(known_to))
        if first < date.fromisoformat(known_from):
            return None, None  # nobody can say how many rang right after a beginning of which no call is known
        return (before if before[0] <= before[1] else None), (after if after[0] <= after[1] else None)

    def _was_anothers(self, did: str, medium: Medium, before: "_Days | None") -> bool:
        if before is None:
            return False
        first, last = before[0].isoformat(), before[1].isoformat()
        return any(row["campaign"] not in (None, medium.id) and row["valid_from"] <= last
                   and (row["valid_to"] is None or row["valid_to"] >= first) for row in self._numbers[did])  # fmt: skip

    def _half_life(self, medium: Medium) -> float | None:
        first = date.fromisoformat(medium.first)
        if not self._known[1] or medium.first < self._known[0]:
            return None
        last = min(first + timedelta(days=FADING_DAYS - 1), date.fromisoformat(self._known[1]))
        rows = self._tx.all("media_fading", from_day=first.isoformat(), to_day=last.isoformat(), campaign=medium.id)
        calls = {row["day"]: int(row["calls"]) for row in rows}
        days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
        return intervals.half_life([calls.get(day, 0) for day in days])

    def _answers(self, media: Sequence[Medium]) -> dict[str, Any]:
        said = frozenset[str]().union(*(medium.said for medium in media))
        own = {medium.id for medium in media}
        named = [row for row in self._heard if _SAME.get(row["answer"], row["answer"]) in said]
        heard, everybody = sum(row["answers"] for row in named), sum(row["answers"] for row in self._heard)
        share = intervals.wilson(heard, everybody)
        elsewhere = sum(row["answers"] for row in named if row["campaign"] not in own)
        return {
            "heard": heard if everybody else None, "heard_elsewhere": elsewhere if everybody else None,
            "heard_share": share.value, "heard_low": share.low, "heard_high": share.high,
        }  # fmt: skip

    def currency(self, media: Sequence[Medium]) -> str:
        """Return the only currency of what campaigns cost, "" where there is none or several."""
        spent = self._spent(media)
        return next(iter(spent)) if len(spent) == 1 else ""

    def _spent(self, media: Sequence[Medium]) -> Money:
        return add(*(self._costs[medium.id] for medium in media if medium.id in self._costs))

    def _money(self, media: Sequence[Medium]) -> dict[str, Any]:
        spent = self._spent(media)
        cost = next((major(minor, currency) for currency, minor in spent.items()), None) if len(spent) == 1 else None
        own = {medium.id for medium in media}
        calls = sum(row["calls"] for row in self._days if row["campaign"] in own)
        return {"cost": cost, "cost_per_call": None if cost is None else sums.share(cost, calls)}


_Days = tuple[date, date]


def _counts(cell: Mapping[str, int]) -> dict[str, Any]:
    counts = {name: int(cell.get(name, 0)) for name in SUMMED}
    share = intervals.wilson(counts["booked"], counts["calls"])
    return {**counts, "booked_share": share.value, "booked_low": share.low, "booked_high": share.high}


def _window(days: _Days) -> dict[str, str]:
    return {"from_day": days[0].isoformat(), "to_day": days[1].isoformat()}


def _length(days: _Days) -> int:
    return (days[1] - days[0]).days + 1


def _blank(first: str, last: str) -> dict[str, Any]:
    """Return nothing for each figure from one to another."""
    return dict.fromkeys(_between(first, last))


def _between(first: str, last: str) -> Iterator[str]:
    ids = [metric.id for metric in METRICS]
    return iter(ids[ids.index(first): ids.index(last) + 1])
