"""The number script and what it asks: a token, a number for the page, a sign of life."""

import asyncio
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from patients.phones import display
from store import Tx
from tracking.sources import ASKED, client_id, host_of, path_of, source_of
from tracking.visitors import Ask, Given, give, hashed, seen
from web.context import CLINIC, STORE, WRITER, now_ms
from web.public.door import DOOR, GATE, log, mark_of, network, site_of
from web.public.gate import MINUTE_MS, Caps, is_robot
from web.rights import open_to_all

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("numbers.js", "call-me-back.js", "door.css")
FLOOD = "visitors"
NEW = ("leased", "overflow")
"""What only a new visitor is given."""
_KEY = re.compile(r"[0-9a-f]{32}")
_BETWEEN = r"(?:[\s().\/-]|%20)*"
NOTHING = "(?!)"
"""Finds nothing: for a page of a clinic that named no main number."""

routes = web.RouteTableDef()


@routes.get("/{name:numbers\\.js|call-me-back\\.js|door\\.css}")
@open_to_all
async def script(request: web.Request) -> web.StreamResponse:
    """Serve a script, as it is."""
    name = request.match_info["name"]
    kind = "text/css" if name.endswith(".css") else "text/javascript"
    headers = {"Cache-Control": "public, max-age=3600", "Content-Type": f"{kind}; charset=utf-8"}
    return web.FileResponse(STATIC / name, headers=headers)


@routes.post("/visit/token")
@open_to_all
async def token(request: web.Request) -> web.StreamResponse:
    """Give a page the token that it needs to ask for a number."""
    site = _page(request)
    return web.json_response({"token": request.app[GATE].token(site, network(request), now_ms(request))})


@routes.post("/visit/number")
@open_to_all
async def number(request: web.Request) -> web.StreamResponse:
    """Give a page a number; without one it keeps what stands there."""
    site, said = _page(request), await _said(request)
    gate, now, net = request.app[GATE], now_ms(request), network(request)
    if is_robot(request.headers, bool(said.get("robot"))):
        return web.json_response({"to": None})
    if not gate.admits(_text(said, "token"), site, net, now):
        raise web.HTTPForbidden
    key = _text(said, "key") if said.get("agreed") is True else None
    if key is not None and not _KEY.fullmatch(key):
        key = secrets.token_hex(16)
    ask = _ask(request, site, said, key)

    def change(tx: Tx) -> tuple[Given, list[str]]:
        # Who holds a number keeps it, whatever others of the network do.
        known = bool(ask.visitor) and tx.one("lease_held", visitor=ask.visitor) is not None
        mark = mark_of(tx, net)
        free = known or _may_lease(tx, gate.caps, mark, ask)
        given = give(tx, ask if free else replace(ask, visitor=""), request.app[DOOR].terms)
        if given.what in NEW:
            tx.run("door_network_add", day=ask.local_day, network=mark)
        mains = tx.all("pool_numbers", kind="main", location=ask.location, day=ask.local_day)
        return given, [row["did"] for row in mains]

    given, mains = await asyncio.wrap_future(request.app[WRITER].submit(change))
    if given.what in NEW and gate.leased(now):
        await _tell_of_flood(request)
    return web.json_response(_answer(request, given, mains, key))


@routes.post("/visit/seen")
@open_to_all
async def sign_of_life(request: web.Request) -> web.StreamResponse:
    """Keep the number of a page that is still open."""
    _page(request)
    key, now = _text(await _said(request), "key"), now_ms(request)
    if not _KEY.fullmatch(key):
        return web.json_response({"held": False})
    terms = request.app[DOOR].terms
    held = await asyncio.wrap_future(request.app[WRITER].submit(lambda tx: seen(tx, hashed(key), terms, now)))
    return web.json_response({"held": held})


@routes.options("/visit/{what:token|number|seen}")
@open_to_all
async def allowed(request: web.Request) -> web.StreamResponse:
    """Tell a browser that asks first what the clinic's pages may do."""
    if not site_of(request):
        raise web.HTTPForbidden
    return web.Response(status=204, headers={
        "Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": "86400",
    })  # fmt: skip


