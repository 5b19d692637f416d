"""What happens to a visitor who sits down as a receptionist: their phone rings, and they pick it up by a button.

Within the first two minutes: relatives ring who share a number, from the billboard; somebody is missed, to be rung
back; a newcomer rings. After that, callers come for as long as the visitor stays.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from typing import Literal

from demo.country import Campaign, Country
from demo.live import Stage
from demo.recordings import Made, Moment, as_records, call
from demo.switchboard import Switchboard

DESK = "106"
"""The visitor's phone: no recorded call rings at it."""
_SERIALS_FROM = 300_000
_USUAL = 3.0
"""The speed at which the times here are as they stand; a faster day makes them shorter."""
_ARRIVED_S = 3.0
_RINGS_S = 20.0
"""Then the phone is picked up for a visitor who only looks."""
_TALKS_S = 45.0
_MISSED_S = 12.0
_LOOK_S = 0.25

Doing = Literal["free", "ringing", "talking"]
_WAIT, _TALK = 2.0, 4.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rings, and the number that they dialled."""

    number: str
    did: str


@dataclass(slots=True)
class Scenes:
    """The visitor's phone. `present` says whether somebody sits there."""

    switchboard: Switchboard
    stage: Stage
    present: Callable[[], bool]
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody is to ring now."""
    picked_up: asyncio.Event = field(default_factory=asyncio.Event)
    ringing: bool = False
    _serials: "count[int]" = field(default_factory=lambda: count(_SERIALS_FROM))

    @property
    def doing(self) -> Doing:
        """Return what the visitor's phone does."""
        if self.ringing:
            return "ringing"
        return "talking" if self.switchboard.is_busy(DESK) else "free"

    async def play(self) -> None:
        """Play for ever: the story for whoever sits down, then one caller after the other."""
        missed: set[asyncio.Task[None]] = set()
        try:
            while True:
                await self._until(self.present)
                await self._for(_ARRIVED_S, lambda: False)
                for pause, at_my_desk, caller in self._story():
                    if not self.present():
                        break
                    if at_my_desk:
                        await self._ring(caller)
                    else:
                        task = asyncio.create_task(self._miss(caller))
                        missed.add(task)
                        task.add_done_callback(missed.discard)
                    await self._pause(pause)
        finally:
            for task in missed:
                task.cancel()
            await asyncio.gather(*missed, return_exceptions=True)

    def hang_up(self) -> None:
        """Put down the visitor's receiver; a call that still rings is refused."""
        self.switchboard.hang_up(DESK)

    def _story(self) -> "Iterator[tuple[float, bool, Caller]]":
        """Yield who rings, whether at the visitor's desk, and how long it is quiet afterwards (seconds)."""
        country, random, people = self.stage.country, self.stage.random, self.stage.people
        yield 6.0, True, Caller(self._shared(), _campaign(country, "billboard").did)
        yield 30.0, False, Caller(random.choice(people.patients), country.campaigns[0].did)
        yield 30.0, True, Caller(people.strangers.pop(), _campaign(country, "newspaper").did)
        while people.strangers:
            campaign = random.choice(country.campaigns)
            known = random.random() < 0.6
            number = random.choice(people.patients) if known else people.strangers.pop()
            yield random.uniform(25, 50), random.random() < 0.65, Caller(number, campaign.did)

    def _shared(self) -> str:
        """Return a number that two patients share."""
        numbers = self.stage.people.patients
        return next((one for one, other in pairwise(numbers) if one == other), numbers[0])

    async def _ring(self, caller: Caller) -> None:
        """Ring at the visitor's desk until it is picked up, let them talk until somebody hangs up."""
        await self._until(lambda: not self.switchboard.is_busy(DESK))
        made = replace(self._made(caller), phone=DESK)
        moments = call("queue_answered", made)
        ring, answer, end = (
            [blocks for at, blocks in moments if first <= at - made.start < last]
            for first, last in ((0.0, _WAIT * 0.9), (_WAIT * 0.9, _WAIT + _TALK * 0.9), (_WAIT + _TALK * 0.9, 1e9))
        )
        self.picked_up.clear()
        self._emit(ring)
        self.ringing = True
        try:
            await self._for(_RINGS_S, lambda: self.picked_up.is_set() or not self.switchboard.is_busy(DESK))
        finally:
            self.ringing = False
        if not self.switchboard.is_busy(DESK):
            return
        self._emit(answer)
        await self._for(_TALKS_S, lambda: not self.switchboard.is_busy(DESK))
        self._emit(end)  # what was hung up already is not sent again

    async def _miss(self, caller: Caller) -> None:
        """Ring at another phone, where nobody answers."""
        wait = _MISSED_S * min(_USUAL, self.stage.speed)
        moments: list[Moment] = call("queue_abandoned", replace(self._made(caller), wait=wait, talk=0.0, turn=2))
        await self.switchboard.replay(as_records(moments))

    def _made(self, caller: Caller) -> Made:
        return Made(time.time(), next(self._serials), caller.number, caller.did, _WAIT, _TALK)

    def _emit(self, steps: list[list[bytes]]) -> None:
        for blocks in steps:
            self.switchboard.emit(block for block in blocks if block)

    async def _pause(self, seconds: float) -> None:
        self.wanted.clear()
        await self._for(seconds, self.wanted.is_set)

    async def _until(self, holds: Callable[[], bool]) -> None:
        await self._for(float("inf"), holds)

    async def _for(self, seconds: float, holds: Callable[[], bool]) -> None:
        """Wait until something holds, for so long at most."""
        until = time.monotonic() + seconds / max(1.0, self.stage.speed / _USUAL)
        while True:
            if time.monotonic() >= until or holds():
                return
            await asyncio.sleep(_LOOK_S)


def _campaign(country: Country, source: str) -> Campaign:
    return next((campaign for campaign in country.campaigns if campaign.source == source), country.campaigns[0])
