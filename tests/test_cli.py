"""The command line as a whole: help without imports, failures in one sentence, JSON and times."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from callward import __version__
from cli import COMMANDS, main
from commands.common import EXPECTED, App, expected, plain, print_json, sentence
from settings import SettingsError

ROOT = Path(__file__).resolve().parent.parent


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Return every command of a group, with its path."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


def run(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "callward", *args], cwd=ROOT, capture_output=True, text=True, timeout=60, **options
    )


def app_of(tmp_path: Path) -> App:
    (tmp_path / "callward.toml").write_text(
        '[clinic]\nname = "K"\ncountry = "PL"\ntimezone = "Europe/Warsaw"\n'
        '[[pbx]]\nusername = "u"\nsecret = { env = "S" }\ntrunks = ["t"]\nphones = ["10X"]\n'
    )
    return App(tmp_path / "callward.toml")


ALL = commands(main)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says_of_itself(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(200) == COMMANDS[name]


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_has_one_imperative_line_and_an_example(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help, f"{path} is missing its help"
    first = command.help.strip().splitlines()[0]
    assert first.endswith("."), f"{path}: the first line is a sentence"
    if not isinstance(command, click.Group):
        assert "Example:" in command.help, f"{path} lacks an example"
        example = command.help.split("Example:")[1]
        assert f"callward {' '.join(path)}" in example.replace("--config clinic.toml ", ""), f"{path}: not its example"


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_option_is_explained(path: tuple[str, ...], command: click.Command) -> None:
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert not silent, f"{' '.join(path)}: {silent} have no help"


def test_the_version_is_the_packages() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"callward {__version__}\n"


def test_help_needs_no_settings_and_no_heavy_import() -> None:
    heavy = ["pandas", "sqlite_utils", "phonenumbers", "aiohttp", "rich", "pydantic", "aiosql", "sqlite3", "asyncio"]
    program = (
        "import sys, callward, cli\n"
        "try: cli.main(['--help'], prog_name='callward')\n"
        "except SystemExit as end: assert not end.code\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr == "[]\n"
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["cals"], 'There is no command "cals"; did you mean "calls"?\n'),
        (["xyzzy"], 'There is no command "xyzzy"; run `callward --help` for the list.\n'),
        (["--xyzzy"], "No such option '--xyzzy'; see `callward --help`.\n"),
        (["--verson"], "No such option '--verson'. Did you mean '--version'?\n"),
    ],
)
def test_a_misunderstood_command_is_one_sentence_and_status_2(args: list[str], said: str) -> None:
    result = CliRunner().invoke(main, args, prog_name="callward")
    assert (result.stderr, result.exit_code) == (said, 2)


def test_missing_settings_are_one_sentence_and_status_1(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(tmp_path / "none.toml"), "pbx", "status", "--username", "a"])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "there is no such file; run `callward init` to make one" in result.stderr


def test_the_settings_may_be_named_by_the_environment(tmp_path: Path) -> None:
    done = run("pbx", "status", env={**os.environ, "CALLWARD_CONFIG": str(tmp_path / "other.toml")})
    assert done.returncode == 1
    assert str(tmp_path / "other.toml") in done.stderr


def test_only_failures_that_a_person_can_mend_are_put_into_a_sentence() -> None:
    assert expected(SettingsError("x"))
    assert expected(FileNotFoundError(2, "No such file or directory", "a.csv"))
    assert not expected(KeyError("x"))
    assert sentence(FileNotFoundError(2, "No such file or directory", "a.csv")) == "a.csv: No such file or directory."


@pytest.mark.parametrize(("module", "name"), [(m, n) for m, names in EXPECTED.items() for n in names])
def test_the_failures_that_are_explained_exist(module: str, name: str) -> None:
    assert issubclass(getattr(importlib.import_module(module), name), Exception)


def test_json_survives_text_that_was_not_utf_8() -> None:
    @click.command()
    def command() -> None:
        print_json({"name": "Łukasz \udcff"})

    result = CliRunner().invoke(command)
    assert "Łukasz" in result.stdout
    assert json.loads(result.stdout_bytes) == {"name": "Łukasz \udcff"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Łukasz Żak", "Łukasz Żak"),
        ("a\x1b[2Jb", "a\ufffd[2Jb"),
        ("a\r\nb", "a\ufffd\ufffdb"),
        ("a\u2028b\udc80", "a\ufffdb\ufffd"),
        ("a\u202eb", "a\ufffdb"),
        (None, ""),
        (5, "5"),
    ],
)
def test_text_from_outside_cannot_move_the_cursor(text: object, shown: str) -> None:
    assert plain(text) == shown


def test_times_are_the_clinics(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    start = 1795302000000  # 2026-11-22 00:00 in Warsaw
    assert app.moment_ms("2026-11-22") == start
    assert app.moment_ms("2026-11-21", end=True) == start
    assert app.moment_ms("2026-11-22 00:00") == start
    assert app.moment_ms("2026-11-21T23:00:00Z") == start
    assert app.show_time(start) == "2026-11-22 00:00"
    assert app.show_time(None) == ""


def test_a_day_of_the_spring_change_has_23_hours(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    assert app.moment_ms("2026-03-29", end=True) - app.moment_ms("2026-03-29") == 23 * 3600 * 1000


@pytest.mark.parametrize("text", ["22.11.2026", "2026-13-01", "soon", "2026-11-22 25:00"])
def test_what_is_no_time_is_said_with_an_example(tmp_path: Path, text: str) -> None:
    with pytest.raises(click.UsageError, match="write 2026-11-22"):
        app_of(tmp_path).moment_ms(text)


def test_with_several_exchanges_one_has_to_be_named(tmp_path: Path) -> None:
    app = app_of(tmp_path)
    assert app.pbx().name == "main"
    assert app.pbx("main").username == "u"
    with pytest.raises(click.UsageError, match="main"):
        app.pbx("other")


def test_a_table_shows_hostile_text_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app_of(tmp_path).print_table(["Caller"], [["[red]x[/red]\x1b[0m"]])
    assert "[red]x[/red]\ufffd[0m" in capsys.readouterr().out
