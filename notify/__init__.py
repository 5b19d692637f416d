"""Messages to the clinic's people, by whatever channel. A message holds no whole number and no name."""

from dataclasses import dataclass
from typing import Protocol


class NotifyError(Exception):
    """A message could not be sent. The text says what, where and the way out."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail. By `shown_as` the mail's HTML shows it as a picture; "" for none."""

    name: str
    content_type: str
    data: bytes
    shown_as: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `key` is the same whenever the same message is sent again, so that a receiver can drop a double.

    `html` and `attachments` are for mail only; `body` says the same in plain text.
    """

    key: str
    subject: str
    body: str
    at_ms: int
    html: str = ""
    attachments: tuple[Attachment, ...] = ()


class Channel(Protocol):
    """A way to send messages. `name` is unique among the channels in use."""

    @property
    def name(self) -> str:
        """Return the channel's name."""

    async def send(self, message: Message) -> None:
        """Hand the message over. Raises NotifyError when nobody took it."""


__all__ = ["Attachment", "Channel", "Message", "NotifyError"]
