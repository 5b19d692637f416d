"""What every response carries, and which requests are refused before anything else is looked at."""

import logging
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web

from web.context import CONFIG, WebConfig
from web.i18n import gettext as _
from web.pages import page
from web.rights import Handler

log = logging.getLogger(__name__)

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "media-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
))  # fmt: skip
"""No script, style or picture but ours; no request to another host; no frame around a page."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers just before a response is sent, whoever made it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.app[CONFIG].secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers.pop("Server", None)


@web.middleware
async def known_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse names that are not ours: a stranger's name that points here could read pages through a browser."""
    if _hostname(request.host) not in _our_names(request.app[CONFIG]):
        return web.Response(status=421, text="This console does not answer to that name; set [web] public_url.\n")
    return await handler(request)


@web.middleware
async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say refusals and faults as pages, in the person's language; what happened stands in the log without addresses."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or error.content_type != "text/plain":
            raise
        status, headers = error.status, error.headers
        said = error.text if error.text and error.text != f"{error.status}: {error.reason}" else ""
    except Exception:
        log.exception("A request to %s failed.", _route(request))
        status, headers, said = 500, None, ""
    response = page(request, "error.html", status=status, said=said or _sentence(status))
    for name in ("Allow", "Retry-After", "HX-Redirect"):
        if headers is not None and name in headers:
            response.headers[name] = headers[name]
    return response


def _sentence(status: int) -> str:
    match status:
        case 403:
            return _("You may not see this. Ask a manager if you need it.")
        case 404:
            return _("There is no such page.")
        case 413:
            return _("That is too large.")
        case 429:
            return _("Too many attempts. Wait a while and try again.")
        case status if status >= 500:
            return _("Something went wrong here. Go back: nothing that you wrote is lost. Please tell the admin.")
        case _:
            return _("That could not be done. Go back and try again.")


def address_of(request: web.Request) -> str:
    """Return the browser's address: the last hop that is not one of our proxies."""
    hops = [hop.strip() for hop in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",") if hop.strip()]
    trusted = request.app[CONFIG].trusted_proxies
    found = request.remote or ""
    while found in trusted and hops:
        found = hops.pop()
    try:
        return str(ip_address(found))
    except ValueError:
        return ""


def _route(request: web.Request) -> str:
    """Return the pattern of the path: the path itself may hold a token, its query a name."""
    resource = request.match_info.route.resource
    return f"{request.method} {resource.canonical if resource is not None else 'an unknown path'}"


def _our_names(config: WebConfig) -> set[str]:
    names = {config.host, urlsplit(config.url).hostname or ""}
    # Beyond loopback only the public name counts; on this machine, its usual names.
    return names | {"localhost", "127.0.0.1", "::1"}


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
