"""Sums of calls by day, kept while calls are recorded, so that a report of a year reads a few hundred rows.

One call counts into a few cells, and `cells` says which. Whoever changes a call takes the cells from before and after,
and `apply` writes the difference: recording a call twice changes nothing, a correction or a merge moves what it must.
`rebuild` makes the tables anew from the calls.

    rollup_source  day x campaign (0 is none) x DID    inbound patients' calls that ended
    rollup_hour    day x hour                          the same
    rollup_queue   day x the queue the call names      the same
    rollup_agent   day x phone                         calls answered by, and patients rung from, a phone

Days and hours are the clinic's. `talk_ms` sums the time a person was on the line (`call.bridged_ms`).
In each row of rollup_source: calls = answered + missed + left_menu + unknown. A call that left the menu and counts as
missed is in `missed` only.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from store.database import Tx

Cells = dict[tuple[str, tuple[Any, ...]], dict[str, int]]
"""(table, key) to measures; the key's parts are those of KEYS."""

KEYS = {
    "rollup_source": ("day", "campaign", "did"),
    "rollup_hour": ("day", "hour"),
    "rollup_agent": ("day", "agent"),
    "rollup_queue": ("day", "queue"),
}
_PAGE = 2000


def cells(call: Mapping[str, Any], attribution: Mapping[str, Any] | None) -> Cells:
    """Give what one row of `call`, with its row of `attribution` or None, adds to which cells."""
    if call["ended_ms"] is None or call["kind"] != "patient":
        return {}
    if call["direction"] == "inbound":
        return _inbound(call, (attribution or {}).get("campaign") or 0)
    if call["direction"] == "outbound" and call["extension"]:
        key = ("rollup_agent", (call["local_day"], call["extension"]))
        return {key: {"answered": 0, "outbound": 1, "talk_ms": call["bridged_ms"]}}
    return {}


def _inbound(call: Mapping[str, Any], campaign: int) -> Cells:
    day, share = call["local_day"], _share(call)
    answered, missed = int(share == "answered"), int(share == "missed")
    found: Cells = {
        ("rollup_source", (day, campaign, call["did"] or "")): {
            "calls": 1,
            "answered": answered,
            "missed": missed,
            "left_menu": int(share == "left_menu"),
            "unknown": int(share == "unknown"),
            "first_time": call["first_time"],
            "withheld": call["withheld"],
            "wait_ms": call["wait_ms"],
            "talk_ms": call["bridged_ms"],
        },
        ("rollup_hour", (day, call["local_hour"])): {"calls": 1, "answered": answered, "missed": missed},
    }
    if call["queue"]:
        found["rollup_queue", (day, call["queue"])] = {
            "calls": 1,
            "answered": answered,
            "abandoned": int(call["outcome"] == "abandoned"),
            "wait_ms": call["wait_ms"],
        }
    if answered and call["answered_by"]:
        found["rollup_agent", (day, call["answered_by"])] = {
            "answered": 1,
            "outbound": 0,
            "talk_ms": call["bridged_ms"],
        }
    return found


def _share(call: Mapping[str, Any]) -> str:
    """Give the one of four shares that an inbound patient's call belongs to."""
    if call["missed"]:
        return "missed"
    return call["outcome"] if call["outcome"] in ("answered", "left_menu") else "unknown"


def stored(tx: Tx, pbx: str, call: str) -> Cells:
    """Give the cells of a call as it is stored now, {} when it is not."""
    row = tx.one("rollup_call", pbx=pbx, call=call)
    return {} if row is None else cells(row, row)


def total(many: Iterable[Cells]) -> Cells:
    """Add up the cells of several calls."""
    summed: Cells = {}
    for some in many:
        for cell, measures in some.items():
            into = summed.setdefault(cell, dict.fromkeys(measures, 0))
            for measure, value in measures.items():
                into[measure] += value
    return summed


def apply(tx: Tx, before: Cells, after: Cells) -> None:
    """Write the difference between what a change took away and what it brought."""
    for cell in {**before, **after}:
        old, new = before.get(cell, {}), after.get(cell, {})
        delta = {measure: new.get(measure, 0) - old.get(measure, 0) for measure in {**old, **new}}
        if any(delta.values()):
            table, key = cell
            names = dict(zip(KEYS[table], key, strict=True))
            tx.run(f"{table}_add", **names, **delta)
            if old and not new:
                tx.run(f"{table}_prune", **names)


def rebuild(tx: Tx) -> None:
    """Make all four tables anew from the calls."""
    for table in KEYS:
        tx.run(f"{table}_clear")
    pbx = call = ""
    while rows := tx.all("rollup_calls", after_pbx=pbx, after_id=call, limit=_PAGE):
        apply(tx, {}, total(cells(row, row) for row in rows))
        pbx, call = rows[-1]["pbx"], rows[-1]["id"]
