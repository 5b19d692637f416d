"""Missed-call text back: a caller who was missed is told by text when the clinic will ring. Off unless switched on.

One round:
1. Read the feed from where the cursor stands: each live call younger than `max_age_minutes` that ended missed gets one
   row, due `delay_s` after its end. The first round begins at the feed's end.
2. Decide each that is due by what is known then (`decide`, pure): send, or skip for one stored reason.
3. Take, send, mark. A gateway that refuses is asked again until the text is too old; then the reason is stored.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from callbacks.hours import MINUTE_MS
from callbacks.notices import KEEP_MS, RETRY_MS
from callbacks.situation import LIVE_MS
from callbacks.text_words import by_when, compose
from notify import NotifyError
from patients.phones import masked, may_text
from store import Row, Store, Tx

PAGE = 500
AT_ONCE = 50
READER = "text_back"

log = logging.getLogger(__name__)


class Texter(Protocol):
    """What hands a text over: an SMS gateway."""

    async def text(self, number: str, text: str, key: str) -> None:
        """Hand one text over. Raises NotifyError when it was not taken."""


@dataclass(frozen=True, slots=True)
class TextRules:
    """The clinic's settings of texts, with the defaults of `[text_back]`."""

    clinic: str
    zone: ZoneInfo
    countries: tuple[str, ...]
    languages: tuple[str, ...] = ("en",)
    templates: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    delay_s: int = 120
    hours: tuple[tuple[time, time], ...] = ((time(7, 0), time(22, 0)),)
    """Local times between which texts are sent, every day."""
    daily_limit: int = 100
    max_age_minutes: int = 10


class TextBack:
    """Texts missed callers by `texter`."""

    def __init__(self, store: Store, rules: TextRules, texter: Texter) -> None:
        self._store = store
        self._rules = rules
        self._texter = texter

    async def once(self, now_ms: int) -> int:
        """Do one round; return how many texts were sent."""
        sent = 0
        for row in await asyncio.to_thread(self._collect, now_ms):
            text = await asyncio.to_thread(self._take, row, now_ms)
            if text is not None:
                sent += await self._send(row, text, now_ms)
        return sent

    def _collect(self, now_ms: int) -> list[Row]:
        with self._store.write() as tx:
            self._read_feed(tx, now_ms)
            tx.run("text_backs_forget", before_ms=now_ms - KEEP_MS)
            return self._due(tx, now_ms)

    def _read_feed(self, tx: Tx, now_ms: int) -> None:
        since = tx.value("feed_cursor_get", reader=READER)
        if since is None:
            since = tx.value("feed_last")
            tx.run("feed_cursor_put", reader=READER, feed=since)
        while rows := tx.all("feed_since", since=since, limit=PAGE):
            for row in rows:
                if row["kind"] == "call.ended" and row["live"] and row["at_ms"] >= now_ms - self._max_age_ms:
                    self._put(tx, row["ref"])
            since = rows[-1]["id"]
            tx.run("feed_cursor_put", reader=READER, feed=since)

    def _put(self, tx: Tx, ref: str) -> None:
        pbx, _, call = ref.partition(":")
        row = tx.one("call_get", pbx=pbx, id=call)
        if row is not None and row["missed"] and row["ended_ms"] is not None:
            due_ms = row["ended_ms"] + self._rules.delay_s * 1000
            tx.run("text_back_put", pbx=row["pbx"], call=row["id"], due_ms=due_ms)

    def _due(self, tx: Tx, now_ms: int, pbx: str | None = None, call: str | None = None) -> list[Row]:
        return tx.all("text_backs_due", now_ms=now_ms, stale_ms=now_ms - RETRY_MS, live_since=now_ms - LIVE_MS,
                      local_day=self._day(now_ms), pbx=pbx, call=call, limit=AT_ONCE)

    def _take(self, seen: Row, now_ms: int) -> str | None:
        """Decide a text anew in one transaction with taking it, so that no two go to one number."""
        key = {"pbx": seen["pbx"], "call": seen["call"]}
        with self._store.write() as tx:
            rows = self._due(tx, now_ms, **key)
            if not rows:
                return None
            row = rows[0]
            sent_today = int(tx.value("text_backs_of_day", local_day=self._day(now_ms)))
            reason = decide(self._rules, row, now_ms, sent_today)
            if reason is not None:
                tx.run("text_back_skip", **key, reason=reason, now_ms=now_ms)
                return None
            taken = tx.run("text_back_take", **key, now_ms=now_ms, stale_ms=now_ms - RETRY_MS,
                           local_day=self._day(now_ms))
            return self._text(tx, row, now_ms) if taken else None

    def _text(self, tx: Tx, row: Row, now_ms: int) -> str:
        rules = self._rules
        spoken = {found["language"] for found in tx.all("text_languages", number=row["party"])}
        language = spoken.pop() if len(spoken) == 1 else rules.languages[0]
        if language not in rules.languages:
            language = rules.languages[0]
        due_ms = max(row["callback_due_ms"], row["snoozed_until_ms"] or 0)
        time_ = by_when(due_ms, now_ms, rules.zone, language)
        return compose(rules.templates, language, {"clinic": rules.clinic, "time": time_, "link": rules.link})

    async def _send(self, row: Row, text: str, now_ms: int) -> int:
        key = {"pbx": row["pbx"], "call": row["call"]}
        try:
            await self._texter.text(row["party"], text, f"text_back:{row['pbx']}:{row['call']}")
        except NotifyError as error:
            log.warning("A text to %s waits: %s", masked(row["party"]), error)
            await asyncio.to_thread(self._mark, "text_back_give_back", {**key, "reason": str(error)})
            return 0
        await asyncio.to_thread(self._mark, "text_back_done", {**key, "now_ms": now_ms})
        return 1

    def _mark(self, query: str, params: Row) -> None:
        with self._store.write() as tx:
            tx.run(query, **params)

    @property
    def _max_age_ms(self) -> int:
        return self._rules.max_age_minutes * MINUTE_MS

    def _day(self, now_ms: int) -> str:
        return _local(now_ms, self._rules.zone).date().isoformat()


def decide(rules: TextRules, row: Row, now_ms: int, sent_today: int) -> str | None:
    """Return why a missed caller gets no text, or None: send it. Pure; the first reason that holds.

    `row` is what is known of the call, its caller and its callback now.
    """
    number = row["party"]
    if not row["missed"] or row["withheld"] or number is None:
        return "not missed, or no number"
    permission = may_text(number, rules.countries)
    if not permission:
        return f"not permitted: {permission.reason}"
    if row["stopped"]:
        return "on the stop list"
    if row["on_the_line"]:
        return "on the line"
    if row["answered_since"]:
        return "answered meanwhile"
    if row["callback"] is None or row["callback_state"] == "closed":
        return "no open callback"
    if row["texted_today"]:
        return "texted today"
    if sent_today >= rules.daily_limit:
        return "the day's limit is reached"
    clock = _local(now_ms, rules.zone).time()
    if not any(opens <= clock < closes for opens, closes in rules.hours):
        return "outside the hours for texts"
    if now_ms > row["at_ms"] + rules.max_age_minutes * MINUTE_MS:
        return "too old"
    return None


def _local(ms: int, zone: ZoneInfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(zone)
