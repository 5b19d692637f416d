"""The manager's, marketer's and admin's pages in a real browser: they open, fit, are readable, and stay live."""

from pathlib import Path

from playwright.async_api import expect

from tests.callbacks.clinic import Clinic, at, inbound
from tests.web.house import House, house
from tests.web.reception import Console
from tests.web.surfing import browser_test, surfing
from tests.web.test_entrance_browser import NARROW
from tests.web.test_today import fill, number

pytestmark = browser_test


def at_work(made: House) -> None:
    """A clinic after a day, with people, a number with a history, a link that broke."""
    fill(made)
    made.add("boss", "manager", "admin", display="Maria Kowalska")
    made.add("ewa", "receptionist", "marketer", display="Ewa Lis")
    Console(made.store, made.url, made.now).patient("P1", "Zofia Łęcka-Brzęczyszczykiewicz", number(1))
    with made.store.write() as tx:
        for id_, first, last in ((1, "2026-01-01", "2026-10-31"), (2, "2026-11-01", None)):
            tx.run("number_put", id=id_, did="+48221234501", label="Marszałkowska", kind="static", location="",
                   campaign=id_, valid_from=first, valid_to=last, destination=None)
        tx.run("hours_exception_put", location="", day="2026-12-24", hours="08:00-12:00", reason="Christmas Eve",
               author="boss", at_ms=made.now)
        tx.run("gap_open", id=1, pbx="main", from_ms=made.now - 900_000, reason="by the PBX")
        tx.run("pbx_seen_put", pbx="main", snapshot_ms=made.now - 960_000, calls=2)


async def test_a_manager_sees_a_callback_more_without_a_click_and_opens_who_was_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        at_work(made)
        boss = await shown.person("boss", "101", viewport=NARROW)
        await expect(boss).to_have_url(f"{made.url}/today")
        await expect(boss.locator("[data-figure=waiting]")).to_have_text("4")
        await boss.locator(".tile").nth(1).locator("summary").click()
        clinic = Clinic(made.store)
        clinic._version = 100
        clinic.record(inbound("7.7", "15:00", number="+48501000999", local_day="2026-11-23", in_hours=1), at("15:05"))
        await expect(boss.locator("[data-figure=waiting]")).to_have_text("5")
        await expect(boss.locator(".tile").nth(1).locator("details")).to_have_attribute("open", "")
        await boss.locator("[data-figure=final_lost]").click()
        await expect(boss.locator(".behind strong")).to_have_text("Final lost callers")
        await expect(boss.locator("[data-row]")).to_have_count(5)
