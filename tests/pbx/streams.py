"""Recorded streams as lists, to be cut, doubled, shuffled and thinned; and what must not change by that."""

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pbx.calls import Call, CallChanged
from pbx.endpoints import Endpoints
from pbx.events import parse, wanted
from pbx.journal import framed, runs
from pbx.tracker import Tracker
from tests.pbx.trace_table import lab_tracker

FACTS = ("direction", "kind", "caller_number", "did", "destination", "queue", "rang", "answered_by", "final_agent",
         "outcome", "hung_up_by", "holds", "recording", "voicemail", "lost_after_answer")
"""What is certain of a call, apart from times."""


@dataclass(frozen=True, slots=True)
class Item:
    """One block, or the beginning or end of a session."""

    kind: str
    at: float
    block: bytes = b""

    @property
    def event(self) -> str:
        """Return the event's name."""
        return parse(self.block).name

    @property
    def uniqueid(self) -> str:
        """Return the id of the channel that the event is about; "" if it is about none."""
        return parse(self.block).get("Uniqueid")


def stream(folder: Path) -> list[Item]:
    """Return a recording as items."""
    [run] = runs([folder])
    items = []
    for record, blocks in framed(run.records()):
        if record.kind != "text":
            items.append(Item(record.kind, record.at))
        items += [Item("block", record.at, block) for block in blocks if wanted(block)]
    return items


@dataclass(slots=True)
class Folded:
    """What a fold told, and what it thought was still alive at the stream's end."""

    calls: dict[str, Call]
    alive: list[str]
    tracker: Tracker


@dataclass(slots=True)
class Folding:
    """A fold that is under way. A copy goes on from there: what many streams have in common is folded once."""

    tracker: Tracker = field(default_factory=lab_tracker)
    at: float = 0.0
    calls: dict[str, Call] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Fold the next item, and hear what it changed."""
        self.take_silently(item)
        self.hear()

    def take_silently(self, item: Item) -> None:
        """Fold the next item, and hear of it later, with the others that follow."""
        self.at = item.at
        if item.kind == "opened":
            self._keep(self.tracker.opened(self.at))
        elif item.kind == "closed":
            self._keep(self.tracker.closed(self.at))
        else:
            self.tracker.take(self.at, [item.block])

    def hear(self) -> None:
        """Hear what changed since the last time."""
        self._keep(self.tracker.told())

    def with_rest(self, items: Iterable[Item], *, finish: bool = True) -> Folded:
        """Return what comes of it if these items end the stream; this one stays as it is."""
        branch = self.copied()
        for item in items:
            branch.take_silently(item)
        branch.hear()
        return branch.end(finish=finish)

    def copied(self) -> "Folding":
        """Return one that goes on from here by itself. What never changes is shared."""
        bare = replace(self.tracker, endpoints=_NOWHERE)
        tracker: Tracker = pickle.loads(pickle.dumps(bare, pickle.HIGHEST_PROTOCOL))
        tracker.endpoints = self.tracker.endpoints
        return Folding(tracker, self.at, dict(self.calls))

    def end(self, *, finish: bool = True) -> Folded:
        """End the stream."""
        alive = sorted(channel.name for channel in self.tracker.channels.values())
        if finish:
            self._keep(self.tracker.finish(self.at))
        return Folded(self.calls, alive, self.tracker)

    def _keep(self, changes: Sequence[CallChanged]) -> None:
        for change in changes:
            for younger in change.merged:
                self.calls.pop(younger, None)
            self.calls[change.call.id] = change.call


_NOWHERE = Endpoints((), ())


def fold(items: Iterable[Item], *, finish: bool = True) -> Folded:
    """Fold items one by one, and hear of each what it changed."""
    folding = Folding()
    for item in items:
        folding.take(item)
    return folding.end(finish=finish)


def facts(call: Call) -> dict[str, object]:
    """Return the certain facts of a call."""
    out: dict[str, object] = {name: getattr(call, name) for name in FACTS}
    out["transfers"] = tuple((t.type, t.from_, t.to, t.answered) for t in call.transfers)
    return out


def all_facts(calls: dict[str, Call]) -> dict[str, dict[str, object]]:
    """Return the facts of all calls by id."""
    return {name: facts(call) for name, call in calls.items()}


def empty_snapshot(at: float) -> list[Item]:
    """Return what the switch answers when it has no channel."""
    return [
        Item("block", at, b"Response: Success\r\nActionID: snap\r\nEventList: start\r\nMessage: Channels will follow"),
        Item("block", at, b"Event: CoreShowChannelsComplete\r\nActionID: snap\r\nEventList: Complete\r\nListItems: 0"),
    ]
