"""The manager's first page: each figure opens to the very calls behind it, and their count is the figure."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from store import rollups
from tests.callbacks.clinic import Clinic, at, inbound, outbound
from tests.web.house import House, Visitor, house

MINUTE = 60_000


def number(place: int) -> str:
    return f"+48501{place:06}"


def fill(made: House) -> None:
    """Monday: lost and found callers, first-time ones, two campaigns with costs, calls that do not count."""
    made.now = at("16:00")
    clinic = Clinic(made.store)

    def rings(call: str, start: str, outcome: str = "abandoned", **more: object) -> None:
        hour = int(start[:2])
        clinic.record(inbound(call, start, outcome, local_hour=hour, local_day="2026-11-23",
                              in_hours=int(8 <= hour < 18), **more), at(start) + MINUTE)

    for place in range(5):  # 09: five rang, three were not answered; two of these stay lost, both new
        outcome = "answered" if place > 2 else "abandoned"
        rings(f"1.{place}", f"09:{place:02}", outcome, number=number(place), first_time=1)
    clinic.record(outbound("2.0", "11:00", "answered", number=number(0), talk_s=60))
    rings("3.1", "13:00", "abandoned", number=number(10), first_time=0)
    rings("3.2", "14:00", "answered", number=number(11))
    rings("3.3", "19:00", "abandoned", number=number(12))
    rings("3.4", "10:00", "abandoned", number=number(13), kind="spy")
    with made.store.write() as tx:
        tx.conn.execute("UPDATE call SET excluded = 'test', missed = 1 WHERE id = '3.2'")
        tx.run("campaign_add", id=1, source="google", medium="cpc", name="Teeth")
        tx.run("campaign_add", id=2, source="billboard", medium="offline", name="Autumn")
        for place in range(5):
            tx.run("attribution_put", pbx="main", call=f"1.{place}", rule="number", campaign=1 + (place == 2),
                   evidence="{}", runner_up=None, decided_ms=0)
        tx.run("campaign_cost_put", campaign=1, period="2026-11-23", cost_minor=40_000, currency="PLN")
        rollups.rebuild(tx)


async def opened(visitor: Visitor, path: str) -> int:
    """Follow a list through its pages; return how many calls or callbacks there are."""
    seen: set[str] = set()
    while path:
        assert (await visitor.get(path)).status == 200, path
        seen |= set(re.findall(r'href="(/calls/[^"]+)" data-row', visitor.page))
        seen |= set(re.findall(r'<li class="callback[^>]*id="(callback-\d+)"', visitor.page))
        later = re.search(r'href="([^"]+)" rel="next"', visitor.page)
        path = later.group(1).replace("&amp;", "&") if later else ""
    return len(seen)


def shown(text: str) -> dict[str, tuple[int, str]]:
    """Return each figure that opens, with where it leads."""
    found = re.findall(r'<a href="([^"]+)" data-figure="(\w+)">\s*(\d+)', text)
    return {name: (int(count), link.replace("&amp;", "&")) for link, name, count in found}


@pytest.mark.parametrize("period", ["today", "7d"])
async def test_each_figure_opens_to_the_very_calls_behind_it(tmp_path: Path, period: str) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        fill(made)
        await boss.sign_in("boss")
        await boss.get(f"/today?period={period}")
        text, figures = boss.page, shown(boss.page)
        assert {name: count for name, (count, _) in figures.items()} == {
            "final_lost": 4, "waiting": 4, "lost_first": 1, "missed": 5,
        }
        for name, (count, link) in figures.items():
            assert await opened(boss, link) == count, name
        for link, count in re.findall(r'<td class="num"><a href="([^"]+)">(\d+)</a>', text):
            assert parse_qs(urlsplit(link.replace("&amp;", "&")).query)["outcome"] == ["missed"]
            assert await opened(boss, link.replace("&amp;", "&")) == int(count), link


async def test_what_was_lost_has_its_price_and_each_figure_its_definition(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        fill(made)
        await boss.sign_in("boss")
        await boss.get("/today")
        # 400 PLN for four calls; one first-time caller of that campaign was not spoken with again.
        assert re.search(r'data-figure="lost_cost">PLN\xa0100.00|data-figure="lost_cost">PLN100.00', boss.page)
        assert 'data-figure="short_hours">1<' in boss.page
        assert "09:00–10:00" in boss.page
        tiles = re.findall(r'<li class="tile.*?</li>\n', boss.page, re.DOTALL)
        assert len(tiles) == 5
        assert all("What this means" in tile for tile in tiles)


async def test_without_costs_and_without_calls_the_page_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        await boss.sign_in("boss")
        await boss.get("/today")
        assert "Not known: no campaign has a cost" in boss.page
        assert "No call yet." in boss.page
        await boss.get("/today?from=2026-11-30&to=2026-11-01")
        assert "ends (2026-11-01) before it starts" in boss.page
        for path in ("/today", "/figures", "/admin/audit", "/calls"):
            for query in ("from=0001-01-01&to=9999-12-31", "start=0001-01-01&end=9999-12-31", "from=x", "period=ever"):
                assert (await boss.get(f"{path}?{query}")).status == 200, (path, query)


async def test_each_role_begins_its_day_where_its_work_is(tmp_path: Path) -> None:
    starts = {"manager": "/today", "marketer": "/figures", "receptionist": "/board", "admin": "/admin"}
    async with house(tmp_path) as made:
        for role, path in starts.items():
            made.add(role, role)
            async with made.browser() as visitor:
                await visitor.sign_in(role)
                assert (await visitor.get("/")).headers["Location"] == path
                if role == "admin":
                    assert (await visitor.get(path)).headers["Location"] == "/admin/users"


async def test_a_marketer_sees_the_managers_totals_and_nobodys_name_or_number(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as mark:
        made.add("boss", "manager")
        made.add("mark", "marketer")
        fill(made)
        with made.store.write() as tx:
            tx.conn.execute("INSERT INTO platform_spend VALUES "
                            "('google', 'a', '7', '2026-11-22', 'New', 5000, 'EUR', NULL, 0)")
        totals = []
        for visitor, name in ((boss, "boss"), (mark, "mark")):
            await visitor.sign_in(name)
            await visitor.get("/figures?from=2026-11-20&to=2026-11-23")
            totals.append(re.sub(r"</a>|<a [^>]*>", "", visitor.page.partition("<main")[2].partition("</main>")[0]))
        assert totals[0] == totals[1]
        assert "/calls?" not in mark.page
        assert "501" not in re.sub(r"\?v=\w+|csrf\"[^>]*", "", mark.page)
        assert "spend that is no campaign's yet" in mark.page
        answer = await mark.get("/figures.csv?from=2026-11-20&to=2026-11-23")
        lines = (await answer.text()).lstrip("\ufeff").splitlines()
        assert lines[0].endswith("cost_eur,cost_pln,cost_per_call_eur,cost_per_call_pln")
        assert lines[1].startswith("part,google,cpc,Teeth,4,2,2,4,4,,400.00,,100.00")
        assert lines[-1].startswith("total,,,,")
        assert (await mark.get("/today")).status == 403
        assert ("mark", "exported", "figures", "", "2026-11-20 to 2026-11-23") in made.audit()


async def test_every_figure_of_the_marketer_opens_for_the_manager_to_as_many_calls(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        fill(made)
        await boss.sign_in("boss")
        await boss.get("/figures?period=7d")
        links = re.findall(r'<a href="(/calls\?[^"]+)">(\d+)</a>', boss.page)
        assert len(links) > 5
        for link, count in links:
            assert await opened(boss, link.replace("&amp;", "&")) == int(count), link
