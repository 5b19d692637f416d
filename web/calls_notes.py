"""What a person notes about a call: a topic, a comment, and the draft of a comment that is never lost."""

from dataclasses import dataclass

from aiohttp import web

from callbacks import topics as topic_book
from callbacks.errors import TopicError
from callbacks.queue import on_booked
from store import Row, Tx
from web.audit import Actor, Deed, actor, note
from web.callbacks_pages import refused
from web.calls_words import spoken
from web.context import CLINIC, me, now_ms, write
from web.forms import Form
from web.i18n import gettext as _
from web.rights import Right, needs

LONGEST = 4000


class RefusedNoteError(Exception):
    """What was noted cannot be kept; the text says why."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about a call. `patient` is a ref, "-" for nobody of those shown, "" when none was chosen."""

    topic: str
    patient: str
    comment: str


def find(tx: Tx, ref: str) -> Row:
    """Return the call `pbx:id`, or the one it was merged into; a 404 when there is none."""
    pbx, colon, call = ref.partition(":")
    row = tx.one("call_get", pbx=pbx, id=call) if colon else None
    if row is None:
        raise web.HTTPNotFound
    return row


@needs(Right.NOTE)
async def save_draft(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/draft`: keep what is being written; the page may go any moment."""
    form, person, now = await Form.of(request), me(request), now_ms(request)
    body = form.lines("comment", LONGEST)

    def change(tx: Tx) -> None:
        call = find(tx, request.match_info["ref"])
        key = {"person": person.name, "pbx": call["pbx"], "call": call["id"]}
        tx.run("draft_put", **key, body=body, at_ms=now) if body else tx.run("draft_drop", **key)

    await write(request, change)
    return web.Response(status=204)


@needs(Right.NOTE)
async def save_note(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/note`: save the topic, or the comment, or both; the draft is spent. 409 says why not."""
    form, app, who = await Form.of(request), request.app, actor(request)
    said = Said(form.text("topic", 80), form.text("patient", 120), form.lines("comment", LONGEST))

    def change(tx: Tx) -> None:
        keep(tx, app, (find(tx, request.match_info["ref"]), who), said)

    try:
        await write(request, spoken(change))
    except (RefusedNoteError, TopicError) as error:
        return refused(str(error))
    return web.Response(status=204)


def keep(tx: Tx, app: web.Application, whose: tuple[Row, Actor], said: Said) -> None:
    """Store what was said about a call; a topic of the category booked closes the caller's callback.

    Raises:
        RefusedNoteError: there is nothing to save, or several patients share the number and none was chosen.
    """
    call, who = whose
    now, key = who.at_ms, {"pbx": call["pbx"], "call": call["id"]}
    if not said.topic and not said.comment:
        raise RefusedNoteError(_("There is nothing to save yet: choose a topic or write a comment."))
    if said.topic:
        topic = topic_book.find(topic_book.topics(tx), said.topic)
        topic_book.note(tx, call, topic, (who.person, _patient(tx, call, said.patient)), now)
        _tell(tx, "call.topic", call, now)
        note(tx, who, Deed("changed", "call", f"{call['pbx']}:{call['id']}", f"topic {topic.id}"))
        if topic.category == "booked" and call["party"]:
            on_booked(tx, app[CLINIC].callbacks, call["party"], (call["pbx"], call["id"]), now)
    if said.comment:
        tx.run("call_comment_put", id=tx.next_id("call_comment"), **key, body=said.comment, author=who.person,
               at_ms=now)
        _tell(tx, "call.comment", call, now)
    tx.run("draft_drop", person=who.person, **key)


def _patient(tx: Tx, call: Row, chosen: str) -> str | None:
    """Return whom the call was about; who shares a number is never guessed."""
    sharing = [row["ref"] for row in tx.all("patients_by_number", number=call["party"])] if call["party"] else []
    if chosen in sharing:
        return chosen
    if chosen == "" and len(sharing) > 1:
        raise RefusedNoteError(_("Several patients have this number: choose who it was first (keys A, B, C)."))
    return None


def _tell(tx: Tx, kind: str, call: Row, now: int) -> None:
    tx.run("feed_append", id=tx.next_id("feed"), at_ms=now, kind=kind, ref=f"{call['pbx']}:{call['id']}", live=1)


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/calls/{ref}/draft", save_draft)
    app.router.add_post("/calls/{ref}/note", save_note)
