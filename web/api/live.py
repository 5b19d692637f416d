"""What goes on now: the board, the feed of what changes, and whether the exchanges are heard."""

import asyncio
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field

from store import Tx
from store.documents import iso
from web.api.operations import Ask, Operations
from web.api.shapes import MOST_ID, Answered, Query, Whole
from web.board import LiveCall, board
from web.board_pages import rows_of
from web.live import HUB
from web.rights import Right

live = Operations("Live")
LONGEST_S = 25


class CallNow(Answered):
    """One call that goes on."""

    id: str = Field(description="with its exchange: `main:1795309246.157`")
    place: Literal["held", "talking", "waiting", "ringing", "menu"]
    direction: str
    number: str | None
    withheld: bool
    label: str = Field(description="what the number dialled is called")
    since: str = Field(description="when what it does now began")
    queue: str | None
    position: int = Field(description="its place in the queue, from 1; 0 outside")
    phones: list[str] = Field(description="extensions that ring or talk")


class PhoneNow(Answered):
    """One extension and what it does."""

    extension: str
    person: str
    doing: str
    since: str | None
    with_whom: str


class QueueNow(Answered):
    """A queue in which somebody waits."""

    name: str
    waiting: int
    longest_since: str


class TodayNow(Answered):
    """The day so far."""

    answered: int
    missed: int
    to_ring_back: int
    overdue: int


class Board(Answered):
    """Everything on the board."""

    calls: list[CallNow]
    phones: list[PhoneNow]
    queues: list[QueueNow]
    today: TodayNow


class Happened(Answered):
    """That something happened, and to what; look it up for what it is."""

    id: int
    at: str
    kind: str = Field(description="such as `call.ended`, `callback.opened`")
    ref: str = Field(description="a call as `pbx:id`, a callback by its number, …")
    live: bool = Field(description="false for what was filled in or corrected later")


class Feed(Answered):
    """What happened since."""

    items: list[Happened]
    last: int = Field(description="give it as `since` the next time")


class Since(Query):
    """From where on, and how long to wait for something."""

    since: Annotated[int, Field(ge=0, le=MOST_ID), Whole] | None = Field(
        None, description="the last id that was seen; left out, the answer is empty and says where the feed stands"
    )
    limit: Annotated[int, Field(ge=1, le=500), Whole] = 100
    wait: Annotated[int, Field(ge=0, le=LONGEST_S), Whole] = Field(
        0, description="seconds to wait when nothing happened"
    )


class Exchange(Answered):
    """One exchange, and whether it is heard."""

    pbx: str
    heard: bool
    silent_since: str | None


class Status(Answered):
    """How things stand."""

    version: str
    at: str
    exchanges: list[Exchange]
    heard: bool = Field(description="whether every exchange is heard; false when nobody ever listened")
    feed: int = Field(description="the newest id of the feed")


@live.get("/board", Right.BOARD, answer=Board)
async def board_(ask: Ask) -> Board:
    """Return the live board: every call of a patient in its place, every phone, and the day so far."""
    app, now = ask.app, ask.now
    found = await ask.read(lambda tx: board(rows_of(tx, app, now), now))
    every = (*found.waiting, *found.ringing, *found.talking, *found.held, *found.menu)
    return Board(
        calls=[_call(call) for call in every],
        phones=[PhoneNow(extension=phone.extension, person=phone.person, doing=phone.doing, since=iso(phone.since_ms),
                         with_whom=phone.with_whom) for phone in found.phones],
        queues=[QueueNow(name=queue.name, waiting=queue.waiting, longest_since=iso(queue.longest_since_ms) or "")
                for queue in found.queues],
        today=TodayNow(**asdict(found.today)),
    )  # fmt: skip


@live.get("/feed", Right.BOARD, query=Since, answer=Feed)
async def feed(ask: Ask) -> dict[str, Any]:
    """Return what happened since an id of the feed, in order, and wait for it if asked to.

    Begin without `since`, then ask again and again with `since` = `last` and `wait=25`: each answer comes as soon as
    something happens. Nothing is told that is not stored, and nothing personal is in it.
    """
    since, hub = ask.query.since, ask.app[HUB]
    if since is None:
        return {"items": [], "last": await ask.read(lambda tx: int(tx.value("feed_last")))}
    rows = await ask.read(lambda tx: tx.all("feed_since", since=since, limit=ask.query.limit))
    if not rows and ask.query.wait:
        with suppress(TimeoutError):
            async with asyncio.timeout(ask.query.wait):
                await hub.beyond(since)
        rows = await ask.read(lambda tx: tx.all("feed_since", since=since, limit=ask.query.limit))
    items = [{"id": row["id"], "at": iso(row["at_ms"]), "kind": row["kind"], "ref": row["ref"],
              "live": bool(row["live"])} for row in rows]
    return {"items": items, "last": rows[-1]["id"] if rows else since}


@live.get("/status", Right.BOARD, answer=Status)
async def status(ask: Ask) -> Status:
    """Say whether every exchange is heard, and if not, since when."""
    from callward import __version__

    now = ask.now

    def look(tx: Tx) -> tuple[dict[str, int | None], int]:
        known: dict[str, int | None] = dict.fromkeys((row["pbx"] for row in tx.all("console_leases")), None)
        known |= {row["pbx"]: row["until_ms"] for row in tx.all("console_leases") if row["until_ms"] < now}
        known |= {row["pbx"]: row["from_ms"] for row in tx.all("console_gaps_open")}
        return known, int(tx.value("feed_last"))

    known, last = await ask.read(look)
    return Status(
        version=__version__, at=iso(now) or "", feed=last,
        exchanges=[Exchange(pbx=pbx, heard=since is None, silent_since=iso(since)) for pbx, since in known.items()],
        heard=bool(known) and all(since is None for since in known.values()),
    )  # fmt: skip


def _call(call: LiveCall) -> CallNow:
    return CallNow(
        id=call.ref, place=call.place, direction=call.direction, number=call.number, withheld=call.withheld,
        label=call.label, since=iso(call.since_ms) or "", queue=call.queue, position=call.position,
        phones=list(call.phones),
    )  # fmt: skip
