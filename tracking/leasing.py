"""Numbers of a pool, lent to visitors: who gets which, until when, and whose call it was. Pure; `now` is an argument.

1. A lease lasts while the visit goes on, and so long after it: `idle_ms` without a sign of life end the visit, and
   `grace_ms` later the number is free. The visitor may dial from the sofa.
2. No number is two visitors' at once. When none is free the overflow number is shown, to as many as come.
3. A number that never was anybody's goes out first, then the one that has been free for longest: the longer it rested,
   the surer it is that who rings is its new visitor.
4. A call to the number frees it at once, if the clinic wants it: this visitor has rung, and the number is of use to
   another. What the first one had is not forgotten: until its lease would have run out, a call may be theirs too.
5. A call belongs to the visitors whose leases cover its start. Of n visitors each is believed with 1/n; the one who
   got the number last is named.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Terms:
    """The clinic's terms of a lease, with the defaults of `[tracking]`."""

    idle_ms: int = 5 * MINUTE_MS
    grace_ms: int = 20 * MINUTE_MS
    release_after_call: bool = True

    def until(self, seen_ms: int) -> int:
        """Return when a lease runs out whose visitor was last seen at `seen_ms`."""
        return seen_ms + self.idle_ms + self.grace_ms


@dataclass(frozen=True, slots=True)
class PoolNumber:
    """A number of the pool as it is now: `held_until_ms` while it is somebody's, `freed_ms` since it is nobody's."""

    did: str
    held_until_ms: int | None = None
    freed_ms: int | None = None

    def free_at(self, now_ms: int) -> bool:
        """Say whether the number may be given away."""
        return self.held_until_ms is None or self.held_until_ms < now_ms

    @property
    def rested_since_ms(self) -> int:
        """Return since when it was nobody's; -1 when it never was anybody's."""
        if self.held_until_ms is not None:
            return self.held_until_ms
        return -1 if self.freed_ms is None else self.freed_ms


def in_order(numbers: Iterable[PoolNumber], now_ms: int, wish: str | None = None) -> list[str]:
    """Return the numbers that may be given away, the best first. `wish` is the one that the visitor had before."""
    free = sorted((one for one in numbers if one.free_at(now_ms)), key=lambda one: (one.rested_since_ms, one.did))
    dids = [one.did for one in free]
    return [wish, *(did for did in dids if did != wish)] if wish in dids else dids


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as the question whose call it was needs it. `visitor` tells people apart, "" for a lone visit."""

    id: int
    visit: int
    visitor: str
    from_ms: int
    until_ms: int
    overflow: bool = False

    @property
    def person(self) -> tuple[str, int]:
        """Return what tells this visitor from others: the key in the browser, else the visit."""
        return (self.visitor, 0) if self.visitor else ("", self.visit)


@dataclass(frozen=True, slots=True)
class Match:
    """Whose call it was: the lease, among how many visitors, and how far that is to be believed."""

    lease: Held
    among: int

    @property
    def confidence(self) -> float:
        """Return 1 for one visitor, 1/n for n."""
        return 1 / self.among


def matching(leases: Sequence[Held], at_ms: int) -> Match | None:
    """Return whose lease covered a moment; None when nobody's did. Both ends of a lease belong to it."""
    covering = [lease for lease in leases if lease.from_ms <= at_ms <= lease.until_ms]
    if not covering:
        return None
    last = max(covering, key=lambda lease: (lease.from_ms, lease.id))
    return Match(last, len({lease.person for lease in covering}))
