"""Names are found as people type them, and a shared number shows the likeliest patient first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.match import Candidate, fold, rank, words


@pytest.mark.parametrize(("name", "folded"), [
    ("Łukasz Żółty", "lukasz zolty"),
    ("  Anna   Przykładowa-Nowak ", "anna przykladowa nowak"),
    ("Søren Ørsted", "soren orsted"),
    ("Đorđe", "dorde"),
    ("Groß", "gross"),
    ("GROẞ", "gross"),
    ("O'Brien", "obrien"),
    ("O’Brien", "obrien"),
    ("Артём Йошкин", "артем иошкин"),
    ("Мария Иванова", "мария иванова"),
    ("Іван Ґалаґан", "іван галаган"),
    ("Núñez", "nunez"),
    ("Αθηνά", "αθηνα"),
    ("İpek Işık", "ipek isik"),
    ("王 小明", "王 小明"),
    ("...", ""),
    ("", ""),
])
def test_a_name_is_folded_in_its_own_script(name: str, folded: str) -> None:
    assert fold(name) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=40))
def test_what_is_folded_holds_no_sign_of_a_search_pattern(text: str) -> None:
    assert not set(fold(text)) & set("%_'\"\\;\n")


def test_the_longest_words_of_a_search_come_first_and_once() -> None:
    assert words("Jan  van der Testowy jan") == ["testowy", "der", "jan", "van"]


MOTHER = Candidate("P-2", "Ewa Testowa", position=1, birth_year=1980)
CHILD = Candidate("P-1", "Ola Testowa", position=0, birth_year=2015)
WARD = Candidate("P-0", "Adam Testowy", position=0, guardian_ref="P-2")


def order(*candidates: Candidate, caller_name: str | None = None) -> list[str]:
    return [who.ref for who in rank(list(candidates), caller_name=caller_name, year=2026)]


def test_an_adult_comes_before_the_children_on_the_same_number() -> None:
    assert order(CHILD, WARD, MOTHER) == ["P-2", "P-0", "P-1"]


def test_the_name_the_network_gave_comes_first() -> None:
    assert order(CHILD, MOTHER, caller_name="TESTOWA, Ola") == ["P-1", "P-2"]


def test_whom_a_receptionist_noted_last_comes_before_all() -> None:
    noted = Candidate("P-9", "Piotr Testowy", position=3, birth_year=2016, noted_ms=5)
    assert order(MOTHER, noted, caller_name="Ewa Testowa") == ["P-9", "P-2"]


def test_the_first_number_of_a_patient_comes_before_a_further_one() -> None:
    first = Candidate("P-5", "Jan", position=0)
    further = Candidate("P-4", "Jan", position=2)
    assert order(further, first) == ["P-5", "P-4"]
