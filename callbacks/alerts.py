"""Alerts: tells a manager or the admin, once, that the clinic cannot be reached; and once that it can again.

One round:
1. Look at the clinic (`findings`), each look one small query.
2. Begin, keep and end episodes (`callbacks.alert_episodes`): one row each, at most one open for each trouble.
3. Take and send what was not sent yet: an alert for each episode that began, an all-clear for each that ended, in
   that order. The ledger of notices sees to it that each is told once, and none is lost with the process.

The sources are what the listener stores: calls, gaps, and who is on duty in the queues. A trouble that cannot be seen
now is neither there nor gone.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from callbacks import alerts_silence, alerts_web
from callbacks.alert_episodes import Begin, End, Episode, Finding, Seen, follow
from callbacks.hours import MINUTE_MS
from callbacks.notices import TRIED_MS, Parcel, send, take
from callbacks.own_days import refresh
from callbacks.situation import LIVE_MS, Context
from notify import Channel, Message
from patients.phones import masked
from store import Row, Store, Tx

HOUR_MS = 60 * MINUTE_MS
ADMIN = frozenset(("link", *alerts_web.KINDS))
"""Kinds of trouble that are the admin's; all others are the manager's."""

WORDS = {
    "nobody": ("Nobody is on duty", "Somebody is on duty again"),
    "waiting": ("Callers are kept waiting", "Nobody is kept waiting any more"),
    "link": ("The exchange is not heard", "The exchange is heard again"),
    "number": ("A tracked number reaches no one", "The tracked number reaches people again"),
    "unanswered": ("Many calls go unanswered", "Calls are answered again"),
    **alerts_web.WORDS,
    **alerts_silence.WORDS,
}
"""What an alert and its all-clear are called, by kind."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When something is trouble: the defaults of `[alerts]`. 0 switches a look off."""

    nobody_minutes: int = 5
    queues: tuple[str, ...] = ()
    waiting_s: int = 120
    link_minutes: int = 2
    number_calls: int = 5
    unanswered_percent: int = 40
    unanswered_calls: int = 5
    clear_minutes: int = 5
    silent_times: int = 8
    overflow_percent: int = 5
    script_hours: int = 24
    coverage_points: int = 15


class Alerts:
    """Looks, and tells.

    Args:
        store: where the facts are.
        ctx: the clinic's hours.
        thresholds: when something is trouble.
        channels: who is told, by "manager" and "admin".
    """

    def __init__(
        self, store: Store, ctx: Context, thresholds: Thresholds, channels: Mapping[str, Sequence[Channel]]
    ) -> None:
        self._store = store
        self._ctx = ctx
        self._thresholds = thresholds
        self._channels = {who: tuple(ways) for who, ways in channels.items()}
        self._started_ms: int | None = None

    async def once(self, now_ms: int) -> int:
        """Do one round; return how many messages were sent."""
        sent = 0
        # An all-clear never overtakes its alert, so alerts are handed over first.
        for parcels in await asyncio.to_thread(self._round, now_ms):
            sent += await send(self._store, parcels, now_ms)
        return sent

    def _round(self, now_ms: int) -> tuple[list[Parcel], list[Parcel]]:
        # What is stored of the switch may be old until the listener has asked it anew.
        if self._started_ms is None:
            self._started_ms = now_ms
        with self._store.write() as tx:
            looked = list(findings(tx, self._ctx, self._thresholds, now_ms, self._started_ms))
            self._follow(tx, looked, now_ms)
            rows = tx.all("alert_episodes_lately", since=now_ms - TRIED_MS)
            alerts = [parcel for row in rows for parcel in self._parcels(tx, row, "alert", now_ms)]
            ended = [row for row in rows if row["ended_ms"] is not None]
            return alerts, [parcel for row in ended for parcel in self._parcels(tx, row, "clear", now_ms)]

    def _follow(self, tx: Tx, looked: Sequence[Finding], now_ms: int) -> None:
        rows = tx.all("alert_episodes_open")
        episodes = [Episode(row["id"], row["kind"], row["subject"], row["began_ms"], row["seen_ms"]) for row in rows]
        for step in follow(episodes, looked, now_ms, self._thresholds.clear_minutes * MINUTE_MS):
            match step:
                case Begin(finding):
                    tx.run("alert_begin", id=tx.next_id("alert"), kind=finding.kind, subject=finding.subject,
                           detail=finding.detail, now_ms=now_ms)
                case Seen(episode):
                    tx.run("alert_seen", id=episode, seen_ms=now_ms)
                case End(episode):
                    tx.run("alert_end", id=episode, ended_ms=now_ms)

    def _parcels(self, tx: Tx, row: Row, what: str, now_ms: int) -> Iterator[Parcel]:
        for channel in self._channels.get("admin" if row["kind"] in ADMIN else "manager", ()):
            key = f"{channel.name}:{what}:{row['id']}"
            if take(tx, key, now_ms):
                yield Parcel(channel, (key,), self._message(row, what, now_ms))

    def _message(self, row: Row, what: str, now_ms: int) -> Message:
        alert, clear = WORDS[row["kind"]]
        began = self._clock(row["began_ms"])
        if what == "alert":
            subject, body = alert, f"{row['detail']}\nSince {began}. You are told again when it is over.\n"
        else:
            subject, body = clear, f"It began at {began}: {row['detail']}\nOver since {self._clock(row['ended_ms'])}.\n"
        return Message(f"{what}:{row['id']}", subject, body, now_ms)

    def _clock(self, ms: int) -> str:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
        return moment.astimezone(self._ctx.hours_at("").zone).strftime("%Y-%m-%d %H:%M")


