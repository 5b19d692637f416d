"""Recordings and messages: only sound, only below the folder, only for who may, and every play is noted."""

import struct
from pathlib import Path
from typing import Any

import pytest

from tests.callbacks.clinic import PATIENT, at
from tests.store.rows import PBX, insert
from tests.web.reception import Console, console, leg, person
from web.recordings import Folders, below, message_of, recording_of


def wav(path: Path, kind: int = 1, seconds: float = 1.0) -> Path:
    """Write a WAV of silence whose head says a format: 1 is PCM, 49 is GSM."""
    data = b"\0\0" * int(8000 * seconds)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
                     struct.pack("<IHHIIHH", 16, kind, 1, 8000, 16000, 2, 16) + b"data" +
                     struct.pack("<I", len(data)) + data)
    return path


def call(**changes: object) -> dict[str, object]:
    return {"pbx": PBX, "recording": None, "voicemail": None, "started_ms": 1795309200000,
            "ended_ms": 1795309230000} | changes


def test_a_recording_is_found_by_the_end_of_its_path_below_our_folder(tmp_path: Path) -> None:
    folders = {PBX: Folders(tmp_path)}
    wav(tmp_path / "2026/11/22/in-501000206.wav")
    wav(tmp_path / "plain.WAV", 49)
    for named in ("/var/spool/asterisk/monitor/2026/11/22/in-501000206.wav", "2026/11/22/in-501000206.wav",
                  str(tmp_path / "2026/11/22/in-501000206.wav")):
        sound = recording_of(folders, call(recording=named))
        assert sound is not None
        assert (sound.path.name, sound.type, sound.playable) == ("in-501000206.wav", "audio/wav", True)
    gsm = recording_of(folders, call(recording="/x/plain.WAV"))
    assert gsm is not None
    assert not gsm.playable


@pytest.mark.parametrize("named", [
    "../secret.wav", "/var/spool/../../secret.wav", "x/../../secret.wav", "secret.wav", "/etc/passwd", "notes.txt", "",
    "link.wav", "linked/secret.wav", "a\0.wav", "folder.wav", "..", "/", "x" * 2000, "%2e%2e/secret.wav",
    "config.wav.toml",
])  # fmt: skip
def test_nothing_else_is_ever_found(tmp_path: Path, named: str) -> None:
    folder = tmp_path / "monitor"
    (folder / "folder.wav").mkdir(parents=True)
    wav(tmp_path / "secret.wav")
    (folder / "notes.txt").write_text("not sound")
    (folder / "config.wav.toml").write_text("not sound")
    (folder / "link.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "linked").symlink_to(tmp_path)
    assert recording_of({PBX: Folders(folder)}, call(recording=named)) is None
    assert below(folder, folder / named.replace("\0", "")) is None or named == ""


def message(folder: Path, name: str, channel: str, written: int, **files: int) -> None:
    box = folder / "clinic/600/INBOX"
    box.mkdir(parents=True, exist_ok=True)
    (box / f"{name}.txt").write_text(f";\n[message]\norigmailbox=600\ncallerchan={channel}\norigtime={written}\n")
    for suffix, kind in files.items():
        wav(box / f"{name}.{suffix}", kind)


def test_a_message_is_told_by_its_channel_and_its_time_and_the_best_form_is_played(tmp_path: Path) -> None:
    folders = {PBX: Folders(None, tmp_path)}
    left = call(voicemail="600@clinic")
    message(tmp_path, "msg0000", "PJSIP/trunk-alfa-00000001", 1795309215, WAV=49, wav=1)
    message(tmp_path, "msg0001", "PJSIP/trunk-alfa-00000002", 1795309216, wav=1)
    message(tmp_path, "msg0002", "PJSIP/trunk-alfa-00000003", 1700000000, wav=1)
    sound = message_of(folders, left, ["PJSIP/trunk-alfa-00000001"])
    assert sound is not None
    assert (sound.path.name, sound.playable) == ("msg0000.wav", True)
    assert message_of(folders, left, ["PJSIP/trunk-alfa-00000003"]) is None
    assert message_of(folders, left, []) is None
    for mailbox in ("../600@clinic", "600@../clinic", "600@..", "..@clinic", "no@clinic", "600", "", "60/0@clinic"):
        assert message_of(folders, call(voicemail=mailbox), ["PJSIP/trunk-alfa-00000001"]) is None


def recorded(made: Console, **changes: Any) -> None:
    made.calls.inbound("1.1", "09:50", number=PATIENT, caller_number=PATIENT, party=PATIENT, **changes)


async def test_a_manager_plays_a_recording_in_parts_and_a_receptionist_does_not(tmp_path: Path) -> None:
    wav(tmp_path / "monitor/x.wav")
    async with (
        console(tmp_path, sounds=Folders(tmp_path / "monitor")) as made,
        person(made, "maria", roles="manager") as maria, person(made, "anna", "101") as anna,
    ):
        recorded(made, recording="/var/spool/asterisk/monitor/x.wav")
        path = f"/calls/{PBX}:1.1"
        assert f'<audio controls preload="none" src="{path}/recording"' in await maria.text(path)
        assert "<audio" not in await anna.text(path)
        async with await anna.get(f"{path}/recording") as answer:
            assert answer.status == 403
        async with await maria.get(f"{path}/recording", Range="bytes=0-99") as answer:
            assert (answer.status, answer.content_type, len(await answer.read())) == (206, "audio/wav", 100)
            assert answer.headers["Content-Range"] == "bytes 0-99/16044"
            assert answer.headers["Cache-Control"] == "no-store"
        async with await maria.get(f"{path}/recording", Range="bytes=100-") as answer:
            assert answer.status == 206
        made.now += 120_000
        async with await maria.get(f"{path}/recording?download=1") as answer:
            assert answer.headers["Content-Disposition"] == f'attachment; filename="call-{PBX}-1.1.wav"'
        played = [row for row in made.audit() if row[1] == "played"]
        assert played == [("maria", "played", "call", f"{PBX}:1.1")] * 2
        for wrong in ("/calls/main:9.9/recording", "/calls/main:..%2f..%2fetc/recording", "/calls/x/recording"):
            async with await maria.get(wrong) as answer:
                assert answer.status == 404


async def test_whoever_works_callbacks_plays_the_message_from_its_callback(tmp_path: Path) -> None:
    spool = tmp_path / "voicemail"
    message(spool, "msg0000", "PJSIP/trunk-alfa-00000007", at("09:50") // 1000 + 20, wav=1)
    async with (
        console(tmp_path, sounds=Folders(None, spool)) as made,
        person(made, "anna", "101") as anna, person(made, "olga", roles="marketer") as olga,
    ):
        recorded(made, outcome="voicemail", voicemail="600@clinic")
        with made.store.write() as tx:
            insert(tx, "leg", **leg("1.1", PATIENT, at("09:50")) | {"channel": "PJSIP/trunk-alfa-00000007",
                                                                    "role": "trunk", "ended_ms": at("09:51")})
        assert 'src="/callbacks/1/voicemail"' in await anna.text("/callbacks")
        async with await anna.get("/callbacks/1/voicemail") as answer:
            assert (answer.status, answer.content_type, len(await answer.read())) == (200, "audio/wav", 16044)
        async with await olga.get("/callbacks/1/voicemail") as answer:
            assert answer.status == 403
        async with await anna.get("/callbacks/2/voicemail") as answer:
            assert answer.status == 404
        assert ("anna", "played", "callback", "1") in made.audit()
