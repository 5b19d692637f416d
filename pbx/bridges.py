"""Who is in one conversation with whom: bridges, joined through the wires of Local channels. Pure.

`X;1` and `X;2` are the two ends of one wire. A caller in one bridge with `X;1` talks with the phone that shares another
bridge with `X;2`, through any number of such wires.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pbx.live import LiveChannel

_NOBODY = frozenset(("holding_bridge",))
"""Bridge technologies in which channels wait and hear nobody: parking, holding."""


@dataclass(slots=True)
class Bridges:
    """All bridges of one switch, and the Local pairs among its channels."""

    members: dict[str, dict[str, LiveChannel]] = field(default_factory=dict)
    holding: set[str] = field(default_factory=set)
    halves: dict[str, dict[int, LiveChannel]] = field(default_factory=dict)
    gone: dict[str, LiveChannel] = field(default_factory=dict)
    """The one who left each bridge last, for a neighbour whose own entering was not seen."""

    def enter(self, channel: LiveChannel, bridge: str, technology: str) -> None:
        """Put a channel into a bridge (and out of the one it was in)."""
        self.leave(channel)
        self.members.setdefault(bridge, {})[channel.uniqueid] = channel
        channel.bridge = bridge
        if technology in _NOBODY:
            self.holding.add(bridge)

    def leave(self, channel: LiveChannel) -> None:
        """Take a channel out of its bridge."""
        if channel.bridge is None:
            return
        inside = self.members.get(channel.bridge, {})
        inside.pop(channel.uniqueid, None)
        self.gone[channel.bridge] = channel
        if not inside:
            self.members.pop(channel.bridge, None)
            self.holding.discard(channel.bridge)
        channel.last_bridge, channel.bridge = channel.bridge, None

    def add_half(self, channel: LiveChannel) -> None:
        """Remember one half of a Local pair."""
        if channel.half:
            self.halves.setdefault(channel.pair, {})[channel.half] = channel

    def forget(self, channel: LiveChannel) -> None:
        """Drop a channel that ended."""
        self.leave(channel)
        if channel.half and channel.pair in self.halves:
            self.halves[channel.pair].pop(channel.half, None)
            if not self.halves[channel.pair]:
                del self.halves[channel.pair]

    def destroy(self, bridge: str) -> None:
        """Forget a bridge that is no more."""
        self.gone.pop(bridge, None)

    def connected(self, channel: LiveChannel) -> Iterator[LiveChannel]:
        """Yield every real channel that `channel` hears now, itself excluded."""
        seen: set[str] = set()
        todo = [channel.bridge]
        while todo:
            bridge = todo.pop()
            if bridge is None or bridge in seen or bridge in self.holding:
                continue
            seen.add(bridge)
            for member in self.members.get(bridge, {}).values():
                if member.half:
                    other = self.halves.get(member.pair, {}).get(3 - member.half)
                    todo.append(other.bridge if other is not None else None)
                elif member is not channel:
                    yield member
