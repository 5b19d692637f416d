"""The live board: what goes on in the clinic's telephones now. Pure: rows of the store in, frozen values out.

A call stands in exactly one place, the first that holds:

    held      its party listens to music: on hold, or parked
    talking   somebody talks with the party
    waiting   the party waits in a queue, while phones ring or not
    ringing   a phone rings, ours or theirs
    menu      none of these yet: a greeting, a menu, an announcement

A phone talks, or is held, or rings, or its person notes what the last call was about, or it is free. `now` is an
argument; times are ms since the epoch. Nobody's name is on the board: it hangs where many look. Who rings is shown at
the desk that rings.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Row = Mapping[str, Any]
Key = tuple[str, str]
Place = Literal["held", "talking", "waiting", "ringing", "menu"]
Doing = Literal["talking", "held", "ringing", "dialling", "noting", "free"]
_BUSIEST: tuple[Doing, ...] = ("talking", "held", "dialling", "ringing", "noting", "free")


@dataclass(frozen=True, slots=True)
class Rows:
    """What the store says. Calls are rows of `call` that have not ended; parts are theirs."""

    calls: Sequence[Row] = ()
    legs: Sequence[Row] = ()
    talks: Sequence[Row] = ()
    waits: Sequence[Row] = ()
    places: Sequence[Row] = ()
    """Places in queues, rows of `queue_member`."""
    phones: Sequence[str] = ()
    """Extensions to be shown even when nothing happens on them."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Who sits at an extension."""
    noting: Mapping[str, int] = field(default_factory=dict)
    """Extensions whose person has not said yet what their last call was about, and when it ended."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a DID is: `Billboard Marszałkowska`."""
    today: "Today" = field(default_factory=lambda: Today())


