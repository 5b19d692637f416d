"""Stories in which a patient is sent on, put through, moved or left in another queue."""

import asyncio

from tests.lab.phones import answers, ignores, refuses
from tests.lab.scenarios import QUEUE, connect, talk
from tests.live.people import LABORATORY, MOBILE, RECEPTION, TALK_S, asked_outside, gone, in_order, sent_on
from tests.live.stage import Facts, Stage


async def a_transfer_is_transferred_on(stage: Stage) -> None:
    """101 sends the patient to 104, who sends them on to 103."""
    patient, reception = await connect(stage.phones, "501002001")
    await talk(patient, reception, TALK_S)
    doctor = await sent_on(stage, reception, "104")
    nurse = await sent_on(stage, doctor, "103")
    await patient.hang_up()
    await gone(nurse)
    transfers = [("blind", "101", "104", True), ("blind", "104", "103", True)]
    people = [reception, doctor, nurse]
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=people, talked=people, transfers=transfers))


async def a_patient_gives_up_in_the_queue_they_were_sent_to(stage: Stage) -> None:
    """101 sends the patient into another queue, where they hang up while three phones ring."""
    patient, reception = await connect(stage.phones, "501002002")
    await talk(patient, reception, TALK_S)
    stage.phones["101"].behaviour = ignores
    await reception.refer("501")
    ringing = [await stage.phones[number].rings() for number in ("102", "103")]
    await asyncio.sleep(0.5)
    await patient.hang_up()
    await gone(*ringing)
    queues = [RECEPTION, ("registration", "abandoned")]
    transfers = [("blind", "101", "queue:registration", False)]
    rang = in_order(reception, *ringing, perhaps=stage.phones["101"])
    stage.inbound(
        patient, Facts("answered", queues=queues, rang=rang, talked=[reception], transfers=transfers, lost=True)
    )


async def a_transfer_completed_while_ringing_is_not_answered(stage: Stage) -> None:
    """101 asks for 103, does not wait, and puts the patient through; 103 lets it ring; the patient gives up."""
    patient, reception = await connect(stage.phones, "501002003")
    await talk(patient, reception, TALK_S)
    await reception.hold()
    asking = await stage.phones["101"].dial("103")
    nurse = await stage.phones["103"].rings()
    await asking.until(asking.rung)
    await reception.refer("103", asking)
    await asyncio.sleep(1.2)
    await patient.hang_up()
    await gone(nurse, asking)
    transfers = [("attended", "101", "103", False)]
    stage.inbound(
        patient,
        Facts("answered", queues=[RECEPTION], rang=[reception, nurse], talked=[reception], transfers=transfers, holds=1,
              lost=True),
    )  # fmt: skip
    stage.placed(asking, Facts("cancelled", kind="consultation", rang=[nurse]))


async def a_patient_is_put_through_to_the_doctors_mobile(stage: Stage) -> None:
    """101 asks the doctor on the mobile, then joins the patient with them."""
    patient, reception = await connect(stage.phones, "501002004")
    await talk(patient, reception, TALK_S)
    await reception.hold()
    asking, mobile = await asked_outside(stage, "101")
    await reception.refer("0600100200", asking)
    await gone(reception, asking)
    await asyncio.sleep(TALK_S)
    await patient.hang_up()
    await gone(mobile)
    transfers = [("attended", "101", MOBILE, True)]
    people = [reception, mobile]
    stage.inbound(
        patient, Facts("answered", queues=[RECEPTION], rang=people, talked=people, transfers=transfers, holds=1)
    )
    consulted = Facts("answered", kind="consultation", rang=[mobile], talked=[mobile], destination=MOBILE,
                      hung_up_by=None)  # fmt: skip
    stage.placed(asking, consulted)


