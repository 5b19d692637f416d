"""Callbacks: who is to be rung back, by whom, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from aiohttp import web
from markupsafe import Markup

from callbacks.desk import Desk
from callbacks.errors import CallbacksError
from reports.based import Told
from store import Row, Tx
from tracking.moments import local_day
from web import calls_words as words
from web.areas import Area, Painted, Viewer
from web.audit import Deed, actor, looked, note
from web.callbacks_around import Around, AroundAll
from web.callbacks_behind import Behind
from web.calls_dial import DIALLER, RefusedError, Wish, ring
from web.context import CLINIC, me, now_ms, read, write
from web.forms import Form
from web.i18n import gettext as _
from web.pages import page
from web.parts import Parts
from web.people_names import NAMES, names_known
from web.recordings import FOLDERS
from web.refusals import said
from web.reports_asked import limits_of
from web.rights import Right, needs
from web.streams import first

SHOWN = 100
_KEPT = 2048
"""So many painted callbacks are kept, about 3 kB each: a full list in each language, for who works and who looks."""
COMMENTS = 3
_MINUTE_MS = 60_000
SNOOZES = (30, 60, 180)
"""Minutes; besides there is tomorrow morning."""
MORNING = time(9)


@dataclass(frozen=True, slots=True)
class Item:
    """One callback as it is shown."""

    id: int
    number: str
    patients: tuple[Row, ...]
    opened_ms: int
    due_ms: int
    snoozed_until_ms: int | None
    claimed_by: str
    claimed_until_ms: int
    mine: bool
    kind: str
    """`missed`, `voicemail`, or `request`: asked for on the web site."""
    misses: int
    attempts: int
    first_time: bool
    in_hours: bool
    what: str
    """How the last missed call ended, in words."""
    missed_ms: int | None
    label: str
    campaign: str
    comments: tuple[Row, ...]
    live: Row | None
    """The call that lives now with this number."""
    barred: str
    """Why the number may not be rung, "" when it may."""
    closed_ms: int | None
    closed_why: str
    closed_by: str
    closed_call: str
    reason: str
    waits_for_confirmation: bool
    """Whether it was closed by a talk that somebody is to confirm."""
    message: bool
    """Whether they left a message that can be played."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The queue as one person sees it."""

    confirm: tuple[Item, ...]
    mine: tuple[Item, ...]
    others: tuple[Item, ...]
    more: bool

    @property
    def empty(self) -> bool:
        """Say whether there is nothing to do."""
        return not (self.confirm or self.mine or self.others)

    @property
    def patients(self) -> tuple[str, ...]:
        """Return the patients that can be seen."""
        every = (*self.confirm, *self.mine, *self.others)
        return tuple(dict.fromkeys(who["ref"] for item in every for who in item.patients))


def lists(tx: Tx, app: web.Application, who: str, now: int) -> Lists:
    """Return what waits to be confirmed, what this person has claimed, and the rest, first things first."""
    mine = tx.all("callbacks_claimed_list", who=who, now_ms=now, limit=SHOWN)
    every = tx.all("callbacks_open_list", now_ms=now, limit=SHOWN + 1, skip=0)
    own = {row["id"] for row in mine}
    confirm = tx.all("callbacks_unconfirmed_list", now_ms=now, limit=SHOWN)
    others = [row for row in every[:SHOWN] if row["id"] not in own]
    around = AroundAll(tx, app, now, (row["id"] for row in (*confirm, *mine, *others)))

    def shown(rows: Sequence[Row]) -> tuple[Item, ...]:
        return tuple(_item(around, row, who) for row in rows)

    return Lists(shown(confirm), shown(mine), shown(others), len(every) > SHOWN)


def item(tx: Tx, app: web.Application, row: Row, who: str, now: int) -> Item:
    """Return one callback as it is shown to a person."""
    return _item(Around(tx, app, now), row, who)


