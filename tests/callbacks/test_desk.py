"""What people do with callbacks."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import time
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
from callbacks.hours import Hours
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, WARSAW, Clinic, at
from tests.store.rows import one

ROOT = Path(__file__).resolve().parents[2]


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


def test_of_many_who_claim_at_once_one_gets_it(lasting_url: str) -> None:
    with open_store(lasting_url) as store:
        clinic = Clinic(store)
        for n in range(5):
            clinic.inbound(str(n), "10:00", number=f"+4850100030{n}")
    got: list[tuple[int, str]] = []
    start = threading.Barrier(6, timeout=60)

    def take(who: str) -> None:
        # Each with a store of its own, as the programs of two receptionists are.
        with open_store(lasting_url) as store:
            for callback in range(1, 6):
                start.wait()
                try:
                    with store.write() as tx:
                        Desk(tx, CONTEXT, who, at("10:05")).claim(callback)
                    got.append((callback, who))
                except ClaimedBy:
                    pass

    threads = [threading.Thread(target=take, args=(f"person {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(callback for callback, _ in got) == [1, 2, 3, 4, 5]
    with open_store(lasting_url) as store, store.read() as tx:
        assert dict(got) == {n: one(tx, "callback_get", id=n)["claimed_by"] for n in range(1, 6)}


CLAIM = """
import sys
from callbacks.desk import Desk
from callbacks.errors import ClaimedBy
from store import open_store
from tests.callbacks.clinic import CONTEXT, at

with open_store(sys.argv[1]) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        with store.write() as tx:
            Desk(tx, CONTEXT, sys.argv[2], at("10:05")).claim(1)
        print("won")
    except ClaimedBy as refused:
        print("lost to", refused.who)
"""


def test_of_two_receptionists_in_two_programs_exactly_one_wins(lasting_url: str) -> None:
    with open_store(lasting_url) as store:
        Clinic(store).inbound("1", "10:00")
    programs = [
        subprocess.Popen([sys.executable, "-c", CLAIM, lasting_url, who], cwd=ROOT, text=True, stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
        for who in ("anna", "piotr")
    ]
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("\n")
        program.stdin.flush()
    said = [program.communicate(timeout=60)[0].strip() for program in programs]
    assert sorted(said) in (["lost to anna", "won"], ["lost to piotr", "won"])
    winner = ("anna", "piotr")[said.index("won")]
    assert f"lost to {winner}" in said


def test_a_claim_is_given_back_by_its_holder_only(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
        with pytest.raises(NotClaimed):
            missed.desk(tx, "piotr", "10:06").release(1)
        missed.desk(tx, "anna", "10:06").release(1)
    assert missed.callback()["state"] == "open"


def test_a_claim_is_handed_over_by_its_holder_only(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        with pytest.raises(NotClaimed):
            missed.desk(tx, "anna", "10:04").hand_over(1, "piotr")
        missed.desk(tx, "anna", "10:05").claim(1)
        with pytest.raises(NotClaimed, match="piotr has not claimed"):
            missed.desk(tx, "piotr", "10:06").hand_over(1, "ewa")
        with pytest.raises(CallbacksError, match="name is empty"):
            missed.desk(tx, "anna", "10:06").hand_over(1, " ")
        assert missed.desk(tx, "anna", "10:07").hand_over(1, "piotr") == at("10:17")
        with pytest.raises(ClaimedBy, match="piotr has callback 1"):
            missed.desk(tx, "anna", "10:08").claim(1)
    assert missed.callback()["claimed_by"] == "piotr"
    assert missed.feed()[-1] == "callback.handed_over"


def test_a_claim_that_is_over_cannot_be_handed_over(missed: Clinic, store: Store) -> None:
    with store.write() as tx:
        missed.desk(tx, "anna", "10:05").claim(1)
        with pytest.raises(NotClaimed):
            missed.desk(tx, "anna", "10:15").hand_over(1, "piotr")


def test_in_quiet_hours_a_claim_says_from_when_to_ring(store: Store) -> None:
    hours = Hours(WARSAW, [((time(6), time(23)),)] * 7, ring=((time(8), time(20)),))
    clinic = Clinic(store, replace(CONTEXT, hours={"": hours}))
    clinic.inbound("1", "07:00")
    with store.write() as tx:
        assert clinic.desk(tx, "anna", "07:10").quiet_until(1) == at("08:00")
        assert clinic.desk(tx, "anna", "10:00").quiet_until(1) is None


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
