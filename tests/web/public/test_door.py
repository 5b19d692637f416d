"""The public door shows nothing of the console, whatever path is asked for."""

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from intake import Clinic
from tests.callbacks.clinic import CONTEXT, WARSAW
from tests.web.house import CONFIG
from tests.web.public.doorway import Doorway, doorway
from tests.web.public.test_numbers import GOOGLE
from web.app import Ground, make_app
from web.public.door import HEADERS

OURS = {"/numbers.js", "/call-me-back.js", "/door.css", "/visit/token", "/visit/number", "/visit/seen", "/call-me-back"}
"""All that the Internet may ask for. A new path is a decision: it is written here, too."""


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Doorway]:
    async with doorway(tmp_path) as made:
        yield made


def test_the_door_has_the_routes_that_were_decided_and_no_other(door: Doorway) -> None:
    paths = {re.sub(r"\{.*\}", "{}", resource.canonical) for resource in door.app.router.resources()}
    assert paths == {"/{}", "/visit/{}", "/visit/token", "/visit/number", "/visit/seen", "/call-me-back"}


async def test_every_path_of_the_console_is_404_at_the_door(door: Doorway) -> None:
    console = make_app(CONFIG, Ground(door.store, door.writer, Clinic(WARSAW, CONTEXT), lambda: door.now))
    paths = {re.sub(r"\{[^}]*\}", "1", resource.canonical) for resource in console.router.resources()}
    assert len(paths) > 20
    paths |= {"/", "/static/base.css", "/healthz", "/api/v1", "/numbers.js/", "/static/numbers.js"}
    for path in sorted(paths - OURS):
        for method in ("GET", "POST"):
            answer = await door.http.request(method, door.url + path, headers=door.headers, allow_redirects=False)
            assert answer.status == 404, (method, path)
            assert "Set-Cookie" not in answer.headers


SIDEWAYS = (
    "/LOGIN", "//login", "/./login", "/%6cogin", "/login%00", "/numbers.js/../login", "/numbers.js/%2e%2e/login",
    "/numbers.js%2f..%2flogin", "/visit/token/../../calls", "/visit/%2e%2e/calls", "/visit;/calls", "/NUMBERS.JS",
    "/static/..%2f..%2fcallward.toml", "/door.css/../static/base.css", "\\login", "/call-me-back/..;/login",
    "/numbers%2ejs/x", "/http://127.0.0.1/login", "/api/v1/%2e/calls",
)


async def test_no_way_of_writing_a_path_leads_to_the_console(door: Doorway) -> None:
    for path in SIDEWAYS:
        url = URL(door.url + "/" + path.lstrip("/") if not path.startswith("//") else door.url + path, encoded=True)
        for method in ("GET", "POST", "HEAD", "PUT"):
            answer = await door.http.request(method, url, headers=door.headers, allow_redirects=False)
            assert answer.status == 404, (method, path)


async def test_every_answer_carries_the_strict_headers_and_never_a_cookie(door: Doorway) -> None:
    for path in ("/numbers.js", "/call-me-back", "/nothing", "/visit/token"):
        answer = await door.http.get(door.url + path, headers=door.headers)
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, path
        assert "Set-Cookie" not in answer.headers
        assert "Server" not in answer.headers
        assert "Strict-Transport-Security" not in answer.headers
    told = await door.http.get(f"{door.url}/numbers.js", headers={"X-Forwarded-Proto": "https"})
    assert told.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_a_wrong_method_is_405_and_a_fault_says_nothing_of_itself(door: Doorway) -> None:
    assert (await door.http.get(f"{door.url}/visit/number")).status == 405
    door.writer.close()
    answer = await door.ask_back()
    assert (answer.status, await answer.text()) == (500, "Internal Server Error\n")


async def test_nothing_personal_is_in_the_log(door: Doorway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    visit = await door.visit(params=GOOGLE)
    await door.ask_back(name="Anna Nowak", key=visit["key"])
    await door.http.get(f"{door.url}/call-me-back?number=501000206&key={visit['key']}")
    door.writer.close()
    await door.ask_back(number="501000207", name="Anna Nowak")
    for secret in ("501000206", "501 000 206", "501000207", "Anna", visit["key"], "Cj0abc", "127.0.0.1"):
        assert secret not in caplog.text, secret
