"""My phone and my place in the queues, through the simulated exchange and the real listener."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from commands.web import dialler_of
from listener import Ears, Listener
from pbx.actions import ClickToCall, Pause
from pbx.clicks import Manner
from pbx.endpoints import Endpoints
from pbx.link import LinkConfig, LinkError
from pbx.simulator import Behaviour, Simulator, User
from pbx.switch import make_block
from pbx.telephones import Line, NotAllowedError, Telephones
from pbx.telling import Teller
from tests.callbacks.clinic import PATIENT
from tests.web.reception import CLINIC, Console, Person, console, person
from tests.web.test_callbacks import missed
from tests.web.test_live import streaming
from web.calls_click import SHOWN_MS, last_click, stage_of

SECRET = "a-secret-of-the-tests"
PHONES = Endpoints.of(["trunk-*"], ["10X"], [])


def line(port: int, username: str = "click") -> Line:
    return Line(LinkConfig("main", "127.0.0.1", port, username, SECRET, events="off"), PHONES)


@asynccontextmanager
async def exchange(speed: float = 0, **rights: bool) -> "AsyncIterator[tuple[Simulator, Telephones]]":
    """An exchange with two queues, and the console's connection to it."""
    behaviour = Behaviour(lambda click: Manner(0.3, "answers", 0.3, 3.0))
    simulator = Simulator({"callward": User(SECRET), "click": User(SECRET, **rights)}, behaviour, speed)
    async with simulator.serving() as port:
        simulator.emit(make_block("QueueMemberAdded", (
            f"Queue: {queue}", "MemberName: Anna Nowak", f"Interface: {device}", "StateInterface: PJSIP/101",
            "Membership: static", "Status: 1", "Paused: 0"))
            for queue, device in (("reception", "PJSIP/101"), ("laboratory", "Local/101@agents/n")))
        phones = Telephones([line(port)])
        async with phones.connected():
            await asyncio.wait_for(phones.links["main"].up.wait(), 20)
            yield simulator, phones


@asynccontextmanager
async def clinic(folder: Path, speed: float = 1, **rights: bool) -> "AsyncIterator[tuple[Console, Person, Simulator]]":
    """A console whose calls and pauses go to the simulated exchange, which the listener hears."""
    async with (
        exchange(speed, **rights) as (simulator, phones),
        console(folder, "now", through=dialler_of(phones)) as made,
    ):
        (folder / "journal").mkdir(mode=0o700)
        port = phones.lines["main"].link.port
        ears = Ears(LinkConfig("main", "127.0.0.1", port, "callward", SECRET), PHONES, Teller("PL", ()),
                    folder / "journal")
        writer = made.store.writer()
        listening = asyncio.create_task(Listener(ears, made.store, writer, CLINIC).run())
        try:
            async with person(made, "anna", "101") as anna:
                yield made, anna, simulator
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            writer.close()


def asked(simulator: Simulator, name: str) -> list[dict[str, str]]:
    return [action.first for action in simulator.actions if action.get("Action") == name]


async def test_one_connection_rings_and_pauses_and_takes_no_snapshots() -> None:
    async with exchange() as (simulator, phones):
        assert (phones.channel("101"), phones.channel("999")) == ("PJSIP/101", None)
        await phones.ring(ClickToCall("PJSIP/101", "48501000901", "+48501000901", "callward-originate", "c0ffee00",
                                      presents="+48221234501"))
        await phones.pause("main", Pause("PJSIP/101", True, "lunch"))
        assert [(one["Channel"], one["Exten"]) for one in asked(simulator, "Originate")] == [
            ("PJSIP/101", "48501000901")]
        assert [(one["Interface"], one["Paused"], one["Reason"]) for one in asked(simulator, "QueuePause")] == [
            ("PJSIP/101", "true", "lunch")]
        assert (len(asked(simulator, "Login")), asked(simulator, "QueueStatus")) == (1, [])
        with pytest.raises(LinkError, match="no phone of the clinic"):
            await phones.ring(ClickToCall("PJSIP/999", "48501000901", "1000", "callward-originate", "c0ffee00"))
        with pytest.raises(LinkError, match="has no AMI user there"):
            await phones.pause("other", Pause("PJSIP/101", True))


async def test_a_user_without_the_right_is_told_apart_from_an_exchange_that_is_away() -> None:
    async with exchange(may_pause=False) as (simulator, phones):
        with pytest.raises(NotAllowedError):
            await phones.pause("main", Pause("PJSIP/101", True))
        simulator.refusing = True
        simulator.cut()
        async with asyncio.timeout(60):
            while phones.links["main"].up.is_set():  # noqa: ASYNC110  (nothing tells that a link went down)
                await asyncio.sleep(0.01)
        with pytest.raises(LinkError, match="there is no connection"):
            await phones.pause("main", Pause("PJSIP/101", True))


