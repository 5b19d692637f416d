"""When the clinic's phone rings, by whom it is rung, and what becomes of it. Pure: all chance comes from one seed.

Calls follow the week (Mondays and mornings are full, lunch is quiet, a few come after closing) and the campaigns: the
billboard begins midway, each issue of the newspaper makes a wave that dies away. Who was missed rings again, or is rung
back when the clinic has time.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from demo.country import Campaign, Country, Shape
from demo.recordings import Made

CALLS = 30.0
"""Inbound calls on a usual day, while every steady campaign runs."""

WEEK = (1.3, 1.1, 1.05, 1.05, 0.9, 0.35, 0.08)
HOURS = {7: 0.25, 8: 1.7, 9: 1.6, 10: 1.25, 11: 1.0, 12: 0.7, 13: 0.6, 14: 0.95, 15: 1.1, 16: 0.95, 17: 0.75, 18: 0.25,
         19: 0.15, 20: 0.1, 21: 0.06, 22: 0.03}
MORNING_S = 3 * 3600
"""The clinic was open for so long when the live day begins."""
_MORNING_EVERY_S = 260.0
ISSUES_EVERY = 14
"""Days between two issues of the newspaper."""

ANSWERED = {"queue_answered": 30, "queue_second_phone": 12, "group_answered": 14, "direct_answered": 12,
            "menu_answered": 12, "transferred": 4, "withheld_answered": 1.5}
MISSED = {"queue_abandoned": 7, "queue_voicemail": 3, "direct_no_answer": 2, "direct_busy": 1.2, "queue_closed": 0.8,
          "menu_left": 2}
CLOSED = {"after_hours_voicemail": 5, "menu_left": 4}
REACHED = {"outbound_answered": 66, "outbound_no_answer": 24, "outbound_busy": 10}

Open = Callable[[float], bool]
"""Whether the clinic works at a moment (seconds since the epoch)."""


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A call that will be: what is recorded, and what is to be made of it."""

    start: float
    name: str = field(compare=False)
    number: str = field(compare=False)
    did: str = field(compare=False)
    wait: float = field(compare=False)
    talk: float = field(compare=False)
    turn: int = field(default=0, compare=False)

    @property
    def end(self) -> float:
        """Return when it is over, seconds since the epoch."""
        return self.start + self.wait + self.talk

    def made(self, serial: int) -> Made:
        """Return what a recording needs to know."""
        return Made(self.start, serial, self.number, self.did, self.wait, self.talk, self.turn)


@dataclass(slots=True)
class People:
    """Who rings: patients whom the clinic knows, and strangers, of whom some ring again."""

    patients: list[str]
    strangers: list[str]
    met: list[str] = field(default_factory=list)

    def one(self, random: Random, known: float) -> str:
        """Return a number: a patient's with the chance `known`, else a stranger's."""
        if random.random() < known:
            return random.choice(self.patients)
        if self.met and (random.random() < 0.15 or not self.strangers):
            return random.choice(self.met[-200:])
        self.met.append(self.strangers.pop())
        return self.met[-1]


@dataclass(frozen=True, slots=True)
class Season:
    """The days that are planned, and the clinic they are planned for."""

    country: Country
    first: date
    last: date
    open: Open
    holiday: Callable[[date], bool]

    @property
    def zone(self) -> ZoneInfo:
        """Return the clinic's zone."""
        return ZoneInfo(self.country.timezone)

    def days(self) -> Iterator[date]:
        """Yield the days, the first and the last included."""
        for ahead in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=ahead)


