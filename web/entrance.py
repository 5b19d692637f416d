"""The entrance: sign-in by password and, where set, a code of an authenticator app; links that work once; sign-out.

What was typed is counted before it is looked at, and a wrong name takes as long as a wrong password.
"""

from dataclasses import dataclass

from aiohttp import web

from store import Row, Tx
from web import passwords, sessions, tries, users
from web.audit import Actor, Deed, actor, note
from web.context import CONFIG, CSRF, now_ms, read, whoever, write
from web.forms import Form, local_path
from web.i18n import gettext as _
from web.i18n import ngettext
from web.pages import page
from web.rights import open_to_all, signed_in
from web.security import address_of

routes = web.RouteTableDef()


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who proved who they are."""

    person: str
    means: str
    desk: str
    target: str = "/"


@routes.get("/login")
@open_to_all
async def show_login(request: web.Request) -> web.StreamResponse:
    """Ask for login and password."""
    if whoever(request) is not None:
        raise web.HTTPSeeOther("/")
    target = local_path(request.query.get("next", "/"))
    if sessions.cookie_name(request, "session") in request.cookies:  # who signs out has none
        return _login_page(request, target=target, said=_("Your session is over. Sign in to go on where you were."))
    return _login_page(request, target=target)


@routes.post("/login")
@open_to_all
async def login(request: web.Request) -> web.StreamResponse:
    """Look at login and password; go on to the code where the user has an authenticator app."""
    form = await Form.of(request)
    name, desk = form.text("name", 64).casefold(), form.text("desk", 32)
    target, now = local_path(form.secret("next", 2000)), now_ms(request)
    again = {"name": name, "desk": desk, "target": target}
    if desk and not request.app[CONFIG].is_phone(desk):
        return _login_page(request, 400, said=_("There is no phone with this number at the desk."), **again)
    limits = tries.password_limits(name, address_of(request))
    wait = await write(request, lambda tx: tries.take(tx, limits, now))
    if wait:
        return _locked(request, wait, **again)
    user = await read(request, lambda tx: tx.one("user", name=name))
    usable = user is not None and user["disabled_ms"] is None
    right = await passwords.matches(user["password"] if user is not None else "", form.secret("password"))
    if user is None or not right or not usable:
        # A name that nobody has may be a password in the wrong field: it is not written down.
        known = name if user is not None else ""
        await write(request, lambda tx: note(tx, _actor(request), Deed("refused", "user", known)))
        return _login_page(request, 403, said=_("Login or password is not right."), **again)
    if user["totp"]:
        made = await write(request, lambda tx: users.ticket(tx, name, ("code", desk), now + users.CODE_MS))
        return page(request, "code.html", ticket=made, target=target, said="")
    return await enter(request, Entry(name, "password", desk, target), limits)


@routes.post("/login/code")
@open_to_all
async def login_code(request: web.Request) -> web.StreamResponse:
    """Look at the code of the authenticator app. Each code works once."""
    form = await Form.of(request)
    made, now = form.secret("ticket"), now_ms(request)
    target = local_path(form.secret("next", 2000))
    hashed = passwords.token_hash(made)
    found = await read(request, lambda tx: tx.one("ticket_good", token=hashed, now_ms=now))
    if found is None or found["purpose"] != "code":
        return _login_page(request, 403, said=_("That took too long. Please sign in again."), target=target)
    name = found["person"]
    limits = tries.password_limits(name, address_of(request))
    wait = await write(request, lambda tx: tries.take(tx, limits, now))
    if wait:
        return _locked(request, wait, target=target)
    user = await read(request, lambda tx: users.user(tx, name))
    step = passwords.totp_step(user["totp"], form.text("code", 16), now)

    def consume(tx: Tx) -> bool:
        fresh = step is not None and bool(tx.run("user_totp_used", name=name, totp_step=step))
        if not fresh:
            note(tx, _actor(request), Deed("refused", "user", name, "code"))
        return fresh and bool(tx.run("ticket_use", token=hashed, now_ms=now))

    if not await write(request, consume):
        said = _("This code is not right, or was used already. Wait for the next one.")
        return page(request, "code.html", status=403, ticket=made, target=target, said=said)
    return await enter(request, Entry(name, "password", found["desk"], target), limits)


@routes.get("/enter/{token}")
@open_to_all
async def show_link(request: web.Request) -> web.StreamResponse:
    """Show what a link is for. Looking changes nothing, so a program that looks ahead spoils nothing."""
    found = await _ticket(request)
    return with_guest(request, page(request, "enter.html", found=found, said="", status=200 if found else 404))


@routes.post("/enter/{token}")
@open_to_all
async def use_link(request: web.Request) -> web.StreamResponse:
    """Choose a password, or sign in as one of the demo's people; the link is spent by it."""
    found = await _ticket(request)
    if found is None:
        return page(request, "enter.html", found=None, said="", status=404)
    form, name, now = await Form.of(request), found["person"], now_ms(request)
    choosing = found["purpose"] == "password"
    hashed = ""
    if choosing:
        chosen = form.secret("password")
        problem = new_password_problem(name, chosen, form.secret("again"))
        if problem:
            return page(request, "enter.html", found=found, said=problem, status=400)
        hashed = await passwords.hashed(chosen)

    def change(tx: Tx) -> bool:
        if not tx.run("ticket_use", token=passwords.token_hash(request.match_info["token"]), now_ms=now):
            return False
        if choosing:
            users.set_password(tx, name, hashed, now)
            note(tx, _actor(request, name), Deed("changed", "user", name, "password"))
        return True

    if not await write(request, change):
        return page(request, "enter.html", found=None, said="", status=404)
    if choosing and (await read(request, lambda tx: users.user(tx, name)))["totp"]:
        raise web.HTTPSeeOther("/login")
    limits = tries.password_limits(name, address_of(request))
    desk = found["desk"] or request.cookies.get(sessions.cookie_name(request, "desk"), "")[:32]
    desk = desk if request.app[CONFIG].is_phone(desk) else ""
    return await enter(request, Entry(name, "password" if choosing else "link", desk), limits)


