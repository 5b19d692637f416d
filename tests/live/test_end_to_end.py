"""From a ringing phone to a row, a patient, a campaign and a callback, on a real Asterisk with a real listener."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.lab import scenarios
from tests.lab.asterisk import Asterisk
from tests.lab.phones import Phones, ignores
from tests.live.clinic import Clinic, Document, opened

pytestmark = pytest.mark.live

GOOGLE = {"source": "google", "medium": "cpc", "name": "Spring check-up"}
CARD = {"source": "card", "medium": "offline", "name": "Dr Maj's card"}


@pytest.fixture
async def clinic(asterisk: Asterisk, tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic of its own, with the lab's patients and numbers."""
    async with opened(asterisk, tmp_path) as made:
        yield made


def ended(count: int) -> Callable[[list[Document]], bool]:
    def settled(calls: list[Document]) -> bool:
        return len(calls) == count and all(call["ended_at"] for call in calls)

    return settled


async def test_a_missed_patient_is_rung_back_and_the_callback_closes_itself(clinic: Clinic, phones: Phones) -> None:
    async with clinic.listener() as listener:
        await scenarios.answered(phones, "501000101", scenarios.DOCTOR, "104")
        await scenarios.abandoned(phones, "501000206")
        [doctor, lost] = await clinic.calls(ended(2))
        [waiting] = await clinic.callbacks(lambda found: len(found) == 1)

        await scenarios.not_reached(phones, "501000206")
        await clinic.callbacks(lambda found: len(found[0]["attempts"]) == 1)
        await scenarios.rung_back(phones, "501000206", talk_s=1.5)
        [_, _, tried, reached] = await clinic.calls(ended(4))
        [closed] = await clinic.callbacks(lambda found: found[0]["state"] == "closed")
        listener.terminate()
        assert await listener.wait() == 0

    assert doctor["direction"] == "inbound"
    assert (doctor["did"], doctor["caller_number"]) == ("+48221234503", "+48501000101")
    assert (doctor["outcome"], doctor["answered_by"], doctor["hung_up_by"]) == ("answered", "104", "caller")
    assert doctor["talk_s"] >= scenarios.TALK_S
    assert doctor["patient"] is not None
    assert {key: doctor["campaign"][key] for key in CARD} == CARD

    assert (lost["outcome"], lost["queue"], lost["rang"]) == ("abandoned", "reception", ["101"])
    assert lost["answered_by"] is None
    assert {key: lost["campaign"][key] for key in GOOGLE} == GOOGLE
    assert lost["attribution"]["rule"] == "number"

    assert (waiting["state"], waiting["number"], waiting["kind"]) == ("open", "+48501000206", "missed")
    assert waiting["missed_calls"] == [lost["id"]]
    assert waiting["patients"] == ["P-1002"]

    assert (tried["direction"], tried["outcome"], tried["destination"]) == ("outbound", "cancelled", "+48501000206")
    assert (reached["direction"], reached["outcome"]) == ("outbound", "answered")
    assert reached["attribution"]["rule"] == "callback"
    assert {key: reached["campaign"][key] for key in GOOGLE} == GOOGLE

    assert (closed["closed_why"], closed["closed_by_call"]) == ("reached", reached["id"])
    assert [attempt["call"] for attempt in closed["attempts"]][:1] == [tried["id"]]


async def test_a_call_through_the_generated_dialplan_is_attributed(
    clinic: Clinic, phones: Phones, asterisk: Asterisk
) -> None:
    bus = clinic.folder / "bus.csv"
    bus.write_text(
        "did,label,source,medium,campaign,valid_from,destination\n"
        "+48221234509,Bus stop,bus,offline,Bus stops,2026-01-01,queue:reception\n"
    )
    await clinic.run("numbers", "import", str(bus))
    text = await clinic.run("dialplan", "generate", "--default-context", "from-trunk")
    phones.provider.trunk = "beta"
    async with clinic.listener():
        with asterisk.included("callward-inbound", text):
            await scenarios.answered(phones, "501000401", "221234509")
            [call] = await clinic.calls(ended(1))
    assert (call["did"], call["queue"], call["answered_by"]) == ("+48221234509", "reception", "101")
    assert call["campaign"]["name"] == "Bus stops"


async def test_a_call_that_is_up_while_the_listener_is_killed_is_one_call(clinic: Clinic, phones: Phones) -> None:
    async with clinic.listener() as listener:
        phones["101"].behaviour = ignores
        patient = await phones.provider.dial(scenarios.QUEUE, "501000804")
        staff = await phones["101"].rings()
        await clinic.stored(1)  # at once, and not by a command that starts first: the phone rings for six seconds only
        listener.kill()
        await listener.wait()
    staff.pick_up()
    await patient.until(patient.answered)
    async with clinic.listener():
        await scenarios.talk(patient, staff)
        await patient.hang_up()
        [call] = await clinic.calls(ended(1))
    assert (call["outcome"], call["answered_by"], call["did"]) == ("answered", "101", "+48221234501")


async def test_transfers_pickups_and_parking_are_told_as_they_were(clinic: Clinic, phones: Phones) -> None:
    async with clinic.listener():
        await scenarios.picked_up(phones, "501000601")
        await scenarios.sent_on(phones, "501000602")
        await scenarios.transferred(phones, "501000603")
        await scenarios.parked(phones, "501000604")
        await scenarios.chosen_from_the_menu(phones, "501000605")
        calls = await clinic.calls(lambda found: len(patients(found)) == 5 and all(call["ended_at"] for call in found))
    told = {
        call["caller_number"][-3:]: (call["answered_by"], call["final_agent"], [t["type"] for t in call["transfers"]])
        for call in patients(calls)
    }
    assert told["601"][0] == "104"
    assert told["602"] == ("101", "104", ["blind"])
    assert told["603"] == ("101", "104", ["attended"])
    assert told["604"][:2] == ("101", "102")
    assert told["605"][0] == "101"
    assert {call["outcome"] for call in patients(calls)} == {"answered"}
    assert await clinic.callbacks(lambda found: True) == []


def patients(calls: list[Document]) -> list[Document]:
    """Return the patients' calls among all."""
    return [call for call in calls if call["kind"] == "patient"]
