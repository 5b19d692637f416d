"""What is live on the pages: areas that are painted anew when the feed tells of what they show.

1. One thread watches the store. A commit of any process wakes the hub, which reads the feed from where it stopped.
2. Each area says which kinds of the feed concern it. An area that is concerned is dirty for the clients that show it.
3. A client's own task paints what is dirty and sends it. What several people see alike is painted once.

A client keeps a set of dirty areas and nothing else, so a slow one costs no memory and gets the newest state when it
comes to it. A page says the feed's id it was made at, and a browser that comes back says the id it saw last: what
happened meanwhile is dirty at once. Nothing personal is in the feed; areas read the store with the person's rights.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from store import Row, Store, StoreError, Tx
from web.audit import Actor, Deed, actor, note
from web.context import CLOCK, STORE, WRITER, Me, me, now_ms, reading
from web.i18n import language, speaking
from web.pages import fragment
from web.painting import Brush, Painter, Picture
from web.rights import Right, signed_in
from web.sessions import person_of

log = logging.getLogger("callward.web")

ROUND_S = 0.04
"""The least time between two looks into the feed: what happens within it is painted once."""
TICK_S = 20.0
"""Areas are looked at again so often though nothing happened: callbacks become due."""
SESSIONS_S = 1.0
HEARTBEAT_S = 15.0
SEND_S = 20.0
RETRY_MS = 2000
BEHIND = 500
"""Who missed more rows of the feed than this gets everything anew."""
STREAMS = 12
"""Pages that one session may keep open."""
_KEPT = 1024


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at an area."""

    person: Me
    language: str


