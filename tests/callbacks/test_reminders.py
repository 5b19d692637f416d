"""Reminders: sent once, at the right time, and not lost with the process that was sending them."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from callbacks.notices import RETRY_MS
from callbacks.reminders import Level, Reminders, usual_levels
from callbacks.rounds import repeat
from notify import Message
from store import Store, open_store
from tests.callbacks.clinic import OTHER, PATIENT, Clinic, at
from tests.callbacks.wire import Killed, Wire

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "callward.db") as opened:
        yield opened


@pytest.fixture
def wire() -> Wire:
    return Wire()


def reminders(clinic: Clinic, *wires: Wire) -> Reminders:
    return Reminders(clinic.store, clinic.ctx, usual_levels(wires))


async def test_a_callback_that_comes_due_is_told_once(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    loop = reminders(clinic, wire)
    assert await loop.once(at("10:15")) == 0
    assert await loop.once(at("10:16")) == 1
    assert await loop.once(at("10:17")) == 0
    assert await reminders(clinic, wire).once(at("10:18")) == 0
    assert wire.sent[0].subject == "A callback is due"


async def test_a_message_holds_no_whole_number(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("2", "10:01")
    await reminders(clinic, wire).once(at("10:16"))
    (message,) = wire.sent
    assert "Callback 1: +48…206, missed ×2, due since 10:15" in message.body
    assert PATIENT not in message.body + message.subject + message.key


async def test_what_comes_due_together_is_told_together(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "2026-11-21 20:00")
    clinic.inbound("2", "2026-11-21 21:00", number=OTHER)
    await reminders(clinic, wire).once(at("09:00"))
    (message,) = wire.sent
    assert message.subject == "2 callbacks are due"


async def test_a_callback_left_lying_is_told_again_after_a_working_hour(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    loop = reminders(clinic, wire)
    for now in ("10:16", "11:15", "11:16", "11:17", "14:00"):
        await loop.once(at(now))
    assert [message.subject for message in wire.sent] == ["A callback is due", "A callback is overdue"]


async def test_what_came_due_long_ago_sends_nothing(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    await reminders(clinic, wire).once(at("10:40"))
    assert wire.sent == []


async def test_what_was_replayed_sends_nothing(clinic: Clinic, wire: Wire) -> None:
    live = clinic.ctx
    clinic.ctx = replace(live, live=False)
    clinic.inbound("1", "10:00")
    clinic.ctx = live
    await reminders(clinic, wire).once(at("10:16"))
    assert wire.sent == []


async def test_nobody_is_told_to_ring_a_caller_who_is_on_the_line(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("2", "10:14", None)
    await reminders(clinic, wire).once(at("10:16"))
    assert wire.sent == []


async def test_nobody_is_told_what_somebody_has_in_hand_or_put_off(clinic: Clinic, store: Store, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    clinic.inbound("2", "10:00", number=OTHER)
    with store.write() as tx:
        clinic.desk(tx, "anna", "10:14").claim(1)
        clinic.desk(tx, "anna", "10:14").snooze(2, at("13:00"))
    loop = reminders(clinic, wire)
    await loop.once(at("10:16"))
    assert wire.sent == []
    await loop.once(at("13:00"))
    assert "Callback 2" in wire.sent[0].body


async def test_a_wire_that_is_cut_loses_nothing(clinic: Clinic, wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    clinic.inbound("1", "10:00")
    loop = reminders(clinic, wire)
    wire.away = True
    assert await loop.once(at("10:16")) == 0
    assert "the wire is cut" in caplog.text
    wire.away = False
    assert await loop.once(at("10:17")) == 1


async def test_one_wire_that_is_cut_does_not_double_the_other(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    other = Wire("other", away=True)
    loop = reminders(clinic, wire, other)
    await loop.once(at("10:16"))
    other.away = False
    await loop.once(at("10:17"))
    assert (len(wire.sent), len(other.sent)) == (1, 1)


async def test_a_process_that_died_while_sending_loses_no_reminder(clinic: Clinic, wire: Wire) -> None:
    class Died(Wire):
        async def send(self, message: Message) -> None:
            raise asyncio.CancelledError

    clinic.inbound("1", "10:00")
    with pytest.raises(asyncio.CancelledError):
        await reminders(clinic, Died()).once(at("10:16"))
    assert await reminders(clinic, wire).once(at("10:17")) == 0
    assert await reminders(clinic, wire).once(at("10:18")) == 1


async def test_the_loop_sweeps_and_stops_when_told(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    stop = asyncio.Event()
    times = iter([at("10:16"), at("2026-12-01 10:00")])

    def clock() -> int:
        now = next(times)
        if now > at("10:16"):
            stop.set()
        return now

    await repeat(reminders(clinic, wire), clock, stop, every_s=0.001)
    assert len(wire.sent) == 1
    assert clinic.callback()["closed_why"] == "expired"


async def test_a_reminder_is_not_lost_when_the_process_comes_back_an_hour_later(clinic: Clinic, wire: Wire) -> None:
    """Sent, but killed before it was marked: told again rather than never, however late."""

    killed = Killed()
    clinic.inbound("1", "10:00")
    with pytest.raises(asyncio.CancelledError):
        await reminders(clinic, killed).once(at("10:16"))
    assert await reminders(clinic, wire).once(at("10:50")) == 1
    assert await reminders(clinic, wire).once(at("10:50") + RETRY_MS) == 0
    assert killed.sent[0].key == wire.sent[0].key, "a receiver can tell that it is the same one"


async def test_a_wire_that_is_cut_for_long_is_not_forgotten(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    loop = reminders(clinic, wire)
    wire.away = True
    for now in ("10:16", "10:26", "10:40"):
        await loop.once(at(now))
    wire.away = False
    assert await loop.once(at("10:50")) == 1


async def test_what_was_done_meanwhile_is_not_told_late(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "10:00")
    loop = reminders(clinic, wire)
    wire.away = True
    await loop.once(at("10:16"))
    wire.away = False
    clinic.outbound("2", "10:18", "answered")
    assert await loop.once(at("10:20")) == 0


async def test_an_overdue_callback_goes_to_the_second_person_then_to_the_manager(clinic: Clinic) -> None:
    desk, second, manager = Wire("desk"), Wire("second"), Wire("manager")
    clinic.inbound("1", "10:00")
    levels = (Level(0, (desk,)), Level(30, (second,)), Level(120, (manager,)))
    loop = Reminders(clinic.store, clinic.ctx, levels)
    told = []
    for now in ("10:16", "10:46", "11:00", "12:16", "12:30"):
        await loop.once(at(now))
        told.append((len(desk.sent), len(second.sent), len(manager.sent)))
    assert told == [(1, 0, 0), (1, 1, 0), (1, 1, 0), (1, 1, 1), (1, 1, 1)]
    assert manager.sent[0].subject == "A callback is overdue"


async def test_escalation_counts_working_time_only(clinic: Clinic, wire: Wire) -> None:
    clinic.inbound("1", "17:30")
    loop = Reminders(clinic.store, clinic.ctx, (Level(60, (wire,)),))
    for now in ("18:46", "2026-11-24 08:44"):
        await loop.once(at(now))
    assert wire.sent == []
    assert await loop.once(at("2026-11-24 08:46")) == 1


@pytest.mark.parametrize("missed", ["2026-10-24 20:00", "2027-03-27 20:00"], ids=["back", "forward"])
async def test_a_change_of_the_clock_shifts_no_reminder(clinic: Clinic, wire: Wire, missed: str) -> None:
    clinic.inbound("1", missed)
    loop = reminders(clinic, wire)
    due = clinic.callback()["due_ms"]
    await loop.once(due - 60_000)
    assert wire.sent == []
    await loop.once(due + 60_000)
    assert len(wire.sent) == 1
    assert "since 09:00" in wire.sent[0].body


async def test_a_round_that_fails_is_followed_by_the_next(caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()

    class Failing:
        tries = 0

        async def once(self, now_ms: int) -> int:
            self.tries += 1
            if self.tries == 2:
                stop.set()
            raise ValueError("broken")

    job = Failing()
    await repeat(job, lambda: 0, stop, every_s=0.001)
    assert job.tries == 2
    assert "Failing failed" in caplog.text


SENDS_AND_DIES = """
import asyncio, os, signal, sys
from callbacks.reminders import Reminders, usual_levels
from store import open_store
from tests.callbacks.clinic import CONTEXT, at

class Outside:
    name = "wire"

    async def send(self, message):
        os.write(1, message.key.encode())
        os.kill(os.getpid(), signal.SIGKILL)

with open_store(sys.argv[1]) as store:
    asyncio.run(Reminders(store, CONTEXT, usual_levels([Outside()])).once(at("10:16")))
"""


def test_a_process_that_is_really_killed_after_sending_loses_nothing(tmp_path: Path, wire: Wire) -> None:
    with open_store(tmp_path / "callward.db") as store:
        clinic = Clinic(store)
        clinic.inbound("1", "10:00")
        done = subprocess.run([sys.executable, "-c", SENDS_AND_DIES, tmp_path / "callward.db"], cwd=ROOT,
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert asyncio.run(reminders(clinic, wire).once(at("10:30"))) == 1
        assert [message.key for message in wire.sent] == [done.stdout]
