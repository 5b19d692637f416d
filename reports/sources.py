"""Calls by source: which campaign, medium, source or number made the phone ring, and what became of those calls.

Read from the sums by day, the histograms of waits and the chains of callers, so that two years take no longer than the
page. The total is counted on its own: distinct callers, rates and medians of the rows do not add up to it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports import sums
from reports.metrics import BY_ID, Metric
from reports.period import Period
from reports.report import Report, dimensions, table_of
from store.cells import bucket_of

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("source", "medium", "campaign", "number")
DEFAULT_BY = ("source", "medium", "campaign")
NONE = "(none)"
"""What stands in a dimension of calls that no campaign or number is known of."""

FIGURES = (
    "calls", "answered", "missed", "left_menu", "unknown", "offered", "short", "answer_rate",
    "unique_callers", "first_time_callers", "withheld", "median_wait_s", "callbacks_open", "callbacks_reached",
)  # fmt: skip
"""The figures, in the order of the columns. Each is the id of its definition in `reports.metrics`."""

METRICS: tuple[Metric, ...] = tuple(BY_ID[figure] for figure in FIGURES)


NOTES = (
    "Unique callers are not additive: who rang by two campaigns is in both rows, and once in the total.",
    "The total's answer rate and median wait are computed over all calls, not from the rows.",
)
_ADDED = ("calls", "answered", "missed", "left_menu", "unknown", "offered", "answered_offered", "short", "first_time",
          "withheld")  # fmt: skip


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    named = _dimensions(by)
    return Report("sources", period, named, frame(tx, period, by=by), total(tx, period), METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY) -> "pd.DataFrame":
    """Return inbound patients' calls that ended, by local day of the clinic within `period`, one row a group.

    Rows come by calls, most first; calls of no campaign are a row of their own, the last ("(none)").

    Columns, first those of `by` (text): source, medium, campaign, number (E.164, followed by label, the number's name
    on the day of the call). Then:
        calls, answered, missed, left_menu, unknown, offered, short, withheld: calls (int);
        answer_rate: 0 to 1 (float, NaN when nothing was offered);
        unique_callers, first_time_callers: different numbers (int), not additive over rows;
        median_wait_s: seconds (float, NaN when nothing was answered);
        callbacks_open, callbacks_reached: callbacks (int), each in the row of the call that opened it.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    sums.fresh(tx)
    named = _dimensions(by)
    texts = _text_columns(named)
    parts = tx.all("sum_sources", **sums.days(period), labels=int("number" in named))
    groups = _Groups(named, parts)
    waits = groups.waits(tx, period)
    callers = groups.callers(tx, period)
    opened = groups.callbacks(tx, period)
    figures = {key: _figures(rows, waits[key], callers[key], opened[key]) for key, rows in groups.rows.items()}
    order = sorted(figures, key=lambda key: (key[0], -groups.calls(key), key[1:]))
    records = [dict(zip(texts, key[1:], strict=True)) | figures[key] for key in order]
    return table_of(records, texts, METRICS)


def total(tx: "Tx", period: Period) -> dict[str, int | float | None]:
    """Return the figures over all calls of `period`, from the same definitions as the rows."""
    sums.fresh(tx)
    groups = _Groups((), tx.all("sum_sources", **sums.days(period), labels=0))
    key = (False,)
    callers = sums.callers(tx, period, "clinic").get("", 0)
    return _figures(groups.rows.get(key, []), groups.waits(tx, period)[key], callers, groups.callbacks(tx, period)[key])


class _Groups:
    """The rows of the report: which campaigns and numbers each holds, by (unattributed, then its texts)."""

    def __init__(self, by: Sequence[str], parts: "Sequence[Row]") -> None:
        self._by = by
        self.rows: dict[_Key, list[Row]] = defaultdict(list)
        for part in parts:
            self.rows[self._key(part)].append(part)
        self._labels = Counter(did for did, _ in {(part["did"], part["label"]) for part in parts})

    def calls(self, key: "_Key") -> int:
        """Return how many calls a row counts."""
        return sum(row["calls"] for row in self.rows[key])

    def waits(self, tx: "Tx", period: Period) -> "defaultdict[_Key, Counter[int]]":
        """Return the histogram of waits of each row."""
        found: defaultdict[_Key, Counter[int]] = defaultdict(Counter)
        if self._is_split():
            rows = tx.all("report_labelled_waits", **_raw(period))
            for row in rows:
                found[self._key(row)][bucket_of(row["wait_ms"])] += row["n"]
            return found
        owners: dict[tuple[int, str], _Key] = {
            (part["id"], part["did"]): key for key, held in self.rows.items() for part in held
        }
        for row in sums.per_grain(tx, "sum_waits", period):
            if owner := owners.get((row["campaign"], row["did"])):
                found[owner][row["bucket"]] += row["n"]
        return found

    def callers(self, tx: "Tx", period: Period) -> dict["_Key", int]:
        """Return the different callers of each row: from the chains where a row is one campaign or one number."""
        scope = "campaign" if "number" not in self._by else "number" if self._by == ("number",) else ""
        which = {"campaign": "id", "number": "did"}.get(scope, "")
        held = {key: {str(part[which]) for part in rows} for key, rows in self.rows.items()} if scope else {}
        if scope and not self._is_split() and all(len(parts) == 1 for parts in held.values()):
            counted = sums.callers(tx, period, scope)
            return {key: counted.get(parts.pop(), 0) for key, parts in held.items()}
        flags = {f"by_{name}": int(name in self._by) for name in DIMENSIONS}
        found = dict.fromkeys(self.rows, 0)
        for row in tx.all("report_callers", **_raw(period), **flags):
            texts = tuple(row[column] for column in _text_columns(self._by))
            found[bool(row["unattributed"]), *texts] = row["callers"]
        return found

    def callbacks(self, tx: "Tx", period: Period) -> "defaultdict[_Key, Counter[str]]":
        """Return the callbacks that the calls of each row opened: still open, and reached."""
        found: defaultdict[_Key, Counter[str]] = defaultdict(Counter)
        for row in tx.all("report_opened", **_raw(period), labels=int("number" in self._by)):
            found[self._key(row)].update({"open": row["callbacks_open"], "reached": row["callbacks_reached"]})
        return found

    def _is_split(self) -> bool:
        """Say whether a number had two labels in these days: then a row is less than the number."""
        return "number" in self._by and max(self._labels.values(), default=1) > 1

    def _key(self, part: "Row") -> "_Key":
        known = part["source"] is not None
        named = {"source": part["source"] if known else NONE, "medium": part["medium"] if known else NONE,
                 "campaign": part["name"] if known else NONE}  # fmt: skip
        texts: list[str] = []
        for name in self._by:
            texts += [part["did"] or NONE, part["label"]] if name == "number" else [named[name]]
        return (not known and any(name != "number" for name in self._by), *texts)


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
