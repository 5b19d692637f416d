"""A call's story on a time axis, leg by leg. Pure: rows of the store in, lanes and events out.

The first lane is the caller's (or, of our own call, the phone's); every further leg has its own. What a leg did stands
on its lane as spans; the same facts stand in words beside it, for who does not see a picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Row = Mapping[str, Any]
Kind = Literal["line", "wait", "ring", "talk"]
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
_TICKS = 8


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted; ms from the beginning of the call. `what` names the queue or the person."""

    kind: Kind
    from_ms: int
    to_ms: int
    what: str = ""

    @property
    def length_ms(self) -> int:
        """Return how long it lasted."""
        return self.to_ms - self.from_ms


@dataclass(frozen=True, slots=True)
class Lane:
    """One leg. `name` is a number or an extension, "" when it is not known."""

    role: str
    name: str
    channel: str
    spans: tuple[Span, ...]


Event = tuple[int, str, str]
"""ms from the beginning, what happened (a key), and to whom."""


@dataclass(frozen=True, slots=True)
class Story:
    """A call drawn out. `length_ms` is never 0; `going_on` says that the end is now."""

    lanes: tuple[Lane, ...]
    events: tuple[Event, ...]
    ticks: tuple[int, ...]
    length_ms: int
    going_on: bool


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a call, rows of the store."""

    legs: Sequence[Row] = ()
    talks: Sequence[Row] = ()
    waits: Sequence[Row] = ()


def story(call: Row, parts: Parts, now_ms: int) -> Story:
    """Draw a call out. Legs that are halves of a Local channel are left away: nobody is at their ends."""
    begin = int(call["started_ms"])
    end = max(int(call["ended_ms"] or now_ms), begin + 1000,
              *(int(part["ended_ms"]) for part in (*parts.legs, *parts.talks, *parts.waits) if part["ended_ms"]))
    legs = [leg for leg in parts.legs if leg["role"] != "local"]
    first = legs[0]["uniqueid"] if legs else None
    lanes = [_lane(leg, leg["uniqueid"] == first, parts, (begin, end)) for leg in legs]
    return Story(tuple(lanes), _events(call, legs, parts), ticks(end - begin), end - begin, call["ended_ms"] is None)


def ticks(length_ms: int) -> tuple[int, ...]:
    """Return where the axis is marked, in ms: round steps, at most nine of them."""
    seconds = length_ms / 1000
    step = next((step for step in _STEPS_S if seconds / step <= _TICKS), 0)
    if step == 0:
        step = _STEPS_S[-1]
        while seconds / step > _TICKS:
            step *= 2
    return tuple(range(0, length_ms + 1, step * 1000))


def _lane(leg: Row, first: bool, parts: Parts, whole: tuple[int, int]) -> Lane:
    begin, end = whole

    def span(kind: Kind, start: int, stop: int | None, what: str = "") -> Span:
        low = min(max(start, begin), end)
        return Span(kind, low - begin, max(min(stop if stop is not None else end, end), low) - begin, what)

    started, ended = int(leg["started_ms"]), leg["ended_ms"]
    spans: list[Span] = []
    name = leg["number"] or ""
    if first:
        spans.append(span("line", started, ended))
        spans += [span("wait", wait["started_ms"], wait["ended_ms"], wait["queue"]) for wait in parts.waits]
        spans += [span("talk", talk["started_ms"], talk["ended_ms"], talk["who"]) for talk in parts.talks]
        return Lane(leg["role"], name, leg["channel"], tuple(spans))
    rang = leg["answered_ms"] if leg["answered_ms"] is not None else ended
    if leg["ring_ms"] is not None:
        over = leg["answered_ms"] or (ended if ended is not None else started + leg["ring_ms"])
        spans.append(span("ring", max(started, over - leg["ring_ms"]), over, name))
    elif leg["answered_ms"] is None:
        spans.append(span("ring", started, rang, name))
    if leg["answered_ms"] is not None:
        spans.append(span("line", leg["answered_ms"], ended))
    spans += [span("talk", talk["started_ms"], talk["ended_ms"], talk["who"]) for talk in parts.talks
              if talk["who"] == name]
    return Lane(leg["role"], name, leg["channel"], tuple(spans))


def _events(call: Row, legs: Sequence[Row], parts: Parts) -> tuple[Event, ...]:
    """Say what happened in order; what happened at the same time stands in the order of causes."""
    begin = int(call["started_ms"])
    found: list[Event] = []
    for place, leg in enumerate(legs):
        what = "begins" if place == 0 else "rings" if leg["role"] == "phone" else "dialled"
        found.append((leg["started_ms"] - begin, what, leg["number"] or leg["channel"]))
    for wait in parts.waits:
        found.append((wait["started_ms"] - begin, "waits", wait["queue"]))
        if wait["ended_ms"] is not None:
            found.append((wait["ended_ms"] - begin, f"left_{wait['departed'] or 'other'}", wait["queue"]))
    for talk in parts.talks:
        found.append((talk["started_ms"] - begin, "talks", talk["who"]))
        if talk["ended_ms"] is not None:
            found.append((talk["ended_ms"] - begin, "talked", talk["who"]))
    if call["ended_ms"] is not None:
        found.append((call["ended_ms"] - begin, "over", call["hung_up_by"] or ""))
    return tuple(sorted(found, key=lambda event: event[0]))
