"""The ledger: Callward's calls against what Asterisk wrote down itself, both ways, and against their own journal.

    CEL        every call there is a call here, and says the same; every call here is there
    CDR        every row belongs to a call here; a call here without a row is one that Asterisk writes no CDR for
    queue_log  every stay in a queue there is one here, and the other way
    journal    folded again in memory, it tells each call as it is stored
    campaigns  decided again from what is stored, they come out the same
    made by    so does the call that made an appointment

Nothing is changed. A difference whose reason is known is explained; every other one means that something was lost or
told wrong, here or there.
"""

import json
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filling import Archive, Filled, Period, records, told
from pbx.backfill.against import TOLERANCE_MS, Otherwise, from_cel, from_journal
from pbx.backfill.files import Counter
from pbx.backfill.rows import Complain
from pbx.calls import Call, CallChanged
from pbx.journal import framed, journal_files, read_from
from pbx.live import age
from pbx.tracker import Tracker
from store import Row, Store, Tx
from tracking.appointments_relate import decided_otherwise
from tracking.attribute import Look, gather
from tracking.attribution import decide
from tracking.moments import Clock

_PAGE = 500
_REACH_MS = 6 * 3_600_000


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same here and there."""

    where: str
    call: str
    what: str
    stored: object
    record: object
    reason: str
    explained: bool


@dataclass(slots=True)
class Side:
    """How many of one kind of record there are, and how many have their call here."""

    name: str
    seen: int = 0
    matched: int = 0
    missing: int = 0
    """There, and not here."""
    extra: int = 0
    """Here, and not there."""


@dataclass(slots=True)
class Ledger:
    """The whole account of one exchange."""

    pbx: str
    period: Period
    calls: int = 0
    sides: list[Side] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def unexplained(self) -> list[Difference]:
        """Return what has no reason."""
        return [difference for difference in self.differences if not difference.explained]


@dataclass(frozen=True, slots=True)
class Accounts:
    """What is compared: the store, the exchange's own records, and its journal."""

    store: Store
    archive: Archive
    journal: Path
    new_tracker: Callable[[], Tracker]
    complain: Complain
    tell: Callable[[str], None] = lambda step: None
    """Is told what is looked at now, each side by its name. It may raise, to stop."""
    returning_days: int = 0
    """`[tracking] returning_days`, by which calls were decided."""
    clock: Clock | None = None
    """The clinic's zones, by which appointments were joined to calls; None leaves appointments out."""


def verify(accounts: Accounts, period: Period) -> Ledger:
    """Compare everything that there is about the calls that began in a period.

    Raises:
        pbx.backfill.BackfillError: a record cannot be read.
        pbx.journal.JournalError: the journal cannot be read.
    """
    ledger = Ledger(accounts.archive.pbx, period)
    accounts.tell("store")
    known = _Known.read(accounts, period)
    ledger.calls = len(known.within)
    if known.living:
        ledger.notes.append(f"{known.living} calls go on; they are looked at when they are over.")
    if not accounts.archive.origin:
        ledger.notes.append("No CEL, CDR or queue_log is named in [[pbx]]: only the journal can tell what was lost.")
    if accounts.archive.cel is not None:
        accounts.tell("cel")
        _against_cel(ledger, known, accounts)
    if accounts.archive.cdr is not None:
        accounts.tell("cdr")
        _against_cdr(ledger, known, accounts)
    if accounts.archive.queue_log is not None:
        accounts.tell("queue_log")
        _against_queue_log(ledger, known, accounts)
    accounts.tell("journal")
    _against_journal(ledger, known, accounts)
    accounts.tell("attribution")
    _against_rules(ledger, known, accounts)
    if accounts.clock is not None:
        accounts.tell("made_by")
        _against_bookings(ledger, known, accounts, accounts.clock)
    return ledger


