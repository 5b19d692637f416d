"""The stream: what changed is painted and sent, to who may see it, from where the browser stopped, until it ends."""

import asyncio
import json
import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.callbacks.clinic import PATIENT
from tests.store.rows import insert
from tests.web.house import house
from tests.web.reception import Person, console, person
from web.pictures import message

PATIENCE_S = 60.0
Event = tuple[str, str, str]


class Stream:
    """Reads server-sent events as a browser does."""

    def __init__(self, lines: AsyncIterable[bytes]) -> None:
        self._lines = lines
        self.last_id = ""

    async def next(self) -> Event:
        name, data = "", []
        async for line in self._lines:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "id":
                self.last_id = value
            elif field in ("data", "data:"):
                data.append(value)
            elif field == "" and name:
                return name, self.last_id, "\n".join(data)
        return "closed", self.last_id, ""

    async def until(self, wanted: str, holding: str = "") -> Event:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                event = await self.next()
                if event[0] == wanted and holding in event[2]:
                    return event
                assert event[0] != "closed" or wanted == "closed"


@asynccontextmanager
async def streaming(who: Person, areas: str, since: str = "", **headers: str) -> AsyncIterator[Stream]:
    async with await who.get(f"/live?areas={areas}&since={since}", **headers) as answer:
        assert answer.status == 200
        yield Stream(answer.content)


