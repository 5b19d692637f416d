"""The call log: filters, pages that stay put while calls arrive, a call's story, the export."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from store import Row, Store
from tests.callbacks.clinic import PATIENT, WARSAW, Clinic, at, inbound, outbound
from tests.callbacks.conftest import lasting_url, postgres, store, url
from tests.store.rows import PBX, insert
from tests.web.house import house
from tests.web.reception import Console, console, person
from web.calls_filter import Selection
from web.calls_pages import Filter, log, place_of, place_text

__all__ = ["lasting_url", "postgres", "store", "url"]

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


@pytest.fixture
def busy(store: Store) -> Store:
    """A store, on every engine, with calls that differ in everything that is filtered by."""
    with store.write() as tx:
        tx.run("campaign_add", id=1, source="google", medium="cpc", name="Teeth")
        for n in range(240):
            outcome = ("answered", "abandoned", "no_answer", None)[n % 4]
            row = inbound(f"5.{n:03}", at("2026-11-20 06:00") + n * 1_000_000, outcome, number=f"+4850100{n % 7:04}")
            row |= {"direction": "outbound" if n % 5 == 0 else "inbound", "kind": "patient" if n % 11 else "internal",
                    "local_hour": n % 24, "in_hours": n % 3 % 2, "first_time": int(n % 6 == 0),
                    "answered_by": "102" if n % 4 == 0 else None, "extension": "103" if n % 5 == 0 else None,
                    "did": f"+4822123450{n % 2}"}
            tx.run("call_put", **row)
            if n % 3 == 0:
                tx.run("attribution_put", pbx=PBX, call=row["id"], rule="number", campaign=1, evidence="{}",
                       runner_up=None, decided_ms=0)
        tx.conn.execute("UPDATE call SET excluded = 'test' WHERE id LIKE '5.__7'")
        patient = {"ref": "P1", "name": "Łucja Żak", "folded": "lucja zak"}
        insert(tx, "patient", **patient, imported_ms=0)
        for n in range(0, 240, 9):
            insert(tx, "call_patient", pbx=PBX, call=f"5.{n:03}", ref="P1")
    return store


Test = Callable[[Row], object]


FILTERS: list[tuple[dict[str, str], Test]] = [
    ({"person": "103"}, lambda row: row["extension"] == "103"),
    ({"person": "102"}, lambda row: row["answered_by"] == "102"),
    ({"hour": "9"}, lambda row: row["local_hour"] == 9),
    ({"hour": "nine"}, lambda row: True),
    ({"open": "0", "first": "1"}, lambda row: row["in_hours"] == 0 and row["first_time"]),
    ({"kind": "marked"}, lambda row: row["excluded"]),
    ({"kind": "patient"}, lambda row: row["kind"] == "patient" and not row["excluded"]),
    ({"kind": "internal"}, lambda row: row["kind"] != "patient"),
    ({"patient": "P1"}, lambda row: int(row["id"][2:]) % 9 == 0),
    ({"patient": "ŁUCJA żak"}, lambda row: int(row["id"][2:]) % 9 == 0),
    ({"patient": "%"}, lambda row: False),
    ({"campaign": "1", "outcome": "missed"}, lambda row: int(row["id"][2:]) % 3 == 0 and row["missed"]),
    ({"period": "yesterday"}, lambda row: at("2026-11-22 00:00") <= row["started_ms"] < at("2026-11-23 00:00")),
    ({"period": "yesterday", "start": "2020-01-01"},
     lambda row: at("2026-11-22 00:00") <= row["started_ms"] < at("2026-11-23 00:00")),
    ({"start": "0001-01-01", "end": "9999-12-31"}, lambda row: True),
]  # fmt: skip


def test_a_list_is_as_long_as_its_count_says_page_by_page(busy: Store) -> None:
    for query, passes in FILTERS:
        wanted = Selection(Filter.read(query if "end" in query else {"period": "30d"} | query), WARSAW, at("12:00"))
        with busy.read() as tx:
            every = [dict(row) for row in tx.conn.execute("SELECT * FROM call").fetchall()]
            expected = [row["id"] for row in sorted(every, key=lambda row: -int(row["started_ms"])) if passes(row)]
            seen: list[str] = []
            place = None
            while rows := wanted.page(tx, place, 37):
                seen += [row["id"] for row in rows]
                place = place_of(place_text(rows[-1]))
            assert seen == expected, query
            assert wanted.count(tx) == (None if "end" in query else len(expected)), query


def test_an_address_says_the_same_after_it_was_read() -> None:
    chosen = Filter.read({"period": "7d", "start": "2026-11-01", "hour": "9", "person": "101", "figure": "final_lost",
                          "kind": "owner", "open": "yes", "number": "+48 501", "outcome": "missed"})
    assert chosen.query() == "outcome=missed&number=48501&person=101&hour=9&period=7d&figure=final_lost"
    assert Filter.read(dict(parse_qsl(chosen.query()))) == chosen


async def test_calls_that_do_not_count_are_shown_as_such(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        Clinic(made.store).record(inbound("1.1", "09:00"))
        with made.store.write() as tx:
            tx.conn.execute("UPDATE call SET excluded = 'spam'")
        await anna.sign_in("anna")
        for path in ("/calls", "/calls/main:1.1"):
            await anna.get(path)
            assert "spam" in anna.page
            assert "left out of the figures" in anna.page
        await anna.get("/calls?kind=patient&period=today")
        assert "No call matches." in anna.page
        assert "Clear the filters" in anna.page


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
        assert lines[0].startswith("Start,Direction")
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
