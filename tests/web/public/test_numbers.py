"""The number script and what it asks, by requests as browsers and others make them."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.test_visitors import OVERFLOW, POOL
from tests.web.public.doorway import ADS, MAIN, SITE, Doorway, doorway
from web.public.gate import PER_MINUTE, Caps
from web.public.numbers import NOTHING, STATIC, finder, forms

GOOGLE = {"utm_source": "google", "utm_medium": "cpc", "utm_campaign": "Implants", "gclid": "Cj0abc_1"}


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Doorway]:
    async with doorway(tmp_path) as made:
        yield made


def test_the_script_is_less_than_four_kilobytes_as_it_is_served() -> None:
    assert len((STATIC / "numbers.js").read_bytes()) < 4000


async def test_the_script_is_served_to_anybody_and_may_be_kept_for_an_hour(door: Doorway) -> None:
    answer = await door.http.get(f"{door.url}/numbers.js")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert await answer.read() == (STATIC / "numbers.js").read_bytes()
    assert "Set-Cookie" not in answer.headers


async def test_a_visitor_who_agreed_has_a_number_with_the_source_of_the_visit(door: Doorway) -> None:
    answer = await door.visit(params=GOOGLE | {"name": "Anna"}, page="/implants?x=1", ga="GA1.1.123456.654321",
                              came_from="www.google.com")
    assert answer["to"] == {"e164": POOL[0], "national": "22 123 46 01", "international": "+48 22 123 46 01"}
    assert answer["was"]["e164"] == MAIN
    assert answer["held"] == 25 * 60
    assert re.fullmatch("[0-9a-f]{32}", answer["key"])
    visit = door.table("visit")[0]
    assert {name: visit[name] for name in ("site", "source", "medium", "name", "gclid", "ga_client", "page", "referrer")
            } == {"site": SITE, "source": "google", "medium": "cpc", "name": "Implants", "gclid": "Cj0abc_1",
                  "ga_client": "123456.654321", "page": "/implants", "referrer": "google.com"}
    assert answer["key"] not in str(door.table("visit"))


async def test_the_next_page_has_the_same_number_and_an_open_page_keeps_it(door: Doorway) -> None:
    first = await door.visit(params=GOOGLE)
    again = await door.visit(first["key"], page="/prices", came_from=SITE)
    assert (again["to"], again["key"]) == (first["to"], first["key"])
    assert len(door.table("visit")) == 1
    door.now += 20 * 60_000
    assert await (await door.post("/visit/seen", {"key": first["key"]})).json() == {"held": True}
    door.now += 26 * 60_000
    assert await (await door.post("/visit/seen", {"key": first["key"]})).json() == {"held": False}
    assert await (await door.post("/visit/seen", {"key": "0" * 32})).json() == {"held": False}
    assert await (await door.post("/visit/seen", {"key": ["x"]})).json() == {"held": False}


async def test_who_did_not_agree_sees_the_number_of_the_source_and_nothing_is_kept(door: Doorway) -> None:
    answer = await door.visit(None, params=GOOGLE, ga="GA1.1.1234567.7654321")
    assert answer["to"]["e164"] == ADS
    assert "key" not in answer
    assert "held" not in answer
    assert await door.visit(None) == {"to": None}
    assert door.table("visit") == []
    assert door.table("lease") == []


async def test_the_third_visitor_sees_the_overflow_number(door: Doorway) -> None:
    shown = [(await door.visit())["to"]["e164"] for _ in range(3)]
    assert shown == [*POOL, OVERFLOW]


async def test_a_page_of_another_site_is_not_answered(door: Doorway) -> None:
    for origin in ("https://evil.example", "null", "", "https://clinic.example.evil.example", "ftp://clinic.example"):
        answer = await door.post("/visit/token", {}, Origin=origin)
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    answer = await door.post("/visit/token", {})
    assert answer.headers["Access-Control-Allow-Origin"] == f"https://{SITE}"
    assert answer.headers["Vary"] == "Origin"
    asked = await door.http.options(f"{door.url}/visit/number", headers=door.headers)
    assert (asked.status, asked.headers["Access-Control-Allow-Methods"]) == (204, "POST")
    asked = await door.http.options(f"{door.url}/visit/number", headers={"Origin": "https://evil.example"})
    assert asked.status == 403


async def test_without_a_token_too_early_or_twice_there_is_no_number(door: Doorway) -> None:
    assert await door.visit(wait_ms=100) == {"status": 403}
    assert await door.visit(token="made up") == {"status": 403}
    token = await door.token()
    door.now += 1200
    said = {"token": token, "agreed": True}
    assert [(await door.post("/visit/number", said)).status for _ in range(2)] == [200, 403]
    assert len(door.table("lease")) == 1


async def test_a_program_sees_what_stands_on_the_page(door: Doorway) -> None:
    assert await door.visit(robot=True) == {"to": None}
    assert await door.visit(headers={"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}) == {"to": None}
    assert door.table("lease") == []


async def test_a_network_that_asks_too_much_is_told_so(door: Doorway) -> None:
    statuses = [(await door.post("/visit/seen", {"key": ""})).status for _ in range(PER_MINUTE + 1)]
    assert statuses == [200] * PER_MINUTE + [429]


async def test_a_flood_falls_back_to_the_number_of_the_source_and_tells_the_admin(tmp_path: Path) -> None:
    async with doorway(tmp_path, caps=Caps(flood_per_minute=1, flood_minutes=10)) as door:
        first = await door.visit(params=GOOGLE)
        await door.visit(params=GOOGLE)
        assert (await door.visit(params=GOOGLE))["to"]["e164"] == ADS
        assert (await door.visit(first["key"]))["to"]["e164"] == POOL[0]
        assert [row["name"] for row in door.table("door_switch")] == ["visitors"]
        assert len(door.table("lease")) == 2
    async with doorway(tmp_path, caps=Caps(flood_per_minute=1, flood_minutes=10)) as again:
        assert (await again.visit(params=GOOGLE))["to"]["e164"] == ADS
        again.now += 10 * 60_000
        assert (await again.visit(params=GOOGLE))["to"]["e164"] != ADS


async def test_a_network_is_given_so_many_numbers_a_day_and_a_restart_forgets_none(tmp_path: Path) -> None:
    async with doorway(tmp_path, caps=Caps(leases_per_network=1)) as door:
        first = await door.visit(params=GOOGLE)
        assert first["to"]["e164"] == POOL[0]
    async with doorway(tmp_path, caps=Caps(leases_per_network=1)) as again:
        assert (await again.visit(params=GOOGLE))["to"]["e164"] == ADS
        assert (await again.visit(first["key"]))["to"]["e164"] == POOL[0]
        assert [row["leases"] for row in again.table("door_network")] == [1]
        assert "127.0" not in str(again.table("door_network"))
        again.now += 24 * 3_600_000
        assert (await again.visit(params=GOOGLE))["to"]["e164"] in POOL
        assert len(again.table("door_network")) == 1


@pytest.mark.parametrize("said", [
    "", "[]", "null", "{", '"x"', "[" * 3000, "\x00", '{"token": 5, "params": 7}', '{"token":"1.a.\\ud800"}',
    '{"token": ' + "9" * 6000 + "}",
])  # fmt: skip
async def test_whatever_is_sent_is_refused_without_a_fault(door: Doorway, said: str) -> None:
    answer = await door.post("/visit/number", said)
    assert answer.status in (400, 403)


async def test_what_a_request_says_of_its_own_form_is_no_fault_of_ours(
    door: Doorway, caplog: pytest.LogCaptureFixture
) -> None:
    for header in ({"Content-Type": "application/json; charset=nope"}, {"Content-Type": "text/plain; charset=zlib"},
                   {"Content-Encoding": "gzip"}, {"Content-Encoding": "deflate"}, {"Content-Encoding": "br"}):
        for said in ("{}", "\x1f\x8b broken"):
            assert (await door.post("/visit/number", said, **header)).status in (400, 403)
    assert (await door.post("/visit/seen", "{}")).status == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


STRANGERS = (
    "null", "", "https://clinic.example.evil.example", "https://evil-clinic.example", "https://sub.clinic.example",
    "https://clinic.example:8443", "https://user@clinic.example", "https://clinic.example@evil.example",
    "https://clinic.example/", "https://clinic.exam\tple", "https://clinic.example.", "file://clinic.example",
    "https://[clinic.example", "clinic.example", "https://clinic.example, https://evil.example",
)  # fmt: skip


async def test_only_exactly_the_clinics_own_site_may_ask_and_read(door: Doorway) -> None:
    for origin in STRANGERS:
        headers = door.headers | {"Origin": origin}
        for method, path in (("OPTIONS", "/visit/number"), ("POST", "/visit/token"), ("GET", "/numbers.js")):
            answer = await door.http.request(method, door.url + path, headers=headers)
            assert answer.status == (200 if method == "GET" else 403), origin
            assert "Access-Control-Allow-Origin" not in answer.headers, origin


async def test_a_body_is_small(door: Doorway) -> None:
    assert (await door.post("/visit/number", "x" * 9000)).status == 413


def test_a_number_is_found_however_it_is_grouped() -> None:
    pattern = re.compile(rf"(^|[^\d+])({finder(['+48221234500'], 'PL')})(?!\d)")
    for text in ("+48 22 123 45 00", "+48221234500", "22 123-45-00", "(22) 123.45.00", "tel 221234500,"):
        assert pattern.search(text), text
    for text in ("22 123 45 01", "1221234500", "2212345000", "+4822123450"):
        assert not pattern.search(text), text
    assert not re.search(finder([], "PL").replace(NOTHING, "(?!)"), "22 123 45 00")


@given(st.from_regex(r"\+48[1-9][0-9]{8}", fullmatch=True), st.sampled_from(["", " ", "-", "\u00a0"]))
def test_any_number_of_ours_is_found_and_no_longer_one(did: str, between: str) -> None:
    pattern = re.compile(rf"(^|[^\d+])({finder([did], 'PL')})(?!\d)")
    assert pattern.fullmatch(" " + between.join(forms(did, "PL")["e164"]))
    assert not pattern.search(did + "1")
