"""One login to AMI for one question, through asterisk-ami: for an administrator at the command line.

The listener has a link of its own (`pbx.link`): asterisk-ami stops reading after a silence, reads a caller's name as
headers, and its AutoReconnect may send an action twice. None of that can happen here: events are off (or few), the
session ends with the command, nothing is sent again, and what is sent has no line breaks.
"""

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from asterisk.ami import AMIClient, SimpleAction

TIMEOUT_S = 10.0


class AmiError(Exception):
    """The exchange cannot be reached, refuses, or does not answer. The text says which, and the way out."""


class AmiRefused(AmiError):  # noqa: N818
    """The exchange answered: no."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where AMI listens and who asks. `ca` is a certificate to trust when it is not a public one."""

    host: str
    port: int
    username: str
    secret: str
    tls: bool = False
    ca: Path | None = None


class _Client(AMIClient):  # type: ignore[misc]  # asterisk-ami has no types
    """asterisk-ami's client with TLS and IPv6, whose listener thread ends quietly."""

    def __init__(self, login: Login, timeout: float) -> None:
        super().__init__(address=login.host, port=login.port, timeout=timeout, encoding_errors="surrogateescape")
        self._login = login

    def connect(self) -> None:
        """Connect and start to listen; raises OSError."""
        login = self._login
        connection = socket.create_connection((login.host, login.port), self._timeout)
        if login.tls:
            context = ssl.create_default_context(cafile=login.ca)
            context.check_hostname = login.ca is None  # a certificate that was handed over is trusted for itself
            connection = context.wrap_socket(connection, server_hostname=login.host)
        self._socket = connection
        self.finished = threading.Event()
        self._thread = threading.Thread(target=self.listen, daemon=True)
        self._thread.start()

    def disconnect(self) -> None:
        """Close, and wake the listener thread, which would sit in its read until the timeout."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        super().disconnect()

    def listen(self) -> None:
        """Read until the connection ends; whoever waits for an answer notices that none comes."""
        try:
            super().listen()
        except Exception:
            self.finished.set()


class Session:
    """A login that is logged off again: `with Session(login) as ami: ami.ask("Ping")`."""

    def __init__(self, login: Login, *, events: bool = False, timeout: float = TIMEOUT_S) -> None:
        """Prepare; nothing is sent before the block is entered. Only with `events` does FullyBooted arrive."""
        self._login = login
        self._events = events
        self._timeout = timeout
        self._client = _Client(login, timeout)
        self._booted = threading.Event()
        self._client.add_event_listener(self._on_event)

    def __enter__(self) -> Self:
        """Connect and log in; raises AmiError."""
        login = self._login
        where = f"{login.host}:{login.port}"
        fields = {"Username": login.username, "Secret": login.secret, "Events": "on" if self._events else "off"}
        for name, value in fields.items():
            _vet(name, value)
        try:
            self._client.connect()
        except ssl.SSLError as error:
            raise AmiError(f"{where}: TLS failed ({error.reason}); check tls and tls_ca in the settings.") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise AmiError(
                f"{where}: cannot be reached ({reason}); does Asterisk run, with enabled = yes in manager.conf?"
            ) from None
        try:
            self.ask("Login", **fields)
        except AmiError as error:
            self._client.disconnect()
            if "Authentication failed" in str(error):
                raise AmiRefused(
                    f"{where}: {login.username} may not log in; compare name, secret and permit with manager.conf."
                ) from None
            if self._client._ami_version is None:
                raise AmiError(f"{where}: what listens there is not Asterisk's AMI; check host and port.") from None
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Log off, then close: an exchange that no longer listens is left alone."""
        with suppress(OSError):
            if not self._client.finished.is_set():
                _ = self._client.logoff().response
        self._client.disconnect()

    def ask(self, action: str, **fields: str) -> Mapping[str, str]:
        """Send one action, once, and return the answer's fields.

        Raises:
            AmiRefused: the exchange answered with an error.
            AmiError: it did not answer within the timeout, or a field holds a line break or a NUL.
        """
        for name, value in fields.items():
            _vet(name, value)
        try:
            answer = self._client.send_action(SimpleAction(action, **fields)).response
        except OSError as error:
            raise AmiError(f"The exchange closed the connection ({error}); look into its log.") from None
        if answer is None:
            raise AmiError(f"The exchange did not answer {action} within {self._timeout:.0f} s; look into its log.")
        if answer.is_error():
            reason = answer.keys.get("Message", "it gave no reason").removesuffix(".")
            raise AmiRefused(f"The exchange refused {action}: {reason}.")
        found: dict[str, Any] = answer.keys
        return found

    def booted(self, within_s: float) -> bool:
        """Wait until Asterisk says that all its modules are loaded; only with `events`."""
        return self._booted.wait(within_s)

    def _on_event(self, event: Any, **_: Any) -> None:
        if event.name == "FullyBooted":
            self._booted.set()


def _vet(name: str, value: str) -> None:
    """Refuse what could end a header and begin another."""
    if any(character in value for character in "\r\n\0"):
        raise AmiError(f"{name} may not hold a line break or a NUL; write it in one line.")
