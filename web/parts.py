"""Parts of an area that are painted once for as long as they say the same: a card, a callback, a call, a phone.

What a part shows of the time may only be a clock, which pages let run themselves, or belong to its `says`.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from aiohttp import web
from markupsafe import Markup

from web.pages import fragment


@dataclass(frozen=True, slots=True)
class Part:
    """What is to be painted with a template. Two parts that say the same in one language look the same."""

    template: str
    language: str
    says: Hashable
    values: Mapping[str, Any] = field(compare=False)
    """What the template gets: nothing that `says` does not tell apart."""


def painter(app: web.Application, kept: int) -> Callable[[Part], Markup]:
    """Return what paints parts and keeps so many of them."""

    @lru_cache(maxsize=kept)
    def painted(part: Part) -> Markup:
        html = fragment(app, part.template, part.language, part.values)
        return Markup(html)  # noqa: S704 - the template has escaped it

    return painted
