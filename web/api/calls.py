"""Calls: the log, one call with its story, and what is noted about it."""

import asyncio
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from callbacks import bookings
from pbx.calls import Direction, Kind, Outcome
from store import Row, Tx
from store.documents import call_documents, iso, seconds
from tracking import heard
from tracking.attribute import why
from web.api.operations import Ask, Operations, Sound
from web.api.paging import page_of, parts_of
from web.api.problems import Problem
from web.api.shapes import (
    LINE,
    Answered,
    CallRef,
    Day,
    Extension,
    Id,
    Lines,
    Moment,
    Page,
    Paging,
    Place,
    Ref,
    Sent,
    Truth,
    within_reason,
)
from web.audit import looked
from web.calls_filter import Filter, log
from web.calls_notes import LONGEST, Said, keep, note_heard
from web.context import CLINIC
from web.pop_pages import OWN_HEARD
from web.recordings import FOLDERS, play, recording_of
from web.rights import Right

calls = Operations("Calls")


class QueueWait(Answered):
    """How long the caller waited in a queue."""

    name: str
    wait_s: float | None
    left: str | None = Field(description="answered, abandoned, timeout, refused; null while they wait")


class Transfer(Answered):
    """A call that was passed on."""

    type: str
    from_: str | None = Field(alias="from")
    to: str | None
    answered: bool | None


class CampaignName(Answered):
    """A campaign in the utm vocabulary."""

    source: str
    medium: str
    name: str


class Attribution(Answered):
    """Why the call belongs to its campaign."""

    rule: str
    evidence: Any
    runner_up: Any


class Call(Answered):
    """One conversation attempt, however many phones rang."""

    id: str
    pbx: str
    linkedids: list[str]
    direction: Direction
    kind: Kind
    caller_number: str | None = Field(description="E.164, null when it is withheld or no whole number")
    caller_name: str | None = Field(description="what the network says; hostile text, never to be trusted")
    withheld: bool
    did: str | None = Field(description="the number the caller dialled")
    destination: str | None
    presented_number: str | None
    location: str | None
    entry: str | None
    queue: str | None
    queues: list[QueueWait]
    rang: list[str]
    answered_by: str | None
    final_agent: str | None
    outcome: Outcome | None = Field(description="null while the call goes on")
    missed: bool
    in_hours: bool
    first_time: bool
    started_at: str
    answered_at: str | None
    ended_at: str | None
    offered_at: str | None
    lost_after_answer: bool
    wait_s: float
    ring_s: float
    talk_s: float
    bridged_s: float
    hold_s: float
    holds: int
    transfers: list[Transfer]
    hung_up_by: str | None
    recording: str | None
    voicemail: str | None
    consultation_of: str | None
    joined_with: str | None
    sure: bool = Field(description="false when the end or the answer was not seen")
    patient: str | None = Field(description="the patient's reference, when there is exactly one")
    patients: list[str]
    campaign: CampaignName | None
    attribution: Attribution
    sources: Any
    topic: str | None
    topic_category: str | None


class Leg(Answered):
    """One channel of a call."""

    channel: str
    role: str
    number: str | None
    started_at: str
    answered_at: str | None
    ended_at: str | None
    ring_s: float | None
    cause: int | None


class Talk(Answered):
    """When somebody of the clinic talked with the caller."""

    who: str
    started_at: str
    ended_at: str | None


class Wait(Answered):
    """When the caller waited in a queue."""

    queue: str
    started_at: str
    ended_at: str | None
    left: str | None


class TopicNote(Answered):
    """What somebody said the call was about."""

    topic: str
    category: str
    patient: str | None
    author: str
    at: str


class Comment(Answered):
    """What somebody wrote."""

    body: str
    author: str
    at: str


class Story(Answered):
    """What happened in a call, part by part."""

    call: Call
    legs: list[Leg]
    talks: list[Talk]
    waits: list[Wait]
    topics: list[TopicNote] = Field(description="the last one counts")
    comments: list[Comment]
    callbacks: list[int]
    why: list[str] = Field(description="why the call belongs to its campaign, in sentences")


class Log(Paging):
    """What is wanted of the log."""

    from_: Day | None = Field(None, alias="from", description="the first local day")
    to: Day | None = Field(None, description="the last local day")
    direction: Direction | None = None
    outcome: Outcome | Literal["missed"] | None = Field(None, description="`missed` is the umbrella of several")
    did: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] | None = Field(None, description="the number dialled")
    campaign: Id | None = None
    number: Annotated[str, Field(pattern="^[0-9]{3,15}$")] | None = Field(
        None, description="digits that stand anywhere in the other side's number"
    )
    topic: Annotated[str, Field(max_length=80, pattern=r"^[^\u0000-\u001f]+$")] | None = Field(
        None, description="a topic's id; `-` for answered calls without one"
    )
    person: Extension | None = Field(None, description="the extension that talked or rang")
    patient: Ref | None = Field(None, description="a patient's reference, or a part of a name")
    kind: Literal["patient", "internal", "marked"] | None = Field(
        None, description="calls of patients, internal ones, or those that are left out of the figures"
    )
    first_time: Truth = Field(False, description="first calls only")


