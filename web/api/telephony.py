"""Ring a number from a phone of the clinic, and pause a phone's place in the queues."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from callbacks.errors import NoSuchCallback
from pbx.actions import MAX_REASON
from store import Row, Tx
from store.documents import iso, seconds
from web.api.operations import Ask, Operations
from web.api.problems import Problem
from web.api.shapes import LINE, Answered, Extension, Id, Phone, Place, Sent
from web.audit import Deed, note
from web.calls_click import click_now
from web.calls_dial import Wish, ring
from web.context import ME
from web.queue_pause import Wish as PauseWish
from web.queue_pause import change, places_of
from web.rights import Right

telephony = Operations("Telephony")


class Ring(Sent):
    """Whom to ring from which phone."""

    phone: Extension = Field(description="rings first, and is to be picked up")
    number: Phone = Field(description="is rung then")


class RingBack(Sent):
    """From which phone."""

    phone: Extension = Field(description="rings first, and is to be picked up")


class CallbackPlace(Place):
    """Which callback."""

    callback: Annotated[Id, Field(examples=[1])]


class Click(Answered):
    """A call that was asked for."""

    click: str


class ClickPlace(Place):
    """Which click."""

    click: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]


class ClickNow(Answered):
    """What has become of it."""

    number: str
    stage: Literal["asked", "mine", "theirs", "talking", "spoke", "not_reached", "not_mine", "failed", "lost"] = Field(
        description="mine: our phone rings; theirs: the other one rings; lost: the exchange said nothing more of it"
    )
    over: bool
    since: str
    talk_s: float
    call: str | None = Field(description="with its exchange: `main:1795309246.157`")


class PhonePlace(Place):
    """Which phone."""

    extension: Extension


class QueuePlace(Answered):
    """A phone's place in one queue."""

    pbx: str
    queue: str
    paused: bool
    reason: str
    since: str | None


class Places(Answered):
    """Its places in all queues."""

    items: list[QueuePlace]


class Pause(Sent):
    """Why, and where."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=MAX_REASON, pattern=LINE)]
    queue: Annotated[str, StringConstraints(max_length=80, pattern=LINE)] | None = Field(
        None, description="one queue alone; left out, all of them"
    )


class Resume(Sent):
    """Where."""

    queue: Annotated[str, StringConstraints(max_length=80, pattern=LINE)] | None = Field(
        None, description="one queue alone; left out, all of them"
    )


@telephony.post("/ring", Right.DIAL, body=Ring, answer=Click, status=202, refuses=(409,), repeatable=True)
async def ring_number(ask: Ask) -> Click:
    """Ring one of the clinic's phones, then a number: whoever picks up the phone hears it ring.

    Send an Idempotency-Key, so that nobody is rung twice when an answer gets lost. 409 says why a number is not rung:
    premium, satellite and foreign numbers, or too often today. `GET /clicks/{click}` says what becomes of it.
    """
    return await _ring(ask, Wish(ask.body.number))


@telephony.post("/callbacks/{callback}/ring", Right.RING_BACK, Right.DIAL, place=CallbackPlace, body=RingBack,
                answer=Click, status=202, refuses=(404, 409), repeatable=True)  # fmt: skip
async def ring_back(ask: Ask) -> Click:
    """Claim a callback and ring its caller from one of the clinic's phones. The number dialled is shown to them."""
    callback = ask.place.callback
    row = await ask.read(lambda tx: tx.one("callback_get", id=callback))
    if row is None:
        raise NoSuchCallback(callback)
    return await _ring(ask, Wish(row["number"], callback))


@telephony.get("/clicks/{click}", Right.DIAL, place=ClickPlace, answer=ClickNow, refuses=(404,))
async def click(ask: Ask) -> ClickNow:
    """Say what has become of a call that was asked for."""
    me, now = ask.me.name, ask.now

    def look(tx: Tx) -> ClickNow:
        row = tx.one("click_get", id=ask.place.click)
        if row is None or row["person"] != me:
            raise Problem(404, "Nobody asked for this call by this token's owner.")
        shown = click_now(tx, row, now)
        return ClickNow(number=shown.number, stage=shown.stage, over=shown.over, since=iso(shown.since_ms) or "",
                        talk_s=seconds(shown.talk_ms) or 0.0, call=shown.ref or None)

    return await ask.read(look)


@telephony.get("/phones/{extension}/queues", Right.BOARD, place=PhonePlace, answer=Places)
async def places(ask: Ask) -> dict[str, Any]:
    """List a phone's places in the queues, and which of them are paused."""
    return {"items": [_place(row) for row in await ask.read(lambda tx: places_of(tx, ask.place.extension))]}


@telephony.post("/phones/{extension}/pause", Right.BOARD, Right.DIAL, place=PhonePlace, body=Pause, answer=Places,
                refuses=(409,))  # fmt: skip
async def pause(ask: Ask) -> dict[str, Any]:
    """Pause a phone's places in the queues: no call comes to it until it is resumed."""
    body = ask.body
    return await _pause(ask, PauseWish(ask.place.extension, True, " ".join(body.reason.split()), body.queue or ""))


@telephony.post("/phones/{extension}/resume", Right.BOARD, Right.DIAL, place=PhonePlace, body=Resume, answer=Places,
                refuses=(409,))  # fmt: skip
async def resume(ask: Ask) -> dict[str, Any]:
    """Let calls of the queues come to a phone again."""
    return await _pause(ask, PauseWish(ask.place.extension, False, queue=ask.body.queue or ""))


async def _ring(ask: Ask, wish: Wish) -> Click:
    ask.request[ME] = replace(ask.me, desk=ask.body.phone)
    return Click(click=await ring(ask.request, wish))


async def _pause(ask: Ask, wish: PauseWish) -> dict[str, Any]:
    """Change the places as the exchange does; what it has done is told by the feed a moment later."""
    who = ask.who
    changed = await change(ask.app, who, wish, await ask.read(lambda tx: places_of(tx, wish.desk)))
    deed = Deed("paused" if wish.paused else "resumed", "desk", wish.desk,
                " ".join(dict.fromkeys(row["queue"] for row in changed)))
    await ask.write(lambda tx: note(tx, who, deed))
    return {"items": [_place(row) | {"paused": wish.paused, "reason": wish.reason} for row in changed]}


def _place(row: Row) -> dict[str, Any]:
    return {"pbx": row["pbx"], "queue": row["queue"], "paused": bool(row["paused"]), "reason": row["reason"],
            "since": iso(row["since_ms"])}
