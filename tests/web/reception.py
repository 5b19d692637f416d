"""A console with its clinic for the tests of the receptionist's pages: people signed in, calls as intake has them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer

from intake import Clinic
from pbx.actions import ClickToCall
from pbx.link import LinkError
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, WARSAW, at, inbound
from tests.callbacks.clinic import Clinic as Calls
from tests.store.rows import PBX, insert
from web import auth, context, live_pages, pages, security, sessions
from web.calls_dial import Dialler
from web.recordings import Folders

PATIENT_LINK = "https://his.example/patients/{ref}"
CLINIC = Clinic(WARSAW, CONTEXT)
BASE = """<!doctype html><html lang="{{ lang }}"><head><meta charset="utf-8"><meta name="csrf" content="{{ csrf }}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{% block title %}{% endblock %}</title>
{% block head %}{% endblock %}</head><body><main>{% block main %}{% endblock %}</main></body></html>"""
"""A page without the console's frame: these tests are about what is inside."""


@dataclass(slots=True)
class Exchange:
    """Takes the clicks instead of an Asterisk; the simulator plays it elsewhere."""

    clicks: list[ClickToCall] = field(default_factory=list)
    away: bool = False

    async def ring(self, click: ClickToCall) -> None:
        if self.away:
            raise LinkError("the exchange is away")
        self.clicks.append(click)


@dataclass(slots=True)
class Console:
    """The running console. `now` is its clock, ms; everything is said in its time."""

    store: Store
    url: str = ""
    now: int = 0
    exchange: Exchange = field(default_factory=Exchange)
    app: web.Application | None = None
    real: bool = False
    """Whether the clock goes, for tests in which calls really ring."""

    def clock(self) -> int:
        return time.time_ns() // 1_000_000 if self.real else self.now

    @property
    def calls(self) -> Calls:
        """Records calls as intake does."""
        return Calls(self.store)

    def sit_down(self, name: str, desk: str = "", roles: str = "receptionist") -> str:
        """Sign somebody in at a desk; return the token of their cookie."""
        with self.store.write() as tx:
            tx.run("user_add", name=name, display=name.capitalize(), roles=roles, created_ms=self.now)
            opening = sessions.Opening(name, "password", desk, self.now, self.now + 43_200_000, "127.0.0.1", "")
            sessions.open_session(tx, opening, f"token-of-{name}", self.now)
        return f"token-of-{name}"

    def rings(self, call: str, *phones: str, **changes: Any) -> None:
        """Let a call ring at phones: its row, its legs, its feed row."""
        self.calls.record(inbound(call, self.now, None, state="ringing", **changes), self.now)
        with self.store.write() as tx:
            for phone in phones:
                insert(tx, "leg", **leg(call, phone, self.now))
        self.tell("call.ringing", f"{PBX}:{call}")

    def answers(self, call: str, phone: str) -> None:
        """Let one phone answer; the others stop."""
        with self.store.write() as tx:
            tx.conn.execute(f"UPDATE leg SET ring_ms = 1000, ended_ms = {self.now} WHERE call = '{call}'")
            tx.conn.execute(f"UPDATE leg SET ended_ms = NULL, answered_ms = {self.now} "
                            f"WHERE call = '{call}' AND number = '{phone}'")
            tx.conn.execute(f"UPDATE call SET state = 'talking', answered_ms = {self.now}, answered_by = '{phone}' "
                            f"WHERE id = '{call}'")
            insert(tx, "talk", pbx=PBX, call=call, n=0, who=phone, started_ms=self.now, ended_ms=None)
        self.tell("call.talking", f"{PBX}:{call}")

    def ends(self, call: str) -> None:
        """Let an answered call end."""
        with self.store.write() as tx:
            for table in ("leg", "talk"):
                tx.conn.execute(f"UPDATE {table} SET ended_ms = {self.now} WHERE call = '{call}' AND ended_ms IS NULL")
            tx.conn.execute(f"UPDATE call SET state = 'ended', outcome = 'answered', ended_ms = {self.now}, missed = 0 "
                            f"WHERE id = '{call}'")
        self.tell("call.ended", f"{PBX}:{call}")

    def tell(self, kind: str, ref: str) -> None:
        with self.store.write() as tx:
            tx.run("feed_append", id=tx.next_id("feed"), at_ms=self.now, kind=kind, ref=ref, live=1)

    def patient(self, ref: str, name: str, number: str, **changes: Any) -> None:
        row = {"ref": ref, "name": name, "folded": name.lower(), "email": None, "birth_date": None, "birth_year": None,
               "sex": None, "language": None, "guardian_ref": None, "consent_marketing": None,
               "consent_channels": None, "created_on": None, "updated_on": None, "imported_ms": self.now}
        with self.store.write() as tx:
            tx.many("patient_put", [row | changes])
            tx.many("patient_number_put", [{"number": number, "ref": ref, "reversed": number[::-1], "raw": number,
                                            "position": 0}])

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.calls.table(table)

    def audit(self) -> list[tuple[str, str, str, str]]:
        return [(row["person"], row["action"], row["kind"], row["ref"]) for row in
                sorted(self.rows("audit"), key=lambda row: int(row["id"]))]


