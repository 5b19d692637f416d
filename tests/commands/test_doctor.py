"""`callward doctor`: what is well, what is not, and the way out."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from commands import doctor as subject
from commands.common import App
from store import open_store
from tests.commands.scripted_ami import Scripted, scripted

NOW_MS = 1795309246000
LISTED = "Response: Success\r\nCoreShowChannels: List.  (Priv: reporting,all)\r\nPing: Keepalive.  (Priv: <none>)"


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    monkeypatch.setenv("S", "lab-secret")
    monkeypatch.setattr(subject, "BOOT_S", 0.01)
    monkeypatch.setattr(App, "now_ms", lambda self: NOW_MS)
    with scripted({
        "Ping": f"Response: Success\r\nPing: Pong\r\nTimestamp: {NOW_MS / 1000:.6f}",
        "CoreSettings": "Response: Success\r\nAsteriskVersion: 22.1.0",
        "ListCommands": LISTED,
    }) as script:
        yield script


@pytest.fixture
def clinic(exchange: Scripted, tmp_path: Path) -> Path:
    """A clinic in good order, but that nobody listens and nothing is tracked."""
    (tmp_path / "callward.toml").write_text(
        '[clinic]\nname = "K"\ncountry = "PL"\ntimezone = "Europe/Warsaw"\n[[pbx]]\n'
        f'port = {exchange.port}\nusername = "listener"\nsecret = {{ env = "S" }}\n'
        'trunks = ["trunk-alfa"]\nphones = ["10X"]\n'
    )
    open_store(str(tmp_path / "callward.db")).close()
    (tmp_path / "journal").mkdir(mode=0o700)
    return tmp_path


def examine(clinic: Path, status: int) -> dict[str, list[tuple[str, str]]]:
    """Run the command, return {check: [(state, text)]}."""
    args = ["--config", str(clinic / "callward.toml"), "doctor", "--json"]
    result = CliRunner().invoke(main, args, prog_name="callward")
    assert result.exit_code == status, result.output
    found: dict[str, list[tuple[str, str]]] = {}
    for finding in json.loads(result.output):
        found.setdefault(finding["check"], []).append((finding["state"], finding["text"]))
    return found


def change(clinic: Path, sql: str, *rows: tuple[Any, ...]) -> None:
    with closing(sqlite3.connect(clinic / "callward.db")) as connection, connection:
        connection.executemany(sql, rows)


def assign(clinic: Path, *rows: tuple[Any, ...]) -> None:
    """Write assignments: (id, did, label, kind, campaign, valid_from, valid_to)."""
    change(clinic, "INSERT INTO number_assignment (id, did, label, kind, location, campaign, valid_from, valid_to) "
                   "VALUES (?, ?, ?, ?, '', ?, ?, ?)", *rows)


def test_a_sound_installation_passes(clinic: Path) -> None:
    found = examine(clinic, 0)
    assert {check: {state for state, _ in lines} for check, lines in found.items()} == {
        "settings": {"ok"}, "store": {"ok", "warn"}, "disk": {"ok"}, "numbers": {"warn"}, "listener": {"warn"},
        "journal": {"ok"}, "exchange": {"ok"}, "clock": {"ok"}, "rights": {"ok", "warn"}, "https": {"ok"},
    }


def test_every_problem_of_the_settings_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "callward.toml").write_text("[clinic]\ncountry = 'pl'\n")
    lines = examine(tmp_path, 1)["settings"]
    assert len(lines) == 4
    assert all(state == "fail" for state, _ in lines)


def test_a_missing_store_is_not_made(clinic: Path) -> None:
    (clinic / "callward.db").unlink()
    ((state, text),) = examine(clinic, 1)["store"]
    assert (state, "run `callward init`" in text) == ("fail", True)
    assert not (clinic / "callward.db").exists()


def test_a_store_that_is_no_database_fails(clinic: Path) -> None:
    (clinic / "callward.db").write_bytes(b"hello" * 1000)
    assert examine(clinic, 1)["store"][-1][0] == "fail"


def test_a_store_that_others_can_read_fails(clinic: Path) -> None:
    store = clinic / "callward.db"
    store.chmod(0o644)
    assert any(f"run `chmod 600 {store}`" in text for state, text in examine(clinic, 1)["store"] if state == "fail")


def test_a_journal_that_others_can_read_fails(clinic: Path) -> None:
    (clinic / "journal").chmod(0o755)
    ((state, text),) = examine(clinic, 1)["journal"]
    assert (state, "chmod -R go=" in text) == ("fail", True)


def test_an_event_class_that_never_came_is_missed(clinic: Path) -> None:
    block = "Event: Newchannel\r\nPrivilege: call,all\r\nChannel: PJSIP/101-00000001\r\n\r\n"
    file = clinic / "journal" / "main-000001.jsonl"
    file.write_text(json.dumps({"at": 1.0, "session": 1, "text": block}) + "\n")
    file.chmod(0o600)
    missed = [text for state, text in examine(clinic, 0)["rights"] if "No event of class" in text]
    assert [re.findall(r"class (\w+)", text)[0] for text in missed] == ["agent", "dialplan"]


def test_a_listener_that_fell_silent_fails(clinic: Path) -> None:
    change(clinic, "INSERT INTO listener_lease (pbx, holder, until_ms) VALUES (?, ?, ?)",
           ("main", "host:1", NOW_MS - 90_000))
    assert examine(clinic, 1)["listener"] == [
        ("fail", "The listener of main fell silent 90 s ago; run `callward serve`.")
    ]


def test_a_listener_at_work_is_named(clinic: Path) -> None:
    change(clinic, "INSERT INTO listener_lease (pbx, holder, until_ms) VALUES (?, ?, ?)",
           ("main", "host:1", NOW_MS + 1))
    assert examine(clinic, 0)["listener"] == [("ok", "host:1 listens to main.")]


def test_numbers_that_overlap_fail_and_idle_ones_are_named(clinic: Path) -> None:
    assign(clinic,
           (1, "+48221234501", "Billboard", "static", 1, "2026-01-01", "2026-06-01"),
           (2, "+48221234501", "Leaflet", "static", 1, "2026-05-01", None),
           (3, "+48221234502", "Nothing", "static", None, "2026-01-01", None),
           (4, "+48221234503", "Reception", "main", None, "2026-01-01", None))
    (overlap, idle) = examine(clinic, 1)["numbers"]
    assert overlap[0] == "fail"
    assert '"Billboard" and "Leaflet" overlap on 2026-05-01' in overlap[1]
    assert idle[1].startswith("+48221234502: no campaign")


def test_numbers_in_order_are_counted(clinic: Path) -> None:
    assign(clinic,
           (1, "+48221234501", "Billboard", "static", 1, "2026-01-01", "2026-06-01"),
           (2, "+48221234501", "Leaflet", "static", 1, "2026-06-01", None))
    assert examine(clinic, 0)["numbers"][0] == (
        "ok", "1 numbers, none overlaps and none is without a campaign."
    )


def test_rights_that_the_listener_never_needs_are_named(clinic: Path, exchange: Scripted) -> None:
    exchange.answers["ListCommands"] = LISTED + "\r\nOriginate: Ring.  (Priv: originate,all)"
    assert ("warn", "listener has `write = originate`, which no listener needs; take it away.") in (
        examine(clinic, 0)["rights"]
    )


def test_a_login_that_may_not_take_snapshots_fails(clinic: Path, exchange: Scripted) -> None:
    exchange.answers["ListCommands"] = "Response: Success\r\nPing: Keepalive.  (Priv: <none>)"
    assert any(state == "fail" and "may not take snapshots" in text for state, text in examine(clinic, 1)["rights"])


def test_clocks_that_differ_are_told(clinic: Path, exchange: Scripted) -> None:
    exchange.answers["Ping"] = f"Response: Success\r\nTimestamp: {NOW_MS / 1000 - 61:.6f}"
    assert examine(clinic, 0)["clock"] == [("warn", "The exchange's clock is -61.0 s off ours; run NTP on both.")]


def test_an_old_asterisk_fails(clinic: Path, exchange: Scripted) -> None:
    exchange.answers["CoreSettings"] = "Response: Success\r\nAsteriskVersion: certified/13.21-cert6"
    assert ("fail", "Asterisk certified/13.21-cert6 is older than 16; upgrade it.") in examine(clinic, 1)["exchange"]


def test_a_refused_login_fails_and_the_rest_is_still_looked_at(clinic: Path, exchange: Scripted) -> None:
    exchange.answers["Login"] = "Response: Error\r\nMessage: Authentication failed"
    found = examine(clinic, 1)
    assert found["exchange"][0][0] == "fail"
    assert found["store"][0][0] == "ok"