@dataclass(frozen=True, slots=True)
class Today:
    """Figures of the day so far: inbound patients' calls that ended, and callbacks that are open now."""

    answered: int = 0
    missed: int = 0
    to_ring_back: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One call on the board."""

    pbx: str
    id: str
    place: Place
    direction: str
    number: str | None
    withheld: bool
    label: str
    """What the number dialled is, its digits when it has no name, "" when it is not known."""
    since_ms: int
    """When what it does now began."""
    queue: str | None = None
    position: int = 0
    """Its place in the queue, from 1; 0 outside."""
    phones: tuple[str, ...] = ()
    """Extensions that talk or ring."""

    @property
    def ref(self) -> str:
        """Return `pbx:id`."""
        return f"{self.pbx}:{self.id}"


@dataclass(frozen=True, slots=True)
class Phone:
    """One extension, who sits there, and what it does."""

    extension: str
    person: str
    doing: Doing
    since_ms: int | None
    with_whom: str = ""
    """The number or the extension of the other side, "" when it is withheld or not known."""
    away: "Away | None" = None
    """Its pause in the queues, None when calls of all its queues come to it."""


@dataclass(frozen=True, slots=True)
class Away:
    """A phone takes no calls of queues for a while."""

    since_ms: int | None
    reason: str
    queues: tuple[str, ...]
    """Those in which it is paused."""
    whole: bool
    """Whether these are all that it is in."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue in which somebody waits."""

    name: str
    waiting: int
    longest_since_ms: int


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the board."""

    waiting: tuple[LiveCall, ...]
    ringing: tuple[LiveCall, ...]
    talking: tuple[LiveCall, ...]
    held: tuple[LiveCall, ...]
    menu: tuple[LiveCall, ...]
    phones: tuple[Phone, ...]
    queues: tuple[Queue, ...]
    today: Today

    @property
    def quiet(self) -> bool:
        """Say whether nobody is on the line."""
        return not (self.waiting or self.ringing or self.talking or self.held or self.menu)

    @property
    def longest_wait_since_ms(self) -> int | None:
        """Return since when the one waits who waits longest, None when nobody does."""
        return min((queue.longest_since_ms for queue in self.queues), default=None)


def board(rows: Rows, now_ms: int) -> Board:
    """Put every call of patients in its place, and say what every phone does."""
    legs, talks, waits = _by_call(rows.legs), _by_call(rows.talks), _by_call(rows.waits)
    parts = {_key(row): (legs[_key(row)], talks[_key(row)], waits[_key(row)]) for row in rows.calls}
    shown = [_live(rows, row, parts[_key(row)], now_ms) for row in rows.calls if row["kind"] == "patient"]
    shown.sort(key=lambda call: (call.since_ms, call.pbx, call.id))
    queued: dict[str, list[LiveCall]] = defaultdict(list)
    placed: dict[Place, list[LiveCall]] = defaultdict(list)
    for call in shown:
        if call.place == "waiting":
            queued[call.queue or ""].append(call)
            call = _with_position(call, len(queued[call.queue or ""]))
        placed[call.place].append(call)
    return Board(
        waiting=tuple(placed["waiting"]), ringing=tuple(placed["ringing"]), talking=tuple(placed["talking"]),
        held=tuple(placed["held"]), menu=tuple(placed["menu"]),
        phones=_phones(rows, {_key(row): row for row in rows.calls}, parts),
        queues=tuple(Queue(name, len(calls), calls[0].since_ms) for name, calls in sorted(queued.items())),
        today=rows.today,
    )


def rings(leg: Row) -> bool:
    """Say whether a leg rings at this moment: it lives, nobody picked it up, and nobody gave up."""
    return leg["ended_ms"] is None and leg["answered_ms"] is None and leg["ring_ms"] is None


def ringing_phones(call: Row, legs: Iterable[Row]) -> tuple[str, ...]:
    """Return the extensions at which a call rings. The phone that placed the call is not one of them."""
    own = call["extension"] if call["direction"] != "inbound" else None
    found = (leg["number"] for leg in legs if leg["role"] == "phone" and leg["number"] and rings(leg))
    return tuple(dict.fromkeys(number for number in found if number != own))


_Parts = tuple[Sequence[Row], Sequence[Row], Sequence[Row]]


def _live(rows: Rows, call: Row, parts: _Parts, now_ms: int) -> LiveCall:
    legs, talks, waits = parts
    talking = [talk for talk in talks if talk["ended_ms"] is None]
    waiting = [wait for wait in waits if wait["ended_ms"] is None]
    ringing = ringing_phones(call, legs)
    place, since = _place(call, talking, waiting, ringing, legs)
    number = call["party"]
    did = call["did"] if call["direction"] == "inbound" else None
    phones = ringing if place in ("waiting", "ringing") else tuple(sorted({talk["who"] for talk in talking}))
    if call["direction"] == "outbound" and not phones and call["extension"]:
        phones = (call["extension"],)
    return LiveCall(
        call["pbx"], call["id"], place, call["direction"], number or _raw(call), bool(call["withheld"]),
        rows.labels.get(did or "", did or ""), min(since, now_ms),
        queue=waiting[-1]["queue"] if place == "waiting" else call["queue"], phones=phones,
    )


def _place(
    call: Row, talking: list[Row], waiting: list[Row], ringing: tuple[str, ...], legs: Sequence[Row]
) -> tuple[Place, int]:
    """Return where a call stands, and since when."""
    began = int(call["started_ms"])
    if call["state"] in ("held", "parked"):
        return "held", int(talking[-1]["started_ms"]) if talking else began
    if talking:
        return "talking", int(talking[0]["started_ms"])
    if waiting:
        return "waiting", int(waiting[-1]["started_ms"])
    if ringing or call["state"] == "ringing":
        starts = [int(leg["started_ms"]) for leg in legs if rings(leg)]
        return "ringing", min(starts, default=began)
    return "menu", began


def _raw(call: Row) -> str | None:
    raw = call["caller_raw"] if call["direction"] == "inbound" else call["destination_raw"]
    return None if call["withheld"] else raw or None


def _with_position(call: LiveCall, position: int) -> LiveCall:
    return LiveCall(call.pbx, call.id, call.place, call.direction, call.number, call.withheld, call.label,
                    call.since_ms, call.queue, position, call.phones)


def _phones(rows: Rows, calls: Mapping[Key, Row], parts: Mapping[Key, _Parts]) -> tuple[Phone, ...]:
    """Say what every phone does; one that does several things does the busiest."""
    doing: dict[str, list[Phone]] = defaultdict(list)
    places = _by_extension(rows.places)
    for extension in (*rows.phones, *rows.people, *places):
        doing[extension].append(Phone(extension, rows.people.get(extension, ""), "free", None))
    for extension, ended_ms in rows.noting.items():
        doing[extension].append(Phone(extension, rows.people.get(extension, ""), "noting", ended_ms))
    for key, (legs, talks, _) in parts.items():
        call = calls[key]
        talking = {talk["who"]: int(talk["started_ms"]) for talk in talks if talk["ended_ms"] is None}
        for leg in legs:
            extension = leg["number"]
            if leg["role"] != "phone" or not extension or leg["ended_ms"] is not None:
                continue
            what, since = _what(call, leg, talking)
            doing[extension].append(
                Phone(extension, rows.people.get(extension, ""), what, since, _other_side(call, extension))
            )
    found = []
    for extension, states in sorted(doing.items(), key=lambda item: (len(item[0]), item[0])):
        phone = min(states, key=lambda phone: (_BUSIEST.index(phone.doing), phone.since_ms or 0))
        away = _away(places[extension]) if extension in places else None
        found.append(phone if away is None else replace(phone, away=away))
    return tuple(found)


def _away(places: Sequence[Row]) -> Away | None:
    """Return a phone's pause: the reason and the beginning of the one that began last."""
    paused = sorted((row for row in places if row["paused"]), key=lambda row: row["since_ms"] or 0)
    if not paused:
        return None
    return Away(paused[-1]["since_ms"], paused[-1]["reason"], tuple(dict.fromkeys(row["queue"] for row in paused)),
                len(paused) == len(places))


def _by_extension(places: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in places:
        if row["extension"]:
            found[row["extension"]].append(row)
    return found


def _what(call: Row, leg: Row, talking: Mapping[str, int]) -> tuple[Doing, int]:
    extension, began = leg["number"], int(leg["started_ms"])
    if extension in talking or (call["kind"] != "patient" and leg["answered_ms"] is not None):
        return ("held" if call["state"] == "held" else "talking"), talking.get(extension, began)
    if leg["answered_ms"] is None and call["direction"] == "inbound":
        return ("ringing", began) if rings(leg) else ("free", began)
    if call["direction"] != "inbound" and extension == call["extension"]:
        return "dialling", began
    return ("ringing", began) if rings(leg) else ("talking", began)


def _other_side(call: Row, extension: str) -> str:
    if call["kind"] == "patient":
        return call["party"] or _raw(call) or ""
    return (call["extension"] if call["extension"] != extension else call["destination_raw"]) or ""


def _key(call: Row) -> Key:
    return call["pbx"], call["id"]


def _by_call(parts: Iterable[Row]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = defaultdict(list)
    for part in parts:
        found[part["pbx"], part["call"]].append(part)
    return found
