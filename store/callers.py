"""Who rang when, as sums: for any days, how many different numbers rang is a sum over cells, and exact.

Each call of a number is counted by its day and by the day of the same number's call before (`since`, "" for none). Of
all calls within some days, those whose `since` lies before the first of these days are each the first of their number
there: as many as there are different numbers. The chain of calls is kept for the whole clinic, for each campaign and
for each DID.

A call that comes, goes or changes touches two links: its own to the call before, and the next call's to it.
"""

from collections.abc import Mapping
from typing import Any

from store.cells import Cells
from store.database import Row, Tx

SCOPES = ("clinic", "campaign", "number")
"""The chains that are kept. A part is "" for the clinic, a campaign's id (0 for none), a DID ("" for none)."""


def chain(tx: Tx, call: Mapping[str, Any], without: str = "") -> Cells:
    """Give what a stored call adds to the chains of its number; `call` is a row of `rollup_call`.

    What it takes away is negative: the next call's link past it. `without` is another call that is about to go.
    """
    if not _counts(call):
        return {}
    place = {name: call[name] for name in ("party", "started_ms", "pbx", "id")} | {"without": without}
    parts = _parts(call)
    before = _neighbours(tx, "rollup_before", place, parts)
    after = _neighbours(tx, "rollup_after", place, parts)
    found: Cells = {}
    for scope, part in parts.items():
        earlier, later = before[scope], after[scope]
        _link(found, (scope, part), call["local_day"], earlier, 1)
        if later:
            _link(found, (scope, part), later, call["local_day"], 1)
            _link(found, (scope, part), later, earlier, -1)
    return found


def _counts(call: Mapping[str, Any]) -> bool:
    return bool(
        call["party"] and not call["withheld"] and call["ended_ms"] is not None and call["kind"] == "patient"
        and call["direction"] == "inbound" and not call.get("excluded")
    )  # fmt: skip


def _parts(call: Mapping[str, Any]) -> dict[str, str]:
    return {"clinic": "", "campaign": str(call["campaign"] or 0), "number": call["did"] or ""}


def _neighbours(tx: Tx, query: str, place: Row, parts: Mapping[str, str]) -> dict[str, str]:
    """Give for each chain the day of the nearest other call of the number on this side, "" where there is none."""
    nearest = tx.one(query, **place, campaign=None, did=None)
    if nearest is None:
        return dict.fromkeys(parts, "")
    found = {"clinic": nearest["local_day"]}
    same = _parts(nearest)
    for scope, part in parts.items():
        if scope == "clinic":
            continue
        if same[scope] == part:
            found[scope] = nearest["local_day"]
            continue
        asked: Row = {"campaign": None, "did": part} if scope == "number" else {"campaign": int(part), "did": None}
        other = tx.one(query, **place, **asked)
        found[scope] = other["local_day"] if other else ""
    return found


def _link(found: Cells, chained: tuple[str, str], day: str, since: str, sign: int) -> None:
    """Count a link, by its day, and by its month where that can matter: not when both days lie in one month."""
    if since == day:
        return
    scope, part = chained
    for grain, period in (("day", day), ("month", day[:7])):
        if grain == "day" or since[:7] != period:
            measures = found.setdefault(("rollup_caller", (scope, grain, period, since, part)), {"n": 0})
            measures["n"] += sign
