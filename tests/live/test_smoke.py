"""The lab itself: calls through a real Asterisk look as they should."""

import pytest

from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk
from tests.lab.phones import Phones, answers

pytestmark = pytest.mark.live

DOCTOR = "+48221234503"  # rings phone 104


async def test_a_patient_rings_the_doctor_who_answers(phones: Phones, ami: Ami) -> None:
    phones["104"].behaviour = answers()
    patient = await phones.provider.dial(DOCTOR, caller="501000101", name="Jan Testowy")
    await patient.until(patient.answered)
    doctor = await phones["104"].rings()
    await ami.wait("BridgeEnter", CallerIDNum="501000101")
    await patient.hang_up()
    await doctor.until(doctor.ended)

    call = await ami.wait("Newchannel", CallerIDNum="501000101")
    assert call["Exten"] == DOCTOR
    assert call["ChannelStateDesc"] == "Ring"
    hangup = await ami.wait("Hangup", Uniqueid=call["Uniqueid"])
    assert hangup["Linkedid"] == call["Linkedid"] == call["Uniqueid"]
    rung = ami.seen("DialBegin", Linkedid=call["Linkedid"])
    assert [event["DestChannel"].split("-")[0] for event in rung] == ["PJSIP/104"]


async def test_sound_flows_both_ways(phones: Phones) -> None:
    phones["104"].behaviour = answers()
    patient = await phones.provider.dial(DOCTOR, caller="501000102")
    doctor = await phones["104"].rings()
    await patient.until(patient.answered)
    await patient.until(patient.media.heard)
    await doctor.until(doctor.media.heard)
    await patient.hang_up()


def test_the_lab_starts_without_a_complaint(asterisk: Asterisk) -> None:
    assert [line for line in asterisk.born_with if "may be removed in a future release" not in line] == []
