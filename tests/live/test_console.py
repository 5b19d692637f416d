"""The console on a real Asterisk, in a real browser: two days of a receptionist, each one story."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.lab import scenarios
from tests.lab.asterisk import Asterisk
from tests.lab.phones import Phones, ignores
from tests.live.consoles import site

pytestmark = pytest.mark.live

BILLBOARD = "+48221234504"  # rings 101, 102 and 103
RECORDED = "+48221234511"  # recorded; rings 101
NIGHT = "+48221234506"  # at night straight to the voicemail of the reception
HOSTILE = "<img src=x onerror=alert(1)>"
PLAYS = "async (audio) => { audio.muted = true; await audio.play(); return audio.duration; }"


async def plays(page: Page) -> float:
    """Play what the page has to be heard; return its length in seconds."""
    length = await page.locator("audio").evaluate(PLAYS)
    assert isinstance(length, int | float)
    return float(length)


async def test_a_call_pops_up_is_noted_and_is_heard_again(asterisk: Asterisk, phones: Phones, tmp_path: Path) -> None:
    async with site(asterisk, tmp_path) as shown:
        page = await shown.person("anna", "101")
        await page.goto("/board")

        # She pauses, Asterisk knows why, and she comes back.
        duty = page.locator(".live-duty")
        await expect(duty).to_contain_text("Calls come to you from")
        await duty.get_by_label("Reason").select_option("lunch")
        await duty.get_by_role("button", name="Pause me").click()
        await expect(duty).to_contain_text("You are paused · Lunch")
        await expect(page.locator(".phone-away")).to_contain_text("paused · Lunch")
        assert "lunch" in asterisk.cli("queue show reception")
        await duty.get_by_role("button", name="Take calls again").click()
        await expect(duty).to_contain_text("Calls come to you from")
        assert "paused" not in asterisk.cli("queue show reception")

        # A patient who saw the billboard rings; the network says a hostile name.
        for extension in ("101", "102", "103"):
            phones[extension].behaviour = ignores
        patient = await phones.provider.dial(BILLBOARD, "501000206", HOSTILE)
        mine = await phones["101"].rings()
        card = page.locator(".pop")
        await expect(page.locator(".pop.is-ringing")).to_contain_text("Anna Przykładowa")
        for told in ("Billboard Marszałkowska", "billboard / Billboard autumn", "First call", "501 000 206"):
            await expect(card).to_contain_text(told)
        mine.pick_up()
        await patient.until(patient.answered)
        await expect(page.locator(".pop.is-talking")).to_be_visible()
        await page.keyboard.press("n")
        async with page.expect_response(re.compile("/draft$")):
            await page.keyboard.type("wants Dr Maj, mornings")
        await page.keyboard.press("Escape")
        await patient.hang_up()
        await expect(page.locator(".pop.is-after")).to_be_visible()
        await page.keyboard.press("5")
        await expect(card).to_have_count(0)
        await expect(page.locator(".figures dd").first).to_have_text("1")
        [call] = await shown.clinic.calls(lambda found: len(found) == 1 and bool(found[0]["ended_at"]))
        assert (call["answered_by"], call["campaign"]["name"], call["did"]) == ("101", "Billboard autumn", BILLBOARD)
        await page.goto(f"/calls/main:{call['id']}")
        await expect(page.locator(".facts")).to_contain_text("Information")
        await expect(page.locator(".call-columns")).to_contain_text("wants Dr Maj, mornings")

        # A call that Asterisk records is heard by the manager, and by nobody else.
        await scenarios.answered(phones, "501000301", RECORDED, "101")
        calls = await shown.clinic.calls(lambda found: len(found) == 2 and bool(found[1]["ended_at"]))
        await page.goto(f"/calls/main:{calls[1]['id']}")
        await expect(page.locator(".facts")).to_be_visible()
        await expect(page.locator("audio")).to_have_count(0)
        manager = await shown.person("maria", role="manager")
        await manager.goto(f"/calls/main:{calls[1]['id']}")
        assert await plays(manager) >= 1


async def test_a_message_at_night_is_heard_rung_back_by_a_click_and_closes_itself(
    asterisk: Asterisk, phones: Phones, tmp_path: Path
) -> None:
    async with site(asterisk, tmp_path) as shown:
        page = await shown.person("anna", "101")
        await page.goto("/callbacks")
        await expect(page.locator(".live-callbacks")).to_contain_text("Nobody waits to be rung back")
        asterisk.cli("database put clinic mode night")
        try:
            patient = await phones.provider.dial(NIGHT, "501000206")
            await patient.until(patient.answered)
            await patient.until(patient.media.heard)
            await asyncio.sleep(3)
            await patient.hang_up()
        finally:
            asterisk.cli("database put clinic mode day")

        row = page.locator("[data-callback]")
        await expect(row).to_contain_text("Anna Przykładowa")
        await expect(row).to_contain_text("left a message")
        assert await plays(page) >= 1
        await page.keyboard.press("j")
        await page.keyboard.press("t")
        await expect(page.get_by_role("heading", name="Mine")).to_be_visible()

        phones["101"].behaviour = phones.provider.behaviour = ignores
        await page.keyboard.press("r")
        mine = await phones["101"].rings()
        click = page.locator(".live-click")
        await expect(click).to_contain_text("Your phone rings: pick it up")
        assert "501000206" in mine.remote
        mine.pick_up()
        theirs = await phones.provider.rings()
        await expect(click).to_contain_text("Their phone rings")
        assert NIGHT in theirs.remote, "they see the number that they dialled"
        await expect(row).to_contain_text("is being rung now")
        theirs.pick_up()
        await expect(click).to_contain_text("You are talking")
        await scenarios.talk(mine, theirs, 1.5)
        await mine.hang_up()
        await expect(click).to_contain_text("Answered.")
        await expect(page.locator(".live-callbacks")).to_contain_text("Nobody waits to be rung back")
        assert page.url.endswith("/callbacks"), "nothing was loaded again"

        await page.goto("/callbacks/all")
        await expect(row).to_contain_text("reached")
        await row.get_by_role("link", name="the call").click()
        await expect(page.locator(".outcome")).to_contain_text("answered")
        [missed, back] = await shown.clinic.calls(lambda found: len(found) == 2 and bool(found[1]["ended_at"]))
        assert (back["presented_number"], back["destination"]) == (NIGHT, missed["caller_number"])
