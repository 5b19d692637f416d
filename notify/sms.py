"""Text messages through any HTTP gateway, as a template says.

The template is the gateway's own request with placeholders: `{number}` (E.164), `{digits}` (without the plus),
`{text}`, `{secret}`, `{key}` (the same whenever the same message is sent again). What is put in is escaped for the
place where it stands: a text with quotes or line ends stays a text.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from notify import Message, NotifyError
from notify.edge import Edge, Reply, Request
from patients.phones import masked, may_text

PLACEHOLDERS = ("number", "digits", "text", "secret", "key")
LONGEST = 480
"""Signs of a message to the clinic's own people: three texts long."""

_PLACE = re.compile(r"\{(\w+)\}")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
XML = ("application/xml", "text/xml")


@dataclass(frozen=True, slots=True)
class Gateway:
    """How one gateway wants to be asked, and how it says yes.

    `body` is JSON, a form (`to={number}&text={text}`) or XML, as `content_type` says. It took the message when its
    status is one of `statuses` (any 2xx when empty) and its answer holds `contains`.
    """

    url: str
    edge: Edge
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    body: str = ""
    statuses: tuple[int, ...] = ()
    contains: str = ""
    secret: str = field(default="", repr=False)
    countries: tuple[str, ...] = ()
    """Regions that may be texted."""

    async def text(self, number: str, text: str, key: str) -> None:
        """Hand one text over. Raises NotifyError when the number may not be texted, or the gateway did not take it."""
        permission = may_text(number, self.countries)
        if not permission:
            raise NotifyError(f"notify.sms: {masked(number)} may not be texted ({permission.reason}).")
        reply = await self.edge.call(self._request(number, text, key))
        if not self._took(reply):
            raise NotifyError(
                f"notify.sms: the gateway did not take a text to {masked(number)} (status {reply.status}); check its "
                "account, and success_status and success_contains."
            )

    def _request(self, number: str, text: str, key: str) -> Request:
        values = {"number": number, "digits": number.lstrip("+"), "text": text, "secret": self.secret, "key": key}
        headers = {name: fill(value, values, _one_line) for name, value in self.headers.items()}
        body = None
        if self.body:
            headers.setdefault("Content-Type", f"{self.content_type}; charset=utf-8")
            body = fill_body(self.body, self.content_type, values).encode()
        return Request(fill(self.url, values, _in_url), self.method, headers, body)

    def _took(self, reply: Reply) -> bool:
        good = reply.status in self.statuses if self.statuses else 200 <= reply.status < 300
        return good and self.contains in reply.text


class Sms:
    """A channel that texts every message to one of the clinic's people."""

    def __init__(self, gateway: Gateway, number: str, name: str = "sms") -> None:
        self.name = name
        self._gateway = gateway
        self._number = number

    async def send(self, message: Message) -> None:
        """Text the message. Raises NotifyError when the gateway did not take it."""
        text = f"{message.subject}\n{message.body.strip()}"
        if len(text) > LONGEST:
            text = text[: LONGEST - 1] + "…"
        await self._gateway.text(self._number, text, message.key)


def fill(template: str, values: Mapping[str, str], safe: Callable[[str], str]) -> str:
    """Put values where their names stand in braces; other braces stay."""
    return _PLACE.sub(lambda found: safe(values[found[1]]) if found[1] in values else found[0], template)


def fill_body(template: str, content_type: str, values: Mapping[str, str]) -> str:
    """Fill a body so that every value stays where it was put. Raises ValueError: no such content type, or not JSON."""
    if content_type == JSON:
        return json.dumps(_filled(json.loads(template), values), ensure_ascii=False)
    if content_type == FORM:
        return fill(template, values, quote_plus)
    if content_type in XML:
        return fill(template, values, _in_xml)
    raise ValueError(f'"{content_type}" is not a body that can be filled; write {JSON}, {FORM} or {XML[0]}')


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    match value:
        case str():
            return fill(value, values, str)
        case list():
            return [_filled(one, values) for one in value]
        case dict():
            return {key: _filled(one, values) for key, one in value.items()}
        case _:
            return value


def _in_url(value: str) -> str:
    return quote(value, safe="")


def _in_xml(value: str) -> str:
    # XML knows no control characters but these three, not even escaped.
    kept = "".join(sign for sign in value if sign >= " " or sign in "\t\n\r")
    return escape(kept, {'"': "&quot;", "'": "&apos;"})


def _one_line(value: str) -> str:
    return "".join(sign for sign in value if sign.isprintable())
