"""Alerts about what tells where callers come from: the pool, the script on the pages, coverage, the public door.

A share of a whole day or week does not change from one half minute to the next, so these are looked at every half hour;
only what the public door switched off by itself is looked at each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from callbacks.alert_episodes import Finding
from callbacks.hours import MINUTE_MS
from callbacks.situation import Context
from store import Tx

HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
EVERY_MINUTES = 30
LEAST_OVERFLOW = 3
LEAST_CALLS = 30
"""A week with fewer calls says nothing about coverage."""
WINDOW_DAYS = 8
USUAL_DAYS = 5
"""A site or page that asked on so many of the last days is expected to go on."""
BUSY_PAGE = 10
"""Requests a day from which on a single page is looked at by itself."""
KINDS = ("pool", "script", "coverage", "door")
WORDS = {
    "pool": ("The pool of numbers is too small", "The pool of numbers is enough again"),
    "script": ("A page lost the number script", "The page asks for numbers again"),
    "coverage": ("Fewer calls have a source", "Calls have their source again"),
    "door": ("The public door has switched something off", "The public door is open again"),
}
_SWITCHES = {
    "requests": ("The form \"call me back\" takes no requests ({why}); `callward requests on` switches it on, if you "
                 "know who it was."),
    "visitors": "Visitors see the number of their source instead of one of their own ({why}).",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """When something is trouble: the defaults of `[alerts]`. 0 switches a look off."""

    overflow_percent: int = 5
    script_hours: int = 24
    coverage_points: int = 15


def findings(tx: Tx, ctx: Context, limits: Limits, now_ms: int) -> Iterator[Finding]:
    """Look at everything of the web site that may be trouble."""
    yield from switched_off(tx, now_ms)
    if now_ms // MINUTE_MS % EVERY_MINUTES:
        return
    if limits.overflow_percent:
        yield pool_too_small(tx, ctx, limits.overflow_percent, now_ms)
    if limits.script_hours:
        yield from pages_without_script(tx, ctx, limits.script_hours, now_ms)
    if limits.coverage_points:
        yield from coverage_falls(tx, limits.coverage_points, now_ms)


def switched_off(tx: Tx, now_ms: int) -> Iterator[Finding]:
    """The public door switched something off by itself."""
    off = {row["name"]: row["why"] for row in tx.all("door_switches", now_ms=now_ms)}
    for name, text in _SWITCHES.items():
        yield Finding("door", name, name in off, text.format(why=off.get(name, "")))


def pool_too_small(tx: Tx, ctx: Context, percent: int, now_ms: int) -> Finding:
    """More than this share of today's new visitors saw the overflow number."""
    row = tx.one("alert_pool", day=ctx.hours_at("").local_day(now_ms).isoformat())
    assert row is not None
    overflow, visitors = row["overflow"], row["leased"] + row["overflow"]
    much = overflow >= LEAST_OVERFLOW and overflow * 100 > percent * visitors
    detail = (f"{overflow} of today's {visitors} new visitors found no free number; "
              "`callward numbers pool-size` says how many it takes.")
    return Finding("pool", "", much, detail)


def pages_without_script(tx: Tx, ctx: Context, hours: int, now_ms: int) -> Iterator[Finding]:
    """A site, or a busy page of one, that used to ask for numbers has not asked for so many hours.

    What was silent for all the days that are looked at was taken down on purpose: its trouble is over.
    """
    first = ctx.hours_at("").local_day(now_ms) - timedelta(days=WINDOW_DAYS)
    pages = tx.all("alert_pages", first=first.isoformat())
    looked: set[str] = set()
    for site in sorted({row["site"] for row in pages}):
        of_site = [row for row in pages if row["site"] == site]
        last = max(row["seen_ms"] for row in of_site)
        silent = last < now_ms - hours * HOUR_MS
        looked.add(site)
        if max(row["days"] for row in of_site) >= USUAL_DAYS:
            yield Finding("script", site, silent, _silent(site, hours))
        for row in of_site:
            name = f"{site}{row['page']}"
            looked.add(name)  # while the whole site is silent, nothing more is said of its pages
            if row["days"] >= USUAL_DAYS and row["asked"] >= BUSY_PAGE * row["days"] and not silent:
                yield Finding("script", name, row["seen_ms"] < now_ms - hours * HOUR_MS, _silent(name, hours))
    for row in tx.all("alert_episodes_open"):
        if row["kind"] == "script" and row["subject"] not in looked:
            yield Finding("script", row["subject"], False)


def coverage_falls(tx: Tx, points: int, now_ms: int) -> Iterator[Finding]:
    """The share of the last seven days' calls that have a campaign fell by so many points against four weeks before."""
    row = tx.one("alert_coverage", recent=now_ms - 7 * DAY_MS, since=now_ms - 35 * DAY_MS)
    assert row is not None
    if min(row["calls"], row["calls_before"]) < LEAST_CALLS:
        return
    now, before = 100 * row["attributed"] / row["calls"], 100 * row["attributed_before"] / row["calls_before"]
    detail = (f"{now:.0f} % of the last 7 days' calls have a source, {before:.0f} % of those of the 4 weeks before; "
              "look for numbers that are not tracked and pages without the script.")
    yield Finding("coverage", "", before - now >= points, detail)


def _silent(name: str, hours: int) -> str:
    return f"{name} has not asked for a number for {hours} h or more; see that the script is still on it."
