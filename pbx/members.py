"""Who is in the queues, paused or on duty: a fold over the events about queue members. Pure.

A member is on duty when logged in (listed in the queue), not paused, and its device can be reached. A QueueStatus list
is the whole truth about the queues in it, whatever was known before; single events change one member each.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from pbx.actions import SNAPSHOT_ID
from pbx.events import Event, name_of, parse

EVENTS = frozenset((b"QueueMember", b"QueueParams", b"QueueStatusComplete", b"QueueMemberAdded", b"QueueMemberRemoved",
                    b"QueueMemberPause", b"QueueMemberStatus"))
_OFF = frozenset(("4", "5"))
"""Device states (AST_DEVICE_*) of a phone that cannot be rung: invalid, unavailable."""
_DEVICE = re.compile(r"(?:[A-Za-z0-9]+/|[Hh]int:)([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Duty:
    """How many members a queue has, and how many of them are on duty."""

    queue: str
    members: int
    on_duty: int


@dataclass(frozen=True, slots=True)
class Member:
    """One place in a queue."""

    interface: str
    """As the exchange names it, `PJSIP/101` or `Local/101@from-queue/n`: actions name it so."""
    extension: str
    """The phone that is meant, "" when the interface does not say."""
    name: str = ""
    paused: bool = False
    reason: str = ""
    since_ms: int | None = None
    """Since when it is paused, ms since the epoch."""
    reachable: bool = True

    @property
    def on_duty(self) -> bool:
        """Say whether calls of the queue come to it."""
        return not self.paused and self.reachable


@dataclass(frozen=True, slots=True)
class Places:
    """All the places of one queue, after something about them changed. A queue that is gone has none."""

    queue: str
    members: tuple[Member, ...]


@dataclass(slots=True)
class Members:
    """The members of one exchange's queues, by interface."""

    queues: dict[str, dict[str, Member]] = field(default_factory=dict)
    _lists: dict[str, dict[str, dict[str, Member]]] = field(default_factory=dict)
    _told: dict[str, Duty] = field(default_factory=dict)
    _placed: dict[str, tuple[Member, ...]] = field(default_factory=dict)

    def fold(self, blocks: Iterable[bytes], at: float = 0.0) -> list[Duty]:
        """Read AMI blocks that arrived `at` (seconds since the epoch); return the queues whose numbers changed."""
        for block in blocks:
            if name_of(block) in EVENTS:
                self._read(parse(block), round(at * 1000))
        return list(self._news())

    def places(self) -> list[Places]:
        """Return the queues whose members, or what is known of them, changed since this was asked last."""
        changed = []
        for queue in dict.fromkeys((*self._placed, *self.queues)):
            now = tuple(self.queues.get(queue, {}).values())
            if self._placed.get(queue) != now:
                changed.append(Places(queue, now))
                self._placed[queue] = now
        return changed

    def closed(self) -> None:
        """The session ended: lists that were under way never come to an end."""
        self._lists.clear()

    def _read(self, event: Event, at_ms: int) -> None:
        queue, action = event.get("Queue"), event.get("ActionID")
        match event.name:
            case "QueueParams":
                self._lists.setdefault(action, {}).setdefault(queue, {})
            case "QueueMember":
                member = self._member(event, "Location", "Name", at_ms)
                self._lists.setdefault(action, {}).setdefault(queue, {})[member.interface] = member
            case "QueueStatusComplete":
                listed = self._lists.pop(action, {})
                # A list may be of one queue only; one that was never listed again is gone, but is not told as empty.
                self.queues.update(listed)
                if action.startswith(SNAPSHOT_ID):
                    self.queues = {name: self.queues[name] for name in listed}
            case "QueueMemberRemoved":
                self.queues.setdefault(queue, {}).pop(event.get("Interface"), None)
            case _:
                member = self._member(event, "Interface", "MemberName", at_ms)
                self.queues.setdefault(queue, {})[member.interface] = member

    def _member(self, event: Event, interface: str, name: str, at_ms: int) -> Member:
        device, said = event.get(interface), event.get("LastPause")
        paused = event.get("Paused") == "1"
        member = Member(device, extension_of(device, event.get("StateInterface")), event.get(name), paused,
                        (event.get("PausedReason") or event.get("Reason")) if paused else "",
                        reachable=event.get("Status") not in _OFF)
        if not paused:
            return member
        before = self.queues.get(event.get("Queue"), {}).get(device)
        if before is not None and before.paused and before.reason == member.reason:
            return replace(member, since_ms=before.since_ms)
        # Asterisk tells when the pause began; where it does not, it began when we heard of it.
        told = int(said) * 1000 if said.isdecimal() and said.isascii() else 0
        return replace(member, since_ms=min(told, at_ms) if told else at_ms)

    def _news(self) -> Iterator[Duty]:
        for queue, members in self.queues.items():
            duty = Duty(queue, len(members), sum(member.on_duty for member in members.values()))
            if self._told.get(queue) != duty:
                self._told[queue] = duty
                yield duty


def extension_of(interface: str, state_interface: str = "") -> str:
    """Return the extension of a member: `101` of `PJSIP/101`, `Local/101@from-queue/n` or `hint:101@ext-local`.

    The device whose state is watched names the phone best, unless it is none but a custom state.
    """
    for device in (state_interface, interface):
        found = _DEVICE.match(device)
        if found and not device.startswith("Custom:"):
            return found.group(1)
    return ""
