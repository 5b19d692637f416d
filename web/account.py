"""What a person changes about themselves: desk, language, password, the short code, the authenticator app, sessions.
And the take-over: at a desk where somebody typed a password today, the next person needs only a short code.
"""

from datetime import UTC, datetime

import segno
from aiohttp import web
from markupsafe import Markup

from store import Row, Tx
from web import i18n, passwords, sessions, tries, users
from web.audit import Actor, Deed, actor, note
from web.context import CONFIG, Me, me, now_ms, read, write
from web.entrance import Entry, new_password_problem, welcome
from web.forms import Form, local_path
from web.i18n import gettext as _
from web.pages import page
from web.rights import rights_of, signed_in
from web.security import address_of

routes = web.RouteTableDef()


@routes.get("/account")
@signed_in
async def show(request: web.Request) -> web.StreamResponse:
    """Show what can be changed."""
    return await show_account(request)


@routes.post("/account/desk")
@signed_in
async def set_desk(request: web.Request) -> web.StreamResponse:
    """Sit down at another desk; the browser remembers it."""
    desk, person = (await Form.of(request)).text("desk", 32), me(request)
    if desk and not request.app[CONFIG].is_phone(desk):
        return await show_account(request, 400, said=_("There is no phone with this number at the desk."))
    who = actor(request)

    def change(tx: Tx) -> None:
        tx.run("session_desk", id=person.session, desk=desk)
        note(tx, who, Deed("changed", "desk", desk))

    await write(request, change)
    response = web.Response(status=303, headers={"Location": "/account?said=saved"})
    if desk:
        sessions.set_cookie(request, response, "desk", desk)
    else:
        sessions.drop_cookie(request, response, "desk")
    return response


@routes.post("/account/language")
@signed_in
async def set_language(request: web.Request) -> web.StreamResponse:
    """Choose a language; "" leaves it to the browser."""
    chosen, person = (await Form.of(request)).text("language", 8), me(request)
    if chosen and chosen not in i18n.LANGUAGES:
        raise web.HTTPBadRequest
    await write(request, lambda tx: tx.run("user_language", name=person.name, language=chosen))
    raise web.HTTPSeeOther("/account?said=saved")


@routes.post("/account/password")
@signed_in
async def set_password(request: web.Request) -> web.StreamResponse:
    """Choose another password; every other session of the person ends."""
    form, person, now = await Form.of(request), me(request), now_ms(request)
    wrong = await proved(request, form)
    problem = wrong or new_password_problem(person.name, form.secret("password"), form.secret("again"))
    if problem:
        return await show_account(request, 400, said=problem)
    hashed, who = await passwords.hashed(form.secret("password")), actor(request)

    def change(tx: Tx) -> None:
        users.set_password(tx, person.name, hashed, now, but=person.session)
        note(tx, who, Deed("changed", "user", person.name, "password"))

    await write(request, change)
    raise web.HTTPSeeOther("/account?said=password")


@routes.post("/account/pin")
@signed_in
async def set_pin(request: web.Request) -> web.StreamResponse:
    """Choose the short code by which one takes over a desk, or have none."""
    form, person = await Form.of(request), me(request)
    pin = form.secret("pin", 16).strip()
    wrong = await proved(request, form)
    if not wrong and pin and not rights_of(person.roles, "pin"):
        wrong = _("A code is for the work at the desk; your roles have none there.")
    if not wrong and pin and passwords.pin_weakness(pin):
        wrong = _("Take four to eight digits that nobody guesses: no 1234, no 0000, no 2424.")
    if wrong:
        return await show_account(request, 400, said=wrong)
    hashed, who = await passwords.hashed(pin) if pin else "", actor(request)

    def change(tx: Tx) -> None:
        tx.run("user_pin", name=person.name, pin=hashed)
        tries.forgive(tx, tries.pin_limits(person.name, "")[:1])
        note(tx, who, Deed("changed", "user", person.name, "code" if pin else "no code"))

    await write(request, change)
    raise web.HTTPSeeOther("/account?said=saved")


@routes.post("/account/totp")
@signed_in
async def set_totp(request: web.Request) -> web.StreamResponse:
    """Begin with an authenticator app, having shown by a first code that it works; or end with it."""
    form, person, now = await Form.of(request), me(request), now_ms(request)
    secret = form.text("secret", 64)
    wrong = await proved(request, form)
    step = passwords.totp_step(secret, form.text("code", 16), now) if secret and not wrong else 0
    if wrong or step is None:
        said = wrong or _("This code is not right, or was used already. Wait for the next one.")
        return await show_account(request, 400, said=said, secret=secret)
    who = actor(request)

    def change(tx: Tx) -> None:
        users.set_totp(tx, person.name, secret, step)
        note(tx, who, Deed("changed", "user", person.name, "app" if secret else "no app"))

    await write(request, change)
    raise web.HTTPSeeOther("/account?said=saved")


@routes.post("/account/sessions")
@signed_in
async def end_session(request: web.Request) -> web.StreamResponse:
    """End another session of the person, by htmx or without."""
    person, now, who = me(request), now_ms(request), actor(request)
    session = (await Form.of(request)).number("session")

    def change(tx: Tx) -> list[Row]:
        if session != person.session and tx.run("session_end", id=session, person=person.name, now_ms=now):
            note(tx, who, Deed("ended", "session", str(session)))
        return tx.all("sessions_of", person=person.name, now_ms=now)

    live = await write(request, change)
    if "HX-Request" in request.headers:
        return page(request, "account_sessions.html", sessions=live)
    raise web.HTTPSeeOther("/account?said=saved")


