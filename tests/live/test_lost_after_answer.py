"""Who talked with somebody and was lost all the same is to be rung back: on a real Asterisk, with a real listener."""

import time
from pathlib import Path

import pytest

from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk
from tests.lab.phones import Phones
from tests.live import stories_of_phones, stories_of_transfers
from tests.live.clinic import opened
from tests.live.stage import Stage

pytestmark = pytest.mark.live


async def test_only_who_was_lost_is_rung_back(asterisk: Asterisk, phones: Phones, ami: Ami, tmp_path: Path) -> None:
    stage = Stage(asterisk, phones, ami, time.time())
    async with opened(asterisk, tmp_path) as clinic, clinic.listener():
        await stories_of_transfers.a_patient_gives_up_in_the_queue_they_were_sent_to(stage)
        await stories_of_phones.a_patient_hangs_up_on_hold(stage)
        await stories_of_phones.a_parked_patient_gives_up(stage)
        calls = await clinic.calls(lambda found: len(found) == 3 and all(call["ended_at"] for call in found))
        callbacks = await clinic.callbacks(lambda found: len(found) == 2)
    queue, hold, parking = calls
    assert [call["outcome"] for call in calls] == ["answered"] * 3
    assert [call["lost_after_answer"] for call in calls] == [True, False, True]
    assert {entry["number"] for entry in callbacks} == {queue["caller_number"], parking["caller_number"]}
    assert {call for entry in callbacks for call in entry["missed_calls"]} == {queue["id"], parking["id"]}
    assert {entry["state"] for entry in callbacks} == {"open"}
    assert hold["hung_up_by"] == "caller"
