"""Visitors of the clinic's web site: each is lent a number of the pool, and some of them ring it.

What they were lent is stored before the history is told, in the order of time, by the same function that the number
script asks: so a call to a number of the pool finds the visit that brought it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from zoneinfo import ZoneInfo

from demo.country import Country
from demo.rhythm import Planned
from store import Store
from tracking.journey_gather import journey_of_patient
from tracking.leasing import Terms
from tracking.moments import local_day
from tracking.sources import Source
from tracking.visitors import Ask, give, hashed

SITE = "www.clinic.example"
PAGES = ("/", "/prices", "/implants", "/doctors", "/contact")
RING = 0.6
"""So many of the callers whom the web site won ring a number of the pool."""
ONLY_LOOK = 2
"""Visitors who do not ring, for each who does."""
_AT_ONCE = 300


@dataclass(frozen=True, slots=True, order=True)
class _Visit:
    """Somebody opens a page; `call` is the place of the call that they make soon after, -1 for none."""

    at: float
    call: int
    ask: int


def with_visits(store: Store, country: Country, calls: Sequence[Planned], how: tuple[Terms, ZoneInfo, Random]
                ) -> list[Planned]:  # fmt: skip
    """Let visitors come to the site, and callers of the web campaign ring the numbers that they were lent.

    Returns the calls, some to another number than was planned; `how` are the terms of a loan, the clinic's zone, and
    chance.
    """
    terms, zone, random = how
    found = list(calls)
    visits = sorted(_visits(country, calls, random))
    for first in range(0, len(visits), _AT_ONCE):
        with store.write() as tx:
            for visit in visits[first : first + _AT_ONCE]:
                given = give(tx, _ask(country, visit, zone, random), terms)
                if visit.call >= 0 and given.did is not None and given.what in ("leased", "kept"):
                    found[visit.call] = replace(found[visit.call], did=given.did)
    return found


def one_way(store: Store, refs: Sequence[str]) -> str | None:
    """Return a patient who came all the way: a click, a missed call, our call, a visit that was paid."""
    with store.read() as tx:
        for ref in refs:
            steps = [step.touch for step in journey_of_patient(tx, ref).steps]
            kinds = [touch.kind for touch in steps]
            begins = kinds[:3] == ["visit", "call", "callback"] and steps[0].click
            came = any(touch.kind == "appointment" and touch.status == "fulfilled" for touch in steps)
            if begins and came and kinds.count("call") == 1 and "our_call" in kinds:
                return ref
    return None


def _visits(country: Country, calls: Sequence[Planned], random: Random) -> Iterator[_Visit]:
    web = country.campaigns[0]
    for place, call in enumerate(calls):
        if call.did != web.did or random.random() >= RING:
            continue
        yield _Visit(call.start - random.uniform(40, 240), place, 2 * place)
        for _ in range(ONLY_LOOK):
            yield _Visit(call.start - random.uniform(3000, 30_000), -1, random.randrange(1 << 30))


def _ask(country: Country, visit: _Visit, zone: ZoneInfo, random: Random) -> Ask:
    web = country.campaigns[0]
    at_ms = int(visit.at * 1000)
    source = Source("direct", "none")
    if visit.call >= 0 or random.random() < 0.5:
        click = ("yclid", str(random.randrange(10**18, 10**19))) if web.source == "yandex" else (
            "gclid", f"Cj0KCQ{random.getrandbits(120):030x}")
        source = Source(web.source, web.medium, web.name, click_ids=(click,))
    return Ask(SITE, source, local_day(at_ms, zone), at_ms, hashed(f"visitor {visit.ask} {visit.at}"),
               page=random.choice(PAGES))
