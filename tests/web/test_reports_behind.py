"""Figures of reports on people and media open to as many calls as they say."""

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from tests.callbacks.clinic import Clinic, at
from tests.reports import test_channels, test_offline, test_pool, test_visits
from tests.web.house import House, house

STORIES = {
    "offline": (test_offline.story, "from=2026-10-01&to=2026-10-31&by=campaign&by=week", {"14", "7", "42", "43", "1"}),
    "visits": (test_visits.story, "from=2026-11-01&to=2026-11-30&by=page&by=source", {"2"}),
    "channels": (test_channels.story, "from=2026-11-01&to=2026-11-30", {"2", "3", "4", "5"}),
    "pool": (test_pool.story, "from=2026-11-23&to=2026-11-24&by=number&by=hour", {"1"}),
}


def told(made: House, name: str) -> None:
    with made.store.write() as tx:
        STORIES[name][0](tx)


@pytest.mark.parametrize("name", STORIES)
async def test_a_figure_opens_to_as_many_calls_as_it_says(tmp_path: Path, name: str) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        told(made, name)
        made.add("boss", "manager")
        await boss.sign_in("boss")
        _, days, some = STORIES[name]
        await boss.get(f"/reports/{name}?{days}")
        links = re.findall(r'<a href="(/calls\?[^"]*figure(?:(?!computed=)[^"])*)">([^<]*)</a>', boss.page)
        assert some & {shown for _, shown in links}
        for address, shown in dict(links).items():
            await boss.get(unescape(address))
            assert re.search(rf"\b{shown} calls?\b", boss.page), (address, shown)


async def test_a_row_that_is_none_and_a_figure_that_is_none_are_no_fault(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        made.add("boss", "manager")
        await boss.sign_in("boss")
        for query in ("figure=visits.calls&row=page%3D%26x%3D1", "figure=visits.nothing&row=a", "figure=pool.calls",
                      "figure=pool.calls&row=hour%3Dlate",
                      "figure=visits.calls&row=page%3D%2500", f"figure=offline.calls&row={'x' * 5000}"):  # fmt: skip
            assert (await boss.get(f"/calls?{query}")).status == 200, query


async def test_a_figure_of_the_callbacks_opens_to_as_many_callbacks_as_it_says(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        clinic = Clinic(made.store)
        for place in range(3):
            clinic.inbound(f"9.{place}", f"09:4{place}", number=f"+4850100033{place}")
        made.add("boss", "manager")
        await boss.sign_in("boss")
        day = at("10:00") // 86_400_000 * 86_400
        shown = datetime.fromtimestamp(day, UTC).date().isoformat()
        await boss.get(f"/reports/callbacks?from={shown}&to={shown}&by=day")
        links = dict(re.findall(r'<a href="(/callbacks/all\?(?:(?!computed=)[^"])*)">([^<]*)</a>', boss.page))
        assert set(links.values()) == {"3"}
        for address in links:
            await boss.get(unescape(address))
            assert re.search(r": 3 callbacks</p>", boss.page), address
            assert ("row=day" in address) == (f" · {shown}: 3 callbacks" in boss.page), address
            assert boss.page.count("data-callback=") == 3
        for query in ("figure=opened", "figure=nothing&start=2026-11-01&end=2026-11-30",
                      "figure=opened&start=2026-11-30&end=2026-11-01", "figure=opened&start=x&end=2026-11-30",
                      "figure=opened&row=day%3D1999-01-01&start=2026-11-01&end=2026-11-30"):  # fmt: skip
            assert (await boss.get(f"/callbacks/all?{query}")).status == 200, query
