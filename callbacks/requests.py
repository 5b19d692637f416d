"""Somebody asks on the web site to be rung back: a callback of kind `request`, with the clock and the end of any other.

One request, one transaction, the first reason to refuse that holds:
1. The form is switched off: a burst did it, until its time is over or an admin switches it on.
2. What was typed is no telephone number, or it may not be rung: another country, premium, satellite (the one rule for
   ringing, texting and offering), or a person marked it.
3. The number, the network or the clinic had its requests of the day.
4. This would be one of a burst: the form switches itself off, and the admin is told.

Else the callback opens; one that is open already becomes a request, and is due afresh.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from callbacks.apply import tell
from callbacks.facts import Callback
from callbacks.hours import MINUTE_MS
from callbacks.notices import TRIED_MS, Parcel, send, take, unsent
from callbacks.own_days import refresh
from callbacks.queue import reconsider
from callbacks.rules import DAY_MS, plan
from callbacks.situation import Context, expected_on
from callbacks.times import keep_times
from notify import Channel, Message
from patients.phones import e164, masked
from store import Row, Store, Tx

SWITCH = "requests"
AUTHOR = "web form"
LONGEST_NAME = 60
KEEP_REFUSED_MS = 30 * DAY_MS

Refusal = Literal["switched_off", "not_a_number", "not_permitted", "marked", "number_cap", "network_cap", "day_cap"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests are taken: the defaults of `[requests]`."""

    per_number: int = 2
    per_network: int = 10
    per_day: int = 100
    burst: int = 15
    burst_minutes: int = 10
    off_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What came with the form. `network` is a keyed hash, `consent` the text that was agreed to.

    `campaign` is where the visitor came from, `visit` the visit if one is known.
    """

    number: str
    consent: str
    language: str
    network: str = ""
    name: str = ""
    location: str = ""
    site: str = ""
    page: str = ""
    visit: int | None = None
    campaign: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The callback that was opened, or was open; until `due_ms` the clinic means to ring `number` (E.164)."""

    callback: int
    number: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nobody will ring."""

    why: Refusal


def ask_back(tx: Tx, ctx: Context, limits: Limits, wish: Wish, now_ms: int) -> Taken | Refused:
    """Take a request or refuse it; either is written down, but for what a flood would fill the store with."""
    refresh(tx, ctx.hours)
    day = ctx.hours_at(wish.location).local_day(now_ms).isoformat()
    number = e164(wish.number, ctx.region)
    why = _why_not(tx, ctx, limits, (wish, number, day), now_ms)
    if why is not None:
        if why not in ("switched_off", "network_cap"):
            _write_down(tx, wish, (day, None, why), now_ms)
        return Refused(why)
    assert number is not None
    callback = _open(tx, ctx, number, wish, now_ms)
    _write_down(tx, wish, (day, callback, ""), now_ms)
    if name := " ".join(wish.name.split())[:LONGEST_NAME]:
        tx.run("callback_comment_put", id=tx.next_id("callback_comment"), callback=callback, body=name, author=AUTHOR,
               at_ms=now_ms)
    row = tx.one("callback_get", id=callback)
    assert row is not None
    return Taken(callback, number, row["due_ms"])


def switch_on(tx: Tx, now_ms: int) -> bool:
    """Take requests again; return whether the form was switched off."""
    was_off = tx.one("door_switch_get", name=SWITCH, now_ms=now_ms) is not None
    tx.run("door_switch_off", name=SWITCH)
    return was_off


def _why_not(
    tx: Tx, ctx: Context, limits: Limits, asked: tuple[Wish, str | None, str], now_ms: int
) -> Refusal | None:
    wish, number, day = asked
    if tx.one("door_switch_get", name=SWITCH, now_ms=now_ms) is not None:
        return "switched_off"
    counts = tx.one("request_counts", day=day, number=number, network=wish.network, from_ms=now_ms - 2 * DAY_MS,
                    since=now_ms - limits.burst_minutes * MINUTE_MS)
    assert counts is not None
    if counts["of_network"] >= limits.per_network:
        return "network_cap"
    if number is None:
        return "not_a_number"
    if counts["lately"] >= limits.burst:
        why = f"{counts['lately']} requests in {limits.burst_minutes} min"
        tx.run("door_switch_put", name=SWITCH, at_ms=now_ms, until_ms=now_ms + limits.off_minutes * MINUTE_MS, why=why)
        return "switched_off"
    if ctx.barred(number) is not None:
        return "not_permitted"
    if tx.value("number_mark_kind", number=number) is not None:
        return "marked"
    if counts["of_number"] >= limits.per_number:
        return "number_cap"
    return "day_cap" if counts["of_day"] >= limits.per_day else None


def _open(tx: Tx, ctx: Context, number: str, wish: Wish, now_ms: int) -> int:
    standing = tx.one("callback_open_for", number=number, location=wish.location)
    if standing is not None:
        callback = int(standing["id"])
        tx.run("callback_ask", id=callback, now_ms=now_ms, campaign=wish.campaign)
        keep_times(tx, ctx, callback)
        if callback not in reconsider(tx, ctx, number, now_ms):
            tell(tx, "callback.changed", callback, now_ms, ctx.live)
        return callback
    callback = tx.next_id("callback")
    fresh = Callback(callback, "request", True, now_ms, 0, 0, 0, campaign=wish.campaign)
    expected = expected_on(tx, ctx, number, now_ms)
    planned = plan(ctx.rules, ctx.hours_at(wish.location), fresh, (), expected)
    tx.run(
        "callback_insert", id=callback, number=number, location=wish.location, opened_ms=now_ms, kind=planned.kind,
        due_ms=planned.due_ms, expires_ms=planned.expires_ms, priority=planned.priority,
        appointment_on=planned.appointment_on, campaign=planned.campaign, live=int(ctx.live), reason=planned.reason,
    )  # fmt: skip
    keep_times(tx, ctx, callback)
    tell(tx, "callback.opened", callback, now_ms, ctx.live)
    return callback


def _write_down(tx: Tx, wish: Wish, what: tuple[str, int | None, str], now_ms: int) -> None:
    day, callback, refused = what
    tx.run(
        "request_put", id=tx.next_id("request"), at_ms=now_ms, local_day=day, callback=callback,
        location=wish.location, network=wish.network, visit=wish.visit, campaign=wish.campaign, site=wish.site,
        page=wish.page, language=wish.language, consent=wish.consent, refused=refused,
    )  # fmt: skip


class RequestNotices:
    """Tells the desk of each request within seconds. `max_age_minutes`: an older one tells nobody."""

    def __init__(self, store: Store, ctx: Context, channels: Sequence[Channel], max_age_minutes: int = 10) -> None:
        self._store = store
        self._ctx = ctx
        self._channels = tuple(channels)
        self._max_age_ms = max_age_minutes * MINUTE_MS

    async def once(self, now_ms: int) -> int:
        """Do one round; return how many messages were sent."""
        if not await asyncio.to_thread(self._news, now_ms):
            return 0
        return await send(self._store, await asyncio.to_thread(self._take, now_ms), now_ms)

    def _news(self, now_ms: int) -> bool:
        with self._store.read() as tx:
            return bool(tx.all("requests_untold", since=now_ms - TRIED_MS))

    def _take(self, now_ms: int) -> list[Parcel]:
        parcels = []
        with self._store.write() as tx:
            tx.run("requests_forget_networks", before_ms=now_ms - 2 * DAY_MS)
            tx.run("requests_drop_refused", before_ms=now_ms - KEEP_REFUSED_MS)
            begun = unsent(tx, now_ms - TRIED_MS)
            for row in tx.all("requests_untold", since=now_ms - TRIED_MS):
                for channel in self._channels:
                    key = f"{channel.name}:request:{row['id']}"
                    # Only what is fresh is begun; what was begun is told however old it is by then.
                    if (row["at_ms"] >= now_ms - self._max_age_ms or key in begun) and take(tx, key, now_ms):
                        parcels.append(Parcel(channel, (key,), self._message(row, now_ms)))
        return parcels

    def _message(self, row: Row, now_ms: int) -> Message:
        where = f" on {row['site']}{row['page']}" if row["site"] else ""
        body = (
            f"Callback {row['callback']}: {masked(row['number'])} asked at {self._clock(row, 'at_ms')}{where}; "
            f"ring by {self._clock(row, 'due_ms')}.\n"
            f"Take it with `callward callbacks claim {row['callback']}`, or in the console.\n"
        )
        return Message(f"request:{row['id']}", "Somebody asks to be rung back", body, now_ms)

    def _clock(self, row: Row, column: str) -> str:
        zone = self._ctx.hours_at(row["location"]).zone
        moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=row[column])).astimezone(zone)
        return moment.strftime("%H:%M")
