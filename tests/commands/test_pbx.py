"""`callward pbx`: one login, one question, logged off; and what may be rung."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from commands.ami import AmiError, AmiRefused, Login, Session
from tests.commands.scripted_ami import Scripted, scripted

SECRET = "lab-secret"


def login(port: int) -> Login:
    return Login("127.0.0.1", port, "admin", SECRET)


@pytest.fixture
def exchange() -> Iterator[Scripted]:
    with scripted({
        "CoreSettings": "Response: Success\r\nAMIversion: 11.0.0\r\nAsteriskVersion: 22.1.0",
        "CoreStatus": "Response: Success\r\nCoreStartupDate: 2026-11-22\r\nCoreCurrentCalls: 2",
        "Command": "Response: Success\r\nMessage: Command output follows\r\nOutput: first\r\nOutput: second: \x1b[1m",
    }) as script:
        yield script


@pytest.fixture
def run(exchange: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("S", SECRET)
    (tmp_path / "callward.toml").write_text(
        '[clinic]\nname = "K"\ncountry = "PL"\ntimezone = "Europe/Warsaw"\n[[pbx]]\n'
        f'port = {exchange.port}\nusername = "listener"\nsecret = {{ env = "S" }}\n'
        'trunks = ["trunk-alfa"]\nphones = ["10X"]\n'
    )

    def invoke(*args: str, typed: str | None = None) -> Result:
        config = str(tmp_path / "callward.toml")
        return CliRunner().invoke(main, ["--config", config, "pbx", *args], input=typed, prog_name="callward")

    return invoke


MINE = ("--username", "admin", "--secret-env", "S")


def test_the_status_is_asked_with_the_listeners_login_and_events_off(run: Any, exchange: Scripted) -> None:
    result = run("status", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.output)
    assert (told["version"], told["calls"], told["started_on"]) == ("22.1.0", "2", "2026-11-22")
    assert exchange.asked[0] | {"ActionID": ""} == {
        "Action": "Login", "Username": "listener", "Secret": SECRET, "Events": "off", "ActionID": "",
    }
    assert [block["Action"] for block in exchange.asked] == ["Login", "CoreSettings", "CoreStatus", "Logoff"]


def test_a_status_that_may_not_be_asked_is_said(run: Any, exchange: Scripted) -> None:
    exchange.answers["CoreStatus"] = "Response: Error\r\nMessage: Permission denied"
    result = run("status")
    assert result.exit_code == 0
    assert "22.1.0" in result.output
    assert "refused CoreStatus: Permission denied. The AMI user lacks `write = reporting`." in result.output


def test_a_command_prints_every_line_and_no_escape(run: Any, exchange: Scripted) -> None:
    result = run("command", "core", "show", "uptime", *MINE)
    assert result.output == "first\nsecond: \ufffd[1m\n"
    assert exchange.asked[1]["Command"] == "core show uptime"
    assert exchange.asked[0]["Username"] == "admin"


def test_a_command_needs_a_login_of_its_own(run: Any, exchange: Scripted) -> None:
    result = run("command", "core show uptime", typed=f"root\n{SECRET}\n")
    assert result.exit_code == 0
    assert exchange.asked[0]["Username"] == "root"
    assert SECRET not in result.output


def test_a_phone_rings_only_after_a_yes(run: Any, exchange: Scripted) -> None:
    assert run("originate", "101", "501 000 901", *MINE, typed="n\n").exit_code != 0
    assert exchange.asked == []
    result = run("originate", "101", "501 000 901", *MINE, typed="y\n")
    assert result.exit_code == 0, result.output
    asked = exchange.asked[1]
    assert asked == {"Action": "Originate", "Channel": "PJSIP/101", "Context": "callward-originate",
                     "Exten": "48501000901", "Priority": "1", "Timeout": "30000", "CallerID": "+48501000901",
                     "ActionID": asked["ActionID"]}


@pytest.mark.parametrize(
    ("phone", "number", "said"),
    [
        ("trunk-alfa", "501000901", "is not a phone of the clinic"),
        ("Local/101@from-internal", "501000901", "is not a phone of the clinic"),
        ("Local/101", "501000901", "is not a phone of the clinic"),
        ("101\r\nApplication: System", "501000901", "is not a phone of the clinic"),
        ("200", "501000901", "is not a phone of the clinic"),
        ("101", "501000901\r\nVariable: a=b", "is not a phone number"),
        ("101", "700123456", "may not be rung (premium)"),
        ("101", "+493012345678", "may not be rung (country)"),
        ("101", "+881612345678", "may not be rung (satellite)"),
    ],
)
def test_what_may_not_be_rung_never_reaches_the_exchange(
    run: Any, exchange: Scripted, phone: str, number: str, said: str
) -> None:
    result = run("originate", phone, number, "--yes", *MINE)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert exchange.asked == []


def test_a_missing_context_is_explained(run: Any, exchange: Scripted) -> None:
    exchange.answers["Originate"] = "Response: Error\r\nMessage: Extension does not exist."
    result = run("originate", "101", "501000901", "--yes", *MINE)
    assert result.exit_code == 1
    assert "has no context callward-originate" in result.stderr


def test_a_secret_that_is_not_set_is_said(run: Any) -> None:
    result = run("command", "x", "--username", "admin", "--secret-env", "NOT_SET_ANYWHERE")
    assert (result.exit_code, "NOT_SET_ANYWHERE is not set" in result.stderr) == (2, True)


def test_an_answer_that_never_comes_ends_the_wait() -> None:
    with scripted({"Ping": None}) as exchange, Session(login(exchange.port), timeout=0.3) as ami:
        with pytest.raises(AmiError, match="did not answer Ping"):
            ami.ask("Ping")
        assert [block["Action"] for block in exchange.asked].count("Ping") == 1, "nothing is sent twice"


def test_a_wrong_secret_is_said_with_the_user() -> None:
    refusal = {"Login": "Response: Error\r\nMessage: Authentication failed"}
    with (
        scripted(refusal) as exchange,
        pytest.raises(AmiRefused, match="admin may not log in; compare name, secret and permit"),
        Session(login(exchange.port)),
    ):
        pass


@pytest.mark.parametrize("banner", [b"SSH-2.0-OpenSSH_9\r\n", b"\r\n", b"220 mail\r\n"])
def test_another_service_on_the_port_is_no_exchange(banner: bytes) -> None:
    with (
        scripted(banner=banner) as exchange,
        pytest.raises(AmiError, match="is not Asterisk's AMI; check host and port"),
        Session(login(exchange.port), timeout=0.3),
    ):
        pass


def test_a_cut_connection_is_noticed() -> None:
    with (
        scripted({"Ping": ""}) as exchange,
        Session(login(exchange.port), timeout=0.3) as ami,
        pytest.raises(AmiError),
    ):
        ami.ask("Ping")


def test_nobody_at_the_port_is_said_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(AmiError, match=r"cannot be reached .*enabled = yes"), Session(login(port)):
        pass


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\0b", "a\r\nAction: Command"])
def test_no_field_can_begin_another_header(bad: str) -> None:
    with (
        scripted() as exchange,
        Session(login(exchange.port)) as ami,
        pytest.raises(AmiError, match="may not hold a line break"),
    ):
        ami.ask("Command", Command=bad)
    assert [block["Action"] for block in exchange.asked] == ["Login", "Logoff"]
