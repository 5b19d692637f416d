"""The ledger: a clean day has nothing unexplained, and whatever is lost or told wrong is found."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import filling
import ledger
from filling import Archive, Filling, Period
from patients.tables import Source
from pbx.journal import runs
from replay import keeper, replay
from settings import load
from store import Store, Tx, open_store
from tests.pbx.records import cells
from tests.pbx.trace_table import TRACES, lab_tracker, truth_of
from tests.store.rows import insert
from tracking.appointments_relate import decide_all
from tracking.moments import Clock
from tracking.numbers import import_numbers
from wiring import clinic_of

CLINIC = Path(__file__).parent / "data" / "clinic" / "clinic.toml"
NUMBERS = Path(__file__).parent / "lab" / "numbers.csv"
DAY = ("direct_answered", "direct_busy", "direct_no_answer", "queue_abandon", "queue_answered_first_agent",
       "queue_joinempty", "attended_transfer", "blind_transfer_refer", "missed_then_callback", "outbound_answered",
       "internal_call", "caller_withheld", "click_to_call_agent_no_answer", "park_and_retrieve", "pickup_directed")
"""Recordings of one hour of one exchange, each of which Asterisk wrote down whole."""

ABANDONED = "1795309246.157"
PERIOD = Period(1795300000_000, 1795320000_000)

Accounts = ledger.Accounts


def quietly(sentence: str) -> None:
    raise AssertionError(sentence)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the journal and the records of the day."""
    folder = tmp_path_factory.mktemp("day")
    folders = [TRACES / "asterisk22" / name for name in DAY]
    (folder / "journal").mkdir(mode=0o700)
    for recording in folders:
        at = next(iter(runs([recording])[0].records())).at
        copy = folder / "journal" / f"main-{round(at * 1000)}.jsonl"
        shutil.copy(recording / "journal.jsonl", copy)
        copy.chmod(0o600)
    for name in ("cel.csv", "cdr.csv", "queue_log"):
        ordered = sorted(folders, key=lambda f: truth_of(f)["started_epoch"])
        (folder / name).write_bytes(b"".join((f / name).read_bytes() for f in ordered if (f / name).exists()))
    assert cells(folders, "cel.csv")
    return folder


@pytest.fixture
def accounts(day: Path) -> Iterator[Accounts]:
    """The day as a listener stored it, with its tracked numbers, beside its records."""
    lab = lab_tracker()
    archive = Archive("main", lab.endpoints, lab.teller, ZoneInfo("UTC"), str(day / "cel.csv"), str(day / "cdr.csv"),
                      str(day / "queue_log"))
    with open_store(":memory:") as store:
        import_numbers(store, Source(NUMBERS, "PL"))
        replay([day / "journal"], lab_tracker, keeper(store, clinic_of(load(CLINIC))))
        yield Accounts(store, archive, day / "journal", lab_tracker, quietly, clock=Clock(ZoneInfo("UTC")))


def side(found: ledger.Ledger, name: str) -> ledger.Side:
    return next(side for side in found.sides if side.name == name)


def test_on_a_clean_day_nothing_is_unexplained(accounts: Accounts) -> None:
    found = ledger.verify(accounts, PERIOD)
    assert found.unexplained == []
    assert found.calls == 20
    for name in ("cel", "cdr", "queue_log", "journal", "attribution"):
        counted = side(found, name)
        assert counted.seen == counted.matched > 3, name
        assert counted.missing == 0
    assert {d.reason for d in found.differences} <= {
        "Asterisk writes no CDR of a call that dialled nobody and was not answered (unanswered = no).",
        "CEL does not say that a queue refused the caller.",
    }


def _delete(tx: Tx) -> None:
    for table, column in (("call", "id"), ("leg", "call"), ("talk", "call"), ("wait", "call")):
        tx.conn.execute(f"DELETE FROM {table} WHERE {column} = '{ABANDONED}'")


def _other_outcome(tx: Tx) -> None:
    tx.conn.execute(f"UPDATE call SET outcome = 'answered' WHERE id = '{ABANDONED}'")


def _other_end(tx: Tx) -> None:
    tx.conn.execute(f"UPDATE call SET ended_ms = ended_ms + 60000 WHERE id = '{ABANDONED}'")


def _other_campaign(tx: Tx) -> None:
    tx.conn.execute(f"UPDATE attribution SET campaign = 999 WHERE call = '{ABANDONED}'")


def _other_caller(tx: Tx) -> None:
    tx.conn.execute(f"UPDATE call SET caller_number = '+48500000000' WHERE id = '{ABANDONED}'")


def _no_wait(tx: Tx) -> None:
    tx.conn.execute(f"DELETE FROM wait WHERE call = '{ABANDONED}'")


def _invented(tx: Tx) -> None:
    row = tx.one("call_get", pbx="main", id=ABANDONED)
    assert row is not None
    tx.run("call_put", **{**row, "id": "1795309246.999", "linkedids": "[]"})


