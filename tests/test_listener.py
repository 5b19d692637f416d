"""The listener between an unreliable switch and an unreliable disk: what it hears is stored once, whatever fails."""

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener import Ears, Listener, ListenerError
from pbx.calls import CallChanged
from pbx.events import name_of, wanted
from pbx.journal import Record, framed, records
from pbx.journal_writer import Limits
from pbx.link import LinkConfig
from pbx.simulator import NOT_SENT, Simulator, User
from pbx.tracker import Tracker
from settings import load
from store import Store, open_store
from tests.listening import CLINIC, TRACES
from wiring import clinic_of, endpoints_of, teller_of

SECRET = "a-secret-of-the-tests"
USERS = {"callward": User(SECRET)}


@dataclass
class Ward:
    """A clinic in a folder, and a simulated Asterisk."""

    folder: Path
    port: int
    simulator: Simulator
    shown: list[CallChanged] = field(default_factory=list)

    def listener(self, store: Store, writer: Any) -> Listener:
        clinic = load(CLINIC)
        pbx = clinic.pbx[0]
        link = LinkConfig("main", "127.0.0.1", self.port, "callward", SECRET)
        ears = Ears(link, endpoints_of(pbx), teller_of(clinic, pbx), self.folder / "journal")
        return Listener(ears, store, writer, clinic_of(clinic, live=True), self.shown.append)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Listener]:
        """Run a listener for the time of the block, from its first snapshot on."""
        with open_store(self.folder / "callward.db") as store, store.writer() as writer:
            listener = self.listener(store, writer)
            task = asyncio.create_task(listener.run())
            try:
                await until(lambda: task.done() or (listener.link is not None and listener.link.up.is_set()))
                if task.done():
                    task.result()
                yield listener
            finally:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    def rows(self, query: str) -> list[dict[str, Any]]:
        conn = sqlite3.connect(self.folder / "callward.db", timeout=30)
        conn.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in conn.execute(query)]
        finally:
            conn.close()

    async def play(self, name: str, part: slice = slice(None)) -> None:
        """Play a recording as fast as it is read, moved to now."""
        await self.simulator.replay(trace(name)[part])

    async def stored(self, query: str, condition: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Wait until what is stored fits."""
        await until(lambda: condition(self.rows(query)))
        return self.rows(query)


def trace(name: str) -> list[Record]:
    return list(records(TRACES / "asterisk22" / name / "journal.jsonl"))


def before(name: str, mark: bytes) -> slice:
    """Return the part of a recording that ends where this is first said."""
    return slice(0, next(n for n, record in enumerate(trace(name)) if mark in record.data))


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (what it waits for has no event)
            await asyncio.sleep(0.01)


@pytest.fixture
async def ward(tmp_path: Path) -> AsyncIterator[Ward]:
    simulator = Simulator(USERS, speed=0)
    simulator._started -= 3600  # it has been up for long: a cut is no restart
    async with simulator.serving() as port:
        yield Ward(tmp_path, port, simulator)


ENDED = "SELECT * FROM call WHERE ended_ms IS NOT NULL ORDER BY started_ms, id"


async def test_what_the_switch_tells_becomes_rows(ward: Ward) -> None:
    async with ward.listening():
        await ward.play("queue_abandon")
        [call] = await ward.stored(ENDED, bool)
    assert (call["outcome"], call["queue"], call["sure"], call["missed"]) == ("abandoned", "reception", 1, 1)
    assert [change.call.ended_ms is not None for change in ward.shown][-1]
    [callback] = ward.rows("SELECT * FROM callback")
    assert (callback["number"], callback["state"], callback["live"]) == ("+48501000206", "open", 1)


async def test_when_the_switch_last_told_everything_is_noted(ward: Ward) -> None:
    async with ward.listening():
        [seen] = await ward.stored("SELECT * FROM pbx_seen", bool)
    assert (seen["pbx"], seen["calls"]) == ("main", 0)


async def test_a_listener_that_is_stopped_lets_go_of_the_lease(ward: Ward) -> None:
    async with ward.listening():
        assert len(ward.rows("SELECT * FROM listener_lease")) == 1
    assert ward.rows("SELECT * FROM listener_lease") == []


async def test_a_second_listener_is_refused_with_a_sentence(ward: Ward) -> None:
    async with ward.listening():
        with pytest.raises(ListenerError, match=r"main: another listener \(process \d+ on .*\) holds this PBX; stop"):
            async with ward.listening():
                pass
        await ward.play("direct_answered")
        assert await ward.stored(ENDED, bool)


async def test_calls_wait_in_the_journal_while_the_store_is_locked(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    async with ward.listening() as listener:
        locker = sqlite3.connect(ward.folder / "callward.db", isolation_level=None, timeout=30)
        locker.execute("BEGIN IMMEDIATE")
        await ward.play("queue_abandon")
        await ward.play("direct_answered")
        journal = ward.folder / "journal"
        await until(lambda: "Hangup" in "".join(file.read_text() for file in journal.iterdir()))
        assert listener.link is not None
        await until(lambda: listener._writer.backlog == 0)  # it is being tried
        assert listener.link.up.is_set()
        assert ward.rows(ENDED) == []
        locker.execute("ROLLBACK")
        locker.close()
        found = await ward.stored(ENDED, lambda rows: len(rows) == 2)
    assert {call["outcome"] for call in found} == {"abandoned", "answered"}


async def test_a_store_that_fails_is_said_once_and_gets_everything_afterwards(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "callward")
    async with ward.listening():
        with sqlite3.connect(ward.folder / "callward.db", timeout=30) as breaker:
            breaker.execute("ALTER TABLE leg RENAME TO leg_away")
        await ward.play("queue_abandon")
        await until(lambda: "the store takes no calls for now" in caplog.text)
        await ward.play("direct_answered")
        await asyncio.sleep(0)
        with sqlite3.connect(ward.folder / "callward.db", timeout=30) as breaker:
            breaker.execute("ALTER TABLE leg_away RENAME TO leg")
        await ward.stored(ENDED, lambda rows: len(rows) == 2)
        await until(lambda: "the store takes calls again" in caplog.text)
    assert caplog.text.count("the store takes no calls for now") == 1


async def test_a_journal_that_cannot_be_written_costs_no_call_and_leaves_a_gap(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "callward")
    journal, away = ward.folder / "journal", ward.folder / "away"
    async with ward.listening() as listener:
        listener._journal.limits = Limits(max_bytes=1)  # every line begins a file
        journal.rename(away)
        await ward.play("queue_abandon")
        [call] = await ward.stored(ENDED, bool)
        assert call["outcome"] == "abandoned"
        [gap] = await ward.stored("SELECT * FROM gap", bool)
        assert (gap["to_ms"], gap["reason"]) == (None, "the journal could not be written")
        away.rename(journal)
        await ward.play("direct_answered")
        await ward.stored("SELECT * FROM gap WHERE to_ms IS NOT NULL", bool)
        await ward.stored(ENDED, lambda rows: len(rows) == 2)
    assert caplog.text.count("cannot be written") == 1
    assert "the journal is written again" in caplog.text


async def test_old_journals_that_cannot_be_compressed_do_not_end_the_listening(
    ward: Ward, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listener._TIDY_EVERY_S", 0.0)
    journal = ward.folder / "journal"
    journal.mkdir(mode=0o700)
    (journal / "main-1.jsonl").write_text('{"at": 1.0, "session": 1, "opened": "main"}\n')
    (journal / "main-1.jsonl.gz.part").mkdir()
    async with ward.listening():
        await ward.play("direct_answered")
        await until(lambda: "old journals could not be compressed" in caplog.text)
        await ward.play("queue_abandon")
        await ward.stored(ENDED, lambda rows: len(rows) == 2)
    assert caplog.text.count("old journals could not be compressed") == 1


async def test_what_could_not_be_folded_does_not_keep_the_listener_from_starting_again(
    ward: Ward, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold = Tracker.fold

    def stumbling(tracker: Tracker, at: float, blocks: list[bytes]) -> list[CallChanged]:
        if any(b"QueueCallerAbandon" in block for block in blocks):
            raise ValueError("a fault of the tracker")
        return fold(tracker, at, blocks)

    monkeypatch.setattr(Tracker, "fold", stumbling)
    async with ward.listening():
        await ward.play("queue_abandon")
        await until(lambda: "could not be folded" in caplog.text)
    caplog.clear()
    async with ward.listening():
        assert "could not be folded" in caplog.text
        await ward.play("direct_answered")
        await ward.stored(ENDED, lambda rows: any(row["outcome"] == "answered" for row in rows))


async def test_a_cut_connection_opens_a_gap_that_the_next_snapshot_closes(ward: Ward) -> None:
    ringing = before("queue_abandon", b"HangupRequest")
    async with ward.listening():
        await ward.play("queue_abandon", ringing)
        await ward.stored("SELECT * FROM call WHERE ended_ms IS NULL", bool)
        ward.simulator.cut()
        [gap] = await ward.stored("SELECT * FROM gap", bool)
        ward.simulator.switch.channels.clear()  # they hung up while nobody listened
        [call] = await ward.stored(ENDED, bool)
        await ward.stored("SELECT * FROM gap WHERE to_ms >= from_ms", bool)
    assert (call["state"], call["sure"]) == ("ended", 0)
    assert gap["to_ms"] is None


async def test_each_line_of_the_log_names_the_exchange_once(ward: Ward, caplog: pytest.LogCaptureFixture) -> None:
    async with ward.listening() as listener:
        ward.simulator.cut()
        await until(lambda: "trying again" in caplog.text)
        listener.waiting("main: 127.0.0.1:5038 cannot be reached.", 1)
    said = [record.getMessage() for record in caplog.records if "trying again" in record.getMessage()]
    assert said[-1] == "main: 127.0.0.1:5038 cannot be reached; trying again in 1 s"
    assert all(line.count("main: ") == 1 for line in said)


async def test_a_call_that_goes_on_over_a_cut_is_one_call(ward: Ward) -> None:
    whole = trace("direct_answered")
    half = before("direct_answered", b"HangupRequest").stop
    async with ward.listening():
        await ward.simulator.replay(whole[:half])
        await ward.stored("SELECT * FROM call WHERE state = 'talking'", bool)
        ward.simulator.cut()
        await ward.stored("SELECT * FROM gap WHERE to_ms IS NOT NULL", bool)
        await ward.simulator.replay(whole[half:])
        [call] = await ward.stored(ENDED, bool)
    assert (call["outcome"], call["answered_by"], call["sure"]) == ("answered", "104", 1)


async def test_a_call_that_rings_in_just_after_the_snapshot_is_not_taken_for_over(ward: Ward) -> None:
    """While the store is busy, the snapshot and what came after it wait, and are folded at once."""
    whole = trace("direct_answered")
    half = before("direct_answered", b"DialEnd").stop
    async with ward.listening() as listener:
        locker = sqlite3.connect(ward.folder / "callward.db", isolation_level=None, timeout=30)
        locker.execute("BEGIN IMMEDIATE")
        ward.simulator.cut()
        assert listener.link is not None
        up = listener.link.up
        await until(lambda: not up.is_set())
        await until(up.is_set)
        await ward.simulator.replay(whole[:half])
        journal = ward.folder / "journal"
        await until(lambda: "DialBegin" in "".join(file.read_text() for file in journal.iterdir()))
        locker.execute("ROLLBACK")
        locker.close()
        await ward.stored("SELECT * FROM gap WHERE to_ms IS NOT NULL", bool)
        await ward.simulator.replay(whole[half:])
        [call] = await ward.stored(ENDED, bool)
    assert (call["outcome"], call["answered_by"], call["sure"]) == ("answered", "104", 1)
    assert ward.rows("SELECT * FROM callback") == []


async def test_a_call_that_ended_while_no_listener_ran_is_ended_and_not_sure(ward: Ward) -> None:
    async with ward.listening():
        await ward.play("direct_answered", before("direct_answered", b"HangupRequest"))
        await ward.stored("SELECT * FROM call WHERE state = 'talking'", bool)
    ward.simulator.switch.channels.clear()
    async with ward.listening():
        [call] = await ward.stored(ENDED, bool)
    assert (call["outcome"], call["answered_by"], call["sure"]) == ("answered", "104", 0)


async def test_a_call_whose_journal_is_gone_is_ended_by_the_snapshot(ward: Ward) -> None:
    async with ward.listening():
        await ward.play("queue_abandon", before("queue_abandon", b"HangupRequest"))
        await ward.stored("SELECT * FROM call WHERE ended_ms IS NULL", bool)
    shutil.rmtree(ward.folder / "journal")
    ward.simulator.switch.channels.clear()
    async with ward.listening():
        [call] = await ward.stored(ENDED, bool)
    assert (call["outcome"], call["sure"]) == ("unknown", 0)


async def test_a_restart_of_the_switch_ends_its_calls_at_the_cut(tmp_path: Path) -> None:
    first = Simulator(USERS, speed=0)
    async with first.serving() as port:
        ward = Ward(tmp_path, port, first)
        async with ward.listening():
            await ward.play("queue_abandon", before("queue_abandon", b"HangupRequest"))
            await ward.stored("SELECT * FROM call WHERE ended_ms IS NULL", bool)
            first.cut()
            first.switch = type(first.switch)()
            first._started = first.behaviour.now()  # FullyBooted tells an uptime of no time at all
            [call] = await ward.stored(ENDED, bool)
    [gap] = ward.rows("SELECT * FROM gap WHERE reason <> 'by us'")
    assert (call["outcome"], call["hung_up_by"]) == ("failed", "pbx")
    assert call["ended_ms"] <= gap["from_ms"] + 1


async def test_nobodys_number_or_name_is_in_the_log(ward: Ward, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    names = ("twenty_interleaved", "hostile_caller_names", "missed_then_callback")
    async with ward.listening():
        for name in names:
            await ward.play(name)
        await ward.stored(ENDED, lambda rows: len(rows) > 30)
        with sqlite3.connect(ward.folder / "callward.db", timeout=30) as breaker:
            breaker.execute("ALTER TABLE leg RENAME TO leg_away")
        await ward.play("caller_number_formats")
        await until(lambda: "the store takes no calls for now" in caplog.text)
    known = ward.rows("SELECT DISTINCT caller_number, caller_raw, caller_name FROM call WHERE direction = 'inbound'")
    for value in {value for row in known for value in row.values() if value and len(value) > 4}:
        assert value not in caplog.text


# -- killed at any moment, with the very same bytes at the very same times -------------------------------------------

STREAM = ("attended_transfer", "missed_then_callback", "pickup_directed", "queue_abandon")


def stream() -> list[tuple[float, list[bytes]]]:
    """Return what one session would read, several recordings after one another."""
    out: list[tuple[float, list[bytes]]] = []
    for recording in sorted(map(trace, STREAM), key=lambda recording: recording[0].at):
        for record, blocks in framed(recording):
            sent = [block for block in blocks if name_of(block) not in NOT_SENT and wanted(block)]
            if sent:
                out.append((record.at, sent))
    return out


class Bench:
    """A listener without a link: the test reads for it, and lets it die between any two steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.session = 1
        self.begin(stream()[0][0])

    def begin(self, at: float) -> None:
        self.store = open_store(self.folder / "callward.db")
        self.writer = self.store.writer()
        self.listener = Ward(self.folder, 0, Simulator(USERS)).listener(self.store, self.writer)
        self.listener._catch_up()
        self.session += 1
        self.listener.opened(at, self.session)
        self.fold()

    def fold(self) -> None:
        """Fold what was heard, as the folding thread does, without storing it."""
        for heard in self.listener._next_batch(block=False):
            assert heard is not None
            self.listener._fold(heard)

    def die(self) -> None:
        """Nothing more is written, neither to the store nor to the journal."""
        self.writer.close()
        self.store.close()
        self.listener._journal.close()


def stored_in(folder: Path) -> dict[str, list[Any]]:
    conn = sqlite3.connect(folder / "callward.db")
    try:
        tables = {"call": "*", "leg": "*", "talk": "*", "wait": "*", "call_alias": "*",
                  "no_callback": "pbx, call, reason",
                  "callback": "number, location, kind, state, closed_why, closed_call",
                  "callback_call": "pbx, call, role", "rollup_source": "*", "rollup_queue": "*", "rollup_agent": "*"}
        return {name: sorted(conn.execute(f"SELECT {columns} FROM {name}").fetchall(), key=repr)
                for name, columns in tables.items()}
    finally:
        conn.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What a listener that nothing happens to stores of the stream."""
    folder = tmp_path_factory.mktemp("undisturbed")
    follow(folder, [], [])
    return stored_in(folder)


def follow(folder: Path, commits: list[int], kills: list[int]) -> None:
    """Read the stream; commit and die after the given steps; at the end commit."""
    source = stream()
    bench = Bench(folder)
    try:
        for step, (at, blocks) in enumerate(source):
            bench.listener.blocks(at, bench.session, blocks)
            bench.fold()
            if step in commits:
                bench.listener._commit()
            if step in kills:
                bench.die()
                bench.begin(at)
        bench.listener._commit()
    finally:
        bench.die()


STEPS = st.lists(st.integers(0, len(stream()) - 1), max_size=12)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commits=STEPS, kills=STEPS)
def test_wherever_it_is_killed_the_store_comes_to_the_same(
    commits: list[int], kills: list[int], undisturbed: dict[str, list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("killed")
    follow(folder, commits, kills)
    assert stored_in(folder) == undisturbed


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=st.integers(1, 40_000), at=st.integers(5, len(stream()) - 1))
def test_a_journal_that_lost_its_end_takes_nothing_back(
    lost: int, at: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    source = stream()
    bench = Bench(folder)
    for when, blocks in source[:at]:
        bench.listener.blocks(when, bench.session, blocks)
        bench.fold()
    bench.listener._commit()
    bench.die()
    before = {row[1]: row for row in stored_in(folder)["call"]}
    [file] = (folder / "journal").iterdir()
    size = file.stat().st_size
    with file.open("r+b") as torn:
        torn.truncate(max(0, size - lost))
    bench.begin(source[at - 1][0])
    bench.listener._commit()
    bench.die()
    after = {row[1]: row for row in stored_in(folder)["call"]}
    assert after.keys() >= before.keys()
    for call, row in before.items():
        assert after[call][2] >= row[2], "an older telling replaced a newer one"
