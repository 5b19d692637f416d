"""Recordings made new: other calls, which hang together as the recorded ones did."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbx.events import parse
from pbx.journal import framed
from pbx.shifting import Shift, outside_numbers, shifted, varied
from tests.pbx.ami import trace

ID_KEYS = ("Uniqueid", "Linkedid", "DestUniqueid", "DestLinkedid", "Channel", "DestChannel", "BridgeUniqueid")


def blocks_of(name: str) -> list[bytes]:
    return [block for _, blocks in framed(trace(name)) for block in blocks]


def test_ids_channels_bridges_and_times_move_together() -> None:
    block = (b"Event: BridgeEnter\r\nTimestamp: 1795310035.657454"
             b"\r\nBridgeUniqueid: f0bc246a-ae5e-4bbc-8052-ce82bf74768a\r\nChannel: PJSIP/trunk-alfa-000000ff"
             b"\r\nDialString: PJSIP/101\r\nLocal: Local/104@from-internal-0000000b;1"
             b"\r\nUniqueid: 1795309783.467\r\nLinkedid: klinika-1795309783.9\r\nLoginTime: 1795310475\r\nLastCall: 0"
             b"\r\nValue: /var/spool/rec/in-1795309783.467.wav")
    (new,) = shifted([block], Shift(seconds=1000, count=1))
    assert new == (
        b"Event: BridgeEnter\r\nTimestamp: 1795311035.657454\r\nBridgeUniqueid: f0bc246a-ae5e-4bbc-8052-ce82bf74768b"
        b"\r\nChannel: PJSIP/trunk-alfa-00000100\r\nDialString: PJSIP/101\r\nLocal: Local/104@from-internal-0000000c;1"
        b"\r\nUniqueid: 1795310783.468\r\nLinkedid: klinika-1795310783.10\r\nLoginTime: 1795311475\r\nLastCall: 0"
        b"\r\nValue: /var/spool/rec/in-1795310783.468.wav")


@pytest.mark.parametrize("name", ["queue_answered_first_agent", "local_optimised", "click_to_call_answered",
                                  "systemname_and_timestamps", "park_and_retrieve", "attended_transfer"])
def test_equal_things_stay_equal_and_no_id_stays_as_it_was(name: str) -> None:
    old = [parse(block) for block in blocks_of(f"asterisk22/{name}")]
    new = [parse(block) for block in shifted(blocks_of(f"asterisk22/{name}"), Shift(86_400, 1_000_000))]
    renamed: dict[str, str] = {}
    for before, after in zip(old, new, strict=True):
        for key in ID_KEYS:
            value = before.get(key)
            assert renamed.setdefault(value, after.get(key)) == after.get(key)
            if re.search(r"\d{10}\.\d|-[0-9a-f]{8}\b", value):
                assert after.get(key) != value
    assert len(set(renamed.values())) == len(renamed)


def test_a_shift_of_nothing_changes_nothing() -> None:
    blocks = blocks_of("asterisk22/hostile_caller_names")
    assert shifted(blocks, Shift()) == blocks


def test_numbers_change_in_every_way_of_writing_them() -> None:
    block = (b"CallerIDNum: +48501000206\r\nExten: 0501000206\r\nDialString: 48501000206@trunk\r\nX: 5010002061"
             b"\r\nY: 501000206")
    (new,) = shifted([block], Shift(numbers={"501000206": "512345678"}))
    assert new == (b"CallerIDNum: +48512345678\r\nExten: 0512345678\r\nDialString: 48512345678@trunk\r\nX: 5010002061"
                   b"\r\nY: 512345678")


def test_names_change_only_as_whole_values() -> None:
    block = b"CallerIDName: Jan\r\nConnectedLineName: Jan Testowy\r\nDestCallerIDName: Jan\r\nData: Jan"
    (new,) = shifted([block], Shift(names={"Jan": "Ewa"}))
    assert new == b"CallerIDName: Ewa\r\nConnectedLineName: Jan Testowy\r\nDestCallerIDName: Ewa\r\nData: Jan"


@pytest.mark.parametrize("bad", [{"numbers": {"501": "5\r\nEvent: Hangup"}}, {"names": {"Jan": "E\nwa"}}])
def test_a_new_text_with_a_line_break_is_refused(bad: dict[str, dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="line break"):
        Shift(**bad)  # type: ignore[arg-type]


def test_the_numbers_of_a_recording_are_those_who_rang_from_outside() -> None:
    assert outside_numbers(blocks_of("asterisk22/direct_answered")) == ["501000101"]
    assert outside_numbers(blocks_of("asterisk22/internal_call")) == []


@given(st.lists(st.from_regex(r"[1-9][0-9]{8}", fullmatch=True), unique=True), st.integers(0, 1000))
def test_varied_numbers_look_alike_and_are_the_same_for_the_same_seed(numbers: list[str], seed: int) -> None:
    new = varied(numbers, seed)
    assert new == varied(numbers, seed)
    assert all(len(other) == 9 and other[:4] == number[:4] for number, other in new.items())
