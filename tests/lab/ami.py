"""A small AMI client for tests: it knows nothing of Callward, so it can judge it."""

import asyncio
from collections.abc import Callable, Mapping

Event = Mapping[str, str]


class Ami:
    """One logged-in connection. `events` are all that came since, in order; a repeated key keeps its first value."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.events: list[Event] = []
        self._reader, self._writer = reader, writer
        self._arrived = asyncio.Condition()
        self._actions = 0
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def login(cls, port: int, username: str = "tracker", secret: str = "lab-secret") -> "Ami":
        """Connect to this machine's AMI and log in.

        Raises:
            ConnectionError: the login was refused.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        ami = cls(reader, writer)
        reply = await ami.ask("Login", Username=username, Secret=secret)
        if reply["Response"] != "Success":
            raise ConnectionError(reply.get("Message", "no reason given"))
        await ami.wait("FullyBooted")
        return ami

    async def ask(self, action: str, **headers: str) -> Event:
        """Send an action and return its response."""
        self._actions += 1
        action_id = f"lab-{self._actions}"
        lines = [f"Action: {action}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        return await self._find(lambda event: event.get("ActionID") == action_id and "Response" in event)

    async def wait(self, name: str, patience_s: float = 40.0, **fields: str) -> Event:
        """Return the first event of that name with those fields, come or to come.

        Raises:
            TimeoutError: it did not come.
        """
        try:
            return await self._find(lambda event: _matches(event, name, fields), patience_s)
        except TimeoutError:
            raise TimeoutError(f"AMI sent no {name} with {fields} in {patience_s} s") from None

    def seen(self, name: str, **fields: str) -> list[Event]:
        """Return the events of that name with those fields so far."""
        return [event for event in self.events if _matches(event, name, fields)]

    async def close(self) -> None:
        """Close the connection."""
        self._task.cancel()
        self._writer.close()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _find(self, wanted: Callable[[Event], bool], patience_s: float = 40.0) -> Event:
        async with asyncio.timeout(patience_s), self._arrived:
            seen = 0
            while True:
                for event in self.events[seen:]:
                    if wanted(event):
                        return event
                seen = len(self.events)
                await self._arrived.wait()

    async def _read(self) -> None:
        while True:
            try:
                block = await self._reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            event: dict[str, str] = {}
            for line in block.decode("utf-8", "replace").split("\r\n"):
                key, colon, value = line.partition(":")
                if colon:
                    event.setdefault(key, value.removeprefix(" "))
            async with self._arrived:
                self.events.append(event)
                self._arrived.notify_all()


def _matches(event: Event, name: str, fields: Mapping[str, str]) -> bool:
    return event.get("Event") == name and all(event.get(key) == value for key, value in fields.items())
