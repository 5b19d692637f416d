"""The demo from beginning to end: the folder, the history, the live day, the report."""

import asyncio
import logging
import secrets
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from rich.console import Console

import settings as s
from callbacks.queue import on_appointments
from callbacks.rounds import repeat
from demo.console import Bar, Door, Login, add_bar, is_seated, move_in, serve, take_port
from demo.country import Country
from demo.folder import RECORDS, Exchange, own_folder, write_costs, write_numbers, write_patients, write_settings
from demo.history import SEED, Progress, Script, Stopped, messages, record, script
from demo.live import Receptionist, Stage, manners, ring_in
from demo.notes import Book, note_history, write_appointments
from demo.recordings import KNOWN, PHONES, sound_of
from demo.records import Records
from demo.scenes import DESK, Scenes
from demo.screen import Follower, show
from demo.sounds import RECORDINGS, VOICEMAIL, Mailboxes, write_recordings
from demo.switchboard import Switchboard
from demo.visits import one_way, with_visits
from gaps import GapFiller
from listener import Listener, new_tracker
from patients.importing import Options, import_patients
from patients.tables import Source
from pbx.link import Pace
from pbx.simulator import Behaviour, User
from pbx.telephones import Telephones
from store import Row, Store, Writer, open_store
from tracking.appointments import Reading, import_appointments
from tracking.appointments_relate import relate
from tracking.campaigns import import_campaigns
from tracking.moments import Clock
from tracking.numbers import import_numbers
from wiring import archive_of, callbacks_of, clinic_of, ears_of, lines_of, terms_of

USER = "callward"
CLICK_USER = "reception"
QUEUE = "reception"
_RETRY_S = 2.0
"""Who pulled the plug is not to wait long for the link to be back."""
_GAPS_EVERY_S = 1.0
_HEARD_S = 30 * 86_400
"""Messages are kept for so long."""
_SETTLE_MS = 2000
"""The demo's exchange writes its records at once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asked for. `seconds` ends the live day; None leaves that to Ctrl-C."""

    folder: Path
    country: Country
    speed: float
    days: int
    seconds: float | None
    keep: bool
    browse: bool = False
    """Whether a browser is to be opened."""


@dataclass(frozen=True, slots=True)
class Stagehands:
    """How the demo speaks: all that it says goes through here."""

    terminal: Console
    outcome: Callable[[Row], str]
    prepared: Progress
    """Is told which part of the history is done, 0 to 1."""
    console: Callable[[Store, Writer, Telephones], web.Application]
    """Makes the console, as `callward serve` has it."""
    begin: Callable[[s.Settings, "History"], None]
    """Says what runs, what to try and how to stop, once the history is there."""
    end: Callable[[Store, s.Settings], None]
    """Says what came of it."""


@dataclass(frozen=True, slots=True)
class History:
    """What there is to begin with: calls told, who may sign in, and a patient who came all the way from a click."""

    told: int
    logins: list[Login]
    won: str | None


@dataclass(frozen=True, slots=True)
class _Clinic:
    """The demo's clinic, prepared: settings, store, and what happened before."""

    settings: s.Settings
    store: Store
    script: Script
    door: Door
    history: "History"
    mailboxes: Mailboxes


async def run(wanted: Wanted, hands: Stagehands) -> None:
    """Run the demo until it is stopped or its time is over; leave nothing outside its folder, and no process.

    Raises:
        DemoError: its folder cannot be used.
    """
    logging.getLogger("callward").setLevel(logging.ERROR)
    stop, halt = asyncio.Event(), threading.Event()

    def stopped() -> None:
        halt.set()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped)
    secret = secrets.token_urlsafe(18)
    random = Random()  # noqa: S311 (who rings on the live day)
    users = {USER: User(secret, may_originate=False), CLICK_USER: User(secret)}
    behaviour = Behaviour(manner=manners(random), presented=wanted.country.main)
    simulator = Switchboard(users, behaviour, wanted.speed)
    with own_folder(wanted.folder, keep=wanted.keep) as folder, closing(take_port()) as door:
        async with simulator.serving() as port:
            today = datetime.now(ZoneInfo(wanted.country.timezone)).date()
            exchange = Exchange(port, secret, wanted.speed, door.port)
            settings = s.load(write_settings(folder, wanted.country, exchange, today))
            simulator.records = Records(folder / RECORDS, time.time)
            simulator.records.begin()
            write_recordings(folder / RECORDINGS, map(sound_of, KNOWN))
            simulator.staff(QUEUE, (*PHONES, DESK))
            with _opened(settings) as store, suppress(Stopped):
                progress = _halting(hands.prepared, halt)
                clinic = await asyncio.to_thread(_prepare, wanted, settings, (store, door), progress)
                simulator.mailboxes = clinic.mailboxes
                hands.begin(settings, clinic.history)
                stage = Stage(clinic.script.season, clinic.script.people, wanted.speed, random)
                await _live(clinic, stage, simulator, hands, _until(stop, wanted.seconds))
                hands.end(store, settings)


