"""Which topic a call most likely has. It is only proposed: a person confirms it, and nothing is stored before.

First rule that holds:

1. `again`: the caller's last topic is at most 14 days old and of a kind that people ring about twice.
2. `appointment`: a patient of the number is expected within 7 days; people ring to move it.
3. `number`: of the last 200 calls of the number dialled, before the minute of this one, at least 5 have a topic and
   at least half of these the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from callbacks.topics import SHIPPED
from store import Row, Tx

Why = Literal["again", "appointment", "number"]
AGAIN_MS = 14 * 86_400_000
SOON_MS = 7 * 86_400_000
SAMPLE = 200
ENOUGH = 5
MINUTE_MS = 60_000
KEPT = 4096
_AGAIN = ("results", "prescription", "complaint", "not_booked", "moved")
_CATEGORY = {topic.id: topic.category for topic in SHIPPED}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A topic's id, and the rule that proposes it."""

    topic: str
    why: Why


Usual = Callable[[Tx, str, int], str | None]
"""What most calls to a number before a moment (ms) are about, None when that is not known."""


def usual_topic(tx: Tx, did: str, before_ms: int) -> str | None:
    """Return the topic that at least half of the last calls have, None when fewer than 5 of them have any."""
    rows = tx.all("proposal_topics_of_did", did=did, before_ms=before_ms, sample=SAMPLE)
    total = sum(row["calls"] for row in rows)
    return str(rows[0]["topic"]) if total >= ENOUGH and rows[0]["calls"] * 2 >= total else None


def remembered() -> Usual:
    """Return what asks the store once only for each number and moment: the same call is shown at many desks."""
    known: dict[tuple[str, int], str | None] = {}

    def of(tx: Tx, did: str, before_ms: int) -> str | None:
        key = did, before_ms
        if key not in known:
            if len(known) >= KEPT:
                known.clear()
            known[key] = usual_topic(tx, did, before_ms)
        return known[key]

    return of


def propose(
    tx: Tx, call: Row, history: list[Row], next_ms: int | None, usual: Usual = usual_topic
) -> Proposal | None:
    """Return the topic to propose for a patient's call.

    `history` are earlier calls of the number, the newest first, with `topic`; `next_ms` is the next appointment of a
    patient of the number.
    """
    began = call["started_ms"]
    last = next((row for row in history if row["topic"]), None)
    if last is not None and began - last["started_ms"] <= AGAIN_MS and _CATEGORY.get(last["topic"]) in _AGAIN:
        return Proposal(last["topic"], "again")
    if next_ms is not None and 0 <= next_ms - began <= SOON_MS:
        return Proposal("moved", "appointment")
    if call["direction"] != "inbound" or call["did"] is None:
        return None
    topic = usual(tx, call["did"], began - began % MINUTE_MS)
    return Proposal(topic, "number") if topic is not None else None
