"""What the API can do, as data: each operation says who may, what is sent, what is answered, and what can go wrong.

    calls = Operations("Calls")

    @calls.get("/calls/{call}", Right.CALLS, place=OneCall, answer=Call, refuses=(404,))
    async def one(ask: Ask) -> Document:
        "Return one call."

The models check what is sent, and `web.api.openapi` writes the schema from the same table. A handler is thin: it calls
the functions that the pages call.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ValidationError

from store import Tx
from web import context
from web.api import once
from web.api.problems import Problem, field_problems
from web.api.shapes import Place, Query
from web.api.text import json_bytes
from web.audit import Actor, actor
from web.rights import Access, Right, requires

T = TypeVar("T")
MOST_BYTES = 64 * 1024
"""No request needs a larger body."""
KEY_HEADER = "Idempotency-Key"
KEY = r"^[\x21-\x7e]{1,100}$"
TOKEN_ID = web.RequestKey("api_token_id", int)


class Sound:
    """What an operation answers that answers no JSON but a sound."""


class Nothing(Query):
    """No parameters."""


class Nowhere(Place):
    """No parts."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, checked. `query`, `place` and `body` are of the models that the operation named."""

    request: web.Request
    place: Any
    query: Any
    body: Any

    @property
    def app(self) -> web.Application:
        """Return the application."""
        return self.request.app

    @property
    def who(self) -> Actor:
        """Return who asks, for the audit log."""
        return actor(self.request)

    @property
    def me(self) -> context.Me:
        """Return the person the token acts for, with the rights of the token."""
        return context.me(self.request)

    @property
    def now(self) -> int:
        """Return the time of the request, ms."""
        return context.now_ms(self.request)

    async def read(self, look: Callable[[Tx], T]) -> T:
        """Run `look` in a read transaction."""
        return await context.read(self.request, look)

    async def write(self, change: Callable[[Tx], T]) -> T:
        """Run `change` by the one writer and wait for its commit."""
        return await context.write(self.request, change)


