"""Where a page of a list ends, as text that a client gives back unread."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TypeVar

from web.api.problems import Problem

Part = int | str
T = TypeVar("T")


def cursor_of(*parts: Part) -> str:
    """Write what the next page begins after."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def parts_of(cursor: str | None, kinds: tuple[type, ...]) -> tuple[Part, ...] | None:
    """Read a cursor that `cursor_of` wrote with parts of these kinds; None for no cursor.

    Raises:
        Problem: it is not one of ours (404).
    """
    if cursor is None:
        return None
    try:
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        found = None
    if not isinstance(found, list) or [type(part) for part in found] != list(kinds) or not all(map(_sane, found)):
        raise Problem(404, "This cursor leads nowhere; take `next` of a page as it is, or begin without one.")
    return tuple(found)


def _sane(part: Part) -> bool:
    return "\x00" not in part and part.isprintable() if isinstance(part, str) else 0 <= part < 2**62


def page_of(rows: Sequence[T], limit: int, place: Callable[[T], tuple[Part, ...]]) -> tuple[Sequence[T], str | None]:
    """Cut a page out of rows that were asked for with one more than `limit`; return it and the next cursor."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], cursor_of(*place(rows[limit - 1]))
