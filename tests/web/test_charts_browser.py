"""A report in a real browser: its chart lives without eval and answers to keys; without script it is a picture."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.reports.rows import call
from tests.web.house import house
from tests.web.surfing import browser_test, picture, surfing
from tests.web.test_reports import fill

pytestmark = browser_test
PATH = "/reports/missed?from=2026-11-20&to=2026-11-23&by=day"
WEEKS = "/reports/missed?from=2026-11-01&to=2026-11-23&by=day"


async def bars(page: Page) -> list[float]:
    """Return how opaque each bar is."""
    found: list[float] = await page.eval_on_selector_all(
        ".plot .mark-rect.role-mark path", "bars => bars.map(bar => Number(bar.getAttribute('opacity') ?? 1))"
    )
    return found


async def widest(page: Page) -> float:
    """Return how wide the widest bar is."""
    found: float = await page.eval_on_selector_all(
        ".plot .mark-rect.role-mark path", "bars => Math.max(...bars.map(bar => bar.getBBox().width))"
    )
    return found


async def test_a_chart_lives_under_a_policy_without_eval_and_answers_to_keys(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        fill(made, call("2026-11-02", id="early", outcome="no_answer", missed=1))
        made.add("mia", "marketer")
        mia = await shown.person("mia")
        await mia.goto(WEEKS)
        await expect(mia.locator("figure.is-live .plot svg")).to_be_visible()
        assert "unsafe" not in (await mia.request.get(WEEKS)).headers["content-security-policy"]
        told = await mia.locator(".plot").get_attribute("aria-label")
        assert told is not None
        assert "Missed calls." in told
        assert "Hung up waiting: 4 in all" in told
        await expect(mia.locator("table caption")).to_contain_text("Missed calls")
        # A part is chosen by keys: the others fade.
        part = mia.locator("[data-parts] button").first
        await part.focus()
        await mia.keyboard.press("Enter")
        await expect(part).to_have_attribute("aria-pressed", "true")
        assert sorted(set(await bars(mia))) == [0.12, 1.0]
        await mia.keyboard.press("Enter")
        await expect(part).to_have_attribute("aria-pressed", "false")
        assert set(await bars(mia)) == {1.0}
        # Days are drawn nearer, and whole again.
        whole = await widest(mia)
        await mia.locator("[data-zoom=in]").press("Enter")
        assert await widest(mia) > 1.5 * whole
        await mia.locator("[data-zoom=whole]").press("Enter")
        assert await widest(mia) == pytest.approx(whole, abs=1)
        await mia.locator(".plot .mark-rect.role-mark path").first.hover()
        await expect(mia.locator("#vg-tooltip-element")).to_be_visible()
        await picture(mia, "chart")


async def test_without_script_the_same_chart_is_a_still_picture(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        fill(made)
        made.add("mia", "marketer")
        mia = await shown.person("mia", java_script_enabled=False)
        await mia.goto(PATH)
        still = mia.locator("figure noscript img, figure picture img")
        await expect(still).to_be_visible()
        assert "Hung up waiting: 4 in all" in (await still.get_attribute("alt") or "")
        await expect(mia.locator(".plot svg")).to_have_count(0)


async def test_what_a_row_is_about_stays_beside_its_figures_and_covers_none_that_keys_reach(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        fill(made)
        made.add("mia", "marketer")
        mia = await shown.person("mia", viewport={"width": 400, "height": 800})
        await mia.goto(PATH.replace("missed", "sources").replace("by=day", "by=source&by=campaign"))
        name, room = mia.locator(".report-rows tbody td").first, mia.locator(".table-wrap")
        await expect(name).to_have_class("is-beside")
        before = await name.bounding_box()
        await room.evaluate("room => { room.scrollLeft = 600; }")
        after = await name.bounding_box()
        assert before is not None
        assert after is not None
        assert (after["x"], after["width"]) == (before["x"], before["width"])
        link = mia.locator(".report-rows thead th.num a").first
        await link.focus()
        reached = await link.bounding_box()
        assert reached is not None
        assert reached["x"] >= after["x"] + after["width"] - 1
        await picture(mia, "beside")
