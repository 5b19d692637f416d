"""What happens at a clinic, as functions: each plays the people of one story on the lab's phones.

They wait for what the others do, never for a time, except that people talk: `TALK_S` of real sound. They return what
the caller's phone saw. Numbers ending in 01 to 18 are the DIDs of `config/extensions.conf`.
"""

import asyncio

from tests.lab.dialog import Dialog
from tests.lab.phones import Phone, Phones, answers, ignores

QUEUE = "+48221234501"  # reception: 101, then 102, then 103, six seconds each
GROUP = "+48221234504"  # 101, 102 and 103 ring together
MENU = "+48221234505"  # 1: reception, 2: phone 104
DOCTOR = "+48221234503"  # phone 104
TALK_S = 1.2


async def talk(one: Dialog, other: Dialog, seconds: float = TALK_S) -> None:
    """Let two people hear each other, and talk for a while."""
    await one.until(one.media.heard)
    await other.until(other.media.heard)
    await asyncio.sleep(seconds)


async def connect(phones: Phones, caller: str, did: str = QUEUE, extension: str = "101") -> tuple[Dialog, Dialog]:
    """Ring a DID from outside; an extension answers. Returns both ends."""
    phones[extension].behaviour = answers()
    patient = await phones.provider.dial(did, caller)
    staff = await phones[extension].rings()
    await patient.until(patient.answered)
    return patient, staff


async def answered(phones: Phones, caller: str, did: str = QUEUE, extension: str = "101") -> Dialog:
    """A patient rings, somebody answers, they talk, the patient hangs up."""
    patient, staff = await connect(phones, caller, did, extension)
    await talk(patient, staff)
    await patient.hang_up()
    await staff.until(staff.ended)
    return patient


async def abandoned(phones: Phones, caller: str, did: str = QUEUE, extension: str = "101") -> Dialog:
    """A patient rings, a phone rings, nobody answers, the patient gives up."""
    phones[extension].behaviour = ignores
    patient = await phones.provider.dial(did, caller)
    staff = await phones[extension].rings()
    await patient.hang_up()
    await staff.until(staff.ended)
    return patient


async def rung_back(phones: Phones, number: str, extension: str = "101", talk_s: float = TALK_S) -> Dialog:
    """A phone of the clinic rings a nine-digit Polish number, which answers; they talk; the clinic hangs up."""
    phones.provider.behaviour = answers()
    staff = await phones[extension].dial("0" + number)
    patient = await phones.provider.rings()
    await staff.until(staff.answered)
    await talk(staff, patient, talk_s)
    await staff.hang_up()
    await patient.until(patient.ended)
    return staff


async def not_reached(phones: Phones, number: str, extension: str = "101") -> Dialog:
    """A phone of the clinic rings a number, nobody answers, the clinic gives up."""
    phones.provider.behaviour = ignores
    staff = await phones[extension].dial("0" + number)
    patient = await phones.provider.rings()
    await staff.hang_up()
    await patient.until(patient.ended)
    return staff


async def picked_up(phones: Phones, caller: str) -> Dialog:
    """A patient rings the queue, phone 101 rings, and 104 takes the call with **101."""
    phones["101"].behaviour = ignores
    patient = await phones.provider.dial(QUEUE, caller)
    ringing = await phones["101"].rings()
    staff = await phones["104"].dial("**101")
    await patient.until(patient.answered)
    await talk(patient, staff)
    await patient.hang_up()
    await staff.until(staff.ended)
    await ringing.until(ringing.ended)
    return patient


async def transferred(phones: Phones, caller: str) -> Dialog:
    """101 answers, asks 104 while the patient waits on hold, and puts the patient through."""
    patient, reception = await connect(phones, caller, QUEUE, "101")
    await talk(patient, reception)
    await reception.hold()
    doctor = await ask(phones["101"], phones["104"])
    await reception.refer("104", doctor)
    for end in (reception, doctor):
        await end.until(end.ended)
    await talk(patient, phones["104"].calls[-1])
    await patient.hang_up()
    await _free(phones["104"])
    return patient


async def sent_on(phones: Phones, caller: str) -> Dialog:
    """101 answers and sends the patient to 104 without asking; 104 answers."""
    patient, reception = await connect(phones, caller, QUEUE, "101")
    phones["104"].behaviour = answers()
    await talk(patient, reception)
    await reception.refer("104")
    doctor = await phones["104"].rings()
    await reception.until(reception.ended)
    await talk(patient, doctor)
    await patient.hang_up()
    await doctor.until(doctor.ended)
    return patient


async def parked(phones: Phones, caller: str) -> Dialog:
    """101 answers and parks the patient; 102 takes them from the first place, 701."""
    patient, reception = await connect(phones, caller, QUEUE, "101")
    await talk(patient, reception)
    await reception.refer("700")
    await reception.until(reception.ended)
    other = await phones["102"].dial("701")
    await other.until(other.answered)
    await talk(patient, other)
    await patient.hang_up()
    await other.until(other.ended)
    return patient


async def chosen_from_the_menu(phones: Phones, caller: str) -> Dialog:
    """A patient listens to the menu and presses 1; 101 answers."""
    phones["101"].behaviour = answers()
    patient = await phones.provider.dial(MENU, caller)
    await patient.until(patient.answered)
    await patient.until(patient.media.heard)
    patient.press("1")
    staff = await phones["101"].rings()
    await staff.until(staff.answered)
    await talk(patient, staff)
    await patient.hang_up()
    await staff.until(staff.ended)
    return patient


async def ask(one: Phone, other: Phone) -> Dialog:
    """One phone of the clinic rings another, which answers; they talk. Returns the first one's end."""
    other.behaviour = answers()
    asking = await one.dial(other.number)
    asked = await other.rings()
    await asking.until(asking.answered)
    await talk(asking, asked)
    return asking


async def _free(phone: Phone) -> None:
    for call in phone.calls:
        await call.until(call.ended)
