"""What a form brought: text of known length, without what no person types."""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiDictProxy

MOST = 200


class Form:
    """The fields of a request. A field that is missing is empty."""

    def __init__(self, fields: "MultiDictProxy[Any]") -> None:
        """Take the fields; use `Form.of`."""
        self._fields = fields

    @classmethod
    async def of(cls, request: web.Request) -> "Form":
        """Read a form; what is no form is a 400."""
        try:
            return cls(await request.post())
        except ValueError:
            raise web.HTTPBadRequest from None

    def text(self, name: str, most: int = MOST) -> str:
        """Return a line without spaces around it; control characters are a 400, and so is more than `most`."""
        value = self.secret(name, most).strip()
        if not all(character.isprintable() for character in value):
            raise web.HTTPBadRequest
        return value

    def lines(self, name: str, most: int) -> str:
        """Return text of several lines."""
        value = self.secret(name, most).replace("\r\n", "\n").strip()
        if not all(character.isprintable() or character in "\n\t" for character in value):
            raise web.HTTPBadRequest
        return value

    def secret(self, name: str, most: int = MOST) -> str:
        """Return a field as it was typed."""
        value = self._fields.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise web.HTTPBadRequest
        return value

    def number(self, name: str) -> int:
        """Return a whole number that a store can hold; anything else is a 400."""
        text = self.text(name, 18)
        if not (text.isascii() and text.isdigit()):
            raise web.HTTPBadRequest
        return int(text)

    def all(self, name: str) -> list[str]:
        """Return every value of a field that is sent several times."""
        return [value for value in self._fields.getall(name, []) if isinstance(value, str)]


def local_path(target: str) -> str:
    """Return where to go after a sign-in: a path of this site, else its first page."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if plain and not parts.scheme and not parts.netloc and "\\" not in target else "/"
