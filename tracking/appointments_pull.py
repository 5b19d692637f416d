"""Appointments that come by themselves: a watched folder, a server asked every few minutes, and what follows.

1. Each file of the folder is imported once, the oldest first, as soon as nobody writes to it any more. One that cannot
   be read is not tried again until it changes; why is kept with the imports.
2. The server is asked for what changed.
3. Which call made an appointment is decided anew where something may have changed.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path

from patients import PatientsError
from patients.fhir import Server
from patients.tables import Source
from store import Store
from tracking.appointments import TABLE, Appointments, Reading, import_appointments
from tracking.appointments_fhir import pull, source_of
from tracking.appointments_ical import SUFFIXES, import_calendar, is_calendar
from tracking.appointments_relate import keep_related
from tracking.moments import Clock

log = logging.getLogger(__name__)

QUIET_MS = 5_000
"""A file that changed less long ago may still be being written."""
TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where appointments come from by themselves. `complete` says that every file holds all of its days."""

    clock: Clock
    region: str
    folder: Path | None = None
    complete: bool = False
    server: Server | None = None

    def __bool__(self) -> bool:
        return self.folder is not None or self.server is not None


class Pull:
    """A round of the above."""

    def __init__(self, store: Store, sources: Sources) -> None:
        self._store = store
        self._sources = sources

    async def once(self, now_ms: int) -> int:
        """Import what there is; return how many appointments are new or differ, and decisions that changed."""
        return await asyncio.to_thread(self.run, now_ms)

    def run(self, now_ms: int) -> int:
        """As `once`, without a loop."""
        news = watch(self._store, self._sources, now_ms) + self._ask(now_ms)
        return news + keep_related(self._store, self._sources.clock, now_ms)

    def _ask(self, now_ms: int) -> int:
        server = self._sources.server
        if server is None:
            return 0
        try:
            return _news(pull(self._store, server, Reading(self._sources.clock, self._sources.region, now_ms)))
        except PatientsError as error:
            log.warning("Appointments: %s", error)
            _failed(self._store, (source_of(server), "fhir"), now_ms, str(error), None)
            return 0


class Relate:
    """The third step alone, more often: what people note on calls changes which call made an appointment."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def once(self, now_ms: int) -> int:
        """Decide anew which call made an appointment; return how many decisions changed."""
        return await asyncio.to_thread(keep_related, self._store, self._clock, now_ms)


def watch(store: Store, sources: Sources, now_ms: int) -> int:
    """Import the files of the folder that are new or differ; return how many appointments are new or differ."""
    news = 0
    for path in _files(sources.folder, now_ms) if sources.folder is not None else []:
        try:
            with path.open("rb") as file:
                mark = f"sha256:{file_digest(file, 'sha256').hexdigest()}"
            with store.read() as tx:
                if tx.value("appointment_file_known", cursor=mark):
                    continue
            news += _news(_import(store, sources, path, now_ms, mark))
        except OSError as error:
            log.warning("Appointments: %s cannot be read (%s); check its rights.", path.name, error.strerror)
        except PatientsError as error:
            log.warning("Appointments: %s", error)
            _failed(store, (TABLE, "file"), now_ms, str(error), mark)
    return news


def _files(folder: Path, now_ms: int) -> list[Path]:
    """Return the files that are appointments, the oldest first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else []:
        if path.suffix.lower() not in (*TABLES, *SUFFIXES) or path.name.endswith(".rejected.csv"):
            continue
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        changed_ms = int(path.stat().st_mtime * 1000)
        if now_ms - changed_ms >= QUIET_MS:
            found.append((changed_ms, path.name, path))
    return [path for _, _, path in sorted(found)]


def _import(store: Store, sources: Sources, path: Path, now_ms: int, mark: str) -> Appointments:
    reading = Reading(sources.clock, sources.region, now_ms, complete=sources.complete)
    if is_calendar(path):
        return import_calendar(store, path, replace(reading, name=""), cursor=mark)
    return import_appointments(store, Source(path, sources.region), reading, cursor=mark)


def _news(result: Appointments) -> int:
    return result.table.added + result.table.changed + len(result.vanished)


def _failed(store: Store, source: tuple[str, str], now_ms: int, problem: str, cursor: str | None) -> None:
    """Write down that an import failed, so that whoever looks at appointments knows their age and why."""
    with store.write() as tx:
        if tx.value("appointment_problem", source=source[0]) == problem[:500] and cursor is None:
            return  # said already: a server that is down all night is one problem
        tx.run(
            "appointment_import_put", id=tx.next_id("appointment_import"), source=source[0], kind=source[1],
            at_ms=now_ms, rows=0, added=0, changed=0, unchanged=0, refused=0, vanished=0, cursor=cursor,
            problem=problem[:500],
        )  # fmt: skip
