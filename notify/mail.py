"""Mail by SMTP (RFC 5321), over TLS unless the server is this machine."""

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from ssl import SSLContext
from typing import Literal

from notify import Message, NotifyError

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `tls` is TLS from the first byte, `starttls` after a greeting in the clear.

    `trust` replaces the system's certificates, for a server whose certificate is the clinic's own.
    """

    host: str
    sender: str
    recipients: tuple[str, ...]
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    trust: SSLContext | None = field(default=None, repr=False)


class Mail:
    """A channel that mails every message to the server's recipients.

    Who must not be mailed twice because another's mailbox is full gets a channel of their own.

    Raises:
        NotifyError: `security` is "none" and the server is not this machine, or there is nobody to mail to.
    """

    def __init__(self, server: MailServer, name: str = "mail") -> None:
        self.name = name
        if server.security == "none" and not _is_loopback(server.host):
            raise NotifyError(
                f'notify.mail: {server.host} is not this machine; set security = "starttls" or "tls", '
                "so that nobody reads the mail on its way."
            )
        if not server.recipients:
            raise NotifyError("notify.mail: there are no recipients; name at least one address.")
        self._server = server

    async def send(self, message: Message) -> None:
        """Mail the message. Raises NotifyError when the server cannot be reached or takes it for no recipient."""
        import aiosmtplib

        server = self._server
        try:
            refused, _ = await aiosmtplib.send(
                self._mail(message),
                sender=server.sender,
                recipients=list(server.recipients),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=server.password,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                tls_context=server.trust,
                timeout=TIMEOUT_S,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotifyError(
                f"notify.mail: {server.host}:{server.port} did not take the mail ({type(error).__name__}: {error}); "
                "check the server, its security and the login."
            ) from error
        if refused:
            raise NotifyError(
                f"notify.mail: {server.host} refused {len(refused)} of {len(server.recipients)} recipients; "
                "check their addresses."
            )

    def as_bytes(self, message: Message) -> bytes:
        """Return the mail as it would be handed in, for a preview."""
        return self._mail(message).as_bytes()

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._server.sender
        mail["To"] = ", ".join(self._server.recipients)
        mail["Subject"] = " ".join(message.subject.split())
        mail["Date"] = format_datetime(datetime.fromtimestamp(message.at_ms / 1000, UTC))
        mail["Message-ID"] = f"<{sha256(message.key.encode()).hexdigest()[:32]}@{_domain(self._server.sender)}>"
        # RFC 3834: nobody's absence note answers a reminder.
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        if message.html:
            mail.add_alternative(message.html, subtype="html")
            html = mail.get_payload()[-1]  # type: ignore[index]
            for part in (part for part in message.attachments if part.shown_as):
                kind, _, form = part.content_type.partition("/")
                html.add_related(part.data, kind, form, cid=f"<{part.shown_as}>", filename=part.name)  # type: ignore[union-attr]
        for part in (part for part in message.attachments if not part.shown_as):
            kind, _, form = part.content_type.partition("/")
            mail.add_attachment(part.data, kind, form, filename=part.name)
        return mail


def _domain(address: str) -> str:
    return address.rpartition("@")[2].strip("> ") or "localhost"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
