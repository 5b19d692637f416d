"""Filling: what nobody listened to, from Asterisk's own records, through the same intake as everything else.

A call that AMI saw whole is not touched. One that AMI did not see at all appears as the records tell it. One whose
beginning, answer or end was not seen is completed, fact by fact: what AMI saw stays, then CEL, CDR and queue_log, and
what a snapshot only guessed goes. Nothing is ever sent for what is filled in.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import intake
from pbx.backfill.databases import Table, is_url, without_password
from pbx.backfill.files import Counter, TextFile
from pbx.backfill.folding import KEPT_MS, Folding, Sources
from pbx.backfill.moments import Moments
from pbx.backfill.rows import BackfillError, CdrRow, CelRow, Complain, QueueRow
from pbx.calls import Call, CallChanged, Transfer
from pbx.endpoints import Endpoints
from pbx.live import age
from pbx.telling import Teller
from store import Row, Store, Tx

_BATCH = 200
_QUARTER_MS = 900_000
_CERTAIN_ROWS = 3
_STILL_GOING_MS = 60_000
"""A stored call without an end is left alone for so long after its end: the listener may be about to tell it."""

_SEEN_ON_AMI = ("caller_number", "caller_raw", "caller_name", "did", "did_raw", "destination", "destination_raw",
                "presented_number", "extension", "recording", "voicemail", "click_id", "consultation_of", "joined_with")
"""Facts that only AMI could have told, whenever it met the call."""
_SEEN_FROM_START = ("started_ms", "offered_ms", "entry", "queue", "answered_ms", "answered_by")
"""Facts that are certain when AMI saw the call begin."""
_SEEN_TO_END = ("ended_ms", "hung_up_by")
_GUESSED = ("offered_ms", "entry", "queue")
"""Facts that a snapshot's guess is good enough for, when no record has them."""
_SPECIAL = ("spy", "conference", "feature")
"""Kinds of a call that an event says; the others only follow from who was rung in the end."""
_TELLABLE = ("direction", "kind", *_SEEN_FROM_START, *_SEEN_TO_END, "did", "caller_number", "destination", "outcome",
             "recording", "final_agent")
"""Facts whose source is stored when it is not AMI."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One exchange and where it keeps its records: each a file or a database, None when it keeps none."""

    pbx: str
    endpoints: Endpoints
    teller: Teller
    zone: ZoneInfo
    cel: str | None = None
    cdr: str | None = None
    queue_log: str | None = None

    @property
    def origin(self) -> str:
        """Return one text for all sources, without passwords: what progress is remembered by."""
        named = ((kind, getattr(self, kind)) for kind in ("cel", "cdr", "queue_log"))
        return " ".join(f"{kind}={without_password(at) if is_url(at) else at}" for kind, at in named if at)


@dataclass(frozen=True, slots=True)
class Period:
    """From when to when, in ms since the epoch; the end is not part of it."""

    from_ms: int
    to_ms: int

    def has(self, call: Call) -> bool:
        """Say whether a call touches the period."""
        return call.started_ms < self.to_ms and (call.ended_ms or call.started_ms) >= self.from_ms


@dataclass(slots=True)
class Filled:
    """What a backfill did."""

    rows: Counter = field(default_factory=Counter)
    calls: int = 0
    new: int = 0
    completed: int = 0
    known: int = 0
    """Calls that AMI saw whole, or that were stored like this already."""
    now_ms: int = 0
    """How far the records are read."""


def ignore(sentence: str) -> None:
    """Take a complaint about a row, and say nothing."""


def records(archive: Archive, period: Period, complain: Complain, counter: Counter) -> Sources:
    """Return the rows of the exchange for a period, with some hours on each side for calls that reach over it."""
    reader = _Reader(archive.pbx, archive.zone, period, complain, counter)
    return Sources(reader.cel(archive.cel), reader.cdr(archive.cdr), reader.queue_log(archive.queue_log))


@dataclass(slots=True)
class _ZoneCheck:
    """Notices times that are read in the wrong zone: ids begin with the UTC second their channel was made in."""

    pbx: str
    kind: str
    zone: ZoneInfo
    last: int = 0
    times: int = 0

    def see(self, at_ms: int, uniqueid: str) -> None:
        """Look at the first row of a channel. Raises BackfillError."""
        off = round((at_ms - age(uniqueid)[0] * 1000) / _QUARTER_MS)
        self.times = self.times + 1 if off and off == self.last else 1
        self.last = off
        if off % 2 == 0 and off and self.times >= _CERTAIN_ROWS:
            raise BackfillError(
                "%(pbx)s: its %(record)s is %(hours)s h off the clock in its channels' ids when read in %(zone)s; set "
                'timezone in [[pbx]] to the zone it is written in ("UTC" with usegmtime).',
                pbx=self.pbx, record=self.kind, hours=f"{off / 4:+g}", zone=self.zone.key,
            )


