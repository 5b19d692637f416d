"""A page of the clinic's site in a real browser: another origin than the door's, as on the Internet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from playwright.async_api import Browser, Page

import intake
from pbx.calls import CallChanged
from tests.test_intake import IN_CLINIC, missed_call
from tests.tracking.test_visitors import POOL
from tests.web.public.doorway import AGENT, Doorway, doorway
from tests.web.surfing import PATIENCE_MS, browser_test, driven

pytestmark = browser_test

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clinic</title>
<script src="{door}/numbers.js" defer></script><script src="{door}/call-me-back.js" defer></script></head><body>
<p id="plain">Ring +48 22 123 45 00 or (22) 123-45-00.</p><p id="other">Fax 22 999 88 77, NIP 5221234500.</p>
<a id="link" href="tel:+48221234500">Ring us</a><a id="marked" data-callward href="tel:+48800000000"></a>
<pre id="code"><script>var untouched = "22 123 45 00";</script></pre><div id="late"></div>
<form id="ask" data-callward-form method="post" action="{door}/call-me-back">
<input name="number"><label><input type="checkbox" name="consent" value="yes"> Yes</label>
<button>Call me</button></form>
</body></html>"""
CLICK = "utm_source=google&utm_medium=cpc&utm_campaign=Implants&gclid=Cj0abc_1"
LATE = """document.querySelector("#late").innerHTML = '<b>0</b><a href="tel:221234500">22 123 45 00</a>'"""
NEW, NATIONAL = "+48 22 123 46 01", "22 123 46 01"


@dataclass(slots=True)
class Street:
    """The door, the clinic's site, and a browser."""

    door: Doorway
    site: str
    browser: Browser

    async def visitor(self, path: str = "/", agent: str = AGENT) -> Page:
        context = await self.browser.new_context(user_agent=agent, locale="pl-PL")
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        await page.goto(self.site + path)
        return page


@asynccontextmanager
async def street(folder: Path) -> AsyncIterator[Street]:
    port = unused_port()
    site, name = web.Application(), f"127.0.0.1:{port}"
    async with doorway(folder, ticking=True, sites=(name,)) as door:
        async def page(request: web.Request) -> web.Response:
            return web.Response(text=PAGE.format(door=door.url), content_type="text/html")

        site.router.add_get("/{path:.*}", page)
        server = TestServer(site, port=port)
        await server.start_server()
        try:
            async with driven() as browser:
                known = list(browser.contexts)
                try:
                    yield Street(door, f"http://{name}", browser)
                finally:
                    for context in set(browser.contexts) - set(known):
                        await context.close()
        finally:
            await server.close()


async def shown(page: Page, text: str) -> None:
    """Wait until the page says it."""
    await page.wait_for_function("text => document.querySelector('#plain').textContent.includes(text)", arg=text)


async def test_from_a_click_on_an_advertisement_to_the_call_that_is_attributed_to_it(tmp_path: Path) -> None:
    async with street(tmp_path) as seen:
        page = await seen.visitor(f"/implants?{CLICK}&name=Anna")
        await shown(page, "+48 22 123 47 00")
        assert await page.evaluate("[document.cookie, Object.keys(sessionStorage).length]") == ["", 0]
        # Agreed while the page was asking as somebody who had not: it asks again.
        await page.reload()
        await page.evaluate("callward.consent(true)")
        await shown(page, NEW)
        assert await page.text_content("#plain") == f"Ring {NEW} or (22) 123-46-01."
        assert await page.text_content("#other") == "Fax 22 999 88 77, NIP 5221234500."
        assert await page.get_attribute("#link", "href") == f"tel:{POOL[0]}"
        assert await page.text_content("#link") == "Ring us"
        assert await page.text_content("#marked") == NATIONAL
        assert await page.get_attribute("#marked", "href") == f"tel:{POOL[0]}"
        assert await page.evaluate("untouched") == "22 123 45 00"
        await page.evaluate(LATE)
        await page.wait_for_function("document.querySelector('#late').textContent.includes('46 01')")
        await page.goto(f"{seen.site}/prices")
        await shown(page, NEW)
        cookie = next(one for one in await page.context.cookies() if one["name"] == "callward")
        assert (cookie["sameSite"], cookie["path"]) == ("Lax", "/")

        call = missed_call(did=POOL[0], started_ms=seen.door.now + 60_000)
        with seen.door.store.write() as tx:
            intake.record(tx, CallChanged(call), seen.door.now + 90_000, IN_CLINIC, live=True)
        decided = seen.door.table("attribution")[0]
        visit = seen.door.table("visit")[0]
        assert (decided["rule"], decided["campaign"]) == ("visitor", visit["campaign"])
        assert (visit["source"], visit["name"], visit["gclid"], visit["page"]) == (
            "google", "Implants", "Cj0abc_1", "/implants")
        assert len(seen.door.table("visit")) == 1
        assert [row["why"] for row in seen.door.table("lease")] == ["called"]

        await page.fill("[name=number]", "501 000 207")
        await page.check("[name=consent]")
        await page.click("#ask button")
        await page.wait_for_function("document.querySelector('#ask [role=status]')")
        assert "today by 10:15" in (await page.text_content("#ask [role=status]") or "")
        assert seen.door.table("request")[0]["visit"] == visit["id"]

        await page.evaluate("callward.consent(false)")
        await shown(page, "+48 22 123 45 00")
        assert await page.evaluate("[document.cookie, Object.keys(sessionStorage).length]") == ["", 0]


async def test_where_nobody_agrees_or_the_door_is_away_the_page_works_as_it_was(tmp_path: Path) -> None:
    async with street(tmp_path) as seen:
        page = await seen.visitor()
        async with page.expect_response(lambda answer: answer.url.endswith("/visit/number")):
            await page.reload()
        assert "22 123 45 00" in (await page.text_content("#plain") or "")
        await page.route("**/visit/**", lambda route: route.abort())
        async with page.expect_event("requestfailed"):
            await page.goto(f"{seen.site}/?{CLICK}")
        assert "22 123 45 00" in (await page.text_content("#plain") or "")
        assert await page.evaluate("[document.cookie, Object.keys(sessionStorage).length]") == ["", 0]
        assert (seen.door.table("visit"), seen.door.table("lease")) == ([], [])
