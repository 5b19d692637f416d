"""A person says that a day differs: closed, or other hours. What is to be rung back is planned anew by it."""

from dataclasses import dataclass
from datetime import date

from callbacks.errors import HoursError
from callbacks.own_days import read_spans, refresh, write_spans
from callbacks.queue import reconsider
from callbacks.situation import Context
from store import Tx

LONGEST_REASON = 100


@dataclass(frozen=True, slots=True)
class Day:
    """One day at one location, "" for the whole clinic. `hours` is "08:00-12:00, 14:00-18:00", or "" for closed."""

    location: str
    day: date
    hours: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """Who says so, and when (ms, UTC)."""

    author: str
    now_ms: int


def put(tx: Tx, ctx: Context, day: Day, said: Said) -> list[int]:
    """Store that a day differs; what was said of it before is replaced. Return the callbacks that changed.

    Raises:
        HoursError: there is no such location, or the hours cannot be read.
    """
    if day.location and day.location not in ctx.hours:
        raise HoursError('There is no location "%(location)s"; those of the settings may be named.',
                         location=day.location[:60])
    if len(day.reason) > LONGEST_REASON:
        raise HoursError("The reason is longer than %(most)s characters; shorten it.", most=LONGEST_REASON)
    tx.run(
        "hours_exception_put", location=day.location, day=day.day.isoformat(), hours=write_spans(read_spans(day.hours)),
        reason=day.reason, author=said.author, at_ms=said.now_ms,
    )  # fmt: skip
    return _changed(tx, ctx, said.now_ms)


def drop(tx: Tx, ctx: Context, day: Day, said: Said) -> list[int]:
    """Let the settings say again what a day is; return the callbacks that changed.

    Raises:
        HoursError: nothing was said of that day.
    """
    if not tx.run("hours_exception_drop", location=day.location, day=day.day.isoformat()):
        raise HoursError("Nothing was said of %(day)s; it is as the settings say.", day=day.day)
    return _changed(tx, ctx, said.now_ms)


def _changed(tx: Tx, ctx: Context, now_ms: int) -> list[int]:
    tx.next_id("hours_exception")
    refresh(tx, ctx.hours)
    touched: set[int] = set()
    for number in sorted({row["number"] for row in tx.all("callbacks_open_list", now_ms=now_ms, limit=10_000, skip=0)}):
        touched.update(reconsider(tx, ctx, number, now_ms))
    return sorted(touched)
