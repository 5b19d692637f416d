"""A stored call against the same call as CEL or the journal tells it: where they differ, and why that may be. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pbx.calls import Call

TOLERANCE_MS = 2000
"""CEL's database columns have whole seconds, and the two clocks are read at different moments."""
_MOMENTS = ("started_ms", "answered_ms", "ended_ms")
_FACTS = ("direction", "did", "caller_number", "destination", "answered_by", "outcome")


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A fact that is stored as one thing and told as another; `explained` if it could not be told the same."""

    what: str
    stored: object
    record: object
    reason: str
    explained: bool


def from_cel(row: Mapping[str, Any], call: Call, shift_ms: int) -> Iterator[Otherwise]:
    """Yield where a row of `call` and CEL's call differ. `shift_ms` is how far CEL's clock is ahead of ours."""
    plain = "CEL says otherwise." if row["sure"] else "It was not seen whole; run `callward backfill`."
    for what in (*_FACTS, *_MOMENTS):
        stored, record = row[what], getattr(call, what)
        if what in _MOMENTS:
            if stored is None or record is None:
                continue  # whether somebody answered is in the outcome
            record -= shift_ms
            if abs(record - stored) <= TOLERANCE_MS:
                continue
        if stored != record:
            reason = _why(what, row, call)
            yield Otherwise(what, stored, record, reason or plain, reason is not None)


def from_journal(row: Mapping[str, Any], call: Call) -> Iterator[Otherwise]:
    """Yield where a row of `call` and the journal's call differ, but for what was completed since."""
    completed = json.loads(row["sources"])
    if "*" in completed or call.met_late or not call.sure:
        return
    for what in (*_FACTS, "answered_ms", "ended_ms"):
        if what not in completed and row[what] != getattr(call, what):
            yield Otherwise(what, row[what], getattr(call, what), "The journal, folded again, says otherwise.", False)


def _why(what: str, row: Mapping[str, Any], call: Call) -> str | None:
    """Return why CEL cannot say the same, None when it could."""
    if what == "caller_number" and row["withheld"]:
        return "The caller withheld the number; CEL has it all the same."
    if what == "did" and call.did is None:
        return "CEL has the number dialled only as the dialplan changed it."
    if what == "destination" and (call.destination is None or row["outcome"] in ("agent_missed", "cancelled")):
        return "CEL does not name a number that was never rung."
    if what != "outcome":
        return None
    told = (row["outcome"], call.outcome)
    if "voicemail" in told and "answered" not in told:
        return "CEL does not say whether a message was stored."
    if row["outcome"] == "failed" and call.outcome in ("left_menu", "no_answer") and row["queue"] and not call.waits:
        return "CEL does not say that a queue refused the caller."
    if row["hung_up_by"] == "pbx" and row["outcome"] == "failed" and call.outcome != "answered":
        return "In CEL a stop of Asterisk looks like a hang-up."
    return None
