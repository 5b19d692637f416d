"""`callward notify`, and what `callward serve` makes of the settings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from cli import main
from commands.common import App
from commands.serve import rounds
from settings import load
from store import open_store
from tests.commands.clinic import Clinic
from wiring import people_of, texts_of, thresholds_of

NOW = 1_795_309_246_011
NOTIFY = """
[notify]
manager = ["boss@clinic.example"]
admin = ["+48501000999"]

[notify.mail]
host = "127.0.0.1"
port = 1
security = "none"
sender = "callward@clinic.example"
recipients = ["desk@clinic.example"]

[notify.sms]
url = "{url}/sms"
secret = {{ env = "SMS_SECRET" }}
headers = {{ Authorization = "Bearer {{secret}}" }}
body = '{{"to": "{{number}}", "text": "{{text}}"}}'
private = ["127.0.0.1"]

[[notify.escalate]]
after_minutes = 30
to = ["second@clinic.example"]

[[notify.escalate]]
after_minutes = 120
to = ["boss@clinic.example", "+48501000998"]

[[notify.webhook]]
name = "crm"
url = "{url}/hook"
secret = {{ env = "HOOK_SECRET" }}
private = ["127.0.0.1"]

[alerts]
queues = ["reception"]

[text_back]
enabled = true
link = "https://clinic.example/book"
"""


@pytest.fixture
def got() -> list[tuple[str, bytes, dict[str, str]]]:
    return []


@pytest.fixture
def url(got: list[tuple[str, bytes, dict[str, str]]]) -> Iterator[str]:
    """A server in a thread of its own: the command runs its own event loop."""
    from threading import Thread

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    def answer(environ: Any, start: Any) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        got.append((environ["PATH_INFO"], body, environ))
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"OK"]

    with make_server("127.0.0.1", 0, answer, handler_class=Quiet) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Clinic:
    monkeypatch.setenv("SMS_SECRET", "sesame")
    monkeypatch.setenv("HOOK_SECRET", "k3y")
    clinic = Clinic(tmp_path)
    text = (tmp_path / "clinic.toml").read_text("utf-8")
    (tmp_path / "clinic.toml").write_text(text + NOTIFY.format(url=url), "utf-8")
    return clinic


def dead(clinic: Clinic) -> None:
    with open_store(str(clinic.folder / "callward.db")) as store, store.write() as tx:
        tx.run("delivery_put", id="d1", webhook="crm", feed=1, event="call.ended", ref="main:1.1", at_ms=NOW,
               now_ms=NOW)
        tx.run("delivery_dead", id="d1", now_ms=NOW, error="the receiver answered 503")


def test_a_test_tells_everybody_once_and_says_who_was_not_reached(clinic: Clinic, got: list[Any]) -> None:
    text = clinic.text("notify", "test", status=1)
    assert text.count("failed. notify.mail: 127.0.0.1:1") == 3, "desk, second and boss: no mail server is there"
    assert text.count(": sent") == 3
    assert "3 of 6 could not be reached." in text
    assert sorted(path for path, _, _ in got) == ["/hook", "/sms", "/sms"]


def test_a_test_text_is_what_a_missed_caller_would_read(clinic: Clinic, got: list[Any]) -> None:
    assert clinic.text("notify", "test", "--number", "501 000 206") == "sms: sent\n"
    (_, body, environ) = got[0]
    assert environ["HTTP_AUTHORIZATION"] == "Bearer sesame"
    sent = json.loads(body)
    assert sent["to"] == "+48501000206"
    assert sent["text"].startswith("Przychodnia Testowa: przepraszamy")
    assert sent["text"].endswith("https://clinic.example/book")


def test_the_outbox_shows_what_is_dead_and_replays_it(clinic: Clinic) -> None:
    dead(clinic)
    assert "answered 503" in clinic.text("notify", "outbox", "--state", "dead")
    assert clinic.json("notify", "outbox")[0] | {"error": ""} == {
        "id": "d1", "webhook": "crm", "event": "call.ended", "ref": "main:1.1", "at": "2026-11-22T01:00:46.011Z",
        "state": "dead", "tries": 0, "error": "", "done_at": "2026-11-22T01:00:46.011Z", "next_at": None,
    }  # fmt: skip
    assert "1 will be tried again" in clinic.text("notify", "replay", "d1")
    assert clinic.json("notify", "outbox")[0]["state"] == "waiting"
    assert "No dead delivery" in clinic.text("notify", "replay", "--all", status=1)


@pytest.mark.parametrize("words", [(), ("d1", "--all"), ("--all", "--webhook", "crm")])
def test_a_replay_says_what_exactly(clinic: Clinic, words: tuple[str, ...]) -> None:
    assert "Name deliveries by their ids" in clinic.text("notify", "replay", *words, status=2)


def test_the_stop_list_is_kept_by_hand(clinic: Clinic) -> None:
    assert clinic.text("notify", "stop", "501 000 206", "--as", "anna") == "+48…206 gets no texts any more.\n"
    with open_store(str(clinic.folder / "callward.db")) as store, store.read() as tx:
        assert [row["number"] for row in tx.all("text_stops", limit=9, skip=0)] == ["+48501000206"]
    assert "may get texts again" in clinic.text("notify", "allow", "+48501000206")
    assert "is not on the stop list" in clinic.text("notify", "allow", "+48501000206", status=1)
    assert "not a phone number" in clinic.text("notify", "stop", "abc", status=2)


@pytest.mark.parametrize("command", ["outbox", "texts", "alerts"])
def test_an_empty_list_says_what_would_be_in_it(clinic: Clinic, command: str) -> None:
    assert clinic.json("notify", command) == []
    assert len(clinic.text("notify", command)) > 40


def test_people_are_told_by_their_level_each_by_a_channel_of_their_own(clinic: Clinic) -> None:
    people = people_of(load(clinic.folder / "clinic.toml"))
    assert [(level.after_minutes, len(level.channels)) for level in people.levels] == [(0, 1), (30, 1), (120, 2)]
    names = [channel.name for channel in people.everybody]
    assert len(set(names)) == len(names) == 5
    assert "clinic.example" not in "".join(names), "the ledger holds no addresses"
    assert "+48" not in "".join(names)
    assert people.alerts["admin"][0].name.startswith("sms:")


def test_the_settings_reach_the_parts(clinic: Clinic) -> None:
    settings = load(clinic.folder / "clinic.toml")
    assert thresholds_of(settings).queues == ("reception",)
    assert texts_of(settings).languages == ("pl", "en")
    assert texts_of(settings).countries == ("PL",)


def test_serve_does_what_the_settings_say(clinic: Clinic) -> None:
    app = App(clinic.folder / "clinic.toml")
    with app.store() as store:
        names = [type(job).__name__ for job, _ in rounds(app, store)]
    assert names == ["Reminders", "Alerts", "Summary", "TextBack", "Relate", "Deliveries"]


def test_serve_of_a_clinic_that_named_nobody_reminds_nobody_and_keeps_the_queue(tmp_path: Path) -> None:
    app = App(Clinic(tmp_path).folder / "clinic.toml")
    with app.store() as store:
        assert [type(job).__name__ for job, _ in rounds(app, store)] == [
            "Reminders", "Alerts", "Summary", "Relate",
        ]  # fmt: skip


def test_the_list_of_commands_names_it() -> None:
    assert "notify" in main.list_commands(main.make_context("callward", ["notify"], resilient_parsing=True))
