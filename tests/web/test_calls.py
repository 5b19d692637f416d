"""The call log: filters, pages that stay put while calls arrive, a call's story, the export."""

from pathlib import Path

import pytest

from tests.callbacks.clinic import PATIENT, at, inbound, outbound
from tests.store.rows import PBX
from tests.web.reception import Console, console, person
from web.calls_pages import Filter, log, place_of, place_text

NO_FILTER = Filter()


def many(made: Console, count: int) -> None:
    for place in range(count):
        made.calls.record(inbound(f"1.{place}", at("09:00") + place // 3 * 60_000))


async def test_pages_of_the_log_show_each_call_once_though_calls_arrive_meanwhile(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        many(made, 25)
        seen: list[str] = []
        place = None
        while True:
            with made.store.read() as tx:
                rows = log(tx, NO_FILTER.params(made.calls.ctx.hours_at("").zone), place, 4)
            if not rows:
                break
            seen += [row["id"] for row in rows]
            place = place_of(place_text(rows[-1]))
            made.calls.record(inbound(f"9.{len(seen)}", at("09:30") + len(seen)))
        old = [name for name in seen if name.startswith("1.")]
        assert sorted(old) == sorted(f"1.{place}" for place in range(25))
        assert len(seen) == len(set(seen))


@pytest.mark.parametrize(("query", "found"), [
    ("", {"1.1", "1.2", "1.3"}),
    ("direction=outbound", {"1.3"}),
    ("outcome=missed", {"1.1"}),
    ("outcome=answered", {"1.2"}),
    ("number=555", {"1.2"}),
    ("number=48501000206", {"1.1", "1.3"}),
    ("topic=results", {"1.2"}),
    ("topic=-", set()),
    ("did=%2B48221234501", {"1.1", "1.2", "1.3"}),
    ("start=2026-11-24", set()),
    ("end=2026-11-23&start=2026-11-23", {"1.1", "1.2", "1.3"}),
    ("direction=sideways&start=yesterday&campaign=x", {"1.1", "1.2", "1.3"}),
])  # fmt: skip
async def test_a_filter_shows_what_it_says(tmp_path: Path, query: str, found: set[str]) -> None:
    async with console(tmp_path, "12:00") as made, person(made, "anna", "101") as anna:
        made.calls.record(inbound("1.1", "09:00"))
        made.calls.record(inbound("1.2", "10:00", "answered", number="+48600555000"))
        made.calls.record(outbound("1.3", "11:00"))
        assert (await anna.post("/calls/main:1.2/note", topic="results"))[0] == 204
        text = await anna.text(f"/calls?{query}")
        assert {name for name in ("1.1", "1.2", "1.3") if f'/calls/main:{name}" data-row' in text} == found


async def test_a_call_tells_its_story_and_its_reader_is_noted(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "103") as anna:
        made.rings("1.1", "101", "102")
        made.answers("1.1", "102")
        made.ends("1.1")
        text = await anna.text("/calls/main:1.1")
        assert '<svg class="story"' in text
        assert "102 rings" in text
        assert "talks with 102" in text
        assert ("anna", "looked", "call", "main:1.1") in made.audit()


async def test_the_id_of_a_merged_call_leads_to_the_older_one(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna:
        made.calls.record(inbound("1.1", "09:00"))
        with made.store.write() as tx:
            tx.run("call_alias_put", pbx=PBX, alias="1.2", id="1.1")
        async with await anna.get("/calls/main:1.2") as answer:
            assert (answer.status, answer.headers["Location"]) == (301, "/calls/main:1.1")
        async with await anna.get("/calls/main:7.7") as answer:
            assert answer.status == 404


async def test_the_export_is_audited_whole_and_runs_in_no_spreadsheet(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "ewa", "", "manager") as ewa:
        many(made, 30)
        hostile = '=HYPERLINK("http://x";"y")'
        made.calls.record(inbound("2.1", "08:00", number=None, caller_raw=hostile))
        async with await ewa.get("/calls.csv?start=2026-11-23") as answer:
            text = (await answer.read()).decode("utf-8-sig")
        lines = text.splitlines()
        assert len(lines) == 32
        assert lines[0].startswith("start,direction")
        assert lines[1].count(PATIENT) == 1
        assert "'=HYPERLINK" in lines[-1]
        assert made.audit()[-1] == ("ewa", "exported", "calls", "")


async def test_a_receptionist_may_not_export(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna:
        many(made, 1)
        assert "/calls.csv" not in await anna.text("/calls")
        async with await anna.get("/calls.csv") as answer:
            assert answer.status == 403


def test_a_place_that_nobody_wrote_is_the_beginning() -> None:
    for text in ("", "x", "1~", "~main~1", "1~main", "٣~main~1"):
        assert place_of(text) is None, text
    assert place_of("17~main~1.5~x") == (17, "1.5~x", "main")
