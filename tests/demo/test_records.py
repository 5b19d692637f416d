"""What the simulated exchange writes down tells the calls again: a gap of the demo is filled as a clinic's is."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from demo.recordings import KNOWN, Made, call
from demo.records import Records
from filling import Archive, Period, ignore, records
from pbx.backfill.files import Counter
from pbx.backfill.folding import Folding
from pbx.calls import Call
from pbx.endpoints import Endpoints
from pbx.telling import Teller
from pbx.tracker import Tracker

ENDPOINTS, TELLER = Endpoints.of(["trunk-alfa"], ["10X"], []), Teller("PL", ())
START = 1795309210.0
SAME = ("id", "direction", "kind", "did", "caller_number", "destination", "answered_by", "queue", "extension",
        "hung_up_by")
ONLY_ON_AMI = {"queue_voicemail", "after_hours_voicemail", "queue_closed", "menu_left"}
"""How these ended is not in the records of channels: messages that were left, menus that were listened to."""


def told(name: str, path: Path) -> Iterator[tuple[Call, Call]]:
    """Yield a recorded call as AMI tells it, and as the records do."""
    tracker, now, heard = Tracker("main", ENDPOINTS, TELLER), [START], []
    written = Records(path, lambda: now[0])
    written.begin()
    talk = 40.0 if name.endswith("answered") or name in ("transferred", "queue_second_phone", "internal") else 0.0
    for at, blocks in call(name, Made(START, 100_001, "+48501000333", "+48221000101", 20.0, talk)):
        now[0] = at
        written.take(blocks)
        tracker.take(at, blocks)
        heard += tracker.told_over()
    archive = Archive("main", ENDPOINTS, TELLER, ZoneInfo("UTC"), cel=str(path))
    rows = records(archive, Period(0, 1 << 50), ignore, Counter())
    read = list(Folding("main", ENDPOINTS, TELLER, rows).calls())
    assert len(read) == len(heard) == 1
    yield heard[0].call, read[0].call


@pytest.mark.parametrize("name", KNOWN)
def test_the_records_tell_the_call_as_it_was(name: str, tmp_path: Path) -> None:
    for heard, read in told(name, tmp_path / "exchange.csv"):
        assert {key: getattr(read, key) for key in SAME} == {key: getattr(heard, key) for key in SAME}
        if name not in ONLY_ON_AMI:
            assert read.outcome == heard.outcome
        assert abs(read.talk_ms - heard.talk_ms) < 100


def test_what_is_hung_up_already_is_written_once(tmp_path: Path) -> None:
    written = Records(tmp_path / "exchange.csv", lambda: START)
    written.begin()
    blocks = [block for _, blocks in call("queue_answered", Made(START, 1, "+48501000333", "+48221000101", 2.0, 2.0))
              for block in blocks]
    written.take(blocks)
    once = written.path.read_text()
    written.take([block for block in blocks if b"Event: Hangup" in block])
    assert written.path.read_text() == once
