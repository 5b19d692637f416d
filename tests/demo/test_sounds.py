"""What is to be heard in the demo: sound that browsers play, found where the console looks for it."""

from pathlib import Path

from demo.recordings import KNOWN, Made, call, sound_of
from demo.sounds import Mailboxes, write_recordings
from pbx.calls import Call
from pbx.endpoints import Endpoints
from pbx.telling import Teller
from pbx.tracker import Tracker
from web.recordings import Folders, message_of, recording_of

START = 1_795_000_000.0


def told(name: str, mailboxes: Mailboxes | None = None, serial: int = 1) -> tuple[Call, dict[str, object]]:
    """Return the call that a recording makes, and its row as far as sound is concerned."""
    tracker = Tracker("main", Endpoints.of(["trunk-alfa"], ["10X"], []), Teller("PL", ()))
    changes = []
    for at, blocks in call(name, Made(START, serial, "+48501000222", "+48221000101", 5.0, 30.0)):
        changes += tracker.fold(at, blocks)
        if mailboxes is not None:
            mailboxes.take(at, blocks)
    last = changes[-1].call
    return last, {"pbx": "main", "recording": last.recording, "voicemail": last.voicemail,
                  "started_ms": last.started_ms, "ended_ms": last.ended_ms}


def test_every_talk_with_somebody_outside_can_be_played(tmp_path: Path) -> None:
    write_recordings(tmp_path / "monitor", map(sound_of, KNOWN))
    folders = {"main": Folders(recordings=tmp_path / "monitor")}
    for name in KNOWN:
        made, row = told(name)
        sound = recording_of(folders, row)
        assert (sound is not None and sound.playable) is (made.outcome == "answered" and name != "internal"), name


def test_everybody_who_leaves_a_message_can_be_heard(tmp_path: Path) -> None:
    mailboxes, folders = Mailboxes(tmp_path / "voicemail"), {"main": Folders(voicemail=tmp_path / "voicemail")}
    left = [told("queue_voicemail", mailboxes), told("after_hours_voicemail", mailboxes, 2)]
    heard = [message_of(folders, row, [leg.channel for leg in made.legs]) for made, row in left]
    assert all(sound is not None and sound.playable for sound in heard)
    assert len({sound.path for sound in heard if sound is not None}) == 2
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.wav")) < 200_000