@routes.post("/logout")
@signed_in
async def logout(request: web.Request) -> web.StreamResponse:
    """End this session."""
    person, now = whoever(request), now_ms(request)
    assert person is not None
    who = actor(request)

    def change(tx: Tx) -> None:
        tx.run("session_end", id=person.session, person=person.name, now_ms=now)
        note(tx, who, Deed("signed out"))

    await write(request, change)
    response = web.HTTPSeeOther("/login")
    sessions.drop_cookie(request, response, "session")
    response.headers["Clear-Site-Data"] = '"cache"'
    raise response


async def enter(request: web.Request, entry: Entry, limits: tuple[tries.Limit, ...]) -> web.StreamResponse:
    """Open a session for somebody who proved who they are, and lead them on."""
    now, before = now_ms(request), whoever(request)
    token = sessions.token()
    wanted = sessions.opening(request, entry.person, entry.means, entry.desk)

    def change(tx: Tx) -> None:
        tries.forgive(tx, (*limits, tries.pin_limits(entry.person, "")[0]))
        if before is not None:
            tx.run("session_end", id=before.session, person=before.name, now_ms=now)
        session = sessions.open_session(tx, wanted, token, now)
        note(tx, Actor(entry.person, session, wanted.address, now), Deed("signed in", "desk", entry.desk, entry.means))

    await write(request, change)
    return welcome(request, token, entry)


def welcome(request: web.Request, token: str, entry: Entry) -> web.StreamResponse:
    """Give the browser its cookies and lead it to where it wanted to go."""
    response = web.Response(status=303, headers={"Location": entry.target})
    sessions.set_cookie(request, response, "session", token)
    sessions.drop_cookie(request, response, "guest")
    if entry.desk:
        sessions.set_cookie(request, response, "desk", entry.desk)
    return response


def new_password_problem(name: str, chosen: str, again: str) -> str:
    """Return, in words, why a new password cannot be taken, "" if it can."""
    match passwords.weakness(chosen, name):
        case "short":
            return _("Take at least ten characters; a few words are easy to remember.")
        case "long":
            return _("This password is too long.")
        case "common" | "name":
            return _("This password is too easy to guess; take a few words that have nothing to do with you.")
    return "" if chosen == again else _("The two passwords are not the same.")


def with_guest(request: web.Request, response: web.Response) -> web.Response:
    """Give a browser without a session a cookie, which ties forms to it."""
    token = request.get(_GUEST, "")
    if token:
        sessions.set_cookie(request, response, "guest", token)
    return response


_GUEST = web.RequestKey("guest", str)


def make_guest(request: web.Request) -> None:
    """Prepare a cookie for a browser that has none, before the page with its token is rendered."""
    if not request.get(CSRF, ""):
        request[_GUEST] = sessions.token()
        request[CSRF] = sessions.csrf_of(request[_GUEST])


def _login_page(
    request: web.Request, status: int = 200, *, said: str = "", name: str = "", desk: str | None = None,
    target: str = "/",
) -> web.Response:  # fmt: skip
    make_guest(request)
    if desk is None:
        desk = request.cookies.get(sessions.cookie_name(request, "desk"), "")[:32]
    return with_guest(
        request, page(request, "login.html", status=status, said=said, name=name, desk=desk, target=target)
    )


def _locked(request: web.Request, wait_ms: int, **again: str) -> web.Response:
    minutes = -(-wait_ms // 60_000)
    said = ngettext(
        "Too many attempts. Wait %(num)s minute, or ask an admin for a new link.",
        "Too many attempts. Wait %(num)s minutes, or ask an admin for a new link.", minutes,
    ) % {"num": minutes}  # fmt: skip
    response = _login_page(request, 429, said=said, **again)
    response.headers["Retry-After"] = str(-(-wait_ms // 1000))
    return response


async def _ticket(request: web.Request) -> Row | None:
    make_guest(request)
    hashed, now = passwords.token_hash(request.match_info["token"]), now_ms(request)
    found = await read(request, lambda tx: tx.one("ticket_good", token=hashed, now_ms=now))
    return found if found is not None and found["purpose"] in ("password", "enter") else None


def _actor(request: web.Request, name: str = "") -> Actor:
    """Return the actor of a deed without a session: nobody yet, or who just proved who they are."""
    return Actor(name, None, address_of(request), now_ms(request))
