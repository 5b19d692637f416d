"""What a person notes about a call: a topic, a comment, what was booked, how the caller heard of the clinic, who it
was; and the draft of a comment that is never lost."""

from dataclasses import dataclass, replace

from aiohttp import web

from callbacks import bookings, marks
from callbacks import topics as topic_book
from callbacks.bookings import Booking, BookingError
from callbacks.desk import Desk
from callbacks.errors import CallbacksError, NotMarked, TopicError
from callbacks.queue import on_booked
from patients.newcomers import Newcomer, NewcomerError, save
from store import Row, Tx
from tracking import heard
from tracking.moments import local_day
from web.audit import Actor, Deed, actor, note
from web.callbacks_pages import refused
from web.calls_words import EXCLUDED, spoken, word
from web.context import CLINIC, me, now_ms, write
from web.forms import Form
from web.i18n import gettext as _
from web.pop import candidates
from web.pop_pages import OWN_HEARD
from web.refusals import said as why
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
    booking: Booking | None = None


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
    """`POST /calls/{ref}/note`: save the topic, the comment, what was booked; the draft is spent. 409 says why not."""
    form, app, who = await Form.of(request), request.app, actor(request)
    day, time, doctor = form.text("booked_day", 10), form.text("booked_time", 8), form.text("booked_doctor", 100)
    said = Said(form.text("topic", 80), form.text("patient", 120), form.lines("comment", LONGEST))

    def change(tx: Tx) -> None:
        booking = bookings.read(day, time, doctor, (app[CLINIC].zone, who.at_ms)) if day or time or doctor else None
        keep(tx, app, (find(tx, request.match_info["ref"]), who), replace(said, booking=booking))

    try:
        await write(request, spoken(change))
    except (RefusedNoteError, TopicError, BookingError) as error:
        return refused(why(error))
    return web.Response(status=204)