def _item(around: Around, row: Row, who: str) -> Item:
    tx, app, now = around.tx, around.app, around.now
    missed_ms, call = around.miss(row["id"])
    label, campaign = around.dialled(call) if call is not None else ("", "")
    if not campaign and row["campaign_source"]:
        campaign = f"{row['campaign_source']} / {row['campaign_name']}"
    held = row["claimed_by"] is not None and (row["claimed_until_ms"] or 0) > now
    return Item(
        id=row["id"], number=row["number"], patients=tuple(around.patients(row["number"])),
        opened_ms=row["opened_ms"], due_ms=row["due_ms"],
        snoozed_until_ms=row["snoozed_until_ms"] if (row["snoozed_until_ms"] or 0) > now else None,
        claimed_by=row["claimed_by"] if held else "", claimed_until_ms=row["claimed_until_ms"] or 0,
        mine=held and row["claimed_by"] == who, kind=row["kind"], misses=row["misses"],
        attempts=row["attempts"],
        first_time=bool(call and call["first_time"]), in_hours=bool(call is None or call["in_hours"]),
        what=words.outcome_text(call) if call is not None else "", missed_ms=missed_ms,
        label=label, campaign=campaign,
        comments=tuple(around.comments(row["id"])[-COMMENTS:]),
        # Nobody's own count: the list is painted once for all. Whoever rang too often today is told at the click.
        live=around.live(row["number"]), barred=around.barred(row["number"]),
        closed_ms=row["closed_ms"], closed_why=words.word(words.CLOSED, row["closed_why"] or ""),
        closed_by=row["closed_by"] or "",
        closed_call=f"{row['closed_pbx']}:{row['closed_call']}" if row["closed_call"] else "",
        reason=row["reason"] or "", waits_for_confirmation=row["unconfirmed_until_ms"] is not None,
        message=row["kind"] == "voicemail" and any(
            (folders := app[FOLDERS].get(left["pbx"])) is not None and folders.voicemail is not None
            for left in tx.all("callback_messages", callback=row["id"])),
    )  # fmt: skip


def area(app: web.Application) -> Area:
    """Return the queue as an area of pages, for each person their own."""
    parts = Parts(app, _KEPT)

    def look(tx: Tx, viewer: Viewer, now: int) -> Painted:
        shown = lists(tx, app, viewer.person.name, now)
        may_work = Right.RING_BACK in viewer.person.rights
        around = {"words": words, "dials": DIALLER in app, "snoozes": SNOOZES, "may_work": may_work, "now": now}
        says = may_work, local_day(now, app[CLINIC].zone), names_known(app)

        def part(item: Item) -> Markup:
            told = (repr(item), item.due_ms <= now, says)
            return parts.paint("callbacks_one.html", viewer.language, told, lambda: {**around, "item": item})

        return Painted({"lists": shown, "painted": part}, shown.patients)

    return Area("callbacks", Right.CALLBACKS, "callbacks_area.html", look, kinds=("callback.", "call."),
                alike=lambda viewer: (viewer.person.desk != "", viewer.person.rights), desks=_concerned,
                personal=_claimers, pace_s=0.3)


def _concerned(tx: Tx, rows: Sequence[Row]) -> frozenset[str] | None:
    """Say whom rows of the feed concern: everybody, or nobody, when they are of calls whose party waits for no call."""
    if any(not row["kind"].startswith("call.") for row in rows):
        return None
    for ref in {row["ref"] for row in rows}:
        pbx, _, call = ref.partition(":")
        row = tx.one("call_get", pbx=pbx, id=call)
        if row is None or (row["party"] and tx.value("callback_shown", number=row["party"], now_ms=row["started_ms"])):
            return None
    return frozenset()


def _claimers(tx: Tx, now_ms: int) -> frozenset[str]:
    """Return who has claimed something: they see it apart, with other buttons."""
    return frozenset(row["claimed_by"] for row in tx.all("callback_claimers", now_ms=now_ms))


@needs(Right.CALLBACKS)
async def queue_page(request: web.Request) -> web.Response:
    """`GET /callbacks`: the queue, mine first."""
    return page(request, "callbacks.html", here="callbacks", **await first(request, "pop", "callbacks"))


@needs(Right.CALLBACKS)
async def history_page(request: web.Request) -> web.Response:
    """`GET /callbacks/all?skip=N`: every callback, the newest first.

    With `figure`, `row`, `start` and `end` the very callbacks behind a figure of the report on callbacks.
    """
    text = request.query.get("skip", "0")
    skip = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    now, person = now_ms(request), me(request)

    behind = Behind.of(request.query)

    def look(tx: Tx) -> tuple[list[Item], bool, int, Told | None]:
        told: Told | None = None
        if behind is None:
            rows, count = tx.all("callbacks_all_list", now_ms=now, limit=SHOWN + 1, skip=skip), 0
        else:
            found = behind.callbacks
            listed = (tx.one("callback_listed", id=one["id"]) for one in found.page(tx, skip, SHOWN + 1))
            rows, count = [row for row in listed if row is not None], found.count(tx)
            told = behind.told(tx, limits_of(request.app)) if person.can(Right.FIGURES) else None
        return [item(tx, request.app, row, person.name, now) for row in rows[:SHOWN]], len(rows) > SHOWN, count, told

    items, more, count, told = await read(request, look)
    await looked(request, "patient", *dict.fromkeys(who["ref"] for shown in items for who in shown.patients))
    return page(request, "callbacks_all.html", here="callbacks", items=items, words=words, snoozes=SNOOZES,
                dials=DIALLER in request.app, may_work=Right.RING_BACK in person.rights,
                older=skip + SHOWN if more else None, newer=max(skip - SHOWN, 0) if skip else None,
                behind=behind, count=count, told=told, query=behind.query if behind is not None else "",
                **await first(request, "pop"))


