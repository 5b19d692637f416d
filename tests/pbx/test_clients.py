"""Other people's AMI clients against our simulator: what they find here is what they find at an Asterisk.

Both are blocking and run in a thread. asterisk-ami needs a long timeout (a silence longer than it ends its reading for
ever); pyst2 needs a default timeout on sockets and a fresh dict for every action, and never hears of a repeated key.
"""

import asyncio
import queue
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import pytest
from asterisk.ami import AMIClient, SimpleAction
from asterisk.manager import Manager, ManagerAuthException

from pbx.clicks import Manner
from pbx.events import name_of
from pbx.simulator import Behaviour, Simulator, User
from tests.pbx.ami import SECRET, sent, trace

T = TypeVar("T")
PATIENCE = 60.0
CLICK = {"Channel": "PJSIP/101", "Context": "from-internal", "Exten": "0501000901", "Priority": "1",
         "CallerID": "<0501000901>", "Async": "true"}


@pytest.fixture(autouse=True)
def _old_threading_names() -> Iterator[None]:
    """Both libraries use names that threading has deprecated; pyst2 trusts the sockets' default timeout."""
    socket.setdefaulttimeout(PATIENCE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
    socket.setdefaulttimeout(None)


def simulator(**user: Any) -> Simulator:
    return Simulator({"tracker": User(SECRET, **user)}, Behaviour(lambda click: Manner(), refusal_s=0), speed=0)


async def blocking(work: Callable[[], T]) -> T:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.to_thread(work)


async def left(manager: Manager) -> None:
    """Log off. Its reading thread may close the socket while its writing one is about to flush what was sent."""
    with suppress(ValueError):
        await blocking(manager.close)


def expected(name: str) -> list[str]:
    return [name_of(block).decode() for block in sent(trace(name))]


def take(heard: "queue.Queue[str]", count: int) -> list[str]:
    return [heard.get(timeout=PATIENCE) for _ in range(count)]


async def asterisk_ami(port: int, heard: "queue.Queue[str]", secret: str = SECRET) -> tuple[AMIClient, Any]:
    def log_in() -> tuple[AMIClient, Any]:
        client = AMIClient("127.0.0.1", port, timeout=PATIENCE)
        client.add_event_listener(lambda event, **_: heard.put(event.name))
        return client, client.login("tracker", secret).response

    return await blocking(log_in)


async def asked(client: AMIClient, name: str, **keys: str) -> Any:
    return await blocking(lambda: client.send_action(SimpleAction(name, **keys)).response)


async def leave(client: AMIClient) -> None:
    """Log off first: a closed socket would not wake the reading thread."""
    assert (await blocking(lambda: client.logoff().response)).status == "Goodbye"
    await blocking(client.disconnect)


async def test_asterisk_ami_logs_in_pings_and_hears_a_recording() -> None:
    pbx, heard = simulator(), queue.Queue[str]()
    async with pbx.serving() as port:
        client, answer = await asterisk_ami(port, heard)
        assert (answer.status, answer.keys["Message"]) == ("Success", "Authentication accepted")
        assert await blocking(lambda: take(heard, 1)) == ["FullyBooted"]
        assert (await asked(client, "Ping")).keys["Ping"] == "Pong"
        await pbx.replay(trace("asterisk22/queue_abandon"))
        names = expected("asterisk22/queue_abandon")
        assert await blocking(lambda: take(heard, len(names))) == names
        await leave(client)


async def test_asterisk_ami_originates_and_sees_the_call_through() -> None:
    pbx, heard = simulator(), queue.Queue[str]()
    async with pbx.serving() as port:
        client, _ = await asterisk_ami(port, heard)
        answer = await asked(client, "Originate", **CLICK)
        assert (answer.is_error(), answer.keys["Message"]) == (False, "Originate successfully queued")

        def until_two_hang_ups() -> list[str]:
            names: list[str] = []
            while names.count("Hangup") < 2:
                names += take(heard, 1)
            return names

        names = await blocking(until_two_hang_ups)
        assert names.count("BridgeEnter") == 2
        await leave(client)


async def test_asterisk_ami_sees_a_refused_login_and_a_refused_action() -> None:
    pbx = simulator(may_originate=False)
    async with pbx.serving() as port:
        client, answer = await asterisk_ami(port, queue.Queue(), "wrong")
        assert (answer.is_error(), answer.keys["Message"]) == (True, "Authentication failed")
        await blocking(client.finished.wait)  # the connection was closed
        client, _ = await asterisk_ami(port, queue.Queue())
        assert (await asked(client, "Originate", **CLICK)).keys["Message"] == "Permission denied"
        assert (await asked(client, "Hangup", Channel="PJSIP/none-1")).keys["Message"] == "No such channel"
        assert (await asked(client, "Nonsense")).is_error()
        await leave(client)


async def pyst2(port: int, heard: "queue.Queue[str]", secret: str = SECRET) -> Manager:
    def log_in() -> Manager:
        manager = Manager()
        manager.connect("127.0.0.1", port)
        manager.register_event("*", lambda event, _: heard.put(event.name))
        manager.login("tracker", secret)
        return manager

    return await blocking(log_in)


async def test_pyst2_logs_in_pings_and_hears_a_recording() -> None:
    pbx, heard = simulator(), queue.Queue[str]()
    async with pbx.serving() as port:
        manager = await pyst2(port, heard)
        assert (manager.title, manager.version) == ("Asterisk Call Manager", "11.0.0")
        assert await blocking(lambda: take(heard, 1)) == ["FullyBooted"]
        assert (await blocking(manager.ping)).get_header("Ping") == "Pong"
        await pbx.replay(trace("asterisk22/direct_answered"))
        names = expected("asterisk22/direct_answered")
        assert await blocking(lambda: take(heard, len(names))) == names
        await left(manager)


async def test_pyst2_originates_and_hears_who_answered() -> None:
    pbx, heard = simulator(), queue.Queue[str]()
    async with pbx.serving() as port:
        manager = await pyst2(port, heard)
        answer = await blocking(lambda: manager.send_action({"Action": "Originate", **CLICK}))
        assert answer.get_header("Message") == "Originate successfully queued"

        def until_answered() -> int:
            count = 0
            while take(heard, 1) != ["OriginateResponse"]:
                count += 1
            return count

        assert await blocking(until_answered) > 0
        await left(manager)


async def test_pyst2_asks_for_the_version() -> None:
    pbx = simulator()
    async with pbx.serving() as port:
        manager = await pyst2(port, queue.Queue())
        answer = await blocking(lambda: manager.command("core show version"))
        assert answer.get_header("Output").startswith("Asterisk 22")
        await left(manager)


async def test_pyst2_sees_a_refused_login_and_a_refused_action() -> None:
    pbx = simulator(may_originate=False)
    async with pbx.serving() as port:
        with pytest.raises(ManagerAuthException, match="Authentication failed"):
            await pyst2(port, queue.Queue(), "wrong")
        manager = await pyst2(port, queue.Queue())
        answer = await blocking(lambda: manager.send_action({"Action": "Originate", **CLICK}))
        assert (answer.get_header("Response"), answer.get_header("Message")) == ("Error", "Permission denied")
        await left(manager)


async def test_both_clients_hear_the_same_at_the_same_time() -> None:
    pbx = simulator()
    one, two = queue.Queue[str](), queue.Queue[str]()
    async with pbx.serving() as port:
        client, _ = await asterisk_ami(port, one)
        manager = await pyst2(port, two)
        assert pbx.clients == 2
        await pbx.replay(trace("asterisk22/direct_busy"))
        names = ["FullyBooted", *expected("asterisk22/direct_busy")]
        assert await blocking(lambda: take(one, len(names))) == names
        assert await blocking(lambda: take(two, len(names))) == names
        await leave(client)
        await left(manager)