class OneCall(Place):
    """Which call."""

    call: Annotated[CallRef, Field(examples=["1795309246.157"])]


class Note(Sent):
    """A topic, by its id or its name in any language."""

    topic: Annotated[str, Field(min_length=1, max_length=80, pattern=LINE)]
    patient: Ref | None = Field(
        None, description="whom it was about, when several patients share the number; `-` for none of them"
    )


class NewBooking(Sent):
    """What was agreed."""

    at: Moment
    doctor: Annotated[str, Field(min_length=1, max_length=100, pattern=LINE)] | None = None
    patient: Ref | None = Field(
        None, description="whose it is, when several patients share the number; `-` for none of them"
    )


class Heard(Sent):
    """How the caller heard of the clinic."""

    answer: Annotated[str, Field(min_length=1, max_length=80, pattern=LINE, examples=["friend"])] = Field(
        description="one of the clinic's own answers, or friend, doctor, google, map, facebook, flyer, newspaper, "
                    "billboard, radio, passing_by, other"
    )


class CallComment(Sent):
    """A comment on a call."""

    body: Annotated[Lines, Field(max_length=LONGEST)]


@calls.get("/calls", Right.CALLS, query=Log, answer=Page[Call], refuses=(404,))
async def log_(ask: Ask) -> dict[str, Any]:
    """List calls, the newest first.

    Pages stay put while calls arrive: follow `next` and no call comes twice or is left out.
    """
    wanted, zone = ask.query, ask.app[CLINIC].zone
    chosen = Filter(
        start=within_reason(wanted.from_).isoformat() if wanted.from_ else "",
        end=within_reason(wanted.to).isoformat() if wanted.to else "",
        direction=wanted.direction or "", outcome=wanted.outcome or "", did=wanted.did or "",
        campaign=str(wanted.campaign or ""), number=wanted.number or "", topic=wanted.topic or "",
        person=wanted.person or "", patient=wanted.patient or "", kind=wanted.kind or "",
        first="1" if wanted.first_time else "",
    )  # fmt: skip
    place = parts_of(wanted.cursor, (int, str, str))

    def look(tx: Tx) -> dict[str, Any]:
        rows, more = page_of(log(tx, chosen.params(zone), place, wanted.limit + 1), wanted.limit,  # type: ignore[arg-type]
                             lambda row: (row["started_ms"], row["id"], row["pbx"]))
        return {"items": call_documents(tx, rows), "next": more}

    page = await ask.read(look)
    await looked(ask.request, "patient", *dict.fromkeys(ref for call in page["items"] for ref in call["patients"]))
    return page


@calls.get("/calls/{call}", Right.CALLS, place=OneCall, answer=Call, refuses=(404,))
async def one(ask: Ask) -> dict[str, Any]:
    """Return one call.

    The id of a call that was merged into an older one gives the older one.
    """
    document = await ask.read(lambda tx: call_documents(tx, [find_call(tx, ask.place.call)])[0])
    await looked(ask.request, "call", f"{document['pbx']}:{document['id'].rpartition(':')[2]}")
    await looked(ask.request, "patient", *document["patients"])
    return document


@calls.get("/calls/{call}/story", Right.CALLS, place=OneCall, answer=Story, refuses=(404,))
async def story(ask: Ask) -> dict[str, Any]:
    """Return what happened in a call: legs, talks, waits, topics, comments, and why it belongs to its campaign."""

    def look(tx: Tx) -> tuple[Row, dict[str, Any]]:
        row = find_call(tx, ask.place.call)
        key = {"pbx": row["pbx"], "call": row["id"]}
        return row, {
            "call": call_documents(tx, [row])[0],
            "legs": [_leg(leg) for leg in tx.all("legs", **key)],
            "talks": [{"who": part["who"], **_span(part)} for part in tx.all("talks", **key)],
            "waits": [{"queue": part["queue"], **_span(part), "left": part["departed"]}
                      for part in tx.all("waits", **key)],
            "topics": [{**{name: said[name] for name in ("topic", "category", "patient", "author")},
                        "at": iso(said["at_ms"])} for said in tx.all("call_topics", **key)],
            "comments": [{"body": said["body"], "author": said["author"], "at": iso(said["at_ms"])}
                         for said in tx.all("call_comments", **key)],
            "callbacks": [part["id"] for part in tx.all("callbacks_of_call", **key)],
            "why": why(tx, row["pbx"], row["id"], ask.app[CLINIC].zone),
        }  # fmt: skip

    row, found = await ask.read(look)
    await looked(ask.request, "call", f"{row['pbx']}:{row['id']}")
    await looked(ask.request, "patient", *found["call"]["patients"])
    return found