Doing = Callable[[Ask], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an operation takes and gives."""

    place: type[BaseModel] = Nowhere
    query: type[BaseModel] = Nothing
    body: type[BaseModel] | None = None
    answer: Any = None
    """A model, or a list of one; None answers 204."""
    status: int = 200
    refuses: tuple[int, ...] = ()
    """Of 404 and 409, those that can happen."""
    one_of: tuple[Right, ...] = ()
    """Rights of which one is enough, beside those that are needed anyway."""
    repeatable: bool = False
    """Whether an Idempotency-Key keeps it from being done twice. Its answer must name nobody."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API can do."""

    method: str
    path: str
    rights: tuple[Right, ...]
    area: str
    terms: Terms
    do: Doing = field(compare=False)

    @property
    def name(self) -> str:
        """Return what programs call it, unique: `calls_one`."""
        return f"{self.area.lower().replace(' ', '_')}_{self.do.__name__.rstrip('_')}"

    @property
    def summary(self) -> str:
        """Return what it does, in one line."""
        return self._words.partition("\n\n")[0].replace("\n", " ").rstrip(".")

    @property
    def description(self) -> str:
        """Return what else there is to know, "" for nothing."""
        return " ".join(self._words.partition("\n\n")[2].split())

    @property
    def _words(self) -> str:
        return "\n".join(line.strip() for line in (self.do.__doc__ or "").strip().splitlines())

    def handler(self) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Return the handler of the router, marked with the rights it needs."""

        @requires(Access(rights=frozenset(self.rights), one_of=frozenset(self.terms.one_of)))
        async def handle(request: web.Request) -> web.StreamResponse:
            ask = await self._ask(request)
            if self.terms.repeatable and (key := _key(request)):
                return await once.do(once.Wish(request, request[TOKEN_ID], key, await request.read()),
                                     lambda: self._done(ask))  # fmt: skip
            return await self._done(ask)

        return handle

    async def _done(self, ask: Ask) -> web.StreamResponse:
        given = await self.do(ask)
        if isinstance(given, web.StreamResponse):
            return given
        if self.terms.answer is None:
            return web.Response(status=204)
        return web.Response(status=self.terms.status, body=json_bytes(_plain(given)), content_type="application/json")

    async def _ask(self, request: web.Request) -> Ask:
        """Check everything that was sent; say everything that is wrong at once. Raises Problem."""
        terms = self.terms
        errors, made = [], []
        for where, model, given in (("path", terms.place, request.match_info), ("query", terms.query, request.query)):
            try:
                made.append(model.model_validate(_once_each(cast("MultiMapping[str]", given))))
            except ValidationError as error:
                errors += field_problems(where, error.errors())  # type: ignore[arg-type]
        body = None
        if terms.body is not None:
            try:
                body = terms.body.model_validate_json(await _json(request))
            except ValidationError as error:
                if any(found["type"] == "json_invalid" for found in error.errors()):
                    raise Problem(400, "The body is not JSON in UTF-8.") from None
                errors += field_problems("body", error.errors())
        if errors:
            raise Problem(422, errors=errors)
        return Ask(request, made[0], made[1], body)


class Operations:
    """The operations of one area, in the order they are written."""

    def __init__(self, area: str) -> None:
        self.area = area
        self.all: list[Operation] = []

    def get(self, path: str, *rights: Right, **terms: Any) -> Callable[[Doing], Doing]:
        """Read something."""
        return self._add("GET", path, rights, terms)

    def post(self, path: str, *rights: Right, **terms: Any) -> Callable[[Doing], Doing]:
        """Do or add something."""
        return self._add("POST", path, rights, terms)

    def put(self, path: str, *rights: Right, **terms: Any) -> Callable[[Doing], Doing]:
        """Make something so; twice is as once."""
        return self._add("PUT", path, rights, terms)

    def patch(self, path: str, *rights: Right, **terms: Any) -> Callable[[Doing], Doing]:
        """Change some fields of something."""
        return self._add("PATCH", path, rights, terms)

    def delete(self, path: str, *rights: Right, **terms: Any) -> Callable[[Doing], Doing]:
        """Take something away."""
        return self._add("DELETE", path, rights, terms)

    def _add(self, method: str, path: str, rights: Sequence[Right], terms: dict[str, Any]) -> Callable[[Doing], Doing]:
        def added(do: Doing) -> Doing:
            self.all.append(Operation(method, path, tuple(rights), self.area, Terms(**terms), do))
            return do

        return added


def _once_each(given: MultiMapping[str]) -> dict[str, str]:
    """Return the fields; one that is sent twice is a problem, for nobody knows which was meant."""
    if isinstance(given, dict):
        return dict(given)
    for name in given:
        if len(given.getall(name)) > 1:
            raise Problem(422, f'"{name[:40]}" is sent twice; send it once.')
    return dict(given)


async def _json(request: web.Request) -> bytes:
    """Return the body. Raises Problem: it is no JSON, or too large."""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise Problem(415)
    if (request.content_length or 0) > MOST_BYTES:
        raise Problem(413)
    try:
        data = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Problem(413) from None
    except (asyncio.IncompleteReadError, web.RequestPayloadError):
        raise Problem(400) from None
    if len(data) > MOST_BYTES:
        raise Problem(413)
    return data


def _key(request: web.Request) -> str:
    """Return the Idempotency-Key, "" without one. Raises Problem."""
    key = request.headers.get(KEY_HEADER, "")
    if KEY_HEADER in request.headers and not (1 <= len(key) <= 100 and key.isascii() and key.isprintable()
                                              and " " not in key):  # fmt: skip
        wrong = {"type": "key", "loc": (KEY_HEADER,), "msg": "is not 1 to 100 signs without blanks", "input": ""}
        raise Problem(422, errors=field_problems("header", [wrong]))  # type: ignore[list-item]
    return key


def _plain(given: Any) -> Any:
    if isinstance(given, BaseModel):
        return given.model_dump(mode="json", by_alias=True)
    if isinstance(given, dict):
        return {key: _plain(value) for key, value in given.items()}
    return [_plain(one) for one in given] if isinstance(given, list | tuple) else given
