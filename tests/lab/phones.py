"""SIP phones and the provider, played by asyncio: each is one UDP socket, scripted by a test.

    async with Phones(ports) as phones:
        phones["104"].behaviour = answers()
        call = await phones.provider.dial("+48221234503", caller="501000101")
        await call.until(call.answered)
        await call.hang_up()
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import cast

from tests.lab import sip
from tests.lab.dialog import Dialog
from tests.lab.media import Media

EXTENSIONS = ("101", "102", "103", "104", "105")
Behaviour = Callable[[Dialog], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Ports:
    """A block of a hundred ports, from `first` on: Asterisk's, the provider's, the phones', and RTP."""

    first: int

    @property
    def ami(self) -> int:
        """Return the TCP port of AMI."""
        return self.first

    @property
    def sip(self) -> int:
        """Return the UDP port of Asterisk."""
        return self.first + 1

    @property
    def provider(self) -> int:
        """Return the UDP port of the provider."""
        return self.first + 2

    def phone(self, extension: str) -> int:
        """Return the UDP port of a phone."""
        return self.first + 3 + EXTENSIONS.index(extension)

    @property
    def rtp(self) -> tuple[int, int]:
        """Return Asterisk's first and last port of RTP."""
        return self.first + 10, self.first + 99


async def ignores(call: Dialog) -> None:
    """Let it ring."""
    call.ring()


def answers(after_s: float = 0.2) -> Behaviour:
    """Ring so many seconds, then answer."""

    async def behave(call: Dialog) -> None:
        call.ring()
        await asyncio.sleep(after_s)
        call.pick_up()

    return behave


def refuses(code: int = 486, reason: str = "Busy Here") -> Behaviour:
    """Refuse with a SIP status: 486 busy, 503 out of order, 603 declined."""

    async def behave(call: Dialog) -> None:
        call.reject(code, reason)

    return behave


def redirects(to: str) -> Behaviour:
    """Send the caller to another number (302)."""

    async def behave(call: Dialog) -> None:
        call.ring()
        call.reject(302, "Moved Temporarily", f"Contact: <sip:{to}@{sip.HOST}>")

    return behave


