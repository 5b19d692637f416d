"""The rules that stand around the callback and the number: a person's word, a visitor's lease, a return."""

from dataclasses import replace

import pytest

from tests.tracking.test_attribution import BILLBOARD, FACEBOOK, HOUR, NOON, ON_FACEBOOK, ON_MAIN, TRIED, inbound
from tracking.attribution import Correction, Earlier, Lease, decide

DAY = 24 * HOUR
SEARCH = 9
LEASE = Lease(3, 8, ON_FACEBOOK.did, SEARCH, NOON - HOUR, NOON + HOUR, page="/implants")
SAID = Correction(2, BILLBOARD, "she said so", "Anna", NOON + DAY)
EARLIER = Earlier("main:0.9", NOON - 3 * DAY, "2026-11-19", BILLBOARD)
EVERYTHING = replace(inbound(ON_FACEBOOK, TRIED), correction=SAID, lease=LEASE, earlier=EARLIER, returning_ms=7 * DAY)


def test_each_rule_stands_above_the_next_and_the_next_is_kept() -> None:
    facts, ladder = EVERYTHING, []
    for without in ({"correction": None}, {"lease": None}, {"callbacks": ()}, {"assignment": None}, {"earlier": None}):
        decision = decide(facts)
        ladder.append((decision.rule, decision.campaign_id, decision.runner_up and decision.runner_up["rule"]))
        facts = replace(facts, **without)
    assert ladder == [
        ("manual", BILLBOARD, "visitor"), ("visitor", SEARCH, "callback"), ("callback", BILLBOARD, "number"),
        ("number", FACEBOOK, "returning"), ("returning", BILLBOARD, None),
    ]
    assert decide(facts).rule == "none"


def test_a_person_may_say_that_it_is_no_campaigns() -> None:
    decision = decide(replace(EVERYTHING, correction=replace(SAID, campaign=None)))
    assert (decision.rule, decision.campaign_id) == ("manual", None)
    assert decision.evidence == {"correction": 2, "because": "she said so", "author": "Anna", "at_ms": NOON + DAY}


def test_a_lease_is_evidence_with_its_confidence() -> None:
    assert decide(replace(EVERYTHING, correction=None)).evidence == {
        "did": ON_FACEBOOK.did, "lease": 3, "visit": 8, "from_ms": NOON - HOUR, "page": "/implants", "among": 1,
        "confidence": 1.0,
    }
    shared = decide(replace(EVERYTHING, correction=None, lease=replace(LEASE, among=3)))
    assert (shared.rule, shared.evidence["confidence"]) == ("visitor", 0.333)


@pytest.mark.parametrize("lease", [
    replace(LEASE, from_ms=NOON + 1), replace(LEASE, until_ms=NOON - 1), replace(LEASE, campaign=None),
    replace(LEASE, overflow=True, among=2),
])  # fmt: skip
def test_a_lease_that_tells_nothing_certain_is_no_match(lease: Lease) -> None:
    assert decide(replace(inbound(ON_FACEBOOK), lease=lease)).rule == "number"


def test_the_overflow_number_tells_who_rang_when_one_visitor_had_it() -> None:
    assert decide(replace(inbound(ON_FACEBOOK), lease=replace(LEASE, overflow=True))).rule == "visitor"


@pytest.mark.parametrize(
    ("ago", "rule"), [(0, "none"), (1, "returning"), (7 * DAY, "returning"), (7 * DAY + 1, "none")]
)
def test_who_rang_within_the_days_returns(ago: int, rule: str) -> None:
    facts = replace(inbound(None), earlier=replace(EARLIER, started_ms=NOON - ago), returning_ms=7 * DAY)
    assert decide(facts).rule == rule


def test_a_main_number_without_a_campaign_leaves_the_return() -> None:
    facts = replace(inbound(replace(ON_MAIN, campaign=None)), earlier=EARLIER, returning_ms=7 * DAY)
    assert decide(facts).evidence == {"earlier_call": "main:0.9", "earlier_day": "2026-11-19", "days": 7}


def test_nobody_returns_unless_the_clinic_wants_it() -> None:
    assert decide(replace(inbound(None), earlier=EARLIER)).rule == "none"
