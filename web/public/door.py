"""What every part of the public door works with, and what every answer of it carries."""

import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from aiohttp import web

from callbacks.requests import Limits, Taken
from store import Tx
from tracking.leasing import Terms
from tracking.sources import host_of
from web.public.gate import Caps, Gate, network_of
from web.rights import Handler
from web.security import address_of

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
                               "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FormConfig:
    """What the settings say to the form: `[requests]`."""

    limits: Limits = field(default_factory=Limits)
    consent: Mapping[str, str] = field(default_factory=dict)
    """The clinic's own words of consent by language."""
    privacy_url: str = ""
    ring: Callable[[Taken], Awaitable[None]] | None = None
    """Rings the desk and then the patient at once; any exception means that nobody was rung."""


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """What the settings say to the public door: `[web.public]` and `[tracking]`."""

    sites: tuple[str, ...]
    """The clinic's sites, perhaps with a port."""
    locations: Mapping[str, str] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)
    caps: Caps = field(default_factory=Caps)
    form: FormConfig | None = None
    """None: nobody can ask to be rung."""

    @property
    def hosts(self) -> frozenset[str]:
        """Return the sites' names: who comes from one of them comes from nowhere new."""
        return frozenset(host_of(site) for site in self.sites)


DOOR = web.AppKey("door", DoorConfig)
GATE = web.AppKey("gate", Gate)


def site_of(request: web.Request) -> str:
    """Return which of the clinic's sites a page is of, by the Origin that its browser names; "" for another's."""
    # Exactly as browsers write it: a reader of addresses forgives more than an answer should repeat.
    scheme, _, host = request.headers.get("Origin", "").lower().partition("://")
    return host if scheme in ("http", "https") and host in request.app[DOOR].sites else ""


def network(request: web.Request) -> str:
    """Return the network that a request came from."""
    return network_of(address_of(request))


def mark_of(tx: Tx, network: str) -> str:
    """Return what stands for a network in the store, for a day or two: a hash by a key of this store."""
    key = tx.value("secret_key", name="door")
    if key is None:
        tx.run("secret_key_add", name="door", value=secrets.token_hex(32))
        key = tx.value("secret_key", name="door")
    return hmac.new(str(key).encode(), network.encode(), sha256).hexdigest()[:32]


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers just before a response is sent, and let the clinic's own pages read it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Vary"] = "Origin"
    if site_of(request):
        response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    if request.secure or request.headers.get("X-Forwarded-Proto") == "https":
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers.pop("Server", None)


@web.middleware
async def plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say refusals in a word. What failed stands in the log by the pattern of its path alone."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = web.Response(status=error.status, text=f"{error.reason}\n")
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception:
        resource = request.match_info.route.resource
        log.exception("A request to %s failed.", resource.canonical if resource is not None else "an unknown path")
        return web.Response(status=500, text="Internal Server Error\n")
