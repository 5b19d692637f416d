"""Two records become one, and are taken apart again."""

from dataclasses import replace
from typing import Any

import pytest

from patients.directory import Number, Patient, Put, find_by_number, get, put, search
from patients.merging import UNDO_MS, MergeError, merge, preview, undo
from patients.removal import former_numbers, missing, remove
from store import Store
from tests.store.rows import call_row, insert

NOW = 1_795_309_246_000
ONE, OTHER = "+48501000101", "+48501000202"


def person(ref: str, name: str, *numbers: str, **rest: Any) -> Patient:
    return Patient(ref, name, tuple(Number(number, number) for number in numbers), **rest)


ANNA = person("P-1", "Anna Nowak", ONE)
ANIA = person("P-2", "Ania Nowak", OTHER, consent_marketing="no")
KUBA = person("P-3", "Kuba Nowak", guardian_ref="P-2", birth_year=2019)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as tx:
        put(tx, [ANNA, ANIA, KUBA], NOW)
        for call, number in (("1.1", ONE), ("1.2", OTHER)):
            insert(tx, "call", **call_row(id=call, caller_number=number, party=number))
            tx.run("call_patients_link", pbx="main", call=call, number=number)
        tx.run("call_topic_put", id=tx.next_id("call_topic"), pbx="main", call="1.2", topic="results",
               category="results", patient="P-2", author="ewa", at_ms=NOW)
    return store


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    tables = {"patient": "ref", "patient_number": "ref, number", "call_patient": "call, ref", "call_topic": "id",
              "patient_edit": "ref", "patient_alias": "alias"}
    with store.read() as tx:
        return {table: [tuple(row.values()) for row in tx.conn.execute(f"SELECT * FROM {table} ORDER BY {order}")]
                for table, order in tables.items()}  # fmt: skip


def refs(store: Store, number: str) -> list[str]:
    with store.read() as tx:
        return [row["ref"] for row in find_by_number(tx, number)]


def test_a_preview_says_what_would_move(filled: Store) -> None:
    with filled.read() as tx:
        found = preview(tx, "P-1", "P-2")
    assert (found.calls, found.topics, found.wards, found.numbers) == (1, 1, 1, (OTHER,))
    assert (found.consent, found.same_birth) == (True, True)


def test_everything_moves_and_comes_back_as_it_was(filled: Store) -> None:
    before = everything(filled)
    with filled.write() as tx:
        number = merge(tx, "P-1", "P-2", ("ewa", NOW))
        found = get(tx, "P-2")
        assert found is not None
        assert (found["ref"], found["consent_marketing"], found["numbers"]) == ("P-1", "no", [ONE, OTHER])
        assert [row["patient"] for row in tx.all("call_topics", pbx="main", call="1.2")] == ["P-1"]
        assert {row["call"] for row in tx.all("patient_calls_of", ref="P-1")} == {"1.1", "1.2"}
    assert refs(filled, OTHER) == ["P-1", "P-3"]
    assert refs(filled, ONE) == ["P-1", "P-3"]
    with filled.write() as tx:
        assert undo(tx, number, ("ewa", NOW + 1)) == ("P-1", "P-2")
    assert everything(filled) == before


def test_a_later_import_of_the_merged_record_lands_on_the_survivor(filled: Store) -> None:
    with filled.write() as tx:
        merge(tx, "P-1", "P-2", ("ewa", NOW))
    new = "+48501000303"
    moved = [ANNA, person("P-2", "Ania Nowak", OTHER, new), replace(KUBA, guardian_ref="P-2")]
    with filled.write() as tx:
        assert put(tx, moved, NOW + 1) == Put(changed=1, unchanged=2, kept=1)
        assert put(tx, moved, NOW + 2) == Put(unchanged=3, kept=1)
        assert put(tx, [person("P-2", "Ania Nowak", new)], NOW + 3) == Put(changed=1)
        assert get(tx, "P-1")["numbers"] == [ONE, new]  # type: ignore[index]
        assert [row["ref"] for row in search(tx, "nowak")] == ["P-1", "P-3"]


def test_a_merge_is_not_undone_twice_nor_after_thirty_days(filled: Store) -> None:
    with filled.write() as tx:
        first = merge(tx, "P-1", "P-2", ("ewa", NOW))
        with pytest.raises(MergeError, match="thirty days"):
            undo(tx, first, ("ewa", NOW + UNDO_MS + 1))
        second = merge(tx, "P-3", "P-1", ("ewa", NOW))
        with pytest.raises(MergeError, match="undo that merge first"):
            undo(tx, first, ("ewa", NOW))
        undo(tx, second, ("ewa", NOW))
        undo(tx, first, ("ewa", NOW))
        with pytest.raises(MergeError, match="undone already"):
            undo(tx, first, ("ewa", NOW))
        with pytest.raises(MergeError, match="one and the same"):
            merge(tx, "P-1", "P-1", ("ewa", NOW))


def test_a_ward_is_found_by_the_number_of_the_guardian(filled: Store) -> None:
    assert refs(filled, OTHER) == ["P-2", "P-3"]
    with filled.write() as tx:
        put(tx, [person("P-2", "Ania Nowak", "+48501000404")], NOW)
    assert refs(filled, OTHER) == []
    assert refs(filled, "+48501000404") == ["P-2", "P-3"]
    with filled.write() as tx:
        put(tx, [replace(KUBA, guardian_ref=None)], NOW)
    assert refs(filled, "+48501000404") == ["P-2"]


def test_who_was_saved_from_a_call_becomes_the_clinics_own_record(filled: Store) -> None:
    with filled.write() as tx:
        tx.next_id("patient_by_hand")
        put(tx, [person("call-1", "Ewa Zielona", "+48501000777")], NOW, origin="hand")
        put(tx, [person("call-2", "Jan Zielony", "+48501000777")], NOW, origin="hand")
        assert put(tx, [person("P-9", "Zielona Ewa", "+48501000777")], NOW + 1) == Put(added=1, joined=1)
        assert get(tx, "call-1")["ref"] == "P-9"  # type: ignore[index]
    assert refs(filled, "+48501000777") == ["P-9", "call-2"]


def test_who_is_removed_matches_no_more_calls_and_keeps_the_history(filled: Store) -> None:
    with filled.write() as tx:
        assert remove(tx, "P-1", "inactive", NOW)
        assert not remove(tx, "P-1", "inactive", NOW)
        row = get(tx, "P-1")
        assert row is not None
        assert former_numbers(row) == [ONE]
        assert len(tx.all("patient_calls_of", ref="P-1")) == 1
        assert find_by_number(tx, ONE) == []
        assert put(tx, [ANNA], NOW + 1) == Put(changed=1)
    assert refs(filled, ONE) == ["P-1"]


def test_who_is_missing_is_told_with_merged_records_counted_as_seen(filled: Store) -> None:
    with filled.write() as tx:
        merge(tx, "P-1", "P-2", ("ewa", NOW))
        assert missing(tx, "", {"P-2"}) == (["P-3"], 2)