@dataclass(slots=True)
class _Known:
    """The stored calls around the period, by every id they have."""

    rows: dict[str, Row]
    ids: dict[str, str]
    """Any linkedid or channel of a call, to the call's id."""
    legs: dict[str, list[Row]]
    waits: dict[str, list[Row]]
    within: set[str]
    """Calls that are over and began in the period."""
    living: int
    first_ms: int | None
    """When the first call of all began."""
    gaps: list[Row]

    @classmethod
    def read(cls, accounts: Accounts, period: Period) -> "_Known":
        """Read them, and some hours of calls on both sides."""
        pbx = accounts.archive.pbx
        known = cls({}, {}, {}, {}, set(), 0, None, [])
        with accounts.store.read() as tx:
            known.gaps = tx.all("gaps", pbx=pbx, limit=1000, offset=0)
            known.first_ms = tx.value("first_call_of_pbx", pbx=pbx)
            for row in _calls(tx, pbx, Period(period.from_ms - _REACH_MS, period.to_ms + _REACH_MS)):
                known._add(tx, row)
                if period.from_ms <= row["started_ms"] < period.to_ms:
                    known.living += row["ended_ms"] is None
                    if row["ended_ms"] is not None:
                        known.within.add(row["id"])
        return known

    def _add(self, tx: Tx, row: Row) -> None:
        key = {"pbx": row["pbx"], "call": row["id"]}
        self.rows[row["id"]] = row
        self.legs[row["id"]] = tx.all("legs", **key)
        self.waits[row["id"]] = tx.all("waits", **key)
        for id_ in (row["id"], *json.loads(row["linkedids"]), *(leg["uniqueid"] for leg in self.legs[row["id"]])):
            self.ids.setdefault(id_, row["id"])

    def call_of(self, *ids: str) -> Row | None:
        """Return the stored call that has one of these ids."""
        return next((self.rows[self.ids[id_]] for id_ in ids if id_ in self.ids), None)


def _calls(tx: Tx, pbx: str, period: Period) -> Iterator[Row]:
    after: dict[str, Any] = {"after_ms": -1, "after_id": ""}
    limits = {"from_ms": period.from_ms, "to_ms": period.to_ms, "limit": _PAGE}
    while rows := tx.all("calls_of_pbx", pbx=pbx, **limits, **after):
        yield from rows
        after = {"after_ms": rows[-1]["started_ms"], "after_id": rows[-1]["id"]}


# -- CEL ---------------------------------------------------------------------------------------------------------------


def _against_cel(ledger: Ledger, known: _Known, accounts: Accounts) -> None:
    filled = Filled()
    near = Period(ledger.period.from_ms - _REACH_MS, ledger.period.to_ms + _REACH_MS)
    calls = [change.call for change in told(accounts.archive, near, accounts.complain, filled)]
    calls = [call for call in calls if dict(call.sources).get("*") == "cel"]
    side = Side("cel")
    ledger.sides.append(side)
    pairs, matched = [], set()
    for call in calls:
        row = known.call_of(call.id, *call.linkedids)
        if row is not None:
            matched.add(row["id"])
        if not ledger.period.from_ms <= call.started_ms < ledger.period.to_ms:
            continue
        side.seen += 1
        if row is None:
            side.missing += 1
            reason, explained = _why_missing(known, call.started_ms)
            ledger.differences.append(Difference("cel", call.id, "call", None, call.outcome, reason, explained))
        else:
            side.matched += 1
            pairs.append((row, call))
    shift = round(statistics.median(call.started_ms - row["started_ms"] for row, call in pairs)) if pairs else 0
    if abs(shift) > TOLERANCE_MS:
        ledger.notes.append(f"The exchange's clock is {shift / 1000:+.1f} s off ours; times are compared without that.")
    for row, call in pairs:
        if row["ended_ms"] is not None:
            ledger.differences += _as(row["id"], "cel", from_cel(row, call, shift))
    side.extra = _without_record(ledger, "cel", known, known.within - matched, [c.started_ms for c in calls])


def _as(call: str, where: str, found: Iterable[Otherwise]) -> Iterator[Difference]:
    for one in found:
        yield Difference(where, call, one.what, one.stored, one.record, one.reason, one.explained)


def _why_missing(known: _Known, at_ms: int) -> tuple[str, bool]:
    """Return why a call is not here, and whether that is as it should be."""
    if known.first_ms is None or at_ms < known.first_ms:
        return "It was before Callward's first call; run `callward backfill` to have it.", True
    for gap in known.gaps:
        if gap["from_ms"] <= at_ms and (gap["to_ms"] is None or at_ms <= gap["to_ms"]):
            return f"Nobody listened ({gap['reason']}); run `callward backfill` to fill it in.", False
    return "Callward has no such call; run `callward backfill` to fill it in.", False


def _without_record(ledger: Ledger, where: str, known: _Known, calls: Iterable[str], times: list[int]) -> int:
    """Note every call here that is not there."""
    first, last = (min(times), max(times)) if times else (0, 0)
    count = 0
    for id_ in sorted(calls, key=lambda id_: (known.rows[id_]["started_ms"], age(id_))):
        row = known.rows[id_]
        outside = not times or not first - TOLERANCE_MS <= row["started_ms"] <= last + TOLERANCE_MS
        reason = f"{where} has no rows of that time." if outside else f"{where} has no such call."
        ledger.differences.append(Difference(where, id_, "call", row["outcome"], None, reason, outside))
        count += 1
    return count