def leg(call: str, number: str, at_ms: int) -> dict[str, Any]:
    return {"pbx": PBX, "uniqueid": f"{call}-{number}", "call": call, "linkedid": call, "channel": f"PJSIP/{number}-1",
            "role": "phone", "number": number, "started_ms": at_ms, "answered_ms": None, "ended_ms": None,
            "cause": None, "ring_ms": None}


class Person:
    """Somebody's browser, without its windows."""

    def __init__(self, console: Console, http: ClientSession, token: str) -> None:
        self.console, self.http, self.token = console, http, token

    async def get(self, path: str, **headers: str) -> ClientResponse:
        return await self.http.get(self.console.url + path, headers=self._headers(headers), allow_redirects=False)

    async def text(self, path: str) -> str:
        async with await self.get(path) as answer:
            assert answer.status == 200, (path, answer.status, await answer.text())
            return await answer.text()

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        headers = self._headers({"X-CSRF-Token": sessions.csrf_of(self.token)})
        async with await self.http.post(self.console.url + path, data=fields, headers=headers) as answer:
            return answer.status, await answer.text()

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Cookie": f"callward-session={self.token}", "Accept": "text/html, */*"} | more


@asynccontextmanager
async def console(
    folder: Path, now: str = "", *, dials: bool = True, through: Dialler | None = None,
    sounds: Folders = Folders(),  # noqa: B008
) -> AsyncIterator[Console]:
    """Run a console with an empty store, at a time that stands still; "now" lets the clock go."""
    with open_store(folder / "callward.db") as store:
        made = Console(store, real=now == "now")
        made.now = made.clock() if made.real else at(now or "10:00")
        writer = store.writer()
        app = made.app = web.Application(middlewares=[auth.guard])
        app[context.CONFIG] = context.WebConfig("Przychodnia", WARSAW)
        app[context.STORE], app[context.WRITER] = store, writer
        app[context.CLINIC], app[context.CLOCK] = CLINIC, context.Clock(made.clock)
        app[pages.LINKS] = list(live_pages.LINKS)
        pages.set_up(app)
        env = aiohttp_jinja2.get_env(app)
        assert env.loader is not None
        env.loader = jinja2.ChoiceLoader([jinja2.DictLoader({"base.html": BASE}), env.loader])
        app.on_response_prepare.append(security.add_headers)
        app.router.add_get("/static/{name:.+}", pages.static)
        dialler = through or Dialler(made.exchange.ring, lambda extension: f"PJSIP/{extension}" if extension else None)
        live_pages.set_up(app, live_pages.Reception(PATIENT_LINK, dialler if dials else None, folders={PBX: sounds}))
        server = TestServer(app)
        await server.start_server()
        made.url = str(server.make_url("")).rstrip("/")
        try:
            yield made
        finally:
            await server.close()
            writer.close()


@asynccontextmanager
async def person(made: Console, name: str, desk: str = "", roles: str = "receptionist") -> AsyncIterator[Person]:
    """Sign somebody in."""
    token = made.sit_down(name, desk, roles)
    async with ClientSession() as http:
        yield Person(made, http, token)
