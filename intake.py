"""Intake: one changed call, one transaction, a visible list of steps.

    save the call, its legs, talks and waits → who rings (patients) → which campaign (attribution)
    → callback rule → roll-ups → feed row

Used by the listener, replay, backfill and the demo alike: whatever way a call comes in, this is how it is stored.
Effects follow only if a fact changed, so a journal that is folded again changes nothing.
"""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from callbacks.marks import excluded
from callbacks.own_days import refresh
from callbacks.queue import on_call
from callbacks.situation import Context
from pbx.calls import Call, CallChanged
from store import Row, Tx, callback_sums, rollups
from store.engine import storable
from store.merge import merge_calls
from tracking.attribute import attribute
from tracking.leasing import Terms
from tracking.numbers import assignment_on
from tracking.visitors import called

_DAY_MS = 86_400_000
_MISSED = frozenset(("voicemail", "abandoned", "no_answer", "busy", "failed"))
_FEED_IGNORES = frozenset(("version",))
"""Columns whose change alone is not news."""
_KEPT_WHEN_RESUMED = ("direction", "kind", "caller_number", "caller_raw", "caller_name", "withheld", "did", "did_raw",
                      "destination", "destination_raw", "presented_number", "extension", "entry", "queue", "offered_ms",
                      "answered_by", "answered_ms", "recording", "voicemail", "consultation_of", "click_id")


@dataclass(frozen=True, slots=True)
class Clinic:
    """What the clinic's settings say to intake."""

    zone: ZoneInfo
    callbacks: Context
    menu_ms: int = 10_000
    """Who listened to a menu for so long and left is a missed call, even when the clinic is open."""
    first_time_days: int = 365
    """Who has not rung, and was not rung, for so many days is a first-time caller; 0 looks back for ever."""
    returning_days: int = 0
    """A caller of no campaign belongs to that of the last attributed call within so many days; 0 is never."""
    visitors: Terms = field(default_factory=Terms)
    """How numbers are lent to visitors of the web site."""


@dataclass(slots=True)
class Work:
    """One call on its way through the steps."""

    tx: Tx
    call: Call
    now_ms: int
    live: bool
    clinic: Clinic
    row: Row = field(default_factory=dict)
    before: Row | None = None
    campaign: int | None = None
    gone: list[Row] = field(default_factory=list)
    """Calls that turned out to be this one."""
    callbacks: list[int] = field(default_factory=list)
    counted: "Counted" = field(default_factory=lambda: Counted())

    @property
    def key(self) -> Row:
        """Return the call's key, as most queries want it."""
        return {"pbx": self.call.pbx, "call": self.call.id}


@dataclass(slots=True)
class Counted:
    """What changed calls counted for before and count for now, in the roll-ups."""

    before: list[rollups.Cells] = field(default_factory=list)
    after: list[rollups.Cells] = field(default_factory=list)

    def write(self, tx: Tx) -> None:
        """Write the difference, and begin anew."""
        rollups.apply(tx, rollups.total(self.before), rollups.total(self.after))
        self.before.clear()
        self.after.clear()


def record(tx: Tx, change: CallChanged, now_ms: int, clinic: Clinic, *, live: bool) -> bool:
    """Store one changed call and what follows from it. Return False if nothing was new.

    Args:
        tx: the transaction; the caller commits.
        change: what the tracker says.
        now_ms: the time that the callback rules go by.
        clinic: the settings.
        live: False for replay, backfill and corrections: nothing is sent for what they bring.
    """
    work = Work(tx, change.call, now_ms, live, clinic)
    news = _record(work, change.merged)
    work.counted.write(tx)
    return news


def record_past(tx: Tx, changes: Iterable[tuple[CallChanged, int]], clinic: Clinic) -> int:
    """Store many changed calls, each with the `now` of its callback rules; return how many were news.

    As `record` for each with nothing sent, but the roll-ups are written once at the end.
    """
    counted, news = Counted(), 0
    for change, now_ms in changes:
        if change.merged:
            counted.write(tx)  # a merge changes the roll-ups too, and must find them whole
        news += _record(Work(tx, change.call, now_ms, False, clinic, counted=counted), change.merged)
    counted.write(tx)
    return news


def _record(work: Work, merged: Iterable[str]) -> bool:
    tx, call = work.tx, work.call
    younger_rows = (tx.one("call_get", pbx=call.pbx, id=younger) for younger in merged)
    work.gone = [row for row in younger_rows if row is not None and row["id"] != call.id]
    joined = [younger for younger in merged if merge_calls(tx, call.pbx, younger, call.id)]
    work.before = tx.one("call_get", pbx=call.pbx, id=call.id)
    if work.before is not None and work.before["id"] != call.id:
        return False  # folded again from before it merged: the older call has it all
    work.row = _row(work)
    if work.before is not None and not _may_replace(work):
        if joined:
            tell_feed(work)
        return bool(joined)
    if work.before is not None and not joined and not _news(work.before, work.row):
        return False
    for step in STEPS:
        step(work)
    return True


