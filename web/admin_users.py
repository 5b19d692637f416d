"""The people who use the console: added with a link that works once, given roles, disabled, signed out."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from store import Row, Tx
from web import passwords, users
from web.admin_pages import admin_page, done, first_tab
from web.audit import Deed, actor, note
from web.context import CONFIG, me, now_ms, read, write
from web.forms import Form
from web.i18n import gettext as _
from web.i18n import mark
from web.refusals import said as why
from web.rights import ROLES, Right, needs
from web.users import UsersError

ROLE_WORDS = {
    "receptionist": mark("receptionist"), "marketer": mark("marketer"), "manager": mark("manager"),
    "admin": mark("admin"),
}  # fmt: skip
ROLE_HINTS = {
    "receptionist": mark("board, calls, callbacks, patients"), "marketer": mark("figures and campaigns, no patient"),
    "manager": mark("both, and the team, recordings, exports"),
    "admin": mark("users, setup and the machine, no patient"),
}  # fmt: skip


@needs(Right.USERS)
async def users_page(request: web.Request) -> web.Response:
    """`GET /admin/users`: everybody."""
    return await _page(request)


@needs(Right.USERS)
async def add(request: web.Request) -> web.Response:
    """`POST /admin/users`: add somebody; the page shows the link by which they choose a password, once."""
    form, now, who = await Form.of(request), now_ms(request), actor(request)
    person = users.NewUser(form.text("name", 32).lower(), form.text("display", 80), tuple(form.all("role")))

    def change(tx: Tx) -> str:
        users.add(tx, person, now)
        note(tx, who, Deed("added", "user", person.name, " ".join(person.roles)))
        return users.invite(tx, person.name, now)

    return await _invited(request, change, person.name)


@needs(Right.USERS)
async def set_roles(request: web.Request) -> web.Response:
    """`POST /admin/users/{id}/roles`: give other roles. One's own stay: a second admin changes them."""
    name, form = request.match_info["id"], await Form.of(request)
    if name == me(request).name:
        return await _page(request, 409, said=_("Your own roles are changed by another admin."))
    chosen = [role for role in form.all("role") if role in ROLES]
    return await done(request, Deed("changed", "user", name, " ".join(chosen)),
                      lambda tx: users.set_roles(tx, name, chosen), _again(request))


@needs(Right.USERS)
async def act(request: web.Request) -> web.Response:
    """`POST /admin/users/{id}/{action}`: disable, enable, revoke (all sessions), totp (ask no app any more)."""
    name, action, now = request.match_info["id"], request.match_info["action"], now_ms(request)
    if name == me(request).name and action == "disable":
        return await _page(request, 409, said=_("You cannot disable yourself; another admin can."))
    changes: dict[str, tuple[str, Callable[[Tx], Any]]] = {
        "disable": ("disabled", lambda tx: users.disable(tx, name, now)),
        "enable": ("enabled", lambda tx: users.enable(tx, name)),
        "revoke": ("ended", lambda tx: users.revoke(tx, name, now)),
        "totp": ("changed", lambda tx: users.set_totp(tx, name, "")),
    }
    if action not in changes:
        raise web.HTTPNotFound
    deed, change = changes[action]
    detail = {"revoke": "sessions", "totp": "no app"}.get(action, "")
    return await done(request, Deed(deed, "user", name, detail), change, _again(request))


@needs(Right.USERS)
async def link(request: web.Request) -> web.Response:
    """`POST /admin/users/{id}/link`: a fresh link to choose a password; the old password works until then."""
    name, now, who = request.match_info["id"], now_ms(request), actor(request)

    def change(tx: Tx) -> str:
        if users.user(tx, name)["disabled_ms"] is not None:
            raise UsersError("%(name)s is disabled; enable them first.", name=name)
        users.enable(tx, name)  # wrong tries are forgiven
        note(tx, who, Deed("invited", "user", name, "password"))
        return users.invite(tx, name, now)

    return await _invited(request, change, name)


async def _invited(request: web.Request, change: Callable[[Tx], str], name: str) -> web.Response:
    try:
        token = await write(request, change)
    except UsersError as error:
        return await _page(request, 409, said=why(error))
    return await _page(request, invited=name, link=f"{request.app[CONFIG].url}/enter/{token}")


def _again(request: web.Request) -> Callable[[int, str], Awaitable[web.Response]]:
    async def again(status: int, said: str) -> web.Response:
        return await _page(request, status, said=said)

    return again


async def _page(request: web.Request, status: int = 200, *, said: str = "", invited: str = "", link: str = ""
                ) -> web.Response:  # fmt: skip
    now = now_ms(request)

    def look(tx: Tx) -> tuple[list[Row], dict[str, int]]:
        everybody = tx.all("users_all")
        return everybody, {row["name"]: len(tx.all("sessions_of", person=row["name"], now_ms=now)) for row in everybody}

    everybody, sessions = await read(request, look)
    return admin_page(
        request, "admin_users.html", status=status, said=said, users=everybody, sessions=sessions, roles=ROLE_WORDS,
        hints=ROLE_HINTS, invited=invited, link=link, least=passwords.LEAST,
    )  # fmt: skip


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin", first_tab)
    app.router.add_get("/admin/users", users_page)
    app.router.add_post("/admin/users", add)
    app.router.add_post("/admin/users/{id}/roles", set_roles)
    app.router.add_post("/admin/users/{id}/link", link)
    app.router.add_post("/admin/users/{id}/{action}", act)
