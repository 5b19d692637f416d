"""`callward replay`: every recorded call of the common kinds is told as it truly happened; nothing is left behind."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from patients.phones import e164
from tests.pbx.trace_table import OUTCOMES

ROOT = Path(__file__).resolve().parents[2]
TRACES = ROOT / "tests" / "traces"
CLINIC = ROOT / "tests" / "data" / "clinic" / "clinic.toml"
MEASURED = """
import sys
from callward.__main__ import main
try:
    main()
finally:
    sys.stderr.write(open("/proc/self/status").read())
"""
"""The command line, which says at its end how much memory it had. What the system counts for a child holds its parent's
too, and that is all of the tests."""
COMMON = ("direct_*", "queue_*", "ivr_*", "outbound_*", "ring_group*", "after_hours_voicemail",
          "missed_then_callback", "caller_number_formats", "hostile_caller_names")  # fmt: skip
WITHIN_S = 1.0

CallShape: dict[str, Any] = {
    "id": str, "pbx": str, "linkedids": list, "direction": str, "kind": str, "caller_number": (str, None),
    "caller_name": (str, None), "withheld": bool, "did": (str, None), "destination": (str, None),
    "presented_number": (str, None), "location": (str, None), "entry": (str, None), "queue": (str, None),
    "queues": list, "rang": list, "answered_by": (str, None), "final_agent": (str, None), "outcome": (str, None),
    "started_at": str, "answered_at": (str, None), "ended_at": (str, None), "offered_at": (str, None),
    "lost_after_answer": bool, "wait_s": float, "ring_s": float, "talk_s": float, "bridged_s": float, "hold_s": float,
    "holds": int, "transfers": list, "hung_up_by": (str, None), "recording": (str, None), "voicemail": (str, None),
    "consultation_of": (str, None), "sure": bool, "patient": (str, None), "campaign": (dict, None),
    "attribution": dict,
}  # fmt: skip
"""The keys that every reader of the JSON may rely on, each with its type; (type, None) may be null."""


def replayed(*paths: Path, config: Path = CLINIC) -> list[dict[str, Any]]:
    done = CliRunner().invoke(main, ["--config", str(config), "replay", *map(str, paths), "--json"])
    assert done.exit_code == 0, done.output
    calls: list[dict[str, Any]] = json.loads(done.stdout)
    return calls


def folders() -> list[Path]:
    found = {path for name in COMMON for path in TRACES.glob(f"*/{name}") if (path / "truth.json").exists()}
    return sorted(found)


def named(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@pytest.mark.parametrize("folder", folders(), ids=named)
def test_a_replayed_recording_agrees_with_its_truth(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    told = {call["id"]: call for call in replayed(folder)}
    rows = list(compared(truth, told))
    wrong = [row for row in rows if row[2] != row[3]]
    table = "\n".join(f"{call:20} {fact:16} told {said!r:34} truth {true!r}" for call, fact, said, true in wrong)
    assert not wrong, f"{truth['description']}\n{table}"
    assert set(told) == {true["linkedid"] for true in truth["calls"] if true["linkedid"]}


def compared(truth: dict[str, Any], told: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, object, object]]:
    """Yield (call, fact, what was told, what is true); times that are near enough are told as the truth."""
    ids = {true["id"]: true["linkedid"] for true in truth["calls"]}
    for true in truth["calls"]:
        if true["linkedid"] is None:
            continue  # the switch refused it before there was a channel: no event ever names it
        call = told.get(true["linkedid"])
        if call is None:
            yield true["linkedid"], "call", None, true["disposition"]
            continue
        for fact, said, wanted in facts(call, true, truth["started_epoch"], ids):
            yield call["id"], fact, said, wanted


def facts(
    call: dict[str, Any], true: dict[str, Any], began: float, ids: dict[int, str]
) -> Iterator[tuple[str, object, object]]:
    for name in ("direction", "did", "queue"):
        yield name, call[name], true[name]
    if true["direction"] == "inbound" and not true.get("withheld"):
        yield "caller_number", call["caller_number"], true.get("e164", e164(true["caller_number"], "PL"))
    yield "destination", call["destination"], true.get("destination")
    if "presented_number" in true:
        yield "presented_number", call["presented_number"], true["presented_number"]
    yield "rang", call["rang"], [_plain(who) for who in true["rang"]]
    yield "answered_by", call["answered_by"], _plain(true["answered_by"])
    yield "final_agent", call["final_agent"], _plain(true.get("final_agent"))
    fits = call["outcome"] in OUTCOMES[true["disposition"]]
    yield "outcome", true["disposition"] if fits else call["outcome"], true["disposition"]
    yield "consultation_of", call["consultation_of"], ids.get(true.get("consultation_of", 0))
    yield "transfers", [_bare(transfer) for transfer in call["transfers"]], true["transfers"]
    yield "holds", call["holds"], true["holds"]
    yield "recording", call["recording"], true["recording"] and true["recording"]["file"]
    yield "voicemail", call["voicemail"], true["voicemail"] and true["voicemail"]["mailbox"]
    for name, at in (("started_at", true["start"]), ("answered_at", true["answer"]), ("ended_at", true["end"])):
        said = None if call[name] is None else datetime.fromisoformat(call[name]).timestamp() - began
        yield name, _near(said, at), at
    for name in ("wait_s", "talk_s"):
        yield name, _near(call[name], true[name]), true[name]
    yield "sure", call["sure"], True


def _plain(who: str | None) -> str | None:
    return who.removeprefix("external:") if who else who


def _bare(transfer: dict[str, Any]) -> dict[str, Any]:
    return {key: transfer[key] for key in ("type", "from", "to", "answered")}


def _near(said: float | None, true: float | None) -> float | None:
    return true if said is not None and true is not None and abs(said - true) <= WITHIN_S else said


def test_every_call_has_the_promised_shape() -> None:
    calls = replayed(TRACES / "asterisk22", TRACES / "freepbx22")
    assert len(calls) > 100
    for call in calls:
        for key, kind in CallShape.items():
            kinds = tuple(type(None) if one is None else one for one in (kind if isinstance(kind, tuple) else (kind,)))
            assert isinstance(call[key], kinds), (call["id"], key, call[key])
            assert not (isinstance(call[key], bool) and bool not in kinds), (call["id"], key)
        for moment in ("started_at", "answered_at", "ended_at", "offered_at"):
            if call[moment] is not None:
                assert datetime.fromisoformat(call[moment]).tzinfo is not None
                assert call[moment].endswith("Z")
                assert len(call[moment]) == len("2026-11-22T01:00:46.011Z")
        assert all(set(one) >= {"type", "from", "to", "answered"} for one in call["transfers"])
        assert all(set(one) == {"name", "wait_s", "left"} for one in call["queues"])
        assert call["attribution"]["rule"] == "none"


def test_a_journal_file_and_its_folder_give_the_same_calls() -> None:
    folder = TRACES / "asterisk22" / "queue_abandon"
    assert replayed(folder) == replayed(folder / "journal.jsonl")


def test_the_times_are_those_of_the_journal() -> None:
    [call] = replayed(TRACES / "asterisk22" / "queue_abandon")
    assert call["started_at"] == "2026-11-22T01:00:46.013Z"
    assert call["ended_at"] == "2026-11-22T01:00:51.016Z"
    assert call["queues"] == [{"name": "reception", "wait_s": 5.0, "left": "abandoned"}]
    assert (call["wait_s"], call["ring_s"], call["talk_s"]) == (5.0, 5.0, 0.0)


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """A copy of the clinic's settings in a folder of its own."""
    folder = tmp_path / "clinic"
    folder.mkdir()
    return Path(shutil.copy(CLINIC, folder / "clinic.toml"))


