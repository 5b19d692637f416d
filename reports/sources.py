"""Calls by source: which campaign, number, keyword or page made the phone ring, what became of it, what it cost.

Read from the sums by day, the histograms of waits and the chains of callers, so that two years take no longer than the
page. The total is counted on its own: distinct callers, rates and medians of the rows do not add up to it. What was
spent on a campaign without calls, and spend that is no campaign's, have rows of their own: costs add up.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports import money, sums
from reports.costs import Money, add, spend
from reports.metrics import BY_ID, Metric
from reports.money import Brought
from reports.money_metrics import MONEY_METRICS
from reports.period import Period
from reports.report import Report, dimensions, table_of
from store.cells import bucket_of

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("source", "medium", "campaign", "number", "keyword", "page")
DEFAULT_BY = ("source", "medium", "campaign")
NONE = "(none)"
"""What stands in a dimension of calls that no campaign, number, keyword or page is known of."""
UNMATCHED = "(unmatched spend)"
"""The source of the row that has the spend which is no campaign's."""

FIGURES = (
    "calls", "answered", "missed", "unique_callers", "first_time_callers", *(metric.id for metric in MONEY_METRICS),
    "answer_rate", "median_wait_s", "left_menu", "unknown", "offered", "short", "withheld", "callbacks_open",
    "callbacks_reached",
)  # fmt: skip
"""The figures, in the order of the columns. Each is the id of its definition."""

METRICS: tuple[Metric, ...] = tuple(({metric.id: metric for metric in MONEY_METRICS} | BY_ID)[name] for name in FIGURES)


