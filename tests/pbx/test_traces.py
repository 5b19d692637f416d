"""Every recorded call is told as it truly happened, recording by recording."""

from dataclasses import replace
from pathlib import Path

import pytest

from pbx.events import parse
from tests.pbx.streams import all_facts, empty_snapshot, stream
from tests.pbx.streams import fold as fold_items
from tests.pbx.trace_table import TRACES, differences, fold, truth_of

KNOWN_GAPS = {
    "asterisk22/ami_connects_mid_call": "the answer was before anybody listened: the snapshot cannot tell when",
    "freepbx22/ami_connects_mid_call": "the answer and the outside number were before anybody listened",
    "asterisk22/pbx_restart_mid_call": "the socket closed 1.1 s after the calls died: the cut is all that AMI shows",
    "asterisk22/conference_3way": "two receptionists talk in the room; the recorder did not count that as an answer",
}
"""Recordings in which AMI does not show what happened, each with what it does not show."""

FOLDERS = sorted(path.parent for path in TRACES.glob("*/*/truth.json"))


def _name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@pytest.mark.parametrize("folder", FOLDERS, ids=_name)
def test_a_recording_agrees_with_its_truth(folder: Path) -> None:
    found = list(differences(folder))
    table = "\n".join(f"{d.call:24} {d.fact:12} told {d.told!r:32} truth {d.truth!r}" for d in found)
    if _name(folder) in KNOWN_GAPS:
        assert found, f"{_name(folder)} agrees now: take it off the list of known gaps"
        return
    assert not found, f"{truth_of(folder)['description']}\n{table}"


def test_the_recordings_are_all_here() -> None:
    assert len(FOLDERS) >= 85


def test_a_step_of_the_dialplan_is_nobody() -> None:
    """FreePBX shows the trunk's leg of its own outbound call with the caller id `s`; who was dialled is known."""
    told = fold(TRACES / "freepbx22/ami_connects_mid_call").values()
    [call] = [call for call in told if call.direction == "outbound"]
    assert (call.destination, call.answered_by, call.rang) == ("+48501001102", "+48501001102", ("trunk-alfa",))


@pytest.mark.parametrize(
    "story", ["a_patient_and_two_agents_confer", "a_patient_gives_up_in_the_queue_they_were_sent_to"]
)
@pytest.mark.parametrize("release", ["own16", "own22"])
def test_where_a_caller_was_sent_is_known_though_they_are_there_before_the_switch_says_that_they_were_sent(
    release: str, story: str
) -> None:
    """A busy switch tells of the transfer late: the caller's channel has gone on by then."""
    items = stream(TRACES / release / story)
    names = [item.event for item in items]
    sent = names.index("BlindTransfer")
    there = next(place for place in range(sent, len(names)) if names[place] in ("ConfbridgeJoin", "QueueCallerJoin"))
    late = [*items[:sent], *items[sent + 1 : there + 1], replace(items[sent], at=items[there].at), *items[there + 1 :]]
    assert all_facts(fold_items(late).calls) == all_facts(fold_items(items).calls)


@pytest.mark.parametrize(
    "story",
    ["a_transfer_completed_while_ringing_is_not_answered", "a_patient_is_put_through_into_a_queue_and_gives_up"],
)
@pytest.mark.parametrize("release", ["own16", "own22"])
def test_who_puts_a_caller_through_is_out_of_the_talk_though_a_busy_switch_tells_of_their_leaving_late(
    release: str, story: str
) -> None:
    """The phone hangs up by itself meanwhile, and the caller hangs up before the switch got round to telling."""
    items = stream(TRACES / release / story)
    names = [item.event for item in items]
    through = names.index("AttendedTransfer")
    moved = parse(items[through].block)
    agent, patient = moved.get("OrigTransfererUniqueid"), moved.get("TransfereeUniqueid")
    gone = next(n for n, item in enumerate(items) if item.event == "HangupRequest" and item.uniqueid == patient)
    hold = names.index("Hold")
    late = [n for n in range(hold, gone) if names[n] in ("BridgeLeave", "BridgeDestroy", "Hangup")
            and items[n].uniqueid in (agent, patient, "")]  # fmt: skip
    asks = replace(items[gone], at=items[through].at, block=items[gone].block.replace(patient.encode(), agent.encode()))
    told = [item for n, item in enumerate(items[:gone]) if n not in late]
    told.insert(told.index(items[through]) + 1, asks)
    told += [items[gone], *(replace(items[n], at=items[gone].at + 0.1) for n in late), *items[gone + 1 :]]
    assert len(late) == 4
    assert all_facts(fold_items(told).calls) == all_facts(fold_items(items).calls)


@pytest.mark.parametrize("release", ["asterisk16", "asterisk22"])
def test_a_call_that_began_as_the_list_was_asked_for_is_not_over_though_the_list_lacks_it(release: str) -> None:
    items = stream(TRACES / release / "direct_answered")
    ring = next(n for n, item in enumerate(items) if item.event == "Newchannel")
    listed = [*items[: ring + 1], *empty_snapshot(items[ring].at + 0.01), *items[ring + 1 :]]
    assert all_facts(fold_items(listed).calls) == all_facts(fold_items(items).calls)
    late = [*items[: ring + 1], *empty_snapshot(items[ring].at + 5), *items[ring + 1 :]]
    assert all_facts(fold_items(late).calls) != all_facts(fold_items(items).calls)


@pytest.mark.parametrize("release", ["own16", "own22"])
def test_who_sends_a_caller_on_and_hangs_up_did_not_end_the_call_though_the_caller_goes_at_once(release: str) -> None:
    items = stream(TRACES / release / "a_patient_is_sent_to_voicemail_and_says_nothing")
    sent = next(n for n, item in enumerate(items) if item.event == "BlindTransfer")
    agent = parse(items[sent].block).get("TransfererUniqueid")
    patient = parse(items[sent].block).get("TransfereeUniqueid")
    gone = next(n for n, item in enumerate(items) if item.event == "HangupRequest" and item.uniqueid == patient)
    asks = replace(items[gone], at=items[sent].at, block=items[gone].block.replace(patient.encode(), agent.encode()))
    told = [*items[: sent + 1], asks, *items[sent + 1 :]]
    assert items[gone].at - items[sent].at < 0.5
    assert all_facts(fold_items(told).calls) == all_facts(fold_items(items).calls)
