"""In a real browser: recorded calls ring into the real listener, and the pages of two receptionists follow."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, expect

from demo.recordings import Made, Moment, as_records, call
from listener import Ears, Listener
from pbx.endpoints import Endpoints
from pbx.link import LinkConfig
from pbx.simulator import Simulator, User
from pbx.telling import Teller
from tests.web.reception import CLINIC, Console, console
from tests.web.surfing import PATIENCE_MS, WATCH, browser_test, driven

pytestmark = browser_test
SECRET = "a-secret-of-the-tests"
PARTY, DID = "+48501000222", "+48221234501"


@dataclass(slots=True)
class Stage:
    """The console, an exchange that is simulated, the listener between them, and browsers."""

    made: Console
    simulator: Simulator
    contexts: list[BrowserContext]
    browser: Any
    troubles: list[str]

    async def desk(self, name: str, desk: str, path: str = "/board", **options: Any) -> Page:
        """Open a page for somebody who signed in at a desk."""
        token = self.made.sit_down(name, desk)
        context = await self.browser.new_context(base_url=self.made.url, **options)
        self.contexts.append(context)
        await context.add_cookies([{"name": "callward-session", "value": token, "url": self.made.url}])
        await context.add_init_script(WATCH)
        page: Page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        await page.goto(path)
        return page

    async def play(self, name: str, made: Made) -> None:
        """Let a recorded call happen, with other people."""
        await self.act(call(name, made))

    async def act(self, moments: Iterable[Moment]) -> None:
        """Let a part of a recorded call happen: see `acts`."""
        await self.simulator.wait_for_clients()
        await self.simulator.replay(as_records(moments))


@asynccontextmanager
async def stage(folder: Path, speed: float = 12.0) -> AsyncIterator[Stage]:
    """Put up everything; at the end no page may have complained."""
    simulator = Simulator({"callward": User(SECRET)}, speed=speed)
    async with console(folder, "now") as made, simulator.serving() as port, driven() as browser:
        link = LinkConfig("main", "127.0.0.1", port, "callward", SECRET)
        ears = Ears(link, Endpoints.of(["trunk-*"], ["10X"], []), Teller("PL", ()), folder / "journal")
        (folder / "journal").mkdir(mode=0o700)
        writer = made.store.writer()
        listening = asyncio.create_task(Listener(ears, made.store, writer, CLINIC).run())
        shown = Stage(made, simulator, [], browser, [])
        try:
            yield shown
            for context in shown.contexts:
                for page in context.pages:
                    assert await page.evaluate("window.violations") == []
            assert shown.troubles == []
        finally:
            for context in shown.contexts:
                await context.close()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            writer.close()


def ringing_in(shown: Stage, serial: int = 1, wait: float = 12, talk: float = 12) -> Made:
    """Somebody rings now."""
    return Made(shown.made.clock() / 1000, serial, PARTY, DID, wait=wait, talk=talk)


def acts(name: str, made: Made, *cuts: float) -> list[list[Moment]]:
    """Cut a call at so many seconds since it began. Between two acts it lasts until a page was seen to follow."""
    starts = [made.start, *(made.start + cut for cut in cuts), inf]
    moments = call(name, made)
    return [[moment for moment in moments if begins <= moment[0] < ends] for begins, ends in pairwise(starts)]


async def test_a_call_pops_up_at_the_desk_that_rings_and_clears_when_somebody_else_answers(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        shown.made.patient("P1", "Zofia Łęcka", PARTY)
        anna, ewa = await shown.desk("anna", "101"), await shown.desk("ewa", "102")
        first, second, talked, over = acts("queue_second_phone", ringing_in(shown), 5, 11, 18)
        await shown.act(first)
        await expect(anna.locator(".pop.is-ringing")).to_contain_text("Zofia Łęcka")
        await expect(anna).to_have_title(re.compile("☎ Zofia Łęcka"))
        await expect(anna.locator(".board-column.is-waiting .count")).to_have_text("1")
        await shown.act(second)
        await expect(ewa.locator(".pop.is-ringing")).to_contain_text("Zofia Łęcka")
        await shown.act(talked)
        await expect(ewa.locator(".pop.is-talking")).to_contain_text("Zofia Łęcka")
        await expect(anna.locator(".pop")).to_have_count(0)
        await expect(anna.locator(".board-column.is-talking .count")).to_have_text("1")
        await shown.act(over)
        await expect(ewa.locator(".pop.is-after")).to_be_visible()
        await expect(anna.locator(".figures dd").first).to_have_text("1")


async def test_relatives_are_keys_a_comment_survives_a_reload_and_a_digit_saves_the_topic(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        shown.made.patient("P1", "Anna Nowak", PARTY, birth_year=1985)
        shown.made.patient("P2", "Kuba Nowak", PARTY, birth_year=2019, guardian_ref="P1")
        page = await shown.desk("ewa", "102")
        await shown.play("queue_second_phone", ringing_in(shown))
        card = page.locator(".pop.is-after")
        await expect(card).to_contain_text("Several patients have this number")
        await page.keyboard.press("n")
        async with page.expect_response(re.compile("/draft$")):
            await page.keyboard.type("asks for Dr Maj")
        await page.reload()
        await expect(card.locator("textarea")).to_have_value("asks for Dr Maj")
        await page.keyboard.press("5")
        await expect(page.locator("#said")).to_contain_text("choose who it was first")
        await page.keyboard.press("b")
        await expect(card.get_by_label("Kuba Nowak")).to_be_checked()
        await card.get_by_label("Kuba Nowak").press("Enter")  # means nothing, above all not the first topic
        await page.keyboard.press("5")
        await expect(card).to_have_count(0)
        assert [(row["topic"], row["patient"]) for row in shown.made.rows("call_topic")] == [("information", "P2")]
        assert [row["body"] for row in shown.made.rows("call_comment")] == ["asks for Dr Maj"]


async def test_a_missed_caller_turns_up_one_takes_the_callback_and_the_other_sees_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        shown.made.patient("P1", "Zofia Łęcka", PARTY)
        anna = await shown.desk("anna", "101", "/callbacks")
        ewa = await shown.desk("ewa", "102", "/callbacks")
        await expect(anna.locator(".live-callbacks")).to_contain_text("Nobody waits to be rung back")
        await shown.play("queue_abandoned", ringing_in(shown))
        row = anna.locator("[data-callback]")
        await expect(row).to_contain_text("Zofia Łęcka")
        await anna.keyboard.press("j")
        await expect(row).to_be_focused()
        await anna.keyboard.press("t")
        await expect(anna.get_by_role("heading", name="Mine")).to_be_visible()
        await expect(ewa.locator("[data-callback]")).to_contain_text("Anna does it")
        await expect(ewa.get_by_role("button", name="Take")).to_have_count(0)
        async with anna.expect_response("**/ring") as answered:
            await anna.get_by_role("button", name="Ring").click()
        assert (await answered.value).ok
        await expect(anna.locator("#said")).to_have_text("Your phone rings: pick it up, then theirs rings.")
        assert [click.number for click in shown.made.exchange.clicks] == [PARTY.removeprefix("+")]


async def test_a_digit_is_for_the_call_on_the_line_whatever_page_is_open(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        page = await shown.desk("ewa", "102")
        await shown.play("queue_second_phone", ringing_in(shown, wait=6, talk=6))
        [older] = shown.made.rows("call")
        await page.goto(f"/calls/main:{older['id']}")
        await expect(page.locator(".call-note kbd").first).to_be_visible()
        answered, over = acts("queue_second_phone", ringing_in(shown, 2, wait=6, talk=6), 9)
        await shown.act(answered)
        await expect(page.locator(".pop.is-talking")).to_be_visible()
        await expect(page.locator(".call-note kbd").first).to_be_hidden()
        await page.keyboard.press("6")
        await expect(page.locator("#said")).to_have_text("Saved.")
        await expect(page.locator(".pop.is-talking .pop-noted")).to_have_text("Noted: Results")
        [noted] = shown.made.rows("call_topic")
        assert (noted["topic"], noted["call"] != older["id"]) == ("results", True)
        await shown.act(over)


async def test_where_streams_do_not_pass_the_page_asks_instead(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        page = await shown.desk("anna", "101", "/callbacks")
        await page.route("**/live?*", lambda route: route.abort())
        await page.reload()
        await shown.play("queue_abandoned", ringing_in(shown))
        await expect(page.locator("[data-callback]")).to_have_count(1)


async def test_what_somebody_types_stays_while_the_list_changes_around_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        page = await shown.desk("anna", "101", "/callbacks")
        await shown.play("queue_abandoned", ringing_in(shown))
        await page.locator(".callback summary").click()
        field = page.get_by_label("Comment")
        await field.fill("only mornings")
        await shown.play("queue_abandoned", ringing_in(shown, 2))
        await expect(page.locator("[data-callback]")).to_contain_text("rang 2 times")
        await expect(field).to_have_value("only mornings")
        await expect(field).to_be_focused()


async def test_no_page_of_a_call_is_wider_than_a_telephone(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        page = await shown.desk("ewa", "102", viewport={"width": 360, "height": 740})
        await shown.play("queue_second_phone", ringing_in(shown))
        await expect(page.locator(".pop.is-after")).to_be_visible()
        [stored] = shown.made.rows("call")
        for path in ("/board", "/callbacks", "/callbacks/all", "/calls", f"/calls/main:{stored['id']}"):
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= 360, path
