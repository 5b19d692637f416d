"""What a short talk was is said by one key, and a number is rung again from its call."""

from pathlib import Path

from playwright.async_api import expect

from tests.callbacks.clinic import PATIENT
from tests.store.rows import PBX
from tests.web.reception import console
from tests.web.surfing import PATIENCE_MS, browser_test, driven
from tests.web.test_callbacks import missed

pytestmark = browser_test


async def test_one_key_says_what_a_short_talk_was_and_one_click_rings_again(tmp_path: Path) -> None:
    async with (
        console(tmp_path, "10:10") as made, driven() as browser, await browser.new_context(base_url=made.url) as context
    ):
        context.set_default_timeout(PATIENCE_MS)
        token = made.sit_down("anna", "101")
        await context.add_cookies([{"name": "callward-session", "value": token, "url": made.url}])
        page = await context.new_page()
        missed(made)
        made.calls.outbound("1.2", "10:00", "answered", talk_s=9)
        await page.goto("/callbacks")
        await expect(page.get_by_role("heading", name="Was it them?")).to_be_visible()
        await page.keyboard.press("j")
        await expect(page.locator("[data-callback]")).to_be_focused()
        await page.keyboard.press("2")
        await expect(page.get_by_role("heading", name="To ring back")).to_be_visible()
        await expect(page.get_by_role("heading", name="Was it them?")).to_have_count(0)
        assert made.calls.callback()["state"] == "open"

        await page.goto(f"/calls/{PBX}:1.1")
        for _ in range(2):
            async with page.expect_response("**/ring") as answered:
                await page.get_by_role("button", name="Ring", exact=True).click()
            assert (await answered.value).status == 204
            await expect(page.locator(".live-click")).to_contain_text("The exchange is asked to ring your phone.")
    assert [click.number for click in made.exchange.clicks] == [PATIENT.removeprefix("+")] * 2
