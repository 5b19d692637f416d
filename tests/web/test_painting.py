"""Areas are painted together: urgent ones first, one that fails fails alone, and nobody is shown what was before."""

import asyncio
import threading
from pathlib import Path

import pytest

from store import Tx, open_store
from tests.web.reception import console, person
from tests.web.test_callbacks import missed
from tests.web.test_live import streaming
from web.painting import Brush, Painter
from web.pictures import Picture


def brush(name: str, order: list[str], seen: "set[int] | None" = None) -> Brush:
    def paint(tx: Tx) -> Picture:
        order.append(name)
        if seen is not None:
            seen.add(id(tx))
        return Picture.of("board", name, ())

    return paint


async def test_what_is_urgent_comes_first_and_shares_a_transaction(tmp_path: Path) -> None:
    order: list[str] = []
    transactions: set[int] = set()
    with open_store(str(tmp_path / "x.db")) as store:
        painter, gate = Painter(store), threading.Event()

        def slow(tx: Tx) -> Picture:
            gate.wait(60)
            return Picture.of("board", "slow", ())

        begun = asyncio.create_task(painter.paint(slow))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(painter.paint(brush("board", order)))]
        waiting += [asyncio.create_task(painter.paint(brush(f"card {n}", order, transactions), urgent=True))
                    for n in range(3)]
        await asyncio.sleep(0)
        gate.set()
        pictures = await asyncio.gather(begun, *waiting)
        painter.close()
    assert order == ["card 0", "card 1", "card 2", "board"]
    assert len(transactions) == 1
    assert [picture.html for picture in pictures] == ["slow", "board", "card 0", "card 1", "card 2"]


async def test_what_is_not_urgent_has_its_turn_while_urgent_things_keep_coming(tmp_path: Path) -> None:
    order: list[str] = []
    with open_store(str(tmp_path / "x.db")) as store:
        painter, gate = Painter(store), threading.Event()

        def slow(tx: Tx) -> Picture:
            gate.wait(60)
            return Picture.of("board", "slow", ())

        begun = asyncio.create_task(painter.paint(slow, urgent=True))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(painter.paint(brush(f"card {n}", order), urgent=True)) for n in range(100)]
        waiting += [asyncio.create_task(painter.paint(brush(name, order))) for name in ("board", "callbacks")]
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(begun, *waiting)
        painter.close()
    assert len(order) == 102
    assert order.index("board") <= 16 < order.index("callbacks") <= 33


async def test_one_that_fails_fails_alone(tmp_path: Path) -> None:
    order: list[str] = []

    def broken(tx: Tx) -> Picture:
        raise ValueError("a fault")

    with open_store(str(tmp_path / "x.db")) as store:
        painter = Painter(store)
        one, other = await asyncio.gather(painter.paint(broken, urgent=True),
                                          painter.paint(brush("card", order), urgent=True), return_exceptions=True)
        painter.close()
    assert isinstance(one, ValueError)
    assert isinstance(other, Picture)
    with pytest.raises(RuntimeError):
        await painter.paint(brush("late", order))


async def test_who_has_claimed_sees_it_apart_and_the_others_see_the_same(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna, person(made, "ewa", "102") as ewa:
        missed(made)
        async with streaming(anna, "callbacks") as hers, streaming(ewa, "callbacks") as others:
            await hers.until("callbacks", "To ring back")
            await anna.post("/callbacks/1/claim")
            assert "Mine" in (await hers.until("callbacks", "yours until"))[2]
            assert "Mine" not in (await others.until("callbacks", "Anna does it"))[2]
            await anna.post("/callbacks/1/release")
            assert "Mine" not in (await hers.until("callbacks", "Take"))[2]
