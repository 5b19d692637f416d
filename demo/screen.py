"""What the terminal shows of the live day: the feed of committed facts, one line each, and a line of what is going on.

It follows the feed as the console does: nothing is shown that is not stored. Numbers are masked.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.status import Status
from rich.text import Text

from patients.phones import masked
from store import Row, Store, Tx
from store.documents import call_documents

_EVERY_S = 0.2
_NARROWEST, _WIDEST, _REST = 8, 38, 79
"""Columns of a line: what its campaign has at least and at most, and what all the others need."""
_PAGE = 200
_NO_CAMPAIGN = "no campaign"
_STYLES = {"answered": "green", "left_menu": "yellow", "cancelled": "yellow", "busy": "yellow"}
_CLOSED = {"reached": "reached", "returned": "they rang again and were answered", "booked": "booked",
           "expired": "given up", "manual": "closed by hand"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log."""

    at_ms: int
    what: str
    number: str | None
    who: str
    campaign: str
    words: str
    style: str = ""

    def is_queue_of(self, number: str | None) -> bool:
        """Say whether it tells of a number's callback, and not that somebody took it."""
        return self.what == "queue" and self.number == number and "taken" not in self.words


@dataclass(slots=True)
class Tally:
    """What was seen of the live day so far."""

    calls: int = 0
    missed: int = 0
    closed: int = 0
    going_on: set[str] = field(default_factory=set)
    to_ring_back: int = 0

    def __str__(self) -> str:
        """Return the line that stands below the log."""
        return (f"{len(self.going_on)} on the line, {self.to_ring_back} to ring back; so far {self.calls} calls, "
                f"{self.missed} missed, {self.closed} callbacks closed. Ctrl-C stops.")


class Follower:
    """Turns what is new in the feed into lines. `outcome` words a call's row."""

    def __init__(self, store: Store, outcome: Callable[[Row], str], zone: ZoneInfo) -> None:
        self.tally = Tally()
        self._store = store
        self._outcome = outcome
        self._zone = zone
        self._told: set[tuple[str, bool]] = set()
        with store.read() as tx:
            self._last = int(tx.value("feed_last"))
            self._count(tx)

    def lines(self) -> list[Line]:
        """Return what was committed since the last time."""
        found: list[Line] = []
        with self._store.read() as tx:
            for row in tx.all("feed_since", since=self._last, limit=_PAGE):
                self._last = row["id"]
                what, _, kind = row["kind"].partition(".")
                line = self._call(tx, row["ref"]) if what == "call" else self._callback(tx, row, kind)
                if line is not None:
                    found.insert(_place(line, found), line)
            self._count(tx)
        return found

    def _count(self, tx: Tx) -> None:
        self.tally.to_ring_back = len(tx.all("callbacks_open_list", now_ms=0, limit=_PAGE, skip=0))

    def _call(self, tx: Tx, ref: str) -> Line | None:
        """Return a call's line: one when it begins, one when it is over."""
        pbx, _, call = ref.partition(":")
        row = tx.one("call_get", pbx=pbx, id=call)
        if row is None or row["kind"] != "patient":
            return None
        over = row["ended_ms"] is not None
        if (ref, over) in self._told or (ref, True) in self._told:
            return None
        self._told.add((ref, over))
        document = call_documents(tx, [row])[0]
        who = "patient" if document["patients"] else "first call" if row["first_time"] else "caller"
        campaign = document["campaign"] or {}
        title = " / ".join(part for part in (campaign.get("source"), campaign.get("name")) if part) or _NO_CAMPAIGN
        if not over:
            self.tally.going_on.add(ref)
            return Line(row["started_ms"], "rings" if row["direction"] == "inbound" else "we ring", row["party"], who,
                        title, "", "dim")
        self.tally.going_on.discard(ref)
        self.tally.calls += 1
        self.tally.missed += row["missed"]
        style = "red" if row["missed"] else _STYLES.get(row["outcome"], "")
        arrow = "in" if row["direction"] == "inbound" else "out"
        return Line(row["ended_ms"], f"call {arrow}", row["party"], who, title, self._told_of(row), style)

    def _told_of(self, row: Row) -> str:
        words = self._outcome(row)
        if row["answered_ms"] is None:
            return words
        who = f" by {row['answered_by']}" if row["direction"] == "inbound" else ""
        return f"{words}{who} in {row['wait_ms'] / 1000:.0f} s, talk {row['talk_ms'] / 1000:.0f} s"

    def _callback(self, tx: Tx, fact: Row, kind: str) -> Line | None:
        row = tx.one("callback_get", id=int(fact["ref"])) if fact["ref"].isdigit() else None
        if row is None:
            return None
        due = self._when(row["due_ms"], fact["at_ms"])
        again = f", again {due}" if row["state"] != "closed" else ""
        words = {
            "opened": f"callback {row['id']} opens, due {due}",
            "missed": f"callback {row['id']}: rang again in vain",
            "claimed": f"callback {row['id']} is taken by {row['claimed_by']}",
            "attempted": f"callback {row['id']}: not reached{again}",
            "closed": f"callback {row['id']} closes: {_CLOSED.get(row['closed_why'] or '', row['closed_why'])}",
        }.get(kind)
        if words is None:
            return None
        self.tally.closed += kind == "closed"
        styles = {"opened": "bold cyan", "closed": "bold green"}
        return Line(fact["at_ms"], "queue", row["number"], "", "", words, styles.get(kind, "cyan"))

    def _when(self, ms: int, now_ms: int) -> str:
        """Return a time of today as `14:30`, one of another day as `Mon 08:00`."""
        when, now = (datetime.fromtimestamp(moment / 1000, self._zone) for moment in (ms, now_ms))
        return when.strftime("%H:%M" if when.date() == now.date() else "%a %H:%M")


def _place(line: Line, before: list[Line]) -> int:
    """Return where a line goes: a call stands before what it did to the queue, which is written first."""
    place = len(before)
    while line.what.startswith("call") and place and before[place - 1].is_queue_of(line.number):
        place -= 1
    return place


async def show(follower: Follower, console: Console, zone: ZoneInfo) -> None:
    """Print lines as they come, for ever; on a terminal, what is going on stands below them."""
    shown: AbstractContextManager[Status | None]
    shown = console.status("") if console.is_terminal else nullcontext()
    with shown as status:
        while True:
            for line in await asyncio.to_thread(follower.lines):
                text = _text(line, zone, console.width)
                console.print(text, no_wrap=True, overflow="ellipsis", soft_wrap=not console.is_terminal)
            if status is not None:
                status.update(str(follower.tally))
            await asyncio.sleep(_EVERY_S)


def _text(line: Line, zone: ZoneInfo, width: int) -> Text:
    clock = datetime.fromtimestamp(line.at_ms / 1000, zone).strftime("%H:%M:%S")
    number = masked(line.number)
    room = max(_NARROWEST, min(_WIDEST, width - _REST))
    campaign = line.campaign if len(line.campaign) <= room else line.campaign[: room - 1] + "…"
    return Text(f"{clock}  {line.what:<8} {number:<9} {line.who:<10} {campaign:<{room}} {line.words}".rstrip(),
                style=line.style)
