"""The simulated exchange of the demo: it writes records as a real one does, and its cable can be pulled."""

import asyncio
import time
from collections.abc import Iterable

from demo.records import Records
from demo.sounds import Mailboxes
from pbx.simulator import Behaviour, Simulator, User
from pbx.switch import make_block

PULLED_S = 20.0
"""For so long the cable is out."""


class Switchboard(Simulator):
    """A simulator that keeps channel events, hangs up for a visitor, and can be cut off."""

    def __init__(self, users: dict[str, User], behaviour: Behaviour, speed: float) -> None:
        super().__init__(users, behaviour, speed)
        self.records: Records | None = None
        """Where events are written down; None until there is a folder."""
        self.mailboxes: Mailboxes | None = None
        self.back_at = 0.0
        """When the cable is in again, in time.monotonic()."""

    def staff(self, queue: str, phones: Iterable[str]) -> None:
        """Give phones a place in a queue."""
        for phone in phones:
            super().emit([make_block("QueueMemberAdded", (
                f"Queue: {queue}", f"MemberName: {phone}", f"Interface: PJSIP/{phone}",
                f"StateInterface: PJSIP/{phone}", "Membership: static", "Penalty: 0", "CallsTaken: 0", "LastCall: 0",
                "LastPause: 0", "LoginTime: 0", "InCall: 0", "Status: 1", "Paused: 0", "PausedReason: ",
                "Wrapuptime: 0", "Ringinuse: 1",
            ), "agent,all")])

    def emit(self, blocks: Iterable[bytes]) -> None:
        """Send events and write them down; that goes on while the cable is out."""
        sent = list(blocks)
        if self.records is not None:
            self.records.take(sent)
        if self.mailboxes is not None:
            self.mailboxes.take(time.time(), sent)
        super().emit(sent)

    @property
    def pulled_s(self) -> float:
        """Return for how many seconds the cable is still out, 0 when it is in."""
        return max(0.0, self.back_at - time.monotonic())

    async def pull_the_plug(self) -> None:
        """Cut every client off, and take nobody back for a while. Pulled already, it stays as it is."""
        if self.refusing:
            return
        self.refusing, self.back_at = True, time.monotonic() + PULLED_S
        self.cut()
        try:
            await asyncio.sleep(PULLED_S)
        finally:
            self.refusing = False

    def is_busy(self, phone: str) -> bool:
        """Say whether a phone rings or talks."""
        return any(_is_of(channel.values["Channel"], phone) for channel in self.switch.channels.values())

    def hang_up(self, phone: str) -> None:
        """Put down a phone's receiver."""
        for channel in list(self.switch.channels.values()):
            if _is_of(channel.values["Channel"], phone):
                self._hang_up(channel)
                return


def _is_of(channel: str, phone: str) -> bool:
    return channel.startswith(f"PJSIP/{phone}-")
