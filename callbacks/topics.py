"""What a call was about: the shipped topics in four languages, each with a category, and the clinic's own beside them.

A category is what reports go by; a topic is the words that people choose. A topic is found by its id or by its name in
any language; of a name such as "Not booked: price" the last part alone will do.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

from callbacks.errors import TopicError
from store import Row, Tx, rollups

Category = Literal[
    "booked", "moved", "cancelled", "not_booked", "information", "results", "prescription", "complaint",
    "wrong_number", "sales_spam",
]
CATEGORIES: tuple[Category, ...] = get_args(Category)
LANGUAGES = ("en", "pl", "ru", "es")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `names` are by LANGUAGES; the clinic's own topics have one name for all of them."""

    id: str
    category: str
    names: tuple[str, str, str, str]
    own: bool = False
    retired: bool = False

    def name(self, language: str) -> str:
        """Return the name in a language, in English when it is not one of ours."""
        return self.names[LANGUAGES.index(language) if language in LANGUAGES else 0]


SHIPPED: tuple[Topic, ...] = (
    Topic("booked", "booked", ("Booked", "Umówiono wizytę", "Записали на приём", "Cita dada")),
    Topic("moved", "moved", ("Moved", "Przełożono wizytę", "Перенесли приём", "Cita cambiada")),
    Topic("cancelled", "cancelled", ("Cancelled", "Odwołano wizytę", "Отменили приём", "Cita anulada")),
    Topic("price", "not_booked", ("Not booked: price", "Nie umówiono: cena", "Не записали: цена",
                                  "Sin cita: precio")),
    Topic("no_date", "not_booked", ("Not booked: no date free", "Nie umówiono: brak terminu",
                                    "Не записали: нет времени", "Sin cita: sin fecha libre")),
    Topic("doctor_away", "not_booked", ("Not booked: doctor away", "Nie umówiono: lekarz nieobecny",
                                        "Не записали: врача нет", "Sin cita: médico ausente")),
    Topic("not_offered", "not_booked", ("Not booked: service not offered", "Nie umówiono: nie mamy takiej usługi",
                                        "Не записали: нет такой услуги", "Sin cita: servicio no ofrecido")),
    Topic("thinks_over", "not_booked", ("Not booked: thinks it over", "Nie umówiono: zastanowi się",
                                        "Не записали: подумает", "Sin cita: lo pensará")),
    Topic("insurance", "not_booked", ("Not booked: insurance", "Nie umówiono: ubezpieczenie",
                                      "Не записали: страховка", "Sin cita: seguro")),
    Topic("too_far", "not_booked", ("Not booked: too far", "Nie umówiono: za daleko", "Не записали: далеко",
                                    "Sin cita: demasiado lejos")),
    Topic("information", "information", ("Information", "Informacja", "Справка", "Información")),
    Topic("results", "results", ("Results", "Wyniki badań", "Результаты анализов", "Resultados")),
    Topic("prescription", "prescription", ("Prescription", "Recepta", "Рецепт", "Receta")),
    Topic("complaint", "complaint", ("Complaint", "Skarga", "Жалоба", "Queja")),
    Topic("wrong_number", "wrong_number", ("Wrong number", "Pomyłka", "Ошиблись номером", "Número equivocado")),
    Topic("sales_spam", "sales_spam", ("Sales or spam", "Oferta lub spam", "Реклама или спам", "Ventas o spam")),
)  # fmt: skip
"""The topics that every clinic has, in the order they are shown."""


def topics(tx: Tx, *, retired: bool = False) -> list[Topic]:
    """Return the shipped topics and then the clinic's own, by name; with `retired` also those no longer offered."""
    own = [_own(row) for row in tx.all("topics_own")]
    return [*SHIPPED, *(topic for topic in own if retired or not topic.retired)]


def find(known: Iterable[Topic], text: str) -> Topic:
    """Return the topic that a person means by `text`: its id, its name in any language, or the last part of the name.

    Raises:
        TopicError: there is none; the likeliest ones are named.
    """
    wanted = folded(text)
    words: dict[str, Topic] = {}
    for topic in known:
        for word in _words(topic):
            words.setdefault(word, topic)
    if wanted in words:
        return words[wanted]
    near = list(dict.fromkeys(words[word].id for word in get_close_matches(wanted, words, 3, 0.6)))
    if near:
        raise TopicError('There is no topic "%(topic)s"; did you mean %(near)s?', topic=text.strip(),
                         near=" or ".join(near))
    raise TopicError('There is no topic "%(topic)s"; `callward topics list` shows those there are.', topic=text.strip())


def add(tx: Tx, name: str, category: Category, author: str, now_ms: int) -> Topic:
    """Add a topic of the clinic's own, or offer a retired one again; return it.

    Raises:
        TopicError: the name is empty, or another topic has it.
    """
    shown = " ".join(name.split())
    own_id = folded(shown)
    if not own_id:
        raise TopicError("The topic has no name; write a few words, such as \"Lens fitting\".")
    for topic in topics(tx, retired=True):
        if own_id in _words(topic) and not (topic.own and topic.retired):
            raise TopicError('There is a topic "%(name)s" (%(topic)s) already; choose another name.',
                             name=topic.name("en"), topic=topic.id)
    tx.run("topic_put", id=own_id, category=category, name=shown, author=author, at_ms=now_ms)
    return Topic(own_id, category, (shown,) * 4, own=True)


def retire(tx: Tx, text: str, now_ms: int) -> Topic:
    """Offer one of the clinic's own topics no longer; what was noted with it stays.

    Raises:
        TopicError: there is no such topic, or it is one of the shipped.
    """
    topic = find(topics(tx), text)
    if not topic.own:
        raise TopicError('"%(topic)s" comes with Callward and cannot be retired; simply do not use it.',
                         topic=topic.name("en"))
    tx.run("topic_retire", id=topic.id, retired_ms=now_ms)
    return topic


def note(tx: Tx, call: Row, topic: Topic, said: tuple[str, str | None], now_ms: int) -> None:
    """Note what a call (a row of `call`) was about. `said` is who says so, and the patient it was about, if known.

    The last note of a call is the one that counts; the earlier ones stay.
    """
    author, patient = said
    counted = rollups.stored(tx, call["pbx"], call["id"])
    tx.run(
        "call_topic_put", id=tx.next_id("call_topic"), pbx=call["pbx"], call=call["id"], topic=topic.id,
        category=topic.category, patient=patient, author=author, at_ms=now_ms,
    )  # fmt: skip
    rollups.recounted(tx, call["pbx"], call["id"], counted)


def folded(text: str) -> str:
    """Return text as names are compared: small letters without marks, words parted by one space."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("_", " "))
    kept = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join("".join(character if character.isalnum() else " " for character in kept).split())


def _words(topic: Topic) -> list[str]:
    names = [topic.id, *topic.names]
    return [folded(word) for word in [*names, *(name.rpartition(":")[2] for name in names)]]


def _own(row: Row) -> Topic:
    return Topic(row["id"], row["category"], (row["name"],) * 4, own=True, retired=row["retired_ms"] is not None)
