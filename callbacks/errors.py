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


class CallbacksError(Exception):
    """A callback cannot be changed as asked."""


class NoSuchCallback(CallbacksError):  # noqa: N818
    """There is no callback with this id."""

    def __init__(self, callback: int) -> None:
        super().__init__(f"There is no callback {callback}; `callward callbacks list --all` shows those there are.")


class NotOpen(CallbacksError):  # noqa: N818
    """The callback is closed already."""

    def __init__(self, callback: int, why: str) -> None:
        super().__init__(f"Callback {callback} is closed ({why}); `callward callbacks list` shows the open ones.")
        self.why = why


class NotClosed(CallbacksError):  # noqa: N818
    """The callback is open still."""

    def __init__(self, callback: int) -> None:
        super().__init__(f"Callback {callback} is open; it needs no opening.")


class AlreadyOpen(CallbacksError):  # noqa: N818
    """The caller has another open callback at the location."""

    def __init__(self, callback: int, other: int) -> None:
        super().__init__(f"The caller of callback {callback} has a newer open one, {other}; work on that.")
        self.other = other


class ClaimedBy(CallbacksError):  # noqa: N818
    """Somebody else has claimed it until `until_ms`, and longer while they ring."""

    def __init__(self, callback: int, who: str, until_ms: int | None) -> None:
        super().__init__(f"{who} has callback {callback} already; take another one, or ask them to release it.")
        self.who = who
        self.until_ms = until_ms


class NotClaimed(CallbacksError):  # noqa: N818
    """This person holds no claim on the callback."""

    def __init__(self, callback: int, who: str) -> None:
        super().__init__(f"{who} has not claimed callback {callback}; there is nothing to release or hand over.")


class NothingToConfirm(CallbacksError):  # noqa: N818
    """No talk of this callback waits to be confirmed."""

    def __init__(self, callback: int) -> None:
        super().__init__(f"Callback {callback} was not closed by a talk of ours; there is nothing to confirm.")


class NotInFuture(CallbacksError):  # noqa: N818
    """A snooze must end later than now."""

    def __init__(self, callback: int) -> None:
        super().__init__(f"Callback {callback} cannot sleep until a time that is past; name a later one.")


class NotMarked(CallbacksError):  # noqa: N818
    """The number, or the call, has no mark."""

    def __init__(self, what: str = "number") -> None:
        super().__init__(f"This {what} is not marked; `callward numbers marked` lists the numbers that are.")


class TopicError(CallbacksError):
    """A topic cannot be used, added or retired as asked; the text says why."""


class HoursError(CallbacksError):
    """Hours of a day cannot be taken as written; the text says why."""