@needs(Right.NOTE)
async def save_heard(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/heard`: how the caller heard of us; the same answer again takes it back."""
    form, app, who = await Form.of(request), request.app, actor(request)
    answer = form.text("answer", 80)
    if answer not in (app.get(OWN_HEARD, ()) or heard.ANSWERS):
        raise web.HTTPBadRequest

    def change(tx: Tx) -> None:
        call = find(tx, request.match_info["ref"])
        before = heard.answer_of(tx, call["pbx"], call["id"])
        again = before is not None and before["answer"] == answer
        note_heard(tx, call, "" if again else answer, who)

    await write(request, change)
    return web.Response(status=204)


def note_heard(tx: Tx, call: Row, answer: str, who: Actor) -> None:
    """Note how the caller of a call heard of us; "" takes it back."""
    heard.note(tx, call, answer, (who.person, who.at_ms))
    _tell(tx, "call.heard", call, who.at_ms)
    note(tx, who, Deed("changed", "call", f"{call['pbx']}:{call['id']}", "heard of us"))


@needs(Right.NOTE, Right.EDIT_PATIENTS)
async def save_patient(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/patient`: save an unknown caller as a patient, also one whose number is withheld."""
    form, app, who = await Form.of(request), request.app, actor(request)
    name, born = form.text("name"), form.text("born", 4)
    if born and not (born.isascii() and born.isdigit()):
        return refused(_("The year of birth is no year; write it like 1985, or leave it empty."))

    def change(tx: Tx) -> None:
        call = find(tx, request.match_info["ref"])
        now = (who.at_ms, local_day(who.at_ms, app[CLINIC].zone))
        ref = save(tx, call, Newcomer(name, int(born) if born else None), now)
        _tell(tx, "call.patient", call, who.at_ms)
        note(tx, who, Deed("changed", "patient", ref, f"saved from call {call['pbx']}:{call['id']}"))

    try:
        await write(request, change)
    except NewcomerError as error:
        return refused(why(error))
    return web.Response(status=204)


@needs(Right.NOTE)
async def mark_spam(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/spam`: nobody rings this number back from now on; the call has that topic."""
    form, app, who = await Form.of(request), request.app, actor(request)
    reason = form.text("reason", 300)

    def change(tx: Tx) -> None:
        call = find(tx, request.match_info["ref"])
        if call["party"] is None:
            raise RefusedNoteError(_("The number is withheld and cannot be marked; choose the topic Sales or spam."))
        if (before := tx.value("number_mark_kind", number=call["party"])) not in (None, "spam"):
            raise RefusedNoteError(_("This number is marked as %(kind)s already.") % {
                "kind": word(EXCLUDED, before)})
        desk = Desk(tx, app[CLINIC].callbacks, who.person, who.at_ms)
        marks.mark(desk, call["party"], "spam", reason or _("said at the reception"))
        if not tx.all("call_topics", pbx=call["pbx"], call=call["id"]):
            topic = topic_book.find(topic_book.topics(tx), "sales_spam")
            topic_book.note(tx, call, topic, (who.person, None), who.at_ms)
        _tell(tx, "call.marked", call, who.at_ms)
        note(tx, who, Deed("changed", "call", f"{call['pbx']}:{call['id']}", "number marked as spam"))

    try:
        await write(request, spoken(change))
    except (RefusedNoteError, CallbacksError) as error:
        return refused(why(error))
    return web.Response(status=204)


@needs(Right.NOTE)
async def unmark_spam(request: web.Request) -> web.Response:
    """`POST /calls/{ref}/unspam`: the number is a caller's again; its recent missed calls are decided anew."""
    app, who = request.app, actor(request)

    def change(tx: Tx) -> None:
        call = find(tx, request.match_info["ref"])
        if call["party"] is None or tx.value("number_mark_kind", number=call["party"]) != "spam":
            raise NotMarked
        marks.unmark(tx, app[CLINIC].callbacks, call["party"], who.at_ms)
        _tell(tx, "call.marked", call, who.at_ms)
        note(tx, who, Deed("changed", "call", f"{call['pbx']}:{call['id']}", "spam mark taken off"))

    try:
        await write(request, change)
    except NotMarked:
        return refused(_("This number is not marked as spam any more."))
    return web.Response(status=204)


def keep(tx: Tx, app: web.Application, whose: tuple[Row, Actor], said: Said) -> None:
    """Store what was said about a call; a topic of the category booked closes the caller's callback.

    Raises:
        RefusedNoteError: there is nothing to save, or several patients share the number and none was chosen.
    """
    call, who = whose
    now, key = who.at_ms, {"pbx": call["pbx"], "call": call["id"]}
    if not said.topic and not said.comment and said.booking is None:
        raise RefusedNoteError(_("There is nothing to save yet: choose a topic or write a comment."))
    chosen = said.topic or ("booked" if said.booking is not None and not _booked(tx, call) else "")
    if said.booking is not None:
        _book(tx, (call, who), said, chosen)
    if chosen:
        topic = topic_book.find(topic_book.topics(tx), chosen)
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


def _book(tx: Tx, whose: tuple[Row, Actor], said: Said, topic: str) -> None:
    """Note what was booked; it goes with a topic that means an appointment."""
    call, who = whose
    if topic and topic_book.find(topic_book.topics(tx), topic).category not in ("booked", "moved"):
        raise RefusedNoteError(_("An appointment goes with the topic Booked or Moved; choose that, or empty its day."))
    assert said.booking is not None
    patient = _patient(tx, call, said.patient)
    bookings.note(tx, call, said.booking, (who.person, patient, who.at_ms))
    _tell(tx, "call.booking", call, who.at_ms)


def _booked(tx: Tx, call: Row) -> bool:
    """Say whether the last topic of a call means an appointment already."""
    notes = tx.all("call_topics", pbx=call["pbx"], call=call["id"])
    return bool(notes) and notes[-1]["category"] in ("booked", "moved")


def _patient(tx: Tx, call: Row, chosen: str) -> str | None:
    """Return whom the call was about; who shares a number is never guessed."""
    sharing = list(dict.fromkeys(row["ref"] for row in candidates(tx, call)))
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
    app.router.add_post("/calls/{ref}/heard", save_heard)
    app.router.add_post("/calls/{ref}/patient", save_patient)
    app.router.add_post("/calls/{ref}/spam", mark_spam)
    app.router.add_post("/calls/{ref}/unspam", unmark_spam)
