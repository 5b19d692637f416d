"""Chromium before the whole console. A page that breaks its own policy, throws, or asks another host fails the test.

One Chromium and one program that drives it serve all tests of a worker: to start them takes longer than most tests do.
"""

import asyncio
import atexit
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.web.house import PASSWORD, House

CHROMIUM = which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-blink-features=AutomationControlled",
             "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup"]
"""The last two: a page is not to know that nobody sits before it; and an address bar that nobody sees need not be ready
to suggest anything, which costs more than all that the pages do.
"""
PATIENCE_MS = 30_000
"""A slow machine is no fault: what is expected may take its time."""
expect.set_options(timeout=PATIENCE_MS)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""WCAG 2.2, A and AA, as axe names them."""
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""
JUDGE = """
rules => axe.run({
  resultTypes: ["violations"], preload: {assets: ["media"]}, ...(rules.length ? {runOnly: rules} : {}),
}).then(told => told.violations.map(
  one => one.id + " at " + one.nodes.slice(0, 3).map(node => node.html.slice(0, 120)).join(" , ")))
"""
browser_test = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("one_driver")]
"""The marks of tests that look at pages: in one loop, as what drives the browser belongs to one."""


def need_chromium() -> str:
    """Return Chromium's path; without it the test is skipped, and fails where the live tests must run."""
    if CHROMIUM is None:
        reason = "Chromium is not installed (Debian: apt install chromium)."
        if os.environ.get("CALLWARD_LIVE") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return CHROMIUM


@dataclass(slots=True)
class Surfers:
    """Browser windows on one console."""

    house: House
    browser: Browser
    pages: list[Page] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    async def window(self, **options: Any) -> Page:
        """Open a window with cookies of its own; options as of Playwright's `new_context`."""
        context = await self.browser.new_context(base_url=self.house.url, **({"locale": "en-GB"} | options))
        context.set_default_timeout(PATIENCE_MS)
        if options.get("java_script_enabled", True):
            await context.add_init_script(WATCH)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url} threw: {error}"))
        page.on("request", lambda request: self._look_at(request.url))
        self.pages.append(page)
        return page

    async def person(self, name: str, desk: str = "", **options: Any) -> Page:
        """Open a window and sign somebody in, as they would."""
        page = await self.window(**options)
        await page.goto("/login")
        await page.fill("#name", name)
        await page.fill("#password", PASSWORD)
        await page.fill("#desk", desk)
        await page.press("#password", "Enter")
        await page.wait_for_url(lambda url: "/login" not in url)
        return page

    def _look_at(self, url: str) -> None:
        ours = urlsplit(self.house.url).netloc
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != ours:
            self.troubles.append(f"a page asked {url}")


@cache
def running(path: str) -> str:
    """Start one Chromium for all tests of this worker; return where it is told what to do. It ends with the worker."""
    profile = tempfile.mkdtemp(prefix="callward-chromium-")
    chromium = subprocess.Popen(
        [path, "--headless", "--remote-debugging-port=0", f"--user-data-dir={profile}", *ARGUMENTS, "about:blank"],
        stderr=subprocess.PIPE, text=True, start_new_session=True, env=os.environ | {"TMPDIR": profile},
    )  # fmt: skip

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(chromium.pid, signal.SIGKILL)
        chromium.wait()
        for _ in range(50):  # its children may still be writing
            shutil.rmtree(profile, ignore_errors=True)
            if not Path(profile).exists():
                break
            time.sleep(0.1)

    atexit.register(end)
    assert chromium.stderr is not None
    for line in chromium.stderr:
        if found := re.search(r"DevTools listening on (ws://\S+)", line):
            threading.Thread(target=chromium.stderr.read, daemon=True).start()
            return found.group(1)
    raise AssertionError("Chromium did not start")


_DRIVEN: dict[asyncio.AbstractEventLoop, Browser] = {}


@asynccontextmanager
async def driven() -> AsyncIterator[Browser]:
    """Give the worker's Chromium: driven already in the loop of the browser tests, elsewhere for as long as the block.

    Who opens windows in it closes them: the browser stays, and a page that stays in it goes on asking.
    """
    loop = asyncio.get_running_loop()
    if loop in _DRIVEN:
        yield _DRIVEN[loop]
        return
    address = running(need_chromium())
    async with async_playwright() as playwright:
        _DRIVEN[loop] = browser = await playwright.chromium.connect_over_cdp(address)
        try:
            yield browser
        finally:
            del _DRIVEN[loop]
            await browser.close()


@asynccontextmanager
async def surfing(made: House) -> AsyncIterator[Surfers]:
    """Open windows in Chromium; at the end no page may have complained."""
    async with driven() as browser:
        shown = Surfers(made, browser)
        try:
            yield shown
            for page in shown.pages:
                if not page.is_closed() and page.url.startswith(made.url):
                    with_script = await page.evaluate("window.violations ?? null")
                    assert with_script in ([], None), page.url
            assert shown.troubles == []
        finally:
            for page in shown.pages:
                await page.context.close()


async def complaints(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """Return what axe says against the page that is open; with no rules it looks at all it knows.

    Its script is no page's own: it is run by the test, past the policy.
    """
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    found: list[str] = await page.evaluate(JUDGE, list(rules))
    return found


async def picture(page: Page, name: str) -> None:
    """Keep a screenshot where CALLWARD_PICTURES says, if it does, to be looked at by a person."""
    if wanted := os.environ.get("CALLWARD_PICTURES"):
        await page.screenshot(path=str(Path(wanted) / f"{name}.png"), full_page=True)
