"""Somebody asks on the web site to be rung back."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.requests import Limits, Refused, RequestNotices, Taken, Wish, ask_back, switch_on
from notify import Message, NotifyError
from patients.phones import may_ring
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, OTHER, PATIENT, Clinic, at

LIMITS = Limits()


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    with open_store(":memory:") as store:
        yield Clinic(store)


def ask(clinic: Clinic, now: str = "10:00", limits: Limits = LIMITS, **changes: Any) -> Taken | Refused:
    wish = Wish(**{"number": "501 000 206", "consent": "I agree.", "language": "en", "network": "n1"} | changes)
    with clinic.store.write() as tx:
        return ask_back(tx, CONTEXT, limits, wish, at(now))


def test_a_request_is_a_callback_with_the_clock_of_a_missed_call(clinic: Clinic) -> None:
    taken = ask(clinic, name="Anna", campaign=7)
    assert taken == Taken(1, PATIENT, at("10:15"))
    row = clinic.callback()
    assert (row["kind"], row["state"], row["campaign"], row["live"]) == ("request", "open", 7, 1)
    assert [(one["body"], one["author"]) for one in clinic.table("callback_comment")] == [("Anna", "web form")]
    assert clinic.feed() == ["callback.opened"]


def test_at_night_it_is_due_in_the_first_working_hour(clinic: Clinic) -> None:
    taken = ask(clinic, "2026-11-23 22:00")
    assert isinstance(taken, Taken)
    assert taken.due_ms == at("2026-11-24 09:00")


def test_our_talk_closes_it_and_an_unanswered_attempt_keeps_its_source(clinic: Clinic) -> None:
    ask(clinic, campaign=7)
    clinic.outbound("1.1", "10:05")
    assert (clinic.callback()["campaign"], clinic.callback()["kind"]) == (7, "request")
    clinic.outbound("1.2", "11:10", "answered")
    assert clinic.callback()["closed_why"] == "reached"


def test_a_short_talk_that_nobody_confirmed_opens_it_again(clinic: Clinic) -> None:
    ask(clinic)
    clinic.outbound("1.1", "10:05", "answered", talk_s=10)
    assert clinic.callback()["state"] == "closed"
    clinic.sweep("2026-11-23 19:00")
    assert clinic.callback()["state"] == "open"


def test_who_was_missed_and_asks_too_has_one_callback_due_afresh(clinic: Clinic) -> None:
    clinic.inbound("1.1", "09:00")
    clinic.outbound("1.2", "09:10")
    assert clinic.callback()["due_ms"] == at("10:10") + 30_000
    taken = ask(clinic, "09:30")
    assert taken == Taken(1, PATIENT, at("09:30"))
    assert clinic.callback()["kind"] == "request"
    assert len(clinic.table("callback")) == 1


@pytest.mark.parametrize(("number", "why"), [
    ("no number", "not_a_number"), ("12", "not_a_number"), ("", "not_a_number"), ("+48 700 123 456", "not_permitted"),
    ("+881 6 12345678", "not_permitted"), ("+1 876 555 0123", "not_permitted"), ("0044 20 7946 0018", "not_permitted"),
    ("501000206\r\nAction: Originate", "not_a_number"),
])  # fmt: skip
def test_what_may_not_be_rung_is_refused_and_written_down_without_the_number(
    clinic: Clinic, number: str, why: str
) -> None:
    assert ask(clinic, number=number) == Refused(why)  # type: ignore[arg-type]
    assert clinic.table("callback") == []
    assert [(row["refused"], row["callback"]) for row in clinic.table("request")] == [(why, None)]


def test_a_number_that_a_person_marked_is_refused(clinic: Clinic) -> None:
    with clinic.store.write() as tx:
        tx.run("number_mark_put", number=PATIENT, kind="spam", reason="robot", author="anna", at_ms=0)
    assert ask(clinic) == Refused("marked")


def test_a_number_a_network_and_the_clinic_have_their_requests_of_a_day(clinic: Clinic) -> None:
    few = Limits(per_number=1, per_network=2, per_day=3)
    assert isinstance(ask(clinic, limits=few), Taken)
    assert ask(clinic, limits=few, network="n2") == Refused("number_cap")
    assert isinstance(ask(clinic, limits=few, number=OTHER), Taken)
    assert ask(clinic, limits=few, number="501000208") == Refused("network_cap")
    assert isinstance(ask(clinic, limits=few, number="501000208", network="n3"), Taken)
    assert ask(clinic, limits=few, number="501000209", network="n4") == Refused("day_cap")
    assert isinstance(ask(clinic, "2026-11-24 10:00", few), Taken)


def test_a_burst_switches_the_form_off_until_its_time_is_over_or_an_admin_switches_it_on(clinic: Clinic) -> None:
    few = Limits(burst=3)
    for n in range(3):
        assert isinstance(ask(clinic, limits=few, number=f"50100021{n}", network=str(n)), Taken)
    assert ask(clinic, limits=few, number="501000219", network="x") == Refused("switched_off")
    assert ask(clinic, "10:30", few, number="501000219", network="x") == Refused("switched_off")
    with clinic.store.write() as tx:
        assert switch_on(tx, at("10:31"))
        assert not switch_on(tx, at("10:31"))
    assert isinstance(ask(clinic, "10:31", few, number="501000219", network="x"), Taken)
    assert len(clinic.table("callback")) == 4


TYPED = st.one_of(
    st.text(max_size=40), st.from_regex(r"\+?[0-9 ()-]{5,20}", fullmatch=True),
    st.from_regex(r"(\+48|0048|)(700|701|801|300|118|501|22)[0-9]{6,7}", fullmatch=True),
    st.from_regex(r"\+(1|7|44|881|882|979|870|48)[0-9]{6,12}", fullmatch=True),
)  # fmt: skip
FREELY = Limits(per_network=10_000, burst=10_000)


@settings(max_examples=15, deadline=None)
@given(st.lists(TYPED, min_size=1, max_size=30))
def test_nothing_that_can_be_typed_leads_to_a_number_outside_the_list(everything: list[str]) -> None:
    with open_store(":memory:") as store:
        clinic = Clinic(store)
        taken = [ask(clinic, limits=FREELY, number=text, name=text) for text in everything]
        opened = clinic.table("callback")
        assert {row["id"] for row in opened} == {one.callback for one in taken if isinstance(one, Taken)}
        for row in opened:
            assert may_ring(row["number"], ("PL",))


class Desk:
    """A channel that keeps what it was given, or refuses."""

    name = "desk"

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.deaf = False

    async def send(self, message: Message) -> None:
        if self.deaf:
            raise NotifyError("nobody is there")
        self.told.append(message)


async def rounds(store: Store, desk: Desk, *moments: str) -> list[int]:
    notices = RequestNotices(store, CONTEXT, [desk])
    return [await notices.once(at(moment)) for moment in moments]


async def test_the_desk_is_told_once_without_the_whole_number(clinic: Clinic) -> None:
    ask(clinic, site="clinic.example", page="/implants")
    desk = Desk()
    assert await rounds(clinic.store, desk, "10:00", "10:01", "10:20") == [1, 0, 0]
    assert desk.told[0].subject == "Somebody asks to be rung back"
    assert "+48…206 asked at 10:00 on clinic.example/implants; ring by 10:15" in desk.told[0].body
    assert PATIENT not in desk.told[0].body


async def test_a_message_that_nobody_took_is_tried_again_and_an_old_request_tells_nobody(clinic: Clinic) -> None:
    ask(clinic)
    desk = Desk()
    desk.deaf = True
    assert await rounds(clinic.store, desk, "10:00") == [0]
    desk.deaf = False
    assert await rounds(clinic.store, desk, "10:02") == [1]
    ask(clinic, number=OTHER)
    assert await rounds(clinic.store, desk, "10:30") == [0]
