"""Who is on duty in the queues: a fold over the events about queue members. Pure.

A member is on duty when logged in (listed in the queue), not paused, and its device can be reached. A QueueStatus list
is the whole truth about the queues in it, whatever was known before; single events change one member each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pbx.events import Event, name_of, parse

EVENTS = frozenset((b"QueueMember", b"QueueParams", b"QueueStatusComplete", b"QueueMemberAdded", b"QueueMemberRemoved",
                    b"QueueMemberPause", b"QueueMemberStatus"))
_OFF = frozenset(("4", "5"))
"""Device states (AST_DEVICE_*) of a phone that cannot be rung: invalid, unavailable."""


@dataclass(frozen=True, slots=True)
class Duty:
    """How many members a queue has, and how many of them are on duty."""

    queue: str
    members: int
    on_duty: int


@dataclass(slots=True)
class Members:
    """The members of one exchange's queues, by interface, each on duty or not."""

    queues: dict[str, dict[str, bool]] = field(default_factory=dict)
    _lists: dict[str, dict[str, dict[str, bool]]] = field(default_factory=dict)
    _told: dict[str, Duty] = field(default_factory=dict)

    def fold(self, blocks: Iterable[bytes]) -> list[Duty]:
        """Read AMI blocks; return the queues whose numbers changed by them."""
        for block in blocks:
            if name_of(block) in EVENTS:
                self._read(parse(block))
        return list(self._news())

    def closed(self) -> None:
        """The session ended: lists that were under way never come to an end."""
        self._lists.clear()

    def _read(self, event: Event) -> None:
        queue, action = event.get("Queue"), event.get("ActionID")
        match event.name:
            case "QueueParams":
                self._lists.setdefault(action, {}).setdefault(queue, {})
            case "QueueMember":
                self._lists.setdefault(action, {}).setdefault(queue, {})[event.get("Location")] = _on_duty(event)
            case "QueueStatusComplete":
                listed = self._lists.pop(action, {})
                # A list may be of one queue only; one that was never listed again is gone, but is not told as empty.
                self.queues.update(listed)
            case "QueueMemberRemoved":
                self.queues.setdefault(queue, {}).pop(event.get("Interface"), None)
            case _:
                self.queues.setdefault(queue, {})[event.get("Interface")] = _on_duty(event)

    def _news(self) -> Iterator[Duty]:
        for queue, members in self.queues.items():
            duty = Duty(queue, len(members), sum(members.values()))
            if self._told.get(queue) != duty:
                self._told[queue] = duty
                yield duty


def _on_duty(event: Event) -> bool:
    return event.get("Paused") != "1" and event.get("Status") not in _OFF