# -- CDR and queue_log -------------------------------------------------------------------------------------------------


def _against_cdr(ledger: Ledger, known: _Known, accounts: Accounts) -> None:
    side, matched, times = Side("cdr"), set(), []
    ledger.sides.append(side)
    for row in records(accounts.archive, ledger.period, accounts.complain, Counter()).cdr:
        call = known.call_of(row.uniqueid, row.linkedid)
        times.append(row.start_ms)
        if call is not None:
            matched.add(call["id"])
        if not ledger.period.from_ms <= row.start_ms < ledger.period.to_ms:
            continue
        side.seen += 1
        if call is not None:
            side.matched += 1
            continue
        side.missing += 1
        reason, explained = _why_missing(known, row.start_ms)
        ledger.differences.append(
            Difference("cdr", row.linkedid, "call", None, row.disposition.lower(), reason, explained)
        )
    silent = {id_ for id_ in known.within - matched if _needs_no_cdr(known.legs[id_])}
    for id_ in sorted(silent, key=age):
        reason = "Asterisk writes no CDR of a call that dialled nobody and was not answered (unanswered = no)."
        ledger.differences.append(Difference("cdr", id_, "call", known.rows[id_]["outcome"], None, reason, True))
    side.extra = len(silent) + _without_record(ledger, "cdr", known, known.within - matched - silent, times)


def _needs_no_cdr(legs: list[Row]) -> bool:
    return len(legs) <= 1 and all(leg["answered_ms"] is None for leg in legs)


def _against_queue_log(ledger: Ledger, known: _Known, accounts: Accounts) -> None:
    side, times = Side("queue_log"), []
    ledger.sides.append(side)
    entered: dict[tuple[str, str], int] = {}
    for row in records(accounts.archive, ledger.period, accounts.complain, Counter()).queue_log:
        call = known.call_of(row.callid)
        times.append(row.at_ms)
        within = ledger.period.from_ms <= row.at_ms < ledger.period.to_ms
        if row.event == "ABANDON" and within and call is not None:
            ledger.differences += _abandon_differences(call, row.queue, known.waits[call["id"]])
        if row.event != "ENTERQUEUE":
            continue
        if call is not None:
            entered[call["id"], row.queue] = entered.get((call["id"], row.queue), 0) + 1
        if not within:
            continue
        side.seen += 1
        if call is not None and row.queue in (wait["queue"] for wait in known.waits[call["id"]]):
            side.matched += 1
            continue
        side.missing += 1
        reason, explained = _why_missing(known, row.at_ms)
        if call is not None:
            reason, explained = "The call is here, its stay in the queue is not.", False
        ledger.differences.append(Difference("queue_log", row.callid, "wait", None, row.queue, reason, explained))
    side.extra = _waits_without_record(ledger, known, entered, times)


def _abandon_differences(call: Row, queue: str, waits: list[Row]) -> Iterator[Difference]:
    departed = [wait["departed"] for wait in waits if wait["queue"] == queue]
    if departed and "abandoned" not in departed and call["ended_ms"] is not None:
        yield Difference("queue_log", call["id"], "wait", departed[-1], "abandoned",
                         "queue_log says that the caller gave up waiting.", False)


def _waits_without_record(
    ledger: Ledger, known: _Known, entered: dict[tuple[str, str], int], times: list[int]
) -> int:
    first, last = (min(times), max(times)) if times else (0, 0)
    count = 0
    for id_ in sorted(known.within, key=age):
        for wait in known.waits[id_]:
            if wait["departed"] == "refused" or (id_, wait["queue"]) in entered:
                continue  # who is refused never enters: queue_log does not know them
            outside = not times or not first - TOLERANCE_MS <= wait["started_ms"] <= last + TOLERANCE_MS
            reason = "queue_log has no rows of that time." if outside else "queue_log has no such stay."
            count += 1
            ledger.differences.append(Difference("queue_log", id_, "wait", wait["queue"], None, reason, outside))
    return count


# -- the journal and the rules -----------------------------------------------------------------------------------------