def test_replay_leaves_nothing_behind(clinic: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    done = run(["--config", str(clinic), "replay", str(TRACES / "asterisk22" / "direct_answered"), "--json"], here)
    assert len(json.loads(done.stdout)) == 1
    assert list(here.iterdir()) == []
    assert list(clinic.parent.iterdir()) == [clinic]


def test_replay_into_the_store_a_second_time_changes_nothing(clinic: Path) -> None:
    command = ["--config", str(clinic), "replay", "--into-store", "--json"]
    everything = [str(TRACES / name) for name in ("asterisk22", "freepbx22", "asterisk16")]
    first = CliRunner().invoke(main, [*command, *everything])
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["new_or_changed"] > 100
    before = dump(clinic.parent / "callward.db")
    again = CliRunner().invoke(main, [*command, *everything])
    assert json.loads(again.stdout)["new_or_changed"] == 0
    assert dump(clinic.parent / "callward.db") == before


def test_replay_of_each_folder_is_replay_of_all(clinic: Path, tmp_path: Path) -> None:
    names = ("attended_transfer", "park_and_retrieve", "pickup_directed", "missed_then_callback")
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(clinic, other / "clinic.toml")
    for name in names:
        done = CliRunner().invoke(main, ["--config", str(clinic), "replay", "--into-store",
                                         str(TRACES / "asterisk22" / name)])  # fmt: skip
        assert done.exit_code == 0, done.output
    at_once = [str(TRACES / "asterisk22" / name) for name in names]
    CliRunner().invoke(main, ["--config", str(other / "clinic.toml"), "replay", "--into-store", *at_once])
    for table in ("call", "leg", "talk", "wait", "call_alias"):
        assert dump(clinic.parent / "callward.db")[table] == dump(other / "callward.db")[table], table


def test_a_path_that_is_no_recording_is_refused_with_the_way_out(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--config", str(CLINIC), "replay", str(tmp_path / "nothing.jsonl")])
    assert done.exit_code != 0
    assert "there is no such file or folder; check the path." in done.output


@pytest.mark.slow
def test_the_load_trace_gives_exactly_its_calls_in_bounded_memory(clinic: Path) -> None:
    done = run(["--config", str(clinic), "replay", "--into-store", "--json", str(TRACES / "load" / "ami.raw.gz")],
               clinic.parent, "-c", MEASURED)  # fmt: skip
    peak_mb = int(done.stderr.rpartition("VmHWM:")[2].split()[0]) / 1024
    assert json.loads(done.stdout) == {"recordings": 1, "calls": 2210, "new_or_changed": 2210}
    with sqlite3.connect(clinic.parent / "callward.db") as store:
        found = store.execute("SELECT outcome, entry, COUNT(*) FROM call GROUP BY 1, 2 ORDER BY 1, 2").fetchall()
        answered = dict(store.execute("SELECT COALESCE(queue, ''), COUNT(*) FROM call WHERE outcome = 'answered' "
                                      "GROUP BY 1"))  # fmt: skip
        assert store.execute("SELECT COUNT(*) FROM call WHERE direction <> 'inbound' OR sure = 0").fetchone() == (0,)
    by_outcome: dict[str, int] = {}
    for outcome, _, count in found:
        by_outcome[outcome] = by_outcome.get(outcome, 0) + count
    assert by_outcome == {"answered": 1950, "abandoned": 260}
    assert answered.pop("") == 975
    assert sum(answered.values()) == 975
    assert peak_mb < 400, f"{peak_mb:.0f} MB"


def run(arguments: list[str], folder: Path, *program: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line, or another program with its arguments, in a process of its own, in `folder`."""
    command = [sys.executable, *(program or ("-m", "callward")), *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
                          text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


def dump(file: Path) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    with sqlite3.connect(file) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(store.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
                for name in tables if "fts" not in name and not name.startswith("sqlite_")}  # fmt: skip
