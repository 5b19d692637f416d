"""The demo's recordings: real calls, made new for each caller."""

import gzip
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.live import manners
from demo.recordings import KNOWN, TRACES, Made, as_records, call
from pbx.calls import Call
from pbx.clicks import Click
from pbx.endpoints import Endpoints
from pbx.journal import framed
from pbx.telling import Teller
from pbx.tracker import Tracker
from tests.demo.cut import CUT, cut

START = 1_790_000_000.0
OUTCOMES = {
    "queue_answered": "answered", "queue_second_phone": "answered", "queue_abandoned": "abandoned",
    "queue_voicemail": "voicemail", "queue_closed": "failed", "group_answered": "answered",
    "direct_answered": "answered", "direct_no_answer": "no_answer", "direct_busy": "busy",
    "menu_answered": "answered", "menu_left": "left_menu", "after_hours_voicemail": "voicemail",
    "withheld_answered": "answered", "transferred": "answered", "outbound_answered": "answered",
    "outbound_no_answer": "cancelled", "outbound_busy": "busy", "internal": "answered",
}  # fmt: skip


def folded(name: str, made: Made, region: str = "PL") -> Call:
    """Return the one call that the tracker makes of a recording."""
    tracker = Tracker("main", Endpoints.of(["trunk-alfa"], ["10X"], []), Teller(region, ()))
    changes = [change for at, blocks in call(name, made) for change in tracker.fold(at, blocks)]
    (only,) = {change.call.id for change in changes}
    return next(change.call for change in reversed(changes) if change.call.id == only)


def made(**other: object) -> Made:
    values = {"start": START, "serial": 7, "number": "+34600000123", "did": "+34910000101", "wait": 20.0,
              "talk": 100.0, **other}
    return Made(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KNOWN)
def test_a_recording_is_what_is_cut_out_of_its_trace(name: str) -> None:
    assert gzip.decompress((TRACES / f"{name}.jsonl.gz").read_bytes()) == gzip.decompress(cut(name))


def test_every_recording_is_known_and_cut() -> None:
    assert set(KNOWN) == set(CUT) == set(OUTCOMES) == {path.name.split(".")[0] for path in TRACES.iterdir()}


@pytest.mark.parametrize("name", KNOWN)
def test_a_made_call_ends_as_the_recorded_one_did(name: str) -> None:
    assert folded(name, made()).outcome == OUTCOMES[name]


@pytest.mark.parametrize("name", sorted(set(KNOWN) - {"withheld_answered", "internal"}))
def test_a_made_call_is_of_the_new_people(name: str) -> None:
    new = folded(name, made(), "ES")
    assert (new.party, new.did or new.presented_number) == ("+34600000123", "+34910000101")


@pytest.mark.parametrize("name", KNOWN)
def test_nothing_of_the_recorded_people_is_left(name: str) -> None:
    text = b"".join(block for _, blocks in call(name, made()) for block in blocks)
    left = [digits for digits in (KNOWN[name].party, KNOWN[name].did) if digits and digits.encode() in text]
    assert left == []


@pytest.mark.parametrize("name", [name for name, outcome in OUTCOMES.items() if outcome == "answered"])
def test_wait_and_talk_are_as_long_as_wanted(name: str) -> None:
    new = folded(name, made(wait=33.0, talk=222.0))
    assert (new.wait_ms / 1000, new.talk_ms / 1000) == pytest.approx((33.0, 222.0), abs=1.5)


def test_other_phones_ring_in_another_turn() -> None:
    assert [folded("queue_answered", made(turn=turn)).answered_by for turn in range(5)] == [
        "101", "102", "103", "104", "105",
    ]  # fmt: skip


def test_two_calls_of_one_recording_share_no_id() -> None:
    first, second = (folded("group_answered", made(serial=serial)) for serial in (1, 2))
    assert not {leg.uniqueid for leg in first.legs} & {leg.uniqueid for leg in second.legs}
    assert not {leg.channel for leg in first.legs} & {leg.channel for leg in second.legs}


@settings(max_examples=40, deadline=None)
@given(name=st.sampled_from(sorted(KNOWN)), wait=st.floats(0, 600), talk=st.floats(0, 3600),
       serial=st.integers(1, 400_000), turn=st.integers(0, 9))
def test_moments_follow_each_other_and_fill_the_time(
    name: str, wait: float, talk: float, serial: int, turn: int
) -> None:
    times = [at for at, _ in call(name, made(wait=wait, talk=talk, serial=serial, turn=turn))]
    assert times[0] == START
    assert all(earlier <= later for earlier, later in pairwise(times))
    assert times[-1] <= START + wait + talk + 0.001


def test_records_give_the_same_blocks_to_a_simulator() -> None:
    moments = call("transferred", made())
    assert [(record.at, blocks) for record, blocks in framed(as_records(moments))] == moments


def test_whom_a_visitor_rings_first_answers() -> None:
    random = Random(1)
    for _ in range(20):
        manner = manners(random)
        assert manner(Click("1", "PJSIP/106", "callward-originate", "501000222", "106")).patient == "answers"
    rung = {manner(Click("1", "PJSIP/106", "callward-originate", "501000222", "106")).patient for _ in range(100)}
    assert rung == {"answers", "no_answer", "busy"}
