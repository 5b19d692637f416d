"""The morning summary: once a day, at opening time, how the queue stands and what became of those who were missed.

1. The day is the clinic's local day; a day on which it is closed has no summary. A clinic that never closes is told at
   `ROUND_THE_CLOCK`.
2. From opening time on, for `LATEST_MS`, the summary of the day is taken by its key, sent, and marked. A process that
   starts later in the day sends none: it would not be a morning's.
3. "Since" is the start of the last working day before: on Monday the summary tells of Friday to Sunday.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from callbacks.hours import HORIZON_DAYS, MINUTE_MS, Hours
from callbacks.notices import Parcel, send, take
from callbacks.own_days import refresh
from callbacks.situation import Context
from notify import Channel, Message
from store import Row, Store

LATEST_MS = 3 * 60 * MINUTE_MS
ROUND_THE_CLOCK = time(8, 0)


class Summary:
    """Sends the summary to `channels`."""

    def __init__(self, store: Store, ctx: Context, channels: Sequence[Channel]) -> None:
        self._store = store
        self._ctx = ctx
        self._hours = ctx.hours_at("")
        self._channels = tuple(channels)

    async def once(self, now_ms: int) -> int:
        """Send today's summary if it is time; return how many messages were sent."""
        await asyncio.to_thread(self._refresh)
        opens_ms = opening(self._hours, self._hours.local_day(now_ms))
        if opens_ms is None or not opens_ms <= now_ms < opens_ms + LATEST_MS:
            return 0
        return await send(self._store, await asyncio.to_thread(self._take, now_ms), now_ms)

    def _refresh(self) -> None:
        with self._store.read() as tx:
            refresh(tx, self._ctx.hours)

    def _take(self, now_ms: int) -> list[Parcel]:
        today = self._hours.local_day(now_ms)
        since = last_working_day(self._hours, today)
        with self._store.write() as tx:
            taken = [
                (channel, key) for channel in self._channels
                if take(tx, key := f"{channel.name}:summary:{today}", now_ms)
            ]  # fmt: skip
            if not taken:
                return []
            queue = tx.one("summary_open", now_ms=now_ms)
            missed = tx.one("summary_missed", from_ms=self._hours.start_of_day(since),
                            to_ms=self._hours.start_of_day(today))
        assert queue is not None
        assert missed is not None
        message = self._message(today, since, (queue, missed), now_ms)
        return [Parcel(channel, (key,), message) for channel, key in taken]

    def _message(self, today: date, since: date, found: tuple[Row, Row], now_ms: int) -> Message:
        queue, missed = found
        lines = [f"Open callbacks: {queue['open']}, of them overdue: {queue['overdue']}."]
        if queue["oldest_ms"] is not None:
            oldest = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=queue["oldest_ms"])
            lines.append(f"The oldest has waited since {oldest.astimezone(self._hours.zone):%Y-%m-%d %H:%M}.")
        when = "Yesterday" if since == today - timedelta(days=1) else f"Since {since}"
        lines.append(
            f"{when}: {missed['missed']} missed calls, {missed['recovered']} of them recovered, "
            f"{missed['withheld']} from withheld numbers."
        )
        lines += ["", "`callward callbacks list` shows whom to ring first."]
        subject = f"Callbacks on {today}: {queue['open']} open"
        return Message(f"summary:{today}", subject, "\n".join(lines) + "\n", now_ms)


def opening(hours: Hours, day: date) -> int | None:
    """Return when a day opens; None when it is closed all day."""
    intervals = hours.intervals(day)
    if not intervals:
        return None
    opens = intervals[0][0]
    if opens == hours.start_of_day(day):
        moment = datetime.combine(day, ROUND_THE_CLOCK, hours.zone)
        return (moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return opens


def last_working_day(hours: Hours, day: date) -> date:
    """Return the last day before `day` that works; the day before it if there is none."""
    for back in range(1, HORIZON_DAYS):
        before = day - timedelta(days=back)
        if hours.intervals(before):
            return before
    return day - timedelta(days=1)
