"""Four languages: catalogues read from `web/locale/<language>/*.po` at the start, English in the source.

Every area of the console has its own .po file; they are read as one. The language of a request stands in a context
variable, so that `gettext()` needs no argument; what is rendered for many at once says `with speaking("pl")`.
"""

import gettext as stdlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"en": "English", "pl": "Polski", "ru": "Русский", "es": "Español"}
"""Each in its own words, as people look for it."""
FOLDER = Path(__file__).parent / "locale"

_language: ContextVar[str] = ContextVar("language", default="en")


def language() -> str:
    """Return the language that is spoken now."""
    return _language.get()


def speak(name: str) -> None:
    """Speak a language from here on, within this task."""
    _language.set(name if name in LANGUAGES else "en")


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak a language for a while."""
    token = _language.set(name if name in LANGUAGES else "en")
    try:
        yield
    finally:
        _language.reset(token)


def gettext(message: str) -> str:
    """Translate."""
    return catalogue(_language.get()).gettext(message)


def ngettext(one: str, many: str, n: int) -> str:
    """Translate what depends on a number; `%(num)s` in the text is filled by the caller or by the template."""
    return catalogue(_language.get()).ngettext(one, many, n)


def pgettext(context: str, message: str) -> str:
    """Translate a word that has several meanings."""
    return catalogue(_language.get()).pgettext(context, message)


def npgettext(context: str, one: str, many: str, n: int) -> str:
    """Translate what depends on a number, with a context."""
    return catalogue(_language.get()).npgettext(context, one, many, n)


def mark(message: str) -> str:
    """Mark a text of a table for translation; `gettext` translates it when it is shown."""
    return message


@cache
def catalogue(name: str) -> stdlib.NullTranslations:
    """Return the translations of a language. A text that is missing stays English."""
    paths = sorted((FOLDER / name).glob("*.po"))
    if not paths:
        return stdlib.NullTranslations()
    whole = Catalog(locale=name)
    for path in paths:
        for message in read(path):
            if message.id:
                whole.add(message.id, message.string, context=message.context)
    binary = io.BytesIO()
    write_mo(binary, whole)
    binary.seek(0)
    return stdlib.GNUTranslations(binary)


def read(path: Path) -> Catalog:
    """Read one .po file; its folder is its language."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name)


def preferred(header: str, offered: tuple[str, ...]) -> str:
    """Return the language of `Accept-Language` that is offered, the best first, else the first offered."""
    wanted = []
    for place, part in enumerate(header[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            weight = 0.0
        wanted.append((-weight, place, tag.split("-")[0].lower()))
    for weight, _, tag in sorted(wanted):
        if weight < 0 and tag in offered:
            return tag
    return offered[0]
