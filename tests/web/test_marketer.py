"""A marketer sees the manager's totals and no patient: no name, no number, no note, no recording, on no route."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession

from callbacks.topics import SHIPPED, note
from reports.privacy import Privacy
from reports.registry import KINDS
from store import rollups
from tests.reports.rows import attribution, call, write
from tests.web.api.office import Program, token
from tests.web.house import House, Visitor, house
from tests.web.test_office_browser import at_work
from tests.web.test_rights import SAMPLES, routes
from web.rights import MARKETER

DAYS = "from=2026-11-20&to=2026-11-23"
NAME, NOTED = "Łęcka", "she cried on the phone"
REFS = {"id": "1", "ref": "main:1.1"}


def clinic(made: House) -> None:
    """A clinic after a day, with a patient's name, a note and a topic that only some may see."""
    at_work(made)
    made.add("mia", "marketer", display="Mia Market")
    made.add("max", "manager", display="Max Manager")
    with made.store.write() as tx:
        call = tx.conn.execute("SELECT * FROM call WHERE outcome = 'answered' AND kind = 'patient'").fetchone()
        note(tx, dict(call), SHIPPED[0], ("ewa", None), made.now)
        tx.run("call_comment_put", id=tx.next_id("comment"), pbx=call["pbx"], call=call["id"], body=NOTED, author="ewa",
               at_ms=made.now)
        tx.conn.execute("UPDATE call SET recording = 'secret-recording.wav', caller_name = 'Zofia Łęcka'")


def numbers(made: House) -> set[str]:
    """Return the digits of everybody who rang, without the country."""
    with made.store.read() as tx:
        rows = tx.conn.execute("SELECT DISTINCT party FROM call WHERE party IS NOT NULL").fetchall()
    return {str(row["party"])[-9:] for row in rows}


async def text_of(answer: ClientResponse) -> str:
    return unescape((await answer.read()).decode("utf-8", "replace"))


def paths(made: House) -> list[str]:
    """Return an address of every route that a marketer may use, each report and each kind of file among them."""
    found = []
    for route, access in routes(made).items():
        method, path = route.split(" ", 1)
        if method != "GET" or access is None or not access.session or not access.lets_in(MARKETER) or path == "/live":
            continue
        # A still picture is drawn from the declaration that is looked at; drawing takes its time.
        every = "/reports/{name}" in path and not path.endswith(".svg")
        names = [kind.name for kind in KINDS.values()] if every else ["sources"]
        forms = ("csv", "json", "jsonl") if "{form}" in path else ("",)
        for name in names:
            for form in forms:
                filled = path.replace("{name}", name).replace("{form}", form)
                for part, sample in (SAMPLES | REFS).items():
                    filled = filled.replace(f"{{{part}}}", sample)
                found.append(f"{filled}?{DAYS}")
    return found


