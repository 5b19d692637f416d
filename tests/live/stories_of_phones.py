"""Stories of parking, hold, conferences, busy phones, menus and clicks."""

import asyncio

from tests.lab.dialog import Dialog
from tests.lab.phones import answers, ignores, redirects, refuses
from tests.lab.scenarios import DOCTOR, GROUP, MENU, QUEUE, ask, connect, talk
from tests.live.people import DENTIST, MOBILE, RECEPTION, TALK_S, asked_outside, gone
from tests.live.stage import Facts, Stage


async def an_agent_asks_outside_and_returns(stage: Stage) -> None:
    """101 holds the patient, rings the doctor's mobile, comes back alone and goes on."""
    patient, reception = await connect(stage.phones, "501002005")
    await talk(patient, reception, TALK_S)
    await reception.hold()
    asking, mobile = await asked_outside(stage, "101")
    await asking.hang_up()
    await gone(mobile)
    await reception.resume()
    await asyncio.sleep(TALK_S)
    await patient.hang_up()
    await gone(reception)
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception], holds=1))
    consulted = Facts("answered", kind="consultation", rang=[mobile], talked=[mobile], destination=MOBILE,
                      hung_up_by="agent")  # fmt: skip
    stage.placed(asking, consulted)


async def a_patient_hangs_up_while_a_colleague_is_asked(stage: Stage) -> None:
    """101 holds the patient and asks 104; the patient does not wait for the answer."""
    patient, reception = await connect(stage.phones, "501002407")
    await talk(patient, reception, TALK_S)
    await reception.hold()
    asking = await ask(stage.phones["101"], stage.phones["104"])
    doctor = stage.phones["104"].calls[-1]
    await patient.hang_up()
    await gone(reception)
    await asyncio.sleep(0.5)
    await asking.hang_up()
    await gone(doctor)
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception], holds=1))
    stage.placed(asking, Facts("answered", kind="consultation", rang=[doctor], talked=[doctor]))


async def a_phone_forwards_to_another_that_answers(stage: Stage) -> None:
    """The doctor's phone sends callers to 103 (302), who answers."""
    stage.phones["104"].behaviour = redirects("103")
    stage.phones["103"].behaviour = answers()
    patient = await stage.phones.provider.dial(DOCTOR, "501002408")
    doctor, nurse = await stage.phones["104"].rings(), await stage.phones["103"].rings()
    await patient.until(patient.answered)
    await talk(patient, nurse, TALK_S)
    await nurse.hang_up()
    await gone(patient)
    transfers = [("forward", "104", "103", True)]
    stage.inbound(
        patient, Facts("answered", rang=[doctor, nurse], talked=[nurse], transfers=transfers, hung_up_by="agent")
    )


async def a_parked_patient_comes_back_and_nobody_is_there(stage: Stage) -> None:
    """101 parks the patient and goes for lunch; the phone rings again, in vain."""
    patient, reception = await connect(stage.phones, "501002409")
    await talk(patient, reception, TALK_S)
    stage.phones["101"].behaviour = ignores
    await reception.refer("700")
    again = await stage.phones["101"].rings()
    await asyncio.sleep(0.7)
    await patient.hang_up()
    await gone(again)
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception], lost=True))


async def a_parked_patient_comes_back_to_the_parker(stage: Stage) -> None:
    """A ring group rings; 102 answers and parks the patient; nobody fetches them; 102 is rung again and answers."""
    patient, reception = await connect(stage.phones, "501002101", GROUP, "102")
    others = [await stage.phones[number].rings() for number in ("101", "103")]
    await talk(patient, reception, TALK_S)
    await reception.refer("700")
    again = await stage.phones["102"].rings()
    await again.until(again.answered)
    await asyncio.sleep(TALK_S)
    await patient.hang_up()
    await gone(again, *others)
    rang = _by_number([reception, *others])
    stage.inbound(patient, Facts("answered", rang=rang, talked=[reception, again]))


async def a_parked_patient_gives_up(stage: Stage) -> None:
    """101 parks the patient, who hangs up before anybody fetches them."""
    patient, reception = await connect(stage.phones, "501002102")
    await talk(patient, reception, TALK_S)
    await reception.refer("700")
    await gone(reception)
    await asyncio.sleep(0.7)
    await patient.hang_up()
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception], lost=True))


async def a_patient_hangs_up_on_hold(stage: Stage) -> None:
    """101 puts the patient on hold, and the patient does not wait."""
    patient, reception = await connect(stage.phones, "501002103")
    await talk(patient, reception, TALK_S)
    await reception.hold()
    await asyncio.sleep(0.7)
    await patient.hang_up()
    await gone(reception)
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception], holds=1))


async def a_patient_and_two_agents_confer(stage: Stage) -> None:
    """101 sends the patient into the conference, joins with 104, and leaves the two alone."""
    patient, reception = await connect(stage.phones, "501002104")
    await talk(patient, reception, TALK_S)
    await reception.refer("8000")
    await gone(reception)
    again = await stage.phones["101"].dial("8000")
    await again.until(again.answered)
    doctor = await stage.phones["104"].dial("8000")
    await doctor.until(doctor.answered)
    await talk(again, doctor, TALK_S)
    await again.hang_up()
    await asyncio.sleep(0.5)
    await patient.hang_up()
    await asyncio.sleep(0.3)
    await doctor.hang_up()
    transfers = [("blind", "101", "conference:8000", True)]
    talked = [reception, again, doctor]
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[reception], talked=talked, transfers=transfers))
    stage.placed(again, Facts("answered", kind="conference", talked=[doctor]))
    stage.placed(doctor, Facts("answered", kind="conference", talked=[again]))


