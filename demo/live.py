"""The live day: an AMI simulator plays calls without end, the real listener hears them, a receptionist rings back."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Literal

from callbacks.desk import Desk
from callbacks.errors import CallbacksError
from callbacks.situation import Context
from demo.country import Country
from demo.recordings import PHONES, as_records, call, phones_of
from demo.rhythm import People, Season, campaign_of, inbound, known_share
from pbx.actions import ClickToCall
from pbx.clicks import Click, Manner
from pbx.link import LinkError
from pbx.simulator import Simulator
from store import Row, Store, StoreError

EVERY_S = 40.0
"""Seconds, at the pace of life, between two calls of the live day: a busy one."""
MISSED = 0.28
"""More callers than usual are missed, so that there is something to see."""
AT_ONCE = 3
"""Calls that begin the day."""
PHONE = "PJSIP/105"
CONTEXT = "callward-originate"
_SERIALS_FROM = 100_000
"""Above those of any history."""
_LOOK_S = 4.0
_RINGING_S = 270.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What the live day needs: who there is, how fast, and where chance comes from."""

    season: Season
    people: People
    speed: float
    random: Random

    @property
    def country(self) -> Country:
        """Return the clinic."""
        return self.season.country


async def ring_in(simulator: Simulator, stage: Stage) -> None:
    """Let people ring for ever, calls overlapping; each is played at the simulator's speed."""
    playing: set[asyncio.Task[None]] = set()
    days = (stage.season.last - stage.season.first).days + 1
    try:
        for serial in count(_SERIALS_FROM):
            campaign = campaign_of(stage.country, stage.random, days - 1, days)
            number = stage.people.one(stage.random, known_share(campaign))
            did = campaign.did if campaign else stage.country.main
            planned = inbound(stage.random, time.time(), number, did, missed=MISSED, is_open=True)
            planned = replace(planned, turn=_turn(simulator, planned.name, stage.random))
            if serial < _SERIALS_FROM + AT_ONCE:
                planned = replace(planned, wait=planned.wait / 2, talk=planned.talk / 3)  # something is seen at once
            task = asyncio.create_task(simulator.replay(as_records(call(planned.name, planned.made(serial)))))
            playing.add(task)
            task.add_done_callback(playing.discard)
            if serial >= _SERIALS_FROM + AT_ONCE:
                await asyncio.sleep(min(3 * EVERY_S, stage.random.expovariate(1 / EVERY_S)) / stage.speed)
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)


def _turn(simulator: Simulator, name: str, random: Random) -> int:
    """Return by how many to move the phones on, so that as few as can be have a call already."""
    busy = {channel.values["Channel"].partition("/")[2].partition("-")[0]
            for channel in simulator.switch.channels.values()}
    turns = random.sample(range(len(PHONES)), len(PHONES))
    return min(turns, key=lambda turn: len(phones_of(name, turn) & busy))


def manners(random: Random) -> Callable[[Click], Manner]:
    """Return how the people behave whom the reception rings: most answer, some do not, a few are busy.

    Whom the visitor rings first does answer: they are to see how a callback closes itself.
    """
    by_visitor = count(1)

    def manner(click: Click) -> Manner:
        chance = 0.0 if click.channel != PHONE and next(by_visitor) == 1 else random.random()
        patient: Literal["answers", "no_answer", "busy"] = (
            "answers" if chance < 0.7 else "no_answer" if chance < 0.9 else "busy"
        )
        return Manner(agent_after=2.0, patient=patient, patient_after=random.uniform(4, 10),
                      talk=random.uniform(30, 80))

    return manner


class Receptionist:
    """Takes the first callback that is due, rings by click-to-call, and goes on to the next: as a person would.

    Nothing is closed by hand: the call that follows closes the callback, as evidence.
    """

    def __init__(self, name: str, store: Store, context: Context, stage: Stage) -> None:
        self.name = name
        self._store = store
        self._context = context
        self._stage = stage

    async def work(self, ring: Callable[[ClickToCall], Awaitable[None]]) -> None:
        """Work for ever. `ring` starts the call to a number; LinkError when the exchange does not."""
        while True:
            await asyncio.sleep(_LOOK_S / self._stage.speed)
            try:
                callback = await asyncio.to_thread(self._take)
                if callback is None:
                    continue
                await ring(click_to(callback["number"]))
                await self._while_ringing(callback)
            except (LinkError, CallbacksError, StoreError):
                continue  # somebody at another terminal was quicker, or the exchange is away: look again

    def _take(self) -> Row | None:
        """Claim the first callback that may be rung now; None when there is none."""
        now = _now_ms()
        with self._store.write() as tx:
            for row in tx.all("callbacks_open_list", now_ms=now, limit=20, skip=0):
                waits = row["due_ms"] > now or (row["snoozed_until_ms"] or 0) > now
                if row["state"] == "open" and not waits and not tx.value(
                    "callback_party_live", number=row["number"], since=now - 3_600_000
                ):
                    Desk(tx, self._context, self.name, now).claim(row["id"])
                    return row
        return None

    async def _while_ringing(self, callback: Row) -> None:
        """Wait until the call has closed the callback or was counted as an attempt; then let go of it."""
        until = time.monotonic() + _RINGING_S / self._stage.speed
        while time.monotonic() < until:
            await asyncio.sleep(1.0 / self._stage.speed)
            if await asyncio.to_thread(self._has_moved, callback):
                break
        await asyncio.to_thread(self._let_go, callback["id"])

    def _has_moved(self, callback: Row) -> bool:
        with self._store.read() as tx:
            row = tx.one("callback_get", id=callback["id"])
            parts = tx.all("callback_parts", callback=callback["id"])
        attempts = sum(1 for part in parts if part["role"] == "attempt")
        return row is None or row["state"] == "closed" or attempts > callback["attempts"]

    def _let_go(self, callback: int) -> None:
        now = _now_ms()
        with self._store.write() as tx:
            row = tx.one("callback_get", id=callback)
            if row is not None and row["claimed_by"] == self.name:
                Desk(tx, self._context, self.name, now).release(callback)


def click_to(number: str) -> ClickToCall:
    """Return the receptionist's click on a number: her phone shows it, then it is rung."""
    return ClickToCall(PHONE, number, number, CONTEXT, uuid.uuid4().hex)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
