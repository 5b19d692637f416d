"""The invented clinics, one for each country: names, numbers and campaigns that are plausible there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    receptionist: tuple[str, str]
    """Login and name of the person whose place a visitor takes; so, too, the next two."""
    manager: tuple[str, str]
    marketer: tuple[str, str]
    doctors: tuple[str, ...]
    comments: tuple[str, ...]
    """What receptionists write about calls."""
    services: Mapping[str, int]
    """What is booked, and what it costs."""
    promises: Mapping[str, str]
    """What an advertisement promises, by `source/medium`."""
    campaigns: tuple[Campaign, ...]
    words: Mapping[str, Any] = field(repr=False)
    """Names of people, and how the clinic's own system heads its tables."""

    @property
    def pool(self) -> tuple[str, ...]:
        """Return the numbers that the web site lends to its visitors; the last one is shown when none is free."""
        return tuple(f"{self.main[:-3]}{digits}" for digits in ("111", "112", "113", "114", "119"))


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
    people: list[Person] = []
    for place in range(PATIENTS):
        child = place > 0 and place % _EVERY_SO_MANY == 0
        born = today - timedelta(days=round(random.uniform(2, 16) * 365 if child else random.uniform(18, 88) * 365))
        number = people[-1].number if child else numbers[place]
        who = named(country, random, family=people[-1].surname if child else "")
        people.append(replace(who, ref=f"P{1001 + place}", number=number, born=born))
    return people


def named(country: Country, random: Random, family: str = "") -> Person:
    """Return somebody with a name and a choice, and nothing else yet. `family` is a relative's surname."""
    words = country.words
    sex = "women" if random.random() < 0.56 else "men"
    surname = " ".join(random.sample(words[f"{sex}_surnames"], words["surnames"]))
    if family:
        both = [*zip(words["women_surnames"], words["men_surnames"], strict=True)]
        surname = " ".join(pair[sex == "men"] for part in family.split(" ") for pair in both if part in pair)
    return Person("", surname, random.choice(words[sex]), "", date.min, random.random() < 0.6)
