"""What is live on the pages: areas that are painted anew when the feed tells of what they show.

1. One thread watches the store. A commit of any process wakes the hub, which reads the feed from where it stopped.
2. Each area says which kinds of the feed concern it. An area that is concerned is dirty for the clients that show it.
3. A client's own task paints what is dirty and sends it. What several people see alike is painted once.

A client keeps a set of dirty areas and nothing else, so a slow one costs no memory and gets the newest state when it
comes to it. An area that keeps a pace is painted before its clients are woken: nobody's card waits for a board.
A page says the feed's id it was made at, and a browser that comes back says the id it saw last: what happened meanwhile
is dirty at once. So an id is sent only when everything up to it is on the page. Nothing personal is in the feed; areas
read the store with the person's rights.
"""

import asyncio
import contextlib
import logging
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from aiohttp import web

from store import Row, Store, StoreError, Tx
from web.areas import Area, Viewer, touched
from web.audit import Actor, Deed, note
from web.context import CLOCK, STORE, WRITER, reading
from web.i18n import speaking
from web.pages import fragment
from web.painting import Brush, Painter
from web.people_names import NAMES, names
from web.pictures import Picture
from web.sessions import person_of

log = logging.getLogger("callward.web")

ROUND_S = 0.03
"""The least time from one look into the feed to the next: what happens within it is painted once."""
TICK_S = 20.0
"""Areas are looked at again so often though nothing happened: callbacks become due."""
SELDOM_S = 120.0
"""And so often those that time alone hardly changes; each page has its own time, not all of them at once."""
SESSIONS_S = 1.0
HEARTBEAT_S = 15.0
SEND_S = 20.0
BEHIND = 500
"""Who missed more rows of the feed than this gets everything anew."""
_KEPT = 1024


@dataclass(slots=True)
class _Kept:
    """A painting that is shown to all who are alike, or is being made for them."""

    version: int
    painting: "asyncio.Task[Picture]"
    made: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self, _: object) -> None:
        """Let those go on who wait."""
        self.made.set()

    async def picture(self) -> Picture:
        """Wait for it; who goes away while waiting takes it from nobody else. Raises what the painting raised."""
        if not self.painting.done():
            await self.made.wait()
        return self.painting.result()


