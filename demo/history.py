"""The months before the demo began, by the production path: AMI folded by the tracker, recorded by intake as it was."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import intake
import replay
from callbacks.hours import Hours, holidays_of
from callbacks.queue import sweep
from demo.country import Country, Person, numbers_of, patients_of
from demo.recordings import Moment, call
from demo.rhythm import MORNING_S, People, Planned, Season, plan, this_morning
from pbx.calls import CallChanged
from pbx.tracker import Tracker
from store import Store

SEED = 1
_CALLS_AT_ONCE = 60
_DAY_S = 86_400
_BEFORE_NOW_S = 60
"""The history ends so long before the live day begins."""

Progress = Callable[[float], None]


class Stopped(Exception):  # noqa: N818
    """Somebody asked to stop before the history was complete."""


@dataclass(frozen=True, slots=True)
class Script:
    """What happened before now, and who there is: made of a country, a number of days and a seed."""

    season: Season
    patients: list[Person]
    people: People
    calls: list[Planned]


def script(country: Country, hours: Hours, days: int, now: float, seed: int = SEED) -> Script:
    """Plan the history: `days` days up to today, whose calls are over before `now` (seconds since the epoch)."""
    random = Random(seed)  # noqa: S311 (an invented history, the same each time)
    today = hours.local_day(int(now * 1000))
    numbers = numbers_of(country, random)
    patients = patients_of(country, numbers, today, random)
    people = People([who.number for who in patients], numbers[len(patients):])
    season = Season(country, today - timedelta(days=days), today,
                    lambda at: at > now - MORNING_S or hours.is_open(int(at * 1000)), holidays_of(country.country))
    planned = sorted([*plan(season, people, random), *this_morning(season, people, random, now)])
    calls = [call for call in planned if call.end < now - _BEFORE_NOW_S]
    return Script(season, patients, people, calls)


def moments(calls: Iterable[Planned]) -> Iterator[tuple[float, int, list[bytes]]]:
    """Yield what AMI would have sent, in the order of time, with the number of the call; calls overlap."""
    waiting: list[tuple[float, int, int, list[bytes]]] = []
    for serial, planned in enumerate(calls, 1):
        while waiting and waiting[0][0] <= planned.start:
            at, number, _, blocks = heapq.heappop(waiting)
            yield at, number, blocks
        for step, (at, blocks) in enumerate(_made(planned, serial)):
            heapq.heappush(waiting, (at, serial, step, blocks))
    while waiting:
        at, number, _, blocks = heapq.heappop(waiting)
        yield at, number, blocks


def record(
    store: Store, clinic: intake.Clinic, tracker: Tracker, calls: list[Planned], progress: Progress
) -> int:
    """Fold the calls and record them, deciding each as it was then; return how many calls were told.

    Once in every day what time alone brings about is done: callbacks expire.

    Args:
        store: where they go.
        clinic: the settings, as intake knows them.
        tracker: an empty one.
        calls: what is to happen, in order.
        progress: is told which part is done, 0 to 1; what it raises ends the recording.
    """
    keep = replay.keeper(store, clinic)
    batch: list[CallChanged] = []
    told, day = 0, 0

    def hand_on(done: int) -> None:
        nonlocal told
        told += len(batch)
        keep(batch)
        batch.clear()
        progress(done / len(calls))

    for at, serial, blocks in moments(calls):
        if int(at // _DAY_S) != day:
            day = int(at // _DAY_S)
            hand_on(serial - 1)
            with store.write() as tx:
                sweep(tx, clinic.callbacks, int(at * 1000))
        tracker.take(at, blocks)
        batch += tracker.told_over()
        if len(batch) >= _CALLS_AT_ONCE:
            hand_on(serial - 1)
    batch += tracker.told_over()
    if calls:
        hand_on(len(calls))
    return told


def messages(calls: list[Planned], since: float) -> Iterator[Moment]:
    """Yield what AMI would have sent of the calls since a time (seconds since the epoch) that came to a voicemail."""
    for serial, planned in enumerate(calls, 1):
        if "voicemail" in planned.name and planned.start >= since:
            yield from _made(planned, serial)


def _made(planned: Planned, serial: int) -> list[Moment]:
    return call(planned.name, planned.made(serial))
