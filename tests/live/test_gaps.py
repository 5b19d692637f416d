"""What a listener misses, and what it makes of it: cuts, mute peers, restarts, refusals, while real calls go on."""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from pbx import actions
from pbx.calls import Call, CallChanged
from pbx.link import Link, LinkConfig, LinkError, Pace
from pbx.tracker import Tracker
from tests.lab import scenarios
from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk, LabError, brought_back
from tests.lab.asterisk import running as running_asterisk
from tests.lab.dialog import Dialog
from tests.lab.phones import Phones, answers, ignores
from tests.live.proxy import Proxy, between
from tests.pbx.ami import running, soon
from tests.pbx.trace_table import lab_tracker

pytestmark = pytest.mark.live

PACE = Pace(ping=0.25, retry=0.05, retry_cap=0.2, refused=60, booted=5)
LANGUID = replace(PACE, ping=30)
NEAR_MS = 1000


@dataclass
class Ear:
    """A link's sink that folds at once, and wakes whoever waits for something."""

    tracker: Tracker = field(default_factory=lab_tracker)
    calls: dict[str, Call] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    """Why each session ended."""
    pauses: list[tuple[str, float]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, at: float, session: int) -> None:
        """A login was accepted."""
        self._keep(self.tracker.opened(at))

    def blocks(self, at: float, session: int, blocks: list[bytes]) -> None:
        """Events came."""
        self._keep(self.tracker.fold(at, blocks))

    def closed(self, at: float, session: int, reason: str) -> None:
        """The session ended."""
        self.reasons.append(reason)
        self._keep(self.tracker.closed(at))

    def waiting(self, reason: str, seconds: float) -> None:
        """There is no connection."""
        self.pauses.append((reason, seconds))
        self._changed.set()

    def of(self, number: str) -> Call:
        """Return the one call of a caller."""
        [call] = [call for call in self.calls.values() if call.caller_raw == number]
        return call

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the link brings."""
        async with asyncio.timeout(60):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def until_ended(self, *numbers: str) -> list[Call]:
        """Wait until the calls of these callers are over; return them."""
        over = self.calls.values
        await self.until(lambda: set(numbers) <= {call.caller_raw for call in over() if call.outcome is not None})
        return [self.of(number) for number in numbers]

    def _keep(self, changes: Sequence[CallChanged]) -> None:
        for change in changes:
            self.calls[change.call.id] = change.call
        self._changed.set()


@dataclass(frozen=True, slots=True)
class Wire:
    """A listening link, behind a proxy."""

    ear: Ear
    link: Link
    proxy: Proxy

    async def again(self) -> None:
        """Wait until the link is up once more and has its snapshot."""
        await self.ear.until(lambda: not self.link.up.is_set())
        await asyncio.wait_for(self.link.up.wait(), 20)


@asynccontextmanager
async def listening(asterisk: Asterisk, pace: Pace = PACE) -> AsyncIterator[Wire]:
    """Listen to the lab's Asterisk through a proxy."""
    async with between(asterisk.ports.ami) as proxy:
        config = LinkConfig("main", "127.0.0.1", proxy.port, "tracker", "lab-secret")
        ear = Ear()
        async with running(link := Link(config, ear, pace=pace)):
            await asyncio.wait_for(link.up.wait(), 20)
            yield Wire(ear, link, proxy)


@pytest.fixture
async def wire(asterisk: Asterisk) -> AsyncIterator[Wire]:
    """A listener that pings four times a second, to an Asterisk that was not started just now: AMI tells its age in
    whole seconds, and a cut within the first of them might as well be a restart.
    """
    await soon(lambda: int(asterisk.cli("core show uptime seconds").split()[2]) >= 2)
    async with listening(asterisk) as made:
        yield made


async def waiting(phones: Phones, number: str) -> tuple[Dialog, Dialog]:
    """Somebody rings the doctor and nobody answers yet. Returns both ends."""
    phones["104"].behaviour = ignores
    patient = await phones.provider.dial(scenarios.DOCTOR, number)
    return patient, await phones["104"].rings()


async def test_a_cut_in_mid_call_loses_only_what_fell_into_it(wire: Wire, phones: Phones) -> None:
    goes_on, staff = await scenarios.connect(phones, "501003001")
    ends, ringing = await waiting(phones, "501003002")
    await wire.ear.until(lambda: len(wire.ear.calls) == 2 and bool(wire.ear.of("501003001").talks))
    wire.proxy.refuses = True
    wire.proxy.cut()
    await wire.ear.until(lambda: bool(wire.ear.reasons))
    await ends.hang_up()
    await ringing.until(ringing.ended)
    within, doctor = await waiting(phones, "501003003")
    wire.proxy.refuses = False
    await asyncio.wait_for(wire.link.up.wait(), 20)
    doctor.pick_up()
    await within.until(within.answered)
    await wire.ear.until(lambda: bool(wire.ear.of("501003003").talks))
    await within.hang_up()
    await goes_on.hang_up()
    through, gone, met = await wire.ear.until_ended("501003001", "501003002", "501003003")

    assert (through.outcome, through.answered_by, through.sure) == ("answered", "101", True)
    assert abs((through.ended_ms or 0) - goes_on.times["end"] * 1000) < NEAR_MS
    assert abs((through.answered_ms or 0) - staff.times["answer"] * 1000) < NEAR_MS
    assert (gone.outcome, gone.sure, gone.did) == ("unknown", False, "+48221234503")
    assert (met.outcome, met.answered_by, met.met_late) == ("answered", "104", True)
    assert (met.did, met.sure) == ("+48221234503", False)
    assert abs(met.started_ms - within.times["invite"] * 1000) < 2 * NEAR_MS, "the list tells whole seconds"
    assert not wire.ear.tracker.channels