def _against_journal(ledger: Ledger, known: _Known, accounts: Accounts) -> None:
    side = Side("journal")
    ledger.sides.append(side)
    if not accounts.journal.is_dir() or not journal_files(accounts.journal, ledger.pbx):
        ledger.notes.append("There is no journal: what happened is compared with Asterisk's records only.")
        return
    refolded = _Refolded.of(accounts, ledger.period)
    older = sum(1 for id_ in known.within if known.rows[id_]["started_ms"] < refolded.began_ms)
    if older:
        ledger.notes.append(f"{older} calls are older than the journal: only Asterisk's records speak of them.")
    heard = set()
    for call in refolded.calls.values():
        side.seen += 1
        row = known.call_of(call.id, *call.linkedids)
        if row is None:
            side.missing += 1
            reason = "It is in the journal and not in the store; run `callward replay --into-store` on the journal."
            ledger.differences.append(Difference("journal", call.id, "call", None, call.outcome, reason, False))
            continue
        side.matched += 1
        heard.add(row["id"])
        ledger.differences += _as(row["id"], "journal", from_journal(row, call))
    for id_ in sorted(known.within - heard, key=age):
        row = known.rows[id_]
        if refolded.listened(row["started_ms"]):
            side.extra += 1
            told = '"*"' in row["sources"]
            reason = "It was filled in from Asterisk's records." if told else "The journal has no such call."
            ledger.differences.append(Difference("journal", id_, "call", row["outcome"], None, reason, told))


@dataclass(slots=True)
class _Refolded:
    """What the journal tells of the calls of a period, and when it listened."""

    calls: dict[str, Call] = field(default_factory=dict)
    sessions: list[tuple[int, int]] = field(default_factory=list)

    @property
    def began_ms(self) -> int:
        """Return when the journal begins."""
        return self.sessions[0][0] if self.sessions else 0

    def listened(self, at_ms: int) -> bool:
        """Say whether there was a session at that moment."""
        return any(first <= at_ms <= last for first, last in self.sessions)

    @classmethod
    def of(cls, accounts: Accounts, period: Period) -> "_Refolded":
        """Fold all of the journal, in memory."""
        found, tracker, session = cls(), accounts.new_tracker(), None
        source = read_from(accounts.journal, accounts.archive.pbx, None, accounts.complain)
        for record, blocks in framed(source, accounts.complain):
            at_ms = round(record.at * 1000)
            if record.session != session or not found.sessions:
                accounts.tell("journal")
                session = record.session
                found.sessions.append((at_ms, at_ms))
            found.sessions[-1] = (found.sessions[-1][0], at_ms)
            if record.kind == "opened":
                tracker.opened(record.at)
            elif record.kind == "closed":
                tracker.closed(record.at)
            else:
                tracker.take(record.at, blocks)
            for change in tracker.told_over():
                found._note(change, period)
        return found

    def _note(self, change: CallChanged, period: Period) -> None:
        for younger in change.merged:
            self.calls.pop(younger, None)
        call = change.call
        if call.ended_ms is not None and period.from_ms <= call.started_ms < period.to_ms:
            self.calls[call.id] = call


def _against_rules(ledger: Ledger, known: _Known, accounts: Accounts) -> None:
    side = Side("attribution")
    ledger.sides.append(side)
    with accounts.store.read() as tx:
        for id_ in sorted(known.within, key=age):
            row = known.rows[id_]
            stored = tx.one("attribution_get", pbx=ledger.pbx, call=id_)
            if row["kind"] != "patient":
                continue
            side.seen += 1
            decision = decide(gather(tx, row, Look(accounts.returning_days)))
            told = (stored["rule"], stored["campaign"]) if stored is not None else None
            if told == (decision.rule, decision.campaign_id):
                side.matched += 1
                continue
            side.missing += 1
            again = (decision.rule, decision.campaign_id)
            reason = "Decided again, it comes out otherwise; `callward campaigns recompute` shows it, and stores it."
            ledger.differences.append(Difference("attribution", id_, "campaign", told, again, reason, False))


def _against_bookings(ledger: Ledger, known: _Known, accounts: Accounts, clock: Clock) -> None:
    side = Side("made_by")
    ledger.sides.append(side)
    reason = "Decided again, another call made it, or none; `callward appointments relate` stores it."
    with accounts.store.read() as tx:
        near = {"from_ms": ledger.period.from_ms, "to_ms": ledger.period.to_ms, "pbx": ledger.pbx}
        for row in tx.all("appointments_to_verify", **near):
            side.seen += 1
            differs = decided_otherwise(tx, row, clock)
            if differs is None:
                side.matched += 1
                continue
            side.missing += 1
            stored, again = differs
            ledger.differences.append(
                Difference("made_by", row["ref"], "appointment", stored, again, reason, explained=False))
