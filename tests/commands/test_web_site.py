"""`callward numbers pool-size`, `callward requests` and what `callward doctor` says of the public door."""

import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from callbacks.requests import Limits, Wish, ask_back
from commands.common import App
from commands.doctor_door import door
from settings import load
from store import open_store
from tests.callbacks.clinic import CONTEXT, at
from tests.commands.clinic import Clinic
from tests.tracking.test_visitors import OVERFLOW, POOL, number
from tracking.leasing import MINUTE_MS, Terms
from tracking.sources import Source
from tracking.visitors import Ask, give, hashed, seen
from web.public.numbers import STATIC

NOW = at("10:20")


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    monkeypatch.setattr(App, "now_ms", lambda self: NOW)
    return Clinic(tmp_path)


def test_pool_size_prints_the_formula_and_what_others_advise(clinic: Clinic) -> None:
    text = clinic.text("numbers", "pool-size", "--visitors", "20", "--minutes", "5", "--per-day", "100")
    # 20 visitors an hour who hold a number for 30 minutes: 10 erlangs, 18 numbers.
    assert text.startswith("18 numbers, so that at most 1 % of visitors find none (0.71 %).")
    assert "A = 20 × (5.0 + 25) / 60 = 10.0" in text
    assert "Others advise: 2, peak hour ÷" in text
    assert "; 5, one for 20 visitors of the busiest day (CallTrackingMetrics)." in text
    assert "There is no pool yet" in text
    assert "say what you expect" in clinic.text("numbers", "pool-size")


def test_pool_size_measures_the_visits_and_the_use_of_the_pool(clinic: Clinic) -> None:
    terms = Terms()
    with open_store(clinic.folder / "callward.db") as store, store.write() as tx:
        for did in POOL:
            number(tx, did)
        number(tx, OVERFLOW, "overflow")
        for who in range(3):
            began = NOW - 60 * MINUTE_MS + who * MINUTE_MS
            give(tx, Ask("clinic.example", Source("direct", "none"), "2026-11-23", began, hashed(str(who))), terms)
            seen(tx, hashed(str(who)), terms, began + 4 * MINUTE_MS)
    said = clinic.json("numbers", "pool-size")
    assert (said["visits"], said["peak_per_hour"], said["visit_minutes"]) == (3, 3, 4.0)
    assert (said["numbers"], said["held"], said["most_held"], said["utilisation"]) == (2, 0, 2, 1.0)
    assert said["overflow_rate"] == pytest.approx(1 / 3)
    assert "let it grow" in clinic.text("numbers", "pool-size")


def test_requests_are_listed_with_what_became_of_them_and_switched_on_again(clinic: Clinic) -> None:
    with open_store(clinic.folder / "callward.db") as store, store.write() as tx:
        for text in ("501000206", "no number", "501000207", "501000208"):
            ask_back(tx, CONTEXT, Limits(burst=2), Wish(text, "I agree.", "en", network=text, page="/implants"), NOW)
    text = clinic.text("requests", "list")
    assert "501 000 206" in text
    assert "not_a_number" in text
    found = clinic.json("requests", "list")
    assert [(row["callback"], row["refused"]) for row in found] == [(2, None), (None, "not_a_number"), (1, None)]
    assert clinic.text("requests", "on") == "Requests are taken again.\n"
    assert clinic.text("requests", "on") == "Requests are taken; nothing was switched off.\n"


class Quiet(WSGIRequestHandler):
    """Prints nothing."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def answers() -> dict[str, bytes]:
    """What the proxy before the door answers: path to body; all other paths are 404."""
    return {"/numbers.js": (STATIC / "numbers.js").read_bytes(), "/visit/token": b"{}"}


@pytest.fixture
def proxy(answers: dict[str, bytes]) -> Iterator[str]:
    def app(environ, start):  # type: ignore[no-untyped-def]
        body, origin = answers.get(environ["PATH_INFO"]), environ.get("HTTP_ORIGIN", "")
        stranger = origin == "https://stranger.invalid"
        status = "404 Not Found" if body is None else "403 Forbidden" if stranger else "200 OK"
        allowed = [("Access-Control-Allow-Origin", origin)] if origin and not stranger else []
        start(status, [("Content-Type", "text/plain"), *allowed])
        return [body or b""]

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def look(clinic: Clinic, url: str) -> list[tuple[str, str]]:
    with (clinic.folder / "clinic.toml").open("a") as file:
        file.write(f'\n[web.public]\nenabled = true\npublic_url = "{url}"\ndomains = ["clinic.example"]\n')
    return [(found.state, found.text) for found in door(load(clinic.folder / "clinic.toml"))]


def test_the_doctor_finds_nothing_wrong_with_a_door_that_is_well(clinic: Clinic, proxy: str) -> None:
    found = look(clinic, proxy)
    assert [state for state, _ in found] == ["ok"] * 4
    assert ("ok", "Pages of clinic.example are answered.") in found


def test_the_doctor_says_what_the_proxy_does_wrong(clinic: Clinic, proxy: str, answers: dict[str, bytes]) -> None:
    answers["/numbers.js"] += b"/* ours no more */"
    answers["/login"] = b"<form>"
    del answers["/visit/token"]
    said = " ".join(text for state, text in look(clinic, proxy) if state == "fail")
    for part in ("is not ours: a proxy changes it", "are not answered (status 404", "the console may be open"):
        assert part in said


def test_the_doctor_says_that_nobody_answers(clinic: Clinic) -> None:
    [(state, text)] = look(clinic, "http://127.0.0.1:9")
    assert state == "fail"
    assert "cannot be reached from here (" in text
    assert "docs/public-door.md" in text