@routes.get("/switch")
@signed_in
async def show_switch(request: web.Request) -> web.StreamResponse:
    """Ask who takes over."""
    return await _switch(request)


@routes.post("/switch")
@signed_in
async def switch(request: web.Request) -> web.StreamResponse:
    """Hand the desk over.

    1. Somebody typed a password in this browser today.
    2. The next person's code is right; tries are counted, and a few wrong ones close the code until their password
       is typed somewhere.
    3. The old session ends, the new one ends when the old one would have. It has the rights of the desk, no more.
    """
    before, now, form = me(request), now_ms(request), await Form.of(request)
    if not _proved_today(request, before):
        return await _switch(request, 403)
    name = form.text("person", 64)
    limits = tries.pin_limits(name, address_of(request))
    if await write(request, lambda tx: tries.take(tx, limits, now)):
        said = _("Too many wrong codes. Sign in with your password; the code works again afterwards.")
        return await _switch(request, 429, said=said, chosen=name)
    user = await read(request, lambda tx: tx.one("user", name=name))
    usable = user is not None and user["disabled_ms"] is None and bool(rights_of(user["roles"].split(), "pin"))
    right = await passwords.matches(user["pin"] if user is not None and usable else "", form.secret("pin", 16).strip())
    if not right:
        await write(request, lambda tx: note(tx, actor(request), Deed("refused", "user", name, "take-over")))
        return await _switch(request, 403, said=_("This code is not right."), chosen=name)
    token, target = sessions.token(), local_path(form.secret("next", 2000))
    wanted = sessions.inherited(request, before, name)

    def change(tx: Tx) -> None:
        tries.forgive(tx, limits)
        tx.run("session_end", id=before.session, person=before.name, now_ms=now)
        session = sessions.open_session(tx, wanted, token, now)
        detail = f"from {before.name}"
        note(tx, Actor(name, session, wanted.address, now), Deed("took over", "desk", before.desk, detail))

    await write(request, change)
    return welcome(request, token, Entry(name, "pin", before.desk, target))


async def show_account(
    request: web.Request, status: int = 200, *, said: str = "", secret: str = "", calendar_link: str = "",
) -> web.Response:  # fmt: skip
    """Render the page. `calendar_link` is one that was just made: it is shown only now."""
    person, now = me(request), now_ms(request)
    user, live, links = await read(request, lambda tx: (
        users.user(tx, person.name), tx.all("sessions_of", person=person.name, now_ms=now),
        tx.all("calendar_links_of", person=person.name, now_ms=now),
    ))  # fmt: skip
    secret = secret if passwords.is_totp_secret(secret) else passwords.totp_secret()
    return page(
        request, "account.html", status=status, said=said, news=_news(request), user=user, sessions=live, secret=secret,
        qr=_qr(passwords.totp_link(secret, person.name, request.app[CONFIG].clinic)),
        calendars=links, calendar_link=calendar_link, may_have_pin=bool(rights_of(person.roles, "pin")),
    )  # fmt: skip


async def _switch(request: web.Request, status: int = 200, *, said: str = "", chosen: str = "") -> web.Response:
    person = me(request)
    proved = _proved_today(request, person)
    people = await read(request, lambda tx: tx.all("users_at_desk", desk=person.desk, but=person.name))
    people = [row for row in people if rights_of(row["roles"].split(), "pin")]
    target = local_path(request.query.get("next", "/"))
    return page(
        request, "switch.html", status=status, said=said, people=people if proved else [], proved=proved,
        chosen=chosen, target=target,
    )  # fmt: skip


async def proved(request: web.Request, form: Form) -> str:
    """Say, in words, why the person is not believed to sit there themselves; "" if they typed their password."""
    person, now = me(request), now_ms(request)
    if person.means == "pin":
        return _("After taking over by code, this needs your password: sign out and sign in again.")
    limits = tries.password_limits(person.name, address_of(request))
    if await write(request, lambda tx: tries.take(tx, limits, now)):
        return _("Too many attempts. Wait a while and try again.")
    user = await read(request, lambda tx: users.user(tx, person.name))
    if not await passwords.matches(user["password"], form.secret("current")):
        return _("Your present password is not right.")
    await write(request, lambda tx: tries.forgive(tx, limits))
    return ""


def _news(request: web.Request) -> str:
    """Return what was done by the form before this page."""
    match request.query.get("said"):
        case "saved":
            return _("Saved.")
        case "password":
            return _("Your password is changed. You are signed out everywhere else.")
    return ""


def _qr(text: str) -> Markup:
    """Draw a QR code, which an authenticator app reads off the screen."""
    drawn = segno.make(text, error="m").svg_inline(omitsize=True, border=3)
    return Markup(drawn)  # noqa: S704 - drawn here, of squares only


def _proved_today(request: web.Request, person: Me) -> bool:
    zone = request.app[CONFIG].zone

    def day(ms: int) -> str:
        return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone).date().isoformat()

    return day(person.proved_ms) == day(now_ms(request))