@dataclass(frozen=True, slots=True)
class _Reader:
    pbx: str
    zone: ZoneInfo
    period: Period
    complain: Complain
    counter: Counter

    def _open(self, at: str) -> TextFile | Table:
        moments = Moments(self.zone)
        if is_url(at):
            first, last = self.period.from_ms - KEPT_MS, self.period.to_ms + KEPT_MS
            return Table(at, moments, self.complain, self.counter, first, last)
        return TextFile(Path(at), moments, self.complain, self.counter)

    def _near(self, at_ms: int) -> bool:
        return self.period.from_ms - KEPT_MS <= at_ms < self.period.to_ms + KEPT_MS

    def cel(self, at: str | None) -> Iterator[CelRow]:
        clock = _ZoneCheck(self.pbx, "CEL", self.zone)
        for row in self._open(at).cel() if at is not None else ():
            if row.event == "CHAN_START":
                clock.see(row.at_ms, row.uniqueid)
            if self._near(row.at_ms):
                yield row

    def cdr(self, at: str | None) -> Iterator[CdrRow]:
        clock = _ZoneCheck(self.pbx, "CDR", self.zone)
        for row in self._open(at).cdr() if at is not None else ():
            clock.see(row.start_ms, row.uniqueid)
            if self._near(row.end_ms):
                yield row

    def queue_log(self, at: str | None) -> Iterator[QueueRow]:
        if at is not None:
            yield from (row for row in self._open(at).queue_log() if self._near(row.at_ms))


def told(archive: Archive, period: Period, complain: Complain, filled: Filled) -> Iterator[CallChanged]:
    """Yield every call of the records that touches the period.

    Raises:
        BackfillError: no source is given, or one cannot be read.
    """
    if archive.cel is None and archive.cdr is None:
        raise BackfillError(
            "%(pbx)s: no CEL and no CDR to read; name them with cel and cdr in [[pbx]], or with --cel and --cdr.",
            pbx=archive.pbx,
        )
    sources = records(archive, period, complain, filled.rows)
    folding = Folding(archive.pbx, archive.endpoints, archive.teller, sources)
    for change in folding.calls():
        filled.now_ms = folding.now_ms
        if period.has(change.call):
            yield change
    filled.now_ms = period.to_ms


def fill_gap(store: Store, clinic: intake.Clinic, archive: Archive, period: Period, now_ms: int) -> Filled:
    """Fill in what happened in a gap, in one go. Raises BackfillError when the records cannot be read."""
    return backfill(store, clinic, archive, period, Filling(now_ms))


@dataclass(frozen=True, slots=True)
class Filling:
    """How a backfill goes about it: the time it goes by, and who hears of bad rows and of progress."""

    now_ms: int
    complain: Complain = ignore
    progress: Callable[[Filled], None] | None = None
    resume: bool = False
    """Remember how far it came, and go on there."""
    again: bool = False
    """Go over all of the period once more, whatever is remembered."""


def backfill(store: Store, clinic: intake.Clinic, archive: Archive, period: Period, how: Filling) -> Filled:
    """Fill in a period, some hundred calls to a transaction; doing it again changes nothing.

    Raises:
        BackfillError: a source cannot be read.
    """
    filled = Filled()
    mark = {"pbx": archive.pbx, "origin": archive.origin, "from_ms": period.from_ms}
    rest = period
    if how.resume:
        with store.read() as tx:
            done = tx.value("backfill_done", **mark)
        if done is not None and not how.again:
            rest = Period(max(period.from_ms, done - 2 * KEPT_MS), period.to_ms)
    batch: list[CallChanged] = []

    def keep() -> None:
        with store.write() as tx:
            fill(tx, batch, how.now_ms, clinic, filled)
            if how.resume and filled.now_ms:
                done_ms = min(filled.now_ms, period.to_ms, how.now_ms)
                tx.run("backfill_put", **mark, done_ms=done_ms)
        batch.clear()
        if how.progress is not None:
            how.progress(filled)

    for change in told(archive, rest, how.complain, filled):
        batch.append(change)
        if len(batch) >= _BATCH:
            keep()
    keep()
    return filled


