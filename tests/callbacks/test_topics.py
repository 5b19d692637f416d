"""Topics: found in any language, each with a category, the clinic's own beside the shipped ones."""

from typing import get_args

import pytest

from callbacks import TopicError
from callbacks.topics import CATEGORIES, LANGUAGES, SHIPPED, Category, Topic, add, find, folded, note, retire, topics
from commands.topics import CATEGORIES as OFFERED
from store import Store
from tests.callbacks.clinic import Clinic, at
from tests.store.rows import one, rows


def test_every_category_has_a_topic_and_every_topic_a_category() -> None:
    assert {topic.category for topic in SHIPPED} == set(get_args(Category)) == set(CATEGORIES) == set(OFFERED)


def test_no_word_means_two_topics() -> None:
    meant: dict[str, str] = {}
    for topic in SHIPPED:
        assert len(set(topic.names)) == 4
        for name in (topic.id, *topic.names, *(name.rpartition(":")[2] for name in topic.names)):
            assert meant.setdefault(folded(name), topic.id) == topic.id, name


@pytest.mark.parametrize(("text", "found"), [
    ("booked", "booked"), ("BOOKED ", "booked"), ("Umówiono wizytę", "booked"), ("umowiono wizyte", "booked"),
    ("Записали на приём", "booked"), ("записали на прием", "booked"), ("Cita dada", "booked"),
    ("Not booked: price", "price"), ("cena", "price"), ("цена", "price"), ("precio", "price"), ("no_date", "no_date"),
    ("no date free", "no_date"), ("Ошиблись номером", "wrong_number"), ("número equivocado", "wrong_number"),
])
def test_a_topic_is_found_by_id_or_by_name_in_any_language(text: str, found: str) -> None:
    assert find(SHIPPED, text).id == found


@pytest.mark.parametrize(("text", "hint"), [
    ("bokked", "did you mean booked?"), ("recepty", "did you mean prescription"), ("zzzz", "callward topics list"),
    ("", "callward topics list"),
])
def test_a_misspelt_topic_is_answered_with_the_likeliest(text: str, hint: str) -> None:
    with pytest.raises(TopicError, match=hint):
        find(SHIPPED, text)


def test_a_topic_is_named_in_each_language() -> None:
    assert [SHIPPED[0].name(language) for language in (*LANGUAGES, "de")] == [*SHIPPED[0].names, "Booked"]


def test_the_clinic_adds_its_own_and_retires_it_again(store: Store) -> None:
    with store.write() as tx:
        added = add(tx, "Not booked:  wants a Saturday", "not_booked", "anna", 1)
        assert find(topics(tx), "WANTS a Saturday") == added
        with pytest.raises(TopicError, match="already"):
            add(tx, "wants a saturday", "not_booked", "anna", 2)
        with pytest.raises(TopicError, match="already"):
            add(tx, "Cena", "not_booked", "anna", 2)
        with pytest.raises(TopicError, match="no name"):
            add(tx, " : ", "not_booked", "anna", 2)
        retire(tx, "wants a saturday", 3)
        assert topics(tx) == list(SHIPPED)
        assert [topic.id for topic in topics(tx, retired=True) if topic.own] == [added.id]
        again = add(tx, "Not booked: wants a Saturday", "information", "anna", 4)
        assert find(topics(tx), "wants a saturday") == again == Topic(
            added.id, "information", ("Not booked: wants a Saturday",) * 4, own=True
        )


def test_a_shipped_topic_cannot_be_retired(store: Store) -> None:
    with store.write() as tx, pytest.raises(TopicError, match="comes with Callward"):
        retire(tx, "booked", 1)


def test_a_note_keeps_what_the_topic_meant_when_it_was_written(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00", "answered")
    with store.write() as tx:
        call = one(tx, "call_get", pbx="main", id="1")
        own = add(tx, "Lens fitting", "information", "anna", 1)
        note(tx, call, own, ("anna", None), at("10:01"))
        add_again = retire(tx, "lens fitting", 2)
        add(tx, "Lens fitting", "booked", "anna", 3)
        (row,) = rows(tx, "call_topic")
    assert (row["topic"], row["category"], row["author"]) == (add_again.id, "information", "anna")


def test_answered_calls_that_nobody_noted_are_listed(clinic: Clinic, store: Store) -> None:
    clinic.inbound("1", "10:00", "answered")
    clinic.inbound("2", "10:01", "abandoned")
    clinic.outbound("3", "10:05", "answered")
    clinic.inbound("4", "10:10", "answered", kind="internal")
    no_filter = dict.fromkeys(
        ("from_ms", "to_ms", "direction", "outcome", "number", "before_ms", "before_id", "before_pbx")
    )
    with store.write() as tx:
        assert [row["id"] for row in tx.all("calls_without_topic", **no_filter, limit=9)] == ["3", "1"]
        note(tx, one(tx, "call_get", pbx="main", id="3"), SHIPPED[0], ("anna", None), at("10:11"))
        assert [row["id"] for row in tx.all("calls_without_topic", **no_filter, limit=9)] == ["1"]