async def a_picked_up_call_is_sent_back_to_who_rang_first(stage: Stage) -> None:
    """101 rings for the queue, 104 takes the call with **101, then sends the patient to 101, who answers."""
    stage.phones["101"].behaviour = ignores
    patient = await stage.phones.provider.dial(QUEUE, "501002006")
    ringing = await stage.phones["101"].rings()
    doctor = await stage.phones["104"].dial("**101")
    await patient.until(patient.answered)
    await gone(ringing)
    await talk(patient, doctor, TALK_S)
    reception = await sent_on(stage, doctor, "101")
    await patient.hang_up()
    await gone(reception)
    transfers = [("blind", "104", "101", True)]
    talked = [doctor, reception]
    stage.inbound(patient, Facts("answered", queues=[RECEPTION], rang=[ringing], talked=talked, transfers=transfers))


async def a_talking_patient_is_redirected_into_another_queue(stage: Stage) -> None:
    """Somebody's console moves the patient from 101 into another queue (AMI Redirect); 102 answers there."""
    patient, reception = await connect(stage.phones, "501002007")
    await talk(patient, reception, TALK_S)
    stage.phones["101"].behaviour = ignores
    stage.phones["102"].behaviour = answers(0.5)
    [began] = stage.ami.seen("Newchannel", CallerIDNum="501002007", ChannelStateDesc="Ring")
    await stage.ami.ask("Redirect", Channel=began["Channel"], Context="from-internal", Exten="501", Priority="1")
    other = await stage.phones["102"].rings()
    await other.until(other.answered)
    third = await stage.phones["103"].rings()
    await talk(patient, other, TALK_S)
    await patient.hang_up()
    await gone(reception, other, third)
    queues = [RECEPTION, ("registration", "answered")]
    transfers = [("redirect", "101", "queue:registration", True)]
    rang = in_order(reception, other, third, perhaps=stage.phones["101"])
    stage.inbound(patient, Facts("answered", queues=queues, rang=rang, talked=[reception, other], transfers=transfers))


async def a_patient_is_sent_to_voicemail_and_leaves_a_message(stage: Stage) -> None:
    """101 sends the patient to the mailbox of the reception; they speak."""
    await _to_voicemail(stage, "501002008", speaks_s=2.5)


async def a_patient_is_sent_to_voicemail_and_says_nothing(stage: Stage) -> None:
    """101 sends the patient to the mailbox of the reception; they hang up during its greeting."""
    await _to_voicemail(stage, "501002009", speaks_s=0.2)


async def _to_voicemail(stage: Stage, number: str, speaks_s: float) -> None:
    patient, reception = await connect(stage.phones, number)
    await talk(patient, reception, TALK_S)
    await reception.refer("600")
    await gone(reception)
    await asyncio.sleep(speaks_s)
    await patient.hang_up()
    mailbox = "600@clinic" if speaks_s > 1 else None
    transfers = [("blind", "101", "600", False)]
    stage.inbound(
        patient,
        Facts("answered", queues=[RECEPTION], rang=[reception], talked=[reception], transfers=transfers,
              voicemail=mailbox),
    )  # fmt: skip


async def a_patient_is_put_through_into_a_queue_and_gives_up(stage: Stage) -> None:
    """101 rings the other queue on the second line and, still waiting in it, leaves the patient there."""
    patient, reception = await connect(stage.phones, "501002401")
    await talk(patient, reception, TALK_S)
    await reception.hold()
    asking = await stage.phones["101"].dial("501")
    ringing = [await stage.phones[number].rings() for number in ("102", "103")]
    await reception.refer("501", asking)
    await asyncio.sleep(1.2)
    await patient.hang_up()
    await gone(asking, *ringing)
    queues = [RECEPTION, ("registration", "abandoned")]
    transfers = [("attended", "101", "queue:registration", False)]
    rang = [reception, *ringing]
    stage.inbound(
        patient,
        Facts("answered", queues=queues, rang=rang, talked=[reception], transfers=transfers, holds=1, lost=True),
    )
    stage.placed(asking, Facts("cancelled", kind="consultation", rang=ringing, queues=[("registration", "other")]))


