r"""Callbacks as iCalendar tasks (RFC 5545, VTODO), for any calendar program. Pure.

A task says whom to ring and when, and nothing about health: no names, no comments, no topics. Lines end with CRLF and
are folded at 75 octets, never inside a character; commas, semicolons, backslashes and line ends in text are escaped.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

PRODUCT = "-//Callward//Callbacks//EN"
WIDTH = 75
SUMMARIES = {"en": "Ring back", "pl": "Oddzwonić", "ru": "Перезвонить", "es": "Devolver la llamada"}

_DONE = ("reached", "returned", "booked", "manual")
_URGENT = ((100, 1), (50, 2), (10, 3), (1, 4))
"""From so much priority of a callback on, so much priority of a task: 1 is the highest, 5 is usual."""
_UNFIT = dict.fromkeys((*range(9), *range(11, 32), 127), None)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What all tasks share: the clinic's name, the language of the words, the moment of writing (ms, UTC)."""

    clinic: str
    language: str
    now_ms: int


def to_ics(callbacks: Iterable[Mapping[str, Any]], calendar: Calendar) -> str:
    """Return an iCalendar object with a task for each row of `callback`."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", f"X-WR-CALNAME:{escaped(calendar.clinic)}"]
    for row in callbacks:
        lines += _task(row, calendar)
    return "".join(folded(line) for line in [*lines, "END:VCALENDAR"])


def escaped(text: str) -> str:
    """Return text as a value of type TEXT."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_UNFIT)
    text = text.encode("utf-8", "replace").decode()  # a lone surrogate is no character
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\n", "\\n")


def folded(line: str) -> str:
    """Return a content line with its CRLF, in pieces of at most 75 octets; each further one begins with a blank."""
    pieces, room, piece = [], WIDTH, ""
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", WIDTH - 1
        piece += character
        room -= size
    return "\r\n ".join([*pieces, piece]) + "\r\n"


def _task(row: Mapping[str, Any], calendar: Calendar) -> Iterator[str]:
    summary = SUMMARIES.get(calendar.language, SUMMARIES["en"])
    due_ms = max(row["due_ms"], row["snoozed_until_ms"] or 0)
    yield "BEGIN:VTODO"
    yield f"UID:callback-{row['id']}-{row['opened_ms']}@callward"
    yield f"DTSTAMP:{_utc(calendar.now_ms)}"
    yield f"CREATED:{_utc(row['opened_ms'])}"
    yield f"DUE:{_utc(due_ms)}"
    yield f"SUMMARY:{escaped(summary)} {escaped(row['number'])}"
    yield f"STATUS:{_status(row)}"
    if _status(row) == "COMPLETED":
        yield f"COMPLETED:{_utc(row['closed_ms'])}"
    yield f"PRIORITY:{next((task for least, task in _URGENT if row['priority'] >= least), 5)}"
    yield f"CATEGORIES:CALLBACK,{row['kind'].upper()}"
    yield f"URL:tel:{row['number']}"
    if row["location"]:
        yield f"LOCATION:{escaped(row['location'])}"
    yield "END:VTODO"


def _status(row: Mapping[str, Any]) -> str:
    if row["state"] == "closed":
        return "COMPLETED" if row["closed_why"] in _DONE else "CANCELLED"
    return "IN-PROCESS" if row["state"] == "claimed" else "NEEDS-ACTION"


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
