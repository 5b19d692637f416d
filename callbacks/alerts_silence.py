"""The alert about a tracked number that has fallen silent: a poster was torn down, a trunk forwards no more.

A number has an interval that is usual for it: the working time between its last calls, on the average. Nobody expects
calls at night, so closed hours do not count. When the working time since the last call is so many times the interval,
and half a working day at least, the number is silent; the next call ends that.
"""

from collections.abc import Iterator

from callbacks.alert_episodes import Finding
from callbacks.hours import MINUTE_MS
from callbacks.situation import Context
from patients.phones import masked
from store import Tx

HOUR_MS = 60 * MINUTE_MS
KINDS = ("silent",)
WORDS = {"silent": ("A tracked number has fallen silent", "The tracked number rings again")}
LOOKED_AT = 30
"""The last calls of a number that tell its interval."""
LEAST_CALLS = 8
"""Fewer calls tell no interval."""
LEAST_MS = 4 * HOUR_MS
LOOK_BACK_MS = 90 * 24 * HOUR_MS
EVERY_MINUTES = 10
"""An interval does not change from one half minute to the next."""


def findings(tx: Tx, ctx: Context, times: int, now_ms: int) -> Iterator[Finding]:
    """Look at every number that is assigned today; `times` the usual interval is silence, 0 looks at none."""
    if not times or (now_ms // MINUTE_MS) % EVERY_MINUTES:
        return
    day = ctx.hours_at("").local_day(now_ms).isoformat()
    for number in tx.all("alert_assigned", day=day):
        hours = ctx.hours_at(number["location"])
        first_ms = hours.start_of_day(hours.local_day(now_ms).fromisoformat(number["valid_from"]))
        since = max(first_ms, now_ms - LOOK_BACK_MS)
        rang = [row["started_ms"] for row in
                tx.all("alert_rang", did=number["did"], since=since, until=now_ms, limit=LOOKED_AT)]
        if len(rang) < LEAST_CALLS:
            continue
        usual_ms = hours.working_between(rang[-1], rang[0]) // (len(rang) - 1)
        quiet_ms = hours.working_between(rang[0], now_ms)
        silent = quiet_ms > max(LEAST_MS, times * usual_ms)
        label = f" ({number['label']})" if number["label"] else ""
        detail = (
            f"Nobody has rung {masked(number['did'])}{label} for {_hours(quiet_ms)} of working time; usual is a call "
            f"every {_hours(usual_ms)}. Ring it: `callward numbers test NUMBER`."
        )
        yield Finding("silent", number["did"], silent, detail)


def _hours(ms: int) -> str:
    if ms < HOUR_MS:
        return f"{max(1, ms // MINUTE_MS)} min"
    return f"{ms // HOUR_MS} h"
