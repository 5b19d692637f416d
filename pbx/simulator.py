"""An AMI server without a switch behind it: it replays recorded events to any number of clients, and answers actions.

Each client logs in as with Asterisk (MD5 challenge or plain secret), gets the events from then on, and is answered from
the state that the replayed events made. Originate plays a click-to-call, Hangup ends a call that is being replayed.
"""

import asyncio
import contextlib
import hashlib
import secrets
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from pbx.clicks import Click, Ids, Manner, bridge_block, click_steps, faster, hangup
from pbx.events import Event, name_of, parse
from pbx.frames import Framer
from pbx.journal import Record, framed
from pbx.switch import Channel, Switch, make_block

SLOW_BYTES = 8 << 20
"""A client with more unread bytes than this is cut off without a word, as Asterisk does."""

NOT_SENT = frozenset((b"", b"FullyBooted", b"CoreShowChannel", b"CoreShowChannelsComplete", b"Status",
                      b"StatusComplete", b"QueueParams", b"QueueMember", b"QueueEntry", b"QueueStatusComplete"))
"""Recorded answers to another client's actions: they feed the state at most."""


@dataclass(frozen=True, slots=True)
class User:
    """An AMI user, as manager.conf would have it."""

    secret: str = field(repr=False)
    may_originate: bool = True
    may_pause: bool = True


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the simulated switch and the people on it behave."""

    manner: Callable[[Click], Manner] = lambda click: Manner()
    """Decides how a click-to-call goes."""
    trunk: str = "PJSIP/trunk-alfa"
    presented: str = "<unknown>"
    refusal_s: float = 1.0
    """After a refused login the connection is closed so much later."""
    now: Callable[[], float] = time.time
    """The switch's clock: fresh ids and Ping's Timestamp."""


@dataclass(slots=True, eq=False)
class _Client:
    writer: asyncio.StreamWriter
    user: User | None = None
    challenge: str = ""
    classes: frozenset[str] | None = frozenset()
    """Event classes this client gets; None is all."""

    def send(self, *blocks: bytes) -> None:
        if not self.writer.is_closing():
            self.writer.write(b"".join(block + b"\r\n\r\n" for block in blocks))
            if self.writer.transport.get_write_buffer_size() > SLOW_BYTES:
                self.writer.transport.abort()


class Simulator:
    """An AMI server. Use `async with Simulator(users).serving() as port`, then `replay` recordings."""

    def __init__(self, users: dict[str, User], behaviour: Behaviour | None = None, speed: float = 1.0) -> None:
        self.users = users
        self.behaviour = behaviour or Behaviour()
        self.speed = speed
        """1 is the recording's own pace, 10 ten times as fast, 0 as fast as the clients read."""
        self.switch = Switch()
        self.actions: list[Event] = []
        """Every action that was received, for tests."""
        self.refusing = False
        """When set, new connections are closed at once."""
        self._clients: set[_Client] = set()
        self._logged_in = asyncio.Condition()
        self._ids = Ids(self.behaviour.now)
        self._ended: set[str] = set()
        self._clicks: set[asyncio.Task[None]] = set()
        self._serving: set[asyncio.Task[Any]] = set()
        self._started = self.behaviour.now()

    @contextlib.asynccontextmanager
    async def serving(
        self, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> AsyncIterator[int]:
        """Listen, and yield the port; on leaving, cut every client off."""
        server = await asyncio.start_server(self._serve, host, port, ssl=tls)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            self.cut()
            for task in (*self._clicks, *self._serving):
                task.cancel()
            await asyncio.gather(*self._clicks, *self._serving, return_exceptions=True)

    @property
    def clients(self) -> int:
        """Return how many clients are logged in."""
        return sum(1 for client in self._clients if client.user)

    async def wait_for_clients(self, count: int = 1) -> None:
        """Return when so many clients are logged in."""
        async with self._logged_in:
            await self._logged_in.wait_for(lambda: self.clients >= count)

    def cut(self) -> None:
        """Close every connection abruptly, in the middle of whatever is being sent."""
        for client in list(self._clients):
            client.writer.transport.abort()
        self._clients.clear()

    async def replay(self, records: Iterable[Record], change: Callable[[bytes], bytes] | None = None) -> None:
        """Send recorded events at `speed`, each block after `change` (see `pbx.shifting`); may run several at once.

        A recorded close by the PBX cuts the clients off, and a restart empties the switch.
        """
        start, first, closed_at = time.monotonic(), None, 0.0
        for record, blocks in framed(records):
            first = record.at if first is None else first
            if self.speed:
                ahead = start + (record.at - first) / self.speed - time.monotonic()
                if ahead > 0:
                    await asyncio.sleep(ahead)
            if record.kind == "closed" and record.note == "by the PBX":
                closed_at = record.at
                self.cut()
            if closed_at and any(_booted_at(block, record.at) >= closed_at - 1 for block in blocks):
                self.switch = Switch()
            self.emit([change(block) for block in blocks] if change else blocks)
            if not self.speed:
                await self._drain()

    def emit(self, blocks: Iterable[bytes]) -> None:
        """Fold events into the switch's state, as happening now, and send them to every client."""
        now = self.behaviour.now()
        sent = []
        for block in blocks:
            if self._ended and _is_of(block, self._ended):
                continue
            self.switch.apply(block, now)
            name = name_of(block)
            if name not in NOT_SENT and (name == b"OriginateResponse" or b"\r\nActionID: " not in block):
                sent.append(block)
        for client in list(self._clients):
            if client.user is not None:
                client.send(*(sent if client.classes is None else [b for b in sent if _class(b) & client.classes]))

    async def _drain(self) -> None:
        for client in list(self._clients):
            try:
                async with asyncio.timeout(10):
                    await client.writer.drain()
            except (TimeoutError, OSError):
                client.writer.transport.abort()
                self._clients.discard(client)
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        client, task = _Client(writer), asyncio.current_task()
        assert task is not None
        self._clients.add(client)
        self._serving.add(task)
        framer = Framer(max_frame=64 << 10)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while data := await reader.read(64 << 10):
                for block in framer.feed(data):
                    if not await self._answer(client, parse(block)):
                        return
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass  # the client went away, or we do
        finally:
            self._serving.discard(task)
            self._clients.discard(client)
            writer.close()

    async def _answer(self, client: _Client, action: Event) -> bool:
        """Answer one action; return False when the connection is to be closed."""
        self.actions.append(action)
        asked = _Asked({key.lower(): value.strip() for key, value in action.first.items()}, action)
        name = asked.get("action").lower()
        if name == "challenge":
            client.challenge = str(secrets.randbelow(900_000_000) + 100_000_000)
            client.send(asked.success(f"Challenge: {client.challenge}"))
        elif name == "login":
            return await self._log_in(client, asked)
        elif name == "logoff":
            client.send(asked.reply("Goodbye", "Message: Thanks for all the fish."))
            return False
        elif client.user is None:
            client.send(asked.error("Permission denied"))
        else:
            self._act(client, name, asked)
        return True

    async def _log_in(self, client: _Client, asked: "_Asked") -> bool:
        user = self.users.get(asked.get("username"))
        if user is None or not _proves(asked, user, client.challenge):
            client.send(asked.error("Authentication failed"))
            await asyncio.sleep(self.behaviour.refusal_s)
            return False
        client.user = user
        client.classes = _mask(asked.get("events") or "on")
        client.send(asked.success("Message: Authentication accepted"))
        if client.classes is None or "system" in client.classes:
            seconds = int(self.behaviour.now() - self._started)
            client.send(make_block("FullyBooted", (f"Uptime: {seconds}", f"LastReload: {seconds}",
                                                   "Status: Fully Booted"), "system,all"))
        async with self._logged_in:
            self._logged_in.notify_all()
        return True

    def _act(self, client: _Client, name: str, asked: "_Asked") -> None:
        now = self.behaviour.now()
        match name:
            case "ping":
                client.send(asked.success("Ping: Pong", f"Timestamp: {now:.6f}"))
            case "events":
                client.classes = _mask(asked.get("eventmask"))
                client.send(asked.success(f"Events: {'Off' if client.classes == frozenset() else 'On'}"))
            case "coreshowchannels":
                client.send(*asked.listed("Channels will follow", "CoreShowChannelsComplete",
                                          self.switch.core_show_channels(now)))
            case "status":
                client.send(*self._status(asked, now))
            case "queuestatus":
                client.send(*asked.listed("Queue status will follow", "QueueStatusComplete",
                                          self.switch.queue_status(now, asked.get("queue"))))
            case "corestatus":
                live = len({c.values.get("Linkedid") for c in self.switch.channels.values()})
                client.send(asked.success(f"CoreCurrentCalls: {live}"))
            case "coresettings":
                client.send(asked.success("AMIversion: 11.0.0", "AsteriskVersion: 22.10.1", "SystemName: "))
            case "command":
                client.send(asked.command())
            case "originate":
                self._originate(client, asked)
            case "queuepause":
                self._pause(client, asked, now)
            case "hangup":
                channel = self.switch.named(asked.get("channel"))
                client.send(asked.success("Message: Channel Hungup") if channel else asked.error("No such channel"))
                if channel:
                    self._hang_up(channel)
            case _:
                client.send(asked.error(f"Invalid/unknown command: {asked.get('action')}. "
                                        "Use Action: ListCommands to show available commands."))

    def _pause(self, client: _Client, asked: "_Asked", now: float) -> None:
        paused = asked.get("paused").lower() in ("true", "yes", "1")
        if client.user is None or not client.user.may_pause:
            client.send(asked.error("Permission denied"))
            return
        change = (paused, asked.get("reason"))
        blocks = list(self.switch.pauses(now, asked.get("interface"), asked.get("queue"), change))
        if not blocks:
            client.send(asked.error("Interface not found"))
            return
        client.send(asked.success(f"Message: Interface {'' if paused else 'un'}paused successfully"))
        self.emit(blocks)

    def _status(self, asked: "_Asked", now: float) -> list[bytes]:
        variables = [name.strip() for name in asked.get("variables").split(",") if name.strip()]
        blocks = list(self.switch.status(now, variables))
        if only := asked.get("channel"):
            blocks = [block for block in blocks if f"\r\nChannel: {only}\r\n".encode() in block]
            if not blocks:
                return [asked.error("No such channel")]
        return asked.listed("Channel status will follow", "StatusComplete", blocks)

    def _originate(self, client: _Client, asked: "_Asked") -> None:
        if client.user is None or not client.user.may_originate:
            client.send(asked.error("Permission denied"))
        elif "/" not in asked.get("channel"):
            client.send(asked.error("Invalid channel"))
        elif not (asked.get("exten") and asked.get("context") and asked.get("priority")):
            client.send(asked.error("Extension and Application not specified"))
        else:
            click = asked.click()
            shown = next((v.partition("=")[2] for v in click.variables if "CALLWARD_PRESENTS=" in v), "")
            click = replace(click, trunk=self.behaviour.trunk, presented=shown or self.behaviour.presented)
            manner = faster(self.behaviour.manner(click), self.speed)
            click = replace(click, timeout=click.timeout / self.speed if self.speed else 0.001)
            queued = asked.success("Message: Originate successfully queued")
            if asked.get("async").lower() in ("true", "yes", "1"):
                client.send(queued)
                queued = b""
            task = asyncio.create_task(self._play(client, click, manner, queued))
            self._clicks.add(task)
            task.add_done_callback(self._clicks.discard)

    async def _play(self, client: _Client, click: Click, manner: Manner, answer: bytes) -> None:
        """Play a click-to-call; a client that did not ask for `Async` gets its answer once the agent has answered."""
        for delay, blocks in click_steps(click, manner, self._ids):
            await asyncio.sleep(delay)
            self.emit(blocks)
            response = [parse(block) for block in blocks if name_of(block) == b"OriginateResponse"]
            if answer and response:
                failed = response[0].get("Response") != "Success"
                client.send(answer.replace(b"Success", b"Error", 1).replace(b"successfully queued", b"failed")
                            if failed else answer)

    def _hang_up(self, channel: Channel) -> None:
        """End the whole call of a channel, and drop what the recording still holds of it."""
        linkedid = channel.values.get("Linkedid", "")
        group = [c for c in self.switch.channels.values() if c.values.get("Linkedid") == linkedid]
        blocks = [make_block("SoftHangupRequest", (*channel.lines(), "Cause: 16"))]
        for bridge in {c.bridge for c in group if c.bridge}:
            inside = [c for c in group if c.bridge == bridge]
            left = range(len(inside) - 1, -1, -1)
            blocks += [bridge_block("BridgeLeave", bridge, n, c) for n, c in zip(left, inside, strict=True)]
            blocks.append(bridge_block("BridgeDestroy", bridge, 0))
        blocks += [hangup(c, 16, "Normal Clearing") for c in group]
        self.emit(blocks)
        self._ended |= {linkedid, *(c.uniqueid for c in group)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """An action as a client sent it, keys in lower case, and the ways to answer it."""

    values: dict[str, str]
    event: Event

    def get(self, key: str) -> str:
        return self.values.get(key, "")

    def reply(self, response: str, *lines: str) -> bytes:
        mark = [f"ActionID: {self.values['actionid']}"] if "actionid" in self.values else []
        return "\r\n".join((f"Response: {response}", *mark, *lines)).encode("utf-8", "surrogateescape")

    def success(self, *lines: str) -> bytes:
        return self.reply("Success", *lines)

    def error(self, message: str) -> bytes:
        return self.reply("Error", f"Message: {message}")

    def listed(self, message: str, complete: str, items: Iterable[bytes]) -> list[bytes]:
        """Return a list's answer, its items and its end, all with this action's id."""
        mark = f"ActionID: {self.values['actionid']}".encode() if "actionid" in self.values else b""
        rows = [b"\r\n".join((item, mark)) if mark else item for item in items]
        end = [mark.decode()] if mark else []
        return [self.success("EventList: start", f"Message: {message}"), *rows,
                make_block(complete, (*end, "EventList: Complete", f"ListItems: {len(rows)}"), "")]

    def command(self) -> bytes:
        if self.get("command") == "core show version":
            return self.success("Message: Command output follows",
                                "Output: Asterisk 22.10.1 (simulated by Callward: no switch is behind it)")
        return self.error("Command output follows") + f"\r\nOutput: No such command '{self.get('command')}'".encode()

    def click(self) -> Click:
        name, _, number = self.get("callerid").rpartition("<")
        variables = [v for key in ("Variable", "variable") for v in self.event.all(key)]
        timeout = self.get("timeout")
        return Click(
            self.get("actionid"), self.get("channel"), self.get("context"), self.get("exten"),
            number.strip("<> ") or "<unknown>", name.strip('" ') or "<unknown>",
            int(timeout) / 1000 if timeout.isdigit() else 30.0,
            tuple(part.strip() for variable in variables for part in variable.split(",") if "=" in part),
        )


def _proves(asked: _Asked, user: User, challenge: str) -> bool:
    if asked.get("authtype").lower() == "md5":
        key = hashlib.md5((challenge + user.secret).encode(), usedforsecurity=False).hexdigest()
        return bool(challenge) and secrets.compare_digest(key.encode(), asked.get("key").lower().encode())
    return secrets.compare_digest(user.secret.encode(), asked.get("secret").encode("utf-8", "surrogateescape"))


def _mask(words: str) -> frozenset[str] | None:
    """Return the classes that an event mask names; None is all, the empty set none."""
    names = frozenset(word.strip().lower() for word in words.split(",") if word.strip())
    if names & {"on", "all", "true", "yes", "1"}:
        return None
    return frozenset() if names & {"off", "none", "false", "no", "0"} else names


def _class(block: bytes) -> set[str]:
    line = block.partition(b"\r\nPrivilege: ")[2].partition(b"\r\n")[0]
    return set(line.decode("ascii", "replace").lower().split(",")) - {"all"}


def _is_of(block: bytes, ids: set[str]) -> bool:
    event = parse(block)
    return any(event.get(key) in ids for key in ("Linkedid", "Uniqueid", "DestLinkedid", "DestUniqueid"))


def _booted_at(block: bytes, at: float) -> float:
    """Return the time at which a FullyBooted says that the switch was started, 0 for any other block."""
    uptime = parse(block).get("Uptime") if name_of(block) == b"FullyBooted" else ""
    return at - int(uptime) if uptime.isdecimal() else 0.0
