"""What becomes of patients, on every engine there is: the same SQL, the same answers."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from callbacks import bookings, proposals
from callbacks.bookings import Booking
from patients import merging, removal
from patients.arrivals import Arrivals, How, Told
from patients.directory import Number, Patient, find_by_number, get, put
from patients.edits import By, edit
from patients.newcomers import Newcomer, save
from patients.timeline import Place, page
from store import Store, open_store
from store.merge import merge_calls
from tests.store.conftest import postgres, url
from tests.store.rows import START_MS, call_row, insert
from tracking import heard

__all__ = ["postgres", "url"]
ONE, OTHER, DID = "+48501000101", "+48501000202", "+48221234501"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def person(ref: str, name: str, number: str, guardian: str | None = None) -> Patient:
    return Patient(ref, name, (Number(number, number),) if number else (), guardian_ref=guardian)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as tx:
        put(tx, [person("P1", "Anna Nowak", ONE), person("P2", "Ania Nowak", OTHER),
                 person("P3", "Kuba Nowak", "", "P2")], START_MS)
        for n, number in enumerate((ONE, OTHER, OTHER)):
            insert(tx, "call", **call_row(id=f"1.{n}", party=number, did=DID, started_ms=START_MS + n))
            tx.run("call_patients_link", pbx="main", call=f"1.{n}", number=number)
        insert(tx, "appointment", ref="A1", patient="P2", start_ms=START_MS + 86_400_000, local_day="2026-11-23",
               status="booked", location="", imported_ms=START_MS)
    return store


def test_a_merge_comes_and_goes(filled: Store) -> None:
    with filled.write() as tx:
        number = merging.merge(tx, "P1", "P2", ("anna", START_MS))
        found = get(tx, "P2")
        assert found is not None
        assert (found["ref"], found["numbers"]) == ("P1", [ONE, OTHER])
        assert [row["ref"] for row in find_by_number(tx, OTHER, now_ms=START_MS)] == ["P1", "P3"]
        merging.undo(tx, number, ("anna", START_MS))
        assert [row["ref"] for row in find_by_number(tx, OTHER, now_ms=START_MS)] == ["P2", "P3"]


def test_edits_removals_and_arrivals(filled: Store) -> None:
    with filled.write() as tx:
        changes = {"name": "Anna Maj", "birth_year": 1985, "consent_recording": "no"}
        assert edit(tx, "P1", changes, By("anna", START_MS, "2026-11-22")) == [*changes]
        arrivals = Arrivals(How(START_MS + 1))
        arrivals.take(tx, [Told("P1", person("P1", "Anna Nowak", ONE)), Told("P2", gone="deceased"),
                           Told("P9", person("P9", "Ewa", "+48501000909"))])
        assert (arrivals.done.added, arrivals.done.kept, arrivals.removed) == (1, 2, 1)
        assert removal.missing(tx, "", {"P1", "P9"}) == (["P3"], 3)
        row = tx.one("patient_get", ref="P2")
        assert row is not None
        assert removal.former_numbers(row) == [OTHER]


def test_a_timeline_is_paged_in_one_order(filled: Store) -> None:
    with filled.write() as tx:
        insert(tx, "callback", id=1, number=OTHER, location="", kind="missed", state="open", opened_ms=START_MS + 1,
               due_ms=START_MS, expires_ms=START_MS, priority=0)
        seen, before = [], None
        while True:
            some = page(tx, "P2", before, 2)
            seen += [(entry.kind, entry.place.ref) for entry in some.entries]
            if some.older is None:
                break
            before = Place.read(some.older.text)
        assert seen == [("appointment", "A1"), ("call", "1.2"), ("callback", "1"), ("call", "1.1")]


def test_what_a_card_asks_and_notes(filled: Store) -> None:
    zone = ZoneInfo("Europe/Warsaw")
    tomorrow = datetime.fromtimestamp(START_MS / 1000 + 86_400, zone)
    with filled.write() as tx:
        call = tx.one("call_get", pbx="main", id="1.2")
        assert call is not None
        booking = bookings.read(tomorrow.date().isoformat(), "10:15", "dr Maj", (zone, START_MS))
        bookings.note(tx, call, booking, ("anna", None, START_MS))
        assert [row["doctor"] for row in bookings.coming(tx, OTHER, START_MS)] == ["dr Maj"]
        bookings.note(tx, call, Booking(booking.start_ms, "2026-11-23"), ("anna", "P2", START_MS + 1))
        found = bookings.of_call(tx, "main", "1.2")
        assert found is not None
        assert found["known"] == "A1"
        heard.note(tx, call, "friend", ("anna", START_MS))
        assert int(tx.value("heard_before", party=OTHER)) == 1
        for n in range(5):
            tx.run("call_topic_put", id=n, pbx="main", call="1.0", topic="price", category="not_booked", patient=None,
                   author="anna", at_ms=START_MS)
        later, usual = {**call, "started_ms": call["started_ms"] + 60_000}, proposals.remembered()
        found_topic = proposals.propose(tx, later, [], None, usual)
        assert found_topic is not None
        assert found_topic.topic == "price"
        [told] = tx.all("pop_call", pbx="main", call="1.2")
        assert (told["heard"], told["booked"], told["topic"], told["earlier"]) == ("friend", 1, None, 1)
        assert tx.all("pop_appointments", number=OTHER, now_ms=START_MS, limit=3)[0]["name"] == "Ania Nowak"
        assert tx.all("pop_appointments_of_call", pbx="main", call="1.2", now_ms=START_MS, limit=3) != []
        assert int(tx.value("pop_without_topic", day=call["local_day"], since=0, extension="101")) >= 0
        ref = save(tx, {**call, "party": None, "caller_raw": ""}, Newcomer("Ewa Maj", 1990), (START_MS, "2026-11-22"))
        assert ref in {row["ref"] for row in tx.all("patients_of_call", pbx="main", call="1.2")}


def test_what_was_heard_and_booked_moves_with_a_merged_call(filled: Store) -> None:
    with filled.write() as tx:
        older, younger = (tx.one("call_get", pbx="main", id=call) for call in ("1.1", "1.2"))
        assert older is not None
        assert younger is not None
        heard.note(tx, older, "radio", ("anna", START_MS))
        heard.note(tx, younger, "friend", ("anna", START_MS + 1))
        bookings.note(tx, younger, Booking(START_MS + 5, "2026-11-23"), ("anna", None, START_MS))
        merge_calls(tx, "main", "1.2", "1.1")
        answer = heard.answer_of(tx, "main", "1.1")
        assert answer is not None
        assert answer["answer"] == "friend"
        assert bookings.of_call(tx, "main", "1.1") is not None
        assert tx.one("heard_of_call", pbx="main", call="1.2") is None


def test_a_server_is_remembered_by_page_and_by_time(store: Store) -> None:
    key = {"url": "https://his.example", "kind": "Patient"}
    with store.write() as tx:
        tx.run("fhir_cursor_keep", **key, since=None, next="https://his.example/?page=2", began_ms=START_MS)
        tx.run("fhir_cursor_keep", **key, since=None, next=None, began_ms=None)
        tx.run("fhir_cursor_done", **key, since="2026-11-22T00:00:00Z", done_ms=START_MS)
        found = tx.one("fhir_cursor_get", **key)
        assert found is not None
        assert (found["since"], found["next"]) == ("2026-11-22T00:00:00Z", None)
