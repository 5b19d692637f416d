"""Chromium before the whole console. A page that breaks its own policy, throws, or asks another host fails the test."""

import atexit
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.web.house import PASSWORD, House

CHROMIUM = which("chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
PATIENCE_MS = 30_000
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""
browser_test = pytest.mark.xdist_group("browser")
"""Tests in a browser share one worker: two Chromiums at once are slow, not faster."""


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
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(chromium.pid, signal.SIGKILL)
        chromium.wait()
        shutil.rmtree(profile, ignore_errors=True)

    atexit.register(end)
    assert chromium.stderr is not None
    for line in chromium.stderr:
        if found := re.search(r"DevTools listening on (ws://\S+)", line):
            threading.Thread(target=chromium.stderr.read, daemon=True).start()
            return found.group(1)
    raise AssertionError("Chromium did not start")


@asynccontextmanager
async def surfing(made: House) -> AsyncIterator[Surfers]:
    """Open windows in Chromium; at the end no page may have complained."""
    path = need_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(running(path))
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
                await page.context.close()  # the browser stays, and a page that stays in it goes on asking
            await browser.close()


async def picture(page: Page, folder: Path, name: str) -> None:
    """Keep a screenshot where CALLWARD_PICTURES says, to be looked at by a person."""
    wanted = os.environ.get("CALLWARD_PICTURES")
    await page.screenshot(path=str((Path(wanted) if wanted else folder) / f"{name}.png"), full_page=True)
