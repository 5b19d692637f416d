"""Take the pictures of the console for the README and the docs: the demo's own pages, in Chromium, all people invented.

    python -m docs.pictures

Needs Chromium, and playwright of the development tools. It takes two minutes, for the demo is waited for as a visitor
would: until the phone rings, until somebody was missed.
"""

import asyncio
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

HERE = Path(__file__).parent
FOLDER = HERE / "pictures"
MOST_BYTES = 300_000
WIDE: Any = {"width": 1280, "height": 800}
PHONE: Any = {"width": 390, "height": 760}
PATIENCE_MS = 60_000
_LINK = re.compile(r"\s+(receptionist|manager|marketer)\s+(http://\S+/enter/\S+)\n")


@asynccontextmanager
async def demo(folder: str) -> AsyncIterator[dict[str, str]]:
    """Run the demo in a country whose language is English; yield its links by role."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-m", "callward", "demo", "--lang", "en", "--folder", f"{folder}/clinic",
        cwd=HERE.parent, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert program.stdout is not None
    links: dict[str, str] = {}
    while len(links) < 3:
        line = (await program.stdout.readline()).decode()
        if not line:
            raise SystemExit("The demo ended before it had begun; run `make demo` to see why.")
        if found := _LINK.fullmatch(line):
            links[found[1]] = found[2]
    rest = asyncio.create_task(program.stdout.read())
    try:
        yield links
    finally:
        program.send_signal(signal.SIGINT)
        await program.wait()
        await rest


async def enter(browser: Browser, link: str, **options: Any) -> Page:
    """Go in by a link, in a window of its own."""
    context = await browser.new_context(locale="en-GB", **({"viewport": WIDE} | options))
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(link)
    await page.locator("main button").click()
    await page.wait_for_load_state()
    return page


async def take(page: Page, name: str) -> None:
    """Keep what the window shows, without the demo's bar."""
    await page.evaluate("document.getElementById('demo')?.remove()")
    path = FOLDER / f"{name}.png"
    await page.screenshot(path=str(path))
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} is larger than {MOST_BYTES} bytes; take less of the page.")


def at(link: str, path: str) -> str:
    """Return a page on the host that a link leads to."""
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}{path}"


async def reception(browser: Browser, link: str) -> None:
    """The board while relatives ring who share a number; the callbacks; the story of a call."""
    page = await enter(browser, link)
    await page.wait_for_selector(".pop.is-ringing")
    await page.wait_for_timeout(4000)
    await page.click("[data-demo=answer]")
    await page.wait_for_selector(".pop.is-talking")
    await page.wait_for_timeout(5000)
    await take(page, "board")
    dark = await page.context.browser.new_context(  # type: ignore[union-attr]
        locale="en-GB", viewport=PHONE, color_scheme="dark", storage_state=await page.context.storage_state()
    )
    small = await dark.new_page()
    await small.goto(at(link, "/board"))
    await small.wait_for_timeout(1000)
    await take(small, "phone-dark")
    await page.goto(at(link, "/callbacks"))
    await page.wait_for_timeout(1000)
    await take(page, "callbacks")
    await page.goto(at(link, "/calls?outcome=answered"))
    await page.locator("[data-row]").nth(3).click()
    await page.wait_for_timeout(1000)
    await take(page, "call")


async def office(browser: Browser, links: dict[str, str]) -> None:
    """What a manager and a marketer see first."""
    page = await enter(browser, links["manager"])
    await page.wait_for_timeout(1000)
    await take(page, "today")
    page = await enter(browser, links["marketer"])
    await page.wait_for_timeout(1000)
    await take(page, "figures")


async def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with demo(folder) as links, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
            await reception(browser, links["receptionist"])
            await office(browser, links)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
