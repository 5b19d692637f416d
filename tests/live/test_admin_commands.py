"""The administrator's commands against a real Asterisk: the rights that `init` asks for are the ones that suffice."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from commands.init import MANAGER
from settings import load, reveal
from tests.lab.asterisk import Asterisk
from tests.lab.phones import Phones, answers

pytestmark = pytest.mark.live

Run = Callable[..., Result]


@pytest.fixture
def clinic(asterisk: Asterisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A clinic made by `callward init`, whose AMI user was added to manager.conf as it says."""
    monkeypatch.setenv("LAB", "lab-secret")
    folder = tmp_path / "clinic"
    given = ["--name", "Lab", "--country", "PL", "--timezone", "Europe/Warsaw", "--trunk", "trunk-alfa",
             "--phone", "10X", "--port", str(asterisk.ports.ami)]
    made = CliRunner().invoke(main, ["init", str(folder), "--yes", *given])
    assert made.exit_code == 0, made.output
    pbx = load(folder / "callward.toml").pbx[0]
    manager = asterisk.work / "etc/manager.conf"
    before = manager.read_text()
    user = MANAGER.format(username=pbx.username, secret=reveal(pbx.secret, folder), permit="127.0.0.1/255.255.255.255")
    manager.write_text(before + user)
    asterisk.cli("manager reload")
    yield folder
    manager.write_text(before)
    asterisk.cli("manager reload")


@pytest.fixture
def run(clinic: Path) -> Run:
    def invoke(*args: str) -> Result:
        return CliRunner().invoke(main, ["--config", str(clinic / "callward.toml"), *args], prog_name="callward")

    return invoke


def test_the_doctor_finds_the_login_that_init_asked_for_right(run: Run) -> None:
    result = run("doctor", "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    stands = {(finding["check"], finding["state"]) for finding in found}
    assert {("exchange", "ok"), ("clock", "ok"), ("rights", "ok")} <= stands
    assert ("rights", "warn") not in stands, "FullyBooted came, and no right is more than is needed"


def test_the_doctor_warns_of_a_login_that_may_do_everything(run: Run, clinic: Path) -> None:
    settings = clinic / "callward.toml"
    settings.write_text(settings.read_text().replace('username = "callward"', 'username = "tracker"'))
    text = settings.read_text()
    secret = text[text.index("secret = ") :].splitlines()[0]
    settings.write_text(text.replace(secret, 'secret = { env = "LAB" }'))
    result = run("doctor")
    assert "tracker has `write = originate`, which no listener needs" in result.output


def test_the_status_tells_the_version(run: Run) -> None:
    result = run("pbx", "status", "--json")
    assert result.exit_code == 0, result.output
    assert int(json.loads(result.output)["version"].split(".")[0]) >= 16


def test_the_listeners_login_may_not_run_commands(run: Run, clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTENER", reveal(load(clinic / "callward.toml").pbx[0].secret, clinic))
    result = run("pbx", "command", "core show uptime", "--username", "callward", "--secret-env", "LISTENER")
    assert result.exit_code == 1
    assert "refused Command: Permission denied" in result.output


def test_a_command_runs_with_the_administrators_login(run: Run) -> None:
    result = run("pbx", "command", "core", "show", "uptime", "--username", "tracker", "--secret-env", "LAB")
    assert "System uptime" in result.output


async def test_originate_rings_the_phone_and_then_the_number(run: Run, asterisk: Asterisk, phones: Phones) -> None:
    context = "[callward-originate]\nexten => _X.,1,Dial(PJSIP/0${EXTEN:2}@trunk-alfa)\n"
    phones["101"].behaviour = answers()
    phones.provider.behaviour = answers()
    command = ("pbx", "originate", "101", "501000901", "--yes", "--username", "tracker", "--secret-env", "LAB")
    with asterisk.included("originate", context):
        result = await asyncio.to_thread(run, *command)
        assert result.exit_code == 0, result.output
        assert "PJSIP/101 was picked up; the exchange dials 501 000 901." in result.output
        patient = await phones.provider.rings()
        await patient.until(patient.answered)
        await patient.hang_up()
