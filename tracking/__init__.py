"""Tracking: which campaign made the phone ring. Tracked numbers, campaigns, and the decision with its evidence."""

from dataclasses import dataclass

from refusals import Refusal


class TrackingError(Refusal):
    """Something about numbers or campaigns cannot be done. The text says what, where, and the way out."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something, and when (ms since the epoch)."""

    name: str
    now_ms: int
