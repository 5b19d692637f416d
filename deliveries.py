"""Deliveries: the feed, told to the clinic's webhooks.

One round of one webhook:
1. Read the feed from where this webhook's cursor stands. A webhook that is new begins at the feed's end: the past is
   not told. Of live rows younger than `max_age_minutes` those it asked for become deliveries; the cursor moves in the
   same transaction, and a row of the feed has one delivery at most.
2. Take what is due, one by one: a conditional update counts the try and puts the next one off, so that two processes
   send once and a process that dies while sending leaves it to be sent again, under the same delivery id.
3. Build the body from what is stored now, sign and post it. Mark it sent; or put it off, longer each time; or, after
   the last try, mark it dead. After a failure the rest waits for the next round: the receiver is likely away.

Events of a call: `call.ringing`, `call.answered` and `call.ended` once each, `call.changed` for everything between and
after. Events of a callback are those of the feed: `callback.opened`, `callback.closed` and so on.
"""

import asyncio
import json
import logging
from typing import Any
from uuid import uuid4

from notify import NotifyError
from notify.backoff import MINUTE_MS, next_try
from notify.webhook import Webhook
from store import Row, Store, Tx
from store.documents import call_documents, callback_documents, iso

PAGE = 500
AT_ONCE = 50
LEASE_MS = 2 * MINUTE_MS
KEEP_MS = 30 * 24 * 60 * MINUTE_MS

ONCE = {"call.ringing": "call.ringing", "call.talking": "call.answered", "call.ended": "call.ended"}
CHANGED = "call.changed"
EVENTS = (*ONCE.values(), CHANGED, "callback.opened", "callback.closed", "callback.reopened", "callback.missed",
          "callback.attempted", "callback.changed", "callback.claimed", "callback.released")
"""What a webhook may ask for; the feed may bring further events of callbacks."""

CALL_FIELDS = (
    "id", "pbx", "direction", "kind", "did", "location", "entry", "queue", "queues", "rang", "answered_by",
    "final_agent", "outcome", "missed", "in_hours", "first_time", "withheld", "lost_after_answer", "started_at",
    "offered_at", "answered_at", "ended_at", "wait_s", "ring_s", "talk_s", "bridged_s", "hold_s", "hung_up_by", "sure",
    "campaign", "topic",
)
CALLBACK_FIELDS = (
    "id", "kind", "state", "opened_at", "due_at", "priority", "missed_calls", "closed_at", "closed_why",
    "closed_by_call", "location", "campaign", "snoozed_until",
)
"""What every webhook may see. Names, comments and recordings are in neither list: a receiver that may have them looks
them up by id."""

log = logging.getLogger(__name__)


