"""Sums of callbacks by day, and who was lost: kept in the transaction that changes a callback or a call.

A callback changes for weeks after it opened, by hands and by calls. What the sums count of each is kept beside them
(`callback_counted`), so whoever changes a callback, or a call that plays a part in one, says so afterwards: `settle`
takes away what was counted and adds what is true now. Saying it once too often changes nothing.

    rollup_callback        day it opened x location x campaign   how it ended, when it was tried and spoken with
    rollup_callback_day    day x location x bucket               how soon, as histograms
    rollup_callback_month  month x location x campaign x bucket  the same
    rollup_opened          day x campaign x DID of the call      callbacks by the call that opened them
    lost_call              each missed call after which its caller was not answered again (`settle_lost`)

The views `*_fresh` say what all of these must be; `store.rollups` fills and compares them with the other sums.
"""

from collections.abc import Iterable
from typing import Any

from store import rollups
from store.cells import Cells, total
from store.database import Row, Tx

MEASURES = ("attempt_work", "attempt_clock", "contact_work", "contact_clock")
"""Times from the opening of a callback to its first attempt and to contact, in working time and by the clock."""

_ENDS = {"open": "still_open", "reached": "closed_reached", "returned": "closed_returned", "booked": "closed_booked",
         "manual": "closed_manual", "expired": "closed_expired"}  # fmt: skip
_QUARTER, _HOUR, _DAY = 221, 266, 542
"""The buckets that end at 15 minutes, an hour and a day."""


def cells(fact: Row) -> Cells:
    """Give what one row of `callback_counted` adds to which cells."""
    found: Cells = {}
    if fact["call_day"] and fact["state"] in ("open", "reached", "returned"):
        key = (fact["call_day"], fact["call_campaign"], fact["call_did"])
        is_open = int(fact["state"] == "open")
        found["rollup_opened", key] = {"callbacks_open": is_open, "callbacks_reached": 1 - is_open}
    if not fact["day"] or fact["state"] == "corrected":
        return found
    day, location, campaign = fact["day"], fact["location"], fact["campaign"]
    found["rollup_callback", (day, location, campaign)] = _counts(fact)
    for measure in MEASURES:
        bucket = fact[measure]
        if bucket is not None:
            for cell in (("rollup_callback_day", (day, location, bucket)),
                         ("rollup_callback_month", (day[:7], location, campaign, bucket))):  # fmt: skip
                found.setdefault(cell, dict.fromkeys(MEASURES, 0))[measure] += 1
    return found


def settle(tx: Tx, callbacks: Iterable[int]) -> None:
    """Count callbacks as they are now, after anything that hangs on them may have changed."""
    before: list[Cells] = []
    after: list[Cells] = []
    for callback in callbacks:
        kept = tx.one("callback_counted_get", callback=callback)
        now = tx.one("callback_counted_now", callback=callback)
        if kept == now:
            continue
        before += [cells(kept)] if kept is not None else []
        after += [cells(now)] if now is not None else []
        if now is None:
            tx.run("callback_counted_drop", callback=callback)
        else:
            tx.run("callback_counted_put", **now)
    rollups.apply(tx, total(before), total(after))


def settle_call(tx: Tx, pbx: str, call: str) -> None:
    """Count the callbacks of a call as they are now, after its campaign, or whether it counts, changed."""
    settle(tx, [row["callback"] for row in tx.all("callbacks_with_call", pbx=pbx, call=call)])


def settle_lost(tx: Tx, parties: Iterable[str | None]) -> None:
    """Say anew which missed calls of these numbers nobody spoke about since, after any of their calls changed."""
    for party in sorted({party for party in parties if party is not None}):
        rows = tx.all("lost_calls_of", party=party)
        now = _lost(rows)
        for row in rows:
            key = (row["pbx"], row["id"])
            kept = None if row["until"] is None else (row["day"], row["until"], row["talk_ms"])
            if (lost := now.get(key)) == kept:
                continue
            if lost is None:
                tx.run("lost_call_drop", pbx=row["pbx"], call=row["id"])
            else:
                day, until, talk_ms = lost
                tx.run("lost_call_put", pbx=row["pbx"], call=row["id"], day=day, until=until, talk_ms=talk_ms)


def _counts(fact: Row) -> dict[str, int]:
    tried, spoken = fact["attempt_clock"] is not None, fact["contact_clock"] is not None
    found = {"opened": 1} | {name: int(fact["state"] == state) for state, name in _ENDS.items()}
    found |= {"contact_made": int(spoken), "tried_not_reached": int(tried and not spoken),
              "never_tried": int(not tried and not spoken)}  # fmt: skip
    for stem, what in (("tried", "attempt"), ("spoke", "contact")):
        work, clock = fact[f"{what}_work"], fact[f"{what}_clock"]
        found[f"{stem}_15m"] = int(work is not None and work <= _QUARTER)
        found[f"{stem}_1h"] = int(clock is not None and clock <= _HOUR)
        found[f"{stem}_same_day"] = fact[f"{what}_same_day"]
        found[f"{stem}_24h"] = int(clock is not None and clock <= _DAY)
    return found


def _lost(rows: list[Row]) -> dict[tuple[str, str], tuple[str, str, int]]:
    """Give (day, until, talk_ms) of each lost call of one number; `rows` are in the order of time."""
    talks = [row for row in rows if row["spoke"]]
    answered_ms: Any = max((row["ended_ms"] for row in talks if row["direction"] == "inbound"), default=None)
    ours = [(row["ended_ms"], row["bridged_ms"]) for row in talks if row["direction"] == "outbound"]
    chain = [row for row in rows if row["counts"]]
    found: dict[tuple[str, str], tuple[str, str, int]] = {}
    days = [row["local_day"] for row in chain]
    for row, until in zip(chain, [*days[1:], ""], strict=False):
        is_over = answered_ms is not None and answered_ms >= row["ended_ms"]
        if row["missed"] and not is_over and until != row["local_day"]:
            longest = max((ms for ended_ms, ms in ours if ended_ms >= row["ended_ms"]), default=-1)
            found[row["pbx"], row["id"]] = (row["local_day"], until, longest)
    return found
