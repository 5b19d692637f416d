"""Tracked numbers: what each belonged to and when, given to a campaign from a day on, ended. Overlaps are refused."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from patients.phones import e164
from store import Tx
from tracking import Author, TrackingError
from tracking.assigning import KINDS, Assignment, assign, end_assignment, history, move
from tracking.campaigns import title
from tracking.periods import Period
from web.admin_pages import admin_page, done, page_number
from web.audit import Deed, actor
from web.context import CLINIC, now_ms, read
from web.forms import Form
from web.i18n import gettext as _
from web.i18n import mark
from web.rights import Right, needs, needs_one_of

SHOWN = 50
KIND_WORDS = {
    "static": mark("shown in one place"), "pool": mark("of a pool for the web"), "main": mark("the main number"),
    "overflow": mark("shown when the pool is empty"),
}  # fmt: skip

_CHANGES = (
    (re.compile(r"assigned from (?P<first>\S+) on"), mark("assigned from %(first)s on")),
    (re.compile(r"assigned from (?P<first>\S+) to (?P<last>\S+)"), mark("assigned from %(first)s to %(last)s")),
    (re.compile(r"ends on (?P<day>\S+)"), mark("ends on %(day)s")),
    (re.compile(r"from (?P<first>\S+) on for (?P<whose>.+?) was a mistake: (?P<reason>.*)"),
     mark("from %(first)s on for %(whose)s was a mistake: %(reason)s")),
    (re.compile(r"from (?P<first>\S+) to (?P<last>\S+) for (?P<whose>.+?) was a mistake: (?P<reason>.*)"),
     mark("from %(first)s to %(last)s for %(whose)s was a mistake: %(reason)s")),
)
"""What `tracking.assigning` notes of a number, and how it is said."""


@needs_one_of(Right.SETUP, Right.COSTS)
async def numbers_page(request: web.Request) -> web.Response:
    """`GET /admin/numbers?skip=N`: every number with its history."""
    return await _page(request)


@needs(Right.SETUP)
async def add(request: web.Request) -> web.Response:
    """`POST /admin/numbers`: give a number to a campaign from a day on; the one before may end on its eve."""
    form, who, clinic = await Form.of(request), actor(request), request.app[CLINIC]
    typed, day, last = form.text("did", 40), form.text("valid_from", 10), form.text("valid_to", 10)
    campaign, moves = form.text("campaign", 20), bool(form.text("move", 5))
    more = {part: form.text(part) for part in ("label", "kind", "location", "destination")}

    def change(tx: Tx) -> None:
        did = e164(typed, clinic.callbacks.region)
        if did is None:
            raise TrackingError("This is not a phone number with its country or area code.")
        if campaign and not campaign.isdecimal():
            raise TrackingError("Choose a campaign of the list.")
        wanted = Assignment(
            did, int(campaign) if campaign else None, Period(day, last or None), more["label"],
            more["kind"] or "static", more["location"], more["destination"] or None,
        )  # fmt: skip
        (move if moves else assign)(tx, wanted, Author(who.person, who.at_ms), _locations(request))

    return await done(request, Deed("assigned", "number", "", f"{day} campaign {campaign}"), change, _again(request))


@needs(Right.SETUP)
async def end(request: web.Request) -> web.Response:
    """`POST /admin/numbers/{id}/end`: let an assignment end with a day."""
    id_, day, who = int(request.match_info["id"]), (await Form.of(request)).text("valid_to", 10), actor(request)
    return await done(request, Deed("ended", "number", str(id_), day),
                      lambda tx: end_assignment(tx, id_, day, Author(who.person, who.at_ms)), _again(request))


def _locations(request: web.Request) -> list[str]:
    return [name for name in request.app[CLINIC].callbacks.hours if name]


def _again(request: web.Request) -> Callable[[int, str], Awaitable[web.Response]]:
    async def again(status: int, said: str) -> web.Response:
        return await _page(request, status, said=said)

    return again


async def _page(request: web.Request, status: int = 200, *, said: str = "") -> web.Response:
    skip, clinic, now = page_number(request), request.app[CLINIC], now_ms(request)
    today = clinic.callbacks.hours_at("").local_day(now).isoformat()

    def look(tx: Tx) -> dict[str, Any]:
        dids = [row["did"] for row in tx.all("numbers_all", limit=SHOWN + 1, skip=skip)]
        return {"numbers": [(did, *history(tx, did)) for did in dids[:SHOWN]],
                "older": skip + SHOWN if len(dids) > SHOWN else None,
                "campaigns": tx.all("console_campaigns")}

    values = await read(request, look)
    return admin_page(
        request, "admin_numbers.html", status=status, said=said, today=today, kinds=KINDS, kind_words=KIND_WORDS,
        title=title, change_text=change_text, locations=_locations(request),
        newer=max(skip - SHOWN, 0) if skip else None, **values,
    )  # fmt: skip


def change_text(said: str) -> str:
    """Say in the person's language what somebody changed about a number; what is noted otherwise stays English."""
    for pattern, sentence in _CHANGES:
        if found := pattern.fullmatch(said):
            fields = found.groupdict()
            if owner := fields.get("whose"):
                fields["whose"] = _(owner)  # "the clinic itself" is words of ours, a campaign's name is not
            return _(sentence) % fields
    return said


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin/numbers", numbers_page)
    app.router.add_post("/admin/numbers", add)
    app.router.add_post(r"/admin/numbers/{id:[1-9]\d{0,17}}/end", end)
