"""Attribution from stored rows: decided once, decided the same for ever, and explained."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patients.tables import Source
from store import Row, Store, Tx
from tracking.attribute import attribute, gather, record_decision, why
from tracking.attribution import Decision, decide
from tracking.numbers import import_numbers

Insert = Callable[..., Row]
NUMBERS = Path(__file__).parents[1] / "data" / "clinic" / "numbers.csv"
CALLER = "+48501000206"
BILLBOARD, FACEBOOK, MAIN = "+48221234504", "+48221234502", "+48221234505"
DAY, MISSED_AT, TRIED_AT, BACK_AT = "2026-11-22", 1_795_309_200_000, 1_795_312_800_000, 1_795_316_400_000


class Past:
    """Calls and a callback of one caller, stored as they happened."""

    def __init__(self, tx: Tx, insert: Insert) -> None:
        self.tx, self._insert = tx, insert

    def call(self, call_id: str, at: int, **facts: Any) -> Decision:
        row = {"pbx": "main", "id": call_id, "kind": "patient", "started_ms": at, "local_day": DAY, **facts}
        return attribute(self.tx, self._insert(self.tx, "call", **row), now_ms=at)

    def inbound(self, call_id: str, at: int, did: str, **facts: Any) -> Decision:
        return self.call(call_id, at, direction="inbound", caller_number=CALLER, party=CALLER, did=did, **facts)

    def outbound(self, call_id: str, at: int, presented: str, **facts: Any) -> Decision:
        facts = {"destination": CALLER, "party": CALLER, "presented_number": presented, **facts}
        return self.call(call_id, at, direction="outbound", **facts)

    def opened(self, missed: str, at: int) -> None:
        self._insert(self.tx, "callback", id=1, number=CALLER, state="open", opened_ms=at)
        self.part(missed, "missed", at)

    def part(self, call_id: str, role: str, at: int) -> None:
        self._insert(self.tx, "callback_call", callback=1, pbx="main", call=call_id, role=role, at_ms=at)

    def again(self, call_id: str) -> Decision:
        row = self.tx.one("call_get", pbx="main", id=call_id)
        assert row is not None
        return decide(gather(self.tx, row))


@pytest.fixture
def past(store: Store, insert: Insert) -> Any:
    import_numbers(store, Source(NUMBERS, "PL"))
    with store.write() as tx:
        yield Past(tx, insert)


def campaign(past: Past, decision: Decision) -> str | None:
    row = None if decision.campaign_id is None else past.tx.one("campaign_get", id=decision.campaign_id)
    return None if row is None else row["source"]


def billboard_story(past: Past) -> list[Decision]:
    """Missed on the billboard; our unanswered attempt presents the Facebook line; the patient rings that one."""
    missed = past.inbound("1.1", MISSED_AT, BILLBOARD, missed=1)
    past.opened("1.1", MISSED_AT + 60_000)
    tried = past.outbound("1.2", TRIED_AT, FACEBOOK)
    past.part("1.2", "attempt", TRIED_AT)
    back = past.inbound("1.3", BACK_AT, FACEBOOK)
    return [missed, tried, back]


def close(past: Past, by: str, at: int) -> None:
    connection: Any = past.tx.conn
    connection.execute(
        "UPDATE callback SET state = 'closed', closed_ms = ?, closed_pbx = 'main', closed_call = ?", (at, by)
    )
    past.part(by, "closing", at)


def test_the_whole_story_is_the_billboards(past: Past) -> None:
    decisions = billboard_story(past)
    assert [decision.rule for decision in decisions] == ["number", "callback", "callback"]
    assert [campaign(past, decision) for decision in decisions] == ["billboard"] * 3
    assert decisions[2].evidence["attempt"] == "main:1.2"


def test_decided_again_later_from_the_stored_rows_it_is_the_same(past: Past) -> None:
    decisions = billboard_story(past)
    close(past, "1.3", BACK_AT + 90_000)
    # A later miss on another campaign's number joins the history; it is no evidence for what was before.
    past.inbound("1.4", BACK_AT + 3_600_000, "+48221234501", missed=1)
    past.part("1.4", "missed", BACK_AT + 3_600_000)
    assert [past.again(call_id) for call_id in ("1.1", "1.2", "1.3")] == decisions


def test_the_missed_call_itself_belongs_to_the_number_it_dialled(past: Past) -> None:
    past.inbound("1.1", MISSED_AT, MAIN, missed=1)
    past.opened("1.1", MISSED_AT)
    assert past.again("1.1").rule == "number"
    assert campaign(past, past.again("1.1")) == "website"


def test_another_callers_callback_is_not_looked_at(past: Past) -> None:
    billboard_story(past)
    stranger = {"caller_number": "+48501000999", "party": "+48501000999"}
    other = past.call("1.9", BACK_AT, direction="inbound", did=FACEBOOK, **stranger)
    assert (other.rule, campaign(past, other)) == ("number", "facebook")


def test_a_withheld_caller_has_no_callback(past: Past) -> None:
    billboard_story(past)
    decision = past.call("1.9", BACK_AT, direction="inbound", withheld=1, did=FACEBOOK)
    assert campaign(past, decision) == "facebook"


def test_an_assignment_counts_on_the_day_of_the_call_only(past: Past) -> None:
    decision = past.inbound("1.1", MISSED_AT, BILLBOARD, local_day="2027-01-01")
    assert decision.evidence == {"why": "no_assignment", "did": BILLBOARD, "day": "2027-01-01"}


def test_a_decision_that_is_as_it_was_is_not_written_again(past: Past) -> None:
    decision = past.inbound("1.1", MISSED_AT, BILLBOARD)
    assert not record_decision(past.tx, "main", "1.1", decision, now_ms=MISSED_AT + 5)
    stored = past.tx.one("attribution_get", pbx="main", call="1.1")
    assert stored is not None
    assert (stored["rule"], stored["decided_ms"]) == ("number", MISSED_AT)
    assert record_decision(past.tx, "main", "1.1", Decision("none", None, {"why": "no_did"}), now_ms=MISSED_AT + 5)


def test_no_number_or_name_of_a_caller_is_in_the_evidence(past: Past) -> None:
    billboard_story(past)
    for call_id in ("1.1", "1.2", "1.3"):
        stored = past.tx.one("attribution_get", pbx="main", call=call_id)
        assert stored is not None
        assert CALLER[1:] not in f"{stored['evidence']}{stored['runner_up']}"
        assert not any(CALLER[1:] in sentence for sentence in why(past.tx, "main", call_id))


def test_a_marketer_is_told_why(past: Past) -> None:
    billboard_story(past)
    assert why(past.tx, "main", "1.1") == [
        'Campaign: billboard / offline / Billboard autumn, by rule "number".',
        'The caller dialled +48221234504 ("Billboard Marszałkowska") on 2026-11-22.',
        "From 2026-09-01 to 2026-12-31 that number belonged to this campaign (assignment 4).",
    ]
    assert why(past.tx, "main", "1.2")[-1] == "This is our call to that caller while the callback was open."
    assert why(past.tx, "main", "1.3") == [
        'Campaign: billboard / offline / Billboard autumn, by rule "callback".',
        "On 2026-11-22 a call to +48221234504 was missed (call 1.1); callback 1 was opened for it, "
        "and what follows on it belongs to the same campaign.",
        "This is the caller's return to +48221234502, the number that our attempt showed them (call 1.2); "
        "so the number dialled says nothing about an advertisement.",
        'Otherwise rule "number" (the number dialled is this campaign\'s) would have said '
        "facebook / paid-social / New patients.",
    ]


def test_a_call_of_no_campaign_says_why_not(past: Past) -> None:
    past.inbound("1.1", MISSED_AT, "+48225550100")
    assert why(past.tx, "main", "1.1") == [
        'Campaign: none, by rule "none".', "+48225550100 belonged to no campaign on 2026-11-22.",
    ]
    assert why(past.tx, "main", "9.9") == [
        "No decision is stored for this call; run `callward replay` with its journal to make one."
    ]