async def test_no_route_of_a_marketer_leads_to_a_patient(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as mia:
        clinic(made)
        await mia.sign_in("mia")
        secret = numbers(made)
        assert len(secret) > 5
        seen = 0
        for path in paths(made):
            async with mia.http.get(made.url + path, allow_redirects=False) as answer:
                text = await text_of(answer)
                seen += answer.status == 200
            assert NAME not in text, path
            assert NOTED not in text, path
            assert "secret-recording" not in text, path
            digits = re.sub(r"[^0-9\n<>,;\"]", "", text)
            assert not [number for number in secret if number in digits], path
            assert 'href="/calls' not in text, path
        assert seen > 2 * len(KINDS), "the walk met pages, not refusals"


async def whole(visitor: Visitor, path: str) -> dict[str, Any] | None:
    """Take a report away as JSON; None where it cannot be counted by that alone."""
    async with visitor.http.get(visitor.house.url + path) as answer:
        if answer.status == 400:
            return None
        assert answer.status == 200, path
        found: dict[str, Any] = json.loads(await answer.text())
        return found


async def test_every_report_has_the_managers_totals_counted_by_anything(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as mia, made.browser() as max_:
        clinic(made)
        await mia.sign_in("mia")
        await max_.sign_in("max")
        for kind in KINDS.values():
            if kind.name == "team":
                continue
            for by in kind.dimensions:
                path = f"/reports/{kind.name}.json?{DAYS}&by={by}"
                mine, theirs = await whole(mia, path), await whole(max_, path)
                if theirs is None:
                    assert mine is None, path
                    continue
                assert mine is not None, path
                assert mine["total"] == theirs["total"], path
                if by not in Privacy().sensitive:
                    assert mine["rows"] == theirs["rows"], path


async def test_what_is_kept_from_a_marketer_is_said_on_the_page(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as mia, made.browser() as max_:
        clinic(made)
        await mia.sign_in("mia")
        await max_.sign_in("max")
        assert (await mia.get(f"/reports/sources?{DAYS}")).status == 200
        assert "fewer than 5 people are never shown apart" in mia.page
        assert "topic, reason, service, doctor" in mia.page
        await max_.get(f"/reports/sources?{DAYS}")
        assert "never shown apart" not in max_.page


async def test_callers_are_hashes_and_the_file_is_audited(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as mia:
        clinic(made)
        await mia.sign_in("mia")
        async with mia.http.get(f"{made.url}/reports/calls.jsonl?{DAYS}") as answer:
            rows = [json.loads(line) for line in (await answer.text()).splitlines()]
        assert rows
        assert all(re.fullmatch("[0-9a-f]{24}", row["caller"]) for row in rows if row["caller"])
        assert {len(row["start"]) for row in rows} == {len("2026-11-23T09:00:00+01:00")}
        assert ("mia", "exported", "figures", "calls", "2026-11-20 to 2026-11-23 jsonl") in made.audit()
        async with mia.http.get(f"{made.url}/calls.csv") as answer:
            assert answer.status == 403


def not_booked(made: House) -> None:
    """Callers who did not book: nine for the price, seven for want of time, two who think it over."""
    calls = [call("2026-11-20", id=f"{n}.1", party=f"+4860000000{n:02}", did="+48221234501") for n in range(18)]
    write(made.store, call=calls, campaign=[{"id": 1, "source": "google", "medium": "cpc", "name": "Teeth"}],
          attribution=[attribution(row, 1) for row in calls])
    with made.store.write() as tx:
        for n, row in enumerate(calls):
            topic = "price" if n < 9 else "no_date" if n < 16 else "thinks"
            tx.run("call_topic_put", id=n + 1, pbx=row["pbx"], call=row["id"], topic=topic, category="not_booked",
                   patient=None, author="ewa", at_ms=row["ended_ms"])
        rollups.rebuild(tx)


async def test_few_people_are_not_told_apart_on_the_page_in_files_and_by_the_api(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as mia, made.browser() as max_:
        made.add("mia", "marketer")
        made.add("max", "manager")
        not_booked(made)
        await mia.sign_in("mia")
        await max_.sign_in("max")
        path = f"/reports/not-booked.json?{DAYS}&by=reason"
        mine, theirs = await whole(mia, path), await whole(max_, path)
        assert mine is not None
        assert theirs is not None
        assert {row["reason"]: row["callers"] for row in theirs["rows"]} == {"price": 9, "no_date": 7, "thinks": 2}
        assert [(row["reason"], row["not_booked"]) for row in mine["rows"]] == [
            ("price", 9), ("less than 5 people each", 9)]
        assert mine["total"] == theirs["total"]
        for place in (f"/reports/not-booked?{DAYS}", f"/reports/not-booked.csv?{DAYS}",
                      f"/reports/not-booked/chart.json?{DAYS}"):  # fmt: skip
            async with mia.http.get(made.url + place) as answer:
                text = await answer.text()
            assert "thinks" not in text, place
            assert "less than 5 people each" in text, place
        await mia.get(f"/reports/not-booked?{DAYS}")
        assert "Rows of fewer than 5 people are put together here." in mia.page
        async with ClientSession() as http:
            given = token(made, "figures:read", owner="mia")
            found = await Program(made, http, given).get("/reports/not-booked?from=2026-11-20&to=2026-11-23")
            assert [row["reason"] for row in found.body["rows"]] == ["price", "less than 5 people each"]
