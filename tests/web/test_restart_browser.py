"""The console is killed while a page is open, and comes back: the page says so, and shows what happened meanwhile."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import expect

from demo.recordings import Made, as_records, call
from pbx.simulator import Simulator, User
from store import open_store
from tests.web.serving import listens
from tests.web.surfing import PATIENCE_MS, browser_test, driven
from web import sessions

pytestmark = browser_test
ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-of-the-tests"
NOW_MS = 1_795_340_000_000
SETTINGS = """
[clinic]
name = "Przychodnia"
country = "PL"
timezone = "Europe/Warsaw"

[[pbx]]
port = {ami}
username = "callward"
secret = {{ env = "CALLWARD_TEST_SECRET" }}
trunks = ["trunk-*"]
phones = ["10X"]

[web]
port = {port}
"""


@asynccontextmanager
async def running(folder: Path, command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `callward listen` or `callward web` for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callward", "--config", str(folder / "callward.toml"), command, cwd=ROOT,
        env={**os.environ, "CALLWARD_TEST_SECRET": SECRET}, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def test_a_page_outlives_the_console_that_served_it(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    simulator = Simulator({"callward": User(SECRET)}, speed=0)
    async with simulator.serving() as ami:
        (tmp_path / "callward.toml").write_text(SETTINGS.format(ami=ami, port=port))
        with open_store(str(tmp_path / "callward.db")) as store, store.write() as tx:
            tx.run("user_add", name="anna", display="Anna", roles="receptionist", created_ms=1)
            far = 4_000_000_000_000
            sessions.open_session(tx, sessions.Opening("anna", "password", "101", 1, far, "127.0.0.1", ""), "token", 1)
        async with (
            running(tmp_path, "listen"), driven() as browser,
            await browser.new_context(base_url=f"http://127.0.0.1:{port}") as context,
        ):  # fmt: skip
            context.set_default_timeout(PATIENCE_MS)
            await context.add_cookies([{"name": "callward-session", "value": "token", "url": f"http://127.0.0.1:{port}"}])
            page = await context.new_page()
            async with running(tmp_path, "web") as console:
                await listens(port)
                await page.goto("/callbacks")
                await expect(page.locator(".live-callbacks")).to_contain_text("Nobody waits to be rung back")
                console.kill()
                await console.wait()
            await expect(page.locator("#offline")).to_be_visible()
            await simulator.wait_for_clients()
            missed = Made(NOW_MS / 1000, 1, "+48501000222", "+48221234501", wait=6, talk=6)
            await simulator.replay(as_records(call("queue_abandoned", missed)))
            async with running(tmp_path, "web"):
                await expect(page.locator("[data-callback]")).to_contain_text("501 000 222")
                await expect(page.locator("#offline")).to_be_hidden()
                assert await page.evaluate("performance.getEntriesByType('navigation').length") == 1
