"""What a card knows beyond the call: appointments, the advertisement's promise, what was heard, a proposal."""

from dataclasses import dataclass

from callbacks import bookings, proposals
from callbacks.proposals import Proposal, Usual, usual_topic
from store import Row, Tx
from tracking import heard
from tracking.appointments import age_of
from web.i18n import mark

COMING = 3
HEARD = {answer: words.text for answer, words in heard.NAMES.items()}
WHYS = {
    "again": mark("as last time"), "appointment": mark("an appointment is near"),
    "number": mark("as most calls to this number"),
}  # fmt: skip
HEARD_KEYS = "qwertyuiozxvl"
"""Mostly the upper row of letters: free of the keys that pages and relatives use."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands beside a call on its card."""

    coming: tuple[Row, ...] = ()
    """Appointments to come of the patients of the number: patient, name, start_ms, doctor, service."""
    agreed: tuple[Row, ...] = ()
    """What was booked on calls, and the clinic's system does not tell yet: start_ms, doctor."""
    booking: Row | None = None
    """What was booked on this call."""
    as_of_ms: int | None = None
    """When the clinic's system last told of appointments."""
    promise: str = ""
    """What the advertisement promised."""
    asks_heard: bool = False
    heard: str = ""
    marked: Row | None = None
    """The mark of the number: kind, author."""
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known already when the facts of a call are read."""

    told: Row
    """The row of `pop_call`."""
    past: list[Row]
    """Earlier calls of the number, the newest first, with their topic."""
    patients: bool
    """Whether the call may be about any patient."""
    asks: bool
    """Whether a caller rings for the first time."""
    now_ms: int
    usual: Usual = usual_topic


def facts_of(tx: Tx, call: Row, known: Known) -> Facts:
    """Read what stands beside a call."""
    party, key, now_ms, told = call["party"], {"pbx": call["pbx"], "call": call["id"]}, known.now_ms, known.told
    coming: list[Row] = []
    if known.patients and party is not None:
        coming = tx.all("pop_appointments", number=party, now_ms=now_ms, limit=COMING)
    elif known.patients:
        coming = tx.all("pop_appointments_of_call", **key, now_ms=now_ms, limit=COMING)
    agreed = bookings.coming(tx, party, now_ms) if party is not None else []
    asks = known.asks and (told["heard"] is not None or party is None or not tx.value("heard_before", party=party))
    return Facts(
        coming=tuple(coming), agreed=tuple(row for row in agreed if row["call"] != call["id"]),
        booking=bookings.of_call(tx, **key) if told["booked"] else None,
        as_of_ms=age_of(tx) if coming or agreed else None,
        promise=told["promise"] or "", asks_heard=bool(asks), heard=told["heard"] or "",
        marked=tx.one("number_mark_get", number=party) if told["marked"] is not None else None,
        proposal=proposals.propose(tx, call, known.past, coming[0]["start_ms"] if coming else None, known.usual),
    )  # fmt: skip


def answers(own: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the answers to *How did you hear of us?*, each with its key; the clinic's own instead of the shipped."""
    ids = own or heard.ANSWERS
    return [(HEARD_KEYS[place] if place < len(HEARD_KEYS) else "", answer) for place, answer in enumerate(ids)]
