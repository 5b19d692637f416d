"""An area that keeps a pace loses nothing: the last state comes, and a browser that comes back gets what it lacks."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.callbacks.clinic import PATIENT
from tests.web.reception import Console, console, person
from tests.web.test_live import PATIENCE_S, streaming
from web.live import HEARTBEAT_S, HUB, SEND_S, Client, Hub


def hub_of(made: Console) -> Hub:
    assert made.app is not None
    return made.app[HUB]


def page_of(made: Console) -> Client:
    (client,) = hub_of(made).clients
    return client


async def becomes(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.02)


class Wire(asyncio.Transport):
    """A connection that nobody reads."""

    cut = False

    def abort(self) -> None:
        self.cut = True


async def test_of_many_changes_the_last_is_shown_and_not_each_of_them(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna, streaming(anna, "board") as stream:
        await stream.until("board", "It is quiet")
        for n in range(30):
            made.rings(f"1.{n}", "101", number=f"+4850100{n:04d}")
            made.ends(f"1.{n}")
        made.rings("1.99", "101", number=PATIENT)
        boards = 1
        async with asyncio.timeout(PATIENCE_S):
            while "501 000 206" not in (event := await stream.until("board"))[2]:
                boards += 1
        assert "501 000 0" not in event[2]
        assert boards < 61


async def test_what_was_not_shown_yet_is_sent_to_a_browser_that_comes_back(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        async with streaming(anna, "pop,board") as stream:
            await stream.until("board", "It is quiet")
            made.rings("1.1", "103", number="+48501000300")
            await stream.until("board", "501 000 300")  # from here on the board waits for its next turn
            made.rings("1.2", "101", number=PATIENT)
            on_board = False
            async with asyncio.timeout(PATIENCE_S):
                while "is-ringing" not in (event := await stream.next())[2] or event[0] != "pop":
                    on_board = on_board or (event[0] == "board" and "501 000 206" in event[2])
            seen = stream.last_id
        async with streaming(anna, "pop,board", **{"Last-Event-ID": seen}) as stream:
            assert on_board or (await stream.until("board", "501 000 206"))


async def test_nothing_is_owed_in_the_end_and_the_id_is_the_newest(tmp_path: Path) -> None:
    async with (console(tmp_path) as made, person(made, "anna", "101") as anna,
                streaming(anna, "pop,board") as stream):  # fmt: skip
        for n in range(5):
            made.rings(f"1.{n}", "101", number=PATIENT)
            made.ends(f"1.{n}")
        made.rings("1.9", "101", number="+48501000300")
        await stream.until("board", "501 000 300")
        with made.store.read() as tx:
            newest = int(tx.value("feed_last"))
        hub, areas = hub_of(made), page_of(made).areas
        await becomes(lambda: hub.shown(areas) == newest)


async def test_a_page_that_takes_nothing_is_let_go_and_a_quiet_one_hears_that_we_are_here(tmp_path: Path) -> None:
    async with (console(tmp_path) as made, person(made, "anna", "101") as anna,
                await anna.get("/live?areas=board") as answer, asyncio.timeout(PATIENCE_S)):  # fmt: skip
        while b"event: board" not in await answer.content.readline():
            pass
        client = page_of(made)
        await becomes(lambda: not client.writing and not client.dirty)
        client.wrote_s -= HEARTBEAT_S + 1
        while b": still here" not in await answer.content.readline():
            pass
        wire = client.transport = Wire()
        client.writing, client.wrote_s = True, client.wrote_s - SEND_S - 1
        await becomes(lambda: wire.cut)
        assert client.over == "again"


async def test_a_draft_is_there_when_the_page_is_loaded_again(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.rings("1.1", "101", number=PATIENT)
        made.answers("1.1", "101")
        assert "asks for Dr Maj" not in await anna.text("/board")
        assert (await anna.post("/calls/main:1.1/draft", comment="asks for Dr Maj"))[0] == 204
        assert "asks for Dr Maj" in await anna.text("/board")
