"""The pages for programs in a real browser: they can be read, wide in the light and narrow in the dark."""

from pathlib import Path

from playwright.async_api import expect

from tests.web.api.office import office
from tests.web.surfing import browser_test, complaints, picture, surfing

pytestmark = browser_test
EVERYTHING = ()


async def test_the_pages_for_programs_are_readable_and_accessible(tmp_path: Path) -> None:
    async with office(tmp_path) as made, surfing(made) as shown:
        for scheme, width in (("light", 1280), ("dark", 400)):
            page = await shown.person("boss", viewport={"width": width, "height": 900}, color_scheme=scheme)
            await page.goto("/api/docs")
            await page.locator("#callbacks_claim summary").click()
            await expect(page.locator("#callbacks_claim pre")).to_contain_text("curl -X POST")
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            await picture(page, f"api-docs-{scheme}-{width}")
            assert await complaints(page, EVERYTHING) == []
            await page.goto("/account/tokens")
            await picture(page, f"api-tokens-{scheme}-{width}")
            assert await complaints(page, EVERYTHING) == []