async def a_supervisor_listens_in(stage: Stage) -> None:
    """While 101 talks with the patient, 103 spies on 101."""
    patient, reception = await connect(stage.phones, "501002105")
    await talk(patient, reception, TALK_S)
    spy = await stage.phones["103"].dial("*91101")
    await spy.until(spy.answered)
    await stage.ami.wait("ChanSpyStart")
    await asyncio.sleep(0.5)
    await spy.hang_up()
    await asyncio.sleep(0.3)
    await patient.hang_up()
    await gone(reception)
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception]))
    stage.placed(spy, Facts("answered", kind="spy"))


async def one_number_rings_twice_at_once(stage: Stage) -> None:
    """Two people behind one number ring together: one is answered by 101, the other gives up at the doctor's."""
    stage.phones["101"].behaviour = answers()
    stage.phones["104"].behaviour = ignores
    first = await stage.phones.provider.dial(QUEUE, "501002201")
    second = await stage.phones.provider.dial(DOCTOR, "501002201")
    reception = await stage.phones["101"].rings()
    ringing = await stage.phones["104"].rings()
    await first.until(first.answered)
    await talk(first, reception, TALK_S)
    await second.hang_up()
    await gone(ringing)
    await first.hang_up()
    await gone(reception)
    stage.inbound(first, Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception]))
    stage.inbound(second, Facts("abandoned", rang=[ringing]))


async def a_phone_forwards_to_a_mobile_that_is_busy(stage: Stage) -> None:
    """The doctor's phone sends callers to the mobile (302), and the mobile is busy."""
    stage.phones["104"].behaviour = redirects(MOBILE)
    stage.phones.provider.behaviour = refuses()
    patient = await stage.phones.provider.dial(DOCTOR, "501002202")
    doctor, mobile = await stage.phones["104"].rings(), await stage.phones.provider.rings()
    await gone(patient, doctor, mobile)
    transfers = [("forward", "104", MOBILE, False)]
    stage.inbound(patient, Facts("busy", rang=[doctor, mobile], transfers=transfers, hung_up_by="pbx"))


async def a_phone_declines(stage: Stage) -> None:
    """The doctor presses the red button (603)."""
    stage.phones["104"].behaviour = refuses(603, "Decline")
    patient = await stage.phones.provider.dial(DOCTOR, "501002203")
    doctor = await stage.phones["104"].rings()
    await gone(patient, doctor)
    stage.inbound(patient, Facts("busy", rang=[doctor], hung_up_by="pbx"))


async def a_patient_never_chooses_from_the_menu(stage: Stage) -> None:
    """The menu waits in vain for a digit and says goodbye."""
    patient = await stage.phones.provider.dial(MENU, "501002204")
    await patient.until(patient.ended, 60)
    stage.inbound(patient, Facts("left_menu", hung_up_by="pbx"))


async def the_only_agent_is_paused(stage: Stage) -> None:
    """103 pauses with *47, so the queue refuses the patient; after *48 it lets the next one in, and 103 answers."""
    pausing = await stage.phones["103"].dial("*47")
    await gone(pausing)
    refused = await stage.phones.provider.dial(DENTIST, "501002205")
    await gone(refused)
    back = await stage.phones["103"].dial("*48")
    await gone(back)
    patient, dentist = await connect(stage.phones, "501002206", DENTIST, "103")
    await talk(patient, dentist, TALK_S)
    await patient.hang_up()
    await gone(dentist)
    for code in (pausing, back):
        stage.placed(code, Facts("answered", kind="feature", hung_up_by="pbx"))
    stage.inbound(refused, Facts("failed", queues=[("dentist", "refused")], hung_up_by="pbx"))
    stage.inbound(patient, Facts("answered", queues=[("dentist", "answered")], rang=[dentist], talked=[dentist]))


async def a_click_rings_the_agent_through_a_local_channel(stage: Stage) -> None:
    """A CRM originates Local/101@from-internal and dials the patient once 101 has answered."""
    stage.phones["101"].behaviour = answers()
    stage.phones.provider.behaviour = answers(0.5)
    await stage.ami.ask(
        "Originate", Channel="Local/101@from-internal", Context="from-internal", Exten="0501002301", Priority="1",
        CallerID="0501002301", Timeout="10000", Async="true",
    )  # fmt: skip
    agent = await stage.phones["101"].rings()
    patient = await stage.phones.provider.rings()
    await patient.until(patient.answered)
    await talk(agent, patient, TALK_S)
    await patient.hang_up()
    await gone(agent)
    began = stage.ami.seen("Newchannel")[0]
    facts = Facts("answered", rang=[patient], talked=[patient], destination="+48501002301", hung_up_by="callee")
    stage.placed(agent, facts, began)


def _by_number(dialogs: list[Dialog]) -> list[Dialog]:
    """A ring group rings its phones in the order in which the dialplan names them."""
    return sorted(dialogs, key=lambda dialog: dialog.phone.number)
