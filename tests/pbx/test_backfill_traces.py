"""Every recording told from Asterisk's own records alone, beside what truly happened."""

from pathlib import Path

import pytest

from pbx.calls import Call
from tests.pbx import trace_table
from tests.pbx.records import FOLDERS, fold, sources
from tests.pbx.trace_table import differences, truth_of

CEL_CANNOT_TELL = {
    "asterisk22/conference_3way": "two receptionists talk in the room; the recorder did not count that as an answer",
    "asterisk22/long_call": "the exchange's clock was set forward by three hours: CEL goes by that clock",
    "asterisk22/pbx_restart_mid_call": "a stop of Asterisk looks like hang-ups by the switch",
    "asterisk22/queue_joinempty": "a queue that refuses a caller leaves no row",
}
"""Recordings in which CEL does not show what happened, each with what it does not show."""

CDR_CANNOT_TELL = {
    "DID": "`dst` is what the dialplan last went to; FreePBX alone has a column `did`",
    "rang": "one row for each phone, in the order in which they stopped ringing",
    "queue": "a queue that refuses a caller is not in queue_log, and `lastapp` has moved on",
    "outcome": "who hung up, and whether a message was left, is in no column",
    "answer": "a greeting or a menu answers too",
    "wait": "it ends with the answer",
    "talk": "it begins with the answer",
    "end": "a stay in a conference is a pair of channels that ends with either",
    "answered by": "a forward and a conference are pairs of other channels",
    "call": "a call that dialled nobody and was not answered has no row (unanswered = no)",
}
"""Facts that CDR and queue_log may tell wrong, each with the reason. All others must be right."""

CERTAIN_OF_CDR = frozenset(("direction", "caller", "destination", "start"))


def named(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def told(folder: Path, calls: dict[str, Call], monkeypatch: pytest.MonkeyPatch) -> list[trace_table.Difference]:
    """Compare calls with the truth of their recording."""
    monkeypatch.setattr(trace_table, "fold", lambda _: calls)
    return list(differences(folder))


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_cel_alone_tells_a_recording_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = told(folder, fold(sources(folder, "cel")), monkeypatch)
    table = "\n".join(f"{d.call:24} {d.fact:12} told {d.told!r:32} truth {d.truth!r}" for d in found)
    if named(folder) in CEL_CANNOT_TELL:
        assert found, f"{named(folder)} agrees now: take it off the list"
        return
    assert not found, f"{truth_of(folder)['description']}\n{table}"


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_cdr_and_queue_log_add_to_cel_and_take_nothing_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cel, every = fold(sources(folder, "cel")), fold(sources(folder, "cel", "cdr", "queue_log"))
    for id_, call in cel.items():
        assert every[id_].outcome == call.outcome, id_
        assert every[id_].answered_by == call.answered_by
        assert call.did is None or every[id_].did == call.did
        assert call.queue is None or every[id_].queue == call.queue
    assert all(dict(every[id_].sources)["*"] == "cdr" for id_ in every.keys() - cel.keys())


def test_without_cel_the_cdr_tells_who_rang_whom_and_when(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = right = 0
    for folder in FOLDERS:
        found = told(folder, fold(sources(folder, "cdr", "queue_log")), monkeypatch)
        lost = {d.call for d in found if d.fact == "call"}
        wrong = {d.fact for d in found if d.fact in CERTAIN_OF_CDR}
        assert not wrong, f"{named(folder)}: {wrong}"
        assert {d.fact for d in found} <= CDR_CANNOT_TELL.keys(), named(folder)
        calls += len(truth_of(folder)["calls"])
        right += len(truth_of(folder)["calls"]) - len(lost | {d.call for d in found if d.fact == "outcome"})
    print(f"\nCDR and queue_log alone tell the outcome of {right} of {calls} calls")
    assert right >= 0.9 * calls


def test_what_was_not_seen_on_ami_says_where_it_comes_from() -> None:
    [folder] = [folder for folder in FOLDERS if named(folder) == "freepbx22/queue_answered"]
    [call] = fold(sources(folder, "cel", "cdr", "queue_log")).values()
    assert dict(call.sources) == {"*": "cel", "queue": "queue_log", "queues": "queue_log", "did": "queue_log"}
    assert (call.did, call.queue, call.waits[0].left) == ("+48221234501", "500", "answered")
