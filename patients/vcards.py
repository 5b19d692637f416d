"""Reading vCard 2.1 (versit), 3.0 (RFC 2426) and 4.0 (RFC 6350), as address books and telephones write them. Pure.

Lines are unfolded as bytes, for a fold may part the bytes of one letter. 2.1 keeps the blank of a fold, and its
quoted-printable values go on after a `=` at the end of a line. Groups (`item1.TEL`) are cut off. A card inside a card
(AGENT) is passed over, and so is whatever has no colon, or is too long for anything that is read.
"""

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

_LONGEST = 65_536
"""No name, number or note is longer; pictures and sounds are, and are passed over."""
_LONGEST_HEAD = 2_000
_SCHEME = re.compile(r"(?i)(?:tel|sms|callto):")


@dataclass(frozen=True, slots=True)
class Property:
    """One property: its name in capitals, the parameters by name in capitals (values in small letters), the value."""

    name: str
    params: dict[str, tuple[str, ...]]
    value: str

    @property
    def types(self) -> frozenset[str]:
        """Return what TYPE says, in small letters."""
        return frozenset(self.params.get("TYPE", ()))

    @property
    def rank(self) -> int:
        """Return how much it is preferred: 1 most, 101 when nothing is said."""
        text = (self.params.get("PREF") or ("",))[0]
        if text.isascii() and text.isdigit() and len(text) < 4:
            return int(text)
        return 1 if "pref" in self.types else 101

    def parts(self) -> list[str]:
        """Return the components of a structured value, such as N: family, given, additional, prefixes, suffixes."""
        return [unescape(part) for part in re.split(r"(?<!\\);", self.value)]

    @property
    def text(self) -> str:
        """Return the value as text."""
        return unescape(self.value)

    @property
    def number(self) -> str:
        """Return a telephone's value as a number was written: without `tel:` and what follows the number."""
        text = self.text.strip()
        if _SCHEME.match(text):
            return unquote(text.partition(":")[2]).partition(";")[0]
        return text


@dataclass(frozen=True, slots=True)
class Card:
    """One card: the line it begins on (from 1), its version, its properties in their order."""

    line: int
    version: str
    properties: tuple[Property, ...]
    whole: bool = True
    """False when the file ends before the card does."""

    def all(self, name: str) -> list[Property]:
        """Return the properties of a name, the preferred first."""
        return sorted((one for one in self.properties if one.name == name), key=lambda one: one.rank)

    def text(self, name: str) -> str:
        """Return the preferred value of a name as text, "" without one."""
        return next((one.text.strip() for one in self.all(name) if one.text.strip()), "")


@dataclass(slots=True)
class _Open:
    line: int
    depth: int = 1
    lines: list[bytes] = field(default_factory=list)


def cards(lines: Iterable[bytes], encoding: str) -> Iterator[Card]:
    """Give the cards of a file, read line by line; `encoding` is for values that name no charset."""
    opened: _Open | None = None
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        word = line.strip().upper().replace(b" ", b"")
        if word == b"BEGIN:VCARD":
            if opened is None:
                opened = _Open(number)
            else:
                opened.depth += 1
        elif opened is not None and word == b"END:VCARD":
            opened.depth -= 1
            if opened.depth == 0:
                yield _card(opened, encoding, whole=True)
                opened = None
        elif opened is not None and opened.depth == 1:
            opened.lines.append(line)
    if opened is not None:
        yield _card(opened, encoding, whole=False)


def unescape(text: str) -> str:
    r"""Undo `\n`, `\,`, `\;`, `\\`; any other backslash stays."""
    return re.sub(r"\\([nN,;:\\])", lambda found: "\n" if found[1] in "nN" else found[1], text)


def _card(opened: _Open, encoding: str, *, whole: bool) -> Card:
    version = next((line.partition(b":")[2].strip().decode("ascii", "replace") for line in opened.lines
                    if line.upper().startswith(b"VERSION:")), "3.0")
    found = (_property(line, encoding) for line in _unfolded(opened.lines, old=version == "2.1"))
    return Card(opened.line, version, tuple(one for one in found if one is not None), whole)


def _unfolded(lines: list[bytes], *, old: bool) -> Iterator[bytes]:
    """Join what was folded. A picture of a hundred thousand lines is joined once, not once a line."""
    kept: list[bytes] = []
    quoted: bool | None = None
    for line in lines:
        if kept and quoted and kept[-1].endswith(b"="):
            kept[-1:] = [kept[-1][:-1], line.lstrip(b" \t")]
        elif kept and line[:1] in (b" ", b"\t"):
            kept.append(line if old else line[1:])
        else:
            if kept:
                yield b"".join(kept)
            kept, quoted = [line], None
        if quoted is None and (b":" in kept[-1] or len(kept) > _LONGEST_HEAD):
            quoted = b"QUOTED-PRINTABLE" in b"".join(kept).partition(b":")[0].upper()
    if kept:
        yield b"".join(kept)


def _property(line: bytes, encoding: str) -> Property | None:
    """Read one line; None for what is none."""
    cut = _colon(line) if len(line) <= _LONGEST else -1
    if not 0 <= cut <= _LONGEST_HEAD:
        return None
    head, value = line[:cut].decode("ascii", "replace"), line[cut + 1 :]
    name, *rest = re.findall(r'(?:[^;"]|"[^"]*")+', head) or [""]
    params: dict[str, tuple[str, ...]] = {}
    for text in rest:
        key, equals, values = text.partition("=")
        if not equals:  # 2.1 writes TEL;CELL;VOICE
            key, values = ("ENCODING" if key.upper() in ("QUOTED-PRINTABLE", "BASE64", "B") else "TYPE"), key
        listed = tuple(part.strip('" ').lower() for part in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", values))
        # A quoted list is one value to the grammar, and several to whoever wrote TYPE="cell,home".
        parts = tuple(part for one in listed for part in one.split(",") if part)
        params[key.upper()] = params.get(key.upper(), ()) + parts
    if "quoted-printable" in params.get("ENCODING", ()):
        value = quopri.decodestring(value)
    return Property(name.rpartition(".")[2].strip().upper(), params, _decoded(value, params, encoding))


def _colon(line: bytes) -> int:
    """Return where the value begins: the first colon outside quotes."""
    quoted = False
    for place, sign in enumerate(line):
        if sign == 0x22:
            quoted = not quoted
        elif sign == 0x3A and not quoted:
            return place
    return line.find(b":")


def _decoded(value: bytes, params: dict[str, tuple[str, ...]], encoding: str) -> str:
    for name in (*params.get("CHARSET", ()), "utf-8", encoding):
        try:
            return value.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return value.decode("utf-8", "replace")