def _may_replace(work: Work) -> bool:
    """Say whether this telling may replace the stored one.

    Never by an older one. A telling that did not see the call begin knows less than one that did: it replaces nothing
    that is over, and adds only the end to what is open. What AMI saw whole replaces what only other records told of,
    and never the other way.
    """
    before, row = work.before, work.row
    assert before is not None
    if _backfilled(before) != _backfilled(row):
        whole = row["ended_ms"] is not None and row["sure"] and not row["met_late"]
        return _backfilled(before) and bool(whole)
    if row["version"] < before["version"]:
        return False
    if work.call.met_late and not before["met_late"]:
        if before["ended_ms"] is not None:
            return False
        _resume(before, row)
    return True


def _backfilled(row: Row) -> bool:
    """Say whether nothing of a call was seen on AMI."""
    return "*" in json.loads(row["sources"])


def _resume(before: Row, row: Row) -> None:
    """Keep what was certain of a call that is now seen again after its beginning was lost sight of."""
    for column in _KEPT_WHEN_RESUMED:
        if before[column] is not None:
            row[column] = before[column]
    row["started_ms"] = min(before["started_ms"], row["started_ms"])
    row["met_late"] = before["met_late"]
    for column in ("wait_ms", "ring_ms", "bridged_ms", "hold_ms", "holds"):
        row[column] = max(before[column], row[column])
    if before["answered_ms"] is not None and row["ended_ms"] is not None:
        row["talk_ms"] = row["ended_ms"] - before["answered_ms"]
        row["outcome"] = "answered"
    for column in ("local_day", "local_hour", "local_weekday", "first_time", "in_hours", "location", "party"):
        row[column] = before[column]


def _news(before: Row, row: Row) -> bool:
    return any(before[column] != value for column, value in row.items() if column not in _FEED_IGNORES)


def _row(work: Work) -> Row:
    """Return the row of table `call`: the call's own facts, and those that only the clinic can tell."""
    call = work.call
    local = datetime.fromtimestamp(call.started_ms / 1000, UTC).astimezone(work.clinic.zone)
    day = local.date().isoformat()
    party = call.party if call.kind == "patient" else None
    location = _location(work, day)
    refresh(work.tx, work.clinic.callbacks.hours)
    in_hours = work.clinic.callbacks.hours_at(location).is_open(call.started_ms)
    row = {name: getattr(call, name) for name in _PLAIN}
    for other in ("consultation_of", "joined_with"):
        if row[other] is not None:
            found = work.tx.value("call_alias_of", pbx=call.pbx, alias=row[other]) or row[other]
            row[other] = found if found != call.id else None
    row.update(
        linkedids=json.dumps(call.linkedids),
        rang=json.dumps(call.rang),
        transfers=json.dumps([
            {"type": t.type, "from": t.from_, "to": t.to, "at_ms": t.at_ms, "answered": t.answered}
            for t in call.transfers
        ]),
        withheld=int(call.withheld),
        lost_after_answer=int(call.lost_after_answer),
        sure=int(call.sure),
        met_late=int(call.met_late),
        location=location,
        party=party,
        in_hours=int(in_hours),
        missed=int(_is_missed(work, in_hours)),
        first_time=int(_is_first_time(work, party)),
        local_day=day,
        local_hour=local.hour,
        local_weekday=local.weekday(),
        sources=json.dumps(dict(call.sources)),
    )
    return storable(row)


_PLAIN = ("pbx", "id", "version", "direction", "kind", "state", "caller_number", "caller_raw", "caller_name", "did",
          "did_raw", "destination", "destination_raw", "presented_number", "extension", "entry", "queue",
          "answered_by", "final_agent", "outcome", "started_ms", "offered_ms", "answered_ms", "ended_ms", "wait_ms",
          "ring_ms", "talk_ms", "bridged_ms", "hold_ms", "holds", "hung_up_by", "recording", "voicemail",
          "consultation_of", "joined_with", "click_id")


def _location(work: Work, day: str) -> str:
    """Return the site that a call came in at: that of the number dialled. "" when there is none to tell."""
    if work.call.did is None:
        return ""
    assignment = assignment_on(work.tx, work.call.did, day)
    return str(assignment["location"]) if assignment is not None else ""


