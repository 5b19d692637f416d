"""Appointments of an iCalendar file (RFC 5545): one VEVENT is one appointment.

The UID is the reference, SEQUENCE the revision: an older one changes nothing. Whose it is, is told by X-PATIENT-REF, by
a `tel:` address of an ATTENDEE or CONTACT, or by a phone number in the text; the text itself is not kept. A series
(RRULE, RDATE) is refused: its single visits are not in the file. All-day events and those that block no time are
passed over: holidays and notes are no appointments.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from patients import PatientsError
from patients.phones import e164
from patients.rejects import Problem
from store import Row, Store
from tracking.appointments import Appointments, Reading, Taken, finish
from tracking.appointments_put import Told, Who
from tracking.campaigns import RowError
from tracking.moments import local_day

SUFFIXES = (".ics", ".ical", ".ifb", ".icalendar")
_STATUS = {"CONFIRMED": "booked", "TENTATIVE": "proposed", "CANCELLED": "cancelled", "": "booked"}
_LONGEST_REF = 100
_LONGEST_NUMBER = 9
_LARGEST = 64 * 1024 * 1024
_DIGITS = re.compile(r"\+?\d[\d\s()./-]{5,18}\d")
_CHUNK = 1000


def is_calendar(path: Path) -> bool:
    """Say whether a file is a calendar, by its name."""
    return path.suffix.lower() in SUFFIXES


def import_calendar(
    store: Store, path: Path, reading: Reading, progress: Callable[[int, int], None] | None = None,
    cursor: str | None = None,
) -> Appointments:
    """Import a calendar; `reading.name` "" is the calendar's own name. The line of a problem is that of its event.

    Raises:
        PatientsError: the file cannot be read or is no calendar.
    """
    calendar, lines = _open(path)
    if not reading.name:
        named = str(calendar.get("X-WR-CALNAME", "")).strip() or path.stem
        reading = Reading(reading.clock, reading.region, reading.now_ms, named[:100], reading.complete)
    taken, problems, told = Taken(), list[Problem](), list[Told]()
    for line, event in zip(lines, _events(calendar), strict=False):
        taken.rows += 1
        try:
            found = _appointment(event, reading, line, cancelled=_is(calendar, "METHOD", "CANCEL"))
        except RowError as refused:
            problems.append(Problem(line, refused.column, str(refused)))
            continue
        if found is not None:
            told.append(found)
    for start in range(0, len(told), _CHUNK):
        with store.write() as tx:
            taken.put(tx, told[start : start + _CHUNK], reading)
        if progress:
            progress(start, len(told))
    return finish(store, reading, "calendar", taken, problems, cursor=cursor)


def _open(path: Path) -> tuple[Any, list[int]]:
    """Return the calendar, and the line of each of its events. All calendars of one file are read as one."""
    from icalendar import Calendar

    try:
        if path.stat().st_size > _LARGEST:
            raise PatientsError(f"{path}: is larger than 64 MB; export fewer months.")
        data = path.read_bytes()
    except OSError as error:
        raise PatientsError(f"{path}: cannot be read ({error.strerror}); check the path.") from None
    lines = [n for n, text in enumerate(data.splitlines(), 1) if text.strip().upper() == b"BEGIN:VEVENT"]
    try:
        parts: Any = Calendar.from_ical(data, multiple=True)
    except (ValueError, KeyError, IndexError, RecursionError):
        parts = []
    if not parts or any(part.name != "VCALENDAR" for part in parts):
        raise PatientsError(f"{path}: is not a calendar; export it as iCalendar (.ics), or as CSV.")
    first = parts[0]
    for further in parts[1:]:
        first.subcomponents += further.subcomponents
    return first, lines


def _events(calendar: Any) -> Iterator[Any]:
    yield from calendar.walk("VEVENT")


def _appointment(event: Any, reading: Reading, line: int, *, cancelled: bool) -> Told | None:
    """Read one event; None for one that is no appointment. Raises RowError."""
    uid = _one(event, "UID")
    if not uid:
        raise RowError("UID", "is missing; every event needs one")
    if "RRULE" in event or "RDATE" in event:
        raise RowError("RRULE", f'"{uid[:40]}" repeats; have each visit exported as an event of its own')
    start = _moment(event, "DTSTART", reading)
    if start is None:
        raise RowError("DTSTART", "is missing; every event needs one")
    if isinstance(start, str) or _is(event, "TRANSP", "TRANSPARENT"):
        return None
    status = _one(event, "STATUS").upper()
    if status not in _STATUS:
        raise RowError("STATUS", f'"{status[:40]}" is not known; there are CONFIRMED, TENTATIVE and CANCELLED')
    ours = "cancelled" if cancelled else _STATUS[status]
    ref = _ref(uid, event)
    sequence = _sequence(event)
    if reading.lines.get(ref, 0) and sequence == 0:
        raise RowError("UID", f'"{uid[:40]}" is already on line {reading.lines[ref]}; give it one event')
    reading.lines[ref] = line
    place = _one(event, "LOCATION")
    location = place if place in reading.clock.locations else ""
    created, modified = _moment(event, "CREATED", reading), _moment(event, "LAST-MODIFIED", reading)
    who = _who(event, reading.region)
    row: Row = {
        "ref": ref, "patient": who.ref, "created_ms": created if isinstance(created, int) else None,
        "start_ms": start, "local_day": local_day(start, reading.clock.at(location)), "status": ours,
        "service": None, "doctor": _name(event.get("ORGANIZER")), "value_minor": None, "currency": None,
        "location": location, "cancelled_ms": modified if ours == "cancelled" and isinstance(modified, int) else None,
        "channel": None, "source": None, "medium": None, "campaign": None, "imported_ms": reading.now_ms,
    }  # fmt: skip
    return Told(row, who, sequence)


def _ref(uid: str, event: Any) -> str:
    """Return the reference: the UID, with the day of one visit that was taken out of a series."""
    again = _many(event, "RECURRENCE-ID")
    ref = f"{uid}/{again[0].to_ical().decode()}" if again else uid
    return ref if len(ref) <= _LONGEST_REF else sha256(ref.encode()).hexdigest()[:40]


def _sequence(event: Any) -> int:
    """Return the revision, 0 without one. Raises RowError."""
    found = [str(one) for one in _many(event, "SEQUENCE")]
    if any(len(text) > _LONGEST_NUMBER or not (text.isascii() and text.isdigit()) for text in found) or len(found) > 1:
        raise RowError("SEQUENCE", "is no revision; write one whole number such as 2, or none")
    return int(found[0]) if found else 0


def _moment(event: Any, name: str, reading: Reading) -> int | str | None:
    """Return ms since the epoch, "" for a day without a time, None for nothing. Raises RowError."""
    found = event.get(name)
    if found is None:
        return None
    value = getattr(found, "dt", None)
    zone = found.params.get("TZID") if hasattr(found, "params") else None
    if isinstance(value, date) and not isinstance(value, datetime):
        return ""
    if not isinstance(value, datetime):
        raise RowError(name, "is not a time; write it as 20261124T101500Z")
    if not 1900 <= value.year <= 2200:
        raise RowError(name, f"is in the year {value.year}; no visit is")
    if value.tzinfo is None:
        if zone is not None:
            raise RowError(name, f'"{str(zone)[:40]}" is not a time zone; write one like Europe/Warsaw')
        own = reading.clock.zone
        value = value.replace(tzinfo=own)
        if value.astimezone(UTC).astimezone(own).replace(tzinfo=None) != value.replace(tzinfo=None):
            raise RowError(name, f"is in the hour that the change of the clocks leaves out ({own.key})")
    return int(value.timestamp() * 1000)


def _who(event: Any, region: str) -> Who:
    ref = _one(event, "X-PATIENT-REF")[:_LONGEST_REF]
    if ref:
        return Who(ref)
    people = [*_many(event, "ATTENDEE"), *_many(event, "CONTACT")]
    for person in people:
        text = str(person)
        number = e164(text[4:], region) if text.lower().startswith("tel:") else None
        if number is not None:
            return Who("", number, _name(person))
    text = " ".join(_one(event, name) for name in ("CONTACT", "SUMMARY", "DESCRIPTION", "LOCATION"))
    numbers = {found for digits in _DIGITS.findall(text) if (found := e164(digits.strip(), region)) is not None}
    return Who("", numbers.pop() if len(numbers) == 1 else None)


def _name(person: Any) -> str | None:
    name = str(person.params.get("CN", "")).strip() if hasattr(person, "params") else ""
    return name[:200] if name and "@" not in name else None


def _many(event: Any, name: str) -> list[Any]:
    found = event.get(name)
    return [] if found is None else found if isinstance(found, list) else [found]


def _one(event: Any, name: str) -> str:
    """Return the text of a property, of the first if there are several; "" for none."""
    found = _many(event, name)
    text = str(found[0]).strip() if found else ""
    return text if text.isprintable() else " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _is(component: Any, name: str, word: str) -> bool:
    return _one(component, name).upper() == word
