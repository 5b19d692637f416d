"""A console with a day's calls in it, and programs that come to its API with tokens."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from callbacks import topics
from tests.callbacks.clinic import OTHER, PATIENT
from tests.callbacks.clinic import Clinic as Calls
from tests.store.rows import PBX
from tests.web.house import House, house
from tracking.attribute import attribute
from tracking.campaigns import campaign_id
from web.api import tokens
from web.api.tokens import SCOPES, NewToken

API = "/api/v1"
DAY = "2026-11-23"
EVERYTHING = tuple(SCOPES)
ROLES = ("manager", "admin")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    type: str
    headers: dict[str, str]
    body: Any

    @property
    def detail(self) -> str:
        """Return the sentence of a problem."""
        assert self.type == "application/problem+json", (self.status, self.body)
        assert self.body["status"] == self.status
        return str(self.body["detail"])


class Program:
    """Something that talks to the API."""

    def __init__(self, made: House, http: ClientSession, token: str) -> None:
        self.house, self.http, self.token = made, http, token

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; `body` as JSON, bytes as they are."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if body is not None:
            sent |= {"Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(method, self.house.url + API + path, data=data, headers=sent,
                                     allow_redirects=False) as got:  # fmt: skip
            text = await got.text()
            read = json.loads(text) if "json" in got.content_type else text
            return Answer(got.status, got.content_type, dict(got.headers), read)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, **headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return await self.ask("POST", path, body, **headers)


def token(made: House, *scopes: str, owner: str = "boss", name: str = "", **more: Any) -> str:
    """Make a token."""
    with made.store.write() as tx:
        return tokens.add(tx, NewToken(name or f"t{tx.next_id('name')}", owner, scopes or EVERYTHING, **more),
                          "boss", made.now)  # fmt: skip


def seed(made: House) -> None:
    """Let a morning pass: a missed call with a patient and a campaign, an answered one, a withheld one."""
    calls = Calls(made.store)
    with made.store.write() as tx:
        campaign = campaign_id(tx, "billboard", "offline", "Marszałkowska")
        tx.run("number_put", id=tx.next_id("number_assignment"), did="+48221234501", label="Billboard", kind="static",
               location="", campaign=campaign, valid_from="2026-01-01", valid_to=None, destination=None)
        topics.add(tx, "Lens fitting", "information", "boss", made.now)
    calls.inbound("1795309246.157", "09:00", did="+48221234501", local_day=DAY)
    calls.inbound("1795309247.2", "09:10", "answered", number=OTHER, caller_name="\ud83d<b>Ż", local_day=DAY)
    calls.inbound("1795309248.3", "09:20", "no_answer", number=None, caller_number=None, withheld=1, local_day=DAY)
    calls.inbound("1795309249.4", "09:30", number="+48501000999", local_day=DAY)
    patient(made, "P-1", "Anna Nowak", PATIENT)
    patient(made, "P/2 ł", "Piotr Żak", OTHER)
    with made.store.write() as tx:
        call = tx.one("call_get", pbx=PBX, id="1795309246.157")
        assert call is not None
        attribute(tx, call, now_ms=made.now)


def patient(made: House, ref: str, name: str, number: str) -> None:
    """Add a patient with one number, whose calls are theirs."""
    from patients.directory import Number, Patient, put

    with made.store.write() as tx:
        put(tx, [Patient(ref, name, (Number(number, number),))], made.now)


@asynccontextmanager
async def office(folder: Path, **changes: Any) -> AsyncIterator[House]:
    """Run the console with a morning in it, and a boss who may do everything."""
    async with house(folder, **changes) as made:
        made.add("boss", *ROLES)
        made.add("anna", "receptionist")
        seed(made)
        yield made


@asynccontextmanager
async def program(made: House, *scopes: str, owner: str = "boss") -> AsyncIterator[Program]:
    """Come with a token of these scopes, all of them if none is named."""
    async with ClientSession() as http:
        yield Program(made, http, token(made, *scopes, owner=owner))
