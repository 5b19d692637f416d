"""A day of the queue on a real Asterisk: real calls open callbacks, and real calls close them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.lab import scenarios
from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk
from tests.lab.phones import Phones, answers, ignores
from tests.live.clinic import Clinic, Document, opened

pytestmark = pytest.mark.live

NIGHT = "+48221234506"  # at night straight to the voicemail of the reception
Settled = Callable[[list[Document]], bool]


@pytest.fixture
async def clinic(asterisk: Asterisk, tmp_path: Path) -> AsyncIterator[Clinic]:
    """A clinic of its own, all day long at work, with the lab's patients and numbers."""
    async with opened(asterisk, tmp_path) as made:
        yield made


def of(number: str, **facts: object) -> Settled:
    """Wait until a number has one callback, with these facts."""

    def settled(found: list[Document]) -> bool:
        mine = [callback for callback in found if callback["number"] == "+48" + number]
        return len(mine) == 1 and all(mine[0][name] == value for name, value in facts.items())

    return settled


async def test_a_day_of_callbacks(clinic: Clinic, phones: Phones, asterisk: Asterisk) -> None:
    async with clinic.listener("serve"):
        # Missed twice, tried once, reached: one callback that says all of it.
        await scenarios.abandoned(phones, "501000811")
        await clinic.callbacks(of("501000811", state="open"))
        await scenarios.abandoned(phones, "501000811")
        await scenarios.not_reached(phones, "501000811", "102")
        await scenarios.rung_back(phones, "501000811", "103", talk_s=1.5)
        await clinic.callbacks(of("501000811", closed_why="reached"))

        # Missed, then they ring again and somebody at the doctor's answers after a transfer.
        await scenarios.abandoned(phones, "501000812")
        await clinic.callbacks(of("501000812", state="open"))
        await scenarios.sent_on(phones, "501000812")
        await clinic.callbacks(of("501000812", closed_why="returned"))

        # A message at night is a callback of its own kind, and stays until somebody rings.
        asterisk.cli("database put clinic mode night")
        try:
            patient = await phones.provider.dial(NIGHT, "501000813")
            await patient.until(patient.answered)
            await patient.until(patient.media.heard)
            await asyncio.sleep(3)
            await patient.hang_up()
        finally:
            asterisk.cli("database put clinic mode day")
        await clinic.callbacks(of("501000813", kind="voicemail", state="open"))

        # A withheld number: nobody can ring it back, and it is counted apart.
        phones["101"].behaviour = ignores
        hidden = await phones.provider.dial(scenarios.QUEUE, "anonymous", "Anonymous")
        ringing = await phones["101"].rings()
        await hidden.hang_up()
        await ringing.until(ringing.ended)
        calls = await clinic.calls(lambda found: any(call["withheld"] and call["ended_at"] for call in found))

        found = await clinic.callbacks(lambda found: len(found) == 3)
        text = await clinic.run("callbacks", "list")

    by_number = {callback["number"][-3:]: callback for callback in found}
    reached, returned, message = by_number["811"], by_number["812"], by_number["813"]
    assert len(reached["missed_calls"]) == 2
    assert [(attempt["by"], attempt["outcome"]) for attempt in reached["attempts"]] == [("102", "cancelled")]
    evidence = {call["id"]: call for call in calls}
    assert evidence[reached["closed_by_call"]]["direction"] == "outbound"
    assert evidence[returned["closed_by_call"]]["final_agent"] == "104"
    assert message["closed_by_call"] is None
    assert "1 missed in the last 7 days with a withheld number" in text

    tasks = await clinic.run("callbacks", "list", "--format", "ics")
    assert tasks.count("BEGIN:VTODO") == 1
    assert "SUMMARY:Ring back +48501000813" in tasks
    figures = json.loads(await clinic.run("report", "callbacks", "--period", "7d", "--json"))["total"]
    assert (figures["opened"], figures["contact_made"], figures["tried_not_reached"], figures["never_tried"]) == (
        3, 2, 0, 1,
    )
    assert figures["recovered_1h"] == pytest.approx(2 / 3, abs=0.001)
    assert (figures["final_lost"], figures["withheld_missed"]) == (1, 1)


async def test_a_click_closes_what_a_hand_would_have(
    clinic: Clinic, phones: Phones, asterisk: Asterisk, ami: Ami
) -> None:
    context = "[callward-originate]\nexten => _X.,1,Dial(PJSIP/0${EXTEN:2}@trunk-alfa)\n"
    async with clinic.listener("serve"):
        await scenarios.abandoned(phones, "501000814")
        await clinic.callbacks(of("501000814", state="open"))
        phones["101"].behaviour = answers()
        phones.provider.behaviour = answers()
        with asterisk.included("originate", context):
            await ami.ask("Originate", Channel="PJSIP/101", Context="callward-originate", Exten="48501000814",
                          Priority="1", CallerID="<101>", Async="true")
            staff, patient = await phones["101"].rings(), await phones.provider.rings()
            await patient.until(patient.answered)
            await scenarios.talk(staff, patient, 1.5)
            await staff.hang_up()
            await patient.until(patient.ended)
        [closed] = await clinic.callbacks(of("501000814", closed_why="reached"))
    assert closed["closed_by_call"] is not None
