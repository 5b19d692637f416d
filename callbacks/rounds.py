"""Rounds: what serves all day asks again and again what there is to do."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from store import StoreError

log = logging.getLogger(__name__)


class Round(Protocol):
    """Something that is done again and again. Doing it twice, or late, does no harm."""

    async def once(self, now_ms: int) -> int:
        """Do what there is to do at `now_ms`; return how much it was."""


async def repeat(job: Round, clock: Callable[[], int], stop: asyncio.Event, every_s: float = 20.0) -> None:
    """Do a round now and every `every_s` seconds until `stop` is set. `clock` gives ms since the epoch.

    A round that fails is logged, and the next one tries again: nothing may end the reminding but its end.
    """
    while not stop.is_set():
        try:
            await job.once(clock())
        except StoreError as error:
            log.warning("%s waits: %s", type(job).__name__, error)
        except Exception:
            log.exception("%s failed; it goes on in %.0f s", type(job).__name__, every_s)
        try:
            await asyncio.wait_for(stop.wait(), every_s)
        except TimeoutError:
            continue