NOTES = (
    "Unique callers are not additive: who rang by two campaigns is in both rows, and once in the total.",
    "The total's answer rate and median wait are computed over all calls, not from the rows.",
    "Keyword and page are those of the visit to the web site that the call came from; a callback keeps them.",
    "Costs are told of campaigns: by number, keyword or page a cost that cannot be had exactly is empty, and in the "
    "total.",
)
_ADDED = ("calls", "answered", "missed", "left_menu", "unknown", "offered", "answered_offered", "short", "first_time",
          "withheld")  # fmt: skip


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    named, once = _dimensions(by), sums.Once(tx)
    rows, metrics = frame(once, period, by=by), money.as_ruled(tx, METRICS)
    return Report("sources", period, named, rows, total(once, period), metrics, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return inbound patients' calls that ended, by local day of the clinic within `period`, one row a group.

    Rows come by calls, most first; calls of no campaign are a row of their own, the last ("(none)").

    Columns, first those of `by` (text): source, medium, campaign, number (E.164, followed by label, the number's name
    on the day of the call). Then:
        calls, answered, missed, left_menu, unknown, offered, short, withheld: calls (int);
        answer_rate: 0 to 1 (float, NaN when nothing was offered);
        unique_callers, first_time_callers: different numbers (int), not additive over rows;
        median_wait_s: seconds (float, NaN when nothing was answered);
        callbacks_open, callbacks_reached: callbacks (int), each in the row of the call that opened it;
        targets, unique_targets, booked: calls (int), booked with those of ours to patients;
        visits: appointments (int) made by these calls whose patient came;
        revenue, cost, cost_per_call, cost_per_target, cost_per_booking: whole units of `currency` (float, NaN when
        not known or several currencies meet); roas: revenue / cost (float, NaN as before);
        currency: that of the amounts (text, "" when there is none).

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    sums.fresh(tx)
    named = _dimensions(by)
    texts = _text_columns(named)
    groups = _Groups(tx, period, named)
    waits, callers, opened, brought = groups.waits(), groups.callers(), groups.callbacks(), groups.brought()
    figures = {
        key: _figures(groups.rows.get(key, ()), waits[key], callers.get(key, 0), opened[key])
        for key in {**groups.rows, **brought}
    }
    for key, found in figures.items():
        found |= brought[key].figures(groups.calls(key))
    order = sorted(figures, key=lambda key: (key[0], key[1] == UNMATCHED, -groups.calls(key), key[1:]))
    records = [dict(zip(texts, key[1:], strict=True)) | figures[key] for key in order]
    return table_of(records, texts, METRICS).assign(currency=[brought[key].currency for key in order])


def total(tx: "Tx", period: Period) -> dict[str, int | float | None]:
    """Return the figures over all calls of `period`, from the same definitions as the rows."""
    sums.fresh(tx)
    groups, key = _Groups(tx, period, ()), (False,)
    callers = sums.callers(tx, period, "clinic").get("", 0)
    found = _figures(groups.rows.get(key, ()), groups.waits()[key], callers, groups.callbacks()[key])
    brought = groups.brought()[key]
    brought.cost = add(*spend(tx, period).values()) or None
    return found | brought.figures(groups.calls(key))


class _Groups:
    """The rows of the report: which campaigns and numbers each holds, by (unattributed, then its texts)."""

    def __init__(self, tx: "Tx", period: Period, by: Sequence[str]) -> None:
        self._tx, self._period, self._by = tx, period, by
        self._pages = "keyword" in by or "page" in by
        self._labels = int("number" in by)
        parts = tx.all("sum_sources", **sums.days(period), labels=self._labels, pages=int(self._pages))
        self.rows: dict[_Key, list[Row]] = defaultdict(list)
        for part in parts:
            self.rows[self._key(part)].append(part)
        self._named = Counter(did for did, _ in {(part["did"], part["label"]) for part in parts})

    def calls(self, key: "_Key") -> int:
        """Return how many calls a row counts."""
        return sum(row["calls"] for row in self.rows.get(key, ()))

    def waits(self) -> "defaultdict[_Key, Counter[int]]":
        """Return the histogram of waits of each row."""
        found: defaultdict[_Key, Counter[int]] = defaultdict(Counter)
        if self._pages or self._is_split():
            for row in self._tx.all("report_labelled_waits", **_raw(self._period)):
                found[self._key(row)][bucket_of(row["wait_ms"])] += row["n"]
            return found
        owners: dict[tuple[int, str], _Key] = {
            (part["id"], part["did"] if self._labels else ""): key for key, held in self.rows.items() for part in held
        }
        for row in sums.per_signed_grain(self._tx, "sum_waits", self._period, dids=self._labels):
            if owner := owners.get((row["campaign"], row["did"])):
                found[owner][row["bucket"]] += row["n"]
        return found

    def callers(self) -> dict["_Key", int]:
        """Return the different callers of each row: from the chains where a row is one campaign or one number."""
        scope = "campaign" if "number" not in self._by else "number" if self._by == ("number",) else ""
        scope = "" if self._pages else scope
        which = {"campaign": "id", "number": "did"}.get(scope, "")
        held = {key: {str(part[which]) for part in rows} for key, rows in self.rows.items()} if scope else {}
        if scope and not self._is_split() and all(len(parts) == 1 for parts in held.values()):
            counted = sums.callers(self._tx, self._period, scope)
            return {key: counted.get(parts.pop(), 0) for key, parts in held.items()}
        flags = {f"by_{name}": int(name in self._by) for name in DIMENSIONS}
        found = dict.fromkeys(self.rows, 0)
        for row in self._tx.all("report_callers", **_raw(self._period), **flags):
            texts = tuple(row[column] for column in _text_columns(self._by))
            found[bool(row["unattributed"]), *texts] = row["callers"]
        return found

    def callbacks(self) -> "defaultdict[_Key, Counter[str]]":
        """Return the callbacks that the calls of each row opened: still open, and reached."""
        found: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
        from_pages = ("opened_from_pages", _raw(self._period))
        query, days = from_pages if self._pages else ("sum_opened", sums.days(self._period))
        for row in self._tx.all(query, **days, labels=self._labels):
            found[self._key(row)].update({"open": row["callbacks_open"], "reached": row["callbacks_reached"]})
        return found

    def brought(self) -> "defaultdict[_Key, Brought]":
        """Return what the calls of each row brought and cost; rows that had no call, but a cost or a booking, too."""
        found: defaultdict[_Key, Brought] = defaultdict(Brought)
        days = sums.days(self._period)
        for query in ("sum_targets", "sum_bookings"):
            for part in self._tx.all(query, **days, labels=self._labels):
                found[self._key(part)].add(part)
        if not self._by or self._pages:
            return found
        costs = spend(self._tx, self._period)
        placed = self._on_numbers(costs) if "number" in self._by else self._on_campaigns(costs)
        for key, cost in placed.items():
            found[key].cost = cost
        return found

    def _on_campaigns(self, costs: Mapping[int | None, Money]) -> dict["_Key", Money]:
        """Return the cost of each row; that of nobody has one of its own."""
        found: dict[_Key, Money] = {}
        for campaign, cost in costs.items():
            named = self._tx.one("campaign_get", id=campaign) if campaign is not None else None
            if named is None:
                key: _Key = (True, *(UNMATCHED if place == 0 else NONE for place in range(len(self._by))))
            else:
                key = self._key({**named, "did": "", "label": "", "keyword": "", "page": ""})
            found[key] = add(found.get(key, {}), cost)
        return found

    def _on_numbers(self, costs: Mapping[int | None, Money]) -> dict["_Key", Money]:
        """Return the costs that are surely those of one row: of campaigns that had one number and were rung on it.

        A row that also has calls of a campaign whose cost cannot be placed has none that is known.
        """
        only = money.owners(self._tx, sums.days(self._period))
        places: dict[int, set[_Key]] = defaultdict(set)
        dids: dict[int, set[str]] = defaultdict(set)
        for key, parts in self.rows.items():
            for part in parts:
                places[part["id"]].add(key)
                dids[part["id"]].add(part["did"])
        found: dict[_Key, Money] = {}
        unsure: set[_Key] = set()
        for campaign, cost in costs.items():
            keys = places.get(campaign, set()) if campaign is not None else set()
            if len(keys) == 1 and campaign is not None and dids[campaign] == {only.get(campaign)}:
                key = next(iter(keys))
                found[key] = add(found.get(key, {}), cost)
            else:
                unsure |= keys
        return {key: cost for key, cost in found.items() if key not in unsure}

    def _is_split(self) -> bool:
        """Say whether a number had two labels in these days: then a row is less than the number."""
        return "number" in self._by and max(self._named.values(), default=1) > 1

    def _key(self, part: "Row") -> "_Key":
        known = part["source"] is not None
        named = {"source": part["source"] if known else NONE, "medium": part["medium"] if known else NONE,
                 "campaign": part["name"] if known else NONE}  # fmt: skip
        texts: list[str] = []
        for name in self._by:
            if name == "number":
                texts += [part["did"] or NONE, part["label"]]
            else:
                texts.append(named[name] if name in named else part[name] or NONE)
        return (not known and any(name in named for name in self._by), *texts)


_Key = tuple[bool | str, ...]


def _figures(rows: "Sequence[Row]", waits: Mapping[int, int], callers: int, opened: Mapping[str, int]
             ) -> dict[str, int | float | None]:  # fmt: skip
    added = {name: sum(row[name] for row in rows) for name in _ADDED}
    return {name: added[name] for name in _ADDED if name in FIGURES} | {
        "answer_rate": sums.share(added["answered_offered"], added["offered"] - added["short"]),
        "unique_callers": callers, "first_time_callers": added["first_time"],
        "median_wait_s": sums.median_s(waits),
        "callbacks_open": opened["open"], "callbacks_reached": opened["reached"],
    }  # fmt: skip


def _dimensions(by: Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions asked for, in their usual order, each once."""
    return dimensions(by, DIMENSIONS, "calls")


def _text_columns(named: Sequence[str]) -> list[str]:
    return [column for name in named for column in ((name, "label") if name == "number" else (name,))]


def _raw(period: Period) -> dict[str, Any]:
    from_ms, to_ms = period.bounds_ms
    return {**sums.days(period), "from_ms": from_ms, "to_ms": to_ms}
