"""Deliveries: each live row of the feed reaches each webhook that wants it, at least once, under one id."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deliveries import Deliveries
from notify.edge import Edge
from notify.webhook import Webhook
from store import Row, Store, open_store
from tests.notify.http import HERE, Server
from tests.notify.http import serving as _serving
from tests.store.conftest import _address, postgres
from tests.store.rows import PBX, call_row, insert, rows

NOW = 1_795_309_246_011
MINUTE = 60_000
__all__ = ["postgres"]


@pytest.fixture(params=["file", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(_address(request.param, request, tmp_path)) as opened:
        yield opened


@pytest.fixture
async def server() -> Any:
    async with _serving() as running:
        yield running


class Crm:
    """A webhook and the clinic that tells it."""

    def __init__(self, store: Store, server: Server, **changes: Any) -> None:
        self.store, self.server = store, server
        edge = Edge("[[notify.webhook]] crm", HERE, timeout_s=changes.pop("timeout_s", 10.0))
        hook: dict[str, Any] = {"name": "crm", "url": f"{server.url}/hook", "edge": edge, "secret": "k3y"} | changes
        self.deliveries = Deliveries(store, Webhook(**hook))

    def feed(self, kind: str, ref: str = f"{PBX}:1795309246.157", at_ms: int = NOW, live: int = 1) -> None:
        with self.store.write() as tx:
            tx.run("feed_append", id=tx.next_id("feed"), at_ms=at_ms, kind=kind, ref=ref, live=live)

    async def round(self, now_ms: int = NOW) -> int:
        return await self.deliveries.once(now_ms)

    @property
    def told(self) -> list[Any]:
        return [json.loads(got.body) for got in self.server.got]

    @property
    def events(self) -> list[str]:
        return [body["event"] for body in self.told]

    def stored(self) -> list[Row]:
        with self.store.write() as tx:
            return rows(tx, "delivery")


@pytest.fixture
async def crm(store: Store, server: Server) -> Crm:
    with store.write() as tx:
        tx.run("call_put", **{"sources": "{}"} | call_row(caller_name="Anna Nowak"))
    crm = Crm(store, server)
    await crm.round()
    return crm


async def test_what_happens_is_told_in_order_and_once(crm: Crm) -> None:
    for kind in ("call.ringing", "call.waiting", "call.talking", "call.ended"):
        crm.feed(kind)
    assert await crm.round() == 4
    assert await crm.round() == 0
    assert crm.events == ["call.ringing", "call.changed", "call.answered", "call.ended"]


async def test_a_call_is_answered_once_and_ends_once(crm: Crm) -> None:
    for kind in ("call.talking", "call.held", "call.talking", "call.ended", "call.ended"):
        crm.feed(kind)
    await crm.round()
    assert crm.events == ["call.answered", "call.changed", "call.changed", "call.ended", "call.changed"]


async def test_neither_names_nor_numbers_are_told(crm: Crm) -> None:
    crm.feed("call.ended")
    await crm.round()
    text = crm.server.got[0].body.decode()
    assert "501000206" not in text
    assert "Anna" not in text
    assert crm.told[0]["call"]["outcome"] == "abandoned"
    assert crm.told[0]["call"]["did"] == "+48221234501"


async def test_numbers_are_told_to_who_may_have_them(store: Store, server: Server, crm: Crm) -> None:
    trusted = Crm(store, server, name="trusted", numbers=True)
    await trusted.round()
    crm.feed("call.ended")
    await trusted.round()
    assert trusted.told[0]["call"]["caller_number"] == "+48501000206"
    assert "Anna" not in server.got[0].body.decode()


async def test_a_callback_is_told_without_its_number(crm: Crm) -> None:
    with crm.store.write() as tx:
        insert(tx, "callback", id=1, number="+48501000206", location="", kind="missed", state="open", opened_ms=NOW,
               due_ms=NOW, expires_ms=NOW, priority=0, live=1)
    crm.feed("callback.opened", "1")
    await crm.round()
    assert crm.told[0]["callback"]["state"] == "open"
    assert "501000206" not in crm.server.got[0].body.decode()


async def test_what_is_gone_is_told_as_gone(crm: Crm) -> None:
    crm.feed("call.ended", f"{PBX}:1.1")
    crm.feed("callback.closed", "77")
    await crm.round()
    assert [body.get("call", body.get("callback")) for body in crm.told] == [None, None]


async def test_only_what_was_asked_for_is_told(store: Store, server: Server, crm: Crm) -> None:
    picky = Crm(store, server, name="picky", events=("call.ended",))
    await picky.round()
    for kind in ("call.ringing", "call.ended", "callback.opened"):
        crm.feed(kind, "1" if kind.startswith("callback") else f"{PBX}:1795309246.157")
    assert await picky.round() == 1


async def test_replayed_and_old_rows_are_told_to_nobody(crm: Crm) -> None:
    crm.feed("call.ended", live=0)
    crm.feed("call.ended", at_ms=NOW - 11 * MINUTE)
    assert await crm.round() == 0
    assert crm.stored() == []


async def test_a_new_webhook_is_not_told_the_past(store: Store, server: Server, crm: Crm) -> None:
    crm.feed("call.ended")
    late = Crm(store, server, name="late")
    assert await late.round() == 0


async def test_a_webhook_that_fails_is_tried_again_later_and_later_under_one_id(crm: Crm) -> None:
    crm.feed("call.ended")
    crm.server.status = 503
    now, waits = NOW, []
    while (row := crm.stored()[0] if crm.stored() else None) is None or row["state"] == "waiting":
        before = len(crm.server.got)
        await crm.round(now)
        if len(crm.server.got) > before:
            waits.append((now - NOW) // MINUTE)
        now += MINUTE if now - NOW < 60 * MINUTE else 30 * MINUTE
    assert waits == [0, 1, 6, 36, 180, 540, 1260, 2700]
    assert {got.headers["X-Delivery-Id"] for got in crm.server.got} == {crm.stored()[0]["id"]}
    assert len({got.headers["X-Timestamp"] for got in crm.server.got}) == 8
    assert "answered 503" in crm.stored()[0]["error"]


async def test_a_dead_delivery_can_be_replayed(crm: Crm) -> None:
    crm.feed("call.ended")
    await crm.round()
    with crm.store.write() as tx:
        tx.conn.execute("UPDATE delivery SET state = 'dead', tries = 8, done_ms = 1")
        (dead,) = rows(tx, "delivery")
        assert tx.run("deliveries_replay", id=dead["id"], webhook=None, now_ms=NOW) == 1
        assert tx.run("deliveries_replay", id=dead["id"], webhook=None, now_ms=NOW) == 0
    assert await crm.round(NOW + MINUTE) == 1
    assert [got.headers["X-Delivery-Id"] for got in crm.server.got] == [dead["id"]] * 2
    assert crm.stored()[0]["state"] == "sent"


async def test_a_receiver_that_redirects_is_not_followed(crm: Crm) -> None:
    crm.feed("call.ended")
    crm.server.status, crm.server.headers = 302, {"Location": f"{crm.server.url}/elsewhere"}
    assert await crm.round() == 0
    assert [got.path for got in crm.server.got] == ["/hook"]
    assert crm.stored()[0]["state"] == "waiting"


async def test_a_receiver_that_is_slow_is_left_and_the_rest_waits(store: Store, server: Server, crm: Crm) -> None:
    slow = Crm(store, server, name="slow", timeout_s=0.05)
    await slow.round()
    server.hold = asyncio.Event()
    crm.feed("call.ringing")
    crm.feed("call.ended")
    assert await slow.round() == 0
    assert len(server.got) == 1
    server.hold.set()
    server.hold = None
    assert await slow.round() == 1
    assert await slow.round(NOW + MINUTE) == 1
    assert slow.events[1:] == ["call.ended", "call.ringing"]


async def test_one_webhook_that_is_away_stops_no_other(store: Store, server: Server, crm: Crm) -> None:
    away = Crm(store, server, name="away", url="http://127.0.0.1:1/hook")
    await away.round()
    crm.feed("call.ended")
    assert (await away.round(), await crm.round()) == (0, 1)


async def test_a_process_that_dies_while_sending_sends_again_under_the_same_id(crm: Crm) -> None:
    crm.feed("call.ended")
    crm.server.hold = asyncio.Event()
    dying = asyncio.create_task(crm.round())
    await crm.server.arrived.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    crm.server.hold.set()
    crm.server.hold = None
    again = Crm(crm.store, crm.server)
    assert await again.round(NOW + MINUTE) == 0
    assert await again.round(NOW + 2 * MINUTE) == 1
    first, second = crm.server.got
    assert first.headers["X-Delivery-Id"] == second.headers["X-Delivery-Id"]


async def test_two_processes_deliver_once(crm: Crm) -> None:
    for _ in range(5):
        crm.feed("call.waiting")
    other = Crm(crm.store, crm.server)
    counts = await asyncio.gather(crm.round(), other.round())
    assert sum(counts) == 5
    assert len(crm.server.got) == len(crm.stored()) == 5
