"""No other site makes a browser act here: a changing request comes from our own page and carries its token."""

import hmac
from urllib.parse import urlsplit

from aiohttp import web

from web.context import csrf_token

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
FIELD = "csrf"
HEADER = "X-CSRF-Token"


async def is_ours(request: web.Request) -> bool:
    """Say whether a changing request was meant by the person who sits there.

    1. Browsers say where a request comes from; what they say must be this site.
    2. It carries the token of this browser's cookie, in the header or, from a form, in the field.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is not None and _host(origin) != request.host:
        return False
    wanted = csrf_token(request)
    given = request.headers.get(HEADER) or await _field(request)
    return bool(wanted) and hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace"))


def _host(origin: str) -> str:
    """Return the host of an origin, "" when it is none: `null`, or what no browser writes."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


async def _field(request: web.Request) -> str:
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return ""
    try:
        found = (await request.post()).get(FIELD, "")
    except ValueError:
        return ""
    return found if isinstance(found, str) else ""