@needs(Right.RING_BACK)
async def act(request: web.Request) -> web.Response:
    """`POST /callbacks/{id}/{action}`: claim, release, comment, close, snooze, confirm, reopen.

    204 when it is done: the queue that everybody sees is painted anew by the feed. 409 with a sentence otherwise.
    """
    form, app, now, who = await Form.of(request), request.app, now_ms(request), actor(request)
    callback, action = int(request.match_info["id"]), request.match_info["action"]
    do = _deed(action, form, app, now)

    def change(tx: Tx) -> None:
        do(Desk(tx, app[CLINIC].callbacks, who.person, now), callback)
        note(tx, who, Deed("changed", "callback", str(callback), action))

    try:
        await write(request, words.spoken(change))
    except CallbacksError as error:
        return refused(said(error, request.app[NAMES]))
    return web.Response(status=204)


@needs(Right.RING_BACK, Right.DIAL)
async def ring_back(request: web.Request) -> web.Response:
    """`POST /callbacks/{id}/ring`: claim it, ring my phone, then the caller."""
    callback = int(request.match_info["id"])
    row = await read(request, lambda tx: tx.one("callback_get", id=callback))
    if row is None:
        raise web.HTTPNotFound
    try:
        await ring(request, Wish(row["number"], callback))
    except (RefusedError, CallbacksError) as error:
        return refused(said(error, request.app[NAMES]))
    return web.Response(status=204)


def refused(sentence: str) -> web.Response:
    """Return a refusal that the page shows beside the button."""
    return web.Response(status=409, text=sentence)


Do = Callable[[Desk, int], Any]


def _deed(action: str, form: Form, app: web.Application, now: int) -> Do:
    """Return what an action does; what the form lacks is a 400."""
    match action:
        case "claim":
            return lambda desk, callback: desk.claim(callback)
        case "release":
            return lambda desk, callback: desk.release(callback)
        case "comment":
            body = form.lines("text", 2000)
            return lambda desk, callback: desk.comment(callback, body)
        case "close":
            reason = form.text("reason", 300)
            return lambda desk, callback: desk.close(callback, reason)
        case "snooze":
            until = _until(form.text("for", 20), app, now)
            return lambda desk, callback: desk.snooze(callback, until)
        case "reopen":
            return lambda desk, callback: desk.reopen(callback)
        case "confirm":
            return confirming(form.text("said", 20))
        case _:
            raise web.HTTPNotFound


def confirming(said: str) -> Do:
    """Return what is done when somebody says what a short talk was; an unknown word is a 400."""
    match said:
        case "spoke" | "voicemail" | "wrong":
            return lambda desk, callback: desk.confirm(callback, said)
        case "not_there":
            # Somebody picked up, but not who was missed: an attempt, and whoever rings next is told.
            def not_there(desk: Desk, callback: int) -> None:
                desk.confirm(callback, "voicemail")
                desk.comment(callback, _("Not there."))

            return not_there
        case _:
            raise web.HTTPBadRequest


def _until(wanted: str, app: web.Application, now: int) -> int:
    """Return when a snooze ends: so many minutes from now, or tomorrow morning."""
    if wanted == "tomorrow":
        zone = app[CLINIC].zone
        day = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date() + timedelta(days=1)
        return int(datetime.combine(day, MORNING, zone).timestamp() * 1000)
    if wanted.isascii() and wanted.isdigit() and int(wanted) in SNOOZES:
        return now + int(wanted) * _MINUTE_MS
    raise web.HTTPBadRequest


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/callbacks", queue_page)
    app.router.add_get("/callbacks/all", history_page)
    app.router.add_post(r"/callbacks/{id:[1-9]\d{0,17}}/ring", ring_back)
    app.router.add_post(r"/callbacks/{id:[1-9]\d{0,17}}/{action:[a-z]+}", act)