@dataclass(frozen=True, slots=True)
class Painted:
    """What a template gets, and which patients can be seen in it."""

    values: Mapping[str, Any]
    patients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a page that is painted by the server whenever it changes."""

    name: str
    right: Right
    template: str
    look: Callable[[Tx, Viewer, int], Painted]
    """Reads what the template needs; given the viewer and the time."""
    kinds: tuple[str, ...]
    """How the kinds of the feed begin that concern it."""
    alike: Callable[[Viewer], Hashable] = lambda viewer: None
    """Viewers with the same value, in the same language, see the same."""
    desks: Callable[[Tx, list[Row]], frozenset[str] | None] | None = None
    """Which desks alone some rows of the feed concern; None concerns everybody."""
    personal: Callable[[Tx, int], frozenset[str]] | None = None
    """Who sees something of their own at this time; all the others, as far as they are alike, see the same."""
    urgent: bool = False
    """Whether it is painted before the others."""
    pace_s: float = 0.0
    """The least time between two changes of it on a page."""


@dataclass(slots=True)
class _Kept:
    version: int
    painting: "asyncio.Task[Picture]"


@dataclass(slots=True, eq=False)
class Client:
    """One open page."""

    viewer: Viewer
    who: Actor
    areas: tuple[Area, ...]
    dirty: set[str] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    sent: dict[str, int] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    """Patients whose audit rows are written."""
    over: str = ""
    """Why the stream ends: `bye` when the session did, `again` when the browser is to come back."""

    def touch(self, names: Iterable[str]) -> None:
        """Mark areas dirty."""
        before = len(self.dirty)
        self.dirty.update(area.name for area in self.areas if area.name in names)
        if len(self.dirty) > before:
            self.wake.set()

    def end(self, why: str) -> None:
        """Let the stream come to its end."""
        self.over = self.over or why
        self.wake.set()


class Hub:
    """Follows the feed for all open pages of this process."""

    def __init__(self, app: web.Application, areas: Iterable[Area]) -> None:
        self.areas = {area.name: area for area in areas}
        self.clients: set[Client] = set()
        self.last = 0
        self.changed = dict.fromkeys(self.areas, 0)
        self._app = app
        self._store: Store = app[STORE]
        self._news = asyncio.Event()
        self._advanced = asyncio.Event()
        self._kept: dict[Hashable, _Kept] = {}
        self._looking = asyncio.Lock()
        self._painter = Painter(self._store)
        self._personal: dict[str, frozenset[str]] = {}
        self._touched: dict[str, float] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._round = 0
        self._closing = False

    # -- following the feed ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the feed until cancelled."""
        loop = asyncio.get_running_loop()
        self.last = await reading(self._store, _last)
        watching = asyncio.create_task(asyncio.to_thread(self._watch, loop))
        sessions = ticked = loop.time()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SESSIONS_S):
                        await self._news.wait()
                self._news.clear()
                now = loop.time()
                try:
                    await self._look()
                    if now - sessions >= SESSIONS_S:
                        sessions = now
                        await self._check_sessions()
                except StoreError as error:
                    log.warning("the console cannot read the store for now: %s", error)
                except Exception:
                    # A fault in one look must not leave every page standing still.
                    log.exception("the console could not look into the feed")
                if now - ticked >= TICK_S:
                    ticked = now
                    self._touch(self.areas, None)
                await asyncio.sleep(ROUND_S)
        finally:
            self._closing = True
            self._advanced.set()
            for client in self.clients:
                client.end("again")
            for handle in self._later.values():
                handle.cancel()
            self._painter.close()
            await asyncio.wait([watching])

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for commits, in a thread of its own."""
        watch = self._store.watch()
        try:
            while not self._closing:
                if watch.wait(0.5):
                    with contextlib.suppress(RuntimeError):
                        loop.call_soon_threadsafe(self._news.set)
        except StoreError as error:
            log.error("the console looks into the feed once a second only: %s", error)
        finally:
            watch.close()

    async def refresh(self) -> None:
        """Look into the feed now: what this person has just changed must be on the page that they ask for."""
        await self._look()

    async def _look(self) -> None:
        async with self._looking:
            await self._look_alone()

    async def _look_alone(self) -> None:
        since = self.last
        rows, concerned, link, self._personal = await reading(self._store, lambda tx: self._read(tx, since))
        if link != self._link:
            self._link = link
            self._touch(("link",), None)
        if not rows:
            return
        self.last = rows[-1]["id"]
        self._advanced.set()
        self._advanced = asyncio.Event()
        for name in touched(self.areas.values(), rows):
            self._touch((name,), concerned.get(name))

    async def beyond(self, since: int) -> None:
        """Wait until the feed has something after a row; in vain when the console is on its way out."""
        while self.last <= since and not self._closing:
            await self._advanced.wait()

    _link: Hashable = ()

    def _read(
        self, tx: Tx, since: int
    ) -> tuple[list[Row], dict[str, frozenset[str] | None], Hashable, dict[str, frozenset[str]]]:
        rows = tx.all("feed_since", since=since, limit=BEHIND)
        concerned: dict[str, frozenset[str] | None] = {}
        for area in self.areas.values():
            mine = [row for row in rows if row["kind"].startswith(area.kinds)]
            if mine and area.desks is not None:
                concerned[area.name] = area.desks(tx, mine)
        gaps = tx.all("console_gaps_open")
        lapsed = [row["pbx"] for row in tx.all("console_leases") if row["until_ms"] < self._app[CLOCK].now_ms()]
        # A gap that opened and closed between two looks was perhaps painted by somebody meanwhile: the newest tells.
        newest = tx.one("console_gap_last")
        told = (newest["id"], newest["to_ms"]) if newest is not None else ()
        now = self._app[CLOCK].now_ms()
        personal = {area.name: area.personal(tx, now) for area in self.areas.values() if area.personal is not None}
        return rows, concerned, (told, *((gap["pbx"], gap["from_ms"]) for gap in gaps), *lapsed), personal

    def _touch(self, names: Iterable[str], desks: frozenset[str] | None) -> None:
        """Make areas dirty for who is concerned; one that keeps a pace, when it may change again."""
        self._round += 1
        names = [name for name in names if name in self.areas]
        for name in names:
            self.changed[name] = self._round  # from now on nobody is shown what was painted before
        paced = [name for name in names if self.areas[name].pace_s]
        for name in paced:
            if desks != frozenset():
                self._touch_in_time(name)
        if len(paced) < len(names):
            self._wake([name for name in names if name not in paced], desks)

    def _touch_in_time(self, name: str) -> None:
        loop, pace = asyncio.get_running_loop(), self.areas[name].pace_s

        def now() -> None:
            self._later.pop(name, None)
            self._touched[name] = loop.time()
            self._wake([name], None)

        if name not in self._later:
            wait = self._touched.get(name, 0.0) + pace - loop.time()
            if wait > 0:
                self._later[name] = loop.call_later(wait, now)
            else:
                now()

    def _wake(self, names: Iterable[str], desks: frozenset[str] | None) -> None:
        for client in self.clients:
            if desks is None or client.viewer.person.desk in desks:
                client.touch(names)

    async def _check_sessions(self) -> None:
        """End the streams whose session is over, and let those come back whose rights or desk are others now."""
        if not self.clients:
            return
        now = self._app[CLOCK].now_ms()
        rows = await reading(self._store, lambda tx: tx.all("console_sessions", now_ms=now))
        living = {row["id"]: person_of(row) for row in rows}
        for client in self.clients:
            person = client.viewer.person
            now_is = living.get(person.session)
            if now_is is None:
                client.end("bye")
            elif (now_is.rights, now_is.desk) != (person.rights, person.desk):
                client.end("again")

    # -- painting ----------------------------------------------------------------------------------------------------

    async def paint(self, area: Area, client: Client) -> Picture:
        """Return an area as this client sees it; patients seen for the first time are noted in the audit log."""
        picture = await self._painted(area, client.viewer)
        new = [ref for ref in picture.patients if ref not in client.seen]
        if new:
            await asyncio.wrap_future(self._app[WRITER].submit(lambda tx: _note(tx, client.who, area.name, new)))
            client.seen.update(new)
        return picture

    async def _painted(self, area: Area, viewer: Viewer) -> Picture:
        own = viewer.person.name if viewer.person.name in self._personal.get(area.name, ()) else ""
        key = (area.name, viewer.language, own, area.alike(viewer))
        version = self.changed[area.name]
        kept = self._kept.get(key)
        if kept is None or kept.version < version:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            painting = asyncio.create_task(self._painter.paint(self._brush(area, viewer), urgent=area.urgent))
            kept = self._kept[key] = _Kept(version, painting)
        try:
            return await asyncio.shield(kept.painting)
        except BaseException:
            self._kept.pop(key, None)
            raise

    def _brush(self, area: Area, viewer: Viewer) -> Brush:
        now = self._app[CLOCK].now_ms()

        def paint(tx: Tx) -> Picture:
            with speaking(viewer.language):  # what a look puts into words, too
                painted = area.look(tx, viewer, now)
            html = fragment(self._app, area.template, viewer.language, {"now": now, **painted.values})
            return Picture(html, painted.patients, message(area.name, html))

        return paint

    def chosen(self, names: str, viewer: Viewer) -> tuple[Area, ...]:
        """Return the areas of a comma-separated list that the viewer may see, and the banner."""
        wanted = dict.fromkeys(("link", "due", *names.split(",")))
        if "pop" in wanted:
            wanted["click"] = None  # where my calls are shown, what I started is, too
        found = (self.areas[name] for name in wanted if name in self.areas)
        return tuple(area for area in found if area.name == "link" or area.right in viewer.person.rights)

    async def missed(self, since: int | None, areas: tuple[Area, ...]) -> set[str]:
        """Return which areas changed after a row of the feed; all of them when that is not known."""
        names = {area.name for area in areas}
        if since is None or since > self.last + BEHIND:
            return names
        rows = await reading(self._store, lambda tx: tx.all("feed_since", since=since, limit=BEHIND))
        return names if len(rows) >= BEHIND else {"link", *touched(areas, rows)}


HUB = web.AppKey("hub", Hub)


def touched(areas: Iterable[Area], rows: Iterable[Row]) -> set[str]:
    """Return the names of the areas that rows of the feed concern."""
    kinds = {row["kind"] for row in rows}
    return {area.name for area in areas if any(kind.startswith(area.kinds) for kind in kinds)}


def message(event: str, data: str, id_: int | None = None) -> bytes:
    """Write one server-sent event."""
    lines = [f"event: {event}", *([f"id: {id_}"] if id_ is not None else []),
             *(f"data: {line}" for line in data.replace("\r", "").split("\n"))]
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


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
    hub.clients.add(client)
    try:
        await hub.refresh()
        client.touch(await hub.missed(_since(request), client.areas))
        await response.write(f"retry: {RETRY_MS}\n".encode() + message("now", str(now_ms(request))))
        await _serve(hub, client, response)
    except (ConnectionError, TimeoutError):
        pass
    finally:
        hub.clients.discard(client)
    return response


async def _serve(hub: Hub, client: Client, response: web.StreamResponse) -> None:
    while not client.over:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await client.wake.wait()
        except TimeoutError:
            await _send(response, b": still here\n\n")
            continue
        client.wake.clear()
        upto, names, client.dirty = hub.last, client.dirty, set()
        for area in client.areas:
            if area.name in names and not client.over:
                picture = await hub.paint(area, client)
                if client.sent.get(area.name) != hash(picture.html):
                    client.sent[area.name] = hash(picture.html)
                    await _send(response, b"id: %d\n" % upto + picture.event)
    await _send(response, message(client.over, ""))


async def _send(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(SEND_S):
        await response.write(data)


@signed_in
async def since(request: web.Request) -> web.Response:
    """`GET /live/since?id=ID&areas=…`: the areas that changed after a row of the feed, where streams do not pass."""
    hub, viewer = request.app[HUB], _viewer(request)
    client = Client(viewer, actor(request), hub.chosen(request.query.get("areas", ""), viewer))
    await hub.refresh()
    upto = hub.last
    names = await hub.missed(_since(request), client.areas)
    painted = {area.name: (await hub.paint(area, client)).html for area in client.areas if area.name in names}
    return web.json_response({"id": upto, "now": now_ms(request), "areas": painted})


async def first(request: web.Request, *names: str) -> dict[str, Any]:
    """Return what a page with live areas begins with: `live` holds their HTML by name, `since` the feed's id."""
    hub, viewer = request.app[HUB], _viewer(request)
    client = Client(viewer, actor(request), hub.chosen(",".join(names), viewer))
    await hub.refresh()
    upto = hub.last
    return {
        "live": {area.name: (await hub.paint(area, client)).html for area in client.areas},
        "areas": ",".join(names),
        "since": upto,
    }


