"""A person gives a number to a campaign, moves it, ends that, or takes back a mistake; the history stays."""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Store, Tx, open_store
from tracking import Author, TrackingError
from tracking.campaigns import Campaign, add_campaign
from tracking.numbers import (
    Assignment,
    assign,
    assignment_on,
    edit_assignment,
    end_assignment,
    history,
    move,
    withdraw_assignment,
)
from tracking.periods import Period

DID = "+48221234501"
ANNA = Author("Anna", 1_795_309_200_000)


@pytest.fixture
def tx(store: Store) -> Iterator[Tx]:
    with store.write() as opened:
        for source in ("billboard", "leaflet"):
            add_campaign(opened, Campaign(source, "offline", source.title()))
        yield opened


def spring(campaign: int | None = 1, **facts: str) -> Assignment:
    return Assignment(DID, campaign, Period("2026-03-01", "2026-05-31"), **facts)


def refusal(call: object, *given: object) -> str:
    with pytest.raises(TrackingError) as refused:
        call(*given)  # type: ignore[operator]
    return str(refused.value)


def test_a_number_belongs_to_its_campaign_on_both_end_days_and_not_outside(tx: Tx) -> None:
    assign(tx, spring(label=" North  bridge "), ANNA)
    days = ("2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01")
    found = [assignment_on(tx, DID, day) for day in days]
    assert [row and row["label"] for row in found] == [None, "North bridge", "North bridge", None]


def test_an_overlap_is_refused_and_says_whose_the_number_is(tx: Tx) -> None:
    assign(tx, spring(), ANNA)
    assert refusal(assign, tx, Assignment(DID, 2, Period("2026-05-31")), ANNA) == (
        "+48221234501 belongs to billboard / offline / Billboard from 2026-03-01 to 2026-05-31 (assignment 1), which "
        "overlaps from 2026-05-31 on; end one of them before the other begins."
    )
    assert len(tx.all("numbers_of_did", did=DID)) == 1


def test_a_moved_number_ends_on_the_eve_and_keeps_its_history(tx: Tx) -> None:
    assign(tx, Assignment(DID, 1, Period("2026-03-01")), ANNA)
    assert move(tx, Assignment(DID, 2, Period("2026-09-01")), ANNA) == 2
    assignments, changes = history(tx, DID)
    assert [(row["source"], row["valid_from"], row["valid_to"]) for row in assignments] == [
        ("billboard", "2026-03-01", "2026-08-31"), ("leaflet", "2026-09-01", None),
    ]
    assert [(row["said"], row["author"]) for row in changes] == [
        ("assigned from 2026-03-01 on", "Anna"), ("ends on 2026-08-31", "Anna"),
        ("assigned from 2026-09-01 on", "Anna"),
    ]


def test_an_assignment_ends_once_and_may_go_on_until_the_next_begins(tx: Tx) -> None:
    assign(tx, spring(), ANNA)
    assign(tx, Assignment(DID, 2, Period("2026-09-01")), ANNA)
    assert end_assignment(tx, 1, "2026-04-30", ANNA)
    assert not end_assignment(tx, 1, "2026-04-30", ANNA)
    assert end_assignment(tx, 1, "2026-08-31", ANNA)
    assert "belongs to leaflet" in refusal(end_assignment, tx, 1, "2026-09-01", ANNA)
    assert "if it was a mistake, withdraw it" in refusal(end_assignment, tx, 1, "2026-02-28", ANNA)
    assert refusal(end_assignment, tx, 9, "2026-02-28", ANNA).startswith("There is no assignment 9")


def test_a_mistake_is_taken_back_with_its_reason(tx: Tx) -> None:
    assign(tx, spring(), ANNA)
    assert refusal(withdraw_assignment, tx, 1, "  ", ANNA).startswith("The reason is empty")
    withdraw_assignment(tx, 1, "wrong  number", ANNA)
    assignments, changes = history(tx, DID)
    assert assignments == []
    assert changes[-1]["said"] == (
        "from 2026-03-01 to 2026-05-31 for billboard / offline / Billboard was a mistake: wrong number"
    )


def test_label_and_destination_change_without_touching_the_days(tx: Tx) -> None:
    assign(tx, spring(), ANNA)
    assert edit_assignment(tx, 1, spring(label="South", destination="reception"), ANNA)
    assert not edit_assignment(tx, 1, spring(label="South", destination="reception"), ANNA)
    [row] = tx.all("numbers_of_did", did=DID)
    assert (row["label"], row["destination"], row["valid_to"]) == ("South", "reception", "2026-05-31")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Assignment("221234501", 1, Period("2026-03-01")), "is not a number with its country"),
        (Assignment(DID, 1, Period("2026-3-1")), "is not a day"),
        (Assignment(DID, 1, Period("2026-03-01", "2026-02-01")), "swap the two"),
        (Assignment(DID, None, Period("2026-03-01")), "Only a number of kind main"),
        (Assignment(DID, 1, Period("2026-03-01"), kind="loud"), "write static, pool, overflow or main"),
        (Assignment(DID, 77, Period("2026-03-01")), "There is no campaign 77"),
        (Assignment(DID, 1, Period("2026-03-01"), location="Moon"), "is not a location of the settings"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tx: Tx, wrong: Assignment, sentence: str) -> None:
    assert sentence in refusal(assign, tx, wrong, ANNA, ("Centre",))


days = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 3, 1))
steps = st.lists(
    st.tuples(st.sampled_from(("assign", "move", "end", "withdraw")), st.integers(1, 2), days,
              st.none() | days, st.integers(1, 6)),
    max_size=12,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(steps)
def test_whatever_is_done_no_number_has_two_assignments_on_one_day(doings: list[tuple[object, ...]]) -> None:
    with open_store(":memory:") as store, store.write() as tx:
        for source in ("billboard", "leaflet"):
            add_campaign(tx, Campaign(source, "offline"))
        for what, campaign, first, last, which in doings:
            wanted = Assignment(DID, campaign, Period(str(first), None if last is None else str(last)))  # type: ignore[arg-type]
            try:
                if what in ("assign", "move"):
                    (assign if what == "assign" else move)(tx, wanted, ANNA)
                elif what == "end":
                    end_assignment(tx, which, str(first), ANNA)  # type: ignore[arg-type]
                else:
                    withdraw_assignment(tx, which, "a mistake", ANNA)  # type: ignore[arg-type]
            except TrackingError:
                pass
        periods = [Period(row["valid_from"], row["valid_to"]) for row in tx.all("numbers_of_did", did=DID)]
        assert not [1 for n, one in enumerate(periods) for other in periods[:n] if one.overlaps(other)]
