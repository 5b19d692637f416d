"""A patient is found by what a receptionist types, and by the number that rings."""

import pytest

from patients.directory import Number, Patient, Put, count, find_by_number, get, put, search
from patients.phones import e164
from store import Store
from tests.store.rows import call_row

NOW = 1_795_309_246_000


def person(ref: str, name: str, *numbers: str, **rest: str) -> Patient:
    found = tuple(Number(number, raw) for raw in numbers if (number := e164(raw, "PL")))
    return Patient(ref, name, found, guardian_ref=rest.get("guardian_ref"))


PEOPLE = [
    person("P-1", "Jan Testowy", "501000101", "501000804"),
    person("P-2", "Łukasz Żółty", "501000401", "22 555 01 01"),
    person("P-3", "Anna Łukaszewicz-Nowak", "501000999"),
    person("P-4", "Мария Иванова", "501000602"),
    person("P-5", "Ola Testowa", "501000804", guardian_ref="P-1"),
    person("501", "Numer Jeden"),
]


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as tx:
        put(tx, PEOPLE, NOW)
    return store


def refs(store: Store, text: str, **page: int) -> list[str]:
    with store.read() as tx:
        return [row["ref"] for row in search(tx, text, region="PL", **page)]


@pytest.mark.parametrize(("text", "found"), [
    ("lukasz", ["P-3", "P-2"]),
    ("ŁUKASZ", ["P-3", "P-2"]),
    ("zolty łuk", ["P-2"]),
    ("nowak", ["P-3"]),
    ("мария", ["P-4"]),
    ("test", ["P-1", "P-5"]),
    ("ukasz", []),
    ("P-3", ["P-3"]),
    ("p-3", []),
    ("804", ["P-1", "P-5"]),
    ("0999", ["P-3"]),
    ("501 000 401", ["P-2"]),
    ("+48 22 555 01 01", ["P-2"]),
    ("0048501000602", ["P-4"]),
    ("501", ["501"]),
    ("04", []),
    ("", []),
    ("   ", []),
    ("'\"*%_;--", []),
    ("NOT", []),
])
def test_a_patient_is_found_by_what_is_typed(filled: Store, text: str, found: list[str]) -> None:
    assert refs(filled, text) == found


def test_a_search_is_paged(filled: Store) -> None:
    assert refs(filled, "test", limit=1) == ["P-1"]
    assert refs(filled, "test", limit=1, offset=1) == ["P-5"]
    assert refs(filled, "804", limit=1, offset=1) == ["P-5"]
    assert refs(filled, "P-3", offset=1) == []


def test_everybody_with_the_number_is_shown_the_adult_first(filled: Store) -> None:
    with filled.read() as tx:
        assert [row["ref"] for row in find_by_number(tx, "+48501000804")] == ["P-1", "P-5"]
        assert [row["ref"] for row in find_by_number(tx, "+48501000804", caller_name="Ola Testowa")] == ["P-5", "P-1"]


def test_nobody_has_an_unknown_or_withheld_number(filled: Store) -> None:
    with filled.read() as tx:
        assert find_by_number(tx, "+48501999999") == []
        assert find_by_number(tx, None) == []


def test_a_record_that_is_as_it_was_is_not_written_again(filled: Store) -> None:
    changed = person("P-4", "Мария Петрова", "501000602")
    with filled.write() as tx:
        assert put(tx, [PEOPLE[0], changed, person("P-9", "Nowa Osoba")], NOW + 5) == Put(1, 1, 1)
        first = get(tx, "P-1")
        assert first is not None
        assert first["imported_ms"] == NOW
        assert count(tx) == (7, 7)


def test_who_rang_before_they_were_a_patient_is_known_afterwards(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(id="1.1", party="+48501000999"))
        put(tx, PEOPLE, NOW)
        put(tx, [person("P-3", "Anna Nowa", "501000999")], NOW)
        found = tx.conn.execute("SELECT pbx, call, ref FROM call_patient").fetchall()
    assert found == [{"pbx": "main", "call": "1.1", "ref": "P-3"}]


def test_all_nines_have_an_end(filled: Store) -> None:
    assert refs(filled, "999") == ["P-3"]
