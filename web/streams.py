"""How what is live reaches the pages: the stream of server-sent events, the asking where streams do not pass, and what
a page begins with."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from aiohttp import web

from store import Tx
from web.areas import Area, Viewer
from web.audit import actor
from web.context import STORE, me, now_ms, reading
from web.i18n import language
from web.link_banner import LINK
from web.live import HEARTBEAT_S, HUB, TICK_S, Client, Hub
from web.people_names import NAMES, names
from web.pictures import clocks_at, message
from web.rights import signed_in

RETRY_MS = 2000
_AGED_MS = int(TICK_S * 1000)
STREAMS = 12
"""Pages that one session may keep open."""


@signed_in
async def stream(request: web.Request) -> web.StreamResponse:
    """`GET /live?areas=board,pop&since=ID`: server-sent events, one for each area that changed, until the session ends.

    The event is the area's name, its data the HTML, its id the feed's. `Last-Event-ID` wins over `since`.
    """
    hub, viewer = request.app[HUB], _viewer(request)
    if sum(1 for other in hub.clients if other.viewer.person.session == viewer.person.session) >= STREAMS:
        raise web.HTTPTooManyRequests
    client = Client(viewer, actor(request), hub.chosen(request.query.get("areas", ""), viewer))
    response = web.StreamResponse(headers={
        "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
    })  # fmt: skip
    await response.prepare(request)
    client.transport = request.transport
    client.wrote_s = client.aged_s = asyncio.get_running_loop().time()
    hub.clients.add(client)
    try:
        await hub.refresh()
        client.touch({name: hub.changed[name] for name in await hub.missed(_since(request), client.areas)})
        await _send(client, response, f"retry: {RETRY_MS}\n".encode() + message("now", str(now_ms(request))))
        await _serve(hub, client, response)
    except (ConnectionError, TimeoutError):
        pass
    finally:
        hub.clients.discard(client)
    return response


async def _serve(hub: Hub, client: Client, response: web.StreamResponse) -> None:
    clock = asyncio.get_running_loop().time
    while not client.over:
        await client.wake.wait()
        client.wake.clear()
        upto, versions, client.dirty = hub.shown(client.areas), client.dirty, {}
        # The id goes with the last: who loses the connection before it gets all of them again.
        last = next((area for area in reversed(client.areas) if area.name in versions), None)
        for area in client.areas:
            if area.name in versions and not client.over:
                picture = await hub.paint(area, client, versions[area.name])
                before = client.sent.get(area.name)
                if before is None or not picture.same(before):
                    client.sent[area.name] = picture
                    await _send(client, response, (b"id: %d\n" % upto if area is last else b"") + picture.event(before))
        if last is None and clock() - client.wrote_s > HEARTBEAT_S:
            await _send(client, response, b": still here\n\n")
    await _send(client, response, message(client.over, ""))


async def _send(client: Client, response: web.StreamResponse, data: bytes) -> None:
    """Write to a page. Who takes nothing for long is let go by the hub: a timeout for each event costs more than it."""
    client.wrote_s, client.writing = asyncio.get_running_loop().time(), True
    try:
        await response.write(data)
    finally:
        client.writing = False


@signed_in
async def since(request: web.Request) -> web.Response:
    """`GET /live/since?id=ID&at=MS&areas=…`: the areas that changed after a row of the feed, where streams do not pass.

    `at` is the `now` of the last answer: what time alone changes, such as what has become due, is looked at again when
    it was long ago, as streams do it.
    """
    hub, viewer, now = request.app[HUB], _viewer(request), now_ms(request)
    client = Client(viewer, actor(request), hub.chosen(request.query.get("areas", ""), viewer))
    await hub.refresh()
    upto = hub.last
    names = await hub.missed(_since(request), client.areas)
    asked = _number(request.query.get("at"))
    if asked is not None and asked // _AGED_MS != now // _AGED_MS:
        names |= {area.name for area in client.areas if area.ages}
    painted = {area.name: clocks_at((await hub.paint(area, client)).html, now)
               for area in client.areas if area.name in names}
    return web.json_response({"id": upto, "now": now, "areas": painted})


async def first(request: web.Request, *names: str) -> dict[str, Any]:
    """Return what a page with live areas begins with: `live` holds their HTML by name, `since` the feed's id."""
    hub, viewer = request.app[HUB], _viewer(request)
    client = Client(viewer, actor(request), hub.chosen(",".join(names), viewer))
    await hub.refresh()
    upto = hub.last
    for area in client.areas:
        if not area.ages:  # a draft of a comment, say
            hub.forget(area, viewer)
    return {
        "live": {area.name: clocks_at((await hub.paint(area, client)).html, now_ms(request)) for area in client.areas},
        "areas": ",".join(names),
        "since": upto,
    }


def _viewer(request: web.Request) -> Viewer:
    return Viewer(me(request), language())


def _since(request: web.Request) -> int | None:
    told = (request.headers.get("Last-Event-ID"), request.query.get("since"), request.query.get("id"))
    return next((number for number in map(_number, told) if number is not None), None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _last(tx: Tx) -> int:
    return int(tx.value("feed_last"))


def set_up(app: web.Application, areas: Iterable[Area]) -> None:
    """Give the application its stream and the areas that pages show."""
    app.router.add_get("/live", stream)
    app.router.add_get("/live/since", since)

    async def following(app: web.Application) -> AsyncIterator[None]:
        hub = app[HUB] = Hub(app, (LINK, *areas))
        # Before the first page: what comes after it is news to that page.
        hub.last, called = await reading(app[STORE], lambda tx: (_last(tx), names(tx)))
        app[NAMES].update(called)
        task = asyncio.create_task(hub.run())

        async def let_go(_: web.Application) -> None:
            for client in hub.clients:
                client.end("again")

        app.on_shutdown.append(let_go)
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    app.cleanup_ctx.append(following)
