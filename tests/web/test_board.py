"""The live board: what goes on now, from rows of the store."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.store.rows import PBX, START_MS, call_row
from web.board import Board, Rows, board, ringing_phones

NOW = START_MS + 60_000


def call(call_id: str = "1.1", **changes: Any) -> dict[str, Any]:
    fields = {"id": call_id, "outcome": None, "ended_ms": None, "state": "waiting", "started_ms": START_MS, "missed": 0}
    return call_row(**fields | changes)


def leg(call_id: str = "1.1", number: str | None = "101", **changes: Any) -> dict[str, Any]:
    row = {"pbx": PBX, "call": call_id, "uniqueid": f"{call_id}-{number}", "linkedid": call_id, "role": "phone",
           "channel": f"PJSIP/{number}-1", "number": number, "started_ms": START_MS + 2000, "answered_ms": None,
           "ended_ms": None, "cause": None, "ring_ms": None}  # fmt: skip
    return row | changes


def talk(call_id: str = "1.1", who: str = "101", at_ms: int = START_MS + 9000, **changes: Any) -> dict[str, Any]:
    return {"pbx": PBX, "call": call_id, "n": 0, "who": who, "started_ms": at_ms, "ended_ms": None} | changes


def wait(call_id: str = "1.1", at_ms: int = START_MS + 1000, **changes: Any) -> dict[str, Any]:
    return {"pbx": PBX, "call": call_id, "n": 0, "queue": "reception", "started_ms": at_ms, "ended_ms": None,
            "departed": None} | changes  # fmt: skip


def doing(shown: Board) -> dict[str, str]:
    return {phone.extension: phone.doing for phone in shown.phones}


def test_who_waits_has_a_place_in_the_queue_and_the_first_waits_longest() -> None:
    rows = Rows(calls=[call("1.1"), call("1.2"), call("1.3")],
                waits=[wait("1.2", START_MS + 3000), wait("1.1", START_MS + 1000),
                       wait("1.3", START_MS + 2000, queue="registration")])
    shown = board(rows, NOW)
    assert [(one.id, one.queue, one.position) for one in shown.waiting] == [
        ("1.1", "reception", 1), ("1.3", "registration", 1), ("1.2", "reception", 2)]
    assert [(queue.name, queue.waiting) for queue in shown.queues] == [("reception", 2), ("registration", 1)]
    assert shown.longest_wait_since_ms == START_MS + 1000


def test_a_caller_in_a_queue_waits_though_phones_ring() -> None:
    shown = board(Rows(calls=[call(state="ringing")], waits=[wait()], legs=[leg(), leg(number="102")]), NOW)
    assert [one.phones for one in shown.waiting] == [("101", "102")]
    assert not shown.ringing
    assert doing(shown) == {"101": "ringing", "102": "ringing"}


def test_a_direct_call_rings() -> None:
    shown = board(Rows(calls=[call(state="ringing", queue=None)], legs=[leg()]), NOW)
    assert [(one.place, one.phones, one.since_ms) for one in shown.ringing] == [("ringing", ("101",), START_MS + 2000)]


def test_when_one_answers_the_others_are_free_again() -> None:
    legs = [leg(answered_ms=START_MS + 9000, ring_ms=7000), leg(number="102", ended_ms=START_MS + 9000, ring_ms=7000)]
    shown = board(Rows(calls=[call(state="talking")], legs=legs, talks=[talk()], phones=("102",)), NOW)
    assert [(one.place, one.phones, one.since_ms) for one in shown.talking] == [("talking", ("101",), START_MS + 9000)]
    assert doing(shown) == {"101": "talking", "102": "free"}


def test_a_phone_that_stopped_ringing_rings_no_more_though_its_leg_lives() -> None:
    assert ringing_phones(call(), [leg(ring_ms=5000), leg(number="102")]) == ("102",)


def test_on_hold_and_parked_are_held() -> None:
    for state in ("held", "parked"):
        shown = board(Rows(calls=[call(state=state)], legs=[leg(answered_ms=1, ring_ms=1)], talks=[talk()]), NOW)
        assert len(shown.held) == 1
        assert not shown.talking
    assert doing(board(Rows(calls=[call(state="held")], legs=[leg(answered_ms=1)], talks=[talk()]), NOW)) == {
        "101": "held"}


def test_our_own_call_is_dialling_until_somebody_talks() -> None:
    ours = call(direction="outbound", extension="101", state="ringing", destination="+48501000901",
                party="+48501000901")
    trunk = leg(number="+48501000901", role="trunk")
    shown = board(Rows(calls=[ours], legs=[leg(), trunk]), NOW)
    assert [(one.place, one.number, one.phones) for one in shown.ringing] == [("ringing", "+48501000901", ("101",))]
    assert doing(shown) == {"101": "dialling"}


def test_calls_between_colleagues_are_on_no_list_but_their_phones_are_busy() -> None:
    inner = call(kind="internal", direction="internal", extension="101", state="talking", party=None,
                 destination_raw="102")
    shown = board(Rows(calls=[inner], legs=[leg(answered_ms=1), leg(number="102", answered_ms=1)]), NOW)
    assert shown.quiet
    assert [(phone.extension, phone.doing, phone.with_whom) for phone in shown.phones] == [
        ("101", "talking", "102"), ("102", "talking", "101")]


def test_a_withheld_caller_has_no_number_and_a_short_one_is_shown_as_it_came() -> None:
    hidden = call("1.1", withheld=1, caller_number=None, party=None, caller_raw="anonymous")
    short = call("1.2", caller_number=None, party=None, caller_raw="112")
    shown = board(Rows(calls=[hidden, short], waits=[wait("1.1"), wait("1.2")]), NOW)
    assert [(one.withheld, one.number) for one in shown.waiting] == [(True, None), (False, "112")]


def test_the_number_dialled_is_called_by_its_label() -> None:
    rows = Rows(calls=[call(did="+48221234501"), call("1.2", did="+48221234502")], waits=[wait(), wait("1.2")],
                labels={"+48221234501": "Billboard Marszałkowska"})
    assert [one.label for one in board(rows, NOW).waiting] == ["Billboard Marszałkowska", "+48221234502"]


def test_phones_stand_in_the_order_of_their_numbers_with_who_sits_there() -> None:
    shown = board(Rows(phones=("1001", "102", "101"), people={"101": "Anna"}), NOW)
    assert [(phone.extension, phone.person) for phone in shown.phones] == [("101", "Anna"), ("102", ""), ("1001", "")]


states = st.sampled_from(["ringing", "waiting", "menu", "talking", "held", "parked"])


@given(st.lists(st.tuples(states, st.booleans(), st.booleans(), st.booleans()), max_size=12))
def test_every_call_stands_in_exactly_one_place(made: list[tuple[str, bool, bool, bool]]) -> None:
    calls, legs, talks, waits = [], [], [], []
    for place, (state, rings, talking, queued) in enumerate(made):
        name = f"1.{place}"
        calls.append(call(name, state=state))
        legs += [leg(name)] if rings else []
        talks += [talk(name)] if talking else []
        waits += [wait(name)] if queued else []
    shown = board(Rows(calls, legs, talks, waits), NOW)
    placed = [one.id for some in (shown.waiting, shown.ringing, shown.talking, shown.held, shown.menu) for one in some]
    assert sorted(placed) == sorted(row["id"] for row in calls)
    assert sum(queue.waiting for queue in shown.queues) == len(shown.waiting)
    assert all(one.since_ms <= NOW for one in shown.waiting)


def test_after_a_call_a_phone_is_not_free_before_its_topic_is_noted_unless_it_rings_again() -> None:
    after = Rows(phones=["101", "102"], people={"101": "Anna"}, noting={"101": START_MS})
    assert doing(board(after, NOW)) == {"101": "noting", "102": "free"}
    again = Rows(phones=["101"], noting={"101": START_MS}, calls=[call(state="ringing")], legs=[leg()])
    assert doing(board(again, NOW)) == {"101": "ringing"}
