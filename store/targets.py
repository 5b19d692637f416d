"""Target calls as sums by day, and which of them are unique: no other one of the same number in the time before.

When a call is a target is kept beside the sums (`target_rule`, `target_not`), so that they say by which rule they were
made. A call that comes, goes or changes touches two links: whether it is unique itself, and whether the next target
call of its number is.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from store.cells import Cells
from store.database import Row, Tx


@dataclass(frozen=True, slots=True)
class TargetRule:
    """So many seconds of talk make a target, unless its topic is of one of these categories; unique within days."""

    target_s: int
    unique_days: int
    not_target: frozenset[str]


def stored_rule(tx: Tx) -> TargetRule:
    """Return the rule by which the sums are made."""
    row = tx.one("target_rule_get")
    assert row is not None, "the schema put it there"
    unwanted = frozenset(one["category"] for one in tx.all("target_not_all"))
    return TargetRule(row["target_ms"] // 1000, row["unique_ms"] // 86_400_000, unwanted)


def set_rule(tx: Tx, target_s: int, unique_days: int, not_target: Collection[str]) -> bool:
    """Store the rule that the settings say, and make the sums anew where it is another; return whether it is."""
    if stored_rule(tx) == TargetRule(target_s, unique_days, frozenset(not_target)):
        return False
    tx.run("target_rule_put", target_ms=target_s * 1000, unique_ms=unique_days * 86_400_000)
    tx.run("target_not_clear")
    tx.many("target_not_put", [{"category": category} for category in sorted(set(not_target))])
    tx.run("rollup_target_clear")
    tx.run("rollup_target_fill")
    return True


def target_cells(tx: Tx, call: Mapping[str, Any], without: str = "") -> Cells:
    """Give what a stored call adds to the sums of targets; `call` is a row of `rollup_call`.

    What it takes away is negative: the next target call may be unique no longer. `without` is another call that is
    about to go.
    """
    if not call["target"]:
        return {}
    if call["party"] is None:
        return {_cell(call): {"targets": 1, "uniques": 1}}
    place = {name: call[name] for name in ("party", "started_ms", "pbx", "id")} | {"without": without}
    before, after = tx.one("target_before", **place), tx.one("target_after", **place)
    window = call["unique_ms"]
    found: Cells = {_cell(call): {"targets": 1, "uniques": _is_unique(call, before, window)}}
    if after is not None:
        change = _is_unique(after, call, window) - _is_unique(after, before, window)
        if change:
            next_cell = found.setdefault(_cell(after), {"targets": 0, "uniques": 0})
            next_cell["uniques"] += change
    return found


def _is_unique(call: Mapping[str, Any], before: Mapping[str, Any] | None, window_ms: int) -> int:
    return int(before is None or call["started_ms"] - before["started_ms"] >= window_ms)


def _cell(row: Row | Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    return "rollup_target", (row["local_day"], row["campaign"] or 0, row["did"] or "", row["keyword"], row["page"])
