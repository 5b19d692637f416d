"""Recorded calls beside what truly happened: one comparison, told as a table."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patients.phones import e164
from pbx.calls import Call
from pbx.endpoints import Endpoints
from pbx.journal import framed, runs
from pbx.telling import Teller
from pbx.tracker import Tracker

TRACES = Path(__file__).parent.parent / "traces"
TOLERANCE_S = 1.0

OUTCOMES = {
    "answered": {"answered"},
    "voicemail": {"voicemail"},
    "abandoned-in-queue": {"abandoned"},
    "no-answer": {"no_answer", "cancelled"},
    "busy": {"busy"},
    "failed": {"failed", "agent_missed"},
    "missed": {"abandoned", "failed", "left_menu"},
    "feature-code": {"answered"},
    "abandoned": {"abandoned"},
    "left_menu": {"left_menu"},
    "cancelled": {"cancelled"},
}
"""What the recorder called an ending, and the words that may stand for it. Its `no-answer` of an outbound call covers
both who gave up; its `missed` is whatever left the caller without a person."""


def lab_tracker() -> Tracker:
    """Return an empty tracker that knows the endpoints of the recordings."""
    return Tracker("main", Endpoints.of(["trunk-alfa"], ["10X"]), Teller("PL"))


def fold(folder: Path) -> dict[str, Call]:
    """Return the calls of one recording by id."""
    calls: dict[str, Call] = {}
    [run] = runs([folder])
    tracker, at = lab_tracker(), 0.0
    for record, blocks in framed(run.records()):
        at = record.at
        if record.kind == "opened":
            changes = tracker.opened(at)
        elif record.kind == "closed":
            changes = tracker.closed(at)
        else:
            changes = tracker.fold(at, blocks)
        for change in changes:
            for younger in change.merged:
                calls.pop(younger, None)
            calls[change.call.id] = change.call
    for change in tracker.finish(at):
        calls[change.call.id] = change.call
    return calls


def truth_of(folder: Path) -> dict[str, Any]:
    """Return the recording's truth."""
    found: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that is not as it was."""

    call: str
    fact: str
    told: object
    truth: object


def differences(folder: Path, *, in_order: bool = True) -> Iterator[Difference]:
    """Yield every fact in which the tracker and the truth disagree.

    `in_order` is False for what is played anew: phones that are rung at once may be noted in either order.
    """
    truth, calls = truth_of(folder), fold(folder)
    for true in truth["calls"]:
        if true["linkedid"] is None:
            continue  # the switch refused it before there was a channel: no event ever names it
        call = calls.get(true["linkedid"])
        if call is None:
            yield Difference(str(true["linkedid"]), "call", None, true["disposition"])
            continue
        for fact, told, wanted in _facts(call, true, truth["started_epoch"]):
            if fact == "rang" and not in_order and sorted(map(str, told)) == sorted(map(str, wanted)):
                continue
            if told != wanted:
                yield Difference(call.id, fact, told, wanted)
    known = {true["linkedid"] for true in truth["calls"]}
    for stranger in calls.keys() - known:
        yield Difference(stranger, "call", calls[stranger].outcome, None)


def _facts(call: Call, true: dict[str, Any], began: float) -> Iterator[tuple[str, Any, Any]]:
    yield "direction", call.direction, true["direction"]
    if not true.get("withheld"):
        yield "caller", call.caller_number, _caller(true)
    yield "DID", call.did, true["did"]
    yield "queue", call.queue, true["queue"]
    yield "rang", list(call.rang), [_plain(who) for who in true["rang"]]
    yield "answered by", call.answered_by, _plain(true["answered_by"])
    yield "destination", call.destination, true.get("destination")
    allowed = OUTCOMES[true["disposition"]]
    yield "outcome", call.outcome if call.outcome not in allowed else true["disposition"], true["disposition"]
    for fact, ms, truth in (
        ("start", call.started_ms, true["start"]),
        ("answer", call.answered_ms, true["answer"]),
        ("end", call.ended_ms, true["end"]),
    ):
        yield fact, _near(None if ms is None else ms / 1000 - began, truth), truth
    yield "wait", _near(call.wait_ms / 1000, true["wait_s"]), true["wait_s"]
    yield "talk", _near(call.talk_ms / 1000, true["talk_s"]), true["talk_s"]
    yield from _told(call, true.get("told", {}))


def _told(call: Call, told: dict[str, Any]) -> Iterator[tuple[str, object, object]]:
    """Compare what only our own recordings have in this form: word for word as Callward tells it."""
    now = {
        "kind": call.kind, "outcome": call.outcome, "holds": call.holds, "voicemail": call.voicemail,
        "lost_after_answer": call.lost_after_answer, "hung_up_by": call.hung_up_by, "final_agent": call.final_agent,
        "queues": [[wait.queue, wait.left] for wait in call.waits],
        "transfers": [[t.type, t.from_, t.to, t.answered] for t in call.transfers],
    }  # fmt: skip
    for fact, wanted in told.items():
        yield fact, now[fact], _plain(wanted) if fact == "final_agent" else wanted


def _caller(true: dict[str, Any]) -> object:
    if true["direction"] != "inbound":
        return true["caller_number"]
    return true["e164"] if "e164" in true else e164(true["caller_number"], "PL")


def _plain(who: str | None) -> str | None:
    return who.removeprefix("external:") if who else who


def _near(told: float | None, truth: float | None) -> float | None:
    """Return the truth if what was told is within the tolerance, else what was told."""
    if told is None or truth is None:
        return told
    return truth if abs(told - truth) <= TOLERANCE_S else round(told, 3)
