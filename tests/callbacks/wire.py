"""Channels of the tests: they keep what they were given, refuse it, or die of it."""

import asyncio
from dataclasses import dataclass, field

from notify import Message, NotifyError


@dataclass
class Wire:
    """A channel that keeps what it was given, or refuses it."""

    name: str = "wire"
    sent: list[Message] = field(default_factory=list)
    away: bool = False

    async def send(self, message: Message) -> None:
        if self.away:
            raise NotifyError("the wire is cut; mend it.")
        self.sent.append(message)

    @property
    def subjects(self) -> list[str]:
        """Return what was said, in order."""
        return [message.subject for message in self.sent]


class Killed(Wire):
    """The process dies right after it handed a message over."""

    async def send(self, message: Message) -> None:
        await super().send(message)
        raise asyncio.CancelledError


@dataclass
class Phone:
    """A gateway that keeps the texts it was given, or refuses them."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    away: bool = False

    async def text(self, number: str, text: str, key: str) -> None:
        if self.away:
            raise NotifyError("the gateway is away; wait.")
        self.texts.append((number, text))
        self.keys.append(key)
