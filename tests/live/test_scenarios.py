"""The lab's stories end as they should, and the PBX tells what happened."""

from collections.abc import Awaitable, Callable

import pytest

from tests.lab import scenarios
from tests.lab.ami import Ami
from tests.lab.dialog import Dialog
from tests.lab.phones import Phones

pytestmark = pytest.mark.live

STORIES: list[tuple[Callable[[Phones, str], Awaitable[Dialog]], str]] = [
    (scenarios.answered, "AgentConnect"),
    (scenarios.abandoned, "QueueCallerAbandon"),
    (scenarios.picked_up, "Pickup"),
    (scenarios.transferred, "AttendedTransfer"),
    (scenarios.sent_on, "BlindTransfer"),
    (scenarios.parked, "UnParkedCall"),
    (scenarios.chosen_from_the_menu, "QueueCallerJoin"),
]


@pytest.mark.parametrize(("story", "event"), STORIES, ids=[story.__name__ for story, _ in STORIES])
async def test_a_story_is_told(
    phones: Phones, ami: Ami, story: Callable[[Phones, str], Awaitable[Dialog]], event: str
) -> None:
    patient = await story(phones, "501000811")
    assert patient.ended.is_set()
    await ami.wait(event)
    started = await ami.wait("Newchannel", CallerIDNum="501000811")
    await ami.wait("Hangup", Uniqueid=started["Uniqueid"])


@pytest.mark.parametrize("story", [scenarios.rung_back, scenarios.not_reached])
async def test_the_clinic_rings_out(
    phones: Phones, ami: Ami, story: Callable[[Phones, str], Awaitable[Dialog]]
) -> None:
    await story(phones, "501000812")
    dialled = await ami.wait("DialBegin", DialString="+48501000812@trunk-alfa")
    assert dialled["Channel"].startswith("PJSIP/101-")
