"""A request that is rung at once: the desk's phone first, then the patient's. Nothing typed on the web reaches the
exchange but a number that has passed the one rule for ringing, in digits, in the one context of click-to-call."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

from callbacks.requests import AUTHOR, Taken
from patients.phones import may_ring
from pbx.actions import ClickToCall
from store import Tx
from web.app import Ground
from web.calls_dial import Dialler


class NotRungError(Exception):
    """Nobody is rung now; the request waits in the queue like any other."""


def at_once(dialler: Dialler, phone: str, ground: Ground) -> Callable[[Taken], Awaitable[None]]:
    """Return what rings `phone` and then the patient of a request."""

    async def ring(taken: Taken) -> None:
        channel, now = dialler.channel(phone), ground.now_ms()
        ctx = ground.clinic.callbacks
        if channel is None or not may_ring(taken.number, ctx.rules.countries or (ctx.region,)):
            raise NotRungError
        day, click = ctx.hours_at("").local_day(now).isoformat(), uuid.uuid4().hex

        def begin(tx: Tx) -> bool:
            rung = tx.one("clicks_of_day", day=day, person=AUTHOR, number=taken.number)
            assert rung is not None
            if rung["to_number"] >= dialler.caps.number or rung["everybody"] >= dialler.caps.clinic:
                return False
            tx.run("click_add", id=click, at_ms=now, local_day=day, person=AUTHOR, number=taken.number, phone=phone,
                   callback=taken.callback)
            return True

        if not await asyncio.wrap_future(ground.writer.submit(begin)):
            raise NotRungError
        call = ClickToCall(channel, taken.number.removeprefix("+"), taken.number, dialler.context(phone), click,
                           presents=dialler.presents(phone))
        try:
            await dialler.ring(call)
        except Exception:
            await asyncio.wrap_future(ground.writer.submit(lambda tx: tx.run("click_state", id=click, state="failed")))
            raise

    return ring