async def test_a_call_appears_on_the_board_by_itself_and_goes_again(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna, streaming(anna, "board", "0") as stream:
        made.rings("1.1", "101")
        assert "501 000 206" in (await stream.until("board", "501 000 206"))[2]
        made.answers("1.1", "101")
        made.ends("1.1")
        await stream.until("board", "Nobody is on the line")


async def test_a_browser_that_comes_back_gets_what_it_missed_and_nothing_else(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.rings("1.1", "101")
        async with streaming(anna, "board,callbacks") as stream:
            seen = (await stream.until("callbacks"))[1]
        made.tell("callback.claimed", "1")
        async with streaming(anna, "board,callbacks", **{"Last-Event-ID": seen}) as stream:
            names = [(await stream.next())[0] for _ in range(5)]
        assert names == ["now", "link", "due", "board", "callbacks"]
        async with streaming(anna, "board,callbacks", **{"Last-Event-ID": str(int(seen) + 1)}) as stream:
            assert [(await stream.next())[0] for _ in range(2)] == ["now", "link"]
            made.tell("callback.claimed", "1")
            made.rings("1.2", "101")
            assert (await stream.until("board", "501"))[0] == "board"


async def test_a_card_comes_only_to_the_desk_that_rings(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna, person(made, "ewa", "103") as ewa:
        made.patient("P1", "Jan Nowak", PATIENT)
        async with streaming(anna, "pop", "0") as mine, streaming(ewa, "pop", "0") as hers:
            made.rings("1.1", "101")
            assert "Jan Nowak" in (await mine.until("pop", "is-ringing"))[2]
            made.rings("1.2", "103", number="+48501000300")
            first = await hers.until("pop", "is-ringing")
            assert "Jan Nowak" not in first[2]


async def test_a_stream_ends_with_its_session(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna, streaming(anna, "board", "0") as stream:
        with made.store.write() as tx:
            tx.run("sessions_end", person="anna", now_ms=made.now, but=0)
        await stream.until("bye")
        assert (await stream.next())[0] == "closed"


async def test_who_gets_other_rights_is_asked_to_come_again(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna, streaming(anna, "board", "0") as stream:
        with made.store.write() as tx:
            tx.run("user_roles", name="anna", roles="marketer")
        await stream.until("again")


async def test_a_marketer_is_painted_nothing(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "maria", "101", "marketer") as maria:
        made.rings("1.1", "101")
        answer = json.loads(await maria.text("/live/since?areas=board,pop,callbacks"))
        assert list(answer["areas"]) == ["link"]


async def test_where_streams_do_not_pass_the_areas_can_be_asked_for(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        first = json.loads(await anna.text("/live/since?areas=board,callbacks"))
        assert set(first["areas"]) == {"link", "due", "board", "callbacks"}
        made.tell("callback.opened", "1")
        second = json.loads(await anna.text(f"/live/since?areas=pop,callbacks&id={first['id']}"))
        assert set(second["areas"]) == {"link", "due", "callbacks"}


async def test_who_asks_instead_of_listening_is_told_now_and_then_what_time_alone_changes(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        first = json.loads(await anna.text("/live/since?areas=board,callbacks"))
        again = f"/live/since?areas=pop,callbacks&id={first['id']}&at={first['now']}"
        assert set(json.loads(await anna.text(again))["areas"]) == {"link"}
        made.now += 20_000
        assert set(json.loads(await anna.text(again))["areas"]) == {"link", "due", "click", "callbacks"}


async def test_who_opens_a_page_sees_clocks_that_are_right(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.rings("1.1", "101")
        since, areas = made.now, ("board", "pop")
        for passed, shown in ((0, "0:00"), (125_000, "2:05")):
            made.now = since + passed
            page, told = await anna.text("/board"), json.loads(await anna.text("/live/since?areas=board,pop"))
            for html in (page, *(told["areas"][name] for name in areas)):
                clocks = re.findall(rf'data-since="{since}"[^>]*>([^<]*)<', html)
                assert clocks
                assert set(clocks) == {shown}


async def test_a_board_never_says_that_no_phone_rings_while_one_rings(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna:
        assert "No phone rings." in await anna.text("/board")
        made.rings("1.1", "101")
        with made.store.write() as tx:
            insert(tx, "wait", pbx="main", call="1.1", n=0, queue="reception", started_ms=made.now, ended_ms=None,
                   departed=None)  # fmt: skip
        made.tell("call.waiting", "main:1.1")
        page = await anna.text("/board")
        assert "Phones ring for those who wait." in page
        assert "No phone rings." not in page


async def test_a_banner_says_since_when_nobody_hears_the_exchange(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna, streaming(anna, "board", "0") as stream:
        with made.store.write() as tx:
            tx.run("gap_open", id=1, pbx="main", from_ms=made.now - 120_000, reason="closed")
        down = await stream.until("link", "No connection")
        assert "since 09:58" in down[2]
        with made.store.write() as tx:
            tx.run("gap_close", pbx="main", to_ms=made.now)
        back = await stream.until("link", "from 09:58 on")
        assert "No connection" not in back[2]
        assert "from 09:58 on, for 2:00" in back[2]
        assert "now it is. What happened meanwhile is not filled in yet." in back[2]
        with made.store.write() as tx:
            tx.run("backfill_put", pbx="main", origin="gap", from_ms=made.now - 120_000, done_ms=made.now)
        assert "is filled in; calls that went on are completed" in (await stream.until("link"))[2]
        with made.store.write() as tx:
            tx.run("gap_filled", id=1, now_ms=made.now + 1)
        assert "is filled in." in (await stream.until("link"))[2]


async def test_nobody_is_promised_what_no_records_can_fill_in(tmp_path: Path) -> None:
    async with house(tmp_path, unrecorded=frozenset({"main"})) as made, made.browser() as anna:
        made.add("anna", "receptionist")
        await anna.sign_in("anna")

        async def banner() -> str:
            return str(json.loads(await (await anna.get("/live/since?areas=")).text())["areas"]["link"])

        with made.store.write() as tx:
            tx.run("gap_open", id=1, pbx="main", from_ms=made.now - 120_000, reason="closed")
        assert "stays unknown here" in await banner()
        with made.store.write() as tx:
            tx.run("gap_close", pbx="main", to_ms=made.now)
        assert "What happened meanwhile is not known here." in await banner()


async def test_a_listener_that_is_gone_without_a_word_is_missed_too(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna:
        with made.store.write() as tx:
            tx.run("lease_take", pbx="main", holder="gone", until_ms=made.now - 1, now_ms=made.now - 60_000)
        assert "No connection" in json.loads(await anna.text("/live/since?areas="))["areas"]["link"]


async def test_who_is_not_signed_in_gets_no_stream(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna:
        anna.token = "wrong"
        for path in ("/live?areas=board", "/live/since?areas=board"):
            async with await anna.get(path, Accept="text/event-stream") as answer:
                assert answer.status == 401


async def test_a_session_keeps_a_few_streams_and_no_more(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna:
        kept = [await anna.get("/live?areas=board") for _ in range(12)]
        async with await anna.get("/live?areas=board") as answer:
            assert answer.status == 429
        for one in kept:
            one.close()


@given(st.text(), st.text(alphabet="\n\r:a "))
def test_no_text_can_forge_an_event(data: str, more: str) -> None:
    """Every line of the data is a data line, so that hostile text never ends an event or begins another."""
    lines = message("board", data + more, 7).decode("utf-8").removesuffix("\n\n").split("\n")
    assert lines[:2] == ["event: board", "id: 7"]
    assert all(line.startswith("data: ") for line in lines[2:])
    assert "\r" not in "".join(lines)
