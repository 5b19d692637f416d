"""The parts of the lab that need no Asterisk."""

from pathlib import Path

import pytest

from tests.lab import asterisk, sip
from tests.lab.phones import EXTENSIONS, Ports


def test_a_lab_that_was_not_prepared_says_how_to_prepare_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asterisk, "_CACHE", tmp_path)
    with pytest.raises(asterisk.LabError, match=r"asterisk22\.tar\.gz is not there; run tests/lab/prepare\.sh 22"):
        asterisk.archive("22")


def test_no_two_things_of_a_block_share_a_port() -> None:
    ports = Ports(21000)
    used = [ports.ami, ports.sip, ports.provider, *(ports.phone(number) for number in EXTENSIONS)]
    assert len(set(used)) == len(used)
    assert max(used) < ports.rtp[0] < ports.rtp[1] < 21100


def test_a_message_is_read_back_as_it_was_written() -> None:
    data = sip.render("SIP/2.0 180 Ringing", ["v: SIP/2.0/UDP a", "Via: b", "CSeq: 7 INVITE", "To: <sip:a@b>;tag=t1"])
    message = sip.Message.parse(data)
    assert (message.code, message.cseq, message.method) == (180, (7, "INVITE"), "INVITE")
    assert message.all("via") == ["SIP/2.0/UDP a", "b"]
    assert sip.tag(message.get("to")) == "t1"
    assert message.get("reason") == ""


def test_bytes_that_are_no_utf_8_survive() -> None:
    message = sip.Message.parse(b"INVITE sip:a SIP/2.0\r\nFrom: \"\xff\" <sip:1@b>\r\n\r\n")
    assert message.get("from").encode("utf-8", "surrogateescape") == b'"\xff" <sip:1@b>'


def test_the_port_of_the_sound_is_read_from_the_offer() -> None:
    assert sip.audio_port(sip.sdp(4000, 1, "sendrecv")) == 4000
    assert sip.audio_port("") == 0
