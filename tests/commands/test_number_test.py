"""`callward numbers test`: a call is awaited, told and marked; without one, what else rang is told."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import intake
from pbx.calls import CallChanged
from settings import load
from store import Store, open_store
from tests.commands.clinic import Clinic
from tests.test_intake import BILLBOARD, missed_call
from wiring import clinic_of

FAR_AHEAD_MS = 4_000_000_000_000


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    made = Clinic(tmp_path)
    made.text("numbers", "import", "numbers.csv")
    return made


def listening(store: Store) -> None:
    with store.write() as tx:
        tx.run("lease_take", pbx="main", holder="here:1:1:1", until_ms=FAR_AHEAD_MS, now_ms=0)


@contextmanager
def ringing(clinic: Clinic, **facts: Any) -> Iterator[None]:
    """Let calls come in, one after the other, for as long as somebody waits for one."""
    settings, over = load(clinic.folder / "clinic.toml"), threading.Event()

    def ring() -> None:
        with open_store(settings.store_url) as store:
            for n in itertools.count():
                call = missed_call(id=f"1795424400.{n}", did_raw="221234504", **facts)
                with store.write() as tx:
                    intake.record(tx, CallChanged(call), call.ended_ms or 0, clinic_of(settings), live=True)
                if over.wait(0.1):
                    return

    with open_store(settings.store_url) as store:
        listening(store)
    phone = threading.Thread(target=ring)
    phone.start()
    try:
        yield
    finally:
        over.set()
        phone.join()


def test_what_arrived_is_told_and_the_call_is_a_test(clinic: Clinic) -> None:
    with ringing(clinic, did=BILLBOARD):
        told = clinic.json("numbers", "test", BILLBOARD, "--as", "Ewa", "--wait", "600")
    assert (told["did_as_sent"], told["campaign"]) == ("221234504", "billboard / offline / Billboard autumn")
    assert (told["rule"], told["destination"], told["outcome"]) == ("number", "reception", "abandoned")
    call = told["call"].partition(":")[2]
    with open_store(str(clinic.folder / "callward.db")) as store, store.read() as tx:
        row = tx.one("call_get", pbx="main", id=call)
        mark = tx.one("call_mark_get", pbx="main", call=call)
        reason = tx.one("no_callback_get", pbx="main", call=call)
    assert row is not None
    assert mark is not None
    assert reason is not None
    assert (row["excluded"], mark["author"], reason["reason"]) == ("test", "Ewa", "test")


def test_a_person_reads_it_too(clinic: Clinic) -> None:
    with ringing(clinic, did=BILLBOARD):
        said = clinic.text("numbers", "test", "22 123 45 04", "--wait", "600")
    for part in ("Ring +48221234504 now", "The provider sent    221234504", "Campaign             billboard",
                 "It went to           reception", "It is marked as a test"):
        assert part in said


def test_without_the_call_what_else_rang_is_told(clinic: Clinic) -> None:
    with ringing(clinic, did="+48221234501"):
        said = clinic.text("numbers", "test", BILLBOARD, "--wait", "2", status=1)
    assert "No call to +48221234504 came within 2 s." in said
    assert "Meanwhile calls came to: 221234504" in said


def test_nothing_is_awaited_while_nobody_listens(clinic: Clinic) -> None:
    assert "start `callward serve`" in clinic.text("numbers", "test", BILLBOARD, "--wait", "3600", status=1)
