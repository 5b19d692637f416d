"""What people are told when a callback cannot be changed as they asked. Each error is a fact; its text is one sentence.

    CallbacksError
     ├─ NoSuchCallback    there is no callback with this id
     ├─ NotOpen           it is closed already
     ├─ NotClosed         it is open still
     ├─ AlreadyOpen       the caller has another open callback at this location
     ├─ ClaimedBy         somebody else has it: `who`, `until_ms`
     ├─ NotClaimed        there is no claim of this person to give back
     ├─ NothingToConfirm  no talk of this callback waits to be confirmed
     ├─ NotMarked         the number has no mark to take off
     ├─ TopicError        a topic cannot be used, added or retired as asked
     ├─ HoursError        hours of a day cannot be taken as written
     └─ NotInFuture       a snooze must end later than now
"""

from refusals import Refusal


class CallbacksError(Refusal):
    """A callback cannot be changed as asked."""


class NoSuchCallback(CallbacksError):  # noqa: N818
    """There is no callback with this id."""

    def __init__(self, callback: int) -> None:
        super().__init__("There is no callback %(callback)s; `callward callbacks list --all` shows those there are.",
                         callback=callback)


class NotOpen(CallbacksError):  # noqa: N818
    """The callback is closed already."""

    def __init__(self, callback: int, why: str) -> None:
        super().__init__("Callback %(callback)s is closed (%(why)s); `callward callbacks list` shows the open ones.",
                         callback=callback, why=why)
        self.why = why


class NotClosed(CallbacksError):  # noqa: N818
    """The callback is open still."""

    def __init__(self, callback: int) -> None:
        super().__init__("Callback %(callback)s is open; it needs no opening.", callback=callback)


class AlreadyOpen(CallbacksError):  # noqa: N818
    """The caller has another open callback at the location."""

    def __init__(self, callback: int, other: int) -> None:
        super().__init__("The caller of callback %(callback)s has a newer open one, %(other)s; work on that.",
                         callback=callback, other=other)
        self.other = other


class ClaimedBy(CallbacksError):  # noqa: N818
    """Somebody else has claimed it until `until_ms`, and longer while they ring."""

    def __init__(self, callback: int, who: str, until_ms: int | None) -> None:
        super().__init__("%(who)s has callback %(callback)s already; take another one, or ask them to release it.",
                         who=who, callback=callback)
        self.who = who
        self.until_ms = until_ms


class NotClaimed(CallbacksError):  # noqa: N818
    """This person holds no claim on the callback."""

    def __init__(self, callback: int, who: str) -> None:
        super().__init__("%(who)s has not claimed callback %(callback)s; there is nothing to release or hand over.",
                         who=who, callback=callback)


class NothingToConfirm(CallbacksError):  # noqa: N818
    """No talk of this callback waits to be confirmed."""

    def __init__(self, callback: int) -> None:
        super().__init__("Callback %(callback)s was not closed by a talk of ours; there is nothing to confirm.",
                         callback=callback)


class NotInFuture(CallbacksError):  # noqa: N818
    """A snooze must end later than now."""

    def __init__(self, callback: int) -> None:
        super().__init__("Callback %(callback)s cannot sleep until a time that is past; name a later one.",
                         callback=callback)


class NotMarked(CallbacksError):  # noqa: N818
    """The number, or the call, has no mark."""

    def __init__(self, what: str = "number") -> None:
        super().__init__("This %(what)s is not marked; `callward numbers marked` lists the numbers that are.",
                         what=what)


class TopicError(CallbacksError):
    """A topic cannot be used, added or retired as asked; the text says why."""


class HoursError(CallbacksError):
    """Hours of a day cannot be taken as written; the text says why."""
