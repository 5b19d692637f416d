"""A request to a platform, and how it is sent: the sending itself is the caller's, by its rules of the way out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tracking import TrackingError
from tracking.conversions.rules import Line


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One POST, and the lines that it tells. Header values and the url may hold a secret: neither is ever shown."""

    url: str = field(repr=False)
    body: bytes
    lines: tuple[Line, ...]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform said: the status and the beginning of its text."""

    status: int
    text: str


class NotSentError(TrackingError):
    """Nothing reached the platform; it may be tried again."""


class MaybeSentError(TrackingError):
    """Nobody knows whether the platform took it; trying again may tell it twice."""


Send = Callable[[Outgoing], Awaitable[Answer]]
"""Sends one request. Raises NotSentError or MaybeSentError."""
