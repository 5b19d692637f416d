"""Which answer belongs to which action: AMI interleaves answers with events, only the ActionID tells them apart."""

import asyncio
from dataclasses import dataclass, field

from pbx.events import Event, parse

_ACTION_ID = b"\r\nActionID: "


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one action. `items` are the events of a list, without the one that closes it."""

    answer: Event
    items: tuple[Event, ...] = ()

    @property
    def ok(self) -> bool:
        """Say whether Asterisk did what was asked."""
        return self.answer.get("Response") in ("Success", "Goodbye", "Follows")

    @property
    def message(self) -> str:
        """Return Asterisk's own words."""
        return self.answer.get("Message")


@dataclass(slots=True)
class _Pending:
    future: "asyncio.Future[Response]"
    answer: Event | None = None
    items: list[Event] = field(default_factory=list)


class Replies:
    """Collects answers. An error has no list; a list ends with its `EventList: Complete`, never before."""

    def __init__(self) -> None:
        self._pending: dict[str, _Pending] = {}

    def expect(self, action_id: str) -> "asyncio.Future[Response]":
        """Return the future answer to the action that is about to be sent under this id."""
        future: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._pending[action_id] = _Pending(future)
        return future

    def forget(self, action_id: str) -> None:
        """Stop waiting: a later answer is nobody's."""
        self._pending.pop(action_id, None)

    def take(self, block: bytes) -> str | None:
        """Look at a block; return the ActionID if it is (part of) an answer that somebody waits for."""
        at = block.find(_ACTION_ID) if self._pending else -1
        if at < 0:
            return None
        event = parse(block)
        action_id = event.get("ActionID")
        pending = self._pending.get(action_id)
        if pending is None:
            return None
        if not event.name:
            if event.get("EventList").lower() == "start":
                pending.answer = event
            else:
                self._settle(action_id, Response(event))
        elif pending.answer is None:
            return None  # an event that happens to carry the id, before its answer
        elif event.get("EventList"):
            self._settle(action_id, Response(pending.answer, tuple(pending.items)))
        else:
            pending.items.append(event)
        return action_id

    def fail(self, error: Exception) -> None:
        """Tell everybody who waits that no answer will come."""
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(error)
                pending.future.exception()  # seen: whoever stopped waiting is not to be warned about
        self._pending.clear()

    def _settle(self, action_id: str, response: Response) -> None:
        future = self._pending.pop(action_id).future
        if not future.done():
            future.set_result(response)
