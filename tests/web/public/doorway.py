"""The public door on a port of its own, and pages of the clinic's site that come to it."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from aiohttp import ClientResponse, ClientSession, web
from aiohttp.test_utils import TestServer

from callbacks.requests import Limits
from intake import Clinic
from store import Row, Store, Writer, open_store
from tests.callbacks.clinic import CONTEXT, WARSAW, at
from tests.store.rows import rows
from tests.tracking.test_visitors import OVERFLOW, POOL, number
from tracking.campaigns import campaign_id
from web.app import AccessLog, Ground
from web.context import WebConfig
from web.public.app import make_door
from web.public.door import DoorConfig, FormConfig

log = logging.getLogger("callward.web")
SITE = "clinic.example"
MAIN = "+48221234500"
ADS = "+48221234700"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
CONFIG = WebConfig("Przychodnia", WARSAW, languages=("en", "pl", "ru", "es"), public_url="https://calls.clinic.example")


@dataclass(slots=True)
class Doorway:
    """The running door; `now` is its clock. Its store has two pool numbers, an overflow, a main and a Google number."""

    store: Store
    app: web.Application
    http: ClientSession
    now: int
    writer: Writer
    url: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {
        "Origin": f"https://{SITE}", "User-Agent": AGENT, "Accept-Language": "pl,en;q=0.5"})

    async def post(self, path: str, said: Any, **headers: str) -> ClientResponse:
        data = said if isinstance(said, str) else json.dumps(said)
        return await self.http.post(self.url + path, data=data, headers=self.headers | headers)

    async def token(self, **headers: str) -> str:
        answer = await self.post("/visit/token", {}, **headers)
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["token"])

    async def visit(self, key: str | None = "", *, wait_ms: int = 1200, headers: dict[str, str] | None = None,
                    came_from: str = "", **said: Any) -> dict[str, Any]:  # fmt: skip
        """Ask as the script does: a token, a while, a number. `key` None is a visitor who did not agree."""
        token = await self.token(**(headers or {}))
        self.now += wait_ms
        body = {"token": token, "key": key or "", "agreed": key is not None, "page": "/", "from": came_from,
                "params": {}} | said
        answer = await self.post("/visit/number", body, **(headers or {}))
        return await answer.json() if answer.status == 200 else {"status": answer.status}

    async def ask_back(self, language: str = "en", **fields: str) -> ClientResponse:
        data = {"number": "501 000 206", "consent": "yes", "language": language} | fields
        return await self.http.post(f"{self.url}/call-me-back", data=data,
                                    headers=self.headers | {"Accept": "application/json"})

    def table(self, name: str) -> list[Row]:
        with self.store.write() as tx:
            return rows(tx, name)


@asynccontextmanager
async def doorway(folder: Path, *, ticking: bool = False, **changes: Any) -> AsyncIterator[Doorway]:
    """Run the door at ten o'clock, by a clock that stands still unless it is `ticking`. `changes` are of DoorConfig."""
    began = monotonic()
    with open_store(folder / "callward.db") as store:
        writer = store.writer()
        made = Doorway(store, web.Application(), ClientSession(), at("10:00"), writer)
        with store.write() as tx:
            for did in POOL:
                number(tx, did)
            number(tx, OVERFLOW, "overflow")
            number(tx, MAIN, "main")
            number(tx, ADS, "static", campaign_id(tx, "google", "cpc", ""))
        said: dict[str, Any] = {"sites": (SITE,), "form": FormConfig(Limits())} | changes

        def clock() -> int:
            return made.now + (round((monotonic() - began) * 1000) if ticking else 0)

        ground = Ground(store, writer, Clinic(WARSAW, CONTEXT), clock)
        made.app = make_door(CONFIG, DoorConfig(**said), ground)
        server = TestServer(made.app)
        await server.start_server(access_log_class=AccessLog, access_log=log, auto_decompress=False)
        made.url = str(server.make_url("")).rstrip("/")
        try:
            yield made
        finally:
            await made.http.close()
            await server.close()
            writer.close()
