"""Every page that there is, found by walking the router: readable, fitting from a telephone to a desk, and with keys.

A page that is added later is looked at without being named here; one with a new kind of address has to say, in REFS,
where something to look at is.
"""

import re
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from callbacks.topics import SHIPPED, note
from tests.web.house import House, house
from tests.web.surfing import RULES, browser_test, complaints, picture, surfing
from tests.web.test_office_browser import at_work
from web.pages import LINKS

pytestmark = browser_test
WIDTHS = {1280: "beside a softphone", 820: "a tablet", 640: "a desk at 200 % zoom", 390: "a telephone"}
NO_PAGES = ("/static/", "/live", "/api/v1", "/enter/", "/feed/", "/favicon.ico")
"""What is served besides pages; who enters by a link is looked at elsewhere."""
BEHIND = {f"/reports/{kind}": f"?figure={figure}&start=2026-11-01&end=2026-11-30"
          for kind, figure in (("people", "sources.unique_callers"), ("appointments", "origins.appointments"),
                               ("entries", "channels.contacts"))}
"""The list behind which figure is looked at."""


def refs(made: House) -> dict[str, str]:
    """Return what stands for each part of an address, by its path and name."""
    with made.store.read() as tx:
        call = tx.all("callbacks_open_list", now_ms=made.now, limit=1, skip=0)
        row = tx.conn.execute("SELECT pbx, id FROM call WHERE party IS NOT NULL"
                              " AND id NOT IN (SELECT call FROM attribution) ORDER BY id").fetchone()
    return {"/calls/{ref}": f"{row['pbx']}:{row['id']}", "/patients/{ref}": "P1",
            "/callbacks/{id}": str(call[0]["id"]) if call else "1", "/reports/{name}": "sources"}


def paths(made: House) -> list[str]:
    """Return the address of every page, something to look at in each."""
    known, found = refs(made), []
    for route in made.app.router.routes():
        assert isinstance(route.resource, web.Resource)
        pattern = route.resource.canonical
        if route.method != "GET" or pattern.startswith(NO_PAGES) or "." in pattern:
            continue
        for part, ref in known.items():
            if pattern.startswith(part):
                pattern = part.rpartition("{")[0] + ref + pattern[len(part):]
        assert "{" not in pattern, f"say in refs() what {pattern} is to be looked at with"
        found.append(pattern + BEHIND.get(pattern, ""))
    return found


def full_house(made: House) -> None:
    """A clinic after a day, and one person who may see all of it."""
    at_work(made)
    made.add("all", "receptionist", "manager", "marketer", "admin", display="Wanda Widząca")
    with made.store.write() as tx:
        call = tx.conn.execute("SELECT * FROM call WHERE answered_ms IS NOT NULL").fetchone()
        if call is not None:
            note(tx, dict(call), SHIPPED[0], ("all", None), made.now)


async def pages(made: House, page: Page) -> list[str]:
    """Return those that answer with a page."""
    found = []
    for path in paths(made):
        answer = await page.request.get(path, max_redirects=0, headers={"Accept": "text/html"})
        if answer.status == 200 and answer.headers.get("content-type", "").startswith("text/html"):
            if "<html" in await answer.text():
                found.append(path)
        else:
            assert answer.status in (200, 302, 303, 307, 404), f"{path} answers {answer.status}"
    return found


@pytest.mark.slow
async def test_every_page_is_readable_and_fits_every_window(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        full_house(made)
        page = await shown.person("all", "101")
        there = await pages(made, page)
        assert {link.path for link in made.app[LINKS]} - {"/admin"} <= set(there)
        troubles: list[str] = []
        for path in there:
            await page.emulate_media(color_scheme="light")
            await page.goto(path)
            troubles += [f"{path}: {trouble}" for trouble in await troubles_of(page, path)]
        assert troubles == []


async def troubles_of(page: Page, path: str) -> list[str]:
    """Return what is wrong with the page that is open: too wide for a window, or not accessible, light and dark."""
    found: list[str] = []
    name = re.sub(r"\W+", "-", path).strip("-") or "home"
    for width, what in WIDTHS.items():
        await page.set_viewport_size({"width": width, "height": 800})
        over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            found.append(f"{over} px wider than {what} ({width} px)")
        await picture(page, f"{name}-{width}")
    await page.set_viewport_size({"width": 1280, "height": 800})
    for scheme, rules in (("light", RULES), ("dark", ("color-contrast",))):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await picture(page, f"{name}-{scheme}")
        found += [f"{scheme}: {told}" for told in await complaints(page, rules)]
    return found


async def test_keys_are_told_on_every_page_and_lead_to_the_others(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        full_house(made)
        page = await shown.person("all", "101")
        await page.goto("/callbacks")
        await page.keyboard.press("?")
        keys = page.locator("#keys")
        await expect(keys).to_be_visible()
        await expect(keys).to_contain_text("callback: take, give back, ring, more")
        await expect(keys.get_by_text("open the row")).to_be_hidden()
        await page.keyboard.press("Escape")
        for key, path in (("l", "/calls"), ("t", "/today"), ("b", "/board")):
            await page.keyboard.press("g")
            await page.keyboard.press(key)
            await page.wait_for_url(f"{made.url}{path}")  # until it is loaded, and its keys with it
        await page.keyboard.press("?")
        await expect(keys).to_be_visible()
        await page.keyboard.press("?")
        await expect(page).to_have_url(f"{made.url}/help")


async def test_signals_are_switched_on_and_remembered_by_the_browser(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        full_house(made)
        page = await shown.person("all", "101")
        await page.context.grant_permissions(["notifications"])
        await page.goto("/board")
        await page.locator(".menu summary").click()
        for name in ("ring-sound", "due-notice"):
            await page.locator(f"[data-signal={name}]").check()
        await page.reload()
        assert await page.locator("[data-signal]").evaluate_all("all => all.map(one => one.checked)") == [
            True, False, False, True, False]
        await expect(page.locator(".badge[data-overdue]")).to_be_visible()