async def test_i_pause_with_a_reason_everybody_sees_it_and_i_come_back(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (made, anna, _simulator), streaming(anna, "duty,board") as live:
        await live.until("duty", "Calls come to you from laboratory, reception")
        assert (await anna.post("/desk/pause", reason="lunch"))[0] == 204
        await live.until("duty", "You are paused")
        assert "Lunch" in (await live.until("board", "phone-away"))[2]
        places = {(row["interface"], row["paused"], row["reason"]) for row in made.rows("queue_member")}
        assert places == {("PJSIP/101", 1, "lunch"), ("Local/101@agents/n", 1, "lunch")}
        assert all(row["since_ms"] for row in made.rows("queue_member"))
        assert (await anna.post("/desk/resume", queue="reception"))[0] == 204
        await live.until("duty", "You are paused in laboratory")
        assert (await anna.post("/desk/resume"))[0] == 204
        await live.until("duty", "Calls come to you from laboratory, reception")
        assert [row[1] for row in made.audit()] == ["paused", "resumed", "resumed"]


async def test_a_reason_of_my_own_is_one_line_that_adds_nothing(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (_, anna, simulator), streaming(anna, "duty") as live:
        await live.until("duty", "reception")
        said = "back at 3\r\nAction: Originate\0| <b>"
        status, _text = await anna.post("/desk/pause", reason="other", text=said, queue="reception")
        if status == 204:
            await live.until("duty", "back at 3 Action: Originate")
        assert asked(simulator, "Originate") == []
        assert await anna.post("/desk/pause", reason="other", text="x" * 61) == (
            409, "Write the reason in one line of at most 60 characters.")
        assert await anna.post("/desk/pause", reason="") == (409, "Choose a reason, or write one.")
        assert (await anna.post("/desk/pause", reason="lunch", queue="no such"))[0] == 409


async def test_where_the_exchange_does_not_let_us_the_page_says_so(tmp_path: Path) -> None:
    async with clinic(tmp_path, may_pause=False) as (_, anna, _simulator), streaming(anna, "duty") as live:
        await live.until("duty", "reception")
        status, text = await anna.post("/desk/pause", reason="lunch")
        assert status == 409
        assert text.startswith("The exchange does not let the console pause: its AMI user needs write = agent.")


async def test_without_an_ami_user_nobody_is_offered_what_cannot_be_done(tmp_path: Path) -> None:
    async with console(tmp_path, dials=False) as made, person(made, "anna", "101") as anna:
        missed(made)
        text = await anna.text("/callbacks")
        assert "Copy" in text
        assert "/callbacks/1/ring" not in text
        assert (await anna.post("/desk/pause", reason="lunch"))[0] == 409


async def test_a_click_is_told_step_by_step(tmp_path: Path) -> None:
    async with clinic(tmp_path) as (made, anna, _), streaming(anna, "pop") as live:
        missed(made)
        assert (await anna.post("/callbacks/1/ring"))[0] == 204
        # A page gets the newest state, so a slow one may skip a step; it never goes back.
        steps = ("asked to ring", "Your phone rings", "Their phone rings", "You are talking", "Answered.")
        seen: list[int] = []
        while not seen or seen[-1] != len(steps) - 1:
            name, _id, html = await live.next()
            seen += [at for at, words in enumerate(steps) if name == "click" and words in html]
        assert seen == sorted(seen)
        assert "501 000 206" in html
        with made.store.read() as tx:
            assert last_click(tx, "anna", made.clock() + SHOWN_MS + 60_000) is None
            assert last_click(tx, "ewa", made.clock()) is None


def click(**changes: object) -> dict[str, object]:
    return {"id": "c0ffee00", "at_ms": 1000, "number": PATIENT, "phone": "101", "state": "asked"} | changes


def call(**changes: object) -> dict[str, object]:
    return {"pbx": "main", "id": "1.1", "started_ms": 1100, "ended_ms": None, "answered_ms": None, "outcome": None,
            "talk_ms": 0, "lost_after_answer": 0, "wait_ms": 0, "state": "ringing"} | changes


LEG = {"role": "phone", "number": "101", "answered_ms": 2000}


@pytest.mark.parametrize(("row", "legs", "now", "stage"), [
    (None, [], 2000, "asked"), (None, [], 40_000, "lost"),
    (call(), [LEG | {"answered_ms": None}], 2000, "mine"), (call(), [LEG], 2500, "theirs"),
    (call(answered_ms=3000), [LEG], 4000, "talking"),
    (call(answered_ms=3000, ended_ms=9000, outcome="answered", talk_ms=6000), [LEG], 9100, "spoke"),
    (call(ended_ms=9000, outcome="busy"), [LEG], 9100, "not_reached"),
    (call(ended_ms=9000, outcome="agent_missed"), [LEG | {"answered_ms": None}], 9100, "not_mine"),
])  # fmt: skip
def test_where_a_click_stands(row: dict[str, object] | None, legs: list[dict[str, object]], now: int, stage: str
                              ) -> None:  # fmt: skip
    assert stage_of(click(), row, legs, now).stage == stage
    assert stage_of(click(state="failed"), None, [], now).stage == "failed"
