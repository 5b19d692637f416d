"""What a person corrects by hand, and how it lives beside the clinic's own exports."""

from dataclasses import replace

import pytest

from patients.directory import Number, Patient, Put, get, put
from patients.edits import By, EditError, edit
from store import Store

NOW = 1_795_309_246_000
ANNA = Patient("P-1", "Anna Nowak", (Number("+48501000101", "501 000 101"),), language="pl", updated_on="2026-11-01")
BY = By("ewa", NOW, "2026-11-22")


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as tx:
        put(tx, [ANNA], NOW)
    return store


def again(store: Store, patient: Patient) -> Put:
    with store.write() as tx:
        return put(tx, [patient], NOW + 1)


def now(store: Store) -> dict[str, object]:
    with store.read() as tx:
        found = get(tx, "P-1")
    assert found is not None
    return found


def change(store: Store, **changes: object) -> list[str]:
    with store.write() as tx:
        return edit(tx, "P-1", changes, BY)


def test_an_edit_stays_while_the_clinics_system_says_what_it_said(filled: Store) -> None:
    assert change(filled, name="Anna Nowak-Maj", language="pl") == ["name"]
    assert again(filled, ANNA) == Put(unchanged=1, kept=1)
    assert again(filled, replace(ANNA, email="a@b.example", updated_on="2026-11-30")) == Put(changed=1, kept=1)
    assert (now(filled)["name"], now(filled)["email"]) == ("Anna Nowak-Maj", "a@b.example")


@pytest.mark.parametrize(("updated_on", "name", "counted"), [
    ("2026-11-23", "Anna Maj", Put(changed=1, overruled=1)),
    (None, "Anna Maj", Put(changed=1, overruled=1)),
    ("2026-11-21", "Anna Nowak-Maj", Put(changed=1, kept=1)),
])
def test_what_the_system_changed_later_than_the_edit_wins(
    filled: Store, updated_on: str | None, name: str, counted: Put
) -> None:
    change(filled, name="Anna Nowak-Maj")
    assert again(filled, replace(ANNA, name="Anna Maj", updated_on=updated_on)) == counted
    assert now(filled)["name"] == name


def test_an_edit_is_over_when_the_system_says_the_same(filled: Store) -> None:
    change(filled, name="Anna Nowak-Maj")
    again(filled, replace(ANNA, name="Anna Nowak-Maj"))
    assert again(filled, replace(ANNA, name="Anna Zielona")) == Put(changed=1)


def test_numbers_are_edited_in_their_order(filled: Store) -> None:
    home, mobile = Number("+48221234567", "22 123 45 67"), Number("+48501000101", "501 000 101")
    assert change(filled, numbers=(home, mobile)) == ["numbers"]
    assert now(filled)["numbers"] == [home.number, mobile.number]
    assert again(filled, ANNA) == Put(unchanged=1, kept=1)
    assert now(filled)["numbers"] == [home.number, mobile.number]


def test_consent_to_recordings_is_only_said_here(filled: Store) -> None:
    assert change(filled, consent_recording="no") == ["consent_recording"]
    assert again(filled, ANNA) == Put(unchanged=1)
    assert now(filled)["consent_recording"] == "no"


def test_a_patient_needs_a_name(filled: Store) -> None:
    with pytest.raises(EditError, match="needs a name"):
        change(filled, name="  ")
    assert change(filled, name=" Anna   Nowak ") == []
