"""Sums of calls by day, kept while calls are recorded, so that a report of two years reads some thousand rows.

One call counts into a few cells, and `stored` says which. Whoever changes a call takes the cells from before and
after, and `apply` writes the difference: recording a call twice changes nothing, a correction or a merge moves what it
must. `rebuild` makes the tables anew from the calls, in SQL of its own, and `differences` compares the two.

    rollup_source      day x campaign (0 is none) x DID         inbound patients' calls that ended
                       x keyword x page of the visit
    rollup_target      the same                                 target calls: see store/targets.py
    rollup_booking     the same x currency                      calls that booked, visits: see store/booked.py
    rollup_hour        day x hour                               the same
    rollup_queue       day x the queue the call names           the same
    rollup_agent       day x phone                              calls answered by, and patients rung from, a phone
    rollup_wait        day or month x campaign x DID x bucket   answered calls by their wait
    rollup_queue_wait  day or month x queue x ending x bucket   calls by their wait in the end
    rollup_caller      day or month x the day of the same       who rang when: see store/callers.py
                       caller's call before

Callbacks have sums of their own (store/callback_sums.py), which are made anew and compared here with the others.

Days and hours are the clinic's. `talk_ms` sums the time a person was on the line (`call.bridged_ms`), `wait_ms` the
time from when a queue or a phone was first tried until a person answered. In each row of rollup_source:
calls = answered + missed + left_menu + unknown, and missed is the sum of its kinds (missed_abandoned, _short,
_no_answer, _blocked, _voicemail, _menu); missed_closed and missed_first are parts of missed that cut across them.
`topics` are answered calls with a topic, `booked` calls whose latest topic says so. Calls that are marked as tests,
spam or internal count nowhere.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from store.booked import booking_cells
from store.callers import chain
from store.cells import Cells, bucket_of, total
from store.database import Tx
from store.targets import target_cells

__all__ = ["KEYS", "SHORT_MS", "WRAP_UP_MS", "Cells", "apply", "bucket_of", "cells", "differences", "is_stale",
           "rebuild", "recounted", "stored", "total"]

SHORT_MS = 5_000
"""A caller who hangs up within this many milliseconds of being offered made a short abandon."""

WRAP_UP_MS = 180_000
"""Work after a call counts for so long: then the phone is free for the next, whether a topic is saved or not."""

KEYS = {
    "rollup_source": ("day", "campaign", "did", "keyword", "page"),
    "rollup_target": ("day", "campaign", "did", "keyword", "page"),
    "rollup_booking": ("day", "campaign", "did", "keyword", "page", "currency"),
    "rollup_hour": ("day", "hour"),
    "rollup_agent": ("day", "agent"),
    "rollup_queue": ("day", "queue"),
    "rollup_wait": ("grain", "period", "campaign", "did", "bucket"),
    "rollup_queue_wait": ("grain", "period", "queue", "ended", "bucket"),
    "rollup_caller": ("scope", "grain", "period", "since", "part"),
    "rollup_callback": ("day", "location", "campaign"),
    "rollup_callback_day": ("day", "location", "bucket"),
    "rollup_callback_month": ("month", "location", "campaign", "bucket"),
    "rollup_opened": ("day", "campaign", "did"),
}
_FACTS = ("callback_counted", "lost_call")
"""What is kept of each callback and each lost call: made before the sums, some of which are made from it."""
_KINDS = {"abandoned": "abandoned", "voicemail": "voicemail", "busy": "blocked", "failed": "blocked",
          "left_menu": "menu"}  # fmt: skip


def cells(call: Mapping[str, Any], attribution: Mapping[str, Any] | None) -> Cells:
    """Give what one row of `call`, with its row of `attribution` or None, adds to which cells by itself."""
    if call["ended_ms"] is None or call["kind"] != "patient" or call.get("excluded"):
        return {}
    if call["direction"] == "inbound":
        return _inbound(call, (attribution or {}).get("campaign") or 0)
    if call["direction"] == "outbound" and call["extension"]:
        answered = int(call["outcome"] == "answered")
        return _agent(call, call["extension"], outbound=1, outbound_answered=answered,
                      outbound_talk_ms=call["bridged_ms"])  # fmt: skip
    return {}


def stored(tx: Tx, pbx: str, call: str, without: str = "") -> Cells:
    """Give the cells of a call as it is stored now, {} when it is not; `without` is a call that is about to go."""
    row = tx.one("rollup_call", pbx=pbx, call=call)
    return {} if row is None else total(
        (cells(row, row), chain(tx, row, without), target_cells(tx, row, without), booking_cells(tx, row))
    )


def apply(tx: Tx, before: Cells, after: Cells) -> None:
    """Write the difference between what a change took away and what it brought."""
    changes: dict[str, list[dict[str, Any]]] = defaultdict(list)
    emptied: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for cell in {**before, **after}:
        old, new = before.get(cell, {}), after.get(cell, {})
        delta = {measure: new.get(measure, 0) - old.get(measure, 0) for measure in {**old, **new}}
        if any(delta.values()):
            table, key = cell
            names = dict(zip(KEYS[table], key, strict=True))
            changes[table].append(names | delta)
            if min(delta.values()) < 0:
                emptied[table].append(names)
    for table, rows in changes.items():
        tx.many(f"{table}_add", rows)
    for table, rows in emptied.items():
        tx.many(f"{table}_prune", rows)


def recounted(tx: Tx, pbx: str, call: str, before: Cells) -> None:
    """Count a stored call anew, after something that hangs on it changed, such as its campaign."""
    apply(tx, before, stored(tx, pbx, call))


def rebuild(tx: Tx) -> None:
    """Make all tables anew from the calls."""
    for table in (*_FACTS, *KEYS):
        tx.run(f"{table}_clear")
        tx.run(f"{table}_fill")
    tx.run("rollup_dirty_clear")


def is_stale(tx: Tx) -> bool:
    """Say whether the tables have to be made anew before they may be believed: after an upgrade."""
    return tx.value("rollup_dirty_any") is not None


def differences(tx: Tx) -> dict[str, int]:
    """Give for each table the number of cells that are not what the calls say, {} when all agree. Changes nothing."""
    found = {table: int(tx.value(f"{table}_differences")) for table in (*_FACTS, *KEYS)}
    return {table: count for table, count in found.items() if count}


def _inbound(call: Mapping[str, Any], campaign: int) -> Cells:
    day, did = call["local_day"], call["did"] or ""
    shares = _shares(call)
    facts = _facts(call)
    topics = int(shares["answered"] and call.get("category") is not None)
    found: Cells = {
        ("rollup_source", (day, campaign, did, call.get("keyword") or "", call.get("page") or "")): shares | facts | {
            "missed_first": shares["missed"] * call["first_time"],
            "closed": 1 - call["in_hours"],
            "first_time": call["first_time"],
            "withheld": call["withheld"],
            "talk_ms": call["bridged_ms"],
            "hold_ms": call["hold_ms"],
            "topics": topics,
            "booked": int(call.get("category") == "booked"),
        },
        ("rollup_hour", (day, call["local_hour"])): shares,
    }  # fmt: skip
    grains = (("day", day), ("month", day[:7]))
    if facts["waited"]:
        for grain, period in grains:
            found["rollup_wait", (grain, period, campaign, did, bucket_of(facts["wait_ms"]))] = {"n": 1}
    if call["queue"]:
        found |= _queued(call, shares, facts)
    if shares["answered"] and call["answered_by"]:
        found |= _agent(call, call["answered_by"], answered=1, talk_ms=call["bridged_ms"],
                        hold_ms=call["hold_ms"], topics=topics, wrap_ms=_wrap_ms(call))  # fmt: skip
    return found


def _queued(call: Mapping[str, Any], shares: Mapping[str, int], facts: Mapping[str, int]) -> Cells:
    day, queue = call["local_day"], call["queue"]
    gave_up = int(call["outcome"] == "abandoned" and call["offered_ms"] is not None)
    gave_up_ms = call["ended_ms"] - call["offered_ms"] if gave_up else 0
    found: Cells = {
        ("rollup_queue", (day, queue)): {
            "calls": 1, "answered": shares["answered"], "offered": facts["offered"],
            "answered_offered": facts["answered_offered"], "abandoned": int(call["outcome"] == "abandoned"),
            "short": facts["short"], "no_answer": shares["missed_no_answer"], "blocked": shares["missed_blocked"],
            "voicemail": shares["missed_voicemail"], "waited": facts["waited"], "wait_ms": facts["wait_ms"],
            "gave_up": gave_up, "gave_up_ms": gave_up_ms,
        }
    }  # fmt: skip
    ends = [("answered", facts["wait_ms"])] if facts["waited"] else []
    ends += [("abandoned", gave_up_ms)] if gave_up else []
    for ended, ms in ends:
        for grain, period in (("day", day), ("month", day[:7])):
            found["rollup_queue_wait", (grain, period, queue, ended, bucket_of(ms))] = {"n": 1}
    return found


def _agent(call: Mapping[str, Any], agent: str, **measures: int) -> Cells:
    nothing = dict.fromkeys(
        ("answered", "talk_ms", "hold_ms", "outbound", "outbound_answered", "outbound_talk_ms", "topics", "wrap_ms"), 0
    )
    return {("rollup_agent", (call["local_day"], agent)): nothing | measures}


def _wrap_ms(call: Mapping[str, Any]) -> int:
    """Give the work after a call: from hang-up to its first topic; 0 without one."""
    noted_ms = call.get("noted_ms")
    return 0 if noted_ms is None else min(max(noted_ms - call["ended_ms"], 0), WRAP_UP_MS)


def _shares(call: Mapping[str, Any]) -> dict[str, int]:
    """Give which of its four shares, and which kind of missed, an inbound patient's call is."""
    missed, outcome = int(bool(call["missed"])), call["outcome"]
    share = "missed" if missed else outcome if outcome in ("answered", "left_menu") else "unknown"
    kind = "short" if _is_short(call) else _KINDS.get(outcome, "no_answer")
    found = {"calls": 1} | {name: int(share == name) for name in ("answered", "missed", "left_menu", "unknown")}
    for name in ("abandoned", "short", "no_answer", "blocked", "voicemail", "menu"):
        found[f"missed_{name}"] = missed * int(kind == name)
    return found | {"missed_closed": missed * (1 - call["in_hours"])}


def _facts(call: Mapping[str, Any]) -> dict[str, int]:
    offered, answered = call["offered_ms"] is not None, call["outcome"] == "answered"
    waited = offered and answered and call["answered_ms"] is not None
    return {
        "offered": int(offered),
        "answered_offered": int(offered and answered),
        "short": int(_is_short(call)),
        "waited": int(waited),
        "wait_ms": call["answered_ms"] - call["offered_ms"] if waited else 0,
    }


def _is_short(call: Mapping[str, Any]) -> bool:
    return bool(
        call["offered_ms"] is not None and call["outcome"] == "abandoned"
        and call["ended_ms"] - call["offered_ms"] <= SHORT_MS
    )  # fmt: skip