@calls.get("/calls/{call}/recording", Right.CALLS, Right.RECORDINGS, place=OneCall, answer=Sound, refuses=(404,))
async def recording(ask: Ask) -> web.StreamResponse:
    """Return the sound of a call, a part of it when asked by `Range`. Each play is noted."""
    folders, row = ask.app[FOLDERS], await ask.read(lambda tx: find_call(tx, ask.place.call))
    sound = await asyncio.to_thread(recording_of, folders, row)
    return await play(ask.request, sound, ("call", f"{row['pbx']}:{row['id']}"))


@calls.post("/calls/{call}/topic", Right.NOTE, place=OneCall, body=Note, refuses=(404, 409))
async def note_topic(ask: Ask) -> None:
    """Note what a call was about.

    The last topic of a call counts. One of the category *booked* closes the caller's callback. 409 when there is no
    such topic, or when several patients share the number and none was named.
    """
    await _keep(ask, Said(ask.body.topic, ask.body.patient or "", ""))


@calls.post("/calls/{call}/comments", Right.NOTE, place=OneCall, body=CallComment, refuses=(404,), repeatable=True)
async def comment(ask: Ask) -> None:
    """Write a comment on a call."""
    await _keep(ask, Said("", "", ask.body.body))


@calls.put("/calls/{call}/booking", Right.NOTE, place=OneCall, body=NewBooking, refuses=(404, 409))
async def book(ask: Ask) -> None:
    """Note the appointment that was agreed on a call. The topic *booked* goes with it, unless there is one.

    It is kept until the clinic's own system tells of the appointment; nothing is sent to that system. 409 when it is
    not to come, or several patients share the number and none was named.
    """
    body, clock = ask.body, (ask.app[CLINIC].zone, ask.now)
    local = body.at.astimezone(clock[0])
    booking = bookings.read(local.date().isoformat(), f"{local:%H:%M}", body.doctor or "", clock)
    await _keep(ask, Said("", body.patient or "", "", booking))


@calls.put("/calls/{call}/heard", Right.NOTE, place=OneCall, body=Heard, refuses=(404, 409))
async def heard_of_us(ask: Ask) -> None:
    """Note what the caller says when asked *How did you hear of us?*. 409 for an answer that the clinic has not."""
    known = ask.app.get(OWN_HEARD, ()) or heard.ANSWERS
    if ask.body.answer not in known:
        raise Problem(409, f"That is not one of the answers; there are {', '.join(known)}.")
    await _heard(ask, ask.body.answer)


@calls.delete("/calls/{call}/heard", Right.NOTE, place=OneCall, refuses=(404,))
async def heard_nothing(ask: Ask) -> None:
    """Take the answer back."""
    await _heard(ask, "")


async def _heard(ask: Ask, answer: str) -> None:
    who, ref = ask.who, ask.place.call
    await ask.write(lambda tx: note_heard(tx, find_call(tx, ref), answer, who))


async def _keep(ask: Ask, said: Said) -> None:
    who, app, ref = ask.who, ask.app, ask.place.call
    await ask.write(lambda tx: keep(tx, app, (find_call(tx, ref), who), said))


def find_call(tx: Tx, ref: str) -> Row:
    """Return the call of an id, bare or as `pbx:id`. Raises Problem: there is none (404), or several (409)."""
    pbx, colon, bare = ref.rpartition(":")
    found = [row for row in [tx.one("call_get", pbx=pbx, id=bare)] if row] if colon else tx.all("calls_by_id", id=ref)
    if not found:
        raise Problem(404, "There is no such call; `GET /calls` lists those there are.")
    if len(found) > 1:
        raise Problem(409, "Several exchanges have a call of this id; write the exchange before it, as main:…")
    return found[0]


def _leg(row: Row) -> dict[str, Any]:
    return {"channel": row["channel"], "role": row["role"], "number": row["number"], **_span(row),
            "answered_at": iso(row["answered_ms"]), "ring_s": seconds(row["ring_ms"]), "cause": row["cause"]}


def _span(row: Row) -> dict[str, str | None]:
    return {"started_at": iso(row["started_ms"]), "ended_at": iso(row["ended_ms"])}


