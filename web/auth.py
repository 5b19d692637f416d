"""Who is asking, and whether they may: one guard before every handler. Programs have a guard of their own.

1. The route declares who may use it; one that declares nothing is closed to everybody.
2. The cookie's token finds the session; the person's language is spoken from here on.
3. Who is not signed in is led to the sign-in (a program gets 401); who lacks a right gets 403.
4. A changing request must come from our own page.
"""

from urllib.parse import quote

from aiohttp import web

from store import Tx
from web import i18n, sessions
from web.api import door
from web.context import CONFIG, CSRF, ME, Me, now_ms, read, whoever, write
from web.csrf import SAFE, is_ours
from web.i18n import gettext as _
from web.people_names import NAMES
from web.rights import Access, Handler, access_of


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request through to its handler, or say why not."""
    if door.is_here(request):
        return await door.through(request, handler)
    if "\0" in request.path or any("\0" in text for text in request.query.values()):
        raise web.HTTPBadRequest  # nobody types it, and not every store takes it
    await _recognise(request)
    person = whoever(request)
    if request.match_info.http_exception is not None:
        # An unknown path looks to a stranger like any other that is closed.
        if person is None:
            return sign_in_first(request)
        raise request.match_info.http_exception
    access = access_of(request.match_info.handler)
    if access is None:
        raise web.HTTPForbidden
    if access.session and person is None:
        return sign_in_first(request)
    if person is not None and not access.lets_in(person.rights):
        raise web.HTTPForbidden(text=_refusal(access, person))
    if request.method not in SAFE and not await is_ours(request):
        raise web.HTTPForbidden(text=_("This page was open for too long. Load it again, then repeat the last step."))
    return await handler(request)


def sign_in_first(request: web.Request) -> web.StreamResponse:
    """Lead to the sign-in, and back afterwards. htmx follows its own header; a program just gets 401."""
    if request.method in ("GET", "HEAD") and "HX-Request" not in request.headers and _reads_pages(request):
        there = "" if request.path == "/" else f"?next={quote(request.path_qs, safe='/')}"
        return web.Response(status=302, headers={"Location": f"/login{there}"})
    return web.Response(status=401, text=f"{_('Sign in first.')}\n", headers={"HX-Redirect": "/login"})


async def _recognise(request: web.Request) -> None:
    """Find the person of the request's cookie, and speak their language."""
    person = None
    token = request.cookies.get(sessions.cookie_name(request, "session"), "")
    if token:
        now = now_ms(request)
        found = await read(request, lambda tx: sessions.find(tx, token, now))
        if found is not None:
            person, stale = found
            if stale:
                await _seen(request, person, now)
    if person is not None:
        request[ME] = person
        request.app[NAMES][person.name] = person.display
    else:
        token = request.cookies.get(sessions.cookie_name(request, "guest"), "")
    request[CSRF] = sessions.csrf_of(token) if token else ""
    offered = request.app[CONFIG].languages
    chosen = person.language if person is not None else ""
    i18n.speak(chosen or i18n.preferred(request.headers.get("Accept-Language", ""), offered))


async def _seen(request: web.Request, person: Me, now: int) -> None:
    def change(tx: Tx) -> int:
        return tx.run("session_seen", id=person.session, now_ms=now)

    await write(request, change)


def _reads_pages(request: web.Request) -> bool:
    accepted = request.headers.get("Accept", "*/*")
    return "text/html" in accepted or request.headers.get("Sec-Fetch-Mode") == "navigate"


def _refusal(access: Access, person: Me) -> str:
    if person.means == "pin":
        return _("After taking over by code, this needs your password: sign out and sign in again.")
    return _("You may not see this. Ask a manager if you need it.")
