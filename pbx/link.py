"""The connection to one Asterisk: log in, read without ever waiting for anybody, reconnect, never repeat an action.

Asterisk cuts a client that does not read off, without a word. So one task does nothing but read and hand on; what it
calls must be quick (the journal is). The conversation (log in, snapshots, pings) is another task.
"""

import asyncio
import contextlib
import logging
import random
import re
import ssl
import time
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol

from pbx import actions
from pbx.actions import SNAPSHOT_ID, Action
from pbx.events import name_of
from pbx.frames import MAX_FRAME, Framer
from pbx.replies import Replies, Response

log = logging.getLogger("callward.link")

READ = 256 << 10
_BANNER = b"Asterisk Call Manager/"
_LOOPBACK = ("localhost", "::1")
_PEM = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class LinkError(Exception):
    """The connection failed or is down. The text says what, where and the way out."""


class LoginRefusedError(LinkError):
    """Asterisk does not know this user or secret; trying again soon would not help."""


@dataclass(frozen=True, slots=True)
class LinkConfig:
    """Where to connect, and as whom."""

    name: str
    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: bool = False
    tls_ca: Path | None = None
    """A PEM file to trust instead of the public authorities: the PBX's own certificate, which is then accepted whatever
    names it carries, or that of an authority, whose certificates must be for `host`."""
    events: str = "on"
    """The event mask of the login: "on", "off", or classes such as "call,agent"."""


@dataclass(frozen=True, slots=True)
class Pace:
    """All the waiting that a link does, in seconds."""

    connect: float = 10.0
    login: float = 10.0
    booted: float = 5.0
    """Asterisk says FullyBooted to users with the class `system` only: for the others this long is waited in vain."""
    action: float = 10.0
    ping: float = 20.0
    snapshot: float = 300.0
    retry: float = 1.0
    retry_cap: float = 5.0
    """What is not heard has to be filled in later, and a try costs nothing."""
    refused: float = 60.0
    refused_cap: float = 900.0


class Sink(Protocol):
    """Takes what a link reads. The methods are called in the reading task: they must not block, and not raise."""

    def opened(self, at: float, session: int) -> None:
        """A login was accepted. `at`: seconds since the epoch; `session`: its number, unique for ever."""

    def blocks(self, at: float, session: int, blocks: list[bytes]) -> None:
        """One read completed these blocks: events, and answers to snapshots."""

    def closed(self, at: float, session: int, reason: str) -> None:
        """The session ended; an unfinished block was dropped."""

    def waiting(self, reason: str, seconds: float) -> None:
        """There is no connection for this reason; the next try is `seconds` away."""


class Clock:
    """Arrival times: the wall clock when a session begins, then monotonic time; never back, over all sessions."""

    def __init__(self, floor: float = 0.0) -> None:
        self.latest = floor
        self._session = int(floor * 1000)
        self._wall = self._mono = 0.0

    def begin(self) -> int:
        """Begin a session and return its number: its beginning in ms."""
        self._wall = max(time.time(), self.latest)
        self._mono = time.monotonic()
        self._session = max(int(self._wall * 1000), self._session + 1)
        return self._session

    def now(self) -> float:
        """Return seconds since the epoch, in microseconds' steps."""
        self.latest = max(self.latest, round(self._wall + time.monotonic() - self._mono, 6))
        return self.latest


