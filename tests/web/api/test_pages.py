"""Tokens that people make for themselves on the account page, and the documentation in a real browser."""

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.web.api.office import Program, office
from tests.web.house import PASSWORD, Visitor
from tests.web.surfing import browser_test, picture, surfing

_MADE = re.compile(r'<code class="key">(cw_[\w-]{43})</code>')


async def make(visitor: Visitor, **fields: str) -> int:
    await visitor.get("/account/tokens")
    sent: dict[str, Any] = {"name": "mine", "scope": "calls:read", "days": "30", "current": PASSWORD} | fields
    return (await visitor.post("/account/tokens", **sent)).status


async def test_somebody_makes_a_token_by_password_and_sees_it_once(tmp_path: Path) -> None:
    async with office(tmp_path) as made, made.browser() as anna, ClientSession() as http:
        await anna.sign_in("anna")
        assert await make(anna, current="wrong") == 400
        assert "Your present password is not right." in anna.told
        assert await make(anna, name="No Name") == 400
        assert await make(anna, scope="figures:read") == 400, "not hers to give"
        assert await make(anna) == 200
        shown = _MADE.search(anna.page)
        assert shown is not None
        robot = Program(made, http, shown[1])
        assert (await robot.get("/calls")).status == 200
        await anna.get("/account/tokens")
        assert shown[1] not in anna.page
        assert "calls:read" in anna.page
        assert (await anna.post("/account/tokens/revoke", name="mine")).status == 303
        assert (await robot.get("/calls")).status == 401
        assert [row[:4] for row in made.audit() if row[2] == "token"] == [
            ("anna", "added", "token", "mine"), ("anna", "revoked", "token", "mine")]


async def test_nobody_revokes_the_token_of_another(tmp_path: Path) -> None:
    async with office(tmp_path) as made, made.browser() as anna, made.browser() as boss:
        await anna.sign_in("anna")
        await boss.sign_in("boss")
        assert await make(anna) == 200
        await boss.get("/account/tokens")
        assert (await boss.post("/account/tokens/revoke", name="mine")).status == 404


@pytest.mark.browser
@browser_test
async def test_the_pages_for_programs_are_readable_and_accessible(tmp_path: Path) -> None:
    async with office(tmp_path) as made, surfing(made) as shown:
        for scheme, width in (("light", 1280), ("dark", 400)):
            page = await shown.person("boss", viewport={"width": width, "height": 900}, color_scheme=scheme)
            await page.goto("/api/docs")
            await page.locator("#callbacks_claim summary").click()
            await expect(page.locator("#callbacks_claim pre")).to_contain_text("curl -X POST")
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            await picture(page, tmp_path, f"api-docs-{scheme}-{width}")
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            await page.goto("/account/tokens")
            await picture(page, tmp_path, f"api-tokens-{scheme}-{width}")
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
