"""What people do with callbacks."""

import threading
from pathlib import Path

import pytest

from callbacks import (
    AlreadyOpen,
    CallbacksError,
    ClaimedBy,
    NoSuchCallback,
    NotClaimed,
    NotClosed,
    NothingToConfirm,
    NotInFuture,
    NotOpen,
)
from callbacks.desk import Desk
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, Clinic, at


@pytest.fixture
def missed(clinic: Clinic) -> Clinic:
    """A clinic with one open callback."""
    clinic.inbound("1", "10:00")
    return clinic


def test_a_claim_is_one_persons_for_ten_minutes(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        assert missed.desk(tx, "anna", "10:05").claim(1) == at("10:15")
        with pytest.raises(ClaimedBy) as refused:
            missed.desk(tx, "piotr", "10:06").claim(1)
    assert (refused.value.who, refused.value.until_ms) == ("anna", at("10:15"))
    assert missed.callback()["claimed_by"] == "anna"


def test_whoever_has_it_may_claim_it_for_longer(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
        assert missed.desk(tx, "anna", "10:10").claim(1) == at("10:20")


def test_a_claim_that_is_over_may_be_taken(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
        missed.desk(tx, "piotr", "10:15").claim(1)
    assert missed.callback()["claimed_by"] == "piotr"


def test_nobody_takes_it_while_its_holder_rings(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
    missed.outbound("2", "10:06", None)
    with store.write() as tx, pytest.raises(ClaimedBy):
        missed.desk(tx, "piotr", "10:40").claim(1)


def test_of_many_who_claim_at_once_one_gets_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "callward.db") as store:
        Clinic(store).inbound("1", "10:00")
        got: list[str] = []
        start = threading.Barrier(8)

        def take(who: str) -> None:
            start.wait()
            try:
                with store.write() as tx:
                    Desk(tx, CONTEXT, who, at("10:05")).claim(1)
                got.append(who)
            except ClaimedBy:
                pass

        threads = [threading.Thread(target=take, args=(f"person {n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(got) == 1


def test_a_claim_is_given_back_by_its_holder_only(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
        with pytest.raises(NotClaimed):
            missed.desk(tx, "piotr", "10:06").release(1)
        missed.desk(tx, "anna", "10:06").release(1)
    assert missed.callback()["state"] == "open"


def test_a_claim_that_nobody_used_lapses(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
    assert missed.sweep("10:14") == []
    assert missed.sweep("10:15") == [1]
    assert missed.callback()["state"] == "open"
    assert missed.feed()[-1] == "callback.released"


def test_a_person_closes_with_a_reason(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        with pytest.raises(CallbacksError, match="reason is empty"):
            missed.desk(tx, "anna", "10:05").close(1, "  ")
        missed.desk(tx, "anna", "10:05").close(1, "wrote an e-mail")
        with pytest.raises(NotOpen):
            missed.desk(tx, "anna", "10:06").close(1, "again")
    row = missed.callback()
    assert (row["closed_why"], row["closed_by"], row["reason"]) == ("manual", "anna", "wrote an e-mail")


def test_nobody_closes_what_somebody_else_has_in_hand(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
        with pytest.raises(ClaimedBy):
            missed.desk(tx, "piotr", "10:06").close(1, "done")


def test_a_call_after_a_manual_closing_opens_another(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").close(1, "done")
    assert missed.inbound("2", "10:10") == [2]


def test_comments_are_kept_in_order_with_their_authors(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").comment(1, "asked for Dr. Nowak")
        missed.desk(tx, "piotr", "10:06").comment(1, "mornings only")
        said = tx.all("callback_comments", callback=1)
    assert [(row["author"], row["body"]) for row in said] == [
        ("anna", "asked for Dr. Nowak"), ("piotr", "mornings only"),
    ]


def test_a_snooze_ends_when_the_caller_rings_again(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        with pytest.raises(NotInFuture):
            missed.desk(tx, "anna", "10:05").snooze(1, at("10:05"))
        missed.desk(tx, "anna", "10:05").snooze(1, at("2026-12-10 09:00"))
    assert missed.callback()["expires_ms"] > at("2026-12-10 09:00")
    missed.inbound("2", "10:10")
    assert missed.callback()["snoozed_until_ms"] is None


def test_a_talk_confirmed_stays_closed(missed: Clinic, store: Store) -> None:
    missed.outbound("2", "10:10", "answered", talk_s=8)
    with store.write() as tx:
        missed.desk(tx, "anna", "10:12").confirm(1, "spoke")
    assert missed.sweep("18:00") == []
    assert missed.callback()["closed_why"] == "reached"


def test_an_answering_machine_opens_it_again_and_counts_an_attempt(missed: Clinic, store: Store) -> None:
    missed.outbound("2", "10:10", "answered", talk_s=8)
    with store.write() as tx:
        missed.desk(tx, "anna", "10:12").confirm(1, "voicemail")
    row = missed.callback()
    assert (row["state"], row["due_ms"]) == ("open", at("11:10") + 38_000)
    assert missed.parts() == [("1", "missed"), ("2", "attempt")]
    missed.outbound("3", "11:15")
    assert missed.callback()["state"] == "open"


def test_a_wrong_person_closes_it_by_hand(missed: Clinic, store: Store) -> None:
    missed.outbound("2", "10:10", "answered", talk_s=8)
    with store.write() as tx:
        missed.desk(tx, "anna", "10:12").confirm(1, "wrong")
    row = missed.callback()
    assert (row["state"], row["closed_why"], row["closed_by"], row["reason"]) == (
        "closed", "manual", "anna", "wrong person",
    )
    assert missed.sweep("18:00") == []


def test_only_a_talk_of_ours_can_be_confirmed(missed: Clinic, store: Store) -> None:
    missed.inbound("2", "10:10", "answered")
    with store.write() as tx, pytest.raises(NothingToConfirm):
        missed.desk(tx, "anna", "10:12").confirm(1, "spoke")


def test_a_person_opens_it_again_and_what_was_before_settles_nothing(missed: Clinic, store: Store) -> None:
    missed.inbound("2", "10:10", "answered")
    with store.write() as tx:
        missed.desk(tx, "anna", "10:30").reopen(1)
        with pytest.raises(NotClosed):
            missed.desk(tx, "anna", "10:30").reopen(1)
    assert (missed.callback()["state"], missed.callback()["due_ms"]) == ("open", at("10:30"))
    assert missed.sweep("10:31") == []


def test_an_expired_callback_that_is_opened_again_has_all_its_attempts(missed: Clinic, store: Store) -> None:
    for call, when in (("2", "10:10"), ("3", "12:00"), ("4", "2026-11-24 09:00")):
        missed.outbound(call, when)
    assert missed.callback()["closed_why"] == "expired"
    with store.write() as tx:
        missed.desk(tx, "anna", "2026-12-08 10:00").reopen(1)
    assert missed.sweep("2026-12-08 10:01") == []
    assert missed.callback()["state"] == "open"


def test_what_is_open_elsewhere_is_not_opened_twice(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").close(1, "done")
    missed.inbound("2", "10:10")
    with store.write() as tx, pytest.raises(AlreadyOpen) as refused:
        missed.desk(tx, "anna", "10:30").reopen(1)
    assert refused.value.other == 2


def test_a_callback_that_does_not_exist_is_a_fact(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        desk = missed.desk(tx, "anna", "10:05")
        for act in (desk.claim, desk.release, desk.reopen):
            with pytest.raises(NoSuchCallback, match="no callback 99"):
                act(99)
