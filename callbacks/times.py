"""How soon a callback was worked on: kept beside it, so that figures need no opening hours.

First attempt: the first outbound call to the caller after the callback opened, whether it reached them or not.
Contact: the call that closed it by contact (`reached`, `returned`), or the call on which an appointment was made.
Both are timed from the opening to the start of that call, by the clock and in the location's working time; a callback
that opened while the location was closed starts its working time at the next opening.
"""

from dataclasses import asdict, dataclass

from callbacks.hours import Hours
from callbacks.own_days import refresh
from callbacks.situation import Context
from store import Row, Tx, callback_sums

CONTACT = ("reached", "returned", "booked")
PAGE = 500


@dataclass(frozen=True, slots=True)
class Times:
    """One row of `callback_time`. Moments are ms, UTC; days are local; None means that it did not happen."""

    opened_day: str
    opened_in_hours: int
    attempted_ms: int | None = None
    attempted_day: str | None = None
    attempted_work_ms: int | None = None
    contacted_ms: int | None = None
    contacted_day: str | None = None
    contacted_work_ms: int | None = None


def times_of(hours: Hours, callback: Row, parts: list[Row]) -> Times:
    """Return the times of a callback from its calls; each part is a row of `callback_timed_parts`."""
    opened = callback["opened_ms"]
    tries = [part["at_ms"] for part in parts if part["role"] == "attempt" or _rang_them(part)]
    by_contact = callback["closed_why"] in CONTACT
    spoken = [part["at_ms"] for part in parts if part["role"] == "closing" and by_contact]
    attempted, contacted = min(tries, default=None), min(spoken, default=None)
    return Times(
        opened_day=hours.local_day(opened).isoformat(),
        opened_in_hours=int(hours.is_open(opened)),
        attempted_ms=attempted,
        attempted_day=_day(hours, attempted),
        attempted_work_ms=_work(hours, opened, attempted),
        contacted_ms=contacted,
        contacted_day=_day(hours, contacted),
        contacted_work_ms=_work(hours, opened, contacted),
    )


def keep_times(tx: Tx, ctx: Context, callback: int) -> None:
    """Store the times of a callback as its calls are now, and count it as it is. Doing it again changes nothing."""
    row = tx.one("callback_get", id=callback)
    if row is not None:
        parts = tx.all("callback_timed_parts", callback=callback)
        tx.run("callback_time_put", callback=callback, **asdict(times_of(ctx.hours_at(row["location"]), row, parts)))
        callback_sums.settle(tx, (callback,))
        callback_sums.settle_lost(tx, (row["number"],))


def keep_missing_times(tx: Tx, ctx: Context) -> None:
    """Store the times of callbacks that have none: those of before times were kept."""
    refresh(tx, ctx.hours)
    for row in tx.all("callbacks_untimed", limit=PAGE):
        keep_times(tx, ctx, row["id"])


def rebuild_times(tx: Tx, ctx: Context) -> int:
    """Compute the times of every callback anew, by the hours as they are set now; return how many there are."""
    refresh(tx, ctx.hours)
    tx.run("callback_times_clear")
    done = 0
    while rows := tx.all("callbacks_untimed", limit=PAGE):
        for row in rows:
            keep_times(tx, ctx, row["id"])
        done += len(rows)
    return done


def _rang_them(part: Row) -> bool:
    return bool(part["role"] == "closing" and part["direction"] == "outbound")


def _day(hours: Hours, ms: int | None) -> str | None:
    return None if ms is None else hours.local_day(ms).isoformat()


def _work(hours: Hours, opened: int, ms: int | None) -> int | None:
    return None if ms is None else hours.working_between(opened, ms)
