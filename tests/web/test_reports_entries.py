"""Figures open to requests, visits and leases: who rang or asked by name or as a hash, a visitor as a hash alone."""

import json
import re
from html import unescape
from pathlib import Path

from aiohttp import ClientSession

from reports import entries
from reports.raw import caller_key, hashed
from store import rollups
from tests.reports import test_channels, test_pool, test_visits
from tests.reports.test_channels import made_by
from tests.store.rows import insert
from tests.tracking.booking import ANNA, BORYS, appointment, at
from tests.web.api.office import Program, token
from tests.web.house import House, Visitor, house

DAYS = "from=2026-11-01&to=2026-11-30"
START = "start=2026-11-01&end=2026-11-30"
LISTS = r'<a href="(/reports/entries\?(?:(?!computed=)[^"])*)">([^<]*)</a>'
SECRETS = ("Wzorowa", ANNA[-9:], BORYS[-9:], "/patients/", "/calls")


def clinic(made: House) -> None:
    made.add("boss", "manager")
    made.add("mia", "marketer")
    with made.store.write() as tx:
        test_visits.story(tx)
        insert(tx, "callback_time", callback=9, opened_day="2026-11-06", opened_in_hours=1,
               contacted_ms=at("2026-11-06 10:30"), contacted_day="2026-11-06")  # fmt: skip
        made_by(tx, "A-1", "1")
        insert(tx, "number_assignment", id=2, did=test_pool.ONE, label="", kind="pool", location="",
               valid_from="2026-01-01")  # fmt: skip
        for n in (1, 3):
            test_pool.lease(tx, n, test_pool.ONE, at(f"2026-11-05 0{n}:00"), at(f"2026-11-05 0{n}:20"))
        rollups.rebuild(tx)


async def links(visitor: Visitor, report: str, by: str = "") -> dict[str, str]:
    assert (await visitor.get(f"/reports/{report}?{DAYS}{by}")).status == 200
    return {unescape(address): shown for address, shown in re.findall(LISTS, visitor.page)}


