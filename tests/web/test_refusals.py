"""What is refused is said in the reader's language: every sentence of the rules, and those that pages answer with."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from callbacks import marks
from callbacks.desk import Desk
from callbacks.errors import ClaimedBy, NoSuchCallback
from callbacks.rules import CORRECTED
from refusals import Refusal, Words
from store import open_store
from tests.callbacks.clinic import CONTEXT, PATIENT
from tests.web.house import House, Visitor, house
from tests.web.reception import console, person
from tests.web.refused import made, sentences
from tests.web.test_i18n import TRANSLATED, translations
from tracking.why import reasons
from web import i18n
from web.calls_words import decided_text, reason_text
from web.refusals import PAGES, said, told


def test_every_refusal_is_a_plain_sentence_with_fields() -> None:
    """One that is put together from pieces could not be translated: its values belong into fields."""
    wrong = [place for place, call in made() if call.args and not isinstance(call.args[0], ast.Constant)]
    assert wrong == []


def test_every_refusal_has_all_the_fields_that_its_sentence_names() -> None:
    for place, call in made():
        if call.args and isinstance(call.args[0], ast.Constant):
            named = {keyword.arg for keyword in call.keywords}
            assert set(re.findall(r"%\((\w+)\)s", str(call.args[0].value))) == named, place


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_refusal_is_translated(language: str) -> None:
    known = translations(language)
    assert {text: place for text, place in sentences().items() if not known.get(text)} == {}


def test_what_pages_say_otherwise_is_said_by_the_rules() -> None:
    firsts = [call.args[0] for _, call in made() if call.args]
    said_by_rules = {str(first.value) for first in firsts if isinstance(first, ast.Constant)}
    assert set(PAGES) <= said_by_rules
    for text, on_page in PAGES.items():
        assert set(re.findall(r"%\(\w+\)s", on_page)) <= set(re.findall(r"%\(\w+\)s", text)), text
        assert "callward " not in on_page


def test_a_refusal_is_english_for_programs_and_the_readers_language_on_a_page() -> None:
    error = ClaimedBy(7, "Ewa", None)
    assert str(error) == "Ewa has callback 7 already; take another one, or ask them to release it."
    with i18n.speaking("pl"):
        assert said(error).startswith("Ewa ")
        assert "oddzwonienie" in said(error)
    assert said(NoSuchCallback(7)) == "There is no such callback any more."


def test_a_part_of_a_sentence_is_translated_with_it_and_what_people_wrote_is_not() -> None:
    error = Refusal("%(what)s is longer than %(most)s characters; shorten it.", what=Words("The name"), most=200)
    assert str(error) == "The name is longer than 200 characters; shorten it."
    with i18n.speaking("ru"):
        assert said(error) == "Название длиннее 200 знаков; сократите."
    assert told("the chart could not be drawn (%(why)s); the table has the same figures.", {"why": "50%"}).startswith(
        "The chart could not be drawn (50%);")


def test_what_is_no_refusal_tells_its_own_text() -> None:
    assert said(ValueError("Plain.")) == "Plain."


async def refused(visitor: Visitor, path: str, **form: Any) -> str:
    """Post a form that cannot be taken; return the sentence of the answer."""
    answer = await visitor.post(path, **form)
    assert answer.status in (400, 409), path
    return visitor.told


async def speaks(made: House, visitor: Visitor, language: str, *roles: str) -> None:
    made.add("root", *roles)
    with made.store.write() as tx:
        tx.run("user_language", name="root", language=language)
    await visitor.sign_in("root")


BAD_FORMS: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("/admin/users", "/admin/users", {"name": "x", "display": "X", "role": "receptionist"}, "nie może być loginem"),
    ("/admin/users", "/admin/users", {"name": "ewa", "display": "Ewa"}, "Nadaj przynajmniej jedną rolę."),
    ("/admin/users", "/admin/users/nobody/revoke", {}, "nie ma już"),
    ("/admin/campaigns", "/admin/campaigns", {"source": "", "medium": "", "name": "A"}, "Kampania potrzebuje źródła"),
    ("/admin/campaigns", "/admin/campaigns/9/cost", {"period": "soon", "amount": "1", "currency": "PLN"},
     "nie jest ani dniem, ani miesiącem"),
    ("/admin/campaigns", "/admin/campaigns/9/cost", {"period": "2026-11", "amount": "many", "currency": "PLN"},
     "nie jest kwotą"),
    ("/admin/numbers", "/admin/numbers", {"did": "12", "valid_from": "2026-11-01"}, "To nie jest numer telefonu"),
    ("/admin/numbers", "/admin/numbers", {"did": "22 123 45 01", "valid_from": "2026-11-01", "kind": "static"},
     "Tylko numer główny"),
    ("/admin/numbers", "/admin/numbers/9/end", {"valid_to": "2026-11-01"}, "nie jest już"),
    ("/admin/hours", "/admin/hours", {"day": "2026-12-24", "hours": "late"}, "nie są godzinami"),
    ("/admin/hours", "/admin/hours/drop", {"day": "2026-12-24"}, "nic nie powiedziano"),
    ("/admin/topics", "/admin/topics/retire", {"topic": "booked"}, "należy do Callward"),
    ("/admin/topics", "/admin/topics/retire", {"topic": "xyz"}, "Nie ma już tematu"),
    ("/admin/verify", "/admin/verify", {"pbx": "none", "start": "2026-11-01", "end": "2026-11-02"},
     "W ustawieniach nie ma takiej centrali"),
)  # fmt: skip


async def test_the_admins_pages_refuse_in_polish(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as root:
        await speaks(made, root, "pl", "admin", "manager", "marketer")
        for page, path, form, sentence in BAD_FORMS:
            await root.get(page)
            found = await refused(root, path, **form)
            assert sentence in found, (path, found)


NOTES: tuple[tuple[str, str, dict[str, str], str], ...] = (
    ("pl", "/patients/P1/edit", {"name": "", "numbers": ""}, "Pacjent musi mieć nazwisko"),
    ("ru", "/patients/P1/edit", {"name": "A", "numbers": "12"}, "«12» "),
    ("es", "/calls/main:1.0/note", {"topic": "xyz"}, "Ya no existe el motivo «xyz»"),
    ("pl", "/calls/main:1.0/note", {"booked_day": "2026-11-01", "booked_time": "10:00"}, "Wizyta"),
    ("pl", "/calls/main:1.0/campaign", {"campaign": "", "because": ""}, "Brakuje powodu"),
    ("ru", "/calls/main:1.0/campaign", {"campaign": "77", "because": "так сказали"}, "Такой кампании нет"),
    ("es", "/calls/main:1.0/campaign/undo", {}, "no hay nada que deshacer"),
    ("pl", "/calls/main:1.0/spam", {"reason": ""}, "Ten numer jest już oznaczony: personel."),
    ("ru", "/callbacks/99/claim", {}, "больше нет"),
)  # fmt: skip


async def test_patients_notes_and_callbacks_refuse_in_the_readers_language(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "boss", "101", "receptionist manager") as boss:
        made.patient("P1", "Anna Nowak", PATIENT)
        made.calls.inbound("1.0", "09:00")
        with made.store.write() as tx:
            marks.mark(Desk(tx, CONTEXT, "boss", made.now), PATIENT, "staff", "our own phone")
        for language, path, form, sentence in NOTES:
            with made.store.write() as tx:
                tx.run("user_language", name="boss", language=language)
            status, answer = await boss.post(path, **form)
            assert (status, sentence in answer) == (409, True), (path, answer)


async def test_a_period_that_ends_before_it_begins_is_told_in_the_readers_language(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as boss:
        await speaks(made, boss, "pl", "manager")
        await boss.get("/reports/missed?from=2026-11-22&to=2026-11-20")
        assert "Okres kończy się (2026-11-20), zanim się zacznie" in boss.page
        await boss.get("/reports/missed?by=day&by=source")
        assert "Połączenia nieodebrane liczy się według czasu albo według źródła" in boss.page


def test_why_a_call_belongs_to_a_campaign_is_told_in_the_readers_language() -> None:
    evidence = json.dumps({"did": "+48221234501", "label": "", "day": "2026-11-23", "valid_from": "2026-01-01",
                           "valid_to": None, "assignment": 3})  # fmt: skip
    with open_store(":memory:") as store, store.write() as tx:
        tx.run("campaign_add", id=7, source="billboard", medium="outdoor", name="autumn")
        tx.run("attribution_put", pbx="main", call="1.1", rule="number", campaign=7, evidence=evidence,
               runner_up=json.dumps({"rule": "returning", "campaign": None}), decided_ms=0)
        tx.run("heard_put", pbx="main", call="1.1", answer="doctor", author="anna", at_ms=0)
        told_so = reasons(tx, "main", "1.1")
    with i18n.speaking("pl"):
        assert [decided_text(one, "PL", {}) for one in told_so] == [
            "Kampania: billboard / outdoor / autumn.",
            "Dzwoniący wybrał numer 22 123 45 01 dnia 23 lis 2026.",
            "Od 1 sty 2026 ten numer należy do tej kampanii (przypisanie 3).",
            "W przeciwnym razie byłoby to: żadna kampania, bo dzwoniący powraca.",
            f"Na pytanie, skąd zna klinikę, dzwoniący odpowiedział: „{i18n.gettext('a doctor')}”.",
        ]


def test_what_the_rules_say_of_a_closed_callback_is_translated_and_what_people_wrote_is_not() -> None:
    with i18n.speaking("pl"):
        assert reason_text(CORRECTED) == "poprawiono jego nieodebrane połączenie"
        assert reason_text("appointment A-7 was made") == "umówiono wizytę A-7"
        assert reason_text("they moved to Kraków") == "they moved to Kraków"