class Link:
    """Keeps one connection to an Asterisk, for as long as `run` runs.

    Args:
        config: where, and as whom.
        sink: gets everything that is read.
        floor: seconds since the epoch; no arrival time will be before it (the journal's last).
        pace: the waiting times.
    """

    def __init__(self, config: LinkConfig, sink: Sink, floor: float = 0.0, pace: Pace | None = None) -> None:
        self.config = config
        self.pace = pace or Pace()
        self.clock_difference: float | None = None
        """Seconds by which the PBX's clock is ahead of ours, measured in each session."""
        self.up = asyncio.Event()
        """Set while a session is logged in and its first snapshot was answered."""
        self._sink = sink
        self._clock = Clock(floor)
        self._numbers = 0
        self._snapshots = 0
        self._writer: asyncio.StreamWriter | None = None
        self._replies = Replies()
        self._framer = Framer()
        self._session: int | None = None
        self._opened_at: float | None = None
        self._login_id = ""
        self._booted = asyncio.Event()
        self._heard = 0.0

    async def run(self) -> None:
        """Connect, stay connected, reconnect; until cancelled."""
        failures = refusals = 0
        while True:
            self._opened_at = None
            try:
                await self._one_connection()
            except LoginRefusedError as error:
                refusals, failures = refusals + 1, 0
                pause = min(self.pace.refused * 2 ** (refusals - 1), self.pace.refused_cap)
                reason = str(error)
            except LinkError as error:
                lasted = self._opened_at is not None and time.monotonic() - self._opened_at > self.pace.retry_cap
                refusals, failures = 0, 1 if lasted else min(failures + 1, 20)
                pause = min(self.pace.retry * 2 ** (failures - 1), self.pace.retry_cap)
                reason = str(error)
            pause *= random.uniform(1.0, 1.5)  # noqa: S311  (many listeners must not come back in step)
            self._sink.waiting(reason, pause)
            await asyncio.sleep(pause)

    async def request(self, action: Action, action_id: str = "", seconds: float | None = None) -> Response:
        """Send an action once and return its answer; it is never sent again.

        Raises:
            LinkError: there is no connection, it was lost before the answer, or no answer came in time.
        """
        if self._writer is None or self._writer.is_closing():
            raise LinkError(f"{self.config.name}: there is no connection to Asterisk; try again when there is.")
        if not action_id:
            self._numbers += 1
            action_id = f"callward-{self._session or 0}-{self._numbers}"
        data = action.encode(action_id)
        future = self._replies.expect(action_id)
        patience = self.pace.action if seconds is None else seconds
        try:
            self._writer.write(data)
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise LinkError(f"{self.config.name}: Asterisk did not answer {action.name} in {patience:g} s; "
                            "whether it was done is not known.") from None
        except OSError as error:
            raise LinkError(f"{self.config.name}: {action.name} could not be sent ({error}).") from None
        finally:
            self._replies.forget(action_id)

    async def snapshot(self) -> dict[str, Response]:
        """Ask what is going on now; the answers go to the sink as well. Return them by ActionID.

        Raises:
            LinkError: as `request`.
        """
        self._snapshots += 1
        asked = actions.snapshot(self._snapshots)
        answers = await asyncio.gather(*(self.request(action, key) for key, action in asked.items()))
        return dict(zip(asked, answers, strict=True))

    async def _one_connection(self) -> None:
        """Connect, talk and read until one of both ends.

        Raises:
            LinkError: always, with the reason.
        """
        self._framer, self._replies = Framer(), Replies()
        self._booted.clear()
        reason = "by us"
        reader = await self._connect()
        tasks = [asyncio.create_task(self._read(reader)), asyncio.create_task(self._converse())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            error = _worst([task.exception() for task in tasks if task.done()])
            reason = str(error)
            raise error
        finally:
            self.up.clear()
            if reason == "by us":
                with contextlib.suppress(OSError):
                    self._say(actions.logoff())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._hang_up(reason)
            self._replies.fail(LinkError(f"{self.config.name}: the connection was lost before Asterisk answered."))

    async def _connect(self) -> asyncio.StreamReader:
        where = f"{self.config.host}:{self.config.port}"
        context = _tls(self.config)
        try:
            async with asyncio.timeout(self.pace.connect):
                reader, self._writer = await asyncio.open_connection(
                    self.config.host, self.config.port, ssl=context, limit=1 << 20
                )
                _check_certificate(self.config, self._writer)
                banner = await reader.readline()
        except TimeoutError:
            problem = f"{where} did not answer in {self.pace.connect:g} s; check the address and the firewall."
        except ssl.SSLError as error:
            problem = f"{where}: the certificate or TLS was refused ({error.reason or error}); set tls_ca to its file."
        except ValueError:
            problem = f"{where} is not an Asterisk manager interface; check host and port."
        except OSError as error:
            problem = f"{where} cannot be reached ({error.strerror or error}); check that Asterisk runs there."
        except BaseException:  # cancelled, or another certificate than the one expected
            self._drop_socket()
            raise
        else:
            if banner.startswith(_BANNER):
                self._heard = time.monotonic()
                return reader
            problem = f"{where} is not an Asterisk manager interface; check host and port."
        self._drop_socket()
        raise LinkError(f"{self.config.name}: {problem}")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Read, stamp, cut into blocks, hand on; nothing else."""
        try:
            while data := await reader.read(READ):
                self._heard = time.monotonic()
                dropped = self._framer.dropped
                self._take(self._framer.feed(data))
                if self._framer.dropped > dropped:
                    log.warning("%s: a block longer than %d bytes was skipped", self.config.name, MAX_FRAME)
        except OSError as error:
            raise LinkError(f"{self.config.name}: the connection broke ({error.strerror or error}).") from None
        raise LinkError("by the PBX")

    def _take(self, blocks: list[bytes]) -> None:
        kept: list[bytes] = []
        for block in blocks:
            answered = self._replies.take(block)
            if self._session is None:
                if answered == self._login_id and block.startswith(b"Response: Success"):
                    self._session, self._opened_at = self._clock.begin(), time.monotonic()
                    self._sink.opened(self._clock.now(), self._session)
                continue
            if name_of(block) == b"FullyBooted":
                self._booted.set()
            if answered is None or answered.startswith(SNAPSHOT_ID):  # answers to pings are nobody else's business
                kept.append(block)
        if kept and self._session is not None:
            self._sink.blocks(self._clock.now(), self._session, kept)

    async def _converse(self) -> None:
        """1. Log in. 2. Wait until Asterisk is up. 3. Compare clocks. 4. Snapshots and pings, for ever."""
        await self._log_in()
        if self.config.events != "off":
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.pace.booted):
                    await self._booted.wait()
        await self._ping()
        listens = self.config.events != "off"  # who hears no events has nothing to compare a snapshot with
        if listens:
            await self.snapshot()
        self.up.set()
        next_snapshot = time.monotonic() + self.pace.snapshot
        while True:
            await asyncio.sleep(self.pace.ping)
            await self._ping()
            if listens and time.monotonic() >= next_snapshot:
                await self.snapshot()
                next_snapshot = time.monotonic() + self.pace.snapshot

    async def _log_in(self) -> None:
        """Log in by challenge; with the secret itself only if there is no challenge and nobody can listen."""
        config = self.config
        asked = await self.request(actions.challenge(), seconds=self.pace.login)
        if challenged := asked.answer.get("Challenge"):
            action = actions.login_md5(config.username, config.secret, challenged, config.events)
        elif config.tls or config.host in _LOOPBACK or config.host.startswith("127."):
            action = actions.login_plain(config.username, config.secret, config.events)
        else:
            raise LoginRefusedError(f"{config.name}: {config.host} offers no challenge, and without TLS the secret "
                                    "would go in the clear; set tls = true.")
        self._numbers += 1
        self._login_id = f"callward-login-{self._numbers}"
        answer = await self.request(action, self._login_id, self.pace.login)
        if not answer.ok:
            raise LoginRefusedError(f"{config.name}: Asterisk refused the user {config.username} ({answer.message}); "
                                    "check username and secret, and permit= in manager.conf.")

    async def _ping(self) -> None:
        """Ask for a sign of life: a PBX that sends nothing at all for two intervals is mute, and is left."""
        sent, sent_wall = time.monotonic(), time.time()
        seconds = 2 * self.pace.ping
        try:
            answer = await self.request(actions.ping(), seconds=seconds)
        except LinkError:
            if self._heard <= sent:
                raise LinkError(f"{self.config.name}: nothing was heard for {seconds:g} s after a ping.") from None
            return  # busy, not mute: something arrived meanwhile
        with contextlib.suppress(ValueError):
            self.clock_difference = float(answer.answer.get("Timestamp")) - (sent_wall + time.time()) / 2

    def _say(self, action: Action) -> None:
        """Send without waiting for an answer."""
        if self._writer is not None and not self._writer.is_closing():
            self._numbers += 1
            self._writer.write(action.encode(f"callward-{self._numbers}"))

    def _hang_up(self, reason: str) -> None:
        self._drop_socket()
        if self._session is not None:
            session, self._session = self._session, None
            self._sink.closed(self._clock.now(), session, reason)

    def _drop_socket(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()


def _worst(errors: "list[BaseException | None]") -> BaseException:
    """Return the error that explains the end best: a refused login before the hang-up that follows it."""
    found = [error for error in errors if error is not None]
    refused = [error for error in found if isinstance(error, LoginRefusedError)]
    return (refused or found)[0]


def _tls(config: LinkConfig) -> ssl.SSLContext | None:
    if not config.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=str(config.tls_ca) if config.tls_ca else None)
    except (OSError, ssl.SSLError):
        raise LinkError(f"{config.tls_ca}: is not a readable PEM certificate; check tls_ca.") from None
    if config.tls_ca:
        context.check_hostname = False  # `_check_certificate` does, before a byte is sent
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # what people make with openssl is rarely complete
    return context


def _check_certificate(config: LinkConfig, writer: asyncio.StreamWriter) -> None:
    """With `tls_ca`: accept the very certificate of the file, or one of its authority that is for our host."""
    if not (config.tls and config.tls_ca):
        return
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    pinned = [ssl.PEM_cert_to_DER_cert(pem) for pem in _PEM.findall(config.tls_ca.read_text("utf-8", "replace"))]
    if tls.getpeercert(binary_form=True) not in pinned and not _is_for(tls.getpeercert() or {}, config.host):
        raise LinkError(f"{config.name}: the certificate shown is not for {config.host}; "
                        "put the PBX's own certificate into tls_ca.")


def _is_for(certificate: dict[str, Any], host: str) -> bool:
    """Say whether a verified certificate names this host: an address, a name, or a wildcard for its first label."""
    name = host.lower()
    for kind, value in certificate.get("subjectAltName", ()):
        if kind == "DNS" and value.lower() in (name, "*." + name.partition(".")[2]):
            return True
        if kind == "IP Address":
            with contextlib.suppress(ValueError):
                if ip_address(value) == ip_address(host):
                    return True
    return False
