"""Appointments of a FHIR R4 server, read page by page; what changed since the last reading, by `_lastUpdated`.

What an appointment was for is not read: neither its service nor its comment. The patient is the participant whose actor
is a Patient; a server that does not say when an appointment was made is taken to have made it when it first told it.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from patients.fhir import Query, Resource, Server, instant, pages, read_instant
from patients.rejects import Problem
from store import Row, Store
from tracking.appointments import Appointments, Reading, Taken, finish
from tracking.appointments_put import Told, Who
from tracking.campaigns import RowError
from tracking.moments import local_day, read_moment

OVERLAP_MS = 120_000
"""A reading begins so long before the one before it began: a server may show a change late."""
BACK_DAYS = 365
"""So far back the first reading goes."""
_DAY_MS = 86_400_000
_STATUS = {
    "proposed": "proposed", "pending": "proposed", "waitlist": "proposed", "booked": "booked", "arrived": "arrived",
    "checked-in": "arrived", "fulfilled": "fulfilled", "noshow": "noshow", "cancelled": "cancelled",
    "entered-in-error": "cancelled",
}  # fmt: skip
"""The status of FHIR R4 to ours."""
_LONGEST_REF = 100
_LONGEST_TEXT = 200


def source_of(server: Server) -> str:
    """Return what the server is called among the imports."""
    return f"fhir:{urlsplit(server.base).hostname or '?'}"


def pull(
    store: Store, server: Server, reading: Reading, progress: Callable[[int, int], None] | None = None
) -> Appointments:
    """Read what changed since the last pull, a page in a transaction. Interrupted, it begins anew and changes nothing.

    Raises:
        patients.fhir.FhirError: the server cannot be read; what was read until then is kept.
    """
    reading = Reading(reading.clock, reading.region, reading.now_ms, source_of(server), complete=False)
    with store.read() as tx:
        since = tx.value("appointment_cursor", source=reading.name)
    first = local_day(reading.now_ms - BACK_DAYS * _DAY_MS, reading.clock.zone)
    query: Query = [("date", f"ge{first}")]
    taken, problems = Taken(), list[Problem]()
    began_ms: int | None = None
    for page in pages(server, "Appointment", since=since, query=query):
        began_ms = began_ms if began_ms is not None else page.at_ms
        told = _page(page.resources, reading, taken, problems)
        with store.write() as tx:
            taken.put(tx, told, reading)
        if progress:
            progress(taken.rows, 0)
    cursor = instant((began_ms if began_ms is not None else reading.now_ms) - OVERLAP_MS)
    return finish(store, reading, "fhir", taken, problems, cursor=cursor)


def _page(resources: tuple[Resource, ...], reading: Reading, taken: Taken, problems: list[Problem]) -> list[Told]:
    told = []
    for resource in resources:
        if resource.get("resourceType") != "Appointment":
            continue
        taken.rows += 1
        try:
            told.append(appointment(resource, reading))
        except RowError as refused:
            problems.append(Problem(taken.rows, refused.column, str(refused)))
    return told


def appointment(resource: Resource, reading: Reading) -> Told:
    """Return what one resource tells. Raises RowError."""
    ref = _text(resource.get("id"))
    if not ref or len(ref) > _LONGEST_REF:
        raise RowError("id", "is missing or too long; every appointment needs one")
    status = _STATUS.get(_text(resource.get("status")))
    if status is None:
        raise RowError("status", f'"{_text(resource.get("status"))[:40]}" of appointment {ref} is not one of FHIR R4')
    start_ms = read_instant(resource.get("start"))
    if start_ms is None:
        raise RowError("start", f"of appointment {ref} is missing or no instant")
    updated_ms = read_instant(_mapping(resource.get("meta")).get("lastUpdated"))
    place = _actor(resource, "Location").get("display")
    location = place if isinstance(place, str) and place in reading.clock.locations else ""
    created_ms = _created(resource, reading)
    who = _who(resource)
    row: Row = {
        "ref": ref, "patient": who.ref, "created_ms": updated_ms if created_ms is None else created_ms,
        "start_ms": start_ms, "local_day": local_day(start_ms, reading.clock.at(location)), "status": status,
        "service": None, "doctor": _text(_actor(resource, "Practitioner").get("display"))[:_LONGEST_TEXT] or None,
        "value_minor": None, "currency": None, "location": location,
        "cancelled_ms": updated_ms if status == "cancelled" else None, "channel": None, "source": None,
        "medium": None, "campaign": None, "imported_ms": reading.now_ms,
    }  # fmt: skip
    return Told(row, who, updated_ms or 0, created_unsure=created_ms is None)


def _created(resource: Resource, reading: Reading) -> int | None:
    """Return when it was made: an instant, or a day alone, which is its first moment."""
    text = _text(resource.get("created"))
    moment = read_instant(text)
    if moment is not None or not text:
        return moment
    try:
        return read_moment(text, reading.clock.zone, "", day_alone=True)
    except ValueError:
        return None


def _who(resource: Resource) -> Who:
    actor = _actor(resource, "Patient")
    reference = _text(actor.get("reference"))
    ref = reference.rpartition("Patient/")[2].partition("/")[0] if "Patient/" in reference else ""
    return Who((ref or _text(_mapping(actor.get("identifier")).get("value")))[:_LONGEST_REF])


def _actor(resource: Resource, kind: str) -> dict[str, Any]:
    """Return the first actor of a kind among the participants, {} for none."""
    participants = resource.get("participant")
    for participant in participants if isinstance(participants, list) else []:
        actor = _mapping(_mapping(participant).get("actor"))
        if actor.get("type") == kind or f"{kind}/" in _text(actor.get("reference")):
            return actor
    return {}


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.isprintable() else ""
