"""In a real browser: a stranger rings, is saved, booked and found again; the card, the keys, the patient's page."""

from pathlib import Path

from playwright.async_api import expect

from tests.callbacks.clinic import PATIENT, at
from tests.store.rows import insert
from tests.web.house import house
from tests.web.reception import Console
from tests.web.surfing import browser_test, complaints, picture, surfing

pytestmark = browser_test
STRANGER, DID = "+48501000777", "+48221234501"
EVIDENCE = """{"did": "+48221234501", "label": "Billboard", "valid_from": "2026-01-01", "valid_to": null,
 "day": "2026-11-23", "assignment": 1}"""


async def test_a_stranger_is_saved_booked_and_found_again_by_keys(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("anna", "receptionist")
        calls = Console(made.store, made.url, made.now)
        anna, ewa = await shown.person("anna", "101", viewport={"width": 1280, "height": 900}), None
        await anna.goto("/board")
        made.add("ewa", "receptionist")
        ewa = await shown.person("ewa", "102")
        await ewa.goto("/board")
        calls.rings("1.1", "101", "102", number=STRANGER, caller_raw="501000777", first_time=1, did=DID)
        card = anna.locator(".pop")
        await expect(card).to_contain_text("Rings at your phone")
        await expect(ewa.locator(".pop")).to_contain_text("Rings at your phone")
        calls.answers("1.1", "101")
        await expect(card).to_contain_text("How did you hear of us?")
        await expect(ewa.locator(".pop")).to_have_count(0)
        await anna.keyboard.press("q")
        await expect(card).to_contain_text("Heard of us by: a friend")
        await anna.keyboard.press("a")
        await anna.get_by_label("First and last name").fill("Jan Nowy")
        await anna.get_by_label("Year of birth (optional)").fill("1985")
        await anna.keyboard.press("Enter")
        await expect(card.get_by_role("radio", name="Jan Nowy")).to_be_checked()
        await anna.locator("#main").focus()
        await anna.keyboard.press("m")
        await anna.get_by_label("Day").fill("2026-11-24")
        await anna.get_by_label("Time").fill("10:15")
        await anna.get_by_label("Doctor (optional)").fill("dr Maj")
        await picture(anna, "pop-stranger")
        assert await complaints(anna) == []
        await card.get_by_role("button", name="Booked", exact=True).last.click()
        await expect(card).to_contain_text("not yet in your own system")
        calls.ends("1.1")
        await expect(anna.locator(".pop")).to_have_count(0)
        await anna.goto("/patients")
        await anna.get_by_label("Name, or digits of a number").fill("now ja")
        await anna.keyboard.press("Enter")
        await anna.get_by_role("link", name="Jan Nowy").click()
        await expect(anna.locator(".timeline")).to_contain_text("Appointment agreed: 24 Nov 2026, 10:15, dr Maj")
        await anna.get_by_text("Correct…").click()
        numbers = anna.get_by_label("Numbers, one on a line")
        await numbers.fill("501 000 777\n123")
        await anna.get_by_role("button", name="Save", exact=True).click()
        await expect(anna.locator("#said")).to_contain_text("“123” is no phone number")
        await expect(numbers).to_have_value("501 000 777\n123")
        await numbers.fill("22 123 45 67\n501 000 777")
        await anna.get_by_role("button", name="Save", exact=True).click()
        await expect(anna.locator(".facts")).to_contain_text("22 123 45 67")
        await expect(anna.locator(".patient-columns")).to_contain_text("Corrected here: Numbers (Anna")


async def test_card_and_patient_are_readable_wide_and_narrow(tmp_path: Path) -> None:
    async with house(tmp_path) as made, surfing(made) as shown:
        made.add("boss", "receptionist", "manager")
        calls = Console(made.store, made.url, made.now)
        calls.patient("P1", "Anna Nowak", PATIENT, birth_year=1985, consent_marketing="no", email="anna@nowak.example")
        calls.patient("P2", "Kuba Nowak", PATIENT, birth_year=2019, guardian_ref="P1", folded="kuba nowak")
        with made.store.write() as tx:
            tx.run("campaign_add", id=1, source="billboard", medium="ooh", name="Autumn")
            tx.conn.execute("UPDATE campaign SET promise = 'First visit 99 zł until Christmas' WHERE id = 1")
            for ref, patient, start, status in (("A1", "P1", "2026-11-24 10:15", "booked"),
                                                ("A0", "P1", "2026-10-01 09:00", "fulfilled")):
                insert(tx, "appointment", ref=ref, patient=patient, start_ms=at(start), local_day=start[:10],
                       status=status, location="", doctor="dr Maj", service="check-up", imported_ms=at("09:30"))
        calls.calls.inbound("1.0", "08:30", "answered")
        calls.calls.inbound("1.1", "09:00")
        calls.rings("1.2", "101", did=DID)
        with made.store.write() as tx:
            tx.conn.execute("DELETE FROM attribution")
            insert(tx, "attribution", pbx="main", call="1.2", rule="number", campaign=1, evidence=EVIDENCE,
                   decided_ms=1)
            for call in ("1.0", "1.1", "1.2"):
                tx.run("call_patients_link", pbx="main", call=call, number=PATIENT)
            tx.run("call_topic_put", id=1, pbx="main", call="1.0", topic="results", category="results", patient="P2",
                   author="boss", at_ms=at("08:31"))
            tx.run("call_comment_put", id=1, pbx="main", call="1.0", body="asks for the blood test", author="boss",
                   at_ms=at("08:31"))
        calls.answers("1.2", "101")
        boss = await shown.person("boss", "101", color_scheme="dark", viewport={"width": 1280, "height": 900})
        for name, path in (("patient", "/patients/P1"), ("merge", "/patients/P1/merge?with=P2"),
                           ("call", "/calls/main:1.2")):
            answer = await boss.goto(path)
            assert answer is not None
            assert answer.ok, path
            for width in (400, 1280):
                await boss.set_viewport_size({"width": width, "height": 900})
                await picture(boss, f"pop-{name}-{width}")
                over = await boss.evaluate("document.body.scrollWidth - document.documentElement.clientWidth")
                assert over <= 0, f"{path} is {over} px too wide at {width}"
            assert await complaints(boss) == [], path
