"""The invented clinics, one for each country: names, numbers and campaigns that are plausible there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Literal

FOLDER = Path(__file__).with_name("countries")
LANGUAGES = {"pl": "pl", "es": "es", "ru": "ru", "en": "gb"}
"""Language asked for, and the file of its country."""
DEFAULT = "pl"
PATIENTS = 400
_EVERY_SO_MANY = 25
"""One patient in so many is a child who shares a parent's number."""

Shape = Literal["steady", "midway", "issues"]
"""How much a campaign makes the phone ring over time: evenly; from the middle on; much after each issue, then less."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign with its tracked number. `share`: its part of all calls while it runs at its usual strength."""

    did: str
    label: str
    source: str
    medium: str
    name: str
    share: float
    monthly_cost: int
    shape: Shape = "steady"


@dataclass(frozen=True, slots=True)
class Country:
    """One invented clinic."""

    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    currency: str
    delimiter: str
    main: str
    callers: tuple[str, ...]
    """Ranges of callers' numbers: each X is any digit."""
    staff: tuple[str, ...]
    campaigns: tuple[Campaign, ...]
    words: Mapping[str, Any] = field(repr=False)
    """Names of people, and how the clinic's own system heads its tables."""


@dataclass(frozen=True, slots=True)
class Person:
    """A patient of the clinic's own system."""

    ref: str
    surname: str
    first_name: str
    number: str
    born: date
    consent: bool


def language_of(asked: str | None) -> str:
    """Return the demo's language, of `es` or `es_ES.UTF-8`; Polish when none is asked for.

    Raises:
        ValueError: there is no clinic of that language.
    """
    text = asked or DEFAULT
    code = text[:2].lower()
    if code not in LANGUAGES or text[2:3].isalnum():
        raise ValueError(f'There is no demo in "{text}"; choose one of {", ".join(LANGUAGES)}.')
    return code


def country_of(language: str) -> Country:
    """Return the invented clinic of a language's country."""
    data = tomllib.loads((FOLDER / f"{LANGUAGES[language]}.toml").read_text("utf-8"))
    campaigns = tuple(Campaign(**campaign) for campaign in data.pop("campaign"))
    words = data.pop("patients")
    lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
    return Country(**{**data, **lists}, campaigns=campaigns, words=words)


def numbers_of(country: Country, random: Random) -> list[str]:
    """Return every number that a caller may have, shuffled."""
    numbers = []
    for pattern in country.callers:
        stem, places = pattern.rstrip("X"), pattern.count("X")
        numbers += [stem + "".join(digits) for digits in product("0123456789", repeat=places)]
    random.shuffle(numbers)
    return numbers


def patients_of(country: Country, numbers: list[str], today: date, random: Random) -> list[Person]:
    """Return the clinic's patients, with the first of `numbers`; some children share a parent's."""
    words = country.words
    people: list[Person] = []
    for place in range(PATIENTS):
        sex = "women" if random.random() < 0.56 else "men"
        surname = " ".join(random.sample(words[f"{sex}_surnames"], words["surnames"]))
        child = place > 0 and place % _EVERY_SO_MANY == 0
        born = today - timedelta(days=round(random.uniform(2, 16) * 365 if child else random.uniform(18, 88) * 365))
        number = people[-1].number if child else numbers[place]
        people.append(Person(f"P{1001 + place}", surname, random.choice(words[sex]), number, born,
                             random.random() < 0.6))
    return people
