"""Which call made an appointment. Pure: `maker` is a function of the facts, and the same facts give the same call.

A call may have made an appointment when a patient of its number is the appointment's, and the appointment was written
down between the call's beginning and 24 hours after its end. The first rule of RULES that holds for any such call
decides, and of its calls the nearest: the one that ended last before the appointment was written, or was on.

Where the clinic's system does not say when it was written, a noted *booked* since the patient's visit before is needed.
A visit that the receptionist noted on a call is that call's, whenever it was written down.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

AFTER_MS = 24 * 3_600_000
"""So long after a call an appointment may be written down and still be the call's."""
LOOK_BACK_MS = 90 * 86_400_000
"""So long before a visit a noted booking may lie, when nobody says when the appointment was written."""

RuleName = Literal["booking", "topic", "talk", "missed"]
_NEVER = frozenset(("wrong_number", "sales_spam"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An ended call of a patient's number. `category` is that of its last topic, `callback` the one it belongs to.

    `booked_ms` is the beginning of the visit that the receptionist noted on it, if one was.
    """

    pbx: str
    id: str
    started_ms: int
    ended_ms: int
    local_day: str
    answered: bool
    category: str | None = None
    callback: int | None = None
    booked_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of an appointment's making.

    `created_ms` may be None. `created_day` is the local day when the clinic's system told only that. `before_ms` is
    when the patient's visit before this one began. `imported` says that a system wrote it, not a person.
    """

    start_ms: int
    created_ms: int | None = None
    created_day: str | None = None
    before_ms: int | None = None
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """The call that made an appointment, by which rule, on what evidence (no number and no name is in it)."""

    pbx: str
    call: str
    callback: int | None
    rule: RuleName
    evidence: dict[str, Any] = field(default_factory=dict)


def _booked(call: Candidate, written: Written) -> bool:
    return call.booked_ms == written.start_ms


def _noted(call: Candidate, written: Written) -> bool:
    return call.category == "booked"


def _talked(call: Candidate, written: Written) -> bool:
    return call.answered and not written.imported


def _missed(call: Candidate, written: Written) -> bool:
    return not call.answered and not written.imported


RULES: tuple[tuple[RuleName, Callable[[Candidate, Written], bool]], ...] = (
    ("booking", _booked),
    ("topic", _noted),
    ("talk", _talked),
    ("missed", _missed),
)
"""booking: the receptionist noted this very visit. topic: the receptionist noted *booked*. talk: a person talked with
the caller. missed: nobody did, but the patient booked within the time all the same, as a callback that closes as
*booked* says."""


def maker(written: Written, calls: Iterable[Candidate]) -> Made | None:
    """Return the call that made an appointment, None when no call did."""
    able = [call for call in calls if call.category not in _NEVER]
    noted = [call for call in able if _booked(call, written) and call.started_ms < written.start_ms]
    near = [call for call in able if _in_time(call, written)]
    for name, holds in RULES:
        if written.created_ms is None and name not in ("booking", "topic"):
            return None
        held = noted if name == "booking" else [call for call in near if holds(call, written)]
        if held:
            # The clinic's clock and the exchange's differ a little: of two calls equally near the later one counts.
            nearest = min(held, key=lambda call: (_distance(call, written), -call.started_ms, call.pbx, call.id))
            return Made(nearest.pbx, nearest.id, nearest.callback, name, _evidence(nearest, written, len(held)))
    return None


def _in_time(call: Candidate, written: Written) -> bool:
    if written.created_ms is None:
        since = max(written.start_ms - LOOK_BACK_MS, written.before_ms or 0)
        return since <= call.started_ms < written.start_ms
    if written.created_day is not None:
        return call.local_day == written.created_day
    return call.started_ms <= written.created_ms <= call.ended_ms + AFTER_MS


def _distance(call: Candidate, written: Written) -> int:
    """Return how far the making is from the call, in ms; without a time of making the latest call is the nearest."""
    if written.created_ms is None or written.created_day is not None:
        return -call.started_ms
    return max(0, written.created_ms - call.ended_ms)


def _evidence(call: Candidate, written: Written, held: int) -> dict[str, Any]:
    how: dict[str, Any] = {"calls": held}
    if written.created_ms is None:
        return {**how, "created": "unknown"}
    if written.created_day is not None:
        return {**how, "created": "day", "day": written.created_day}
    return {**how, "created": "time", "after_s": max(0, written.created_ms - call.ended_ms) // 1000}
