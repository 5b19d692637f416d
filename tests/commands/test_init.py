"""`callward init`: what is written can be used as it stands, and nothing is overwritten."""

import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from commands.init import RIGHTS
from settings import load, reveal

ANSWERS = ["--name", 'Zdrowie "Żak"', "--country", "pl", "--timezone", "Europe/Warsaw", "--trunk", "trunk-alfa"]


def init(folder: Path, *args: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(main, ["init", str(folder), *args], input=typed, prog_name="callward")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_settings_and_store_are_made_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    result = init(folder, "--yes", *ANSWERS, "--phone", "10X,20X", "--phone", "PJSIP/desk")
    assert result.exit_code == 0, result.output
    settings = load(folder / "callward.toml")
    assert settings.clinic.name == 'Zdrowie "Żak"'
    assert (settings.clinic.country, settings.pbx[0].phones) == ("PL", ["10X", "20X", "PJSIP/desk"])
    assert [mode(folder / name) for name in (".", "callward.toml", "callward.db", "journal")] == [
        0o700, 0o600, 0o600, 0o700,
    ]


def test_the_secret_is_fresh_and_printed_with_the_user_to_add(tmp_path: Path) -> None:
    printed = [init(tmp_path / name, "--yes", *ANSWERS, "--phone", "10X").output for name in "ab"]
    found = [re.findall(r"secret = (\S{32,})\n", text) for text in printed]
    assert found[0] != found[1]
    assert found[0] == [reveal(load(tmp_path / "a" / "callward.toml").pbx[0].secret, tmp_path)]


def test_the_ami_user_has_no_right_to_dial_or_change_anything(tmp_path: Path) -> None:
    output = init(tmp_path / "clinic", "--yes", *ANSWERS, "--phone", "10X").output
    granted = {f"{kind} {right}" for kind, rights in re.findall(r"^ +(read|write) = (\S+)$", output, re.MULTILINE)
               for right in rights.split(",")}
    assert granted == {right for right, _ in RIGHTS}, "what is granted is explained, and nothing else is granted"
    assert {right for right in granted if right.startswith("write")} == {"write reporting"}


def test_what_is_not_an_option_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    result = init(folder, typed="Zdrowie\nPL\nEurope/Warsaw\n\n\ntrunk-a, trunk-b\n10X\n")
    assert result.exit_code == 0, result.output
    assert load(folder / "callward.toml").pbx[0].trunks == ["trunk-a", "trunk-b"]


def test_an_exchange_on_another_machine_is_reached_with_tls(tmp_path: Path) -> None:
    result = init(tmp_path / "clinic", "--yes", *ANSWERS, "--phone", "10X", "--host", "pbx.example.org")
    pbx = load(tmp_path / "clinic" / "callward.toml").pbx[0]
    assert (pbx.tls, pbx.port) == (True, 5039)
    assert "tlsenable = yes" in result.output


def test_what_exists_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "callward.toml"
    file.write_text("mine")
    result = init(tmp_path, "--yes", *ANSWERS, "--phone", "10X")
    assert (result.exit_code, file.read_text()) == (1, "mine")
    assert "is there already" in result.stderr


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (["--yes", *ANSWERS], 2, "With --yes, --phone has to be given"),
        (["--yes", *ANSWERS, "--phone", "10X", "--country", "Poland"], 1, "two capital letters"),
        (["--yes", *ANSWERS, "--phone", "10X", "--username", "a]\n[b"], 2, "letters, digits"),
        (["--yes", *ANSWERS, "--phone", "trunk-alfa"], 1, "is also among the trunks"),
        (["--yes", *ANSWERS, "--phone", "10X", "--name", "Zdrowie \udcff"], 2, "bytes that are not UTF-8"),
    ],
)
def test_a_bad_answer_leaves_no_settings_behind(tmp_path: Path, args: list[str], status: int, said: str) -> None:
    result = init(tmp_path, *args)
    assert result.exit_code == status
    assert said in result.stderr
    assert not (tmp_path / "callward.toml").exists()
