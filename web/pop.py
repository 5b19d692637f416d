"""The screen-pop: who rings at my desk, before I answer; what to note while we talk and after.

A desk shows a card for each call that rings there or that its phone is on, and one for each call that it answered
lately and that has no topic yet. When somebody else answers, the ringing card is gone. Relatives who share a number
are keys A, B, C; nobody is chosen for the receptionist unless there is one alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from string import ascii_uppercase
from typing import Literal
from urllib.parse import quote

from callbacks.proposals import Usual, usual_topic
from callbacks.topics import CATEGORIES, Topic, topics
from patients.match import Candidate, rank
from store import Row, Tx
from tracking.numbers import assignment_on
from web.board import rings
from web.pop_facts import Facts, Known, facts_of

Stage = Literal["ringing", "dialling", "talking", "after"]
LIVE_MS = 12 * 3_600_000
AFTER_MS = 4 * 3_600_000
"""For so long a call without a topic is asked about at the desk."""
ASKED = 3
HISTORY = 5
_KEYS = "1234567890"


@dataclass(frozen=True, slots=True)
class Relative:
    """A patient who has the number, with the key that chooses them."""

    key: str
    ref: str
    name: str
    year: int | None
    url: str
    """The patient in the clinic's own system, "" without one."""
    page: str = ""
    """The patient's page here."""
    whose: str = ""
    """Whose number it is: `guardian` or `contact`; "" for the patient's own."""


@dataclass(frozen=True, slots=True)
class Card:
    """One call at one desk."""

    ref: str
    id: str
    stage: Stage
    direction: str
    number: str | None
    withheld: bool
    caller_name: str
    """What the network calls them."""
    relatives: tuple[Relative, ...]
    first_time: bool
    before: int
    """How many earlier calls there were from or to the number."""
    did: str
    label: str
    campaign: str
    queue: str
    since_ms: int
    rings_at: tuple[str, ...]
    """The other desks that ring."""
    history: tuple[Row, ...]
    """Earlier calls, the newest first: `started_ms`, `direction`, `outcome`, `missed`, `topic`."""
    comments: tuple[Row, ...]
    callback: Row | None
    topic: str | None
    draft: str
    more: Facts


@dataclass(frozen=True, slots=True)
class Choice:
    """A digit: a topic, or a category whose topics are the digits of a second level."""

    key: str
    category: str
    topics: tuple[tuple[str, Topic], ...]

    @property
    def single(self) -> Topic | None:
        """Return the topic when there is one alone."""
        return self.topics[0][1] if len(self.topics) == 1 else None


def cards(
    tx: Tx, desk: str, person: str, now_ms: int, template: str = "", usual: Usual = usual_topic
) -> list[Card]:
    """Return the cards of a desk: those that ring, then those on the line, then those to be noted."""
    if not desk:
        return []
    live = tx.all("console_ringing_at", since=now_ms - LIVE_MS, extension=desk)
    found = [(stage, call, legs) for call in live if call["kind"] == "patient"
             for legs in [tx.all("legs", pbx=call["pbx"], call=call["id"])]
             for stage in [stage_of(call, legs, desk)] if stage is not None]
    found.sort(key=lambda one: (("ringing", "dialling", "talking").index(one[0]), one[1]["started_ms"]))
    found += [("after", call, []) for call in
              tx.all("console_unnoted_at", ended_since=now_ms - AFTER_MS, extension=desk, limit=ASKED)]
    return [_card(tx, stage, call, _Seen(legs, desk, person, template, now_ms, usual)) for stage, call, legs in found]


def without_topic(tx: Tx, desk: str, day: str, now_ms: int) -> int:
    """Return how many calls of today a desk answered that have no topic yet."""
    return int(tx.value("pop_without_topic", extension=desk, day=day, since=now_ms - 2 * LIVE_MS)) if desk else 0


def stage_of(call: Row, legs: Iterable[Row], desk: str) -> Stage | None:
    """Say what a living call does at a desk; None when that desk is done with it."""
    mine = [leg for leg in legs if leg["role"] == "phone" and leg["number"] == desk and leg["ended_ms"] is None]
    if not mine:
        return None
    if call["direction"] != "inbound" and call["extension"] == desk:
        return "talking" if call["answered_ms"] is not None else "dialling"
    if any(leg["answered_ms"] is not None for leg in mine):
        return "talking"
    return "ringing" if any(rings(leg) for leg in mine) else None


def card_of(tx: Tx, call: Row, person: str, template: str = "", now_ms: int | None = None) -> Card:
    """Return the card of any call, as its own page shows it; without `now_ms` as it was when it began."""
    seen = _Seen([], "", person, template, call["started_ms"] if now_ms is None else now_ms)
    return _card(tx, "after", call, seen)


def relatives(tx: Tx, call: Row, template: str) -> tuple[Relative, ...]:
    """Return the patients on the call's number, the likeliest first; of a withheld number, whom it was given to."""
    rows = {row["ref"]: row for row in candidates(tx, call)}
    year = datetime.fromtimestamp(call["started_ms"] / 1000, UTC).year
    ranked = rank(
        [Candidate(row["ref"], row["name"], row["position"], row["birth_year"], row["guardian_ref"], row["noted_ms"],
                   row["seen_ms"]) for row in rows.values()],
        caller_name=call["caller_name"], year=year,
    )  # fmt: skip
    return tuple(
        Relative(ascii_uppercase[place] if place < 26 else "", who.ref, who.name, who.birth_year,
                 "" if rows[who.ref]["origin"] == "hand" else patient_url(template, who.ref), patient_page(who.ref),
                 rows[who.ref]["number_source"])
        for place, who in enumerate(ranked)
    )  # fmt: skip