async def test_a_peer_that_falls_mute_is_left_and_what_ended_meanwhile_ends(wire: Wire, phones: Phones) -> None:
    patient, staff = await scenarios.connect(phones, "501003011")
    await wire.ear.until(lambda: bool(wire.ear.of("501003011").talks))
    wire.proxy.swallows = True
    await patient.hang_up()
    await staff.until(staff.ended)
    await wire.ear.until(lambda: bool(wire.ear.reasons))
    assert "nothing was heard for 0.5 s after a ping" in wire.ear.reasons[0]
    wire.proxy.swallows = False
    [call] = await wire.ear.until_ended("501003011")
    assert (call.outcome, call.answered_by, call.sure) == ("answered", "101", False)
    assert not wire.ear.tracker.channels


@pytest.fixture
async def own() -> AsyncIterator[Asterisk]:
    """An Asterisk that may be stopped: the others share theirs."""
    manager = running_asterisk(os.environ.get("CALLWARD_ASTERISK", "22"))
    try:
        asterisk = await asyncio.to_thread(manager.__enter__)
    except LabError as error:
        pytest.skip(str(error))
    yield asterisk
    await asyncio.to_thread(manager.__exit__, None, None, None)


async def test_a_switch_that_restarts_in_mid_call_ends_its_calls_at_the_cut(own: Asterisk) -> None:
    async with Phones(own.ports) as phones, listening(own) as wire:
        await scenarios.connect(phones, "501003021")
        await waiting(phones, "501003022")
        await wire.ear.until(lambda: len(wire.ear.calls) == 2 and bool(wire.ear.of("501003021").talks))
        cut_ms = time.time() * 1000
        with contextlib.suppress(subprocess.CalledProcessError):  # the console is cut off by what it asks for
            await asyncio.to_thread(own.cli, "core restart now")
        await wire.ear.until(lambda: bool(wire.ear.reasons))
        for end in (*phones.provider.calls, *phones["101"].calls, *phones["104"].calls):
            end.finish("remote")  # nobody tells the phones
        with brought_back(own):
            talked, rang = await wire.ear.until_ended("501003021", "501003022")
            await asyncio.wait_for(wire.link.up.wait(), 20)
            await scenarios.answered(phones, "501003023")
            [anew] = await wire.ear.until_ended("501003023")
    assert (talked.outcome, talked.hung_up_by, talked.answered_by) == ("answered", "pbx", "101")
    assert (rang.outcome, rang.hung_up_by) == ("failed", "pbx")
    assert abs((talked.ended_ms or 0) - cut_ms) < NEAR_MS
    assert (anew.outcome, anew.answered_by, anew.sure) == ("answered", "101", True)
    assert len(wire.ear.calls) == 3


async def test_a_wrong_secret_is_reported_and_waits(asterisk: Asterisk) -> None:
    ear = Ear()
    config = LinkConfig("main", "127.0.0.1", asterisk.ports.ami, "tracker", "not-the-secret")
    async with running(Link(config, ear, pace=replace(PACE, refused=0.4, refused_cap=5))):
        await ear.until(lambda: len(ear.pauses) == 2)
    (reason, first), (_, second) = ear.pauses
    assert "Asterisk refused the user tracker (Authentication failed)" in reason
    assert "not-the-secret" not in reason
    assert 0.4 <= first <= 0.6 < 0.8 <= second <= 1.2, "each refusal doubles the pause"
    assert not ear.reasons, "there never was a session"


async def test_a_lost_action_is_never_sent_again(asterisk: Asterisk, phones: Phones, ami: Ami) -> None:
    phones["101"].behaviour = answers()
    click = actions.ClickToCall("PJSIP/101", "0501003031", "0501003031", "from-internal", "c0ffee-0031")
    async with listening(asterisk, LANGUID) as wire:
        wire.proxy.swallows = True
        asked = asyncio.create_task(wire.link.request(actions.originate(click), seconds=10))
        await soon(lambda: b"Originate" in wire.proxy.sent[-1])
        wire.proxy.refuses = True
        wire.proxy.cut()
        with pytest.raises(LinkError, match="the connection was lost before Asterisk answered"):
            await asked
        wire.proxy.refuses = wire.proxy.swallows = False
        await wire.again()
        await wire.link.request(actions.ping())
        said = b"".join(bytes(part) for part in wire.proxy.sent)
    assert said.count(b"Action: Originate") == 1
    assert not ami.seen("Newchannel")
    assert not phones["101"].calls
