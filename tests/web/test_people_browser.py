"""People before one console in a real browser: hostile names, two who want one callback, three languages."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.callbacks.clinic import Clinic
from tests.web.house import House, house
from tests.web.reception import Console
from tests.web.surfing import Surfers, browser_test, picture, surfing

pytestmark = browser_test
HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>&quot;\'"><b id="bold">'
RINGS, MISSED = "+48501000222", "+48501000333"


def at_work(made: House) -> Console:
    """Somebody rings whose name is hostile, and somebody was missed."""
    made.add("anna", display="Anna Nowak")
    made.add("ewa", display="Ewa Lis")
    return Console(made.store, made.url, made.now)


async def test_a_hostile_name_is_text_wherever_it_turns_up_also_when_it_comes_live(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        console = at_work(made)
        made.add("boss", "manager", "receptionist", display="<i>Boss</i><script>window.pwned=3</script>")
        console.patient("P1", HOSTILE, MISSED)
        page = await shown.person("boss", "101")
        await page.goto("/board")
        console.rings("9.1", "101", party=RINGS, caller_number=RINGS, caller_name=HOSTILE, queue="<u>reception</u>")
        await expect(page.locator(".pop.is-ringing .name")).to_have_text(HOSTILE)
        await expect(page.locator(".live-board")).to_contain_text("<i>Boss</i>")
        await page.goto("/callbacks")
        Clinic(made.store).inbound("9.2", "09:50", number=MISSED, caller_name=HOSTILE)
        row = page.locator("[data-callback]")
        await expect(row.locator(".name")).to_contain_text(HOSTILE)
        await row.locator("details.more summary").click()
        await row.locator("[name=text]").fill(HOSTILE)
        await row.locator("[name=text]").press("Enter")
        await expect(row.locator(".cb-comment")).to_contain_text(HOSTILE)
        for path in ("/board", "/callbacks", "/callbacks/all", "/calls", "/calls/main:9.1", "/calls/main:9.2", "/today",
                     "/patients/P1", "/patients?q=img", "/switch"):
            await page.goto(path)
            assert await page.evaluate("[window.pwned, document.querySelector('main #bold, main img, .pop img')]"
                                       ) == [None, None], path


async def test_two_receptionists_press_take_at_once_and_exactly_one_has_it(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        at_work(made)
        Clinic(made.store).inbound("9.2", "09:50", number=MISSED)
        pages = [await shown.person(name, desk) for name, desk in (("anna", "101"), ("ewa", "102"))]
        pressed = asyncio.Event()

        async def held(route: Route) -> None:
            await pressed.wait()  # what the one did is no news to the other before she has pressed, too
            await route.continue_()

        for page in pages:
            await page.route(re.compile(r"/live[/?]"), held)
            await page.goto("/callbacks")
        rows = [page.locator("[data-callback]") for page in pages]
        await asyncio.gather(*(row.get_by_role("button", name="Take").click() for row in rows))
        pressed.set()
        mine = [row.locator(".cb-claim", has_text="yours until") for row in rows]
        theirs = [row.locator(".cb-claim", has_text="does it") for row in rows]
        await expect(mine[0].or_(theirs[0])).to_be_visible()
        await expect(mine[1].or_(theirs[1])).to_be_visible()
        assert sorted([await mine[0].count(), await mine[1].count()]) == [0, 1]
        loser = await mine[1].count() == 0
        await expect(pages[loser].locator("#said.is-trouble")).to_contain_text("has this callback already")
        claims = Console(made.store, made.url, made.now).rows("callback")
        assert [row["claimed_by"] for row in claims] == ["ewa" if loser == 0 else "anna"]


@pytest.mark.parametrize(("locale", "board", "missed", "late"), [
    ("pl-PL", "Tablica", "rozłączenie po czekaniu 0:05", "termin minął"),
    ("ru-RU", "Табло", "повесили трубку после ожидания 0:05", "срок истёк"),
    ("es-ES", "Panel", "colgó tras esperar 0:05", "venció"),
])  # fmt: skip
async def test_a_receptionist_works_in_her_language(
    tmp_path: Path, locale: str, board: str, missed: str, late: str
) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        console = at_work(made)
        console.patient("P1", "Zofia Łęcka", MISSED)
        Clinic(made.store).inbound("9.2", "09:10", number=MISSED)
        page = await speaking(shown, locale)
        await expect(page.locator("h1")).to_have_text(board)
        console.rings("9.1", "101", party=RINGS, caller_number=RINGS)
        await expect(page.locator(".pop.is-ringing")).to_be_visible()
        await page.goto("/callbacks")
        row = page.locator("[data-callback]")
        await expect(row).to_contain_text(missed)
        await expect(row.locator(".cb-due")).to_contain_text(late)
        await page.keyboard.press("j")
        await page.keyboard.press("t")
        await expect(row.locator(".cb-claim")).to_be_visible()
        await picture(page, f"callbacks-{locale}")
        english = ("Callbacks", "Ring", "Take", "More", "was due", "Number", "Rings at")
        said = await page.locator("body").inner_text()
        assert [word for word in english if word in said.replace("Callward", "")] == []


async def speaking(shown: Surfers, locale: str) -> Page:
    """Sign a receptionist in whose browser speaks a language."""
    page = await shown.person("anna", "101", locale=locale)
    await page.goto("/board")
    return page


async def test_a_row_that_did_not_change_stays_the_element_it_was_and_one_that_the_page_lacks_comes_again(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        at_work(made)
        clinic = Clinic(made.store)
        clinic.inbound("9.1", "09:40", number=RINGS)
        clinic.inbound("9.2", "09:50", number=MISSED)
        page = await shown.person("anna", "101")
        await page.goto("/callbacks")
        rows = page.locator("[data-callback]")
        await expect(rows).to_have_count(2)
        await page.evaluate("document.querySelectorAll('[data-callback]').forEach((row) => { row.marked = true; })")
        clinic.inbound("9.3", "09:55", number="+48501000444")
        await expect(rows).to_have_count(3)
        assert await rows.evaluate_all("(rows) => rows.filter((row) => row.marked).length") == 2
        await rows.first.evaluate("(row) => row.remove()")
        clinic.inbound("9.4", "09:56", number="+48501000555")
        await expect(rows).to_have_count(4)
        await expect(page.locator("[data-kept]")).to_have_count(0)
        for row in await rows.all():
            await expect(row.locator(".number")).to_contain_text("501 000")


async def test_rows_stay_on_the_page_when_a_list_around_them_is_new(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        at_work(made)
        clinic = Clinic(made.store)
        for minute in range(3):
            clinic.inbound(f"9.{minute}", f"09:4{minute}", number=f"+4850100070{minute}")
        page = await shown.person("anna", "101")
        await page.goto("/callbacks")
        rows, lists = page.locator("[data-callback]"), page.locator("[data-live=callbacks] section")
        await expect(rows).to_have_count(3)
        for key, shown_lists in (("t", 2), ("f", 1), ("t", 2), ("f", 1)):
            await rows.last.locator(f'[data-key="{key}"]').or_(rows.first.locator(f'[data-key="{key}"]')).last.click()
            await expect(lists).to_have_count(shown_lists)
            await expect(page.locator("[data-kept]")).to_have_count(0)
            assert sorted([(await row.locator(".number").inner_text())[-3:] for row in await rows.all()]) == [
                "700", "701", "702"]
        await rows.last.focus()
        await page.keyboard.press("m")
        await page.keyboard.type("not now")
        await page.keyboard.press("Escape")
        await expect(rows.last.locator("summary")).to_be_focused()
        await page.keyboard.press("m")
        await expect(rows.last.get_by_label("Comment")).to_have_value("not now")
        await rows.last.get_by_label("Comment").fill("after three")
        await page.keyboard.press("Enter")
        await expect(rows.last.locator("summary")).to_be_focused()  # the next key is for the same row