class Phone(asyncio.DatagramProtocol):
    """A phone, or the provider. `calls` are its dialogs so far, `incoming` those that rang and were not looked at.

    `trunk` is the provider's: "alfa" leads to the lab's own dialplan, "beta" to that of the tracked numbers.
    """

    def __init__(self, number: str, port: int, pbx_port: int, trunk: str | None = None) -> None:
        self.number, self.port, self.trunk = number, port, trunk
        self.behaviour: Behaviour = ignores
        self.calls: list[Dialog] = []
        self.incoming: asyncio.Queue[Dialog] = asyncio.Queue()
        self._pbx = (sip.HOST, pbx_port)
        self._registrations: dict[str, asyncio.Future[sip.Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Open the socket."""
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=(sip.HOST, self.port))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        self._transport = cast(asyncio.DatagramTransport, transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    async def stop(self) -> None:
        """Hang up whatever is up and close the socket."""
        await asyncio.gather(*(self._drop(call) for call in self.calls), return_exceptions=True)
        for task in self._tasks:
            task.cancel()
        if self._transport is not None:
            self._transport.close()

    async def dial(self, to: str, caller: str | None = None, name: str | None = None, *headers: str) -> Dialog:
        """Call a number. `caller` and `name` are shown to the other side; the phone's own number by default."""
        call = Dialog(self, await Media.open(), sip.token(16))
        shown = "" if name is None else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '" '
        call.local = f"{shown}<sip:{sip.quoted(self.number if caller is None else caller)}@{sip.HOST}>"
        call.remote = f"<sip:{sip.quoted(to)}@{sip.HOST}>"
        call.target = f"sip:{sip.quoted(to)}@{sip.HOST}:{self._pbx[1]}"
        self.calls.append(call)
        # The PBX knows a trunk by this header: every address of the lab is the same.
        trunk = [f"X-Provider: {self.trunk}"] if self.trunk else []
        call.send_invite(*trunk, *headers)
        return call

    async def rings(self, patience_s: float = 40.0) -> Dialog:
        """Wait until the PBX rings this phone.

        Raises:
            TimeoutError: naming the phone.
        """
        try:
            return await asyncio.wait_for(self.incoming.get(), patience_s)
        except TimeoutError:
            raise TimeoutError(f"phone {self.number} did not ring in {patience_s} s") from None

    async def register(self, password: str, expires_s: int = 60) -> int:
        """Register at the PBX; returns the SIP status. `expires_s` 0 unregisters."""
        call_id, tag, proof = sip.token(16), sip.token(), ""
        target = f"sip:{sip.HOST}"
        for number in (1, 2):
            reply = self._registrations[call_id] = asyncio.get_running_loop().create_future()
            lines = [
                f"Via: SIP/2.0/UDP {sip.HOST}:{self.port};branch=z9hG4bK{sip.token()};rport",
                "Max-Forwards: 70",
                f"From: <sip:{self.number}@{sip.HOST}>;tag={tag}",
                f"To: <sip:{self.number}@{sip.HOST}>",
                f"Call-ID: {call_id}",
                f"CSeq: {number} REGISTER",
                f"Contact: <sip:{self.number}@{sip.HOST}:{self.port}>",
                f"Expires: {expires_s}",
                *([proof] if proof else []),
            ]
            self.send(sip.render(f"REGISTER {target} SIP/2.0", lines))
            message = await asyncio.wait_for(reply, 5)
            if message.code != 401 or proof:
                break
            challenge = message.get("www-authenticate")
            proof = sip.authorization(challenge, self.number, password, ("REGISTER", target))
        return message.code or 0

    def send(self, data: bytes) -> None:
        """Send a datagram to the PBX."""
        assert self._transport is not None
        self._transport.sendto(data, self._pbx)

    def reply(
        self,
        request: sip.Message,
        status: tuple[int, str],
        tag: str = "",
        headers: tuple[str, ...] = (),
        body: str = "",
    ) -> bytes:
        """Answer a request. Returns the bytes, which a repeated request gets again."""
        to = request.get("to")
        if tag and not sip.tag(to) and status[0] > 100:
            to += f";tag={tag}"
        lines = [
            *(f"Via: {via}" for via in request.all("via")),
            *(f"Record-Route: {route}" for route in request.all("record-route")),
            f"From: {request.get('from')}",
            f"To: {to}",
            f"Call-ID: {request.get('call-id')}",
            f"CSeq: {request.get('cseq')}",
            f"Allow: {sip.METHODS}",
            *(headers or (f"Contact: <sip:{self.number}@{sip.HOST}:{self.port}>",)),
        ]
        data = sip.render(f"SIP/2.0 {status[0]} {status[1]}", lines, body)
        self.send(data)
        return data

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Take a datagram from the PBX (asyncio calls this)."""
        if not data.strip():
            return
        message = sip.Message.parse(data)
        call_id = message.get("call-id")
        call = next((call for call in self.calls if call.call_id == call_id), None)
        if message.code is not None:
            self._on_response(message, call)
        elif call is not None:
            self._in_dialog(message, call)
        elif message.method == "INVITE":
            task = asyncio.create_task(self._on_invite(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif message.method in ("OPTIONS", "NOTIFY"):
            self.reply(message, (200, "OK"))
        elif message.method != "ACK":
            self.reply(message, (481, "No such dialog"))

    def error_received(self, exc: Exception) -> None:
        """Ignore a PBX that is gone (asyncio calls this)."""

    def _on_response(self, message: sip.Message, call: Dialog | None) -> None:
        if call is not None:
            call.on_response(message)
            return
        waiting = self._registrations.get(message.get("call-id"))
        if waiting is not None and not waiting.done() and (message.code or 0) >= 200:
            waiting.set_result(message)

    async def _on_invite(self, message: sip.Message) -> None:
        media = await Media.open()
        call = Dialog(self, media, message.get("call-id"))
        call.invite = message
        call.remote_tag = sip.tag(message.get("from"))
        call.local, call.remote = message.get("to").split(";tag=")[0], message.get("from").split(";tag=")[0]
        call.target = sip.uri(message.get("contact"))
        call.mark("invite")
        self.calls.append(call)
        self.reply(message, (100, "Trying"))
        self.incoming.put_nowait(call)
        await self.behaviour(call)

    def _in_dialog(self, message: sip.Message, call: Dialog) -> None:
        match message.method:
            case "ACK":
                return
            case "INVITE" if not sip.tag(message.get("to")):  # the first INVITE again: our answer was lost
                if call.last_reply:
                    self.send(call.last_reply)
            case "INVITE":
                self.reply(message, (200, "OK"), call.local_tag, body=call.offer())
                call.hear(message.body)
            case "CANCEL":
                self.reply(message, (200, "OK"), call.local_tag)
                if not call.ended.is_set() and call.invite is not None:
                    self.reply(call.invite, (487, "Request Terminated"), call.local_tag)
                    call.finish("remote")
            case "BYE":
                self.reply(message, (200, "OK"), call.local_tag)
                call.finish("remote")
            case "NOTIFY":
                self.reply(message, (200, "OK"), call.local_tag)
                call.on_notify(message)
            case _:
                answer = call.offer() if message.body.startswith("v=0") else ""
                self.reply(message, (200, "OK"), call.local_tag, body=answer)

    async def _drop(self, call: Dialog) -> None:
        if call.ended.is_set():
            return
        if call.invite is not None and not call.answered.is_set():
            call.reject(480, "Temporarily Unavailable")
        else:
            await call.hang_up()


class Phones(Mapping[str, Phone]):
    """The clinic's phones by extension, and `provider`: the outside world behind the trunk."""

    def __init__(self, ports: Ports) -> None:
        self.provider = Phone("provider", ports.provider, ports.sip, "alfa")
        self._phones = {number: Phone(number, ports.phone(number), ports.sip) for number in EXTENSIONS}

    async def __aenter__(self) -> "Phones":
        for phone in (self.provider, *self._phones.values()):
            await phone.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(phone.stop() for phone in (self.provider, *self._phones.values())))

    def __getitem__(self, number: str) -> Phone:
        return self._phones[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._phones)

    def __len__(self) -> int:
        return len(self._phones)
