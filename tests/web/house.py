"""The whole console on a port of its own, and people who come to it: with a password, as a browser does."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from intake import Clinic
from store import Row, Store, open_store
from tests.callbacks.clinic import CONTEXT, WARSAW, at
from web import passwords, users
from web.app import Ground, make_app
from web.context import WebConfig
from web.csrf import FIELD

PASSWORD = "four quiet horses"
HOUR = 3_600_000
CONFIG = WebConfig("Przychodnia", WARSAW, languages=("en", "pl", "ru", "es"),
                   is_phone=lambda text: re.fullmatch("10[0-9]", text) is not None)


@cache
def hashed(secret: str) -> str:
    """Hash once for all tests: it is slow on purpose."""
    return passwords.hash_now(secret)


@dataclass(slots=True)
class House:
    """The running console; `now` is its clock."""

    store: Store
    app: web.Application
    now: int
    url: str = ""

    def add(self, name: str, *roles: str, pin: str = "", display: str = "", password: str = PASSWORD) -> None:
        """Add somebody who has chosen a password, and perhaps a code."""
        with self.store.write() as tx:
            users.add(tx, users.NewUser(name, display or name.capitalize(), roles or ("receptionist",)), self.now)
            tx.run("user_password", name=name, password=hashed(password))
            tx.run("user_pin", name=name, pin=hashed(pin) if pin else "")

    def user(self, name: str) -> Row:
        with self.store.read() as tx:
            return users.user(tx, name)

    def audit(self) -> list[tuple[str, str, str, str, str]]:
        """Return what was written down, the oldest first: who, did, kind, ref, detail."""
        with self.store.read() as tx:
            rows = tx.all("audit_list", before=None, person=None, kind=None, ref=None, limit=1000)
        return [(row["person"], row["action"], row["kind"], row["ref"], row["detail"]) for row in reversed(rows)]

    @asynccontextmanager
    async def browser(self, **headers: str) -> "AsyncIterator[Visitor]":
        """Open a browser that keeps cookies and follows nothing by itself."""
        async with ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"Accept": "text/html"} | headers) as http:
            yield Visitor(self, http)


class Visitor:
    """Somebody's browser, without its windows."""

    def __init__(self, house: House, http: ClientSession) -> None:
        self.house, self.http = house, http
        self.page = ""
        """The text of the page that was seen last; forms take their token from it."""

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self._keep(await self.http.get(self.house.url + path, headers=headers, allow_redirects=False))

    async def post(self, path: str, *, csrf: str | None = None, headers: dict[str, str] | None = None, **fields: str
                   ) -> ClientResponse:  # fmt: skip
        """Send a form of the last page. `csrf` replaces its token; "" leaves it out."""
        token = self.token if csrf is None else csrf
        data = fields | ({FIELD: token} if token else {})
        return await self._keep(await self.http.post(self.house.url + path, data=data, headers=headers or {},
                                                     allow_redirects=False))

    @property
    def token(self) -> str:
        """Return the token of the forms of the last page."""
        found = re.search(r'name="csrf" (?:content|value)="([0-9a-f]*)"', self.page)
        return found.group(1) if found else ""

    @property
    def told(self) -> str:
        """Return what the last page complains of."""
        found = re.search(r'role="alert">([^<]*)<', self.page)
        return found.group(1) if found else ""

    async def sign_in(self, name: str, password: str = PASSWORD, desk: str = "", next: str = "") -> ClientResponse:
        await self.get("/login")
        return await self.post("/login", name=name, password=password, desk=desk, next=next)

    async def inside(self) -> bool:
        """Say whether the browser is signed in."""
        return (await self.get("/account")).status == 200

    async def _keep(self, answer: ClientResponse) -> ClientResponse:
        text = await answer.text()
        if text.startswith("<!doctype html>"):
            self.page = text
        return answer


@asynccontextmanager
async def house(folder: Path, **changes: Any) -> AsyncIterator[House]:
    """Run the console with an empty store at ten o'clock."""
    with open_store(folder / "callward.db") as store:
        writer = store.writer()
        made = House(store, web.Application(), at("10:00"))
        ground = Ground(store, writer, Clinic(WARSAW, CONTEXT), lambda: made.now)
        made.app = make_app(replace(CONFIG, **changes), ground)
        server = TestServer(made.app)
        await server.start_server()
        made.url = str(server.make_url("")).rstrip("/")
        try:
            yield made
        finally:
            await server.close()
            writer.close()
