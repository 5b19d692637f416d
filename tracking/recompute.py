"""Decides again which campaign calls belong to: after corrected assignments, a correction by a person, another setting.

Calls are decided oldest first, for later ones go by what earlier ones were joined to: a callback has the campaign of
its missed call. A dry run remembers what it would have stored, and goes by that. Applied, each page of calls is one
transaction with its sums; interrupted and run again, it goes on where it was, for what is right already stays.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from store import Row, Store, Tx, callback_sums, rollups
from tracking.attribute import DAY_MS, Look, gather, record_decision
from tracking.attribution import Decision, decide

_PAGE = 200
_LATER = 1000
_INHERITED_DAYS = 30
"""A callback, and what returns to it, is over by then."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in ms since the epoch; the end is not part of it."""

    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """A call that is decided otherwise now. `before` is (rule, campaign), None when nothing was stored."""

    pbx: str
    call: str
    local_day: str
    before: tuple[str, int | None] | None
    after: tuple[str, int | None]

    @property
    def moves(self) -> bool:
        """Say whether the campaign changes, rather than the rule or the evidence alone."""
        return self.before is None or self.before[1] != self.after[1]


def differences(store: Store, span: Span, returning_days: int,
                progress: Callable[[int, int], None] | None = None) -> Iterator[Change]:  # fmt: skip
    """Yield what would change, oldest first; nothing is stored."""
    decided: dict[str, tuple[str, int | None]] = {}
    look = Look(returning_days, decided)
    done, total = 0, _count(store, span)
    after = _BEGIN
    while True:
        changes = []
        with store.read() as tx:
            rows = tx.all("calls_to_decide", from_ms=span.from_ms, to_ms=span.to_ms, limit=_PAGE, **after)
            for row in rows:
                decision = decide(gather(tx, row, look))
                change = _change(tx, row, decision)
                if change is not None:
                    decided[f"{row['pbx']}:{row['id']}"] = change.after
                    changes.append(change)
        yield from changes
        if not rows:
            return
        after = _behind(rows[-1])
        done += len(rows)
        if progress:
            progress(done, total)


def apply(store: Store, span: Span, returning_days: int, now_ms: int,
          progress: Callable[[int, int], None] | None = None) -> Iterator[Change]:  # fmt: skip
    """Store what changes, page by page, and yield it."""
    done, total = 0, _count(store, span)
    after = _BEGIN
    while True:
        with store.write() as tx:
            rows = tx.all("calls_to_decide", from_ms=span.from_ms, to_ms=span.to_ms, limit=_PAGE, **after)
            changes = [change for row in rows if (change := redecide(tx, row, now_ms, returning_days)) is not None]
        yield from changes
        if not rows:
            return
        after = _behind(rows[-1])
        done += len(rows)
        if progress:
            progress(done, total)


def redecide(tx: Tx, row: Row, now_ms: int, returning_days: int) -> Change | None:
    """Decide one stored call again and store what changed, with its sums; return it. The feed is told, not live."""
    decision = decide(gather(tx, row, Look(returning_days, making=True)))
    change = _change(tx, row, decision)
    before = rollups.stored(tx, row["pbx"], row["id"])
    news = record_decision(tx, row["pbx"], row["id"], decision, now_ms=now_ms)
    if news:
        rollups.apply(tx, before, rollups.stored(tx, row["pbx"], row["id"]))
        callback_sums.settle_call(tx, row["pbx"], row["id"])
    if news:
        tx.run("feed_append", id=tx.next_id("feed"), at_ms=now_ms, kind=f"call.{row['state']}",
               ref=f"{row['pbx']}:{row['id']}", live=0)
    return change


def redecide_with_later(tx: Tx, row: Row, now_ms: int, returning_days: int) -> list[Change]:
    """Decide a call again, and later calls of its number, which may go by it; return what changed."""
    changes = [redecide(tx, row, now_ms, returning_days)]
    if row["party"] is not None:
        until_ms = row["started_ms"] + max(_INHERITED_DAYS, returning_days) * DAY_MS
        later = {"party": row["party"], "after_ms": row["started_ms"], "until_ms": until_ms, "limit": _LATER}
        changes += [redecide(tx, one, now_ms, returning_days) for one in tx.all("party_calls_after", **later)]
    return [change for change in changes if change is not None]


_BEGIN = {"after_ms": -1, "after_id": "", "after_pbx": ""}


def _behind(row: Row) -> dict[str, object]:
    return {"after_ms": row["started_ms"], "after_id": row["id"], "after_pbx": row["pbx"]}


def _count(store: Store, span: Span) -> int:
    with store.read() as tx:
        return int(tx.value("calls_to_decide_count", from_ms=span.from_ms, to_ms=span.to_ms))


def _change(tx: Tx, row: Row, decision: Decision) -> Change | None:
    """Return what changes in rule or campaign; evidence alone (a label, an end) is no change to tell of."""
    stored = tx.one("attribution_get", pbx=row["pbx"], call=row["id"])
    before = None if stored is None else (stored["rule"], stored["campaign"])
    after = (decision.rule, decision.campaign_id)
    return None if before == after else Change(row["pbx"], row["id"], row["local_day"], before, after)
