"""Filling gaps: what AMI missed comes from CEL, CDR and queue_log, and what AMI saw stays as it was."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import filling
import intake
from filling import Archive, Filled, Filling, Period
from pbx.backfill.rows import BackfillError
from pbx.journal import framed, runs
from pbx.tracker import Tracker
from settings import load
from store import Row, Store, open_store
from tests.pbx.records import FOLDERS
from tests.pbx.test_backfill_traces import CEL_CANNOT_TELL, named
from tests.pbx.trace_table import TRACES, lab_tracker, truth_of
from wiring import clinic_of

CLINIC = Path(__file__).parent / "data" / "clinic" / "clinic.toml"
ALWAYS = Period(0, 1 << 42)
CUTS = (0.2, 0.6)
FACTS = ("direction", "kind", "caller_number", "did", "destination", "answered_by", "outcome", "withheld")
MOMENTS = ("started_ms", "answered_ms", "ended_ms")
DIRECT = TRACES / "asterisk22" / "direct_answered"
ABANDONED = TRACES / "asterisk22" / "queue_abandon"


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        yield opened


@pytest.fixture(scope="module")
def clinic() -> intake.Clinic:
    return clinic_of(load(CLINIC))


def archive(folder: Path) -> Archive:
    """Return where a recording keeps its records."""
    lab = lab_tracker()
    paths = {kind: folder / name for kind, name in (("cel", "cel.csv"), ("cdr", "cdr.csv"), ("queue_log", "queue_log"))}
    found = {kind: str(path) for kind, path in paths.items() if path.exists()}
    return Archive("main", lab.endpoints, lab.teller, ZoneInfo("UTC"), found.get("cel"), found.get("cdr"),
                   found.get("queue_log"))


def listen(store: Store, clinic: intake.Clinic, folder: Path, part: float = 1.0, *, snapshot: bool = False) -> None:
    """Store what a listener tells that heard the first part of a recording, and lost it then (or took a snapshot)."""
    tracker, at = lab_tracker(), 0.0
    [run] = runs([folder])
    records = list(framed(run.records()))
    for record, blocks in records[: max(1, round(len(records) * part))]:
        at = record.at
        keep(store, clinic, tracker, at, blocks)
    if part < 1.0:
        if snapshot:
            tracker.absent(set(), tracker.now_ms + 1)
        with store.write() as tx:
            for change in tracker.finish(at):
                intake.record(tx, change, round(at * 1000), clinic, live=True)


def keep(store: Store, clinic: intake.Clinic, tracker: Tracker, at: float, blocks: list[bytes]) -> None:
    with store.write() as tx:
        for change in tracker.fold(at, blocks):
            intake.record(tx, change, round(at * 1000), clinic, live=True)


def backfill(store: Store, clinic: intake.Clinic, folder: Path, now_ms: int | None = None) -> Filled:
    now = now_ms if now_ms is not None else round(truth_of(folder)["started_epoch"] * 1000) + 600_000
    return filling.backfill(store, clinic, archive(folder), ALWAYS, Filling(now))


def calls(store: Store) -> dict[str, Row]:
    with store.read() as tx:
        rows = tx.all("calls_in_order", after_ms=None, after_id=None, after_pbx=None, limit=1000)
    return {row["id"]: row for row in rows}


def counts(store: Store, table: str) -> int:
    with store.read() as tx:
        return int(tx.conn.execute(f"SELECT COUNT(*) AS n FROM {table}").fetchone()["n"])


@pytest.mark.parametrize("folder", [f for f in FOLDERS if named(f) not in CEL_CANNOT_TELL], ids=named)
def test_a_listener_that_was_cut_off_knows_after_a_backfill_what_one_knows_that_heard_it_all(
    folder: Path, clinic: intake.Clinic
) -> None:
    with open_store(":memory:") as whole:
        listen(whole, clinic, folder)
        wanted = calls(whole)
    for cut in CUTS:
        with open_store(":memory:") as store:
            listen(store, clinic, folder, cut)
            backfill(store, clinic, folder)
            found = calls(store)
        for id_, call in wanted.items():
            told = found[id_]
            assert told["sure"] == 1, (cut, id_)
            if not call["sure"]:
                continue  # AMI alone did not see it whole either
            assert {f: told[f] for f in FACTS} == {f: call[f] for f in FACTS}, (cut, id_)
            for moment in MOMENTS:
                assert _near(told[moment], call[moment]), (cut, id_, moment)


def _near(one: int | None, other: int | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) <= 1000


def test_a_call_that_nobody_heard_appears(store: Store, clinic: intake.Clinic) -> None:
    filled = backfill(store, clinic, ABANDONED)
    assert (filled.calls, filled.new, filled.completed, filled.known) == (1, 1, 0, 0)
    [call] = calls(store).values()
    assert (call["outcome"], call["queue"], call["did"], call["sure"]) == ("abandoned", "reception", "+48221234501", 1)
    assert json.loads(call["sources"])["*"] == "cel"


def test_a_call_that_was_seen_whole_is_not_touched(store: Store, clinic: intake.Clinic) -> None:
    listen(store, clinic, DIRECT)
    before = calls(store)
    filled = backfill(store, clinic, DIRECT)
    assert (filled.new, filled.completed, filled.known) == (0, 0, 1)
    assert calls(store) == before


def test_an_end_that_was_not_seen_is_completed_and_the_answer_stays_as_ami_told_it(
    store: Store, clinic: intake.Clinic
) -> None:
    listen(store, clinic, DIRECT, 0.88)
    [before] = calls(store).values()
    assert (before["outcome"], before["sure"]) == ("answered", 0)
    assert backfill(store, clinic, DIRECT).completed == 1
    [call] = calls(store).values()
    assert call["answered_ms"] == before["answered_ms"]
    assert call["sure"] == 1
    assert call["hung_up_by"] == "caller"
    assert set(json.loads(call["sources"])) == {"ended_ms", "hung_up_by"}


def test_an_answer_that_was_not_seen_is_completed(store: Store, clinic: intake.Clinic) -> None:
    listen(store, clinic, DIRECT, 0.1, snapshot=True)
    [before] = calls(store).values()
    assert (before["outcome"], before["sure"]) == ("unknown", 0)
    backfill(store, clinic, DIRECT)
    [call] = calls(store).values()
    assert (call["outcome"], call["answered_by"], call["sure"]) == ("answered", "104", 1)
    assert call["started_ms"] == before["started_ms"]
    assert json.loads(call["sources"])["answered_ms"] == "cel"


def test_what_ami_saw_before_it_was_cut_off_is_kept_where_the_records_know_less(
    store: Store, clinic: intake.Clinic
) -> None:
    folder = TRACES / "asterisk22" / "hold_unhold"
    listen(store, clinic, folder, 0.95)
    [before] = calls(store).values()
    assert (before["holds"] > 0, before["sure"]) == (True, 0)
    backfill(store, clinic, folder)
    [call] = calls(store).values()
    assert (call["holds"], call["hold_ms"], call["ring_ms"]) == (before["holds"], before["hold_ms"], before["ring_ms"])
    assert call["sure"] == 1


def test_filling_twice_changes_nothing(store: Store, clinic: intake.Clinic) -> None:
    folder = TRACES / "asterisk22" / "twenty_interleaved"
    first = backfill(store, clinic, folder)
    before, feed, cells = calls(store), counts(store, "feed"), _rollups(store)
    second = backfill(store, clinic, folder)
    assert first.new > 15
    assert (second.new, second.completed, second.known) == (0, 0, first.calls)
    assert (calls(store), counts(store, "feed"), _rollups(store)) == (before, feed, cells)


def _rollups(store: Store) -> list[tuple[object, ...]]:
    with store.read() as tx:
        rows = tx.conn.execute("SELECT * FROM rollup_source ORDER BY day, campaign, did").fetchall()
    return [tuple(row.values()) for row in rows]


def test_what_ami_tells_later_takes_the_place_of_what_was_filled_in(store: Store, clinic: intake.Clinic) -> None:
    backfill(store, clinic, DIRECT)
    listen(store, clinic, DIRECT)
    [call] = calls(store).values()
    with open_store(":memory:") as heard:
        listen(heard, clinic, DIRECT)
        [wanted] = calls(heard).values()
    assert call == wanted
    assert call["sources"] == "{}"


def test_nothing_is_sent_for_what_is_filled_in(store: Store, clinic: intake.Clinic) -> None:
    backfill(store, clinic, ABANDONED)
    with store.read() as tx:
        assert {row["live"] for row in tx.conn.execute("SELECT live FROM feed").fetchall()} == {0}


def test_a_miss_of_today_opens_a_callback_and_one_of_last_year_does_not(clinic: intake.Clinic) -> None:
    started = round(truth_of(ABANDONED)["started_epoch"] * 1000)
    for later_ms, opened in ((600_000, 1), (400 * 86_400_000, 0)):
        with open_store(":memory:") as store:
            backfill(store, clinic, ABANDONED, started + later_ms)
            with store.read() as tx:
                rows = tx.conn.execute("SELECT state FROM callback").fetchall()
            assert len([row for row in rows if row["state"] != "closed"]) == opened


def test_a_call_that_turns_up_late_takes_the_first_time_from_those_after_it(
    store: Store, clinic: intake.Clinic
) -> None:
    folder = TRACES / "asterisk22" / "missed_then_callback"
    listen(store, clinic, folder)
    first, second, *_ = sorted(calls(store).values(), key=lambda row: row["started_ms"])
    assert first["first_time"] == 1
    with store.write() as tx:
        tx.run("call_put", **{**second, "first_time": 1, "direction": "inbound"})
        changes = [change for change in filling.told(archive(folder), ALWAYS, filling.ignore, Filled())
                   if change.call.id == first["id"]]
        for table, column in (("call", "id"), ("leg", "call"), ("talk", "call"), ("wait", "call")):
            tx.conn.execute(f"DELETE FROM {table} WHERE {column} = '{first['id']}'")
        filling.fill(tx, changes, first["ended_ms"] + 60_000, clinic, Filled())
    assert calls(store)[second["id"]]["first_time"] == 0


def test_a_backfill_that_was_stopped_goes_on_where_it_was(
    store: Store, clinic: intake.Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = TRACES / "asterisk22" / "twenty_interleaved"
    monkeypatch.setattr(filling, "_BATCH", 5)

    def stop(filled: Filled) -> None:
        if filled.calls >= 10:
            raise KeyboardInterrupt

    now = round(truth_of(folder)["started_epoch"] * 1000) + 600_000
    how = Filling(now, progress=stop, resume=True)
    with pytest.raises(KeyboardInterrupt):
        filling.backfill(store, clinic, archive(folder), Period(0, now), how)
    assert len(calls(store)) == 10
    with store.read() as tx:
        assert tx.value("backfill_done", pbx="main", origin=archive(folder).origin, from_ms=0) > now - 1_200_000
    rest = filling.backfill(store, clinic, archive(folder), Period(0, now), replace(how, progress=None))
    assert (rest.calls, rest.new, rest.known) == (20, 10, 10)


def test_a_gap_is_filled_and_what_lies_outside_of_it_is_not(store: Store, clinic: intake.Clinic) -> None:
    folder = TRACES / "asterisk22" / "missed_then_callback"
    began = round(truth_of(folder)["started_epoch"] * 1000)
    middle = truth_of(folder)["calls"][1]
    gap = Period(began + round(middle["start"] * 1000) + 500, began + round(middle["end"] * 1000) - 500)
    filled = filling.fill_gap(store, clinic, archive(folder), gap, began + 600_000)
    assert filled.new == 1
    assert list(calls(store)) == [middle["linkedid"]]


def test_times_in_the_wrong_zone_are_refused_with_the_setting_to_change(store: Store, clinic: intake.Clinic) -> None:
    folder = TRACES / "asterisk22" / "twenty_interleaved"
    wrong = replace(archive(folder), zone=ZoneInfo("Asia/Tokyo"))
    with pytest.raises(BackfillError, match=r"CEL is -9 h off .* set timezone in \[\[pbx\]\]"):
        filling.backfill(store, clinic, wrong, ALWAYS, Filling(0))
    assert not calls(store)


def test_an_exchange_without_records_is_told_where_to_name_them(store: Store, clinic: intake.Clinic) -> None:
    with pytest.raises(BackfillError, match="name them with cel and cdr"):
        filling.backfill(store, clinic, replace(archive(DIRECT), cel=None, cdr=None), ALWAYS, Filling(0))
