"""Areas: parts of a page that the server paints whenever what they show has changed."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from store import Row, Tx
from web.context import Me
from web.rights import Right


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at an area."""

    person: Me
    language: str


@dataclass(frozen=True, slots=True)
class Painted:
    """What a template gets, and which patients can be seen in it."""

    values: Mapping[str, Any]
    patients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a page that is painted by the server whenever it changes."""

    name: str
    right: Right
    template: str
    look: Callable[[Tx, Viewer, int], Painted]
    """Reads what the template needs; given the viewer and the time."""
    kinds: tuple[str, ...]
    """How the kinds of the feed begin that concern it."""
    alike: Callable[[Viewer], Hashable] = lambda viewer: None
    """Viewers with the same value, in the same language, see the same."""
    desks: Callable[[Tx, list[Row]], frozenset[str] | None] | None = None
    """Which desks alone some rows of the feed concern; None concerns everybody."""
    personal: Callable[[Tx, int], frozenset[str]] | None = None
    """Who sees something of their own at this time; all the others, as far as they are alike, see the same."""
    urgent: bool = False
    """Whether it is painted before the others."""
    pace_s: float = 0.0
    """The least time between two changes of it on a page."""
    ages: bool = True
    """Whether time alone changes it, within seconds."""


def touched(areas: Iterable[Area], rows: Iterable[Row]) -> set[str]:
    """Return the names of the areas that rows of the feed concern."""
    kinds = {row["kind"] for row in rows}
    return {area.name for area in areas if any(kind.startswith(area.kinds) for kind in kinds)}
