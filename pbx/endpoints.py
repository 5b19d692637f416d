"""Channel names, and which endpoints are trunks, phones or our own other exchange.

A channel is called `TECH/endpoint-hexnumber` (with `;1` or `;2` after it for the halves of a Local pair). The endpoint
may contain a hyphen, so the name is split at the last one; the technology never decides anything but Local.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pbx.calls import Role

_ASTERISK_CLASS = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": ".+", "!": ".*", "*": ".*"}
_LOOKS_LIKE_EXTENSIONS = re.compile(r"_?[0-9XZN!.*\[\]+-]*[0-9XZN][0-9XZN!.*\[\]+-]*")
_FOLLOW_ME = re.compile(r"^(?:FMPR-|FMGL-|FM|LC-|RG-[^-]*-)")


class ChannelName(NamedTuple):
    """The parts of a channel's name. `half` is 1 or 2 for a Local channel, else 0."""

    tech: str
    endpoint: str
    half: int
    pair: str
    """The name without its half: equal for the two halves of one Local pair."""


@lru_cache(maxsize=65536)
def split_name(name: str) -> ChannelName:
    """Split a channel's name; a name that has no such form is all endpoint."""
    pair, _, half = name.partition(";")
    tech, slash, rest = pair.partition("/")
    if not slash:
        return ChannelName("", name, 0, pair)
    endpoint, dash, number = rest.rpartition("-")
    if not dash or not number:
        endpoint = rest
    return ChannelName(tech, endpoint, int(half) if half in ("1", "2") else 0, pair)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Turn an endpoint pattern into an expression over `TECH/endpoint`.

    `trunk-alfa` and `PJSIP/trunk-alfa` are names; `DAHDI/i*` is a glob; `10X` and `_10X` are Asterisk patterns. A
    pattern without a technology means any.
    """
    tech, slash, endpoint = pattern.rpartition("/")
    head = re.escape(tech).replace(r"\*", ".*") if slash else "[^/]*"
    if _LOOKS_LIKE_EXTENSIONS.fullmatch(endpoint):
        body = _extension_pattern(endpoint.removeprefix("_"))
    else:
        body = re.escape(endpoint).replace(r"\*", ".*")
    return re.compile(f"{head}/{body}")


def _extension_pattern(text: str) -> str:
    out, at = [], 0
    while at < len(text):
        character = text[at]
        end = text.find("]", at)
        if character == "[" and end > at + 1:
            out.append("[" + re.escape(text[at + 1 : end]).replace(r"\-", "-") + "]")
            at = end
        else:
            out.append(_ASTERISK_CLASS.get(character) or re.escape(character))
        at += 1
    return "".join(out)


@dataclass(frozen=True)
class Endpoints:
    """The clinic's own map of endpoints: names or patterns, as `[[pbx]]` gives them."""

    trunks: tuple[re.Pattern[str], ...]
    phones: tuple[re.Pattern[str], ...]
    peers: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def of(cls, trunks: Iterable[str], phones: Iterable[str], peers: Iterable[str] = ()) -> "Endpoints":
        """Compile the patterns of the settings."""
        compiled = (tuple(compile_pattern(p) for p in patterns) for patterns in (trunks, phones, peers))
        return cls(*compiled)

    def role(self, name: ChannelName) -> Role:
        """Say what a channel is to the clinic. Our own other exchange is `other`: a person, but not the outside."""
        if name.tech == "Local":
            return "local"
        full = f"{name.tech}/{name.endpoint}"
        if any(p.fullmatch(full) for p in self.peers):
            return "other"
        if any(p.fullmatch(full) for p in self.trunks):
            return "trunk"
        if any(p.fullmatch(full) for p in self.phones):
            return "phone"
        return "other"


def dialled_part(dial_string: str) -> str:
    """Return whom a DialString names: `PJSIP/+48…@trunk`, `+48…@trunk` and `101/sip:101@host` give the number."""
    text = dial_string.split("&", 1)[0]
    if "/" in text and not text.split("/", 1)[0].strip("+").isdigit():
        text = text.split("/", 1)[1]
    return text.split("/", 1)[0].split("@", 1)[0]


def local_extension(endpoint: str) -> str:
    """Return the number that a Local channel stands for: `101@agents` is 101, `FMPR-105@from-internal` is 105."""
    return _FOLLOW_ME.sub("", endpoint.split("@", 1)[0]).rstrip("#")
