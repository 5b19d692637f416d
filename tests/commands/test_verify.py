"""`callward verify` as a person types it: exit status 0 when all is explained, 1 when something is not."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from commands.backroom import backroom_of
from commands.common import App
from web.backroom import CannotVerifyError, StoppedError

ROOT = Path(__file__).resolve().parents[2]
CLINIC = ROOT / "tests" / "data" / "clinic" / "clinic.toml"
FOLDER = ROOT / "tests" / "traces" / "asterisk22" / "queue_abandon"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A clinic that heard one recording, and keeps its records beside the settings."""
    path = tmp_path / "clinic.toml"
    records = 'timezone = "UTC"\ncel = "cel.csv"\ncdr = "cdr.csv"\nqueue_log = "queue_log"'
    path.write_text(CLINIC.read_text("utf-8").replace('name = "main"', f'name = "main"\n{records}'), "utf-8")
    for name in ("cel.csv", "cdr.csv", "queue_log"):
        shutil.copyfile(FOLDER / name, tmp_path / name)
    (tmp_path / "journal").mkdir(mode=0o700)
    shutil.copyfile(FOLDER / "journal.jsonl", tmp_path / "journal" / "main-1795309246000.jsonl")
    assert run(path, "replay", str(tmp_path / "journal"), "--into-store").exit_code == 0
    return path


def run(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), *arguments])


def sabotage(config: Path, statement: str) -> None:
    with closing(sqlite3.connect(config.parent / "callward.db")) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_day_without_a_difference(config: Path) -> None:
    done = run(config, "verify", "--since", "2026-11-21")
    assert done.exit_code == 0, done.output
    assert "1 calls of main" in done.stdout
    assert "Nothing is unexplained." in done.stdout


@pytest.mark.parametrize("command", [("verify", "--since"), ("backfill", "--from")])
def test_a_period_that_ends_before_it_starts_proves_nothing(config: Path, command: tuple[str, str]) -> None:
    done = run(config, *command, "2026-12-01", "--to", "2026-11-01")
    assert done.exit_code == 2
    assert "The period ends (2026-11-01) before it starts (2026-12-01); swap the two" in done.output


def test_the_ledger_for_a_program(config: Path) -> None:
    document = json.loads(run(config, "verify", "--since", "2026-11-21", "--json").stdout)
    one = {"seen": 1, "matched": 1, "missing": 0, "extra": 0}
    assert document["records"] == {"cel": one, "cdr": one, "queue_log": one, "journal": one, "attribution": one,
                                   "made_by": dict.fromkeys(one, 0)}
    assert document["unexplained"] == 0
    assert document["differences"] == []


def test_a_call_that_is_gone_is_an_exit_status_of_1(config: Path) -> None:
    sabotage(config, "DELETE FROM call")
    done = run(config, "verify", "--since", "2026-11-21", "--json")
    assert done.exit_code == 1
    assert "journal" in {d["where"] for d in json.loads(done.stdout)["differences"] if not d["explained"]}


def test_a_wrong_outcome_is_told_with_what_it_should_be(config: Path) -> None:
    sabotage(config, "UPDATE call SET outcome = 'no_answer'")
    done = run(config, "verify", "--since", "2026-11-21")
    assert done.exit_code == 1
    assert "Unexplained: 2" in done.stdout
    assert "The journal, folded again, says otherwise." in done.stdout


def test_a_call_of_the_records_that_was_never_stored_is_filled_in_by_backfill(config: Path) -> None:
    for table in ("call", "leg", "talk", "wait"):
        sabotage(config, f"DELETE FROM {table}")
    assert run(config, "verify", "--since", "2026-11-21").exit_code == 1
    assert run(config, "backfill", "--from", "2026-11-21").exit_code == 0
    assert run(config, "verify", "--since", "2026-11-21").exit_code == 0


def test_no_whole_number_is_printed(config: Path) -> None:
    sabotage(config, "UPDATE call SET caller_number = '+48500111222'")
    done = run(config, "verify", "--since", "2026-11-21")
    assert "+48500111222" not in done.output


def test_the_console_runs_the_same_ledger_and_keeps_no_whole_number(config: Path) -> None:
    told: list[str] = []
    sabotage(config, "UPDATE call SET outcome = 'busy', caller_number = '+48501000999'")
    app = App(config)
    with app.store() as store:
        room = backroom_of(app, store)
        assert [exchange.records for exchange in room.exchanges] == [("cel", "cdr", "queue_log")]
        assert room.verify is not None
        document = room.verify("main", *app.period_ms("2026-11-21", "now"), told.append)
    assert list(dict.fromkeys(told)) == ["store", "cel", "cdr", "queue_log", "journal", "attribution", "made_by"]
    assert document["calls"] == 1
    assert document["unexplained"] > 0
    assert "busy" in str(document["differences"])
    assert "+48501000999" not in json.dumps(document)


def test_the_console_says_which_record_cannot_be_read_and_stops_when_it_is_told(config: Path) -> None:
    def stop(step: str) -> None:
        raise StoppedError

    app = App(config)
    with app.store() as store:
        room = backroom_of(app, store)
        assert room.verify is not None
        with pytest.raises(StoppedError):
            room.verify("main", 0, 1, stop)
        (config.parent / "cel.csv").unlink()
        with pytest.raises(CannotVerifyError, match=r"cel\.csv"):
            room.verify("main", *app.period_ms("2026-11-21", "now"), lambda step: None)
