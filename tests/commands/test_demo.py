"""`callward demo` as a process of its own: what a newcomer sees, and what is left when it is over."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 120.0
NUMBER = re.compile(r"\+?\d{7,}")


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8"}


def callward(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "callward", *args], cwd=home, env=environment(home),
                          capture_output=True, text=True, timeout=TIMEOUT)


@contextmanager
def running(home: Path, *args: str) -> Iterator["subprocess.Popen[str]"]:
    """Start the demo in a process group of its own, and see to it that nothing of it outlives the test."""
    command = [sys.executable, "-u", "-m", "callward", "demo", "--days", "3", *args]
    with subprocess.Popen(command, cwd=home, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, start_new_session=True) as program:
        try:
            yield program
        finally:
            if program.poll() is None:
                program.kill()


def read_until(program: "subprocess.Popen[str]", words: str) -> list[str]:
    """Return the lines up to the one that holds `words`."""
    assert program.stdout is not None
    lines: list[str] = []
    for line in program.stdout:
        lines.append(line)
        if words in line:
            return lines
    pytest.fail(f"{words!r} never came:\n{''.join(lines)}")


def stopped(program: "subprocess.Popen[str]", number: int = signal.SIGINT) -> str:
    """Ask the demo to stop; return the rest of what it said, once neither it nor a child of it is left."""
    program.send_signal(number)
    rest = program.communicate(timeout=TIMEOUT)[0]
    with pytest.raises(ProcessLookupError):
        os.killpg(program.pid, 0)
    return rest


@pytest.mark.parametrize(("language", "clinic"), [("es", "Clínica Los Tilos"), ("ru", "Клиника на Липовой"),
                                                  ("en", "Linden Street Clinic")])
def test_a_short_demo_of_each_country_ends_by_itself_and_leaves_nothing(
    language: str, clinic: str, tmp_path: Path
) -> None:
    done = subprocess.run([sys.executable, "-m", "callward", "demo", "--days", "2", "--seconds", "0.5"], cwd=tmp_path,
                          env={**environment(tmp_path), "DEMO_LANG": language}, capture_output=True, text=True,
                          timeout=TIMEOUT)
    assert (done.returncode, done.stderr) == (0, "")
    assert clinic in done.stdout
    assert "by source, medium, campaign" in done.stdout
    assert "The demo is over. demo-clinic was removed" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_says_what_runs_what_to_try_and_how_to_stop_and_what_it_says_to_try_works(tmp_path: Path) -> None:
    with running(tmp_path) as program:
        lines = read_until(program, "How to stop")
        for words in ("Przychodnia Lipowa", "What runs", "simulated on 127.0.0.1:", "What to try meanwhile",
                      "callbacks list", "Ctrl-C"):
            assert words in "".join(lines)
        for line in lines:
            _, found, arguments = line.strip().partition("-m callward ")
            if found:
                done = callward(tmp_path, *arguments.split())
                assert (done.returncode, done.stderr) == (0, ""), arguments
                assert len(done.stdout.splitlines()) > 3, arguments
        over(tmp_path, program, signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_live_day_and_until_then_the_log_shows_no_whole_number(number: int, tmp_path: Path) -> None:
    with running(tmp_path, "--speed", "30") as program:
        read_until(program, "How to stop")
        lines = read_until(program, "call in")
        over(tmp_path, program, number)
    assert [line for line in lines if NUMBER.search(line)] == []


def over(folder: Path, program: "subprocess.Popen[str]", number: int) -> None:
    """A signal ends the live day with the report, and leaves nothing."""
    rest = stopped(program, number)
    assert program.returncode == 0, rest
    assert "by source, medium, campaign" in rest
    assert "Callbacks:" in rest
    assert "Traceback" not in rest
    assert list(folder.iterdir()) == []


def test_ctrl_c_while_the_history_is_made_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "--days", "200") as program:
        read_until(program, "Preparing")
        rest = stopped(program)
        assert program.returncode == 0, rest
    assert "Traceback" not in rest
    assert list(tmp_path.iterdir()) == []


def test_a_missed_caller_is_rung_back_the_call_closes_the_callback_and_all_of_it_is_kept(tmp_path: Path) -> None:
    with running(tmp_path, "--keep", "--folder", "here", "--speed", "30") as program:
        lines = read_until(program, "closes: reached")
        rest = stopped(program)
    number = re.search(r"callback (\d+) closes: reached", lines[-1])
    assert number is not None
    assert any(f"callback {number[1]} is taken by Anna" in line for line in lines)
    assert "Everything is still in here." in rest
    assert {path.name for path in tmp_path.iterdir()} == {"here"}
    assert {"callward.toml", "callward.db", "patients.csv", "numbers.csv", "campaigns.csv", "journal"} <= {
        path.name for path in (tmp_path / "here").iterdir()
    }
    config = str(tmp_path / "here" / "callward.toml")
    listed = callward(tmp_path, "--config", config, "callbacks", "list", "--all", "--json", "--limit", "500")
    (callback,) = [found for found in json.loads(listed.stdout) if found["id"] == int(number[1])]
    assert (callback["state"], callback["closed_why"]) == ("closed", "reached")
    shown = callward(tmp_path, "--config", config, "calls", "show", callback["closed_by_call"])
    assert shown.returncode == 0, shown.stderr


def test_another_language_and_another_folder_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    wrong = callward(tmp_path, "demo", "--lang", "de")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    full = callward(tmp_path, "demo", "--folder", ".")
    assert full.returncode == 1
    assert full.stderr == ".: holds something that is not the demo's; name another folder with --folder.\n"
    assert {path.name for path in tmp_path.iterdir()} == {"mine.txt"}
