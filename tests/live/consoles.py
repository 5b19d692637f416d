"""A clinic whose console stands beside the lab's Asterisk, and people before it in Chromium."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from store import open_store
from tests.lab.asterisk import Asterisk
from tests.live.clinic import SECRET, Clinic, opened
from tests.web.house import PASSWORD, hashed
from tests.web.serving import listens
from tests.web.surfing import PATIENCE_MS, WATCH, driven
from web import users

CONSOLE = """
[pbx.click]
username = "click"
secret = {{ env = "CALLWARD_AMI_SECRET" }}

[web]
port = {port}
"""
SOUND = """
recordings = "{spool}/monitor"
voicemail = "{spool}/voicemail"
"""
MANAGER = """
[click]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = none
write = originate,agent
"""
"""What docs/telephone.md asks for: to ring and to pause, nothing else, and to hear nothing."""
OUTSIDE = """
[clinic-outside]
exten => _X.,1,Dial(PJSIP/+${EXTEN}@trunk-alfa,30)
"""
"""An outbound context of a clinic that keeps the number presented."""


@dataclass(slots=True)
class Site:
    """The clinic, its Asterisk, and the windows that are open on its console."""

    clinic: Clinic
    asterisk: Asterisk
    url: str
    browser: Browser
    pages: list[Page] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    async def person(self, name: str, desk: str = "", role: str = "receptionist", **options: Any) -> Page:
        """Add somebody, and sign them in as they would do it."""
        with open_store(str(self.clinic.folder / "callward.db")) as store, store.write() as tx:
            users.add(tx, users.NewUser(name, name.capitalize(), (role,)), 1)
            tx.run("user_password", name=name, password=hashed(PASSWORD))
        context = await self.browser.new_context(base_url=self.url, locale="en-GB", **options)
        context.set_default_timeout(PATIENCE_MS)
        await context.add_init_script(WATCH)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url} threw: {error}"))
        self.pages.append(page)
        await page.goto("/login")
        await page.fill("#name", name)
        await page.fill("#password", PASSWORD)
        await page.fill("#desk", desk)
        await page.press("#password", "Enter")
        await page.wait_for_url(lambda url: "/login" not in url)
        return page


@asynccontextmanager
async def site(asterisk: Asterisk, folder: Path) -> AsyncIterator[Site]:
    """Run `callward serve` against the lab, with an AMI user for clicks; at the end no page may have complained."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with opened(asterisk, folder) as clinic:
        manager = asterisk.work / "etc/manager.conf"
        manager.write_text(manager.read_text("utf-8") + MANAGER.format(secret=SECRET), "utf-8")
        asterisk.cli("manager reload")
        settings = folder / "callward.toml"
        text = settings.read_text("utf-8").replace(
            'name = "main"\n', f'name = "main"{SOUND.format(spool=asterisk.work / "spool")}')
        settings.write_text(text + CONSOLE.format(port=port), "utf-8")
        dialplan = await clinic.run("dialplan", "generate", "--default-context", "from-trunk",
                                    "--outbound-context", "clinic-outside")
        with asterisk.included("clicks", dialplan + OUTSIDE):
            async with clinic.listener("serve"), driven() as browser:
                await listens(port)
                shown = Site(clinic, asterisk, f"http://127.0.0.1:{port}", browser)
                try:
                    yield shown
                    for page in shown.pages:
                        assert await page.evaluate("window.violations") == [], page.url
                    assert shown.troubles == []
                finally:
                    for page in shown.pages:
                        await page.context.close()
