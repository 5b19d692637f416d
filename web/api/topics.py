"""What calls may be about, and numbers that nobody is to ring back."""

from typing import Annotated, Any, Literal

from pydantic import Field

from callbacks import marks as book
from callbacks import topics as topic_book
from callbacks.desk import Desk
from callbacks.errors import NotMarked
from callbacks.topics import LANGUAGES, Category, Topic
from store import Tx
from store.documents import iso
from web.api.operations import Ask, Operations
from web.api.paging import page_of, parts_of
from web.api.problems import Problem
from web.api.shapes import LINE, Answered, Line, Page, Paging, Phone, Place, Query, Sent, Truth
from web.audit import Deed, note
from web.context import CLINIC
from web.rights import Right

topics = Operations("Topics")
marks = Operations("Marks")
MAY = (Right.SETUP, Right.TEAM)


class OneTopic(Answered):
    """A topic. The clinic's own have one name for all languages."""

    id: str
    category: Category
    names: dict[Literal["en", "pl", "ru", "es"], str]
    own: bool
    retired: bool


class Topics(Answered):
    """All topics, in the order they are shown."""

    items: list[OneTopic]


class Which(Query):
    """Which topics."""

    retired: Truth = Field(False, description="also those that are no longer offered")


class TopicPlace(Place):
    """Which topic."""

    topic: Annotated[str, Field(min_length=1, max_length=80, pattern=LINE)]


class NewTopic(Sent):
    """A topic of the clinic's own."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=LINE)]
    category: Category


@topics.get("/topics", Right.CALLS, query=Which, answer=Topics)
async def every(ask: Ask) -> Topics:
    """List what calls may be about."""
    found = await ask.read(lambda tx: topic_book.topics(tx, retired=ask.query.retired))
    return Topics(items=[_shown(topic) for topic in found])


@topics.post("/topics", one_of=MAY, body=NewTopic, answer=OneTopic, status=201, refuses=(409,))
async def add(ask: Ask) -> OneTopic:
    """Add a topic of the clinic's own, or offer a retired one again. 409 when another topic has the name."""
    body, who, now = ask.body, ask.who, ask.now

    def change(tx: Tx) -> Topic:
        made = topic_book.add(tx, body.name, body.category, who.person, now)
        note(tx, who, Deed("added", "topic", made.id, made.category))
        return made

    return _shown(await ask.write(change))


@topics.delete("/topics/{topic}", one_of=MAY, place=TopicPlace, refuses=(404, 409))
async def retire(ask: Ask) -> None:
    """Offer one of the clinic's own topics no longer; what was noted with it stays. 409 for one that is shipped."""
    wanted, who, now = ask.place.topic, ask.who, ask.now

    def change(tx: Tx) -> None:
        if wanted not in {topic.id for topic in topic_book.topics(tx)}:
            raise Problem(404, "There is no topic with this id; `GET /topics` lists those there are.")
        topic_book.retire(tx, wanted, now)
        note(tx, who, Deed("retired", "topic", wanted))

    await ask.write(change)


class Mark(Answered):
    """A number that nobody is to ring back."""

    number: str
    kind: str
    reason: str
    author: str
    at: str


class Closed(Answered):
    """What followed from it."""

    callbacks: list[int] = Field(description="the callbacks that were closed by it, or decided anew")


class Marked(Place):
    """Which number."""

    number: Phone


class NewMark(Sent):
    """Why nobody is to ring it back."""

    kind: Literal["staff", "spam", "test"]
    reason: Line


@marks.get("/marks", Right.CALLBACKS, query=Paging, answer=Page[Mark], refuses=(404,))
async def marked(ask: Ask) -> dict[str, Any]:
    """List the numbers that nobody is to ring back, with the reason."""
    place, limit = parts_of(ask.query.cursor, (str,)), ask.query.limit

    def look(tx: Tx) -> dict[str, Any]:
        rows = tx.all("api_marks", after=place[0] if place else None, limit=limit + 1)
        shown, more = page_of(rows, limit, lambda row: (row["number"],))
        return {"items": [{"number": row["number"], "kind": row["kind"], "reason": row["reason"],
                           "author": row["author"], "at": iso(row["at_ms"])} for row in shown], "next": more}

    return await ask.read(look)


@marks.put("/marks/{number}", Right.RING_BACK, place=Marked, body=NewMark, answer=Closed)
async def mark(ask: Ask) -> Closed:
    """Mark a number as staff, spam or test: its open callbacks close, and it opens none from now on."""
    body, who, now, app = ask.body, ask.who, ask.now, ask.app

    def change(tx: Tx) -> list[int]:
        desk = Desk(tx, app[CLINIC].callbacks, who.person, now)
        note(tx, who, Deed("marked", "number", "", body.kind))
        return book.mark(desk, ask.place.number, body.kind, body.reason)

    return Closed(callbacks=await ask.write(change))


@marks.delete("/marks/{number}", Right.RING_BACK, place=Marked, answer=Closed, refuses=(404,))
async def unmark(ask: Ask) -> Closed:
    """Take the mark off a number; its missed calls of the last days are decided anew."""
    who, now, app = ask.who, ask.now, ask.app

    def change(tx: Tx) -> list[int]:
        found = book.unmark(tx, app[CLINIC].callbacks, ask.place.number, now)
        note(tx, who, Deed("unmarked", "number"))
        return found

    try:
        return Closed(callbacks=await ask.write(change))
    except NotMarked as error:
        raise Problem(404, str(error)) from None


def _shown(topic: Topic) -> OneTopic:
    names = dict(zip(LANGUAGES, topic.names, strict=True))
    return OneTopic.model_validate({
        "id": topic.id, "category": topic.category, "names": names, "own": topic.own, "retired": topic.retired,
    })  # fmt: skip
