"""The invented clinics: their numbers could be rung there, and belong to nobody where a country keeps such ranges."""

import re
from datetime import date
from pathlib import Path
from random import Random

import pytest

from demo.country import LANGUAGES, PATIENTS, Country, country_of, language_of, numbers_of, patients_of
from demo.folder import write_costs, write_numbers, write_patients
from demo.history import SEED
from patients.importing import Options, import_patients
from patients.phones import e164, may_ring
from patients.tables import Source
from store import open_store
from tracking.campaigns import import_campaigns
from tracking.numbers import import_numbers

TODAY = date(2026, 11, 22)
FICTION = re.compile(r"\+44(7700900\d{3}|2079460\d{3}|11[34567]4960\d{3})")
"""The ranges that Ofcom keeps for drama."""


@pytest.fixture(params=LANGUAGES)
def country(request: pytest.FixtureRequest) -> Country:
    return country_of(request.param)


def test_every_number_is_possible_and_may_be_rung_back(country: Country) -> None:
    own = [country.main, *(campaign.did for campaign in country.campaigns)]
    for number in [*own, *numbers_of(country, Random(SEED))]:
        assert e164(number, country.country) == number
        assert may_ring(number, (country.country,)), number


def test_no_caller_has_a_number_of_the_clinic(country: Country) -> None:
    own = {country.main, *(campaign.did for campaign in country.campaigns)}
    numbers = numbers_of(country, Random(SEED))
    assert not own & set(numbers)
    assert len(set(numbers)) == len(numbers) >= 4000


def test_the_british_numbers_are_of_the_ranges_kept_for_fiction() -> None:
    country = country_of("en")
    own = [country.main, *(campaign.did for campaign in country.campaigns)]
    assert [number for number in [*own, *numbers_of(country, Random(SEED))] if not FICTION.fullmatch(number)] == []


def test_its_tables_are_imported_whole(country: Country, tmp_path: Path) -> None:
    random = Random(SEED)
    people = patients_of(country, numbers_of(country, random), TODAY, random)
    first = date(2026, 8, 24)
    with open_store(":memory:") as store:
        source = Source(write_patients(tmp_path, country, people), country.country)
        result = import_patients(store, source, Options(now_ms=0))
        assert (result.added, result.not_imported, result.problems, result.ignored) == (PATIENTS, 0, 0, ())
        numbers = import_numbers(store, Source(write_numbers(tmp_path, country, first, TODAY), country.country))
        own = 1 + len(country.campaigns) + len(country.pool)
        assert (numbers.added, numbers.problems, numbers.ignored) == (own, (), ())
        costs = import_campaigns(store, Source(write_costs(tmp_path, country, first, TODAY), country.country))
        assert (costs.problems, costs.ignored) == ((), ())
        with store.read() as tx:
            stored = tx.all("patients_by_number", number=people[0].number)
        assert people[0].ref in {row["ref"] for row in stored}


def test_some_children_share_a_number_with_a_parent(country: Country) -> None:
    random = Random(SEED)
    people = patients_of(country, numbers_of(country, random), TODAY, random)
    assert len({who.number for who in people}) < len(people)


@pytest.mark.parametrize(
    ("asked", "found"), [(None, "pl"), ("", "pl"), ("es", "es"), ("ru_RU.UTF-8", "ru"), ("EN", "en")]
)
def test_the_language_is_read_as_a_locale_is_written(asked: str | None, found: str) -> None:
    assert language_of(asked) == found


@pytest.mark.parametrize("asked", ["de", "polish", "x"])
def test_another_language_is_refused_with_the_choice(asked: str) -> None:
    with pytest.raises(ValueError, match="choose one of pl, es, ru, en"):
        language_of(asked)
