"""A visitor in a real browser: what they click has effect, from the first ring to the callback that closes itself."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, expect

from tests.commands.test_demo import ROOT, environment
from tests.web.surfing import PATIENCE_MS, browser_test, driven, picture

pytestmark = browser_test
RINGS = 12
LINK = re.compile(r"\s+(receptionist|manager|marketer)\s+(http://\S+/enter/\S+)\n")


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Run the demo, ten times as fast as usual; yield its links by role."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-m", "callward", "demo", "--days", "3", "--speed", "30", cwd=folder,
        env=environment(folder) | {"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert program.stdout is not None
    links: dict[str, str] = {}
    said = ""
    while len(links) < 3:
        line = (await program.stdout.readline()).decode()
        assert line, said
        said += line
        if found := LINK.fullmatch(line):
            links[found[1]] = found[2]
    rest = asyncio.create_task(program.stdout.read())
    try:
        yield links
    finally:
        program.send_signal(signal.SIGINT)
        await program.wait()
        assert program.returncode == 0, (await rest).decode()
        await rest


async def enter(browser: Browser, link: str) -> Page:
    """Open a link that works once, in a window of its own, and go in."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(link)
    await page.locator("main button").click()
    return page


async def test_a_visitor_picks_up_notes_rings_back_and_pulls_the_plug(tmp_path: Path) -> None:
    async with demo(tmp_path) as links, driven() as browser:
        page = await enter(browser, links["receptionist"])
        await it_rings(page)
        await picture(page, "demo-pop")
        await it_is_noted(page)
        await they_are_rung_back(page, links["receptionist"])
        boss = await enter(browser, links["manager"])
        await boss.goto(f"{base(links['manager'])}/board")
        await boss.get_by_role("button", name="Pull the plug for 20 seconds").click()
        await expect(boss.locator(".link-down")).to_be_visible()
        await expect(page.locator(".link-down")).to_be_visible()
        await expect(boss.locator("#demo")).to_contain_text("more second")
        marketer = await enter(browser, links["marketer"])
        await expect(marketer.locator(".who")).to_be_visible()
        await expect(marketer.locator("#demo button")).to_have_count(0)
        for window in (page, boss, marketer):
            await window.context.close()


async def it_rings(page: Page) -> None:
    """Two relatives share the number, and the billboard stands on the card."""
    card = page.locator(".pop").first
    await expect(card.locator(".relatives .name")).to_have_count(2)
    await expect(card).to_contain_text("Billboard")


async def it_is_noted(page: Page) -> None:
    """The phone is picked up by a button, a topic is noted by two keys."""
    if await page.locator(".pop.is-ringing").count():
        await page.locator("[data-demo=answer]").dispatch_event("click")
    await expect(page.locator(".pop.is-talking, .pop.is-after").first).to_be_visible()
    await page.keyboard.press("a")
    await page.keyboard.press("5")
    await expect(page.locator("#said")).to_have_text("Saved.")


async def they_are_rung_back(page: Page, link: str) -> None:
    """Somebody is taken and rung; once they pick up (most do, some only later) they close by themselves."""
    await page.goto(f"{base(link)}/callbacks")
    free = page.locator(".callback", has=page.locator('[data-key="t"]'))
    name = await free.last.get_attribute("id")
    mine = page.locator(f"#{name}")
    await mine.get_by_role("button", name="Ring").click()
    await expect(mine.locator(".cb-claim")).to_have_text(re.compile("yours until"))
    for _ in range(RINGS):
        with suppress(AssertionError):
            await expect(mine.locator(".cb-claim")).to_have_count(0, timeout=PATIENCE_MS / 5)
            return
        await mine.get_by_role("button", name="Ring").click()
    raise AssertionError(f"nobody was reached by {RINGS} calls")


def base(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"