@pytest.mark.parametrize(
    ("sabotage", "found_by", "what"),
    [
        (_delete, {"cel", "cdr", "queue_log", "journal"}, "call"),
        (_other_outcome, {"cel", "journal"}, "outcome"),
        (_other_end, {"cel", "journal"}, "ended_ms"),
        (_other_caller, {"cel", "journal"}, "caller_number"),
        (_other_campaign, {"attribution"}, "campaign"),
        (_no_wait, {"queue_log"}, "wait"),
        (_invented, {"cel", "journal", "attribution"}, "call"),
    ],
    ids=lambda value: getattr(value, "__name__", "").strip("_") or None,
)
def test_sabotage_is_found(accounts: Accounts, sabotage: Callable[[Tx], None], found_by: set[str], what: str) -> None:
    with accounts.store.write() as tx:
        sabotage(tx)
    unexplained = ledger.verify(accounts, PERIOD).unexplained
    assert {d.where for d in unexplained} == found_by
    assert what in {d.what for d in unexplained}
    assert {d.call for d in unexplained} <= {ABANDONED, "1795309246.999"}


def test_a_deleted_call_that_is_filled_in_again_is_clean_again(accounts: Accounts) -> None:
    with accounts.store.write() as tx:
        _delete(tx)
    filling.backfill(accounts.store, clinic_of(load(CLINIC)), accounts.archive, PERIOD, Filling(PERIOD.to_ms))
    assert ledger.verify(accounts, PERIOD).unexplained == []


def test_without_a_journal_it_says_what_it_compares_with(accounts: Accounts, tmp_path: Path) -> None:
    found = ledger.verify(replace(accounts, journal=tmp_path), PERIOD)
    assert found.unexplained == []
    assert found.notes == ["There is no journal: what happened is compared with Asterisk's records only."]


def test_calls_older_than_the_journal_are_compared_with_cel_and_it_says_so(
    accounts: Accounts, day: Path, tmp_path: Path
) -> None:
    files = sorted((day / "journal").iterdir())
    for file in files[len(files) // 2 :]:
        shutil.copy(file, tmp_path)
    with accounts.store.write() as tx:
        _other_outcome(tx)
    found = ledger.verify(replace(accounts, journal=tmp_path), PERIOD)
    assert {d.where for d in found.unexplained} == {"cel"}
    assert any("older than the journal" in note for note in found.notes)


def test_a_call_in_a_gap_is_told_with_the_gap(accounts: Accounts) -> None:
    with accounts.store.write() as tx:
        row = tx.one("call_get", pbx="main", id=ABANDONED)
        assert row is not None
        tx.run("gap_open", id=tx.next_id("gap"), pbx="main", from_ms=row["started_ms"] - 1000, reason="by the PBX")
        tx.run("gap_close", pbx="main", to_ms=row["ended_ms"] + 1000)
        _delete(tx)
    found = ledger.verify(accounts, PERIOD)
    reasons = {d.reason for d in found.unexplained}
    assert "Nobody listened (by the PBX); run `callward backfill` to fill it in." in reasons


def test_an_appointment_of_another_call_than_the_rules_say_is_found(accounts: Accounts) -> None:
    clock = Clock(ZoneInfo("UTC"))
    with accounts.store.write() as tx:
        call = tx.one("call_get", pbx="main", id=ABANDONED)
        assert call is not None
        insert(tx, "patient", ref="P-1", name="Anna", folded="anna", imported_ms=1)
        insert(tx, "patient_number", number=call["party"], ref="P-1", reversed="", raw="", position=0)
        insert(tx, "appointment", ref="A-1", patient="P-1", created_ms=call["ended_ms"] + 60_001,
               start_ms=call["ended_ms"] + 86_400_000, local_day="2026-11-24", status="booked", location="",
               imported_ms=1)
        row = tx.one("appointment_get", ref="A-1")
        assert row is not None
        assert decide_all(tx, [row], clock, 1) == 1
    assert [(side.seen, side.matched) for side in ledger.verify(accounts, PERIOD).sides if side.name == "made_by"] == [
        (1, 1)]
    with accounts.store.write() as tx:
        tx.conn.execute("UPDATE appointment_made_by SET call = 'another'")
    found = ledger.verify(accounts, PERIOD).unexplained
    assert [(d.where, d.call, d.stored, d.record) for d in found] == [
        ("made_by", "A-1", "main:another missed", f"main:{ABANDONED} missed")]
    with accounts.store.write() as tx:
        tx.run("made_by_clear", appointment="A-1")
    assert [d.stored for d in ledger.verify(accounts, PERIOD).unexplained] == [None]


def test_it_changes_nothing(accounts: Accounts) -> None:
    def everything(store: Store) -> list[object]:
        with store.read() as tx:
            tables = ("call", "attribution", "callback", "feed", "counter")
            return [tx.conn.execute(f"SELECT * FROM {table}").fetchall() for table in tables]

    before = everything(accounts.store)
    ledger.verify(accounts, PERIOD)
    assert everything(accounts.store) == before