@contextmanager
def _opened(settings: s.Settings) -> Iterator[Store]:
    """Open the demo's store, for its owner alone."""
    with open_store(settings.store_url) as store:
        Path(settings.store_url).chmod(0o600)
        yield store


def _halting(progress: Progress, halt: threading.Event) -> Progress:
    def told(part: float) -> None:
        if halt.is_set():
            raise Stopped
        progress(part)

    return told


def _prepare(wanted: Wanted, settings: s.Settings, ground: tuple[Store, Door], progress: Progress) -> _Clinic:
    """Import the clinic's tables and make its history, by the rules of usual days: only the live day is hurried."""
    (store, door), country, folder = ground, wanted.country, settings.folder
    now = time.time()
    unhurried = settings.model_copy(update={"callbacks": s.Callbacks()})
    weekly = settings.model_copy(update={"clinic": settings.clinic.model_copy(update={"exceptions": {}})})
    progress(0.0)
    hours = callbacks_of(weekly).hours_at("")
    story = script(country, hours, wanted.days, now)
    season = story.season
    midway = season.first + timedelta(days=((season.last - season.first).days + 1) // 2)
    tables = (
        write_patients(folder, country, story.patients), write_numbers(folder, country, season.first, midway),
        write_costs(folder, country, season.first, season.last),
    )
    patients, numbers, costs = (Source(path, country.country) for path in tables)
    began = int((datetime.combine(season.first, datetime.min.time(), hours.zone) - timedelta(days=1)).timestamp())
    import_patients(store, patients, Options(began * 1000))
    import_numbers(store, numbers)
    import_campaigns(store, costs)
    tracker = new_tracker(ears_of(settings, settings.pbx[0]))
    random = Random(SEED)  # noqa: S311 (an invented history, the same each time)
    calls = with_visits(store, country, story.calls, (terms_of(settings), hours.zone, random))
    told = record(store, clinic_of(unhurried), tracker, calls, progress)
    mailboxes = Mailboxes(settings.folder / VOICEMAIL)
    for at, blocks in messages(calls, now - _HEARD_S):
        mailboxes.take(at, blocks)
    book = Book(country, hours.zone, random, now, list(story.patients))
    _note(store, settings, book)
    won = one_way(store, [who.ref for who in book.patients[len(story.patients):]])
    with store.write() as tx:
        logins = move_in(tx, country, door, int(now * 1000))
    return _Clinic(settings, store, story, door, History(told, logins, won), mailboxes)


def _note(store: Store, settings: s.Settings, book: Book) -> None:
    """Note what the calls were about, and import the patients and appointments that came of it."""
    country, now_ms = book.country, int(book.now_s * 1000)
    note_history(store, book)
    import_patients(store, Source(write_patients(settings.folder, country, book.patients), country.country),
                    Options(now_ms))
    import_appointments(store, Source(write_appointments(settings.folder, book), country.country),
                        Reading(Clock(book.zone), country.country, now_ms))
    with store.write() as tx:
        on_appointments(tx, callbacks_of(settings), now_ms)
    relate(store, Clock(book.zone), now_ms)


async def _until(stop: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


async def _live(
    clinic: _Clinic, stage: Stage, simulator: Switchboard, hands: Stagehands, until: Coroutine[Any, Any, None]
) -> None:
    """Let the day run until `until` is over; whatever fails ends it too, and is raised."""
    settings, store = clinic.settings, clinic.store
    pbx = settings.pbx[0]
    writer = store.writer()
    ears = ears_of(settings, pbx)
    listener = Listener(ears, store, writer, clinic_of(settings, live=True))
    phones = Telephones(lines_of(settings))
    reception = Receptionist(stage.country.staff[0], store, callbacks_of(settings, live=True), stage)
    follower = Follower(store, hands.outcome, settings.clinic.zone)
    console = hands.console(store, writer, phones)
    scenes = Scenes(simulator, stage, lambda: is_seated(console))
    add_bar(console, Bar(scenes, simulator))
    gaps = GapFiller(store, clinic_of(settings), archive_of(settings, pbx), _SETTLE_MS)
    never = asyncio.Event()

    async def callers() -> None:
        await simulator.wait_for_clients()
        for link in (listener.link, *phones.links.values()):
            if link is not None:
                link.pace = Pace(retry_cap=_RETRY_S)
        await ring_in(simulator, stage)

    async def telephones() -> None:
        async with phones.connected():
            await never.wait()

    jobs = [until, listener.run(), telephones(), callers(), reception.work(phones.ring),
            show(follower, hands.terminal, settings.clinic.zone), serve(console, clinic.door), scenes.play(),
            repeat(gaps, lambda: time.time_ns() // 1_000_000, never, _GAPS_EVERY_S), asyncio.to_thread(_warm)]
    tasks = [asyncio.create_task(job) for job in jobs]
    first, *others = tasks
    try:
        waiting = set(tasks)
        while first in waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        writer.close()


def _warm() -> None:
    """Load what the report at the end needs, so that stopping is quick."""
    import pandas  # noqa: F401
