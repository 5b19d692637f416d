"""Replay: every run on its own, in batches, and told how far it is."""

from pathlib import Path

from pbx.calls import CallChanged
from replay import Counted, replay
from store import open_store
from tests.listening import CLINIC, TRACES
from tests.pbx.trace_table import lab_tracker


def kept_of(*paths: Path) -> tuple[list[CallChanged], Counted, list[int]]:
    kept: list[CallChanged] = []
    seen: list[int] = []

    def keep(batch: list[CallChanged]) -> int:
        kept.extend(batch)
        return len(batch)

    counted = replay(paths, lab_tracker, keep, progress=lambda so_far: seen.append(so_far.calls))
    return kept, counted, seen


def test_each_call_is_told_once_it_is_over() -> None:
    kept, counted, seen = kept_of(TRACES / "asterisk22" / "queue_abandon")
    assert [change.call.outcome for change in kept] == ["abandoned"]
    assert (counted.runs, counted.calls, counted.news) == (1, 1, 1)
    assert seen[-1] == 1


def test_runs_do_not_know_each_other() -> None:
    one, _, _ = kept_of(TRACES / "asterisk22" / "queue_abandon")
    two, _, _ = kept_of(TRACES / "asterisk22" / "direct_answered")
    both, counted, _ = kept_of(TRACES / "asterisk22" / "queue_abandon", TRACES / "asterisk22" / "direct_answered")
    assert [change.call for change in both] == [change.call for change in one + two]
    assert counted.runs == 2


def test_a_recording_that_stops_in_the_middle_ends_its_calls_unsure(tmp_path: Path) -> None:
    lines = (TRACES / "asterisk22" / "queue_abandon" / "journal.jsonl").read_text("utf-8").splitlines(keepends=True)
    cut = next(n for n, line in enumerate(lines) if "HangupRequest" in line)
    (tmp_path / "cut.jsonl").write_text("".join(lines[:cut]), "utf-8")
    [change], _, _ = kept_of(tmp_path / "cut.jsonl")
    assert change.call.ended_ms is not None
    assert (change.call.outcome, change.call.sure) == ("unknown", False)


def test_damaged_lines_are_told_and_skipped(tmp_path: Path) -> None:
    text = (TRACES / "asterisk22" / "queue_abandon" / "journal.jsonl").read_text("utf-8")
    (tmp_path / "torn.jsonl").write_text("not a record\n" + text + '{"at": 1, "sess', "utf-8")
    told: list[str] = []
    counted = replay([tmp_path], lab_tracker, len, told.append)
    assert counted.calls == 1
    assert len(told) == 2


def test_what_is_replayed_into_a_store_is_stored_as_it_was_then(tmp_path: Path) -> None:
    from replay import keeper
    from settings import load
    from wiring import clinic_of

    with open_store(":memory:") as store:
        replay([TRACES / "asterisk22" / "missed_then_callback"], lab_tracker, keeper(store, clinic_of(load(CLINIC))))
        with store.read() as tx:
            [callback] = tx.conn.execute("SELECT * FROM callback").fetchall()
            assert tx.conn.execute("SELECT COUNT(*) AS n FROM feed WHERE live = 1").fetchone()["n"] == 0
    assert (callback["state"], callback["closed_why"], callback["live"]) == ("closed", "returned", 0)