def _is_missed(work: Work, in_hours: bool) -> bool:
    """Say whether an inbound patient's call ended without a person: one per call, never per extension.

    Leaving a menu counts when the clinic was closed, or when the caller had listened for `menu_ms`.
    """
    call = work.call
    if call.direction != "inbound" or call.kind != "patient" or call.ended_ms is None:
        return False
    if call.outcome == "left_menu":
        return not in_hours or call.wait_ms >= work.clinic.menu_ms
    return call.outcome in _MISSED


def _is_first_time(work: Work, party: str | None) -> bool:
    """Say whether no call from or to this number is known in the look-back before this one."""
    call = work.call
    if party is None or call.direction != "inbound":
        return False
    return _is_first(work.tx, {"party": party, "started_ms": call.started_ms, "pbx": call.pbx, "id": call.id},
                     work.clinic)  # fmt: skip


def _is_first(tx: Tx, row: Row, clinic: Clinic) -> bool:
    since = row["started_ms"] - clinic.first_time_days * _DAY_MS if clinic.first_time_days else 0
    key = {"party": row["party"], "pbx": row["pbx"], "id": row["id"]}
    return tx.value("party_called_before", **key, from_ms=since, before_ms=row["started_ms"]) is None


# -- the steps ---------------------------------------------------------------------------------------------------------


def save_call(work: Work) -> None:
    """Store the call itself, and note what it counted for before."""
    if work.before is not None:
        work.counted.before.append(rollups.stored(work.tx, work.call.pbx, work.call.id))
    work.tx.run("call_put", **work.row)


def save_parts(work: Work) -> None:
    """Store its legs, talks and waits anew. A leg that was another call's shows that the two are one."""
    tx, key, call = work.tx, work.key, work.call
    if work.before is not None:
        for part in ("legs", "talks", "waits"):
            tx.run(f"{part}_clear", **key)
    tx.many("legs_put", [
        {**key, "uniqueid": leg.uniqueid, "linkedid": leg.linkedid, "channel": leg.channel, "role": leg.role,
         "number": leg.number, "started_ms": leg.started_ms, "answered_ms": leg.answered_ms, "ended_ms": leg.ended_ms,
         "cause": leg.cause, "ring_ms": leg.ring_ms}
        for leg in call.legs
    ])
    tx.many("talks_put", [
        {**key, "n": n, "who": talk.who, "started_ms": talk.started_ms, "ended_ms": talk.ended_ms}
        for n, talk in enumerate(call.talks)
    ])
    tx.many("waits_put", [
        {**key, "n": n, "queue": wait.queue, "started_ms": wait.started_ms, "ended_ms": wait.ended_ms,
         "departed": wait.left}
        for n, wait in enumerate(call.waits)
    ])


def link_patients(work: Work) -> None:
    """Note every patient who has this number; which of them rang, a person says."""
    if work.before is not None and work.before["party"] == work.row["party"]:
        return
    if work.before is not None:
        work.tx.run("call_patients_clear", **work.key)
    if work.row["party"] is not None:
        work.tx.run("call_patients_link", **work.key, number=work.row["party"])


def attribute_call(work: Work) -> None:
    """Join the call to a campaign, with the evidence."""
    if work.call.kind == "patient":
        days = work.clinic.returning_days
        decision = attribute(work.tx, work.row, now_ms=work.now_ms, returning_days=days)
        work.campaign = decision.campaign_id
        if decision.rule == "visitor" and work.call.did is not None:
            called(work.tx, work.call.did, work.call.started_ms, work.clinic.visitors)
    elif work.before is not None and work.before["kind"] == "patient":
        work.tx.run("attribution_drop", **work.key)


def leave_out(work: Work) -> None:
    """Note why the call is in no figure, if a person marked it, its number, or numbers like it."""
    kind = excluded(work.tx, work.row) or ""
    if kind != (work.before["excluded"] if work.before is not None else ""):
        work.tx.run("call_exclude", pbx=work.call.pbx, id=work.call.id, excluded=kind)
    work.row["excluded"] = kind


def follow_callbacks(work: Work) -> None:
    """Open, add to, or close the callback of this number."""
    if work.call.kind == "patient" or work.before is not None:
        work.callbacks = on_call(work.tx, work.row, work.clinic.callbacks, work.now_ms)


def roll_up(work: Work) -> None:
    """Count the call where it belongs, and no longer where it belonged before, and say who is lost now."""
    if work.row["ended_ms"] is None:
        return
    work.counted.after.append(rollups.stored(work.tx, work.call.pbx, work.call.id))
    parties = {work.row["party"]} | ({work.before["party"]} if work.before is not None else set())
    if work.row["party"] is None and parties != {None}:
        work.tx.run("lost_call_drop", **work.key)
    callback_sums.settle_lost(work.tx, parties)