def fill(tx: Tx, changes: Iterable[CallChanged], now_ms: int, clinic: intake.Clinic, filled: Filled) -> None:
    """Store calls as the records tell them, as far as AMI did not, and count them. The caller commits."""
    wanted = []
    for change in changes:
        filled.calls += 1
        before = tx.one("call_get", pbx=change.call.pbx, id=change.call.id)
        better = change if before is None else _better(tx, change, before, now_ms)
        if better is None:
            filled.known += 1
            continue
        wanted.append((better, before is None))
    for change, new in wanted:
        if intake.record_past(tx, [(change, now_ms)], clinic):
            filled.new += new
            filled.completed += not new
        else:
            filled.known += 1


def _better(tx: Tx, change: CallChanged, before: Row, now_ms: int) -> CallChanged | None:
    """Return what is to be stored of a call that is stored already, None when that is all there is to know."""
    call = change.call
    if before["id"] != call.id:
        return None
    if '"*"' in before["sources"]:
        return change
    if before["ended_ms"] is None and (call.ended_ms or 0) > now_ms - _STILL_GOING_MS:
        return None
    if before["sure"] and before["ended_ms"] is not None:
        return None
    return replace(change, call=completed(call, before, json.loads(before["rang"])))


def completed(call: Call, seen: Row, rang: list[str]) -> Call:
    """Return a call as its records tell it, with the facts that AMI saw put in their place.

    Args:
        call: as CEL, CDR and queue_log tell it.
        seen: the stored row, whose beginning, answer or end was not seen.
        rang: whom AMI saw ringing.
    """
    from_start, to_end = not seen["met_late"], seen["ended_ms"] is not None and seen["hung_up_by"] is not None
    kept = [*_SEEN_ON_AMI, *(_SEEN_FROM_START if from_start else ()), *(_SEEN_TO_END if to_end else ())]
    facts = {name: seen[name] for name in kept if seen[name] is not None}
    if seen["withheld"]:
        facts["caller_number"] = None
    if seen["kind"] in _SPECIAL:
        facts["kind"] = seen["kind"]
    facts |= {name: seen[name] for name in _GUESSED if getattr(call, name) is None and seen[name] is not None}
    transfers = _transfers(seen)
    if len(transfers) > len(call.transfers):
        facts["transfers"] = transfers
    if from_start and seen["answered_ms"] is not None:
        facts["ring_ms"] = seen["ring_ms"]
    whole = replace(
        call,
        **facts,
        withheld=bool(seen["withheld"]) or call.withheld,
        rang=tuple(dict.fromkeys([*(rang if from_start else []), *call.rang])),
        hold_ms=max(seen["hold_ms"], call.hold_ms),
        holds=max(seen["holds"], call.holds),
        state="ended",
        sure=True,
        met_late=False,
        version=seen["version"] + 1,
    )
    return _with_sources(_with_durations(whole, seen), call, seen)


def _transfers(seen: Row) -> tuple[Transfer, ...]:
    stored = json.loads(seen["transfers"])
    return tuple(Transfer(t["type"], t["from"], t["to"], t["at_ms"], t["answered"]) for t in stored)


def _with_durations(call: Call, seen: Row) -> Call:
    """Count anew what follows from the moments, now that all of them are known."""
    end = call.ended_ms if call.ended_ms is not None else call.started_ms
    outcome = call.outcome
    if call.answered_ms is not None:
        outcome = "answered"
    elif call.direction == "inbound" and seen["voicemail"] is not None:
        outcome = "voicemail"
    wait = call.wait_ms if outcome == "voicemail" else (call.answered_ms or end) - call.started_ms
    return replace(
        call,
        outcome=outcome,
        wait_ms=max(0, wait),
        talk_ms=max(0, end - call.answered_ms) if call.answered_ms is not None else 0,
        bridged_ms=max(seen["bridged_ms"], call.bridged_ms) if call.answered_ms is not None else 0,
    )


def _with_sources(whole: Call, call: Call, seen: Row) -> Call:
    """Note where each fact comes from that is not as AMI saw it."""
    origins = dict(call.sources)
    every = origins.get("*", "cel")
    facts = tuple((name, origins.get(name, every)) for name in _TELLABLE if getattr(whole, name) != seen[name])
    return replace(whole, sources=facts)