def forms(did: str, region: str) -> dict[str, str]:
    """Return a number as people write it: `e164`, `national` at home, `international` from abroad."""
    return {"e164": did, "national": display(did, region), "international": display(did, None)}


def finder(dids: Iterable[str], region: str) -> str:
    """Return the regular expression that finds these numbers on a page, however they are grouped."""
    found = []
    for did in dids:
        found.append(r"\+" + _BETWEEN + _BETWEEN.join(did.removeprefix("+")))
        found.append(_BETWEEN.join(re.sub(r"\D", "", display(did, region))))
    return "|".join(found) or NOTHING


def _may_lease(tx: Tx, caps: Caps, mark: str, ask: Ask) -> bool:
    """Say whether a new visitor of a network may be given a number of their own: no flood, and fewer than a day's."""
    if tx.one("door_switch_get", name=FLOOD, now_ms=ask.now_ms) is not None:
        return False
    tx.run("door_networks_forget", day=ask.local_day)
    return int(tx.value("door_network_leases", day=ask.local_day, network=mark)) < caps.leases_per_network


def _answer(request: web.Request, given: Given, mains: list[str], key: str | None) -> dict[str, Any]:
    region = request.app[CLINIC].callbacks.region
    if given.did is None:
        return {"to": None}
    was = mains[0] if mains else given.did
    answer = {"to": forms(given.did, region), "was": forms(was, region), "find": finder(mains, region),
              "undo": finder([given.did], region)}  # fmt: skip
    if given.visit is None or key is None:
        return answer
    return answer | {"key": key, "held": request.app[DOOR].terms.until(0) // 1000}


def _page(request: web.Request) -> str:
    """Return the clinic's site whose page asks. Raises HTTPForbidden for another's, HTTPTooManyRequests."""
    site = site_of(request)
    if not site:
        raise web.HTTPForbidden
    if not request.app[GATE].may_ask(network(request), now_ms(request)):
        raise web.HTTPTooManyRequests
    return site


async def _said(request: web.Request) -> Mapping[str, Any]:
    """Return the JSON object of the body. Raises HTTPBadRequest."""
    try:
        # Always UTF-8: a charset that the request names is one that nobody has to know.
        said = json.loads((await request.read()).decode())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    if not isinstance(said, dict):
        raise web.HTTPBadRequest
    return said


def _ask(request: web.Request, site: str, said: Mapping[str, Any], key: str | None) -> Ask:
    door, clinic, now = request.app[DOOR], request.app[CLINIC], now_ms(request)
    location = door.locations.get(site, "")
    given = said.get("params")
    params = {name: str(given[name])[:1000] for name in ASKED if name in given} if isinstance(given, dict) else {}
    referrer = host_of(_text(said, "from"))
    return Ask(
        site=site, source=source_of(params, referrer, door.hosts),
        local_day=clinic.callbacks.hours_at(location).local_day(now).isoformat(), now_ms=now,
        visitor="" if key is None else hashed(key), location=location, page=path_of(_text(said, "page")),
        referrer="" if referrer in door.hosts else referrer, ga_client=_analytics(_text(said, "ga")),
        ym_client=client_id(_text(said, "ym")),
    )  # fmt: skip


def _analytics(cookie: str) -> str | None:
    """Return the client id of a `_ga` cookie: its last two numbers."""
    return client_id(".".join(cookie.split(".")[-2:])) if cookie else None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


async def _tell_of_flood(request: web.Request) -> None:
    caps, now = request.app[GATE].caps, now_ms(request)
    log.warning("More than %s new visitors in a minute: each source has its number for %s min.",
                caps.flood_per_minute, caps.flood_minutes)

    def change(tx: Tx) -> None:
        tx.run("door_switch_put", name=FLOOD, at_ms=now, until_ms=now + caps.flood_minutes * MINUTE_MS,
               why=f"more than {caps.flood_per_minute} new visitors in a minute")

    await asyncio.wrap_future(request.app[WRITER].submit(change))


__all__ = ["FLOOD", "SCRIPTS", "STATIC", "STORE", "finder", "forms", "routes"]
