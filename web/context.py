"""What a handler works with: the clinic's values, the store in threads, and who is asking."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from aiohttp import web

from intake import Clinic
from reports.privacy import Privacy
from store import Store, Tx, Writer
from web.rights import Right

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WebConfig:
    """What the settings say to the console."""

    clinic: str
    """Its name, as patients know it."""
    zone: ZoneInfo
    languages: tuple[str, ...] = ("en",)
    """The first is the default."""
    host: str = "127.0.0.1"
    port: int = 8480
    public_url: str = ""
    """How browsers reach it, when that is not http://host:port; https makes the cookies secure."""
    encrypts: bool = False
    """Whether it has a certificate of its own."""
    session_hours: int = 12
    trusted_proxies: tuple[str, ...] = ()
    """Addresses whose X-Forwarded-For is believed."""
    is_phone: Callable[[str], bool] = lambda extension: extension.isalnum()
    """Whether an extension may be somebody's desk."""
    api_per_minute: int = 600
    """How many requests a token may make in a minute."""
    unrecorded: frozenset[str] = frozenset()
    """Exchanges whose own records cannot be read: what happens while they are not heard stays unknown."""
    privacy: Privacy = Privacy()  # noqa: RUF009  # it is frozen
    """Which small numbers of people are kept from who may see no single call."""
    late_hours: int = 24
    """Cancelling an appointment is late within so many hours before it."""

    @property
    def url(self) -> str:
        """Return how browsers reach it, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "https" if self.encrypts else "http"
        return (self.public_url or f"{scheme}://{host}:{self.port}").rstrip("/")

    @property
    def secure(self) -> bool:
        """Say whether browsers reach it by HTTPS."""
        return self.url.startswith("https://")


@dataclass(frozen=True, slots=True)
class Clock:
    """Where `now` comes from; taken once by each request."""

    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Me:
    """The person who is signed in, and their session."""

    name: str
    """The login, which also names the author of what they write."""
    display: str
    roles: tuple[str, ...]
    rights: frozenset[Right]
    session: int
    means: str
    """How they signed in: `password`, `pin` (took over a desk by a code) or `link` (one that works once)."""
    desk: str
    """Their extension, "" for none."""
    language: str
    """Their choice, "" for the browser's."""
    proved_ms: int
    """When a password was last typed in this browser."""
    until_ms: int
    """When the session ends."""
    token: str = ""
    """The name of the token by which a program acts for them, "" for a browser."""

    def can(self, right: str) -> bool:
        """Say whether the person has a right; templates ask by its text: `me.can("calls.see")`."""
        return right in self.rights


CONFIG = web.AppKey("config", WebConfig)
STORE = web.AppKey("store", Store)
WRITER = web.AppKey("writer", Writer)
CLINIC = web.AppKey("clinic", Clinic)
CLOCK = web.AppKey("clock", Clock)

ME = web.RequestKey("me", Me)
CSRF = web.RequestKey("csrf", str)
_NOW = web.RequestKey("now", int)


def now_ms(request: web.Request) -> int:
    """Return the time of this request, ms since the epoch: the same whenever it is asked."""
    if _NOW not in request:
        request[_NOW] = request.app[CLOCK].now_ms()
    return request[_NOW]


def me(request: web.Request) -> Me:
    """Return who is signed in. Only for handlers that let in nobody else."""
    person = whoever(request)
    assert person is not None, "this handler is open to all; use whoever()"
    return person


def whoever(request: web.Request) -> Me | None:
    """Return who is signed in, or None."""
    return request.get(ME)


def csrf_token(request: web.Request) -> str:
    """Return the token that every changing request of this browser must carry, "" while it has no cookie."""
    token: str = request.get(CSRF, "")
    return token


async def read(request: web.Request, look: Callable[[Tx], T]) -> T:
    """Run `look` in a thread, in a read transaction of its own."""
    return await reading(request.app[STORE], look)


async def reading(store: Store, look: Callable[[Tx], T]) -> T:
    """Run `look` on a store in a thread; for what has no request."""

    def run() -> T:
        with store.read() as tx:
            return look(tx)

    return await asyncio.to_thread(run)


async def write(request: web.Request, change: Callable[[Tx], T]) -> T:
    """Run `change` by the one writer and wait for its commit. It may be run twice: it keeps nothing of its own."""
    return await asyncio.wrap_future(request.app[WRITER].submit(change))
