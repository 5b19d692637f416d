"""The exchanges as people use them through the console: ring my phone and then a number, pause my place in the queues.

One connection to each exchange is kept, as an AMI user of its own that may do these two things and nothing else
(`write = originate,agent`; Asterisk has no smaller right for QueuePause). It hears no events: what becomes of a click
or a pause is told by the listener, through the store, like everything else.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pbx.actions import Action, ClickToCall, Pause, originate, pause
from pbx.endpoints import ChannelName, Endpoints
from pbx.link import Link, LinkConfig, LinkError

log = logging.getLogger("callward.telephones")


class NotAllowedError(LinkError):
    """The AMI user lacks the right for an action."""


@dataclass(frozen=True, slots=True)
class Line:
    """One exchange: how it is reached, and what its phones are."""

    link: LinkConfig
    endpoints: Endpoints
    technology: str = "PJSIP"
    context: str = "callward-originate"
    presents: str = ""
    """The number that patients see where they dialled none that is still ours."""


class Telephones:
    """The lines of a clinic. Use `async with telephones.connected()`."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = {line.link.name: line for line in lines}
        self.links = {name: Link(line.link, _Quiet(name)) for name, line in self.lines.items()}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Keep the connections for as long as the block lasts."""
        tasks = [asyncio.create_task(link.run()) for link in self.links.values()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def line_of(self, extension: str) -> Line | None:
        """Return the exchange at which an extension is a phone, the first where it is one at several."""
        return next((line for line in self.lines.values() if _is_phone(line, extension)), None)

    def channel(self, extension: str) -> str | None:
        """Return the endpoint of an extension, such as `PJSIP/101`; None when it is no phone of the clinic."""
        line = self.line_of(extension)
        return f"{line.technology}/{extension}" if line is not None else None

    async def ring(self, call: ClickToCall) -> None:
        """Start a call.

        Raises:
            LinkError: the exchange cannot be reached or does not take it; NotAllowedError: it may not be asked to.
            BadActionError: the call is none that may be started.
        """
        line = self.line_of(call.phone.partition("/")[2])
        if line is None:
            raise LinkError(f"{call.phone} is no phone of the clinic.")
        await self._ask(line.link.name, originate(call))

    async def pause(self, pbx: str, change: Pause) -> None:
        """Pause or resume a member of the queues; raises as `ring`."""
        if pbx not in self.links:
            raise LinkError(f"{pbx}: the console has no AMI user there; set [pbx.click].")
        await self._ask(pbx, pause(change))

    async def _ask(self, pbx: str, action: Action) -> None:
        answer = await self.links[pbx].request(action)
        if answer.ok:
            return
        log.warning("%s: %s was refused: %s", pbx, action.name, answer.message)
        if answer.message == "Permission denied":
            raise NotAllowedError(f"{pbx}: the AMI user {self.lines[pbx].link.username} may not {action.name}.")
        raise LinkError(f"{pbx}: {action.name} was refused ({answer.message}).")


def _is_phone(line: Line, extension: str) -> bool:
    return line.endpoints.role(ChannelName(line.technology, extension, 0, "")) == "phone"


@dataclass(slots=True)
class _Quiet:
    """Takes what a link reads: nothing, but for how the connection is."""

    name: str
    _said: str = ""

    def opened(self, at: float, session: int) -> None:
        self._said = ""
        log.info("%s: the console may ring", self.name)

    def blocks(self, at: float, session: int, blocks: list[bytes]) -> None:
        """Nothing is heard."""

    def closed(self, at: float, session: int, reason: str) -> None:
        """The next `waiting` says why."""

    def waiting(self, reason: str, seconds: float) -> None:
        if reason != self._said:  # an exchange that is away all night is said once
            self._said = reason
            log.warning("%s: no click-to-call for now: %s", self.name, reason)
