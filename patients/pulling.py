"""Patients of a FHIR server: all of them once, then what changed since.

1. The first reading takes every page. Where it stopped is stored with each page, so that a reading that was
   interrupted goes on there; a server that has forgotten that page is read anew.
2. The next one asks for what changed since the last one began, by the server's own clock and a minute earlier.
3. Deleted patients are asked from the server's history. A server that shows none is swept now and then (`whole`): who
   is stored and no longer told is removed.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from patients import PatientsError, fhir
from patients.arrivals import Arrivals, How, Told
from patients.directory import Put
from patients.fhir import FhirExpiredError, FhirUnsupportedError, Page, Resource, Server
from patients.fhir_patients import SILENT, told_of
from store import Row, Store

log = logging.getLogger(__name__)

KIND = "Patient"
ORIGIN = "fhir"
_OVERLAP_MS = 60_000


@dataclass(frozen=True, slots=True)
class Wish:
    """How to pull. `whole` reads every patient and removes who is gone; `many` says that it is meant if they are many.

    `progress` is told how many patients were read.
    """

    now_ms: int
    region: str
    whole: bool = False
    many: bool = False
    progress: Callable[[int], None] | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did. `tells_deletions` is False when the server shows no history; None when it was not asked."""

    read: int
    done: Put
    removed: int
    merged: int
    restricted: int
    unmerged: tuple[tuple[str, str], ...]
    resumed: bool
    tells_deletions: bool | None
    missing: int = 0
    spared: bool = False


def pull(store: Store, server: Server, wish: Wish) -> Pulled:
    """Read what is new; each page is one transaction.

    Raises:
        FhirError: the server cannot be read. What was read is kept, and the next pull goes on from there.
    """
    with store.read() as tx:
        cursor = tx.one("fhir_cursor_get", url=server.base, kind=KIND)
    since = cursor["since"] if cursor is not None and not wish.whole else None
    begin = cursor["next"] if cursor is not None and not wish.whole else None
    arrivals = Arrivals(How(wish.now_ms, ORIGIN, SILENT))
    reading = _Reading(store, server, wish, arrivals)
    try:
        try:
            reading.pages(since, begin, cursor)
        except FhirExpiredError:
            if begin is None:
                raise
            reading.pages(since, None, None)
    finally:
        # What was merged there is told once: the next pull begins behind it, whatever ends this one.
        arrivals.finish(store)
    tells = reading.deletions(since) if since is not None else None
    missing, spared = 0, False
    if wish.whole:
        missing, _ = arrivals.sweep(store, "deleted", many=wish.many)
        spared = missing > 0 and not arrivals.swept
    reading.done()
    return Pulled(reading.read, arrivals.done, arrivals.removed, arrivals.merged, reading.restricted,
                  tuple(arrivals.unmerged), begin is not None, tells, missing, spared)


def import_bundle(store: Store, resources: Iterable[Resource], wish: Wish) -> Pulled:
    """Take the patients of a file; other kinds are passed over."""
    arrivals = Arrivals(How(wish.now_ms, ORIGIN, SILENT))
    patients = [one for one in resources if one.get("resourceType") == KIND]
    hidden = [one for one in patients if fhir.is_restricted(one)]
    today = _today(wish.now_ms)
    for start in range(0, len(patients), 1000):
        with store.write() as tx:
            for one in patients[start : start + 1000]:
                told = [Told(str(one.get("id")), gone="restricted")] if one in hidden else None
                arrivals.take(tx, told or told_of(one, wish.region, today))
        if wish.progress:
            wish.progress(min(start + 1000, len(patients)))
    arrivals.finish(store)
    return Pulled(len(patients), arrivals.done, arrivals.removed, arrivals.merged, len(hidden),
                  tuple(arrivals.unmerged), False, None)


@dataclass(slots=True)
class _Reading:
    store: Store
    server: Server
    wish: Wish
    arrivals: Arrivals
    read: int = 0
    restricted: int = 0
    began_ms: int | None = None

    def pages(self, since: str | None, begin: str | None, cursor: Row | None) -> None:
        self.began_ms = cursor["began_ms"] if cursor is not None and begin is not None else None
        for page in fhir.pages(self.server, KIND, since=since, begin=begin):
            if self.began_ms is None:
                self.began_ms = page.at_ms if page.at_ms is not None else self.wish.now_ms
            self._take(page, since)

    def _take(self, page: Page, since: str | None) -> None:
        today = _today(self.wish.now_ms)
        told = [one for resource in page.resources for one in told_of(resource, self.wish.region, today)]
        told += [Told(path.partition("/")[2], gone="restricted") for path in page.restricted]
        with self.store.write() as tx:
            self.arrivals.take(tx, told)
            if not self.wish.whole:
                self._keep(tx.run, since, page.next)
        self.read += len(page.resources)
        self.restricted += len(page.restricted)
        if self.wish.progress:
            self.wish.progress(self.read)

    def deletions(self, since: str) -> bool:
        try:
            gone = list(fhir.deletions(self.server, KIND, since))
        except FhirUnsupportedError:
            return False
        with self.store.write() as tx:
            self.arrivals.take(tx, [Told(ref, gone="deleted") for ref in gone])
        return True

    def done(self) -> None:
        """Let the next pull begin where this one did."""
        began_ms = self.began_ms if self.began_ms is not None else self.wish.now_ms
        with self.store.write() as tx:
            tx.run("fhir_cursor_done", url=self.server.base, kind=KIND, since=fhir.instant(began_ms - _OVERLAP_MS),
                   done_ms=self.wish.now_ms)

    def _keep(self, run: Callable[..., int], since: str | None, following: str | None) -> None:
        run("fhir_cursor_keep", url=self.server.base, kind=KIND, since=since, next=following, began_ms=self.began_ms)


def _today(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).date().isoformat()


class Pull:
    """A pull that is done again and again; a server that is away is tried at the next round."""

    def __init__(self, store: Store, server: Server, region: str) -> None:
        self._store = store
        self._server = server
        self._region = region

    async def once(self, now_ms: int) -> int:
        """Read what is new; return how many patients are new or differ."""
        return await asyncio.to_thread(self._pull, now_ms)

    def _pull(self, now_ms: int) -> int:
        try:
            found = pull(self._store, self._server, Wish(now_ms, self._region))
        except PatientsError as error:
            log.warning("Patients: %s", error)
            return 0
        return found.done.added + found.done.changed + found.removed + found.merged
