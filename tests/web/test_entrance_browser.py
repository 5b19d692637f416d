"""In a real browser: sign-in by keyboard, take-over in seconds, the account page, languages, and how pages look."""

from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.web.house import PASSWORD, House, house
from tests.web.reception import Console
from tests.web.surfing import browser_test, complaints, picture, surfing
from web import users

pytestmark = browser_test
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
PAGES = ("/account", "/switch", "/nothing-here")


def at_work(made: House) -> None:
    """Give the pages something to show: a call that rings, one that is talked on, and people."""
    made.add("anna", "receptionist", display="Anna Nowak")
    made.add("ewa", "receptionist", pin="2580", display="Ewa Lis")
    made.add("boss", "manager", display="Maria Kowalska-Brzęczyszczykiewicz")
    console = Console(made.store, made.url, made.now)
    console.patient("P1", "Zofia Łęcka", "+48501000222")
    console.rings("1795309246.1", "101", party="+48501000222", caller_number="+48501000222")
    console.rings("1795309246.7", "102", party="+48501000333", caller_number="+48501000333")
    console.answers("1795309246.7", "102")


async def test_a_receptionist_signs_in_by_keyboard_and_the_browser_remembers_the_desk(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("anna", display="Anna Nowak")
        page = await shown.window()
        await page.goto("/calls")
        await expect(page.locator("#name")).to_be_focused()
        await page.keyboard.type("anna")
        for text in (PASSWORD, "101"):
            await page.keyboard.press("Tab")
            await page.keyboard.type(text)
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{made.url}/calls")
        await page.locator(".menu summary").click()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page).to_have_url(f"{made.url}/login")
        await expect(page.locator("#desk")).to_have_value("101")
        await page.go_back()
        await page.reload()
        await expect(page.locator("#password")).to_be_visible()


async def test_the_next_person_takes_the_desk_over_with_four_keys(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        at_work(made)
        page = await shown.person("anna", "101")
        await page.goto("/switch")
        await expect(page.locator("#pin")).to_be_focused()
        await page.keyboard.type("2580")
        await page.keyboard.press("Enter")
        await expect(page.locator(".who")).to_have_text("Ewa Lis")
        await expect(page.locator(".desk")).to_have_text("101")


async def test_signing_in_needs_no_script(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("anna", "marketer")
        page = await shown.person("anna", java_script_enabled=False)
        await expect(page.locator(".who")).to_have_text("Anna")


async def test_another_session_is_ended_without_loading_the_page_anew(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("anna")
        there = await shown.person("anna", "102")
        here = await shown.person("anna", "101")
        await here.goto("/account")
        await here.evaluate("window.same = true")
        await here.get_by_role("button", name="Sign out there").click()
        await expect(here.get_by_role("button", name="Sign out there")).to_have_count(0)
        assert await here.evaluate("window.same") is True
        await there.goto("/account")
        await expect(there.locator("#password")).to_be_visible()
        await expect(there.get_by_role("button", name="Sign in")).to_be_visible()


async def test_an_authenticator_app_is_added_on_the_account_page(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("anna", "marketer")
        page = await shown.person("anna")
        await page.goto("/account")
        await expect(page.locator(".qr svg")).to_be_visible()
        secret = await page.locator(".key").inner_text()
        await page.fill("#code", pyotp.TOTP(secret).at(made.now // 1000))
        await page.fill("#current-totp", PASSWORD)
        await page.get_by_role("button", name="Ask for a code from now on").click()
        await expect(page.get_by_role("status")).to_have_text("Saved.")
        assert made.user("anna")["totp"] == secret


@pytest.mark.parametrize(("locale", "heading", "menu"), [
    ("pl-PL", "Zaloguj się", "Wyloguj"), ("ru-RU", "Вход", "Выйти"), ("es-ES", "Entrar", "Salir"),
])  # fmt: skip
async def test_the_browsers_language_is_spoken(tmp_path: Path, locale: str, heading: str, menu: str) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        at_work(made)
        page = await shown.window(locale=locale)
        await page.goto("/login")
        await expect(page.locator("h1")).to_have_text(heading)
        await expect(page.locator("html")).to_have_attribute("lang", locale[:2])
        await picture(page, f"login-{locale}")
        page = await shown.person("anna", "101", locale=locale)
        await page.locator(".menu summary").click()
        await expect(page.locator(".menu form button")).to_have_text(menu)
        await picture(page, f"board-{locale}")


async def test_a_choice_of_language_goes_before_the_browsers(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("anna", "marketer")
        page = await shown.person("anna")
        await page.goto("/account")
        await page.select_option("#language", "pl")
        await page.locator("form[action='/account/language'] button").click()
        await expect(page.locator("html")).to_have_attribute("lang", "pl")
        await expect(page.get_by_role("status")).to_have_text("Zapisano.")


async def test_every_page_passes_the_accessibility_check_and_fits_its_window(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        at_work(made)
        with made.store.write() as tx:
            go_in = users.demo_logins(tx, [users.NewUser("jan", "Jan", ("receptionist",))], made.now)["jan"]
            users.add(tx, users.NewUser("ola", "Ola", ("receptionist",)), made.now)
            choose = f"/enter/{users.invite(tx, 'ola', made.now)}"
        stranger = await shown.window(viewport=WIDE)
        boss = await shown.person("boss", "101", viewport=WIDE)
        for page, paths in ((stranger, ("/login", choose, go_in, "/enter/none")), (boss, PAGES)):
            for n, path in enumerate(paths):
                await page.emulate_media(color_scheme="light")
                await page.goto(path)
                await looks_right(page, f"{n}-{path.split('/')[1]}")


async def looks_right(page: Page, name: str) -> None:
    """Look at a page narrow and wide, light and dark: of what axe knows, the colours alone are others in the dark."""
    for size in (NARROW, WIDE):
        await page.set_viewport_size(size)  # type: ignore[arg-type]
        await picture(page, f"{name}-{size['width']}")
        over = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} px wider than a window of {size['width']}"
    assert await complaints(page) == [], name
    await page.emulate_media(color_scheme="dark")
    await picture(page, f"{name}-dark")
    assert await complaints(page, ["color-contrast"]) == [], f"{name} in the dark"


async def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("anna")
        page = await shown.person("anna", "101")
        await page.goto("/account")
        await page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        await expect(skip).to_be_focused()
        box = await skip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert await skip.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.locator("#main")).to_be_focused()
