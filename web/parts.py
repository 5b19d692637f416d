"""Parts of an area that are painted once for as long as they say the same: a card, a callback, a call, a phone.

What a part shows of the time may only be a clock, which pages let run themselves, or belong to what it says.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from aiohttp import web
from markupsafe import Markup

from web.pages import fragment


class Parts:
    """Paints parts and keeps so many of them, the newest. Used by one thread at a time."""

    def __init__(self, app: web.Application, kept: int) -> None:
        self._app = app
        self._most = kept
        self._kept: dict[tuple[str, str, Hashable], Markup] = {}

    def paint(self, template: str, language: str, says: Hashable, values: Callable[[], Mapping[str, Any]]) -> Markup:
        """Return a part as a template paints it in a language.

        `values` gives what the template gets, and is asked only for what is new: all that may differ in it is in
        `says`, but for clocks.
        """
        key = (template, language, says)
        html = self._kept.get(key)
        if html is None:
            html = Markup(fragment(self._app, template, language, values()))  # noqa: S704 - the template has escaped it
            if len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = html
        return html