def candidates(tx: Tx, call: Row) -> list[Row]:
    """Return whom a call may be about: everybody of its number, or whom it was given to when there is none."""
    if call["party"] is not None:
        return tx.all("patients_by_number", number=call["party"])
    return tx.all("patients_of_call", pbx=call["pbx"], call=call["id"])


def patient_page(ref: str) -> str:
    """Return the address of a patient's page; the ref may hold anything."""
    return f"/patients/{quote(ref, safe='')}"


def patient_url(template: str, ref: str) -> str:
    """Fill `https://…/{ref}`; the ref may hold anything and stays one part of the path."""
    return template.replace("{ref}", quote(ref, safe="")) if template.startswith(("https://", "http://")) else ""


def choices(known: Sequence[Topic]) -> list[Choice]:
    """Return the ten digits: one for each category, in a fixed order that fingers learn."""
    order = [name for name in CATEGORIES if name not in ("not_booked", "sales_spam", "wrong_number")]
    order[3:3] = ["not_booked"]
    order += ["wrong_number", "sales_spam"]
    found = []
    for key, category in zip(_KEYS, order, strict=True):
        mine = [topic for topic in known if topic.category == category]
        keyed = tuple((_KEYS[place] if place < len(_KEYS) else "", topic) for place, topic in enumerate(mine))
        if keyed:
            found.append(Choice(key, category, keyed))
    return found


def concerned(tx: Tx, rows: Iterable[Row]) -> frozenset[str]:
    """Return the desks at which the calls of some rows of the feed ring or rang, are or were answered."""
    found: set[str] = set()
    for ref in {row["ref"] for row in rows}:
        pbx, _, call = ref.partition(":")
        row = tx.one("call_get", pbx=pbx, id=call)
        if row is not None:
            found.update(leg["number"] for leg in tx.all("legs", pbx=pbx, call=row["id"])
                         if leg["role"] == "phone" and leg["number"])
            found.update(name for name in (row["answered_by"], row["final_agent"], row["extension"]) if name)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Who sees a card, and when."""

    legs: list[Row]
    desk: str
    person: str
    template: str
    now_ms: int
    usual: Usual = usual_topic


def _card(tx: Tx, stage: Stage, call: Row, seen: _Seen) -> Card:
    legs, desk, person, template = seen.legs, seen.desk, seen.person, seen.template
    party, key = call["party"], {"pbx": call["pbx"], "call": call["id"]}
    [told] = tx.all("pop_call", **key)
    before, outside = int(told["earlier"]), call["direction"] == "inbound"
    past = tx.all("console_history", party=party, before_ms=call["started_ms"], limit=HISTORY) if before else []
    first, people = bool(call["first_time"]) and outside, relatives(tx, call, template)
    return Card(
        ref=f"{call['pbx']}:{call['id']}", id=call["id"], stage=stage, direction=call["direction"],
        number=party or (None if call["withheld"] else call["caller_raw" if outside else "destination_raw"]) or None,
        withheld=bool(call["withheld"]), caller_name=call["caller_name"] or "",
        relatives=people, first_time=first, before=before,
        did=(call["did"] or "") if outside else (call["presented_number"] or ""), label=told["label"] or "",
        campaign=f"{told['source']} / {told['name']}" if told["source"] is not None else "",
        queue=call["queue"] or "", since_ms=_since(tx, stage, call, legs, desk),
        rings_at=tuple(dict.fromkeys(leg["number"] for leg in legs if leg["role"] == "phone" and leg["number"] != desk
                                     and rings(leg))) if stage == "ringing" else (),
        history=tuple(past),
        comments=tuple(tx.all("console_party_comments", party=party, limit=HISTORY)) if party else (),
        callback=tx.one("console_open_callback", number=party) if party else None,
        topic=told["topic"],
        draft=tx.value("draft_get", person=person, **key) or "",
        more=facts_of(tx, call, Known(told, past, bool(people), first, seen.now_ms, seen.usual)),
    )  # fmt: skip


def dialled(tx: Tx, call: Row) -> tuple[str, str]:
    """Return what the number dialled is called, and the campaign that the call is joined to, each "" for none."""
    return label_of(tx, call), campaign_of(tx, call)


def label_of(tx: Tx, call: Row) -> str:
    """Return what the number that a call from outside dialled was called on its day, "" for none."""
    if call["direction"] != "inbound" or call["did"] is None:
        return ""
    assignment = assignment_on(tx, call["did"], call["local_day"])
    return str(assignment["label"]) if assignment is not None else ""


def campaign_of(tx: Tx, call: Row) -> str:
    """Return the campaign that a call is joined to, "" for none."""
    decided = tx.one("attribution_get", pbx=call["pbx"], call=call["id"])
    campaign = tx.one("campaign_get", id=decided["campaign"]) if decided and decided["campaign"] else None
    return f"{campaign['source']} / {campaign['name']}" if campaign else ""


def _since(tx: Tx, stage: Stage, call: Row, legs: list[Row], desk: str) -> int:
    if stage == "after":
        return int(call["ended_ms"] or call["started_ms"])
    if stage == "talking" and call["answered_ms"] is not None:
        return int(call["answered_ms"])
    mine = [int(leg["started_ms"]) for leg in legs if leg["number"] == desk and leg["ended_ms"] is None]
    return min(mine, default=int(call["started_ms"]))


def known_topics(tx: Tx) -> list[Topic]:
    """Return the topics that are offered."""
    return topics(tx)
