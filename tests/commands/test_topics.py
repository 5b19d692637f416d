"""`callward topics` and `callward calls topic`, as a person types it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.common import App
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, at
from tests.callbacks.clinic import Clinic as Reception
from tests.commands.clinic import Clinic


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A clinic where it is 10:20 on a Monday."""
    monkeypatch.setattr(App, "now_ms", lambda self: at("10:20"))
    return Clinic(tmp_path)


@pytest.fixture
def reception(clinic: Clinic) -> Iterator[Reception]:
    """What happens at the telephone."""
    store: Store
    with open_store(clinic.folder / "callward.db") as store:
        yield Reception(store, CONTEXT)


def test_the_list_is_in_the_clinics_language_with_categories(clinic: Clinic) -> None:
    text = clinic.text("topics", "list")
    assert "Nie umówiono: cena" in text
    assert "not booked" in text
    price = next(topic for topic in clinic.json("topics", "list") if topic["id"] == "price")
    assert price["names"]["es"] == "Sin cita: precio"
    assert (price["category"], price["own"]) == ("not_booked", False)


def test_the_clinic_adds_and_retires_its_own(clinic: Clinic) -> None:
    said = clinic.text("topics", "add", "Not booked: wants a Saturday", "--category", "not_booked", "--as", "anna")
    assert said == '"Not booked: wants a Saturday" counts as not booked.\n'
    assert "the clinic's own" in clinic.text("topics", "list")
    assert "already" in clinic.text("topics", "add", "wants a saturday", "--category", "booked", status=1)
    assert "no longer offered" in clinic.text("topics", "retire", "wants a saturday")
    assert "the clinic's own" not in clinic.text("topics", "list")
    assert "no longer offered" in clinic.text("topics", "list", "--all")


def test_a_topic_is_said_in_any_language_and_counts_by_its_category(clinic: Clinic, reception: Reception) -> None:
    reception.inbound("1", "10:00", "answered")
    assert clinic.text("calls", "topic", "1", "цена", "--as", "anna") == "1: Nie umówiono: cena.\n"
    (document,) = clinic.json("calls", "list")
    assert (document["topic"], document["topic_category"]) == ("price", "not_booked")


def test_a_misspelt_topic_is_answered_and_without_one_the_list_is_shown(clinic: Clinic, reception: Reception) -> None:
    reception.inbound("1", "10:00", "answered")
    assert "did you mean booked?" in clinic.text("calls", "topic", "1", "bokked", status=1)
    assert "Umówiono wizytę" in clinic.text("calls", "topic", "1")


def test_an_own_topic_of_the_category_booked_closes_the_callback(clinic: Clinic, reception: Reception) -> None:
    reception.inbound("1", "10:00")
    reception.inbound("2", "10:05", "unknown")
    clinic.text("topics", "add", "Booked online", "--category", "booked")
    assert "Callback 1 is closed: booked." in clinic.text("calls", "topic", "2", "booked online")


def test_spam_is_answered_with_how_to_be_left_alone(clinic: Clinic, reception: Reception) -> None:
    reception.inbound("1", "10:00", "answered")
    assert "callward numbers mark +48501000206 spam" in clinic.text("calls", "topic", "1", "ventas o spam")


def test_answered_calls_without_a_topic_are_asked_for(clinic: Clinic, reception: Reception) -> None:
    reception.inbound("1", "10:00", "answered")
    reception.inbound("2", "10:05")
    assert [call["id"] for call in clinic.json("calls", "list", "--without-topic")] == ["1"]
    clinic.text("calls", "topic", "1", "results")
    assert "Every answered call has a topic." in clinic.text("calls", "list", "--without-topic")
