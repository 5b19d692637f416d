"""The admin's pages: users, campaigns, numbers, hours, topics, exchanges, the proof, the audit log."""

import asyncio
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.callbacks.clinic import Clinic, at, inbound
from tests.web.house import House, Visitor, house
from web import app as web_app
from web.backroom import Backroom, CannotVerifyError, Exchange


async def enters(made: House, visitor: Visitor, *roles: str) -> None:
    made.add("root", *roles)
    await visitor.sign_in("root")


class TestUsers:
    async def test_somebody_is_added_and_comes_in_by_the_link_that_is_shown_once(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as root, made.browser() as ewa:
            await enters(made, root, "admin")
            await root.get("/admin/users")
            await root.post("/admin/users", name="Ewa", display="Ewa N.", role="receptionist")
            link = re.search(r'class="once">[^<]*(/enter/[^<]+)<', root.page)
            assert link is not None
            await ewa.get(link.group(1))
            answer = await ewa.post(link.group(1), password="seven slow rivers", again="seven slow rivers")
            assert answer.status == 303
            assert await ewa.inside()
            await root.get("/admin/users")
            assert "/enter/" not in root.page
            assert ("root", "added", "user", "ewa", "receptionist") in made.audit()

    async def test_roles_sessions_and_the_door_are_changed_and_noted(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as root, made.browser() as ewa:
            await enters(made, root, "admin")
            made.add("ewa")
            await ewa.sign_in("ewa")
            await root.get("/admin/users")
            assert (await root.post("/admin/users/ewa/roles", role="marketer")).status == 303
            assert (await ewa.get("/calls")).status == 403
            assert (await root.post("/admin/users/ewa/revoke")).status == 303
            assert not await ewa.inside()
            assert (await root.post("/admin/users/ewa/disable")).status == 303
            assert (await ewa.sign_in("ewa")).status != 303
            await root.get("/admin/users")
            assert (await root.post("/admin/users/ewa/link")).status == 409
            assert (await root.post("/admin/users/ewa/enable")).status == 303
            assert (await ewa.sign_in("ewa")).status == 303
            deeds = [deed[1:] for deed in made.audit() if deed[0] == "root" and deed[2] == "user"]
            assert deeds == [("changed", "user", "ewa", "marketer"), ("ended", "user", "ewa", "sessions"),
                             ("disabled", "user", "ewa", ""), ("enabled", "user", "ewa", "")]

    async def test_nobody_shuts_themselves_out_or_gives_themselves_rights(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as root:
            await enters(made, root, "admin")
            await root.get("/admin/users")
            assert (await root.post("/admin/users/root/roles", role="manager")).status == 409
            assert (await root.post("/admin/users/root/disable")).status == 409
            assert (await root.post("/admin/users", name="x", display="X", role="owner")).status == 409
            assert (await root.post("/admin/users/nobody/revoke")).status == 409
            assert made.user("root")["roles"] == "admin"


class TestCampaignsAndNumbers:
    async def test_a_marketer_adds_a_campaign_with_its_cost_and_a_clash_is_told(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as mark:
            await enters(made, mark, "marketer")
            await mark.get("/admin/campaigns")
            fields: dict[str, Any] = {"source": "Google", "medium": "cpc", "name": "Teeth", "promise": "First visit 99"}
            assert (await mark.post("/admin/campaigns", **fields)).status == 303
            await mark.get("/admin/campaigns")
            assert (await mark.post("/admin/campaigns", **fields)).status == 409
            assert "There is a campaign" in mark.told
            assert (await mark.post("/admin/campaigns/1/cost", period="2026-11", amount="1 234,50", currency="pln")
                    ).status == 303
            assert (await mark.post("/admin/campaigns/1/cost", period="2026-11-05", amount="1", currency="PLN")
                    ).status == 409
            await mark.get("/admin/campaigns")
            assert re.search(r"PLN\xa01,234\.50", mark.page)
            assert (await mark.post("/admin/campaigns/1/cost", period="2026-11", amount="", currency="")).status == 303
            await mark.get("/admin/campaigns")
            assert "1,234.50" not in mark.page

    async def test_a_number_goes_to_a_campaign_from_a_day_and_an_overlap_is_refused(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as root:
            await enters(made, root, "admin")
            await root.get("/admin/campaigns")
            for name in ("Autumn", "Winter"):
                assert (await root.post("/admin/campaigns", source="billboard", medium="offline", name=name)
                        ).status == 303
            await root.get("/admin/numbers")
            fields: dict[str, Any] = {"did": "22 123 45 01", "campaign": "1", "kind": "static",
                                      "valid_from": "2026-11-01"}  # fmt: skip
            assert (await root.post("/admin/numbers", **fields, label="Marszałkowska")).status == 303
            again = fields | {"campaign": "2", "valid_from": "2026-12-01"}
            assert (await root.post("/admin/numbers", **again)).status == 409
            assert "+48221234501" in root.told
            assert (await root.post("/admin/numbers", **again, move="1")).status == 303
            assert (await root.post("/admin/numbers", **fields | {"did": "12"})).status == 409
            assert (await root.post("/admin/numbers", **fields | {"valid_from": ""})).status in (400, 409)
            await root.get("/admin/numbers")
            assert "30 Nov 2026" in root.page
            assert (await root.post("/admin/numbers/2/end", valid_to="2026-12-24")).status == 303
            assert (await root.post("/admin/numbers/9/end", valid_to="2026-12-24")).status == 409

    async def test_a_marketer_sees_the_numbers_and_changes_none(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as mark:
            await enters(made, mark, "marketer")
            assert (await mark.get("/admin")).headers["Location"] == "/admin/campaigns"
            assert (await mark.get("/admin/numbers")).status == 200
            assert (await mark.post("/admin/numbers", did="22 123 45 01", valid_from="2026-11-01")).status == 403
            assert (await mark.get("/admin/hours")).status == 403


class TestHoursAndTopics:
    async def test_a_day_is_closed_on_the_page_and_a_callback_moves(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as boss:
            clinic = Clinic(made.store)
            clinic.record(inbound("1.1", "17:59"), at("18:05"))
            before = clinic.callback()["due_ms"]
            await enters(made, boss, "manager")
            await boss.get("/admin/hours")
            assert (await boss.post("/admin/hours", day="2026-11-24", closed="1", reason="outing")).status == 303
            assert clinic.callback()["due_ms"] >= at("2026-11-25 08:00") > before
            await boss.get("/admin/hours")
            assert "outing" in boss.page
            assert (await boss.post("/admin/hours", day="2026-11-26", hours="9 to 5")).status == 409
            assert (await boss.post("/admin/hours", day="", hours="09:00-17:00")).status == 409
            assert (await boss.post("/admin/hours/drop", day="2026-11-24", location="")).status == 303
            assert clinic.callback()["due_ms"] == before
            assert ("root", "changed", "hours", "2026-11-24", "closed") in made.audit()

    async def test_a_topic_is_added_retired_and_offered_again(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as boss:
            await enters(made, boss, "manager")
            await boss.get("/admin/topics")
            assert (await boss.post("/admin/topics", name="Lens fitting", category="booked")).status == 303
            assert (await boss.post("/admin/topics", name="Booked", category="booked")).status == 409
            assert (await boss.post("/admin/topics/retire", topic="lens fitting")).status == 303
            await boss.get("/admin/topics")
            assert "Offer again" in boss.page
            assert (await boss.post("/admin/topics", name="Lens fitting", category="booked")).status == 303
            assert (await boss.post("/admin/topics/retire", topic="booked")).status == 409


class TestMachine:
    async def test_the_exchanges_say_who_hears_them_and_what_was_not_heard(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as root:
            await enters(made, root, "admin")
            with made.store.write() as tx:
                tx.run("lease_take", pbx="main", holder="desk:7:1:2", until_ms=made.now + 9000, now_ms=made.now)
                tx.run("pbx_seen_put", pbx="main", snapshot_ms=made.now - 60_000, calls=3)
                tx.run("gap_open", id=1, pbx="main", from_ms=made.now - 900_000, reason="the socket <b>closed</b>")
                tx.run("gap_close", pbx="main", to_ms=made.now - 600_000)
                tx.run("gap_open", id=2, pbx="branch", from_ms=made.now - 7_200_000, reason="by the PBX")
            await root.get("/admin/pbx")
            assert "It is heard." in root.page
            assert "process desk, 7" in root.page
            assert "(3 calls lived)" in root.page
            assert "not heard since" in root.page
            assert "<b>closed" not in root.page

    async def test_a_run_shows_how_far_it_is_what_it_found_and_is_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        gate = threading.Event()

        def verify(pbx: str, from_ms: int, to_ms: int, tell: object) -> dict[str, object]:
            assert callable(tell)
            tell("cel")
            assert gate.wait(30)
            tell("journal")
            cells = ["1.1", "cel", "outcome", "answered", "<b>busy", "Nobody knows."]
            return {"calls": 4, "notes": [], "unexplained": 1, "explained": 0,
                    "records": [{"name": "cel", "seen": 5, "matched": 4, "missing": 1, "extra": 0}],
                    "differences": [{"explained": False, "cells": cells}]}

        made_app, room = web_app.make_app, Backroom((Exchange("main", "pbx:5038", ("cel",)),), None, "sqlite", verify)
        monkeypatch.setattr("tests.web.house.make_app", lambda config, ground: made_app(config, ground, backroom=room))
        async with house(tmp_path) as made, made.browser() as root:
            await enters(made, root, "admin")
            await root.get("/admin/verify")
            assert "Nothing was verified here yet." in root.page
            days: dict[str, Any] = {"start": "2026-11-22", "end": "2026-11-23"}
            assert (await root.post("/admin/verify", pbx="other", **days)).status == 409
            assert (await root.post("/admin/verify", pbx="main", start="2026-11-23", end="2026-11-22")).status == 400
            assert (await root.post("/admin/verify", pbx="main", **days)).status == 303
            async with asyncio.timeout(30):
                while "Asterisk&#39;s CEL" not in root.page and "Asterisk's CEL" not in root.page:
                    await root.get("/admin/verify")
            assert 'hx-trigger="every 2s"' in root.page
            assert (await root.post("/admin/verify", pbx="main", **days)).status == 409
            gate.set()
            async with asyncio.timeout(30):
                while "1 difference has no explanation." not in root.page:
                    await root.get("/admin/verify")
            assert "&lt;b&gt;busy" in root.page
            # A second run is stopped by a person; the first is still there.
            gate.clear()
            assert (await root.post("/admin/verify", pbx="main", **days)).status == 303
            assert (await root.post("/admin/verify/stop")).status == 303
            gate.set()
            await root.get("/admin/verify")
            assert "stopped" in root.page
            assert "Earlier runs" in root.page

    async def test_what_hinders_a_run_is_said_in_its_sentence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def verify(*_: object) -> dict[str, object]:
            raise CannotVerifyError("cel.csv: it cannot be read; check its rights.")

        made_app, room = web_app.make_app, Backroom((Exchange("main", "pbx:5038"),), None, "", verify)
        monkeypatch.setattr("tests.web.house.make_app", lambda config, ground: made_app(config, ground, backroom=room))
        async with house(tmp_path) as made, made.browser() as root:
            await enters(made, root, "admin")
            await root.get("/admin/verify")
            await root.post("/admin/verify", pbx="main", start="2026-11-22", end="2026-11-22")
            async with asyncio.timeout(30):
                while "check its rights." not in root.page:
                    await root.get("/admin/verify")

    async def test_the_audit_log_is_filtered_paged_and_its_reading_noted(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as boss:
            with made.store.write() as tx:
                for n in range(150):
                    tx.run("audit_add", id=tx.next_id("audit"), at_ms=made.now - n, person="anna", session=None,
                           action="looked", kind="patient", ref=f"P{n % 3}", detail="", address="127.0.0.1")
            await enters(made, boss, "manager")
            await boss.get("/admin/audit?person=anna&patient=P1&action=looked")
            assert boss.page.count("<td>anna</td>") == 50
            assert ("root", "looked", "audit", "P1", "") in made.audit()
            await boss.get("/admin/audit?person=anna")
            older = re.search(r'href="([^"]+)" rel="next"', boss.page)
            assert older is not None
            assert boss.page.count("<td>anna</td>") == 100
            await boss.get(older.group(1).replace("&amp;", "&"))
            assert boss.page.count("<td>anna</td>") == 50
            await boss.get("/admin/audit?person=nobody")
            assert "Nothing matches." in boss.page


class TestCalendar:
    async def test_a_link_shows_my_callbacks_without_names_until_it_is_revoked(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna, made.browser() as program:
            clinic = Clinic(made.store)
            clinic.record(inbound("1.1", "08:30"), at("09:00"))
            clinic.record(inbound("1.2", "08:40", number="+48501000207"), at("09:00"))
            made.add("anna")
            await anna.sign_in("anna")
            await anna.get("/account")
            with made.store.write() as tx:
                clinic.desk(tx, "anna", "09:59").claim(1)
            paths = []
            for scope in ("mine", "all"):
                assert (await anna.post("/account/calendar", label="phone", scope=scope)).status == 200
                found = re.search(r'class="key">[^<]*(/feed/[^<]+\.ics)<', anna.page)
                assert found is not None
                paths.append(found.group(1))
            answer = await program.get(paths[0])
            assert (answer.status, answer.content_type) == (200, "text/calendar")
            text = await answer.text()
            assert text.count("BEGIN:VTODO") == 1
            assert "+48501000206" in text
            assert (await (await program.get(paths[1])).text()).count("BEGIN:VTODO") == 2
            with made.store.read() as tx:
                stored = str([dict(row) for row in tx.conn.execute("SELECT * FROM calendar_link").fetchall()])
            assert not any(path.split("/")[2].removesuffix(".ics") in stored for path in paths)
            await anna.get("/account")
            assert paths[0] not in anna.page
            assert (await anna.post("/account/calendar/revoke", link="1")).status == 303
            assert (await program.get(paths[0])).status == 404
            assert (await program.get(paths[1])).status == 200

    async def test_a_link_ends_with_its_year_its_person_and_their_right(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna, made.browser() as program:
            made.add("anna")
            await anna.sign_in("anna")
            await anna.get("/account")
            await anna.post("/account/calendar", label="", scope="all")
            found = re.search(r'class="key">[^<]*(/feed/[^<]+\.ics)<', anna.page)
            assert found is not None
            path, now = found.group(1), made.now
            for change, back in (("roles = 'marketer'", "roles = 'receptionist'"),
                                 ("disabled_ms = 1", "disabled_ms = NULL")):
                with made.store.write() as tx:
                    tx.conn.execute(f"UPDATE web_user SET {change}")
                assert (await program.get(path)).status == 404
                with made.store.write() as tx:
                    tx.conn.execute(f"UPDATE web_user SET {back}")
                assert (await program.get(path)).status == 200
            made.now = now + 366 * 86_400_000
            assert (await program.get(path)).status == 404

    async def test_tokens_are_not_guessed_and_links_not_hammered(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as program:
            statuses = [(await program.get(f"/feed/guess{n}.ics")).status for n in range(32)]
            assert statuses == [404] * 30 + [429] * 2
            assert (await program.get("/feed/%2e%2e.ics")).status in (302, 404, 429)
