"""What the people of the stories do, and the numbers they know."""

import asyncio

from tests.lab.dialog import Dialog
from tests.lab.phones import Phone, answers
from tests.lab.scenarios import talk
from tests.live.stage import Stage

DENTIST = "+48221234519"  # the queue of 103 alone, which lets nobody in while 103 is paused
LABORATORY = "+48221234507"  # a queue whose agents are Local channels
MOBILE = "+48600100200"
RECEPTION = ("reception", "answered")
TALK_S = 0.7


async def gone(*dialogs: Dialog) -> None:
    """Wait until these ends are free."""
    for dialog in dialogs:
        await dialog.until(dialog.ended)


def in_order(*rung: Dialog, perhaps: Phone) -> list[Dialog]:
    """Return who was rung, in order; with one more phone, if the queue thought it free again in that moment."""
    found = list(rung)
    while not perhaps.incoming.empty():
        found.append(perhaps.incoming.get_nowait())
    return sorted(found, key=lambda dialog: dialog.times["invite"])


async def sent_on(stage: Stage, one: Dialog, to: str) -> Dialog:
    """Whoever has the patient sends them to a phone that answers; they talk."""
    phone = stage.phones[to]
    phone.behaviour = answers()
    await one.refer(to)
    other = await phone.rings()
    await other.until(other.answered)
    await asyncio.sleep(TALK_S)
    return other


async def asked_outside(stage: Stage, extension: str) -> tuple[Dialog, Dialog]:
    """A phone rings the doctor's mobile, which answers; they talk. Returns both ends."""
    stage.phones.provider.behaviour = answers()
    asking = await stage.phones[extension].dial("0" + MOBILE.removeprefix("+48"))
    mobile = await stage.phones.provider.rings()
    await asking.until(asking.answered)
    await talk(asking, mobile, TALK_S)
    return asking, mobile