class Deliveries:
    """Delivers to one webhook."""

    def __init__(self, store: Store, webhook: Webhook, max_age_minutes: int = 10) -> None:
        self._store = store
        self._webhook = webhook
        self._max_age_ms = max_age_minutes * MINUTE_MS

    async def once(self, now_ms: int) -> int:
        """Do one round; return how many were delivered."""
        if not await asyncio.to_thread(self._anything, now_ms):
            return 0
        due = await asyncio.to_thread(self._collect, now_ms)
        sent = 0
        for delivery in due:
            body = await asyncio.to_thread(self._take, delivery, now_ms)
            if body is None:
                continue
            try:
                await self._webhook.post(delivery["id"], body, now_ms)
            except NotifyError as error:
                log.warning("Delivery %s waits: %s", delivery["id"], error)
                await asyncio.to_thread(self._failed, delivery, str(error), now_ms)
                break
            await asyncio.to_thread(self._sent, delivery, now_ms)
            sent += 1
        return sent

    def _anything(self, now_ms: int) -> bool:
        """Say whether there is something to do: most rounds find nothing, and must not hold up who writes calls."""
        with self._store.read() as tx:
            since = tx.value("feed_cursor_get", reader=f"webhook:{self._webhook.name}")
            due = tx.all("deliveries_due", webhook=self._webhook.name, now_ms=now_ms, limit=1)
            return since is None or bool(due) or bool(tx.value("feed_last") > since)

    def _collect(self, now_ms: int) -> list[Row]:
        name = self._webhook.name
        with self._store.write() as tx:
            since = tx.value("feed_cursor_get", reader=f"webhook:{name}")
            if since is None:
                since = tx.value("feed_last")
                tx.run("feed_cursor_put", reader=f"webhook:{name}", feed=since)
            while rows := tx.all("feed_since", since=since, limit=PAGE):
                for row in rows:
                    if row["live"] and row["at_ms"] >= now_ms - self._max_age_ms:
                        self._put(tx, row, now_ms)
                since = rows[-1]["id"]
                tx.run("feed_cursor_put", reader=f"webhook:{name}", feed=since)
            tx.run("deliveries_forget", before_ms=now_ms - KEEP_MS)
            return tx.all("deliveries_due", webhook=name, now_ms=now_ms, limit=AT_ONCE)

    def _put(self, tx: Tx, row: Row, now_ms: int) -> None:
        name, event = self._webhook.name, row["kind"]
        if event.startswith("call."):
            event = ONCE.get(event, CHANGED)
            if event != CHANGED and tx.value("delivery_told_of", webhook=name, ref=row["ref"], event=event):
                event = CHANGED
        if self._webhook.wants(event):
            tx.run("delivery_put", id=uuid4().hex, webhook=name, feed=row["id"], event=event, ref=row["ref"],
                   at_ms=row["at_ms"], now_ms=now_ms)

    def _take(self, delivery: Row, now_ms: int) -> bytes | None:
        with self._store.write() as tx:
            taken = tx.run("delivery_take", id=delivery["id"], now_ms=now_ms, until_ms=now_ms + LEASE_MS)
            return body(tx, delivery, numbers=self._webhook.numbers) if taken else None

    def _sent(self, delivery: Row, now_ms: int) -> None:
        with self._store.write() as tx:
            tx.run("delivery_sent", id=delivery["id"], now_ms=now_ms)

    def _failed(self, delivery: Row, error: str, now_ms: int) -> None:
        next_ms = next_try(delivery["tries"] + 1, now_ms)
        with self._store.write() as tx:
            if next_ms is None:
                tx.run("delivery_dead", id=delivery["id"], now_ms=now_ms, error=error)
            else:
                tx.run("delivery_failed", id=delivery["id"], next_ms=next_ms, error=error)


def body(tx: Tx, delivery: Row, *, numbers: bool) -> bytes:
    """Return what a delivery says, as JSON: the event, and the call or callback as it is stored now (null if gone)."""
    what, _, _ = delivery["event"].partition(".")
    ref = delivery["ref"]
    document: dict[str, Any] = {
        "delivery": delivery["id"], "event": delivery["event"], "at": iso(delivery["at_ms"]), "ref": ref,
    }  # fmt: skip
    if what == "call":
        document["call"] = _call(tx, ref, numbers)
    elif what == "callback":
        document["callback"] = _callback(tx, ref, numbers)
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _call(tx: Tx, ref: str, numbers: bool) -> dict[str, Any] | None:
    pbx, _, call = ref.partition(":")
    row = tx.one("call_get", pbx=pbx, id=call)
    if row is None:
        return None
    (full,) = call_documents(tx, [row])
    fields = (*CALL_FIELDS, "caller_number", "destination") if numbers else CALL_FIELDS
    return {name: full[name] for name in fields}


def _callback(tx: Tx, ref: str, numbers: bool) -> dict[str, Any] | None:
    row = tx.one("callback_get", id=int(ref))
    if row is None:
        return None
    (full,) = callback_documents(tx, [row])
    fields = (*CALLBACK_FIELDS, "number") if numbers else CALLBACK_FIELDS
    return {name: full[name] for name in fields}
