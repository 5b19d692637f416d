"""The demo's console: the real one, with people who may sign in at once, and a bar of things to try.

The bar is the demo's alone: it picks up and hangs up the visitor's phone, lets somebody ring, and pulls the plug.
"""

import asyncio
import errno
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from demo.country import Country
from demo.folder import DemoError
from demo.recordings import PHONES
from demo.scenes import DESK, Scenes
from demo.switchboard import Switchboard
from store import Tx
from web import sessions, users
from web.app import AccessLog
from web.audit import Deed, actor, note
from web.context import me, write
from web.live import HUB
from web.pages import STATIC, Asset, page
from web.rights import Right, needs, signed_in

HERE = Path(__file__).parent
PORT = 8480
_TRIES = 40
_DAY_MS = 86_400_000
_HOSTS = ("127.0.0.1", "::1")
ROLES = ("receptionist", "manager", "marketer")


@dataclass(frozen=True, slots=True)
class Login:
    """One person whose place a visitor may take. `url` signs in once."""

    role: str
    name: str
    url: str


@dataclass(slots=True)
class Bar:
    """What the bar works with."""

    scenes: Scenes
    switchboard: Switchboard
    pulled: set[asyncio.Task[None]] = field(default_factory=set)


BAR = web.AppKey("demo_bar", Bar)


@dataclass(slots=True)
class Door:
    """The port of this machine that the console has, held from the beginning: nobody takes it meanwhile."""

    port: int
    sockets: list[socket.socket]

    def close(self) -> None:
        """Let go of the port."""
        for held in self.sockets:
            held.close()


def take_port() -> Door:
    """Take the usual port, or the next that is free, on IPv4 and, where there is one, on IPv6."""
    for port in [*range(PORT, PORT + _TRIES), 0]:
        try:
            first = _bound(socket.AF_INET, _HOSTS[0], port)
        except OSError:
            continue
        port = int(first.getsockname()[1])
        try:
            return Door(port, [first, _bound(socket.AF_INET6, _HOSTS[1], port)])
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return Door(port, [first])  # this machine has no IPv6
            first.close()
    raise DemoError("No port of this machine is free for the console; end what listens on 127.0.0.1.")


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def move_in(tx: Tx, country: Country, door: Door, now_ms: int) -> list[Login]:
    """Seat the clinic's own people at their phones; return a login for each place that a visitor may take.

    Each has a host of its own, because a browser keeps one session for each: three roles side by side in one window.
    """
    for phone, name in zip((PHONES[-1], *PHONES), country.staff[:-1], strict=False):
        login = f"phone{phone}"
        users.add(tx, users.NewUser(login, name, ("receptionist",)), now_ms)
        opening = sessions.Opening(login, "password", phone, now_ms, now_ms + _DAY_MS, "127.0.0.1", "")
        sessions.open_session(tx, opening, secrets.token_urlsafe(32), now_ms)
    places = zip(ROLES, (country.receptionist, country.manager, country.marketer), strict=True)
    people = [users.NewUser(login, name, (role,), DESK if role == "receptionist" else "")
              for role, (login, name) in places]
    paths = users.demo_logins(tx, people, now_ms)
    hosts = ("127.0.0.1", "localhost", "[::1]" if len(door.sockets) > 1 else "127.0.0.1")
    return [Login(who.roles[0], who.display, f"http://{host}:{door.port}{paths[who.name]}")
            for who, host in zip(people, hosts, strict=True)]


def is_seated(app: web.Application) -> bool:
    """Say whether somebody sits at the visitor's desk, with a page open."""
    hub = app.get(HUB)
    return hub is not None and any(client.viewer.person.desk == DESK for client in hub.clients)


def add_bar(app: web.Application, bar: Bar) -> None:
    """Give every page of the application the bar."""
    app[BAR] = bar
    env = aiohttp_jinja2.get_env(app)
    assert env.loader is not None
    env.loader = jinja2.ChoiceLoader([env.loader, jinja2.FileSystemLoader(HERE / "templates")])
    env.globals |= {"frame": "demo_frame.html"}
    script = HERE / "static" / "demo.js"
    app[STATIC]["demo.js"] = Asset(script, sha256(script.read_bytes()).hexdigest()[:12])
    app.router.add_get("/demo/bar", show_bar)
    for name, right, deed in (
        ("answer", Right.NOTE, _answer), ("hang-up", Right.NOTE, _hang_up), ("ring", Right.NOTE, _ring),
        ("plug", Right.TEAM, _pull),
    ):  # fmt: skip
        app.router.add_post(f"/demo/{name}", _acting(right, name, deed))


async def serve(app: web.Application, door: Door) -> None:
    """Serve on this machine only, until cancelled."""
    runner = web.AppRunner(app, access_log_class=AccessLog, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    try:
        for held in door.sockets:
            await web.SockSite(runner, held).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


@signed_in
async def show_bar(request: web.Request) -> web.Response:
    """`GET /demo/bar`: what may be done now."""
    bar, person = request.app[BAR], me(request)
    return page(
        request, "demo_bar.html", mine=person.desk == DESK, doing=bar.scenes.doing, desk=DESK,
        may_pull=Right.TEAM in person.rights, pulled_s=round(bar.switchboard.pulled_s),
    )  # fmt: skip


def _acting(
    right: Right, name: str, deed: Callable[[Bar], None]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    @needs(right)
    async def handler(request: web.Request) -> web.StreamResponse:
        who = actor(request)
        await write(request, lambda tx: note(tx, who, Deed("played", "demo", name)))
        deed(request.app[BAR])
        return web.Response(status=204)

    return handler


def _answer(bar: Bar) -> None:
    bar.scenes.picked_up.set()


def _hang_up(bar: Bar) -> None:
    bar.scenes.hang_up()


def _ring(bar: Bar) -> None:
    bar.scenes.wanted.set()


def _pull(bar: Bar) -> None:
    task = asyncio.create_task(bar.switchboard.pull_the_plug())
    bar.pulled.add(task)
    task.add_done_callback(bar.pulled.discard)
