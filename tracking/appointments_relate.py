"""Appointments against the calls in the store: which call made each, kept with its evidence, and decided anew."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from store import Row, Store, Tx
from store.booked import counting, makers
from tracking.appointments_made import LOOK_BACK_MS, Candidate, Made, Written, maker
from tracking.appointments_put import match_again
from tracking.moments import Clock, local_day

PAGE = 500
RECENT_MS = 8 * 86_400_000
"""How far back `relate_recent` looks."""
_DAY_MS = 86_400_000
_NOTED_MS = 14 * _DAY_MS


@dataclass(frozen=True, slots=True)
class Related:
    """How many appointments were looked at, how many decisions changed, how many found their patient."""

    looked_at: int
    changed: int
    matched: int


def relate(store: Store, clock: Clock, now_ms: int) -> Related:
    """Find the patients that were not known, and decide every appointment anew; a page of them in a transaction."""
    with store.write() as tx:
        matched = match_again(tx)
    looked_at, changed, after = 0, 0, ""
    while True:
        with store.write() as tx:
            rows = tx.all("appointments_after", after=after, limit=PAGE)
            changed += decide_all(tx, rows, clock, now_ms)
        looked_at += len(rows)
        if len(rows) < PAGE:
            return Related(looked_at, changed, matched)
        after = rows[-1]["ref"]


def relate_recent(tx: Tx, clock: Clock, now_ms: int) -> int:
    """Decide anew what may have changed of late; return how many decisions did.

    Those are appointments that were made or imported in the last days, and those of patients of whose calls a topic
    was noted since. Running it again changes nothing.
    """
    match_again(tx)
    rows = tx.all("appointments_recent", since=now_ms - RECENT_MS)
    return decide_all(tx, rows, clock, now_ms)


def keep_related(store: Store, clock: Clock, now_ms: int) -> int:
    """As `relate_recent`, but it looks first and writes only what differs: calls being stored do not wait for it."""
    with store.read() as tx:
        unmatched = bool(tx.all("appointments_unmatched"))
    if unmatched:
        with store.write() as tx:
            match_again(tx)
    with store.read() as tx:
        rows = tx.all("appointments_recent", since=now_ms - RECENT_MS)
        stale = [row for row in rows if _differs(tx, row, maker_of(tx, row, clock))]
    if not stale:
        return 0
    with store.write() as tx:
        return decide_all(tx, stale, clock, now_ms)


def decide_all(tx: Tx, rows: Iterable[Row], clock: Clock, now_ms: int) -> int:
    """Decide some appointments (rows of `appointment`); return how many decisions changed."""
    return sum(decide(tx, row, clock, now_ms) for row in rows)


def decide(tx: Tx, row: Row, clock: Clock, now_ms: int) -> bool:
    """Decide which call made one appointment, and keep it; return whether that is news."""
    made = maker_of(tx, row, clock)
    if not _differs(tx, row, made):
        return False
    with counting(tx, [*makers(tx, row["ref"]), *([] if made is None else [(made.pbx, made.call)])]):
        if made is None:
            tx.run("made_by_clear", appointment=row["ref"])
        else:
            tx.run("made_by_put", appointment=row["ref"], decided_ms=now_ms, **_columns(made))
    return True


def maker_of(tx: Tx, row: Row, clock: Clock) -> Made | None:
    """Return the call that made an appointment (a row of `appointment`) as the store has it now."""
    if not row["patient"]:
        return None
    written = _written(tx, row, clock)
    from_ms, to_ms = _window(written)
    calls = tx.all("appointment_calls", patient=row["patient"], from_ms=from_ms, to_ms=to_ms)
    return maker(written, [_candidate(call) for call in calls])


def made_by(tx: Tx, ref: str) -> Row | None:
    """Return the stored decision about an appointment: pbx, call, callback, rule, `evidence` as a mapping."""
    stored = tx.one("made_by_get", appointment=ref)
    return None if stored is None else {**stored, "evidence": json.loads(stored["evidence"])}


def appointments_of_call(tx: Tx, pbx: str, call: str) -> list[Row]:
    """Return the appointments that a call made, by time: rows of `appointment` with rule."""
    return tx.all("appointments_of_call", pbx=pbx, call=call)


def decided_otherwise(tx: Tx, row: Row, clock: Clock) -> tuple[str | None, str | None] | None:
    """Return what is stored of an appointment's making and what it comes to now, "pbx:call rule"; None if the same."""
    made = maker_of(tx, row, clock)
    if not _differs(tx, row, made):
        return None
    stored = tx.one("made_by_get", appointment=row["ref"])
    return (None if stored is None else f"{stored['pbx']}:{stored['call']} {stored['rule']}",
            None if made is None else f"{made.pbx}:{made.call} {made.rule}")


def _differs(tx: Tx, row: Row, made: Made | None) -> bool:
    """Say whether a decision is another than the stored one."""
    stored = tx.one("made_by_get", appointment=row["ref"])
    if made is None or stored is None:
        return (made is None) != (stored is None)
    return any(stored[column] != value for column, value in _columns(made).items())


def _columns(made: Made) -> Row:
    return {
        "pbx": made.pbx, "call": made.call, "callback": made.callback, "rule": made.rule,
        "evidence": json.dumps(made.evidence, sort_keys=True),
    }  # fmt: skip


def _written(tx: Tx, row: Row, clock: Clock) -> Written:
    created, day = row["created_ms"], None
    if created is not None:
        zone = clock.at(row["location"])
        moment = datetime.fromtimestamp(created / 1000, zone)
        # Systems that tell only the day of making are read as its first moment.
        day = local_day(created, zone) if moment.time() == time(0) else None
    before = tx.value("appointment_before", patient=row["patient"], start_ms=row["start_ms"])
    return Written(row["start_ms"], created, day, before, row["channel"] == "import")


def _window(written: Written) -> tuple[int, int]:
    """Return from when to when a call must have begun to come into question at all."""
    if written.created_ms is None:
        return written.start_ms - LOOK_BACK_MS, written.start_ms
    if written.created_day is not None:
        return written.created_ms - _DAY_MS, written.created_ms + 2 * _DAY_MS
    # A visit noted on a call may be written down later than a day after, or before by a clock that is behind.
    return written.created_ms - _NOTED_MS, written.created_ms + _DAY_MS


def _candidate(row: Row) -> Candidate:
    return Candidate(
        row["pbx"], row["id"], row["started_ms"], row["ended_ms"], row["local_day"], row["outcome"] == "answered",
        row["category"], row["callback"], row["booked_ms"],
    )  # fmt: skip