def settle_later(work: Work) -> None:
    """Say anew what later calls of the number go by: whether they are the first, and whose callers return.

    Calls do not always come in their order (a backfill, a replay, a merge), and what is stored must be the same.
    """
    now, before = work.row, work.before
    moved = before is None or bool(work.gone) or any(before[name] != now[name] for name in _SETTLES)
    if not moved and not work.callbacks:
        return
    rows = [row for row in (*work.gone, now, before) if row is not None and row["party"] is not None]
    for party in sorted({row["party"] for row in rows}):
        moments = {row["started_ms"] for row in rows if row["party"] == party}
        if moved:
            for moment in sorted(moments):
                _settle_first(work, party, moment)
        if work.callbacks or work.clinic.returning_days:
            _settle_campaigns(work, party, min(moments))


_SETTLES = ("party", "kind", "direction", "started_ms")
"""Facts of a call that later calls of its number go by."""
_SETTLED_DAYS = 30
"""A callback, and what returns to it, is over by then."""
_SETTLED_CALLS = 200


def _settle_first(work: Work, party: str, moment_ms: int) -> None:
    """Say anew whether the next call of a number is its first: those after it have that one before them."""
    tx, clinic = work.tx, work.clinic
    until_ms = moment_ms + (clinic.first_time_days or 36_500) * _DAY_MS
    for row in tx.all("party_calls_next", party=party, after_ms=moment_ms, until_ms=until_ms):
        first = int(row["direction"] == "inbound" and _is_first(tx, row, clinic))
        if first != row["first_time"]:
            work.counted.before.append(rollups.stored(tx, row["pbx"], row["id"]))
            tx.run("call_first_time", pbx=row["pbx"], id=row["id"], first_time=first)
            work.counted.after.append(rollups.stored(tx, row["pbx"], row["id"]))


def _settle_campaigns(work: Work, party: str, since_ms: int) -> None:
    """Decide again what callbacks and returns hand on from call to call."""
    tx, days = work.tx, work.clinic.returning_days
    until_ms = since_ms + max(days, _SETTLED_DAYS) * _DAY_MS
    later = {"party": party, "after_ms": since_ms, "until_ms": until_ms, "limit": _SETTLED_CALLS}
    for row in tx.all("party_calls_after", **later):
        key = {"pbx": row["pbx"], "call": row["id"]}
        told, cells = tx.one("attribution_get", **key), rollups.stored(tx, row["pbx"], row["id"])
        decision = attribute(tx, row, now_ms=work.now_ms, returning_days=days)
        visit = tx.value("attribution_visit", **key)
        if told is None or (told["campaign"], told["visit"]) != (decision.campaign_id, visit):
            work.counted.before.append(cells)
            work.counted.after.append(rollups.stored(tx, row["pbx"], row["id"]))
            callback_sums.settle_call(tx, row["pbx"], row["id"])


def tell_feed(work: Work) -> None:
    """Say that the call changed, to whoever follows the feed. Nothing personal is in it."""
    at_ms = work.call.version // 1000
    work.tx.run("feed_append", id=work.tx.next_id("feed"), at_ms=at_ms, kind=f"call.{work.call.state}",
                ref=work.call.ref, live=int(work.live))


STEPS: tuple[Callable[[Work], None], ...] = (
    save_call,
    save_parts,
    link_patients,
    attribute_call,
    leave_out,
    follow_callbacks,
    roll_up,
    settle_later,
    tell_feed,
)


def end_forgotten(tx: Tx, pbx: str, living: Collection[str], clinic: Clinic, at_us: int) -> int:
    """End stored calls that nobody follows any more: at `at_us` the switch did not have them, and the journal is gone.

    A call of which more was heard since then lives. The end of the others was not seen: outcome `unknown` unless
    somebody had answered, never `sure`. Return how many.
    """
    ended, now_ms = 0, at_us // 1000
    for row in tx.all("calls_open", pbx=pbx):
        if row["id"] in living or row["version"] > at_us:
            continue
        last_ms = max(row["version"] // 1000, row["started_ms"])
        row.update(state="ended", ended_ms=last_ms, sure=0,
                   outcome="answered" if row["answered_ms"] is not None else "unknown")
        if row["answered_ms"] is not None:
            row["talk_ms"] = last_ms - row["answered_ms"]
        cells = rollups.stored(tx, pbx, row["id"])
        tx.run("call_put", **row)
        on_call(tx, row, clinic.callbacks, now_ms)
        rollups.apply(tx, cells, rollups.stored(tx, pbx, row["id"]))
        callback_sums.settle_lost(tx, (row["party"],))
        tx.run("feed_append", id=tx.next_id("feed"), at_ms=now_ms, kind="call.ended", ref=f"{pbx}:{row['id']}", live=0)
        ended += 1
    return ended

