"""Links by which a calendar program reads a person's callbacks as tasks. The token is the only key to it.

A link has 256 bits and is stored hashed; it ends after a year, when it is revoked, when its person is disabled or may
not see callbacks any more. The tasks name numbers and times: no patient, no topic, no comment.
"""

from aiohttp import web

from callbacks.calendar import Calendar, to_ics
from store import Row, Tx
from web import tries
from web.audit import Deed, actor, note
from web.context import CONFIG, me, now_ms, read, write
from web.forms import Form
from web.i18n import gettext as _
from web.passwords import token_hash
from web.rights import Right, needs, open_to_all, rights_of, signed_in
from web.security import address_of
from web.sessions import token as new_token

DAYS = 365
MOST_LINKS = 5
MOST_TASKS = 500
PER_LINK = 60
PER_ADDRESS = 30
"""Bad tokens that one address may try in a quarter of an hour."""
SCOPES = ("mine", "all")
_DAY_MS = 86_400_000


def make(tx: Tx, person: str, what: tuple[str, str], now: int) -> str:
    """Store a link for a person; return its token, which is told only now. `what` is a label and a scope."""
    label, scope = what
    token = new_token()
    tx.run("calendar_link_add", id=tx.next_id("calendar_link"), token=token_hash(token), person=person, label=label,
           scope=scope, now_ms=now, until_ms=now + DAYS * _DAY_MS)
    return token


def links_of(tx: Tx, person: str, now: int) -> list[Row]:
    """Return the links of a person that work: id, label, scope, created_ms, until_ms, seen_ms."""
    return tx.all("calendar_links_of", person=person, now_ms=now)


@open_to_all
async def calendar(request: web.Request) -> web.Response:
    """`GET /feed/{token}.ics`: open callbacks as iCalendar tasks; 404 for whatever is not a link that works."""
    now, hashed = now_ms(request), token_hash(request.match_info["token"])
    link = await read(request, lambda tx: tx.one("calendar_link_live", token=hashed, now_ms=now))
    known = link is not None and Right.CALLBACKS in rights_of(link["roles"].split())
    limit = tries.Limit(f"feed:{link['id']}", PER_LINK) if link is not None and known else tries.Limit(
        f"feed-address:{address_of(request)}", PER_ADDRESS)  # fmt: skip
    wait = await write(request, lambda tx: tries.take(tx, (limit,), now))
    if wait:
        return web.Response(status=429, text="Too many requests.\n", headers={"Retry-After": str(-(-wait // 1000))})
    if link is None or not known:
        return web.Response(status=404, text="There is no such link, or it works no longer.\n")
    holder = link["person"] if link["scope"] == "mine" else None

    def look(tx: Tx) -> list[Row]:
        tx.run("calendar_link_seen", id=link["id"], now_ms=now)
        return tx.all("calendar_callbacks", person=holder, now_ms=now, limit=MOST_TASKS)

    rows = await write(request, look)
    config = request.app[CONFIG]
    text = to_ics(rows, Calendar(config.clinic, link["language"] or config.languages[0], now))
    return web.Response(body=text.encode(), content_type="text/calendar", charset="utf-8",
                        headers={"X-Robots-Tag": "noindex"})


@needs(Right.CALLBACKS)
async def add(request: web.Request) -> web.StreamResponse:
    """`POST /account/calendar`: make a link; the page shows it once."""
    from web.account import show_account  # it shows the links, too

    form, person, now, who = await Form.of(request), me(request), now_ms(request), actor(request)
    label, scope = form.text("label", 40), form.text("scope", 8)
    if scope not in SCOPES:
        raise web.HTTPBadRequest
    if person.means == "pin":
        return await show_account(request, 403, said=_(
            "After taking over by code, this needs your password: sign out and sign in again."))

    def change(tx: Tx) -> str | None:
        if len(links_of(tx, person.name, now)) >= MOST_LINKS:
            return None
        note(tx, who, Deed("added", "calendar", "", scope))
        return make(tx, person.name, (label, scope), now)

    token = await write(request, change)
    if token is None:
        return await show_account(request, 409, said=_("You have five links already; revoke one first."))
    return await show_account(request, calendar_link=f"{request.app[CONFIG].url}/feed/{token}.ics")


@signed_in
async def revoke(request: web.Request) -> web.StreamResponse:
    """`POST /account/calendar/revoke`: a link works no longer."""
    person, now, who = me(request), now_ms(request), actor(request)
    link = (await Form.of(request)).number("link")

    def change(tx: Tx) -> None:
        if tx.run("calendar_link_revoke", id=link, person=person.name, now_ms=now):
            note(tx, who, Deed("revoked", "calendar", str(link)))

    await write(request, change)
    raise web.HTTPSeeOther("/account?said=saved")


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(r"/feed/{token:[A-Za-z0-9_-]{1,100}}.ics", calendar)
    app.router.add_post("/account/calendar", add)
    app.router.add_post("/account/calendar/revoke", revoke)
