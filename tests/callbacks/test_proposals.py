"""Which topic is proposed for a call: what most calls to the number dialled were about, as of the minute before."""

from typing import Any

from callbacks.proposals import SAMPLE, Proposal, propose, remembered
from store import Tx

DID, MINUTE_MS = "+48221234501", 60_000
CALL = {"did": DID, "direction": "inbound", "started_ms": 10 * MINUTE_MS + 7_000}


class Counted:
    """Answers the one question that is asked, and counts how often."""

    def __init__(self, **topics: int) -> None:
        self.rows = [{"topic": topic, "calls": calls} for topic, calls in topics.items()]
        self.asked: list[dict[str, Any]] = []

    def all(self, query: str, /, **params: Any) -> list[dict[str, Any]]:
        assert query == "proposal_topics_of_did"
        self.asked.append(params)
        return self.rows


def proposed(tx: Any, **changes: Any) -> Proposal | None:
    store: Tx = tx
    return propose(store, {**CALL, **changes}, [], None)


def test_half_of_five_calls_is_enough_and_of_four_is_not() -> None:
    assert proposed(Counted(price=3, results=2)) == Proposal("price", "number")
    assert proposed(Counted(price=2, results=2)) is None
    assert proposed(Counted(price=2, results=2, booked=1)) is None


def test_only_calls_before_the_minute_of_this_one_count() -> None:
    tx = Counted(price=5)
    assert proposed(tx) == Proposal("price", "number")
    assert tx.asked == [{"did": DID, "before_ms": 10 * MINUTE_MS, "sample": SAMPLE}]


def test_desks_that_ring_together_ask_once() -> None:
    tx, usual = Counted(price=5), remembered()
    store: Any = tx
    for second in (0, 1, 59):
        assert propose(store, {**CALL, "started_ms": (600 + second) * 1000}, [], None, usual) is not None
    assert len(tx.asked) == 1
    assert propose(store, {**CALL, "started_ms": 660_000}, [], None, usual) is not None
    assert len(tx.asked) == 2


def test_a_call_that_dialled_no_number_of_ours_asks_nothing() -> None:
    tx = Counted(price=5)
    assert proposed(tx, did=None) is None
    assert proposed(tx, direction="outbound") is None
    assert tx.asked == []
