"""Mail, handed to a real SMTP server."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from notify import Message, NotifyError
from notify.mail import Mail, MailServer

MESSAGE = Message("due:7:1795309246011", "A callback is due\r\nBcc: mallory@evil.example",
                  "Callback 7: +48…206 ×2\n", 1_795_309_246_011)


class Inbox:
    """Takes mail for every address but one."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.over_tls: list[bool] = []

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address == "gone@clinic.example":
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.over_tls.append(session.ssl is not None)
        return "250 OK"


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    file = folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder / "key.pem", "-out",
         folder / "cert.pem"], check=True, capture_output=True,
    )
    file.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return file


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"reception", b"secret")
    return AuthResult(success=right, handled=right)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def plain(inbox: Inbox) -> Iterator[MailServer]:
    """A server that speaks no TLS, on this machine."""
    with_server = Controller(inbox, hostname="127.0.0.1", port=0)
    yield from _running(with_server, "none")


@pytest.fixture
def secured(inbox: Inbox, certificate: Path) -> Iterator[MailServer]:
    """A server that wants STARTTLS and a login."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    controller = Controller(
        inbox, hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True, auth_required=True,
        authenticator=_authenticate,
    )  # fmt: skip
    for server in _running(controller, "starttls"):
        yield replace(
            server, host="localhost", username="reception", password="secret",
            trust=ssl.create_default_context(cafile=certificate),
        )  # fmt: skip


@pytest.fixture
def wrapped(inbox: Inbox, certificate: Path) -> Iterator[MailServer]:
    """A server that speaks TLS from the first byte."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    controller = Controller(inbox, hostname="127.0.0.1", port=0, ssl_context=context)
    for server in _running(controller, "tls"):
        yield replace(server, host="localhost", trust=ssl.create_default_context(cafile=certificate))


def _running(controller: Controller, security: Any) -> Iterator[MailServer]:
    # The controller looks the server up by its port to see it started, so a free one must be known to it.
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        controller.port = free.getsockname()[1]
    controller.start()
    try:
        yield MailServer(
            "127.0.0.1", "callward@clinic.example", ("desk@clinic.example", "manager@clinic.example"),
            port=controller.port, security=security,
        )  # fmt: skip
    finally:
        controller.stop()


async def test_a_message_reaches_every_recipient(plain: MailServer, inbox: Inbox) -> None:
    await Mail(plain).send(MESSAGE)
    (mail,) = inbox.mails
    assert mail["To"] == "desk@clinic.example, manager@clinic.example"
    assert mail.get_content().replace("\r\n", "\n") == "Callback 7: +48…206 ×2\n"
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_a_subject_cannot_add_a_header(plain: MailServer, inbox: Inbox) -> None:
    await Mail(plain).send(MESSAGE)
    (mail,) = inbox.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "A callback is due Bcc: mallory@evil.example"


async def test_a_message_sent_again_has_the_same_id(plain: MailServer, inbox: Inbox) -> None:
    await Mail(plain).send(MESSAGE)
    await Mail(plain).send(MESSAGE)
    await Mail(plain).send(replace(MESSAGE, key="due:8:1"))
    first, second, other = (mail["Message-ID"] for mail in inbox.mails)
    assert first == second != other


async def test_starttls_and_a_login(secured: MailServer, inbox: Inbox) -> None:
    await Mail(secured).send(MESSAGE)
    assert inbox.over_tls == [True]


async def test_tls_from_the_first_byte(wrapped: MailServer, inbox: Inbox) -> None:
    await Mail(wrapped).send(MESSAGE)
    assert len(inbox.mails) == 1


async def test_a_wrong_password_says_so(secured: MailServer) -> None:
    with pytest.raises(NotifyError, match=r"did not take the mail .*check the server") as refused:
        await Mail(replace(secured, password="guess")).send(MESSAGE)
    assert "guess" not in str(refused.value)


async def test_a_certificate_nobody_vouches_for_is_refused(secured: MailServer, inbox: Inbox) -> None:
    with pytest.raises(NotifyError):
        await Mail(replace(secured, trust=None)).send(MESSAGE)
    assert inbox.mails == []


async def test_a_server_without_starttls_gets_nothing(plain: MailServer, inbox: Inbox) -> None:
    with pytest.raises(NotifyError):
        await Mail(replace(plain, security="starttls")).send(MESSAGE)
    assert inbox.mails == []


async def test_a_recipient_that_is_refused_is_told(plain: MailServer) -> None:
    server = replace(plain, recipients=("desk@clinic.example", "gone@clinic.example"))
    with pytest.raises(NotifyError, match="refused 1 of 2"):
        await Mail(server).send(MESSAGE)


async def test_a_server_that_is_away_is_told(plain: MailServer) -> None:
    with pytest.raises(NotifyError, match=":1 did not take the mail"):
        await Mail(replace(plain, port=1)).send(MESSAGE)


@pytest.mark.parametrize("host", ["mail.example", "192.0.2.1", "localhost.example"])
def test_without_tls_only_this_machine_is_mailed_to(host: str) -> None:
    with pytest.raises(NotifyError, match="is not this machine"):
        Mail(MailServer(host, "a@clinic.example", ("b@clinic.example",), security="none"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_tls(host: str) -> None:
    assert Mail(MailServer(host, "a@clinic.example", ("b@clinic.example",), security="none")).name == "mail"


def test_mail_without_recipients_is_refused_at_once() -> None:
    with pytest.raises(NotifyError, match="no recipients"):
        Mail(MailServer("mail.example", "a@clinic.example", ()))


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(MailServer("mail.example", "a@clinic.example", ("b",), password="secret"))
