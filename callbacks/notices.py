"""The ledger of messages to people: each is taken, sent, then marked sent.

A message has a key that says what it tells to whom. Who inserts the key, or takes it over from somebody who did not
mark it within `RETRY_MS`, sends it. So a process that dies between sending and marking tells twice rather than never,
and two processes tell once.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callbacks.hours import MINUTE_MS
from notify import Channel, Message, NotifyError
from store import Store, Tx

RETRY_MS = 2 * MINUTE_MS
AGAIN_MS = MINUTE_MS
"""How long after a channel refused a message it is asked again."""
TRIED_MS = 24 * 60 * MINUTE_MS
"""For how long a message that could not be sent is tried."""
KEEP_MS = 30 * TRIED_MS

log = logging.getLogger(__name__)


def take(tx: Tx, key: str, now_ms: int) -> bool:
    """Take a message to send it; False if it was sent, or is being sent by somebody else."""
    return bool(tx.run("notice_take", key=key, now_ms=now_ms, stale_ms=now_ms - RETRY_MS))


def unsent(tx: Tx, since_ms: int) -> frozenset[str]:
    """Return the keys that were taken since a moment and never marked sent."""
    return frozenset(row["key"] for row in tx.all("notices_unsent", since=since_ms))


def forget(tx: Tx, now_ms: int) -> None:
    """Drop what nobody can be told again."""
    tx.run("notices_forget", before_ms=now_ms - KEEP_MS)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way by one channel, with the keys that it settles."""

    channel: Channel
    keys: tuple[str, ...]
    message: Message


async def send(store: Store, parcels: Sequence[Parcel], now_ms: int) -> int:
    """Send parcels whose keys were taken; mark them, or give them back. Return how many were sent."""
    return sum(await asyncio.gather(*(_send(store, parcel, now_ms) for parcel in parcels)))


async def _send(store: Store, parcel: Parcel, now_ms: int) -> int:
    try:
        await parcel.channel.send(parcel.message)
    except NotifyError as error:
        log.warning("A message by %s waits: %s", parcel.channel.name, error)
        await asyncio.to_thread(_give_back, store, parcel.keys, now_ms)
        return 0
    await asyncio.to_thread(_mark, store, parcel.keys, now_ms)
    return 1


def _mark(store: Store, keys: Iterable[str], now_ms: int) -> None:
    with store.write() as tx:
        for key in keys:
            tx.run("notice_sent", key=key, sent_ms=now_ms)


def _give_back(store: Store, keys: Iterable[str], now_ms: int) -> None:
    with store.write() as tx:
        for key in keys:
            tx.run("notice_give_back", key=key, taken_ms=now_ms - RETRY_MS + AGAIN_MS)
