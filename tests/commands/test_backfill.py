"""`callward backfill` as a person types it."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from tests.pbx.records import FOLDERS

ROOT = Path(__file__).resolve().parents[2]
TRACES = ROOT / "tests" / "traces"
CLINIC = ROOT / "tests" / "data" / "clinic" / "clinic.toml"
FOLDER = TRACES / "asterisk22" / "twenty_interleaved"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.toml"
    path.write_text(CLINIC.read_text("utf-8").replace('name = "main"', 'name = "main"\ntimezone = "UTC"'), "utf-8")
    return path


def run(config: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), *map(str, arguments)])


def backfilled(config: Path, *arguments: str | Path) -> dict[str, Any]:
    done = run(config, "backfill", "--from", "2026-11-20", *arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


RECORDS = ("--cel", FOLDER / "cel.csv", "--cdr", FOLDER / "cdr.csv", "--queue-log", FOLDER / "queue_log")


def test_history_is_filled_in_once(config: Path) -> None:
    first = backfilled(config, *RECORDS)
    assert first["calls"] == first["new"] == 20
    assert first["bad_rows"] == 0
    again = backfilled(config, *RECORDS, "--again")
    assert (again["new"], again["completed"], again["known"]) == (0, 0, 20)
    calls = json.loads(run(config, "calls", "list", "--json").stdout)
    assert len(calls) == 20


def test_the_sources_may_stand_in_the_settings(config: Path) -> None:
    text = config.read_text("utf-8")
    config.write_text(text.replace('timezone = "UTC"', f'timezone = "UTC"\ncel = "{FOLDER / "cel.csv"}"'), "utf-8")
    assert backfilled(config)["new"] == 20


def test_a_sentence_says_what_was_done(config: Path) -> None:
    done = run(config, "backfill", "--from", "2026-11-20", *RECORDS)
    assert done.stdout.startswith("20 calls in ")
    assert ": 20 new, 0 completed, 0 as they were." in done.stdout


def test_bad_rows_are_named_and_the_others_kept(config: Path, tmp_path: Path) -> None:
    bad = tmp_path / "cel.csv"
    bad.write_bytes(b'"CHAN_START","long ago","","","","","","","","","","","1.1","1.1","","",""\n'
                    + (FOLDER / "cel.csv").read_bytes())
    done = run(config, "backfill", "--from", "2026-11-20", "--cel", bad)
    assert done.exit_code == 0
    assert f"{bad}, line 1: " in done.stderr
    assert "1 rows could not be read" in done.stdout


def test_without_a_source_it_says_where_to_name_one(config: Path) -> None:
    done = run(config, "backfill", "--from", "2026-11-20")
    assert done.exit_code == 1
    assert "name them with cel and cdr in [[pbx]], or with --cel and --cdr" in done.stderr


def test_a_password_in_a_source_wants_a_file_that_others_cannot_read(config: Path) -> None:
    text = config.read_text("utf-8")
    config.write_text(
        text.replace('timezone = "UTC"', 'cel = "mysql://reader:geheim@127.0.0.1/asteriskcdrdb"'), "utf-8"
    )
    config.chmod(0o644)
    done = run(config, "backfill", "--from", "2026-11-20")
    assert "holds a secret and others can read it" in done.stderr
    assert "geheim" not in done.output


@pytest.mark.slow
def test_stopped_with_ctrl_c_and_run_again_it_ends_as_if_never_stopped(config: Path, tmp_path: Path) -> None:
    cel = tmp_path / "cel.csv"
    rows = b"".join((folder / "cel.csv").read_bytes() for folder in FOLDERS if "asterisk22" in folder.parts)
    with cel.open("wb") as file:
        for day in range(10):
            file.write(_on_day(rows, day))
    command = [sys.executable, "-m", "callward", "--config", str(config), "backfill", "--from", "2026-11-20", "--to",
               "2027-03-01", "--cel", str(cel), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_hear_ctrl_c
    )
    until = time.monotonic() + 300
    while _stored(tmp_path) < 100 and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert b"run the same command again" in said
    some = _stored(tmp_path)
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    counted = json.loads(done.stdout)
    assert 0 < some < _stored(tmp_path)
    assert counted["new"] == _stored(tmp_path) - some


def _hear_ctrl_c() -> None:
    """A shell's background job is deaf to Ctrl-C, and so would be what it starts: these tests may run in one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _on_day(rows: bytes, day: int) -> bytes:
    """Return the same rows so many days later, with ids of that day."""
    date = (datetime(2026, 11, 22) + timedelta(days=day)).strftime("%Y-%m-%d")  # noqa: DTZ001
    ids = re.sub(rb'"(\w+-)?(1795\d{6})\.', lambda m: b'"%s%d.' % (m[1] or b"", int(m[2]) + day * 86_400), rows)
    return ids.replace(b"2026-11-22", date.encode())


def _stored(folder: Path) -> int:
    path = folder / "callward.db"
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        return int(connection.execute("SELECT COUNT(*) FROM call").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
