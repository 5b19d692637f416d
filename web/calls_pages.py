"""The call log: filters, pages that stay put while calls arrive, a call's story, export."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from callbacks.topics import topics
from store import Tx
from tracking.attribute import reasons
from web import calls_files
from web import calls_words as words
from web.audit import looked
from web.calls_campaign import standing
from web.calls_dial import DIALLER
from web.calls_filter import (
    KINDS,
    OPEN,
    PERIODS,
    Filter,
    Place,
    Selection,
    definition,
    log,
    place_of,
    place_text,
)
from web.calls_notes import find
from web.calls_story import Parts, story
from web.context import CLINIC, me, now_ms, read
from web.i18n import gettext as _
from web.i18n import language, mark
from web.pages import page
from web.people_names import NAMES
from web.pop import card_of, dialled
from web.pop_pages import PATIENT_LINK, shared, topic_choices
from web.recordings import FOLDERS, recording_of
from web.rights import Right, needs
from web.streams import first

__all__ = ["Filter", "Place", "log", "place_of", "place_text"]

SHOWN = 50
PHONE_DAYS = 90
"""A phone that was used within so many days can be chosen as a filter."""
EVENTS = {
    "begins": mark("%(who)s begins"), "rings": mark("%(who)s rings"), "dialled": mark("%(who)s is dialled"),
    "waits": mark("waits in %(who)s"), "left_answered": mark("leaves %(who)s: answered"),
    "left_abandoned": mark("leaves %(who)s: hung up"), "left_timeout": mark("leaves %(who)s: waited too long"),
    "left_refused": mark("%(who)s takes nobody"), "left_other": mark("leaves %(who)s"),
    "talks": mark("talks with %(who)s"), "talked": mark("no more with %(who)s"), "over": mark("the call is over"),
}  # fmt: skip


def selection(request: web.Request) -> Selection:
    """Return what the address asks for."""
    clinic = request.app[CLINIC]
    return Selection(Filter.of(request), clinic.zone, now_ms(request), clinic.callbacks.rules.reached_s)


@needs(Right.CALLS)
async def log_page(request: web.Request) -> web.Response:
    """`GET /calls?…&before=PLACE`: the call log."""
    wanted = selection(request)
    chosen, place = wanted.filter, place_of(request.query.get("before", ""))
    recently = (datetime.fromtimestamp(wanted.now_ms / 1000, UTC) - timedelta(days=PHONE_DAYS)).date().isoformat()

    may_tell = me(request).can(Right.FIGURES) and (not chosen.figure.startswith("team.") or me(request).can(Right.TEAM))

    def look(tx: Tx) -> dict[str, Any]:
        rows = wanted.page(tx, place, SHOWN + 1)
        known = topics(tx, retired=True)
        names = {number: tx.all("callback_patients", number=number)
                 for number in dict.fromkeys(row["party"] for row in rows[:SHOWN]) if number}
        return {"rows": rows[:SHOWN], "names": names, "topics": {topic.id: topic for topic in known},
                "older": chosen.query(before=place_text(rows[SHOWN - 1])) if len(rows) > SHOWN else "",
                "dids": tx.all("console_dids"), "campaigns": tx.all("console_campaigns"),
                "phones": [row["agent"] for row in tx.all("console_phones", day=recently)],
                "people": {row["desk"]: row["display"] for row in tx.all("console_desks", now_ms=wanted.now_ms)},
                "patient": tx.one("patient_get", ref=chosen.patient) if chosen.patient else None,
                "count": wanted.count(tx), "told": wanted.told(tx) if may_tell else None}

    values = await read(request, look)
    await looked(request, "patient", *dict.fromkeys(who["ref"] for found in values["names"].values() for who in found))
    return page(request, "calls.html", here="calls", chosen=chosen, words=words, later=place is not None,
                days=chosen.settled(wanted.now_ms, wanted.zone), lists={"kind": KINDS, "open": OPEN, "period": PERIODS},
                figure=definition(chosen.figure) if chosen.figure else None, **values, **await first(request, "pop"))


@needs(Right.CALLS)
async def call_page(request: web.Request) -> web.StreamResponse:
    """`GET /calls/{ref}`: one call with its story; the id of a call that was merged leads to the older one."""
    ref, app, person, now = request.match_info["ref"], request.app, me(request), now_ms(request)
    corrects = Right.COSTS in person.rights

    def look(tx: Tx) -> dict[str, Any] | str:
        call = find(tx, ref)
        if (here := f"{call['pbx']}:{call['id']}") != ref:
            return here
        key = {"pbx": call["pbx"], "call": call["id"]}
        parts = Parts(*(tx.all(part, **key) for part in ("legs", "talks", "waits")))
        known = topics(tx, retired=True)
        label, campaign = dialled(tx, call)
        return {
            "call": call, "card": card_of(tx, call, person.name, app.get(PATIENT_LINK, ""), now),
            "story": story(call, parts, now), "label": label, "campaign": campaign,
            "why": [words.decided_text(one, app[CLINIC].callbacks.region, app[NAMES])
                    for one in reasons(tx, call["pbx"], call["id"], app[CLINIC].zone)],
            "notes": tx.all("call_topics", **key),
            "comments": tx.all("call_comments", **key), "callbacks": tx.all("callbacks_of_call", **key),
            "topics": {topic.id: topic for topic in known},
            "topic_choices": topic_choices(app, language(), [topic for topic in known if not topic.retired]),
            "sound": recording_of(app[FOLDERS], call) if Right.RECORDINGS in person.rights else None,
            "corrected": standing(tx, call), "joined": (tx.one("attribution_get", **key) or {}).get("campaign"),
            "campaigns": tx.all("console_campaigns") if corrects else [],
        }  # fmt: skip

    values = await read(request, look)
    if isinstance(values, str):
        raise web.HTTPMovedPermanently(f"/calls/{values}")
    await looked(request, "patient", *(who.ref for who in values["card"].relatives))
    await looked(request, "call", ref)
    return page(request, "call.html", here="calls", **shared(app), events=EVENTS, dials=DIALLER in app,
                may_note=Right.NOTE in person.rights, may_edit=Right.EDIT_PATIENTS in person.rights, corrects=corrects,
                **values, **await first(request, "pop"))


def event_text(event: tuple[int, str, str]) -> str:
    """Say what happened in the language of the request."""
    return _(EVENTS[event[1]]) % {"who": event[2]}


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/calls", log_page)
    calls_files.set_up(app)
    app.router.add_get("/calls/{ref}", call_page)
