"""Reminders: tells the clinic's people, once each, that a callback has come due or was left lying.

One round:
1. Sweep the queue: claims lapse, callbacks expire, unconfirmed talks open theirs again.
2. Find the open callbacks that came due, or have been due for `OVERDUE_MINUTES` of working time, within the last
   `max_age_minutes`; that opened live; that nobody holds; and whose caller is not on the line.
3. Take each reminder by inserting its key; who inserts it sends it. A key that was taken but not sent for `RETRY_MS`
   is free again: a process that died while sending loses no reminder.
4. Send one message for all of them, and mark them sent. What could not be sent is given back for the next round.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from callbacks.hours import MINUTE_MS
from callbacks.queue import PAGE, sweep
from callbacks.rules import DAY_MS
from callbacks.situation import LIVE_MS, Context
from notify import Channel, Message, NotifyError
from patients.phones import masked
from store import Row, Store, StoreError, Tx

OVERDUE_MINUTES = 60
"""Working minutes after which a callback that is due was left lying."""

RETRY_MS = 2 * MINUTE_MS
FORGET_DAYS = 30
LONGEST_CLOSURE_DAYS = 16
"""How long ago a callback may have come due whose first hour of working time is only now over."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reminder:
    """That one callback is due, or overdue, since `since_ms`."""

    key: str
    callback: int
    number: str
    location: str
    misses: int
    since_ms: int
    overdue: bool


class Reminders:
    """Sweeps and reminds. `max_age_minutes`: what came due longer ago sends nothing."""

    def __init__(self, store: Store, ctx: Context, channels: Sequence[Channel], max_age_minutes: int = 10) -> None:
        self._store = store
        self._ctx = ctx
        self._channels = tuple(channels)
        self._max_age_ms = max_age_minutes * MINUTE_MS

    async def run(self, clock: Callable[[], int], stop: asyncio.Event, every_s: float = 20.0) -> None:
        """Do a round now and every `every_s` seconds until `stop` is set. `clock` gives ms since the epoch.

        A store or a mail server that is away is logged, and the next round tries again.
        """
        while not stop.is_set():
            try:
                await self.once(clock())
            except StoreError as error:
                log.warning("Reminders wait: %s", error)
            try:
                await asyncio.wait_for(stop.wait(), every_s)
            except TimeoutError:
                continue

    async def once(self, now_ms: int) -> int:
        """Do one round; return how many messages were sent."""
        taken = await asyncio.to_thread(self._take, now_ms)
        sent = 0
        for channel in self._channels:
            reminders = taken.get(channel.name, [])
            if reminders:
                sent += await self._send(channel, reminders, now_ms)
        return sent

    def _take(self, now_ms: int) -> dict[str, list[Reminder]]:
        with self._store.write() as tx:
            sweep(tx, self._ctx, now_ms)
            tx.run("reminders_forget", before_ms=now_ms - FORGET_DAYS * DAY_MS)
            due = self._due(tx, now_ms)
            return {
                channel.name: [
                    reminder
                    for reminder in due
                    if tx.run(
                        "reminder_take", key=_key(channel, reminder), at_ms=now_ms, stale_ms=now_ms - RETRY_MS
                    )
                ]
                for channel in self._channels
            }

    def _due(self, tx: Tx, now_ms: int) -> list[Reminder]:
        rows = tx.all(
            "callbacks_to_remind", now_ms=now_ms, since=now_ms - LONGEST_CLOSURE_DAYS * DAY_MS,
            live_since=now_ms - LIVE_MS, limit=PAGE,
        )  # fmt: skip
        return [reminder for row in rows if (reminder := self._reminder(row, now_ms)) is not None]

    def _reminder(self, row: Row, now_ms: int) -> Reminder | None:
        due_ms = max(row["due_ms"], row["snoozed_until_ms"] or 0)
        overdue_ms = self._ctx.hours_at(row["location"]).add_working(due_ms, OVERDUE_MINUTES)
        for at_ms, overdue in ((overdue_ms, True), (due_ms, False)):
            if now_ms - self._max_age_ms <= at_ms <= now_ms:
                key = f"{'overdue' if overdue else 'due'}:{row['id']}:{due_ms}"
                return Reminder(key, row["id"], row["number"], row["location"], row["misses"], due_ms, overdue)
        return None

    async def _send(self, channel: Channel, reminders: list[Reminder], now_ms: int) -> int:
        message = self._message(reminders, now_ms)
        try:
            await channel.send(message)
        except NotifyError as error:
            log.warning("%s reminders wait: %s", len(reminders), error)
            await asyncio.to_thread(self._mark, "reminder_give_back", channel, reminders, {})
            return 0
        await asyncio.to_thread(self._mark, "reminder_done", channel, reminders, {"sent_ms": now_ms})
        return 1

    def _mark(self, query: str, channel: Channel, reminders: list[Reminder], params: dict[str, int]) -> None:
        with self._store.write() as tx:
            for reminder in reminders:
                tx.run(query, key=_key(channel, reminder), **params)

    def _message(self, reminders: list[Reminder], now_ms: int) -> Message:
        count = len(reminders)
        subject = f"A callback is {_what(reminders[0])}" if count == 1 else f"{count} callbacks are due"
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


def _what(reminder: Reminder) -> str:
    return "overdue" if reminder.overdue else "due"


def _key(channel: Channel, reminder: Reminder) -> str:
    return f"{channel.name}:{reminder.key}"
