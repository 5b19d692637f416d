"""The reports as pages: for whom, by what, as files, and opened to their calls."""

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from reports.registry import KINDS
from tests.reports.rows import attribution, call, write
from tests.web.house import House, Visitor, house

DAYS = "from=2026-11-20&to=2026-11-23"
NAME = "<b>=1+1</b>"


def fill(made: House, *more: dict[str, Any]) -> None:
    """Store calls of two days, of a campaign with a hostile name and of none, and `more` calls."""
    calls: list[dict[str, Any]] = []
    for n in range(12):
        outcome = ("answered", "abandoned", "no_answer")[n % 3]
        calls.append(call(f"2026-11-2{n % 2}", id=f"{n}.1", outcome=outcome, missed=int(n % 3 > 0),
                          local_hour=9 + n % 3, did="+48221234501", party=f"+4860000000{n % 5}",
                          queue="reception", offered_ms=1, answered_by="101" if n % 3 == 0 else None))  # fmt: skip
    write(made.store, call=[*calls, *more], attribution=[attribution(row, 1) for row in calls[:7]],
          campaign=[{"id": 1, "source": "google", "medium": "cpc", "name": NAME}])


async def taken(visitor: Visitor, path: str) -> bytes:
    """Take a file away."""
    async with visitor.http.get(visitor.house.url + path) as answer:
        assert answer.status == 200, path
        return await answer.read()


async def test_every_report_is_a_page_with_its_definitions_and_its_files(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        fill(made)
        made.add("boss", "manager")
        await boss.sign_in("boss")
        assert (await boss.get("/reports")).status == 200
        assert {name for name in KINDS if f'href="/reports/{name}"' in boss.page} == set(KINDS)
        for kind in KINDS.values():
            assert (await boss.get(f"/reports/{kind.name}?{DAYS}")).status == 200, kind.name
            for metric in kind.metrics:
                assert metric.names.en in unescape(boss.page), (kind.name, metric.id)
            assert NAME not in boss.page
            for form in ("csv", "json", "xlsx", "html"):
                assert await taken(boss, f"/reports/{kind.name}.{form}?{DAYS}"), (kind.name, form)
        exported = [(ref, detail) for who, did, _, ref, detail in made.audit() if (who, did) == ("boss", "exported")]
        assert ("missed", "2026-11-20 to 2026-11-23 xlsx") in exported
        assert len(exported) == 4 * len(KINDS)


async def test_a_figure_opens_to_as_many_calls(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        fill(made)
        made.add("boss", "manager")
        await boss.sign_in("boss")
        for by in ("hour", "day", "number"):
            assert (await boss.get(f"/reports/missed?{DAYS}&by={by}")).status == 200
            links = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)</a>', boss.page)
            assert links
            for link, count in links:
                assert (await boss.get(unescape(link))).status == 200
                assert len(set(re.findall(r'href="(/calls/[^"?]+)"', boss.page))) == int(count), (by, link)


async def test_rows_are_sorted_by_the_column_that_is_asked_for(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        fill(made)
        made.add("boss", "manager")
        await boss.sign_in("boss")
        for sort, hours in (("hour", ["09", "10", "11"]), ("-hour", ["11", "10", "09"])):
            await boss.get(f"/reports/missed?{DAYS}&by=hour&sort={sort}")
            assert re.findall(r"<tr><td>(\d\d)</td>", boss.page) == hours


async def test_the_chart_is_drawn_in_the_readers_language_and_holds_no_live_markup(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        fill(made)
        made.add("boss", "manager")
        await boss.sign_in("boss")
        drawn = (await taken(boss, f"/reports/sources/chart.svg?{DAYS}")).decode()
        assert drawn.startswith("<svg")
        assert "Answered" in drawn
        assert "<b>" not in drawn


async def test_a_marketer_sees_the_same_totals_and_not_the_team(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss, made.browser() as mark:
        fill(made)
        made.add("boss", "manager")
        made.add("mark", "marketer")
        await boss.sign_in("boss")
        await mark.sign_in("mark")
        assert (await mark.get("/reports/team")).status == 403
        for name in ("sources", "missed", "hours", "queues", "callbacks"):
            path = f"/reports/{name}.csv?{DAYS}"
            assert await taken(boss, path) == await taken(mark, path)
            assert (await mark.get(f"/reports/{name}?{DAYS}")).status == 200
            assert "/calls?" not in mark.page
            assert "+4860" not in mark.page


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        (f"/reports/missed?{DAYS}&by=hour&by=campaign", 400, "Missed calls are counted by time or by source"),
        ("/reports/missed?from=2026-11-23&to=2026-11-20", 200, "swap the two days"),
        ("/reports/missed?period=today", 200, "Nothing is to be counted in this period"),
        ("/reports/nothing", 404, ""),
        ("/reports/missed.exe", 404, ""),
    ],
)
async def test_what_cannot_be_shown_is_said(tmp_path: Path, path: str, status: int, sentence: str) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        await boss.sign_in("boss")
        assert (await boss.get(path)).status == status
        assert sentence in unescape(boss.page)


async def test_a_report_stands_beside_other_days_and_the_address_keeps_them(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        fill(made)
        made.add("boss", "manager")
        await boss.sign_in("boss")
        day = "from=2026-11-21&to=2026-11-21&by=number"
        assert (await boss.get(f"/reports/missed?{day}&compare=previous")).status == 200
        page = unescape(boss.page)
        assert 'value="previous" selected' in page
        assert re.search(r'class="change">±0%</span> <span class="before">6</span>', page)
        assert "period=7d&by=number&compare=previous" in page
        assert "chart.json?from=2026-11-21&to=2026-11-21&by=number&compare=previous" in page
        file = (await taken(boss, f"/reports/missed.csv?{day}&compare=days&with_from=2026-11-20&with_to=2026-11-20"))
        assert file.decode("utf-8-sig").count("\n") == 3
        await boss.get(f"/reports/missed?{day}&compare=days&with_from=2026-11-20&with_to=2026-11-19")
        assert "swap the two days" in boss.page
        await boss.get(f"/reports/missed?{day}&compare=days")
        assert "Choose the first and the last day" in boss.page
