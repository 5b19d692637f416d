"""Figures open to people and appointments: by name for who may see patients, as hashes for a marketer, never more."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from aiohttp import ClientSession

from reports import booked, people
from reports.privacy import Privacy
from reports.raw import caller_key, hashed
from store import Tx, rollups
from tests.reports import test_channels, test_stages
from tests.reports.rows import call, write
from tests.tracking.booking import ANNA, BORYS
from tests.web.api.office import Program, token
from tests.web.house import House, Visitor, house
from tests.web.test_marketer import not_booked
from web.context import CONFIG

DAYS = "from=2026-11-01&to=2026-11-30"
START = "start=2026-11-01&end=2026-11-30"
LISTS = r'<a href="(/reports/(?:people|appointments)\?(?:(?!computed=)[^"])*)">([^<]*)</a>'
SECRETS = ("Wzorowa", "Wzorowy", "Dorota", ANNA[-9:], BORYS[-9:], "Dr House", "Implant")


def clinic(made: House) -> None:
    made.add("boss", "manager")
    made.add("mia", "marketer")
    with made.store.write() as tx:
        test_stages.story(tx)
        visits(tx)
        rollups.rebuild(tx)


def visits(tx: Tx) -> None:
    test_channels.made_by(tx, "A-1", "1")
    tx.conn.execute("UPDATE appointment SET doctor = 'Dr House', service = 'Implant' WHERE ref = 'A-1'")


def listed(page: str) -> int:
    """Return how many rows the list has."""
    return len(re.findall(r"<tr><td", page))


async def links(visitor: Visitor, report: str, by: str = "") -> dict[str, str]:
    assert (await visitor.get(f"/reports/{report}?{DAYS}{by}")).status == 200
    return {unescape(address): shown for address, shown in re.findall(LISTS, visitor.page)}


async def test_people_and_appointments_open_to_as_many_as_the_figure_says(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as mia:
        clinic(made)
        await boss.sign_in("boss")
        await mia.sign_in("mia")
        opened: set[str] = set()
        for report, by in (("sources", "&by=medium"), ("stages", "&by=stage"), ("channels", ""),
                           ("origins", "&by=currency"), ("callbacks", "&by=day")):  # fmt: skip
            for visitor in (boss, mia) if report == "channels" else (boss,):
                for address, shown in (await links(visitor, report, by)).items():
                    assert (await visitor.get(address)).status == 200, address
                    assert re.search(rf": {shown} (people|person|appointments?)</p>", visitor.page), (address, shown)
                    assert listed(visitor.page) == int(shown), address
                    opened |= set(re.findall(r"figure=([a-z._]+)", address))
        assert {"sources.unique_callers", "sources.visits", "stages.stopped", "channels.people", "channels.booked",
                "origins.no_shows", "callbacks.final_lost"} <= opened  # fmt: skip


async def test_the_first_page_of_figures_opens_too(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as mia:
        clinic(made)
        await boss.sign_in("boss")
        await mia.sign_in("mia")
        for visitor, ways in ((boss, {"calls", "people", "appointments"}), (mia, {"people", "appointments"})):
            await visitor.get(f"/figures?{DAYS}")
            found = re.findall(r'<a href="(/(?:calls|reports/[a-z]+)\?figure=[^"]*)">([^<]*)</a>', visitor.page)
            assert {address.partition("?")[0].rpartition("/")[2] for address, _ in found} == ways
            assert any("row=" in address for address, _ in found)
            for address, told in found:
                assert (await visitor.get(unescape(address))).status == 200, address
                assert re.search(rf": {told} (calls?|people|person|appointments?)</p>", visitor.page), (address, told)


async def test_a_manager_reads_names_and_goes_on_to_the_calls_and_it_is_noted(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        clinic(made)
        await boss.sign_in("boss")
        await boss.get(f"/reports/people?figure=funnel.rang_callers&{START}")
        assert "Anna Wzorowa" in boss.page
        told = dict(re.findall(r'<a href="(/calls\?[^"]*)">([^<]*)</a>', boss.page))
        assert sorted(told.values()) == ["1", "1", "1", "2"]
        for address, shown in told.items():
            await boss.get(unescape(address))
            assert re.search(rf"\b{shown} calls?\b", boss.page), address
        assert ("boss", "looked", "patient", "P-1", "") in made.audit()
        await boss.get(f"/reports/appointments?figure=sources.visits&{START}")
        assert all(text in boss.page for text in ("Anna Wzorowa", "Dr House", "Implant", "took place"))
        assert 'href="/calls/main:1"' in boss.page
        await boss.get(f"/reports/people?figure=stages.last_visit&{START}")
        assert "visitor to the web site" in boss.page


async def test_a_marketer_sees_the_hashes_of_the_log_of_calls_and_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as mia:
        clinic(made)
        await mia.sign_in("mia")
        with made.store.write() as tx:
            key = caller_key(tx)
        anna = hashed(key, {"withheld": 0, "party": ANNA})
        for names, path in ((people.NAMES, "people"), (booked.NAMES, "appointments")):
            for name in sorted(names):
                row = "&row=channel%3Donline" if name == "channels.people" else ""
                await mia.get(f"/reports/{path}?figure={name}&{START}{row}")
                digits = re.sub(r"[^0-9\n<>]", "", mia.page)
                assert not [text for text in SECRETS if text in mia.page or text in digits], name
                assert 'href="/calls' not in mia.page
                assert "/patients" not in mia.page
                if name in ("sources.unique_callers", "sources.visits", "origins.by_calls", "funnel.paid_callers"):
                    assert (str(anna) in mia.page) == (name != "funnel.paid_callers"), name
        async with mia.http.get(f"{made.url}/reports/calls.jsonl?{DAYS}") as answer:
            assert anna in {json.loads(line)["caller"] for line in (await answer.text()).splitlines()}
        assert ("mia", "looked", "figures", "sources.visits", "2026-11-01 to 2026-11-30") in made.audit()


async def test_what_is_hidden_opens_to_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as mia, made.browser() as max_:
        made.add("mia", "marketer")
        made.add("max", "manager")
        not_booked(made)
        await mia.sign_in("mia")
        await max_.sign_in("max")
        # Of two people no list is told, and of no other reason: two lists would tell a third.
        for row in ("&row=reason%3Dthinks", "&row=reason%3Dprice", "&row=reason%3Dless+than+5+people+each",
                    "&row=source%3Dgoogle", ""):  # fmt: skip
            answer = await mia.get(f"/reports/people?figure=not-booked.callers&{START}{row}")
            assert answer.status == 403, row
            assert "<td" not in await answer.text()
        assert await links(mia, "not-booked", "&by=source") == {}
        assert await links(mia, "not-booked", "&by=reason") == {}
        shown = set((await links(max_, "not-booked", "&by=reason")).values())
        assert shown == {"9", "7", "2", "18"}
        async with ClientSession() as http:
            program = Program(made, http, token(made, "figures:read", owner="mia"))
            asked = "/reports/not-booked/people?figure=callers&from=2026-11-01&to=2026-11-30&row=reason%3Dthinks"
            assert (await program.get(asked)).status == 403


async def test_a_clinic_may_hide_stages_too_and_may_hide_nothing(tmp_path: Path) -> None:
    asked = f"/reports/people?figure=stages.people&{START}"
    for privacy, status in ((Privacy(5, ("stage",)), 403), (Privacy(0, ("stage",)), 200)):
        (tmp_path / str(status)).mkdir()
        async with house(tmp_path / str(status), privacy=privacy) as made, made.browser() as mia:
            clinic(made)
            assert made.app[CONFIG].privacy == privacy
            await mia.sign_in("mia")
            assert (await mia.get(asked)).status == status


async def test_what_is_no_figure_and_what_nobody_is_behind_any_more(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        made.add("ewa", "receptionist")
        await boss.sign_in("boss")
        for path, figure in (("people", "sources.calls"), ("people", "x"), ("appointments", "stages.people")):
            assert (await boss.get(f"/reports/{path}?figure={figure}&{START}")).status == 404
        assert (await boss.get("/reports/people?figure=stages.people")).status == 404
        assert (await boss.get(f"/reports/people?figure=stages.people&{START}&row={'x' * 900}")).status == 404
        for path, figure, told in (("people", "stages.people", "Nobody is counted here any more"),
                                   ("appointments", "origins.shown", "No appointment is counted here")):  # fmt: skip
            for more in ("", "&row=source%3D%2500", "&before=1~~x", "&before=x"):
                assert (await boss.get(f"/reports/{path}?figure={figure}&{START}{more}")).status == 200
                assert told in boss.page
        async with made.browser() as ewa:
            await ewa.sign_in("ewa")
            assert (await ewa.get(f"/reports/people?figure=stages.people&{START}")).status == 403


async def test_a_list_goes_on_page_by_page_and_large_figures_open_to_the_end(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        write(made.store, call=[call("2026-11-20", id=f"{n}.1", party=f"+4860000000{n % 70:02}") for n in range(130)])
        await boss.sign_in("boss")
        seen: list[str] = []
        address = f"/reports/people?figure=sources.unique_callers&{START}"
        while address:
            await boss.get(address)
            assert ": 70 people</p>" in boss.page
            seen += re.findall(r'<span class="number">([^<]*)</span></td>', boss.page)
            older = re.search(r'<a href="([^"]*)" rel="next">', boss.page)
            address = unescape(older.group(1)) if older else ""
        assert len(seen) == len(set(seen)) == 70


async def test_a_figure_of_any_size_opens_and_says_how_many_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        clinic(made)
        write(made.store, call=[call("2026-11-20", id=f"{n}.1", party=f"+4860000000{n:02}", first_time=1)
                                for n in range(60)])  # fmt: skip
        await boss.sign_in("boss")
        monkeypatch.setattr("web.reports_opens.MOST", 3)
        monkeypatch.setattr("reports.figure.COUNTED_DAYS", 7)  # of more the sums tell how many there are
        await boss.get(f"/reports/sources?{DAYS}&by=source")
        assert "and open only up to" not in boss.page
        for address, told in (("/calls?figure=sources.calls", "60 calls"),
                              ("/reports/people?figure=sources.unique_callers", ": 60 people</p>")):  # fmt: skip
            await boss.get(f"{address}&{START}")
            assert told in boss.page
        assert await links(boss, "stages") == {}
        assert "and open only up to" in boss.page


async def test_the_api_opens_the_same_lists_page_by_page(tmp_path: Path) -> None:
    async with house(tmp_path) as made, ClientSession() as http:
        clinic(made)
        boss = Program(made, http, token(made, "figures:read", "calls:read", "patients:read"))
        mia = Program(made, http, token(made, "figures:read", owner="mia"))
        days = "from=2026-11-01&to=2026-11-30"
        for report, figure, kind in (("sources", "calls", "calls"), ("stages", "people", "people"),
                                     ("funnel", "rang_callers", "people"), ("origins", "appointments", "appointments"),
                                     ("sources", "visits", "appointments")):  # fmt: skip
            total = (await boss.get(f"/reports/{report}?{days}")).body["total"][figure]
            for program in (boss, mia) if kind != "calls" else (boss,):
                items, cursor = [], ""
                while True:
                    found = await program.get(f"/reports/{report}/{kind}?{days}&figure={figure}&limit=2{cursor}")
                    assert found.status == 200, found.body
                    items += found.body["items"]
                    if found.body["next"] is None:
                        break
                    cursor = f"&cursor={found.body['next']}"
                assert len(items) == total > 0, (report, figure)
                assert len({json.dumps(one) for one in items}) == total
                if program is mia:
                    told = json.dumps(items, ensure_ascii=False)
                    assert not [text for text in SECRETS if text in told], figure
        asked = f"/reports/sources/people?{days}&figure=unique_callers&row=source%3Dbillboard"
        [_, borys] = (await boss.get(asked)).body["items"]
        assert (borys["number"], borys["calls"], borys["hash"]) == (BORYS, 1, None)
        assert borys["patients"] == [{"ref": "P-2", "name": "Borys Wzorowy"}]
        assert (await mia.get(f"/reports/sources/calls?{days}&figure=calls")).status == 403
        assert "these do: " in (await boss.get(f"/reports/sources/people?{days}&figure=calls")).detail
