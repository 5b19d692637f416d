"""How many calls find their visitor, by the size of the pool: `python -m bench.visitors [--per-hour N] [--days N]`.

Visitors and calls are drawn at random, and who rang is known. The real leases (`tracking.visitors`, on a store in
memory) say whose call it was. Beside it stands what the formula promises: the share of visitors with a number of their
own, 1 - B(N). Calls that come after the lease are no visitor's, however big the pool: they are shown apart.
"""

import argparse
import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from store import Store, open_store
from tracking.leasing import MINUTE_MS, Terms
from tracking.pool_size import blocking, numbers_for
from tracking.sources import Source
from tracking.visitors import Ask, called, find, give, hashed, seen

DAY = "2026-11-23"
OVERFLOW = "+48229990000"
HOUR_MS = 60 * MINUTE_MS
PAUSE_MS = 14 * HOUR_MS
"""The night between two days: every lease runs out."""


@dataclass(frozen=True, slots=True)
class World:
    """What is drawn. Lengths of visits are exponential; `calls` of the visitors ring, `later` of them afterwards."""

    per_hour: float = 20.0
    hours: float = 10.0
    days: int = 5
    visit_minutes: float = 4.0
    calls: float = 0.15
    later: float = 0.4
    later_median_minutes: float = 10.0
    seed: int = 1


@dataclass(slots=True)
class Person:
    """One visitor: when they come and go, when they ring (None: never), and the number that they saw last."""

    name: str
    came_ms: int
    left_ms: int
    rings_ms: int | None
    shown: str | None = None
    visits: set[int] = field(default_factory=set)


def draw(world: World) -> list[Person]:
    """Draw everybody who comes."""
    dice = random.Random(world.seed)
    people: list[Person] = []
    for day in range(world.days):
        at = day * (world.hours * HOUR_MS + PAUSE_MS)
        end = at + world.hours * HOUR_MS
        while (at := at + dice.expovariate(world.per_hour / HOUR_MS)) < end:
            left = at + dice.expovariate(1 / (world.visit_minutes * MINUTE_MS))
            rings = None
            if dice.random() < world.calls:
                after = dice.lognormvariate(0, 1) * world.later_median_minutes * MINUTE_MS
                rings = round(left + after if dice.random() < world.later else dice.uniform(at, left))
            people.append(Person(f"v{len(people)}", round(at), round(left), rings))
    return people


def play(people: list[Person], pool: int, terms: Terms) -> Counter[str]:
    """Let everybody come, look and ring; count calls by what was said of them, and visitors by what they saw."""
    counted: Counter[str] = Counter()
    with open_store(":memory:") as store:
        _numbers(store, pool)
        for now, what, person in _events(people):
            with store.write() as tx:
                match what:
                    case "look":
                        if not person.shown or not seen(tx, hashed(person.name), terms, now):
                            given = give(tx, Ask("clinic.example", Source("direct", "none"), DAY, now,
                                                 hashed(person.name)), terms)  # fmt: skip
                            if not person.shown:
                                counted["visitors"] += 1
                                counted["overflowed"] += given.what == "overflow"
                            person.shown = given.did
                            person.visits.add(given.visit or 0)
                    case "ring":
                        assert person.shown is not None
                        found = find(tx, person.shown, now)
                        if found is None:
                            counted["nobody"] += 1
                        elif person.shown == OVERFLOW and found.match.among > 1:
                            counted["unsaid"] += 1
                        else:
                            counted["right" if found.visit["id"] in person.visits else "wrong"] += 1
                        called(tx, person.shown, now, terms)
                        counted["calls"] += 1
                        counted["in_time"] += now <= terms.until(person.left_ms)
    return counted


def _numbers(store: Store, pool: int) -> None:
    with store.write() as tx:
        for n in range(pool + 1):
            did, kind = (f"+4822{n:07d}", "pool") if n < pool else (OVERFLOW, "overflow")
            tx.run("number_put", id=n + 1, did=did, label="", kind=kind, location="", campaign=None,
                   valid_from="2026-01-01", valid_to=None, destination=None)


def _events(people: list[Person]) -> Iterator[tuple[int, str, Person]]:
    """Yield what happens in its order: a page looks when it is opened, and every minute while it is open."""
    rows: list[tuple[int, int, str, int]] = []
    for n, person in enumerate(people):
        rows += [(at, 0, "look", n) for at in range(person.came_ms, person.left_ms + 1, MINUTE_MS)]
        rows.append((person.left_ms, 0, "look", n))
        if person.rings_ms is not None:
            rows.append((max(person.rings_ms, person.came_ms + 1), 1, "ring", n))
    heapq.heapify(rows)
    while rows:
        at, _, what, n = heapq.heappop(rows)
        yield at, what, people[n]


def main() -> None:
    """Draw, play every size, and print."""
    asked = argparse.ArgumentParser(description="How many calls find their visitor, by the size of the pool.")
    asked.add_argument("--per-hour", type=float, default=World.__dataclass_fields__["per_hour"].default)
    asked.add_argument("--days", type=int, default=5)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    world, terms = World(per_hour=options.per_hour, days=options.days, seed=options.seed), Terms()
    hold = world.visit_minutes + (terms.idle_ms + terms.grace_ms) / MINUTE_MS
    load = world.per_hour * hold / 60
    advised = numbers_for(load)
    print(f"{world.per_hour:g} visitors an hour hold a number for {hold:g} min: A = {load:.1f}; "
          f"{advised} numbers for 1 % blocked")
    print(f"{'pool':>5} {'own number':>11} {'promised':>9} | {'calls':>6} {'right':>7} {'of those in time':>17} "
          f"{'wrong':>7} {'not said':>9} {'too late':>9}")
    for pool in sorted({1, advised // 4, advised // 2, advised * 3 // 4, advised, advised * 5 // 4} - {0}):
        found = play(draw(world), pool, terms)
        calls = found["calls"] or 1
        own = 1 - found["overflowed"] / found["visitors"]
        print(f"{pool:>5} {own:>10.1%} {1 - blocking(load, pool):>9.1%} | {found['calls']:>6} "
              f"{found['right'] / calls:>7.1%} {found['right'] / (found['in_time'] or 1):>17.1%} "
              f"{found['wrong'] / calls:>7.1%} {found['unsaid'] / calls:>9.1%} {found['nobody'] / calls:>9.1%}")


if __name__ == "__main__":
    main()
