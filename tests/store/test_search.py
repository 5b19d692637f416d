"""Search of patients: each engine its own way, the same answers."""

from typing import Any

import pytest

from store import Store, Tx
from tests.store.rows import insert

NAMES = {"1": "lukasz kowalski", "2": "lucja kowal-nowak", "3": "anna o'brien", "4": "мария иванова"}


def patient(tx: Tx, ref: str, folded: str) -> None:
    columns: dict[str, Any] = {"ref": ref, "name": folded.title(), "folded": folded, "imported_ms": 1}
    insert(tx, "patient", **columns)


@pytest.fixture
def clinic(store: Store) -> Store:
    with store.write() as tx:
        for ref, folded in NAMES.items():
            patient(tx, ref, folded)
    return store


def found(store: Store, query: str, limit: int = 9, offset: int = 0) -> list[str]:
    with store.read() as tx:
        return [row["ref"] for row in tx.all("patient_search", query=query, limit=limit, offset=offset)]


@pytest.mark.parametrize(("query", "refs"), [
    ("lukasz", ["1"]), ("luk", ["1"]), ("kow", ["2", "1"]), ("kow luk", ["1"]), ("nowak", ["2"]), ("brien", ["3"]),
    ("o'brien", ["3"]), ("мар", ["4"]), ("owal", []), ("", []), ('"', []), ("luk*", ["1"]), ("zzz", []),
    ("kowal-n", ["2"]),
])  # fmt: skip
def test_every_word_of_the_query_begins_a_word_of_the_name(clinic: Store, query: str, refs: list[str]) -> None:
    assert found(clinic, query) == refs


def test_the_list_is_paged(clinic: Store) -> None:
    assert found(clinic, "kow", limit=1) == ["2"]
    assert found(clinic, "kow", limit=1, offset=1) == ["1"]


def test_search_follows_a_change_of_name_and_a_deletion(clinic: Store) -> None:
    with clinic.write() as tx:
        tx.conn.execute("UPDATE patient SET folded = 'lukasz zielinski' WHERE ref = '1'")
        tx.conn.execute("DELETE FROM patient WHERE ref = '2'")
    assert found(clinic, "kow") == []
    assert found(clinic, "ziel") == ["1"]
