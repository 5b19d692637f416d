"""What is sent to a platform, to a real HTTP server, and what is kept of it."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.conversions import _sender
from notify.edge import Edge
from store import Store, open_store
from tests.notify.http import HERE, serving
from tests.tracking.booking import ANNA, at, clicked_and_rang, patient
from tracking.conversions import ga4, yandex
from tracking.conversions.handing import Sent, send
from tracking.conversions.ledger import Desk, batch_lines, listed, settle, waiting
from tracking.conversions.rules import Terms
from tracking.conversions.target import target_by
from tracking.qualities import Rules

NOW = at("12:00")
DESK = Desk(Terms(), target_by(Rules()), NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "callward.db") as opened:
        with opened.write() as tx:
            patient(tx, "P-1", "Anna Wzorowa", ANNA)
            clicked_and_rang(tx, "1", visit={"ga_client": "11.22", "ym_client": "33"})
            clicked_and_rang(tx, "2", "10:30", visit={"ga_client": "11.23", "yclid": "44"}, outcome="abandoned")
        yield opened


@pytest.fixture
def edge() -> Edge:
    return Edge("[conversions.test]", HERE, timeout_s=5.0)


async def tell_ga4(store: Store, edge: Edge, base: str) -> Sent:
    form = ga4.Form("G-ABCD1234", "a-secret", url=f"{base}/mp/collect")
    return await send(store, DESK, "ga4", lambda lines: ga4.requests(lines, form), _sender(edge))


def states(store: Store) -> list[tuple[str, str]]:
    with store.read() as tx:
        return [(row["call"], row["state"]) for row in listed(tx, None, limit=9)]


async def test_ga4_is_told_of_each_call_once(store: Store, edge: Edge) -> None:
    async with serving() as server:
        server.status = 204
        assert await tell_ga4(store, edge, server.url) == Sent(2)
        assert await tell_ga4(store, edge, server.url) == Sent(0)
        assert [got.path for got in server.got] == [
            "/mp/collect?measurement_id=G-ABCD1234&api_secret=a-secret"] * 2  # fmt: skip
        bodies = [json.loads(got.body) for got in server.got]
    assert [(body["client_id"], body["events"][0]["params"]["call_outcome"]) for body in bodies] == [
        ("11.22", "answered"), ("11.23", "abandoned")]  # fmt: skip
    assert ANNA[1:] not in str(bodies)
    assert states(store) == [("2", "sent"), ("1", "sent")]


async def test_yandex_gets_a_file_for_each_way_that_visitors_are_known_by(store: Store, edge: Edge) -> None:
    async with serving() as server:
        form = yandex.Form(7, "a-token", url=server.url)
        done = await send(store, DESK, "yandex", lambda lines: yandex.requests(lines, form), _sender(edge))
        assert done == Sent(2)
        assert [got.headers["Authorization"] for got in server.got] == ["OAuth a-token"] * 2
        files = [got.body.decode().split("\r\n")[4].splitlines() for got in server.got]
    start = at("10:00") // 1000
    assert [file[0].split(",")[0] for file in files] == ["ClientId", "Yclid"]
    assert [file[1] for file in files] == [f"33,{start},0,,,120,9,0,1", f"44,{start + 1800},0,,,0,9,1,1"]


async def test_what_a_platform_refuses_may_be_told_again(store: Store, edge: Edge) -> None:
    async with serving() as server:
        server.status = 403
        done = await tell_ga4(store, edge, server.url)
        assert (done.sent, done.failed, done.unsure, len(server.got)) == (0, 1, 0, 1)
        assert done.problem is not None
        assert "status 403" in done.problem
        assert states(store) == []
        server.status = 200
        assert await tell_ga4(store, edge, server.url) == Sent(2)


async def test_what_may_have_arrived_is_not_told_again_until_a_person_says_so(store: Store) -> None:
    async with serving() as server:
        server.hold = asyncio.Event()
        impatient = Edge("[conversions.test]", HERE, timeout_s=0.2)
        done = await tell_ga4(store, impatient, server.url)
        assert (done.failed, done.unsure) == (0, 1)
        assert states(store) == [("1", "unsure")]
        server.hold.set()
        server.hold = None
        assert await tell_ga4(store, Edge("[x]", HERE), server.url) == Sent(1)
        with store.write() as tx:
            row, _ = batch_lines(tx, 1)
            assert "did not answer" in row["problem"]
            settle(tx, 1, "failed", "a person said so")
        assert await tell_ga4(store, Edge("[x]", HERE), server.url) == Sent(1)
    assert sorted(call for call, _ in states(store)) == ["1", "2"]


@pytest.mark.parametrize("base", ["http://127.0.0.1:9", "https://127.0.0.1:9", "https://10.0.0.1"])
async def test_nothing_leaves_for_an_address_that_is_not_public(store: Store, base: str) -> None:
    done = await tell_ga4(store, Edge("[conversions.ga4]"), base)
    assert (done.sent, done.failed, done.unsure) == (0, 1, 0)
    assert done.problem is not None
    assert "[conversions.ga4]: " in done.problem
    assert "a-secret" not in done.problem
    with store.read() as tx:
        assert len(waiting(tx, DESK, "ga4").lines) == 2


async def test_a_redirect_is_not_followed(store: Store, edge: Edge) -> None:
    async with serving() as server:
        server.status, server.headers = 302, {"Location": f"{server.url}/elsewhere"}
        done = await tell_ga4(store, edge, server.url)
        assert (done.failed, len(server.got)) == (1, 1)


async def test_two_who_send_at_once_tell_each_call_once(store: Store, edge: Edge) -> None:
    async with serving() as server:
        done = await asyncio.gather(*(tell_ga4(store, edge, server.url) for _ in range(3)))
        assert sum(one.sent for one in done) == len(server.got) == 2