async def test_requests_visits_and_leases_open_to_as_many_as_the_figure_says_for_everybody(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as mia:
        clinic(made)
        await boss.sign_in("boss")
        await mia.sign_in("mia")
        for visitor in (boss, mia):
            opened: set[str] = set()
            for report, by in (("channels", ""), ("visits", "&by=page&by=source"), ("pool", "&by=number")):
                for address, shown in (await links(visitor, report, by)).items():
                    assert (await visitor.get(address)).status == 200, address
                    assert re.search(rf": {shown} (calls?|requests?|visits?|leases?)\b[^<]*</p>", visitor.page), address
                    assert len(re.findall("<tr><td", visitor.page)) == int(shown), address
                    opened |= set(re.findall(r"figure=([a-z._]+)", address))
                    if visitor is mia:
                        digits = re.sub(r"[^0-9\n<>]", "", visitor.page)
                        assert not [text for text in SECRETS if text in visitor.page or text in digits], address
            assert opened == entries.NAMES - {"pool.overflow"}


async def test_a_manager_sees_who_asked_and_a_marketer_the_same_hash_as_everywhere(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as mia:
        clinic(made)
        await boss.sign_in("boss")
        await boss.get(f"/reports/entries?figure=channels.contacts&{START}")
        assert "Anna Wzorowa" in boss.page
        assert ("boss", "looked", "patient", "P-1", "") in made.audit()
        assert "request to be rung back" in boss.page
        assert 'href="/calls/main:1"' in boss.page
        await mia.sign_in("mia")
        await mia.get(f"/reports/entries?figure=channels.contacts&{START}")
        with made.store.write() as tx:
            key = caller_key(tx)
        for number in (ANNA, BORYS):
            assert str(hashed(key, {"withheld": 0, "party": number})) in mia.page
        for visitor in (boss, mia):
            await visitor.get(f"/reports/entries?figure=visits.visits&{START}")
            assert str(hashed(key, {"withheld": 0, "party": "visitor:anna"})) in visitor.page
            assert "anna" not in visitor.page
        assert ("mia", "looked", "figures", "channels.contacts", "2026-11-01 to 2026-11-30") in made.audit()


async def test_what_is_in_no_such_list_is_not_found(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        clinic(made)
        await boss.sign_in("boss")
        for figure in ("visits.calls", "visits.asked", "channels.contacts&row=channel%3Dphone"):
            assert (await boss.get(f"/reports/entries?figure={figure}&{START}")).status == 404
        for more in ("&row=page%3D%2500", "&before=1~~x", "&row=page%3Dno"):
            assert (await boss.get(f"/reports/entries?figure=visits.visits&{START}{more}")).status == 200
            assert "Nothing is counted here any more" in boss.page


async def test_the_api_opens_the_same_lists_page_by_page(tmp_path: Path) -> None:
    async with house(tmp_path) as made, ClientSession() as http:
        clinic(made)
        boss = Program(made, http, token(made, "figures:read", "calls:read", "patients:read"))
        mia = Program(made, http, token(made, "figures:read", owner="mia"))
        for name in sorted(entries.NAMES - {"pool.overflow"}):
            report, figure = name.split(".")
            total = (await boss.get(f"/reports/{report}?{DAYS}")).body["total"][figure]
            for program in (boss, mia):
                items, cursor = [], ""
                while True:
                    found = await program.get(f"/reports/{report}/entries?{DAYS}&figure={figure}&limit=1{cursor}")
                    assert (found.status, found.body["count"]) == (200, total), found.body
                    items += found.body["items"]
                    if found.body["next"] is None:
                        break
                    cursor = f"&cursor={found.body['next']}"
                assert len({json.dumps(one) for one in items}) == total > 0, name
                told = json.dumps(items, ensure_ascii=False)
                assert not [text for text in SECRETS if text in told and program is mia], name
        asked = f"/reports/channels/entries?{DAYS}&figure=answered&row=channel%3Drequest"
        [one] = (await boss.get(asked)).body["items"]
        assert (one["kind"], one["number"], one["until"]) == ("request", BORYS, "2026-11-06T09:30:00.000Z")
        assert (await boss.get(f"/reports/channels/entries?{DAYS}&figure=contacts&row=channel%3Dphone")).status == 404
        for asked, count in (("visits/entries?figure=acted_share", 3), ("sources/calls?figure=median_wait_s", 2),
                             ("channels/entries?row=channel%3Drequest&figure=answer_s", 1)):  # fmt: skip
            assert len((await boss.get(f"/reports/{asked}&{DAYS}")).body["items"]) == count
        assert (await boss.get(f"/reports/channels/entries?{DAYS}&figure=answer_s")).status == 404


async def test_shares_times_and_money_open_to_what_they_are_computed_from(tmp_path: Path) -> None:
    links_of = r'<a href="(/(?:calls|callbacks/all|reports/[a-z]+)\?[^"]*computed=[^"]*)">([^<]*)</a>'
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as mia:
        clinic(made)
        await boss.sign_in("boss")
        await mia.sign_in("mia")
        seen: set[str] = set()
        for visitor, report in ((boss, "sources"), (boss, "team"), (boss, "callbacks"), (boss, "visits"),
                                (boss, "funnel"), (boss, "channels"), (mia, "funnel"), (mia, "visits")):  # fmt: skip
            await visitor.get(f"/reports/{report}?{DAYS}")
            found = {unescape(address): told for address, told in re.findall(links_of, visitor.page)}
            for address, told in found.items():
                assert (await visitor.get(address)).status == 200, address
                [(value, count)] = re.findall(r"<p>[^<]*: ([^<]*), (?:computed from )?these (\d+)\b", visitor.page)
                assert value == told, address
                assert f": {count} " in visitor.page, address
                seen.add(address.partition("?")[0])
        assert seen >= {"/calls", "/reports/people", "/reports/entries"}


async def test_what_figures_say_is_kept_from_who_may_see_calls_alone(tmp_path: Path) -> None:
    asked = f"/calls?figure=team.answered&computed=talk_s&{START}"
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as ewa:
        clinic(made)
        made.add("ewa", "receptionist")
        for visitor, name in ((boss, "boss"), (ewa, "ewa")):
            await visitor.sign_in(name)
            assert (await visitor.get(asked)).status == 200
            assert ("computed from these" in visitor.page) == (visitor is boss)
        await boss.get(f"/calls?figure=sources.calls&computed=talk_s&{START}")
        assert "computed from these" not in boss.page


async def test_what_visits_were_worth_adds_up_to_the_figure_and_is_no_marketers(tmp_path: Path) -> None:
    async with house(tmp_path) as made, ClientSession() as http, made.browser() as boss, made.browser() as mia:
        made.add("boss", "manager")
        made.add("mia", "marketer")
        with made.store.write() as tx:
            test_channels.story(tx)
        program = Program(made, http, token(made, "figures:read", "calls:read", "patients:read"))
        total = (await program.get(f"/reports/channels?{DAYS}")).body["total"]["revenue"]
        items = (await program.get(f"/reports/channels/appointments?{DAYS}&figure=revenue")).body["items"]
        assert (sum(one["value"] or 0 for one in items), len(items)) == (total, 2)
        for visitor, name in ((boss, "boss"), (mia, "mia")):
            await visitor.sign_in(name)
            await visitor.get(f"/reports/appointments?figure=channels.shown&computed=revenue&{START}")
            assert "Worth, PLN: 500.00, computed from these 2." in visitor.page
            assert ("250.00 PLN" in visitor.page) == (visitor is boss)


async def test_pages_and_programs_know_when_this_clinic_calls_a_cancellation_late(tmp_path: Path) -> None:
    for hours, late in ((0, 0), (24 * 365, 1)):
        (tmp_path / str(hours)).mkdir()
        async with house(tmp_path / str(hours), late_hours=hours) as made, made.browser() as boss:
            made.add("boss", "manager")
            with made.store.write() as tx:
                test_visits.story(tx)
                appointment(tx, "A-9", "P-1", "2026-11-20 09:00", status="cancelled",
                            cancelled_ms=at("2026-11-10 09:00"))  # fmt: skip
            await boss.sign_in("boss")
            await boss.get(f"/reports/appointments?figure=origins.cancelled_late&{START}")
            assert (": 1 appointment</p>" in boss.page) == bool(late)
            async with ClientSession() as http:
                program = Program(made, http, token(made, "figures:read", "calls:read", "patients:read"))
                assert (await program.get(f"/reports/origins?{DAYS}")).body["total"]["cancelled_late"] == late
