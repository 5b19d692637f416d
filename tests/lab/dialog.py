"""One SIP dialog: a phone's end of a call, and what can be done with it."""

import asyncio
import random
import time
from typing import TYPE_CHECKING

from tests.lab import sip
from tests.lab.media import Media

if TYPE_CHECKING:
    from tests.lab.phones import Phone

_PATIENCE_S = 30.0


class Dialog:
    """One end of a call. `times` holds when each thing first happened, in seconds of the epoch."""

    def __init__(self, phone: "Phone", media: Media, call_id: str) -> None:
        self.phone, self.media, self.call_id = phone, media, call_id
        self.times: dict[str, float] = {}
        self.answered, self.ended, self.rung = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.referred = asyncio.Event()
        self.final: int | None = None
        self.invite: sip.Message | None = None  # set when the PBX rang us
        self.local = self.remote = self.target = ""
        self.local_tag, self.remote_tag = sip.token(), ""
        self.last_reply = b""
        self._cseq = random.randrange(100, 900)
        self._sdp_version = 1
        self._invite_sent = (0, "")
        self._replies: dict[tuple[int, str], asyncio.Future[sip.Message]] = {}

    # ---- what a person does

    def ring(self) -> None:
        """Say that this phone rings."""
        self.mark("ring")
        self._answer_invite(180, "Ringing")

    def pick_up(self) -> None:
        """Answer the call; nothing happens if the caller is gone."""
        if self.ended.is_set() or self.invite is None:
            return
        self.mark("answer")
        self.answered.set()
        self._answer_invite(200, "OK", self.offer())
        self.hear(self.invite.body)

    def reject(self, code: int, reason: str, *headers: str) -> None:
        """Refuse the call with a SIP status."""
        self.final = code
        self._answer_invite(code, reason, headers=headers)
        self.finish("self")

    async def hang_up(self) -> None:
        """End the call, or give up one that nobody has answered."""
        if self.ended.is_set():
            return
        if self.answered.is_set():
            await self.request("BYE")
            self.finish("self")
        else:
            number, branch = self._invite_sent
            self.send("CANCEL", number, branch)
            await self.until(self.ended)

    async def hold(self) -> None:
        """Put the other side on hold."""
        self.media.sending = False
        await self._reinvite("sendonly")

    async def resume(self) -> None:
        """Take the other side back from hold."""
        self.media.sending = True
        await self._reinvite("sendrecv")

    async def refer(self, to: str, replaces: "Dialog | None" = None) -> None:
        """Transfer the other side to an extension; with `replaces`, to the person on that dialog of this phone.

        As phones do, hang up once the PBX says that it is done; if it has not hung up by then.
        """
        target = f"sip:{to}@{sip.HOST}"
        if replaces is not None:
            call_id = replaces.call_id.replace("@", "%40")
            target += f"?Replaces={call_id}%3Bto-tag%3D{replaces.remote_tag}%3Bfrom-tag%3D{replaces.local_tag}"
        await self.request("REFER", f"Refer-To: <{target}>", f"Referred-By: <sip:{self.phone.number}@{sip.HOST}>")
        await self._until_any(self.referred, self.ended)
        for dialog in (self, replaces):
            if dialog is not None:
                await dialog.hang_up()

    def press(self, digits: str) -> None:
        """Press keys."""
        self.media.press(digits)

    async def until(self, event: asyncio.Event, patience_s: float = _PATIENCE_S) -> None:
        """Wait for `answered`, `rung` or `ended`.

        Raises:
            TimeoutError: saying what this phone saw instead.
        """
        try:
            await asyncio.wait_for(event.wait(), patience_s)
        except TimeoutError:
            raise TimeoutError(f"phone {self.phone.number} saw only {sorted(self.times)} in {patience_s} s") from None

    async def _until_any(self, *events: asyncio.Event) -> None:
        waiting = [asyncio.create_task(self.until(event)) for event in events]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            await next(task for task in waiting if task.done())
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    # ---- the wire

    def mark(self, what: str) -> None:
        """Note the time of something that happened."""
        self.times.setdefault(what, time.time())

    def offer(self, mode: str = "sendrecv") -> str:
        """Return our SDP."""
        self._sdp_version += 1
        return sip.sdp(self.media.port, self._sdp_version, mode)

    def hear(self, body: str) -> None:
        """Send sound where the other side's SDP wants it."""
        if port := sip.audio_port(body):
            self.media.talk_to(port)

    def finish(self, by: str) -> None:
        """Close the dialog; `by` is "self" or "remote"."""
        if not self.ended.is_set():
            self.mark("end")
            self.mark(f"ended by {by}")
            self.media.stop()
            self.ended.set()

    def send_invite(self, *headers: str) -> None:
        """Begin the call."""
        self.mark("invite")
        self._invite_sent = self.send("INVITE", None, None, *headers, body=self.offer())

    def send(
        self, method: str, number: int | None = None, branch: str | None = None, *headers: str, body: str = ""
    ) -> tuple[int, str]:
        """Send a request of this dialog. Returns its CSeq number and its branch."""
        if number is None:
            self._cseq += 1
            number = self._cseq
        branch = branch or "z9hG4bK" + sip.token()
        lines = [
            f"Via: SIP/2.0/UDP {sip.HOST}:{self.phone.port};branch={branch};rport",
            "Max-Forwards: 70",
            f"From: {self.local};tag={self.local_tag}",
            f"To: {self.remote}" + (f";tag={self.remote_tag}" if self.remote_tag else ""),
            f"Call-ID: {self.call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:{self.phone.number}@{sip.HOST}:{self.phone.port}>",
            f"Allow: {sip.METHODS}",
            *headers,
        ]
        self.phone.send(sip.render(f"{method} {self.target} SIP/2.0", lines, body))
        return number, branch

    async def request(self, method: str, *headers: str, body: str = "") -> sip.Message:
        """Send a request and wait for its final answer."""
        number, _ = self.send(method, None, None, *headers, body=body)
        reply = self._replies[(number, method)] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(reply, _PATIENCE_S)

    def on_notify(self, message: sip.Message) -> None:
        """Take the news of a transfer that we asked for: its body is a status line, final from 200 on."""
        if message.body.startswith("SIP/2.0 ") and not message.body.startswith("SIP/2.0 1"):
            self.referred.set()

    def on_response(self, message: sip.Message) -> None:
        """Take a response from the PBX."""
        number, method = message.cseq
        code = message.code or 0
        if method == "INVITE" and number == self._invite_sent[0]:
            self._on_invite_response(message, code)
            return
        reply = self._replies.get((number, method))
        if reply is not None and not reply.done() and code >= 200:
            reply.set_result(message)

    def _on_invite_response(self, message: sip.Message, code: int) -> None:
        if code == 100:
            return
        self.remote_tag = sip.tag(message.get("to")) or self.remote_tag
        if code < 200:
            self.mark("ring")
            self.rung.set()
            self.hear(message.body)
        elif code < 300:
            self.target = sip.uri(message.get("contact")) or self.target
            self.send("ACK", message.cseq[0])
            if not self.answered.is_set():
                self.mark("answer")
                self.hear(message.body)
                self.answered.set()
        else:
            number, branch = self._invite_sent
            self.send("ACK", number, branch)
            self.final = self.final or code
            self.finish("self" if code == 487 else "remote")

    def _answer_invite(self, code: int, reason: str, body: str = "", headers: tuple[str, ...] = ()) -> None:
        assert self.invite is not None, "only a call that came in can be answered"
        self.last_reply = self.phone.reply(self.invite, (code, reason), self.local_tag, headers, body)

    async def _reinvite(self, mode: str) -> None:
        reply = await self.request("INVITE", body=self.offer(mode))
        self.send("ACK", reply.cseq[0])