@dataclass(slots=True, eq=False)
class Client:
    """One open page."""

    viewer: Viewer
    who: Actor
    areas: tuple[Area, ...]
    dirty: dict[str, int] = field(default_factory=dict)
    """Areas to be sent, each with the version that it must have at least."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    transport: asyncio.Transport | None = None
    wrote_s: float = 0.0
    """When something was written last, or began to be."""
    writing: bool = False
    aged_s: float = 0.0
    sent: dict[str, Picture] = field(default_factory=dict)
    """What the page shows of each area, as far as this stream brought it."""
    seen: set[str] = field(default_factory=set)
    """Patients whose audit rows are written."""
    over: str = ""
    """Why the stream ends: `bye` when the session did, `again` when the browser is to come back."""

    def touch(self, versions: Mapping[str, int]) -> None:
        """Mark areas dirty that this page shows."""
        mine = {area.name: versions[area.name] for area in self.areas if area.name in versions}
        if mine:
            self.dirty.update(mine)
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
        self._later: dict[str, asyncio.Task[None]] = {}
        self._owed: dict[str, int] = {}
        """Areas that keep a pace and have changed: up to which row of the feed they are on the pages."""
        self._brought: dict[str, int] = {}
        """The same of those that are being painted."""
        self._round = 0
        self._closing = False

    # -- following the feed ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the feed from `last` on until cancelled."""
        loop = asyncio.get_running_loop()
        watching = asyncio.create_task(asyncio.to_thread(self._watch, loop))
        sessions = ticked = loop.time()
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SESSIONS_S):
                        await self._news.wait()
                self._news.clear()
                now = loop.time()
                due = now - sessions >= SESSIONS_S
                if due:
                    sessions = now
                    self._check_pages(now)
                try:
                    await self._look()
                    if due:
                        await self._check_sessions()
                except StoreError as error:
                    log.warning("the console cannot read the store for now: %s", error)
                except Exception:
                    # A fault in one look must not leave every page standing still.
                    log.exception("the console could not look into the feed")
                if now - ticked >= TICK_S:
                    ticked = now
                    self._touch([area.name for area in self.areas.values() if area.ages], None)
                await asyncio.sleep(max(0.0, now + ROUND_S - loop.time()))
        finally:
            self._closing = True
            self._advanced.set()
            for client in self.clients:
                client.end("again")
            for later in self._later.values():
                later.cancel()
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
        before, self.last = self.last, rows[-1]["id"]
        self._advanced.set()
        self._advanced = asyncio.Event()
        for name in touched(self.areas.values(), rows):
            self._touch((name,), concerned.get(name), before)

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
        told = (newest["id"], newest["to_ms"], newest["read_ms"]) if newest is not None else ()
        now = self._app[CLOCK].now_ms()
        personal = {area.name: area.personal(tx, now) for area in self.areas.values() if area.personal is not None}
        return rows, concerned, (told, *((gap["pbx"], gap["from_ms"]) for gap in gaps), *lapsed), personal

    def _touch(self, names: Iterable[str], desks: frozenset[str] | None, upto: int | None = None) -> None:
        """Make areas dirty for who is concerned; one that keeps a pace, when it may change again.

        `upto` is the row of the feed that the pages show so far.
        """
        if desks == frozenset():
            return
        self._round += 1
        at_once = {}
        for name in names:
            self.changed[name] = self._round  # from now on nobody asks for what was painted before and gets it
            if not self.areas[name].pace_s:
                at_once[name] = self._round
                continue
            self._owed.setdefault(name, self.last if upto is None else upto)
            if name not in self._later:
                self._later[name] = asyncio.create_task(self._bring(self.areas[name]))
        self._wake(at_once, desks)

    async def _bring(self, area: Area) -> None:
        """Paint an area for all who show it, then wake them; again, no sooner than its pace, until nothing is new."""
        loop, name = asyncio.get_running_loop(), area.name
        try:
            while name in self._owed:
                began, version = loop.time(), self.changed[name]
                self._brought[name] = self._owed.pop(name)  # what happens from here on is for the next time
                viewers = {self._key(area, client.viewer): client.viewer for client in self.clients
                           if area in client.areas}
                # A fault is not lost: the clients ask again, and are told.
                await asyncio.gather(*(self._painted(area, viewer, version) for viewer in viewers.values()),
                                     return_exceptions=True)
                del self._brought[name]
                self._wake({name: version}, None)
                await asyncio.sleep(max(0.0, began + area.pace_s - loop.time()))
        finally:
            self._brought.pop(name, None)
            del self._later[name]

    def shown(self, areas: Iterable[Area]) -> int:
        """Return up to which row of the feed these areas are painted, or marked dirty where they are shown."""
        names = [area.name for area in areas]
        waiting = [waits[name] for waits in (self._owed, self._brought) for name in names if name in waits]
        return min([self.last, *waiting])

    def _check_pages(self, now: float) -> None:
        """Let go who takes nothing any more, say something to who heard nothing for long, look again now and then."""
        for client in self.clients:
            if client.writing and now - client.wrote_s > SEND_S:
                client.end("again")
                if client.transport is not None:
                    client.transport.abort()
            elif now - client.wrote_s > HEARTBEAT_S:
                client.wake.set()
            if now - client.aged_s > SELDOM_S:
                client.aged_s = now
                self._round += 1
                seldom = {area.name: self._round for area in client.areas if not area.ages}
                self.changed |= seldom
                client.touch(seldom)

    def _wake(self, versions: Mapping[str, int], desks: frozenset[str] | None) -> None:
        if versions:
            for client in self.clients:
                if desks is None or client.viewer.person.desk in desks:
                    client.touch(versions)

    async def _check_sessions(self) -> None:
        """End the streams whose session is over, and let those come back whose rights or desk are others now."""
        now = self._app[CLOCK].now_ms()
        rows, called = await reading(
            self._store, lambda tx: (tx.all("console_sessions", now_ms=now), names(tx))
        )
        self._app[NAMES].update(called)
        living = {row["id"]: person_of(row) for row in rows}
        for client in self.clients:
            person = client.viewer.person
            now_is = living.get(person.session)
            if now_is is None:
                client.end("bye")
            elif (now_is.rights, now_is.desk) != (person.rights, person.desk):
                client.end("again")

    # -- painting ----------------------------------------------------------------------------------------------------

    async def paint(self, area: Area, client: Client, version: int | None = None) -> Picture:
        """Return an area as this client sees it, of this version or newer, by default the newest.

        Patients seen for the first time are noted in the audit log.
        """
        picture = await self._painted(area, client.viewer, self.changed[area.name] if version is None else version)
        new = [ref for ref in picture.patients if ref not in client.seen]
        if new:
            await asyncio.wrap_future(self._app[WRITER].submit(lambda tx: _note(tx, client.who, area.name, new)))
            client.seen.update(new)
        return picture

    def forget(self, area: Area, viewer: Viewer) -> None:
        """Paint an area anew for who asks next: something of their own changed that the feed does not tell of."""
        self._kept.pop(self._key(area, viewer), None)

    def _key(self, area: Area, viewer: Viewer) -> Hashable:
        own = viewer.person.name if viewer.person.name in self._personal.get(area.name, ()) else ""
        return area.name, viewer.language, own, area.alike(viewer)

    async def _painted(self, area: Area, viewer: Viewer, version: int) -> Picture:
        key = self._key(area, viewer)
        kept = self._kept.get(key)
        if kept is None or kept.version < version:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            painting = asyncio.create_task(self._painter.paint(self._brush(area, viewer), urgent=area.urgent))
            kept = self._kept[key] = _Kept(self.changed[area.name], painting)
            painting.add_done_callback(kept.settle)
        try:
            return await kept.picture()
        except BaseException:
            if kept.painting.done() and self._kept.get(key) is kept:
                del self._kept[key]
            raise

    def _brush(self, area: Area, viewer: Viewer) -> Brush:
        now = self._app[CLOCK].now_ms()

        if area.personal is not None and viewer.person.name not in self._personal.get(area.name, ()):
            # The picture is shown to others: what this person did a moment ago must not be in it.
            viewer = replace(viewer, person=replace(viewer.person, name=""))

        def paint(tx: Tx) -> Picture:
            with speaking(viewer.language):  # what a look puts into words, too
                painted = area.look(tx, viewer, now)
            html = fragment(self._app, area.template, viewer.language, {"now": now, **painted.values})
            return Picture.of(area.name, html, painted.patients)

        return paint

    def chosen(self, names: str, viewer: Viewer) -> tuple[Area, ...]:
        """Return the areas of a comma-separated list that the viewer may see, and the banner."""
        wanted = dict.fromkeys(("link", "due", *names.split(",")))
        if "pop" in wanted:
            wanted["click"] = None  # where my calls are shown, what I started is, too
        found = [self.areas[name] for name in wanted if name in self.areas]
        found.sort(key=lambda area: not area.urgent)
        return tuple(area for area in found if area.name == "link" or area.right in viewer.person.rights)

    async def missed(self, since: int | None, areas: tuple[Area, ...]) -> set[str]:
        """Return which areas changed after a row of the feed; all of them when that is not known."""
        names = {area.name for area in areas}
        if since is None or since > self.last + BEHIND:
            return names
        rows = await reading(self._store, lambda tx: tx.all("feed_since", since=since, limit=BEHIND))
        return names if len(rows) >= BEHIND else {"link", *touched(areas, rows)}


HUB = web.AppKey("hub", Hub)


def _note(tx: Tx, who: Actor, area: str, patients: list[str]) -> None:
    for ref in patients:
        note(tx, who, Deed("looked", "patient", ref, area))
