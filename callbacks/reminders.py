"""Reminders: tells the clinic's people, once each, that a callback has come due or was left lying.

One round:
1. Sweep the queue: claims lapse, callbacks expire, unconfirmed talks open theirs again.
2. Find the open callbacks that opened live, that nobody holds and whose caller is not on the line; and for each the
   levels whose moment came within the last `max_age_minutes`: the first when it is due, each further one so many
   working minutes later, to other people.
3. Take each reminder by inserting its key; who inserts it sends it. A reminder that was taken and not marked is told
   for a day, however old it is by then: a process that died while sending loses none.
4. Send each level one message by each of its channels, and mark what was sent. The rest is tried in the next round.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from callbacks.hours import MINUTE_MS
from callbacks.notices import TRIED_MS, Parcel, forget, send, take, unsent
from callbacks.own_days import refresh
from callbacks.queue import PAGE, sweep
from callbacks.rules import DAY_MS
from callbacks.situation import LIVE_MS, Context
from notify import Channel, Message
from patients.phones import masked
from store import Row, Store, Tx

OVERDUE_MINUTES = 60
"""Working minutes after which a callback that is due was left lying, unless the settings name other levels."""

LONGEST_CLOSURE_DAYS = 16
"""How long ago a callback may have come due whose last level of working time is only now reached."""


@dataclass(frozen=True, slots=True)
class Level:
    """Who is told, `after_minutes` of working time after a callback came due."""

    after_minutes: int
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Reminder:
    """That one callback is due since `since_ms`, and has reached a level."""

    key: str
    callback: int
    number: str
    location: str
    misses: int
    since_ms: int
    after_minutes: int


def usual_levels(channels: Sequence[Channel]) -> tuple[Level, ...]:
    """Return the levels of a clinic that names none: the same people, when it is due and an hour later."""
    return (Level(0, tuple(channels)), Level(OVERDUE_MINUTES, tuple(channels)))


class Reminders:
    """Sweeps and reminds. `max_age_minutes`: what came due longer ago sends nothing."""

    def __init__(self, store: Store, ctx: Context, levels: Sequence[Level], max_age_minutes: int = 10) -> None:
        self._store = store
        self._ctx = ctx
        self._levels = tuple(levels)
        self._max_age_ms = max_age_minutes * MINUTE_MS

    async def once(self, now_ms: int) -> int:
        """Do one round; return how many messages were sent."""
        return await send(self._store, await asyncio.to_thread(self._take, now_ms), now_ms)

    def _take(self, now_ms: int) -> list[Parcel]:
        parcels = []
        with self._store.write() as tx:
            sweep(tx, self._ctx, now_ms)
            forget(tx, now_ms)
            begun = unsent(tx, now_ms - TRIED_MS)
            rows = self._due(tx, now_ms)
            for level in self._levels:
                moments = [(row, self._moment(row, level)) for row in rows]
                for channel in level.channels:
                    told = [
                        reminder for row, at_ms in moments if at_ms <= now_ms
                        for reminder in [_reminder(row, level)]
                        if (at_ms >= now_ms - self._max_age_ms or _key(channel, reminder) in begun)
                        and take(tx, _key(channel, reminder), now_ms)
                    ]  # fmt: skip
                    if told:
                        keys = tuple(_key(channel, reminder) for reminder in told)
                        parcels.append(Parcel(channel, keys, self._message(told, now_ms)))
        return parcels

    def _due(self, tx: Tx, now_ms: int) -> list[Row]:
        refresh(tx, self._ctx.hours)
        return tx.all(
            "callbacks_to_remind", now_ms=now_ms, since=now_ms - LONGEST_CLOSURE_DAYS * DAY_MS,
            live_since=now_ms - LIVE_MS, limit=PAGE,
        )  # fmt: skip

    def _moment(self, row: Row, level: Level) -> int:
        """Return when a callback reaches a level."""
        if level.after_minutes == 0:
            return _due_ms(row)
        return self._ctx.hours_at(row["location"]).add_working(_due_ms(row), level.after_minutes)

    def _message(self, reminders: list[Reminder], now_ms: int) -> Message:
        count = len(reminders)
        what = _what(reminders[0])
        subject = f"A callback is {what}" if count == 1 else f"{count} callbacks are {what}"
        lines = [self._line(reminder) for reminder in reminders]
        hint = "Take one with `callward callbacks claim ID`; `callward callbacks list` shows all."
        body = "\n".join([*lines, "", hint])
        return Message(";".join(reminder.key for reminder in reminders), subject, body + "\n", now_ms)

    def _line(self, reminder: Reminder) -> str:
        zone = self._ctx.hours_at(reminder.location).zone
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=reminder.since_ms)
        since = moment.astimezone(zone).strftime("%H:%M")
        missed = f", missed ×{reminder.misses}" if reminder.misses > 1 else ""
        return f"Callback {reminder.callback}: {masked(reminder.number)}{missed}, {_what(reminder)} since {since}"


def _due_ms(row: Row) -> int:
    return int(max(row["due_ms"], row["snoozed_until_ms"] or 0))


def _reminder(row: Row, level: Level) -> Reminder:
    due_ms = _due_ms(row)
    word = f"overdue+{level.after_minutes}" if level.after_minutes else "due"
    key = f"{word}:{row['id']}:{due_ms}"
    return Reminder(key, row["id"], row["number"], row["location"], row["misses"], due_ms, level.after_minutes)


def _what(reminder: Reminder) -> str:
    return "overdue" if reminder.after_minutes else "due"


def _key(channel: Channel, reminder: Reminder) -> str:
    return f"{channel.name}:{reminder.key}"
