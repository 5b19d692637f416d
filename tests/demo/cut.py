"""Cuts the demo's recordings out of the recorded traces: `python -m tests.demo.cut` writes them anew."""

import gzip
import json
import re
from pathlib import Path

from pbx.events import name_of, wanted
from pbx.journal import framed, runs

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "tests/traces/asterisk22"
TARGET = ROOT / "demo/traces"

CUT = {
    "queue_answered": "queue_answered_first_agent",
    "queue_second_phone": "queue_second_agent",
    "queue_abandoned": "queue_abandon",
    "queue_voicemail": "queue_timeout_voicemail",
    "queue_closed": "queue_joinempty",
    "group_answered": "ring_group",
    "direct_answered": "direct_answered",
    "direct_no_answer": "direct_no_answer",
    "direct_busy": "direct_busy",
    "menu_answered": "ivr_queue",
    "menu_left": "ivr_hangup",
    "after_hours_voicemail": "after_hours_voicemail",
    "withheld_answered": "caller_withheld",
    "transferred": "blind_transfer_refer",
    "outbound_answered": "outbound_answered",
    "outbound_no_answer": "outbound_no_answer",
    "outbound_busy": "outbound_busy",
    "internal": "internal_call",
}
"""The demo's name of a recording: the trace whose first call it is."""

KEPT = frozenset(
    b"""
    Newchannel Newstate NewCallerid Newexten Hangup HangupRequest DialBegin DialState DialEnd BridgeCreate BridgeEnter
    BridgeLeave BridgeDestroy LocalBridge QueueCallerJoin QueueCallerLeave QueueCallerAbandon BlindTransfer
    AttendedTransfer MessageWaiting VarSet
    """.split()
)
_NAME = re.compile(rb"((?:CallerIDName|ConnectedLineName|MemberName): )([^\r\n]*)")
_LINKED = re.compile(rb"\r\n(?:Dest)?Linkedid: ([^\r\n]+)")
_QUEUE = re.compile(rb"(\r\n(?:Queue: |AppData: ))(?:short|evening)(?=[,\r])")


def cut(name: str) -> bytes:
    """Return a recording of the demo as it is to lie in `demo/traces`, gzipped."""
    lines = []
    first: bytes | None = None
    for run in runs([SOURCE / CUT[name]]):
        for record, blocks in framed(run.records()):
            kept = []
            for block in blocks:
                linked = _LINKED.findall(block)
                if name_of(block) not in KEPT or not wanted(block) or not linked:
                    continue
                first = first or linked[0]
                if first in linked:
                    kept.append(_QUEUE.sub(rb"\1reception", _NAME.sub(rb"\1<unknown>", block)))
            if kept:
                text = b"\r\n\r\n".join((*kept, b"")).decode("utf-8", "surrogateescape")
                lines.append(json.dumps({"at": record.at, "session": 1, "text": text}))
    return gzip.compress("".join(f"{line}\n" for line in lines).encode("ascii"), mtime=0)


if __name__ == "__main__":
    for recording in CUT:
        (TARGET / f"{recording}.jsonl.gz").write_bytes(cut(recording))