def strength(shape: Shape, day: int, days: int) -> float:
    """Return how much a campaign works on a day (from 0) of `days`, 1 being its usual strength."""
    if shape == "midway":
        return 1 - math.exp(-(day - days // 2 + 1) / 3) if day >= days // 2 else 0.0
    if shape == "issues":
        return 2.8 * math.exp(-(day % ISSUES_EVERY) / 2.2)
    return 1.0


def plan(season: Season, people: People, random: Random) -> list[Planned]:
    """Return every call of the season, in order; calls of the last day after now are for the caller to cut off."""
    planned: list[Planned] = []
    for number, day in enumerate(season.days()):
        planned += _day(season, number, day, people, random)
    return sorted(planned)


def this_morning(season: Season, people: People, random: Random, now: float) -> Iterator[Planned]:
    """Yield the calls of the hours before now: whatever the day and the hour, a demo begins in the middle of a day."""
    midnight = datetime.combine(season.last, time(), season.zone).timestamp()
    days = (season.last - season.first).days + 1
    start = max(midnight + 60, now - MORNING_S)
    while (start := start + random.expovariate(1 / _MORNING_EVERY_S)) < now:
        campaign = campaign_of(season.country, random, days - 1, days)
        number = people.one(random, known_share(campaign))
        call = inbound(random, start, number, campaign.did if campaign else season.country.main, missed=0.2,
                       is_open=True)
        yield call
        if call.talk == 0.0:
            yield from _after_a_miss(season, call, random)


def inbound(random: Random, start: float, number: str, did: str, *, missed: float, is_open: bool) -> Planned:
    """Return a call from outside; `missed` is the chance that nobody answers it."""
    if not is_open:
        name = _pick(random, CLOSED)
        wait = random.uniform(12, 40)
        return Planned(start, name, number, did, wait, 0.0)
    if random.random() < missed:
        name = _pick(random, MISSED)
        wait = random.uniform(3, 35) if name == "menu_left" else random.uniform(15, 95)
        return Planned(start, name, number, did, wait, 0.0, random.randrange(5))
    wait = min(90.0, random.lognormvariate(2.5, 0.6))
    return Planned(start, _pick(random, ANSWERED), number, did, wait, _talk(random), random.randrange(5))


def campaign_of(country: Country, random: Random, day: int, days: int) -> Campaign | None:
    """Return the campaign that makes the phone ring on a day; None for the clinic's main number."""
    weights = [c.share * strength(c.shape, day, days) for c in country.campaigns]
    return random.choices([*country.campaigns, None], [*weights, _main_share(country)])[0]


def known_share(campaign: Campaign | None) -> float:
    """Return how many of the callers are patients already: most at the main number, few that an advertisement won."""
    return 0.8 if campaign is None else 0.2


def _day(season: Season, number: int, day: date, people: People, random: Random) -> Iterator[Planned]:
    busy = WEEK[6] if season.holiday(day) else WEEK[day.weekday()]
    days = (season.last - season.first).days + 1
    sources: list[tuple[Campaign | None, float]] = [
        (c, c.share * strength(c.shape, number, days)) for c in season.country.campaigns
    ]
    for campaign, share in [*sources, (None, _main_share(season.country))]:
        for _ in range(_poisson(random, CALLS * busy * share)):
            start = _moment(season, day, random)
            full = 2.0 if day.weekday() == 0 and 8 <= _hour(season, start) < 10 else 1.0
            caller = people.one(random, known_share(campaign))
            did = campaign.did if campaign else season.country.main
            call = inbound(random, start, caller, did, missed=0.12 * full, is_open=season.open(start))
            yield call
            if call.talk == 0.0:
                yield from _after_a_miss(season, call, random)
    for _ in range(_poisson(random, 2.0 * busy)):
        yield _made_by_us(season, _opening(season, _moment(season, day, random), random), people.patients, random)


def _after_a_miss(season: Season, miss: Planned, random: Random) -> Iterator[Planned]:
    """Yield what follows: the caller rings again, or the clinic rings back, up to three times, or nobody does."""
    if random.random() < 0.18:
        again = miss.end + random.uniform(60, 1500)
        if season.open(again):
            yield inbound(random, again, miss.number, miss.did, missed=0.15, is_open=True)
            return
    if random.random() < 0.03:
        return
    at = _opening(season, miss.end + random.expovariate(1 / 1500) + 300, random)
    for _ in range(3):
        name = _pick(random, REACHED)
        talk = random.uniform(40, 240) if name == "outbound_answered" else 0.0
        wait = random.uniform(6, 14) if talk else random.uniform(4, 28)
        yield Planned(at, name, miss.number, season.country.main, wait, talk, random.randrange(5))
        if talk or random.random() < 0.1:
            return
        at = _opening(season, at + random.uniform(3700, 9 * 3600), random)


def _made_by_us(season: Season, start: float, patients: list[str], random: Random) -> Planned:
    """Return a call that the clinic makes by itself: to a patient, or from phone to phone."""
    if random.random() < 0.3:
        return Planned(start, "internal", "", "", random.uniform(3, 9), random.uniform(10, 90), random.randrange(5))
    return Planned(start, "outbound_answered", random.choice(patients), season.country.main, random.uniform(6, 14),
                   random.uniform(30, 200), random.randrange(5))


def _opening(season: Season, at: float, random: Random) -> float:
    """Return `at`, or a moment soon after the clinic opens again."""
    if season.open(at):
        return at
    while not season.open(at):
        at += 300
    return at + random.uniform(0, 2400)


def _moment(season: Season, day: date, random: Random) -> float:
    hour = random.choices(list(HOURS), list(HOURS.values()))[0]
    local = datetime.combine(day, time(hour, random.randrange(60), random.randrange(60)), season.zone)
    return local.timestamp() + random.random()


def _hour(season: Season, start: float) -> int:
    return datetime.fromtimestamp(start, season.zone).hour


def _main_share(country: Country) -> float:
    return 1.0 - sum(c.share for c in country.campaigns)


def _talk(random: Random) -> float:
    return min(900.0, 20.0 + random.lognormvariate(4.6, 0.7))


def _pick(random: Random, weights: Mapping[str, float]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _poisson(random: Random, mean: float) -> int:
    """Return how many of many rare things happen (Knuth's product of chances)."""
    limit, chance, count = math.exp(-mean), random.random(), 0
    while chance > limit:
        chance *= random.random()
        count += 1
    return count
