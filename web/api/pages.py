"""The API as people see it: its documentation, its schema, and the tokens that somebody has."""

import re
from functools import cache

from aiohttp import web
from markupsafe import Markup, escape

from store import Row, Tx
from web.account import proved
from web.api import tokens as book
from web.api.areas import operations
from web.api.door import PREFIX
from web.api.openapi import document
from web.api.showing import Card, Shown, cards, shapes
from web.api.text import json_bytes
from web.api.tokens import DAY_MS, SCOPES, NewToken, NoSuchToken, TokensError
from web.audit import Deed, actor, note
from web.context import CONFIG, me, now_ms, read, write
from web.forms import Form
from web.pages import page
from web.refusals import said as why
from web.rights import signed_in

_TERMS_DAYS = (30, 90, 365)


@signed_in
async def docs(request: web.Request) -> web.StreamResponse:
    """`GET /api/docs`: every operation, with what is sent, what is answered, and a call by curl."""
    areas, parts = _written(request.app[CONFIG].url + PREFIX)
    return page(request, "api_docs.html", here="api", areas=areas, shapes=parts, base=PREFIX, said=said)


@signed_in
async def schema(request: web.Request) -> web.StreamResponse:
    """`GET /api/openapi.json`: the schema, for programs that write programs."""
    url = request.app[CONFIG].url + PREFIX
    return web.Response(body=json_bytes(document(operations(), url)), content_type="application/json")


@signed_in
async def show_tokens(request: web.Request) -> web.StreamResponse:
    """`GET /account/tokens`: the tokens that act as me."""
    return await _tokens(request)


@signed_in
async def add_token(request: web.Request) -> web.StreamResponse:
    """`POST /account/tokens`: make one, with my password; it is shown on the page that answers, and never again."""
    form, person, now, who = await Form.of(request), me(request), now_ms(request), actor(request)
    scopes = tuple(scope for scope in form.all("scope") if scope in SCOPES and SCOPES[scope] in person.rights)
    days = form.number("days") if form.text("days") else book.USUAL_DAYS
    if said := await proved(request, form):
        return await _tokens(request, 400, said=said)

    def change(tx: Tx) -> str:
        made = book.add(tx, NewToken(form.text("name", 40), person.name, scopes, days), person.name, now)
        note(tx, who, Deed("added", "token", form.text("name", 40), " ".join(scopes)))
        return made

    try:
        return await _tokens(request, made=await write(request, change))
    except TokensError as error:
        return await _tokens(request, 400, said=why(error))


@signed_in
async def revoke_token(request: web.Request) -> web.StreamResponse:
    """`POST /account/tokens/revoke`: let one of mine work no longer."""
    person, now, who = me(request), now_ms(request), actor(request)
    name = (await Form.of(request)).text("name", 40)

    def change(tx: Tx) -> None:
        row = tx.one("api_token_named", name=name)
        if row is None or row["owner"] != person.name:
            raise NoSuchToken(name)
        book.revoke(tx, name, now)
        note(tx, who, Deed("revoked", "token", name))

    try:
        await write(request, change)
    except NoSuchToken:
        raise web.HTTPNotFound from None
    raise web.HTTPSeeOther("/account/tokens")


async def _tokens(request: web.Request, status: int = 200, *, said: str = "", made: str = "") -> web.Response:
    person, now = me(request), now_ms(request)

    def look(tx: Tx) -> list[Row]:
        return book.tokens(tx, now, owner=person.name)

    used = {right for operation in operations() for right in (*operation.rights, *operation.terms.one_of)}
    scopes = [scope for scope, right in SCOPES.items() if right in person.rights & used]
    return page(request, "api_tokens.html", status=status, said=said, made=made, tokens=await read(request, look),
                scopes=scopes, terms=_TERMS_DAYS, soon_ms=now + 30 * DAY_MS)


def said(text: str) -> Markup:
    """Write what stands between backticks as code, and between stars with stress."""
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", shown))  # noqa: S704 - escaped, and our own text


@cache
def _written(url: str) -> tuple[dict[str, list[Card]], dict[str, tuple[Shown, ...]]]:
    return cards(operations(), url), shapes(operations())


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/api/docs", docs)
    app.router.add_get("/api/openapi.json", schema)
    app.router.add_get("/account/tokens", show_tokens)
    app.router.add_post("/account/tokens", add_token)
    app.router.add_post("/account/tokens/revoke", revoke_token)
