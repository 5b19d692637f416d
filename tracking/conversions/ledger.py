"""The ledger of what platforms were told: what is still to be told, written down in the transaction that tells it.

1. A batch is what is handed over at once. Its lines are in the ledger before anything leaves: a line that is there is
   never put again, whatever is asked for in the meantime.
2. A file is written within the transaction: no file, no lines. The same batch can be written again by its id.
3. What is sent is `sending` first; then `sent`, or `failed` with its lines given back, or `unsure` when nobody knows
   whether the platform took it. An unsure batch is told again only when a person says so.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from store import Row, Tx
from tracking import TrackingError
from tracking.conversions.gather import calls_since, facts_of
from tracking.conversions.rules import (
    DAY_MS,
    GOALS,
    PLATFORMS,
    RETRACTS,
    CallFacts,
    Case,
    Goal,
    Line,
    Platform,
    Terms,
    Verdict,
    judge,
)

LONGEST_DAYS = 120
"""Calls that began longer ago are not looked at: no platform takes them."""
_PAGE = 500

Target = Callable[[Tx, Row], bool]
"""Whether a call is a target call: a rule of the clinic's, told by the caller."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who looks at conversions: with which terms, by which rule of target calls, and when."""

    terms: Terms
    target: Target
    now_ms: int

    def facts(self, tx: Tx, row: Row) -> CallFacts:
        """Return what is known of a call, a row of `call`."""
        return facts_of(tx, row, self.target(tx, row))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a platform is still to be told, oldest first, and how many calls are not told for which reason."""

    lines: tuple[Line, ...]
    reasons: Mapping[str, int] = field(default_factory=dict)


def waiting(tx: Tx, desk: Desk, platform: Platform) -> Waiting:
    """Return what a platform is still to be told. Reasons count the calls of which nothing at all is told."""
    lines: list[Line] = []
    reasons: Counter[str] = Counter()
    for row in calls_since(tx, desk.now_ms - LONGEST_DAYS * DAY_MS):
        verdicts = _verdicts(tx, desk, row, platform)
        found = [verdict.line for verdict in verdicts if verdict.line is not None]
        lines += found
        if not found:
            reasons[next((v.reason for v in verdicts if v.reason not in ("not_asked", None)), None) or "not_asked"] += 1
    return Waiting(tuple(lines), dict(reasons))


def explain(tx: Tx, desk: Desk, row: Row) -> list[Verdict]:
    """Return what is decided about one call (a row of `call`) for every platform and goal."""
    return [verdict for platform in PLATFORMS for verdict in _verdicts(tx, desk, row, platform)]


def retractable(tx: Tx, desk: Desk, platform: Platform) -> tuple[Line, ...]:
    """Return the bookings that a platform was told of and that no longer stand, as they were told."""
    if platform not in RETRACTS:
        return ()
    lines: list[Line] = []
    after = 0
    while rows := tx.all("conversions_standing", platform=platform, after=after, limit=_PAGE):
        for row in rows:
            call = tx.one("call_get", pbx=row["pbx"], id=row["call"])
            booking = desk.facts(tx, call).booking if call is not None else None
            if booking is None or not booking.standing:
                lines.append(_told(row, call))
        after = rows[-1]["id"]
    return tuple(lines)


def open_batch(
    tx: Tx, desk: Desk, lines: tuple[Line, ...], *, kind: str, state: str, target: str
) -> tuple[int, tuple[Line, ...]]:
    """Write a batch into the ledger; return its id and the lines that are in it, none that was told before."""
    batch = tx.next_id("conversion_batch")
    tx.run(
        "conversion_batch_put", id=batch, platform=lines[0].platform, kind=kind, at_ms=desk.now_ms, state=state,
        target=target,
    )  # fmt: skip
    kept = tuple(line for line in lines if tx.run("conversion_put", **_row(tx, line, kind, batch)) == 1)
    return batch, kept


def batch_lines(tx: Tx, batch: int) -> tuple[Row, tuple[Line, ...]]:
    """Return a batch and its lines as they were told. Raises TrackingError: there is no such batch."""
    row = tx.one("conversion_batch_get", id=batch)
    if row is None:
        raise TrackingError(f"There is no batch {batch}; `callward conversions list` shows them.")
    return row, tuple(_lines(tx, tx.all("conversions_of_batch", batch=batch)))


def settle(tx: Tx, batch: int, state: str, problem: str | None = None) -> None:
    """Say what became of a batch that was being sent. One that `failed` gives its lines back."""
    if state == "failed":
        tx.run("conversions_give_back", batch=batch)
    tx.run("conversion_batch_state", id=batch, state=state, problem=None if problem is None else problem[:500])


def listed(tx: Tx, platform: str | None, *, limit: int, offset: int = 0) -> list[Row]:
    """Return a page of what was told, the latest first: rows of `conversion` with told_ms, state and target."""
    return tx.all("conversions_list", platform=platform, limit=limit, skip=offset)


def _verdicts(tx: Tx, desk: Desk, row: Row, platform: Platform) -> list[Verdict]:
    facts = desk.facts(tx, row)
    told = {(one["platform"], one["goal"]) for one in tx.all("conversions_of_call", pbx=row["pbx"], call=row["id"])
            if one["kind"] == "conversion"}  # fmt: skip
    return [
        judge(Case(platform, goal, facts, desk.terms, desk.now_ms, (platform, goal) in told))
        for goal in GOALS[platform]
    ]  # fmt: skip


def _row(tx: Tx, line: Line, kind: str, batch: int) -> Row:
    return {
        "id": tx.next_id("conversion"), "platform": line.platform, "goal": line.goal, "kind": kind, "pbx": line.pbx,
        "call": line.call, "appointment": line.appointment, "name": line.name, "click_kind": line.click_kind,
        "click_id": line.click_id, "at_ms": line.at_ms, "value_minor": line.value_minor, "currency": line.currency,
        "batch": batch,
    }  # fmt: skip


def _lines(tx: Tx, rows: list[Row]) -> Iterator[Line]:
    for row in rows:
        yield _told(row, tx.one("call_get", pbx=row["pbx"], id=row["call"]))


def _told(row: Row, call: Row | None) -> Line:
    """Return a line of the ledger as it was told; `call` is the row of `call`, None once it is gone."""
    goal: Goal = row["goal"]
    return Line(
        row["platform"], goal, row["pbx"], row["call"], row["appointment"], row["name"], row["click_kind"],
        row["click_id"], row["at_ms"], row["value_minor"], row["currency"],
        call["talk_ms"] // 1000 if call is not None else 0, call["wait_ms"] // 1000 if call is not None else 0,
        (call["outcome"] or "") if call is not None else "", bool(call["first_time"]) if call is not None else False,
    )  # fmt: skip
