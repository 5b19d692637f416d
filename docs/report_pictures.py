"""Take a picture of each report for the docs: the demo's clinic, its pages in Chromium, everybody invented.

    python -m docs.report_pictures

Needs Chromium, and playwright of the development tools. It takes two or three minutes: the demo makes its three months
of calls first.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.async_api import Page

from docs.gallery import FOLDER
from reports.registry import KINDS
from tests.web.house import house
from tests.web.surfing import surfing

HERE = Path(__file__).parent
MOST_BYTES = 60_000
WIDTH, HEIGHT = 1120, 760
DAYS = 60


def clinic(folder: Path) -> None:
    """Make the demo's clinic, with its appointments joined to the calls that made them."""
    for words in (["demo", "--lang", "en", "--folder", str(folder), "--seconds", "2", "--keep"],
                  ["--config", str(folder / "callward.toml"), "appointments", "relate"]):  # fmt: skip
        subprocess.run([sys.executable, "-m", "callward", *words], cwd=HERE.parent, check=True,  # noqa: S603  # our own
                       stdout=subprocess.DEVNULL)  # fmt: skip


async def take(page: Page) -> bytes:
    """Return what stands below the menu, as WebP."""
    session = await page.context.new_cdp_session(page)
    top = await page.evaluate("document.querySelector('main').getBoundingClientRect().top")
    for quality in (80, 60, 40):
        shot = await session.send("Page.captureScreenshot", {
            "format": "webp", "quality": quality,
            "clip": {"x": 0, "y": top, "width": WIDTH, "height": HEIGHT, "scale": 1},
        })  # fmt: skip
        taken = b64decode(shot["data"])
        if len(taken) <= MOST_BYTES:
            return taken
    raise SystemExit(f"{page.url} makes a picture of more than {MOST_BYTES} bytes; take less of the page.")


async def all_pictures() -> dict[str, bytes]:
    """Return the picture of each report by its name."""
    pictures: dict[str, bytes] = {}
    today = datetime.now(UTC).date()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "clinic"
        await asyncio.to_thread(clinic, place)
        async with house(place, clinic="Linden Clinic") as made, surfing(made) as shown:
            made.now = round(time.time() * 1000)
            made.add("boss", "manager", display="Martin Ashby")
            page = await shown.person("boss", viewport={"width": WIDTH, "height": HEIGHT + 200})
            for kind in KINDS.values():
                await page.goto(f"/reports/{kind.name}?from={today - timedelta(days=DAYS)}&to={today}")
                if await page.locator("figure[data-chart]").count():
                    await page.locator("figure.is-live").wait_for()
                    await page.wait_for_timeout(200)
                pictures[kind.name] = await take(page)
    return pictures


if __name__ == "__main__":
    for name, picture in asyncio.run(all_pictures()).items():
        (HERE / FOLDER / f"{name}.webp").write_bytes(picture)
