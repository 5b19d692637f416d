"""The ladder: the first rule that holds, its evidence, and what would have been said otherwise."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.attribution import RETURN_MS, Assignment, Callback, Contact, Decision, Facts, decide

HOUR = 3_600_000
NOON = 1_795_309_200_000
BILLBOARD, FACEBOOK, WEBSITE = 4, 2, 5
BILLBOARD_DID, FACEBOOK_DID, MAIN_DID = "+48221234504", "+48221234502", "+48221234505"

ON_BILLBOARD = Assignment(40, BILLBOARD_DID, "static", BILLBOARD, "2026-09-01", "2026-12-31", "Billboard Marszałkowska")
ON_FACEBOOK = Assignment(20, FACEBOOK_DID, "static", FACEBOOK, "2026-01-01", None, "Facebook line")
ON_MAIN = Assignment(50, MAIN_DID, "main", WEBSITE, "2026-01-01", None, "Main line")

MISSED = Contact("main:1.1", NOON - HOUR, campaign=BILLBOARD, did=BILLBOARD_DID, local_day="2026-11-22")
ATTEMPT = Contact("main:1.2", NOON - HOUR // 2, presented_number=FACEBOOK_DID)
OPEN = Callback(7, "", NOON - HOUR, None, missed=(MISSED,))
TRIED = replace(OPEN, attempts=(ATTEMPT,))


def inbound(assignment: Assignment | None, *callbacks: Callback, at: int = NOON) -> Facts:
    did = None if assignment is None else assignment.did
    return Facts("inbound", "patient", at, "2026-11-22", "", did, assignment, callbacks)


def outbound(*callbacks: Callback, at: int = NOON) -> Facts:
    return Facts("outbound", "patient", at, "2026-11-22", callbacks=callbacks)


def test_a_call_belongs_to_the_campaign_of_the_number_dialled() -> None:
    assert decide(inbound(ON_BILLBOARD)) == Decision("number", BILLBOARD, {
        "did": BILLBOARD_DID, "assignment": 40, "label": "Billboard Marszałkowska", "day": "2026-11-22",
        "valid_from": "2026-09-01", "valid_to": "2026-12-31",
    })  # fmt: skip


def test_missed_on_the_billboard_and_returned_to_the_number_our_attempt_presented_is_the_billboards() -> None:
    decision = decide(inbound(ON_FACEBOOK, TRIED))
    assert (decision.rule, decision.campaign_id) == ("callback", BILLBOARD)
    assert decision.evidence == {
        "callback": 7, "opened_ms": NOON - HOUR, "how": "presented_number", "did": FACEBOOK_DID, "attempt": "main:1.2",
        "missed_call": "main:1.1", "missed_did": BILLBOARD_DID, "missed_day": "2026-11-22",
    }  # fmt: skip
    assert decision.runner_up is not None
    assert (decision.runner_up["rule"], decision.runner_up["campaign"]) == ("number", FACEBOOK)


def test_our_call_on_an_open_callback_is_the_campaigns_of_the_missed_call() -> None:
    decision = decide(outbound(OPEN))
    assert (decision.rule, decision.campaign_id, decision.evidence["how"]) == ("callback", BILLBOARD, "our_call")
    assert decision.runner_up is None


def test_our_call_that_closed_the_callback_still_belongs_to_it() -> None:
    closed = replace(OPEN, opened_ms=NOON + 1, closed_ms=NOON + HOUR, closed_by_this=True)
    assert decide(outbound(closed)).campaign_id == BILLBOARD


@pytest.mark.parametrize(("opened", "closed", "rule"), [
    (NOON, None, "callback"), (NOON - 1, NOON, "callback"), (NOON - 1, NOON + 1, "callback"),
    (NOON + 1, None, "none"), (NOON - 2, NOON - 1, "none"),
])  # fmt: skip
def test_our_call_belongs_to_a_callback_that_was_open_when_it_began(opened: int, closed: int | None, rule: str) -> None:
    assert decide(outbound(replace(OPEN, opened_ms=opened, closed_ms=closed))).rule == rule


def test_a_return_to_a_main_number_needs_no_attempt_while_the_callback_is_open() -> None:
    decision = decide(inbound(ON_MAIN, OPEN))
    assert (decision.campaign_id, decision.evidence["how"], decision.evidence["attempt"]) == (
        BILLBOARD, "main_number", None,
    )


def test_another_tracked_number_that_we_did_not_present_speaks_for_itself() -> None:
    assert decide(inbound(ON_FACEBOOK, OPEN)).campaign_id == FACEBOOK
    assert decide(inbound(replace(ON_FACEBOOK, did="+48221234509"), TRIED)).campaign_id == FACEBOOK


@pytest.mark.parametrize("assignment", [ON_FACEBOOK, ON_MAIN])
def test_after_the_callback_was_closed_a_return_counts_for_two_days_from_the_attempt(assignment: Assignment) -> None:
    closed = replace(TRIED, closed_ms=NOON - 1)
    in_time, too_late = ATTEMPT.started_ms + RETURN_MS, ATTEMPT.started_ms + RETURN_MS + 1
    assert decide(inbound(assignment, closed, at=in_time)).campaign_id == BILLBOARD
    assert decide(inbound(assignment, closed, at=too_late)).campaign_id == assignment.campaign
    assert decide(inbound(assignment, TRIED, at=too_late)).campaign_id == BILLBOARD


def test_a_call_before_the_miss_is_no_return() -> None:
    assert decide(inbound(ON_FACEBOOK, replace(TRIED, opened_ms=NOON + 1))).rule == "number"


def test_a_callback_of_no_campaign_gives_none_away() -> None:
    unknown = replace(TRIED, missed=(replace(MISSED, campaign=None),), campaign=WEBSITE)
    assert decide(inbound(ON_FACEBOOK, unknown)).campaign_id == FACEBOOK
    assert decide(outbound(unknown)) == Decision("none", None, {"why": "our_call"})


def test_a_callback_that_was_asked_for_has_a_campaign_of_its_own() -> None:
    asked = replace(OPEN, missed=(), campaign=WEBSITE)
    decision = decide(outbound(asked))
    assert decision.campaign_id == WEBSITE
    assert "missed_call" not in decision.evidence


def test_the_first_missed_call_that_has_a_campaign_gives_it() -> None:
    first = replace(MISSED, campaign=None)
    later = Contact("main:1.5", NOON - 1000, campaign=FACEBOOK, did=FACEBOOK_DID)
    decision = decide(outbound(replace(OPEN, missed=(first, MISSED, later))))
    assert (decision.campaign_id, decision.evidence["missed_call"]) == (BILLBOARD, "main:1.1")


def test_of_two_callbacks_that_of_the_calls_own_location_comes_first() -> None:
    here = replace(OPEN, id=8, location="Centrum", missed=(replace(MISSED, campaign=FACEBOOK),))
    assert decide(outbound(OPEN, here)).campaign_id == BILLBOARD
    assert decide(replace(outbound(OPEN, here), location="Centrum")).campaign_id == FACEBOOK


@pytest.mark.parametrize(("facts", "evidence"), [
    (replace(inbound(ON_BILLBOARD, TRIED), kind="internal"), {"why": "no_patient"}),
    (outbound(), {"why": "our_call"}),
    (inbound(None), {"why": "no_did"}),
    (replace(inbound(None), did=MAIN_DID), {"why": "no_assignment", "did": MAIN_DID, "day": "2026-11-22"}),
    (inbound(replace(ON_MAIN, campaign=None)), {"why": "no_campaign", "did": MAIN_DID, "day": "2026-11-22"}),
])
def test_when_nothing_holds_what_was_looked_at_is_kept(facts: Facts, evidence: dict[str, str]) -> None:
    assert decide(facts) == Decision("none", None, evidence)


contacts = st.builds(
    Contact, st.sampled_from(["main:1.1", "main:1.2"]), st.integers(NOON - 4 * RETURN_MS, NOON - 1),
    st.sampled_from([None, BILLBOARD, FACEBOOK]), st.sampled_from([None, FACEBOOK_DID, MAIN_DID]),
)  # fmt: skip
callbacks = st.builds(
    Callback, st.integers(1, 9), st.sampled_from(["", "Centrum"]), st.integers(NOON - 4 * RETURN_MS, NOON + HOUR),
    st.none() | st.integers(NOON - RETURN_MS, NOON + HOUR), st.booleans(), st.none() | st.just(WEBSITE),
    st.lists(contacts, max_size=2).map(tuple), st.lists(contacts, max_size=2).map(tuple),
)  # fmt: skip


@given(
    st.sampled_from(["inbound", "outbound", "internal"]), st.sampled_from([None, ON_BILLBOARD, ON_FACEBOOK, ON_MAIN]),
    st.lists(callbacks, max_size=3),
)  # fmt: skip
def test_one_rule_always_holds_and_a_campaign_is_never_made_up(
    direction: str, assignment: Assignment | None, found: list[Callback]
) -> None:
    facts = replace(inbound(assignment, *found), direction=direction)
    decision = decide(facts)
    known = {assignment.campaign if assignment else None, *(callback.inherited[0] for callback in found)}
    assert decision.campaign_id in known | {None}
    assert (decision.campaign_id is None) == (decision.rule == "none")
    assert decision == decide(replace(facts, callbacks=tuple(reversed(facts.callbacks)))) or len({
        (one.location, one.opened_ms, one.id) for one in found
    }) < len(found)
