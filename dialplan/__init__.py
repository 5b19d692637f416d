"""The dialplan of the tracked numbers: what to write into Asterisk, and whether a file still says it."""

from dialplan.numbers import DialplanError, TrackedNumber

__all__ = ["DialplanError", "TrackedNumber"]
