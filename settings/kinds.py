"""The kinds of values in `callward.toml`: hours, zones, addresses, secrets. Each says what is wrong with it."""

import re
from datetime import time
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    model_validator,
)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SettingsError(Exception):
    """The settings cannot be used. The text lists every problem: file, key, what is wrong, the way out."""


def _spans(value: object) -> object:
    """Read `"08:00-18:00"` or `"08:00-12:00, 14:00-18:00"`; "" is closed."""
    if not isinstance(value, str):
        return value
    spans = sorted(_span(part.strip()) for part in value.split(",") if part.strip())
    for (_, closes), (opens, _) in pairwise(spans):
        if opens < closes:
            raise ValueError(f'the spans of "{value}" overlap; join them into one')
    return spans


def _span(text: str) -> tuple[time, time]:
    start, dash, end = text.partition("-")
    try:
        opens = time.fromisoformat(start.strip())
        closes = time(23, 59, 59, 999999) if end.strip() == "24:00" else time.fromisoformat(end.strip())
    except ValueError:
        dash = ""
    if not dash or opens.tzinfo or closes.tzinfo or opens >= closes:
        raise ValueError(f'"{text}" is not a span of hours; write it as "08:00-18:00"')
    return opens, closes


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{name}" is not a time zone; write one like "Europe/Warsaw"') from None
    return name


def _region(code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isupper():
        raise ValueError(f'"{code}" is not a country; write its two capital letters, like "PL"')
    return code


def _address(text: str) -> str:
    if text.count("@") != 1 or not text.isprintable() or text.startswith("@") or text.endswith("@"):
        raise ValueError(f'"{text}" is not a mail address; write one like "clinic@example.org"')
    return text


def _recipient(text: str) -> str:
    if "@" in text:
        return _address(text)
    if not re.fullmatch(r"\+[1-9]\d{6,14}", text):
        raise ValueError(f'"{text}" is neither a mail address nor a number like "+48501000501"')
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise ValueError(f'"{parts.scheme}://{parts.hostname or ""}" is no address to send to; write "https://host/path"')
    return text


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f'"{text}" is not a network; write "10.0.0.5" or "10.1.0.0/16"') from None
    return text


def reachable(url: str, private: list[str]) -> None:
    if urlsplit(url).scheme == "http" and not private:
        raise ValueError("http is for your own networks only; write https, or list the network in private")


def is_this_machine(host: str) -> bool:
    """Say whether traffic to `host` stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Spans = Annotated[list[tuple[time, time]], BeforeValidator(_spans)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Region = Annotated[str, AfterValidator(_region)]
Address = Annotated[str, AfterValidator(_address)]
Recipient = Annotated[str, AfterValidator(_recipient)]
Url = Annotated[str, AfterValidator(_url)]
Networks = list[Annotated[str, AfterValidator(_network)]]


class Strict(BaseModel):
    """A table of the file: an unknown key is an error, so that a misspelt setting is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Week(Strict):
    """Opening hours, local time. A day not named is closed."""

    mon: Spans = []
    tue: Spans = []
    wed: Spans = []
    thu: Spans = []
    fri: Spans = []
    sat: Spans = []
    sun: Spans = []

    def spans(self) -> tuple[tuple[tuple[time, time], ...], ...]:
        """Return the seven days, Monday first, each a tuple of (opens, closes)."""
        return tuple(tuple(getattr(self, day)) for day in _WEEKDAYS)


class Secret(Strict):
    """A secret kept elsewhere: in an environment variable or in a file of its own."""

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError('write either { env = "NAME" } or { file = "path" }')
        return self


TAGS = ("written out", "kept elsewhere")
Hidden = Annotated[
    Annotated[str, Tag(TAGS[0])] | Annotated[Secret, Tag(TAGS[1])],
    Discriminator(lambda value: TAGS[0] if isinstance(value, str) else TAGS[1]),
]
"""A secret: a string, only in a file that others cannot read, or where it is kept."""
