"""Periods of local days, both ends included, and which of them overlap. Pure.

A day is an ISO text, so that days compare as texts do; an end of None is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from refusals import Words

_FOREVER = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last one, which is included; None is open."""

    first: str
    last: str | None = None

    def holds(self, day: str) -> bool:
        """Say whether the day is in the period."""
        return self.first <= day <= (self.last or _FOREVER)

    def overlaps(self, other: "Period") -> bool:
        """Say whether the two have a day in common."""
        return self.first <= (other.last or _FOREVER) and other.first <= (self.last or _FOREVER)

    @property
    def words(self) -> Words:
        """Return it as a part of a sentence."""
        if self.last:
            return Words("from %(first)s to %(last)s", first=self.first, last=self.last)
        return Words("from %(first)s on", first=self.first)

    def __str__(self) -> str:
        return str(self.words)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that claims a DID for a period; `key` is the caller's own."""

    key: int
    did: str
    period: Period


def clashes(claims: Iterable[Claim]) -> dict[int, int]:
    """Return which claims cannot stand, each with the earlier one it overlaps. Who comes first is right."""
    standing: dict[str, list[Claim]] = {}
    refused: dict[int, int] = {}
    for claim in claims:
        rivals = standing.setdefault(claim.did, [])
        rival = next((other for other in rivals if other.period.overlaps(claim.period)), None)
        if rival is None:
            rivals.append(claim)
        else:
            refused[claim.key] = rival.key
    return refused