def findings(tx: Tx, ctx: Context, thresholds: Thresholds, now_ms: int, started_ms: int) -> Iterator[Finding]:
    """Look at everything that may be trouble. `started_ms`: what is told of the switch is fresh from soon after."""
    if thresholds.nobody_minutes and now_ms - started_ms >= thresholds.nobody_minutes * MINUTE_MS:
        yield from nobody_on_duty(tx, ctx, thresholds, now_ms)
    if thresholds.waiting_s:
        yield kept_waiting(tx, thresholds.waiting_s, now_ms)
    if thresholds.link_minutes:
        yield from links_down(tx, thresholds.link_minutes, now_ms, started_ms)
    if thresholds.number_calls:
        yield from numbers_that_reach_no_one(tx, ctx, thresholds.number_calls, now_ms)
    if thresholds.unanswered_percent:
        yield unanswered(tx, thresholds, now_ms)
    yield from alerts_silence.findings(tx, ctx, thresholds.silent_times, now_ms)
    web = alerts_web.Limits(thresholds.overflow_percent, thresholds.script_hours, thresholds.coverage_points)
    yield from alerts_web.findings(tx, ctx, web, now_ms)


def nobody_on_duty(tx: Tx, ctx: Context, thresholds: Thresholds, now_ms: int) -> Iterator[Finding]:
    """Nobody is logged in, unpaused and reachable in any queue (or in one of those named), while the clinic is open.

    It must have been open, and empty, for `nobody_minutes`. Closing time ends it: then nobody has to be there.
    """
    grace_ms = thresholds.nobody_minutes * MINUTE_MS
    refresh(tx, ctx.hours)
    hours = ctx.hours_at("")
    is_open = hours.is_open(now_ms) and hours.working_between(now_ms - grace_ms, now_ms) >= grace_ms
    rows = tx.all("alert_queues")
    if not rows:
        return
    for subject in thresholds.queues or ("",):
        here = [row for row in rows if subject in ("", row["queue"])]
        if not here:
            continue
        empty = not any(row["on_duty"] for row in here) and max(row["at_ms"] for row in here) <= now_ms - grace_ms
        where = f"queue {subject}" if subject else "any queue"
        yield Finding("nobody", subject, is_open and empty, f"No member of {where} is logged in and free to be rung.")


def kept_waiting(tx: Tx, waiting_s: int, now_ms: int) -> Finding:
    """Somebody has been offered for `waiting_s` seconds, and nobody has answered."""
    row = tx.one("alert_waiting", before_ms=now_ms - waiting_s * 1000, live_since=now_ms - LIVE_MS)
    assert row is not None
    if not row["callers"]:
        return Finding("waiting", "", False)
    minutes, seconds = divmod((now_ms - row["first_ms"]) // 1000, 60)
    who = "1 caller has" if row["callers"] == 1 else f"{row['callers']} callers have"
    detail = f"{who} waited longer than {waiting_s} s, the first for {minutes}:{seconds:02}."
    return Finding("waiting", "", True, detail)


def links_down(tx: Tx, minutes: int, now_ms: int, started_ms: int) -> Iterator[Finding]:
    """An exchange has not been heard for `minutes`, and Callward has tried for as long."""
    deaf = {row["pbx"]: row["from_ms"] for row in tx.all("alert_deaf")}
    told = {row["subject"] for row in tx.all("alert_episodes_open") if row["kind"] == "link"}
    for pbx in sorted(deaf.keys() | told):
        if pbx in deaf and now_ms - max(deaf[pbx], started_ms) < minutes * MINUTE_MS:
            continue
        detail = f'Nothing has been heard of exchange "{pbx}" for {minutes} min or more.'
        yield Finding("link", pbx, pbx in deaf, detail)


def numbers_that_reach_no_one(tx: Tx, ctx: Context, calls: int, now_ms: int) -> Iterator[Finding]:
    """The last `calls` calls to a tracked number, in opening hours, all ended without a person.

    Only calls of the last hour begin an episode; only an answered call ends one.
    """
    day = ctx.hours_at("").local_day(now_ms).isoformat()
    for number in tx.all("alert_numbers", day=day):
        last = tx.all("alert_calls_of_number", did=number["did"], limit=calls)
        if any(row["outcome"] == "answered" for row in last):
            yield Finding("number", number["did"], False)
        elif len(last) == calls and last[0]["ended_ms"] >= now_ms - HOUR_MS:
            # It is the clinic's own number, yet a message is read by whoever looks over a shoulder.
            detail = f"The last {calls} calls to {masked(number['did'])} ({number['label']}) reached nobody."
            yield Finding("number", number["did"], True, detail)


def unanswered(tx: Tx, thresholds: Thresholds, now_ms: int) -> Finding:
    """More than `unanswered_percent` of the last hour's calls in opening hours were missed, of so many at least."""
    row = tx.one("alert_last_hour", since=now_ms - HOUR_MS)
    assert row is not None
    calls, missed = row["calls"], row["missed"]
    much = calls >= max(1, thresholds.unanswered_calls) and missed * 100 > thresholds.unanswered_percent * calls
    return Finding("unanswered", "", much, f"{missed} of the last hour's {calls} calls were not answered.")
