"""`kill -9` at any moment, then a restart: no call is doubled, and none that was committed is lost or goes back.

Two listeners follow one simulated PBX. One is never disturbed: it is the reference. The other is killed again and
again, at moments that have nothing to do with what the PBX does.
"""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from pbx.events import parse
from pbx.journal import framed, runs
from tests.listening import TRACES, calls, clinic_in, free_port, listen, rows, simulator, until

PLAYED = ("direct_answered", "attended_transfer", "queue_second_agent", "pickup_directed", "twenty_interleaved",
          "park_and_retrieve", "missed_then_callback", "queue_waiting_line", "ring_group", "outbound_answered")
KILLS = 8
WHOLE = 5
FACTS = ("id", "direction", "kind", "state", "caller_number", "caller_raw", "caller_name", "withheld", "did", "did_raw",
         "destination", "destination_raw", "presented_number", "extension", "entry", "queue", "rang", "answered_by",
         "final_agent", "outcome", "holds", "lost_after_answer", "hung_up_by", "recording", "voicemail",
         "consultation_of", "joined_with", "sure", "met_late", "missed", "linkedids")  # fmt: skip
"""Everything that is not a time of arrival: two listeners read the same event at different moments."""


@pytest.mark.slow
def test_a_listener_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    moments = random.Random(1)
    port = free_port()
    steady, killed = clinic_in(tmp_path / "steady", port), clinic_in(tmp_path / "killed", port)
    played = [str(TRACES / "asterisk22" / name) for name in PLAYED]
    playing = simulator(tmp_path / "pbx", port, *played, "--speed", "2", "--now", "--loop")
    with playing as pbx, listen(steady, "--quiet") as watcher:
        watcher.until_printed("connected")
        victim = listen(killed, "--quiet")
        try:
            until(lambda: bool(calls(killed)))  # on a slow machine none of those that are killed might get so far
            for _ in range(KILLS):
                time.sleep(moments.uniform(0.3, 5.0))
                before = calls(killed)
                victim.kill()
                assert not gone_back(before, calls(killed))
                victim = listen(killed, "--quiet")
            victim.until_printed("connected")
            try:
                until(lambda: whole_since_the_last_gap(killed) >= WHOLE)
            except AssertionError as error:
                error.add_note(f"{rows(killed, 'SELECT * FROM gap')}\n{victim.printed[-3000:]}")
                raise
            pbx.stop()
            assert victim.stop() == 0, victim.printed[-3000:]
        finally:
            victim.kill()
        assert watcher.stop() == 0
    logged = victim.log.read_text("utf-8") + watcher.log.read_text("utf-8")
    assert "Traceback" not in logged, logged
    assert "another listener" not in logged
    compare(steady, killed)


def whole_since_the_last_gap(config: Path) -> int:
    """Return how many calls began and ended since the last restart took its snapshot; 0 before it has."""
    gaps = rows(config, "SELECT MAX(COALESCE(to_ms, 9e15)) AS over FROM gap")
    if not gaps or gaps[0]["over"] is None:
        return 0
    return len(rows(config, "SELECT 1 FROM call WHERE ended_ms IS NOT NULL AND started_ms > ?", gaps[0]["over"]))


def gone_back(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[str]:
    """Return the calls that were committed and are not any more, or know less."""
    lost = []
    for call, row in before.items():
        now = after.get(call)
        if now is None or now["version"] < row["version"] or (row["ended_ms"] and not now["ended_ms"]):
            lost.append(call)
    return lost


def compare(steady: Path, killed: Path) -> None:
    reference, found = calls(steady), calls(killed)
    aliases = {row["alias"]: row["id"] for row in rows(killed, "SELECT * FROM call_alias")}
    assert not reference.keys() & {row["alias"] for row in rows(steady, "SELECT * FROM call_alias")}
    assert not found.keys() & aliases.keys(), "a call is stored beside the one it was merged into"
    seen, heard = blocks_by_call(steady, reference), blocks_by_call(killed, reference)
    for call in reference:
        if heard.get(call):
            assert call in found, f"{call} reached the journal and is not stored"
    ended = [call for call, row in reference.items() if row["ended_ms"] is not None]
    whole = [call for call in ended if seen[call] and seen[call] == heard.get(call)]
    assert len(whole) >= WHOLE
    for call in whole:
        wanted = {fact: reference[call][fact] for fact in FACTS}
        assert {fact: found[call][fact] for fact in FACTS} == wanted
    strangers = found.keys() - reference.keys()
    joined = {row["alias"] for row in rows(steady, "SELECT * FROM call_alias")}
    # A younger call whose merge nobody saw stays a call of its own; anything else is a double.
    assert strangers <= joined, strangers
    legs = [row["uniqueid"] for row in rows(killed, "SELECT uniqueid FROM leg")]
    assert len(legs) == len(set(legs))


def blocks_by_call(config: Path, reference: dict[str, dict[str, Any]]) -> dict[str, list[bytes]]:
    """Return what the journal holds of each call's channels, without answers to our own questions."""
    owner = {row["uniqueid"]: row["call"] for row in rows(config, "SELECT uniqueid, call FROM leg")}
    found: dict[str, list[bytes]] = {call: [] for call in reference}
    for run in runs([config.parent / "journal"]):
        for _, blocks in framed(run.records()):
            for block in blocks:
                event = parse(block)
                if event.get("ActionID"):
                    continue
                ids = {value for key, value in event.first.items() if key.endswith("Uniqueid")}
                for call in {owner[uniqueid] for uniqueid in ids if uniqueid in owner}:
                    found.setdefault(call, []).append(block)
    return found