def _viewer(request: web.Request) -> Viewer:
    return Viewer(me(request), language())


def _since(request: web.Request) -> int | None:
    for text in (request.headers.get("Last-Event-ID"), request.query.get("since"), request.query.get("id")):
        if text and text.isascii() and text.isdigit() and len(text) < 19:
            return int(text)
    return None


def _last(tx: Tx) -> int:
    return int(tx.value("feed_last"))


def _note(tx: Tx, who: Actor, area: str, patients: list[str]) -> None:
    for ref in patients:
        note(tx, who, Deed("looked", "patient", ref, area))


def set_up(app: web.Application, areas: Iterable[Area]) -> None:
    """Give the application its stream and the areas that pages show."""
    app.router.add_get("/live", stream)
    app.router.add_get("/live/since", since)

    async def following(app: web.Application) -> AsyncIterator[None]:
        hub = app[HUB] = Hub(app, (LINK, *areas))
        task = asyncio.create_task(hub.run())

        async def let_go(_: web.Application) -> None:
            for client in hub.clients:
                client.end("again")

        app.on_shutdown.append(let_go)
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    app.cleanup_ctx.append(following)


def _link(tx: Tx, viewer: Viewer, now: int) -> Painted:
    """Say which exchanges are not heard now, and since when."""
    gaps = {row["pbx"]: row["from_ms"] for row in tx.all("console_gaps_open")}
    for row in tx.all("console_leases"):
        if row["until_ms"] < now:  # who listened to it is gone without a word
            gaps.setdefault(row["pbx"], row["until_ms"])
    several = len(gaps) > 1 or bool(tx.value("calls_of_several_pbx"))
    return Painted({"gaps": sorted(gaps.items()), "several": several})


LINK = Area("link", Right.BOARD, "live_link.html", _link, kinds=("link.",))
"""The banner that is there while the link to an exchange is down."""
