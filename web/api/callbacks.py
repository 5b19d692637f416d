"""Callbacks: who is to be rung back, and everything that a receptionist does with one."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from callbacks.desk import Desk
from callbacks.errors import NoSuchCallback
from store import Row, Tx
from store.documents import callback_documents, iso
from web.api.calls import CampaignName, Comment
from web.api.operations import Ask, Operations, Sound
from web.api.paging import page_of, parts_of
from web.api.problems import Problem
from web.api.shapes import (
    Answered,
    Id,
    Line,
    Lines,
    Moment,
    Page,
    Paging,
    Person,
    Phone,
    Place,
    Query,
    Sent,
    Whole,
    moment_ms,
)
from web.audit import Deed, looked, note
from web.callbacks_pages import Do, confirming
from web.context import CLINIC
from web.recordings import FOLDERS, newest_message, play
from web.rights import Right

callbacks = Operations("Callbacks")
QUEUE = 200
_YEAR_MS = round(timedelta(days=366).total_seconds() * 1000)
State = Literal["open", "claimed", "closed"]


class Attempt(Answered):
    """A call of ours, or of theirs, that did not reach the other side."""

    call: str
    at: str
    by: str | None
    outcome: str | None


class Callback(Answered):
    """The one open task to reach a caller who was not answered."""

    id: int
    number: str
    kind: str = Field(description="missed, voicemail, request, check")
    state: State
    opened_at: str
    due_at: str
    priority: int
    appointment_on: str | None = Field(description="the day on which this caller is expected")
    missed_calls: list[str]
    attempts: list[Attempt]
    claimed_by: str | None
    closed_at: str | None
    closed_why: str | None = Field(description="reached, returned, booked, manual, expired")
    closed_by_call: str | None
    patients: list[str]
    campaign: CampaignName | None
    location: str | None
    snoozed_until: str | None
    reason: str | None
    comments: list[Comment]


class Queue(Answered):
    """The queue as people work on it."""

    items: list[Callback]
    more: bool = Field(description="whether there are more open ones than are shown")


class Claim(Answered):
    """A claim is a lease: it ends by itself, and lasts while its holder rings."""

    until: str
    quiet_until: str | None = Field(description="people may not be rung before then; null when they may be now")


class Which(Paging):
    """Which callbacks."""

    state: State | None = None
    number: Phone | None = None


class OneCallback(Place):
    """Which callback."""

    callback: Annotated[Id, Field(examples=[1])]


class HandOver(Sent):
    """To whom."""

    to: Person


class Snooze(Sent):
    """Until when."""

    until: Moment


class NewComment(Sent):
    """A comment."""

    body: Lines


class Reason(Sent):
    """Why nobody needs to ring."""

    reason: Line


class Saying(Sent):
    """What a short talk was."""

    said: Literal["spoke", "voicemail", "not_there", "wrong"] = Field(
        description="spoke: it stays closed. voicemail, not_there: it opens again and the call was an attempt. wrong: "
                    "the number is not the caller's, nobody rings it again"
    )


class Length(Query):
    """How many at most."""

    limit: Annotated[int, Field(ge=1, le=QUEUE), Whole] = 100


@callbacks.get("/callbacks", Right.CALLBACKS, query=Which, answer=Page[Callback], refuses=(404,))
async def every(ask: Ask) -> dict[str, Any]:
    """List callbacks, the newest first, open and closed."""
    wanted, place = ask.query, parts_of(ask.query.cursor, (int,))

    def look(tx: Tx) -> dict[str, Any]:
        rows = tx.all("api_callbacks", before=place[0] if place else None, state=wanted.state, number=wanted.number,
                      limit=wanted.limit + 1)
        shown, more = page_of(rows, wanted.limit, lambda row: (row["id"],))
        return {"items": callback_documents(tx, shown), "next": more}

    return await _seen(ask, await ask.read(look))


@callbacks.get("/callbacks/queue", Right.CALLBACKS, query=Length, answer=Queue)
async def queue(ask: Ask) -> dict[str, Any]:
    """List who is to be rung back now, first things first: the order in which people work."""
    now, limit = ask.now, ask.query.limit

    def look(tx: Tx) -> dict[str, Any]:
        rows = tx.all("callbacks_open_list", now_ms=now, limit=limit + 1, skip=0)
        return {"items": callback_documents(tx, rows[:limit]), "more": len(rows) > limit}

    return await _seen(ask, await ask.read(look))


@callbacks.get("/callbacks/{callback}", Right.CALLBACKS, place=OneCallback, answer=Callback, refuses=(404,))
async def one(ask: Ask) -> dict[str, Any]:
    """Return one callback with its missed calls, attempts and comments."""
    document = await ask.read(lambda tx: callback_documents(tx, [find_callback(tx, ask.place.callback)])[0])
    await looked(ask.request, "patient", *document["patients"])
    return document


@callbacks.get("/callbacks/{callback}/voicemail", Right.CALLBACKS, Right.RING_BACK, place=OneCallback, answer=Sound,
               refuses=(404,))  # fmt: skip
async def voicemail(ask: Ask) -> web.StreamResponse:
    """Return the newest message of a callback, as sound. Each play is noted."""
    folders, callback = ask.app[FOLDERS], ask.place.callback
    sound = await ask.read(lambda tx: newest_message(tx, folders, callback))
    return await play(ask.request, sound, ("callback", str(callback)))


@callbacks.post("/callbacks/{callback}/claim", Right.RING_BACK, place=OneCallback, answer=Claim, refuses=(404, 409))
async def claim(ask: Ask) -> dict[str, Any]:
    """Take a callback, so that one person rings; again to keep it longer.

    Of two who take it at once exactly one gets it, and the other a 409 that says who.
    """

    def take(desk: Desk, callback: int) -> dict[str, Any]:
        return {"until": iso(desk.claim(callback)), "quiet_until": iso(desk.quiet_until(callback))}

    taken: dict[str, Any] = await _do(ask, "claim", take)
    return taken


@callbacks.post("/callbacks/{callback}/release", Right.RING_BACK, place=OneCallback, refuses=(404, 409))
async def release(ask: Ask) -> None:
    """Give back a callback before the claim is over."""
    await _do(ask, "release", lambda desk, callback: desk.release(callback))


@callbacks.post("/callbacks/{callback}/hand-over", Right.RING_BACK, place=OneCallback, body=HandOver, answer=Claim,
                refuses=(404, 409))  # fmt: skip
async def hand_over(ask: Ask) -> dict[str, Any]:
    """Give a callback that one has claimed to somebody else."""

    def give(desk: Desk, callback: int) -> dict[str, Any]:
        until = desk.hand_over(callback, ask.body.to)
        return {"until": iso(until), "quiet_until": iso(desk.quiet_until(callback))}

    given: dict[str, Any] = await _do(ask, "hand_over", give)
    return given


@callbacks.post("/callbacks/{callback}/snooze", Right.RING_BACK, place=OneCallback, body=Snooze, refuses=(404, 409))
async def snooze(ask: Ask) -> None:
    """Put a callback off, for a year at most; a further call of the caller ends that."""
    until = moment_ms(ask.body.until)
    if until > ask.now + _YEAR_MS:
        raise Problem(409, "A callback cannot be put off for more than a year; close it with a reason.")
    await _do(ask, "snooze", lambda desk, callback: desk.snooze(callback, until))


@callbacks.post("/callbacks/{callback}/comments", Right.RING_BACK, place=OneCallback, body=NewComment, refuses=(404,),
                repeatable=True)  # fmt: skip
async def comment(ask: Ask) -> None:
    """Write a comment on an open or a closed callback."""
    await _do(ask, "comment", lambda desk, callback: desk.comment(callback, ask.body.body))


@callbacks.post("/callbacks/{callback}/close", Right.RING_BACK, place=OneCallback, body=Reason, refuses=(404, 409))
async def close(ask: Ask) -> None:
    """Close a callback by hand, with a reason. One that reached its caller closes by itself."""
    await _do(ask, "close", lambda desk, callback: desk.close(callback, ask.body.reason))


@callbacks.post("/callbacks/{callback}/reopen", Right.RING_BACK, place=OneCallback, refuses=(404, 409))
async def reopen(ask: Ask) -> None:
    """Open a closed callback again, due now."""
    await _do(ask, "reopen", lambda desk, callback: desk.reopen(callback))


@callbacks.post("/callbacks/{callback}/confirm", Right.RING_BACK, place=OneCallback, body=Saying, refuses=(404, 409))
async def confirm(ask: Ask) -> None:
    """Say what the short talk was that closed a callback."""
    await _do(ask, "confirm", confirming(ask.body.said))


def find_callback(tx: Tx, callback: int) -> Row:
    """Return a callback's row. Raises NoSuchCallback."""
    row = tx.one("callback_get", id=callback)
    if row is None:
        raise NoSuchCallback(callback)
    return row


async def _do(ask: Ask, action: str, do: Do) -> Any:
    """Do something with the callback and write it into the audit log, in one transaction."""
    app, now, who, callback = ask.app, ask.now, ask.who, ask.place.callback

    def change(tx: Tx) -> Any:
        done = do(Desk(tx, app[CLINIC].callbacks, who.person, now), callback)
        note(tx, who, Deed("changed", "callback", str(callback), action))
        return done

    return await ask.write(change)


async def _seen(ask: Ask, page: dict[str, Any]) -> dict[str, Any]:
    refs = dict.fromkeys(ref for callback in page["items"] for ref in callback["patients"])
    await looked(ask.request, "patient", *refs)
    return page