async def keys_put_a_patient_through_to_a_mobile(stage: Stage) -> None:
    """101 presses *2 and the number of the mobile, asks, and hangs up: the patient talks with the mobile."""
    stage.phones.provider.behaviour = answers()
    patient, reception = await connect(stage.phones, "501002402")
    await talk(patient, reception, TALK_S)
    reception.press("*2")
    await asyncio.sleep(1.5)
    reception.press("0600100200")
    mobile = await stage.phones.provider.rings()
    await talk(reception, mobile, TALK_S)
    await reception.hang_up()
    await asyncio.sleep(TALK_S)
    await patient.hang_up()
    await gone(mobile)
    transfers = [("attended", "101", MOBILE, True)]
    people = [reception, mobile]
    stage.inbound(
        patient, Facts("answered", queues=[RECEPTION], rang=people, talked=people, transfers=transfers, holds=1)
    )


async def keys_send_a_patient_into_a_queue(stage: Stage) -> None:
    """101 presses #1 and 501, while the patient hears music; 103 answers for the other queue."""
    patient, reception = await connect(stage.phones, "501002403")
    await talk(patient, reception, TALK_S)
    stage.phones["101"].behaviour = ignores
    stage.phones["103"].behaviour = answers(0.5)
    reception.press("#1")
    await asyncio.sleep(1.5)
    reception.press("501")
    other = await stage.phones["103"].rings()
    ringing = await stage.phones["102"].rings()
    await other.until(other.answered)
    await asyncio.sleep(TALK_S)
    await patient.hang_up()
    await gone(reception, other, ringing)
    queues = [RECEPTION, ("registration", "answered")]
    transfers = [("blind", "101", "queue:registration", True)]
    people = [reception, other]
    rang = in_order(reception, ringing, other, perhaps=stage.phones["101"])
    stage.inbound(
        patient, Facts("answered", queues=queues, rang=rang, talked=people, transfers=transfers, holds=1)
    )


async def a_patient_is_sent_on_to_a_busy_phone(stage: Stage) -> None:
    """101 sends the patient to 104, who is busy: the exchange ends the call."""
    stage.phones["104"].behaviour = refuses()
    patient, reception = await connect(stage.phones, "501002404")
    await talk(patient, reception, TALK_S)
    await reception.refer("104")
    doctor = await stage.phones["104"].rings()
    await asyncio.sleep(1.2)
    await patient.hang_up()
    await gone(reception, doctor)
    transfers = [("blind", "101", "104", False)]
    stage.inbound(
        patient,
        Facts("answered", queues=[RECEPTION], rang=[reception, doctor], talked=[reception], transfers=transfers,
              lost=True, hung_up_by=None),
    )  # fmt: skip


async def a_local_agent_sends_the_patient_on(stage: Stage) -> None:
    """The laboratory's queue rings its agents through Local channels (102 is paused); 101 sends the patient to 104."""
    await stage.ami.ask("QueuePause", Interface="Local/102@agents/n", Paused="true")
    patient, reception = await connect(stage.phones, "501002405", LABORATORY)
    await talk(patient, reception, TALK_S)
    doctor = await sent_on(stage, reception, "104")
    await patient.hang_up()
    await gone(doctor)
    await stage.ami.ask("QueuePause", Interface="Local/102@agents/n", Paused="false")
    transfers = [("blind", "101", "104", True)]
    people = [reception, doctor]
    queues = [("laboratory", "answered")]
    stage.inbound(patient, Facts("answered", queues=queues, rang=people, talked=people, transfers=transfers))


async def a_patient_whom_the_clinic_rang_is_sent_on(stage: Stage) -> None:
    """101 rings a patient and sends them to 104."""
    stage.phones.provider.behaviour = answers()
    reception = await stage.phones["101"].dial("0501002406")
    patient = await stage.phones.provider.rings()
    await reception.until(reception.answered)
    await talk(reception, patient, TALK_S)
    doctor = await sent_on(stage, reception, "104")
    await patient.hang_up()
    await gone(doctor)
    transfers = [("blind", "101", "104", True)]
    stage.placed(
        reception,
        Facts("answered", rang=[patient], talked=[patient], transfers=transfers, destination="+48501002406",
              ends=patient, final=doctor, hung_up_by="callee"),
    )  # fmt: skip
