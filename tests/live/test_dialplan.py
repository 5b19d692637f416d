"""The generated dialplan on a real Asterisk: it loads in silence, and calls go where the numbers say."""

from collections.abc import Iterator

import pytest

from dialplan import TrackedNumber
from dialplan.generate import Options, generate
from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk
from tests.lab.phones import Phones, answers

pytestmark = pytest.mark.live

HOSTILE = '${SHELL(id)} ;-- "x", a)\n[evil]\nexten => _X.,1,System(id) Łąka'
NUMBERS = [
    TrackedNumber("+48221234501", HOSTILE, 4, "queue:reception"),
    TrackedNumber("+48221234503", "Doctor's card", 5, "ext:104"),
    TrackedNumber("+48221234505", "Website", 7, "context:ivr-main,s,1"),
    TrackedNumber("+48221234508", "Radio spot", 9),
    TrackedNumber("+493012345678", "Berlin", None, "queue:reception"),
]
TEXT = generate(NUMBERS, Options(default_context="from-trunk"))


@pytest.fixture
def tracked(asterisk: Asterisk) -> Iterator[Asterisk]:
    """The Asterisk with the generated file in its dialplan."""
    with asterisk.included("callward-inbound", TEXT):
        yield asterisk


@pytest.fixture
async def provider(tracked: Asterisk, phones: Phones) -> Phones:
    """The phones, with a provider whose calls go to the generated context."""
    phones.provider.trunk = "beta"
    return phones


def test_it_loads_without_a_complaint_and_is_shown(asterisk: Asterisk) -> None:
    before = len(asterisk.complaints())
    with asterisk.included("callward-inbound", TEXT):
        shown = asterisk.cli("dialplan show callward-inbound")
        originate = asterisk.cli("dialplan show callward-originate")
        evil = asterisk.cli("dialplan show evil")
    assert asterisk.complaints()[before:] == []
    for number in NUMBERS:
        assert f"'{number.did}' =>" in shown
        assert f"CallwardCall,DID: {number.did},Campaign: {number.campaign or ''}" in shown
    assert "'221234501' =>" in shown
    assert "Include =>        'from-trunk'" in shown
    assert "'_X.' =>" in originate
    assert "There is no existence of 'evil' context" in evil


async def test_a_tracked_call_is_announced_and_reaches_its_queue(provider: Phones, ami: Ami) -> None:
    provider["101"].behaviour = answers()
    patient = await provider.provider.dial("+48221234501", caller="501000801")
    announced = await ami.wait("UserEvent", UserEvent="CallwardCall", CallerIDNum="501000801")
    assert (announced["DID"], announced["Campaign"]) == ("+48221234501", "4")
    joined = await ami.wait("QueueCallerJoin", Uniqueid=announced["Uniqueid"])
    assert joined["Queue"] == "reception"
    await patient.until(patient.answered)
    rung = await ami.wait("DialBegin", Linkedid=announced["Uniqueid"])
    for channel in (announced["Channel"], rung["DestChannel"]):
        for variable in ("CALLWARD_DID", "FROM_DID"):
            assert (await ami.ask("Getvar", Channel=channel, Variable=variable))["Value"] == "+48221234501"
    await patient.hang_up()


@pytest.mark.parametrize("form", ["221234501", "48221234501", "0048221234501"])
async def test_the_provider_may_send_the_number_in_another_form(provider: Phones, ami: Ami, form: str) -> None:
    patient = await provider.provider.dial(form, caller="501000802")
    announced = await ami.wait("UserEvent", UserEvent="CallwardCall", CallerIDNum="501000802")
    assert announced["DID"] == "+48221234501"
    await provider["101"].rings()
    await patient.hang_up()


async def test_an_extension_and_a_menu_are_reached(provider: Phones, ami: Ami) -> None:
    patient = await provider.provider.dial("+48221234503", caller="501000803")
    await provider["104"].rings()
    await patient.hang_up()
    patient = await provider.provider.dial("+48221234505", caller="501000804")
    await ami.wait("Newexten", CallerIDNum="501000804", Context="ivr-main", Application="BackGround")
    await patient.hang_up()


async def test_a_number_without_a_destination_goes_on_in_the_form_that_was_dialled(provider: Phones, ami: Ami) -> None:
    patient = await provider.provider.dial("221234508", caller="501000805")
    announced = await ami.wait("UserEvent", UserEvent="CallwardCall", CallerIDNum="501000805")
    assert announced["DID"] == "+48221234508"
    went_on = await ami.wait("Newexten", CallerIDNum="501000805", Context="from-trunk")
    assert went_on["Extension"] == "221234508"
    await provider["102"].rings()
    await patient.hang_up()


async def test_a_number_that_is_not_tracked_goes_on_untouched(provider: Phones, ami: Ami) -> None:
    patient = await provider.provider.dial("+48221234504", caller="501000806")
    await provider["103"].rings()
    await patient.hang_up()
    await patient.until(patient.ended)
    assert ami.seen("UserEvent", UserEvent="CallwardCall") == []


async def test_a_call_goes_through_although_the_pbx_cannot_announce_it(provider: Phones, tracked: Asterisk) -> None:
    modules = ("app_userevent.so", "app_celgenuserevent.so")
    for module in modules:
        tracked.cli(f"module unload {module}")
    try:
        patient = await provider.provider.dial("+48221234503", caller="501000807")
        await provider["104"].rings()
        await patient.hang_up()
    finally:
        for module in modules:
            tracked.cli(f"module load {module}")


async def test_the_campaign_stands_in_the_event_log(provider: Phones, tracked: Asterisk, ami: Ami) -> None:
    patient = await provider.provider.dial("+48221234503", caller="501000808")
    await provider["104"].rings()
    await patient.hang_up()
    await ami.wait("Hangup", CallerIDNum="501000808")
    log = (tracked.work / "log/cel-custom/Master.csv").read_text("utf-8")
    assert [line for line in log.splitlines() if "501000808" in line and "did=+48221234503&campaign=5" in line]


async def test_click_to_call_rings_the_agent_then_the_patient(provider: Phones, ami: Ami) -> None:
    provider["101"].behaviour = answers()
    await ami.ask(
        "Originate", Channel="PJSIP/101", Context="callward-originate", Exten="+48501000901", Priority="1",
        CallerID="+48501000901", Async="true",
    )  # fmt: skip
    patient = await provider.provider.rings()
    assert "+48501000901" in patient.local
    patient.pick_up()
    await patient.until(patient.media.heard)
    await patient.hang_up()


@pytest.mark.parametrize("number", ["12ab", "+48x", "1,2", "101&102"])
async def test_click_to_call_refuses_what_is_no_number(provider: Phones, ami: Ami, number: str) -> None:
    provider["102"].behaviour = answers()
    reply = await ami.ask(
        "Originate", Channel="PJSIP/102", Context="callward-originate", Exten=number, Priority="1", Async="true"
    )
    agent = await provider["102"].rings()
    await agent.until(agent.ended)
    assert reply["Response"] == "Success"
    assert ami.seen("DialBegin", Context="from-internal") == []
