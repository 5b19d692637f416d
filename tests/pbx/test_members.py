"""Who is on duty in the queues, as recorded exchanges tell it."""

from pathlib import Path

import pytest

from pbx.journal import framed, records
from pbx.members import Duty, Member, Members, Places, extension_of

TRACES = Path(__file__).parents[1] / "traces"


def block(name: str, **fields: str) -> bytes:
    return "\r\n".join([f"Event: {name}", *(f"{key}: {value}" for key, value in fields.items())]).encode()


def member(name: str, who: str, *, paused: str = "0", status: str = "1") -> bytes:
    return block(name, Queue="reception", Interface=who, Paused=paused, Status=status)


def test_a_member_who_pauses_is_off_duty_and_comes_back() -> None:
    members = Members()
    assert members.fold([member("QueueMemberAdded", "PJSIP/101")]) == [Duty("reception", 1, 1)]
    assert members.fold([member("QueueMemberPause", "PJSIP/101", paused="1")]) == [Duty("reception", 1, 0)]
    assert members.fold([member("QueueMemberPause", "PJSIP/101")]) == [Duty("reception", 1, 1)]


def test_a_phone_that_cannot_be_reached_is_nobody_on_duty() -> None:
    members = Members()
    members.fold([member("QueueMemberStatus", "PJSIP/101"), member("QueueMemberStatus", "PJSIP/102")])
    assert members.fold([member("QueueMemberStatus", "PJSIP/101", status="5")]) == [Duty("reception", 2, 1)]
    assert members.fold([member("QueueMemberStatus", "PJSIP/102", status="4")]) == [Duty("reception", 2, 0)]


def test_a_member_who_talks_is_on_duty() -> None:
    assert Members().fold([member("QueueMemberStatus", "PJSIP/101", status="2")]) == [Duty("reception", 1, 1)]


def test_the_last_one_who_logs_off_leaves_the_queue_empty() -> None:
    members = Members()
    members.fold([member("QueueMemberAdded", "PJSIP/101")])
    assert members.fold([member("QueueMemberRemoved", "PJSIP/101")]) == [Duty("reception", 0, 0)]


def test_the_same_again_is_no_news() -> None:
    members = Members()
    members.fold([member("QueueMemberStatus", "PJSIP/101")])
    assert members.fold([member("QueueMemberStatus", "PJSIP/101", status="6")]) == []


def test_a_list_replaces_what_was_known() -> None:
    members = Members()
    members.fold([member("QueueMemberAdded", "PJSIP/109")])
    listed = [
        block("QueueParams", Queue="reception", ActionID="7"),
        block("QueueMember", Queue="reception", Location="PJSIP/101", Paused="1", Status="1", ActionID="7"),
        block("QueueParams", Queue="empty", ActionID="7"),
    ]
    assert members.fold(listed) == []
    done = members.fold([block("QueueStatusComplete", EventList="Complete", ActionID="7")])
    assert done == [Duty("reception", 1, 0), Duty("empty", 0, 0)]


def test_a_list_that_a_broken_session_left_unfinished_is_forgotten() -> None:
    members = Members()
    members.fold([block("QueueParams", Queue="reception", ActionID="7")])
    members.closed()
    assert members.fold([block("QueueStatusComplete", EventList="Complete", ActionID="7")]) == []


def test_a_recorded_lunch_break() -> None:
    """In the recording three are paused for a while; at its end they are back."""
    members, least = Members(), 99
    for _, blocks in framed(records(TRACES / "asterisk22" / "queue_waiting_line" / "journal.jsonl")):
        for duty in members.fold(blocks):
            if duty.queue == "reception":
                least = min(least, duty.on_duty)
    assert least < len(members.queues["reception"]) == sum(
        member.on_duty for member in members.queues["reception"].values())


def pause(who: str, paused: str, **fields: str) -> bytes:
    return block("QueueMemberPause", Queue="reception", Interface=who, Paused=paused, Status="1",
                 StateInterface=who, MemberName="Anna", **fields)


def test_a_pause_has_its_reason_and_when_it_began() -> None:
    members = Members()
    members.fold([pause("PJSIP/101", "1", PausedReason="lunch", LastPause="1795309200")], 1795309203.5)
    assert members.places() == [
        Places("reception", (Member("PJSIP/101", "101", "Anna", True, "lunch", 1795309200000),))]
    members.fold([pause("PJSIP/101", "1", PausedReason="lunch")], 1795309300.0)
    assert members.places() == []
    members.fold([pause("PJSIP/101", "0")], 1795309400.0)
    assert members.places() == [Places("reception", (Member("PJSIP/101", "101", "Anna"),))]


def test_without_its_beginning_a_pause_began_when_it_was_heard_of() -> None:
    members = Members()
    members.fold([pause("PJSIP/101", "1", Reason="lunch", LastPause="0")], 1795309203.5)
    assert members.places()[0].members[0].since_ms == 1795309203500


def test_a_queue_that_a_snapshot_lacks_is_gone() -> None:
    members = Members()
    members.fold([pause("PJSIP/101", "0")])
    assert [places.queue for places in members.places()] == ["reception"]
    members.fold([block("QueueParams", Queue="other", ActionID="callward-snapshot-1-queues"),
                  block("QueueStatusComplete", ActionID="callward-snapshot-1-queues")])
    assert members.places() == [Places("reception", ()), Places("other", ())]


@pytest.mark.parametrize(("interface", "state", "extension"), [
    ("PJSIP/101", "PJSIP/101", "101"), ("Local/101@from-queue/n", "hint:101@ext-local", "101"),
    ("Local/101@agents/n", "", "101"), ("SIP/anna-desk", "Custom:away", "anna-desk"), ("", "", ""),
])  # fmt: skip
def test_the_extension_of_a_member(interface: str, state: str, extension: str) -> None:
    assert extension_of(interface, state) == extension
