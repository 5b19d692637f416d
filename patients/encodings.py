"""How a table's bytes are to be read: the byte-order mark, UTF-8, UTF-16, or the likeliest of the old code pages.

Lists of names are short and full of rare letters, so the statistics of running text are little help. Each code page is
judged by three plain questions, in this order: are its letters those of one language, do the capitals stand where
capitals stand, are the letters common ones? What still ties goes to the code page of the clinic's country. Only what
fits no language of the list is left to charset-normalizer.
"""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from patients import PatientsError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20
_SAMPLE = 1 << 14

_CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
_ALPHABETS = {
    "pl": "ąćęłńóśźż",
    "cs": "áčďéěíňóřšťúůýžľĺŕôä",
    "hu": "áéíóöőúüű",
    "de": "äöüß",
    "es": "áéíñóúüç",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "pt": "áàâãçéêíóôõú",
    "ru": _CYRILLIC,
    "uk": _CYRILLIC + "іїєґ",
}
_COMMON = frozenset("аеиноврск")
_QUOTES = frozenset("«»„”“’‘–—№°§ \u00a0")
_PAGES = {
    "cp1250": ("pl", "cs", "hu", "de"),
    "iso8859_2": ("pl", "cs", "hu", "de"),
    "cp1252": ("es", "fr", "pt", "de"),
    "iso8859_15": ("es", "fr", "pt", "de"),
    "cp1251": ("ru", "uk"),
    "koi8_r": ("ru",),
    "koi8_u": ("uk",),
    "cp866": ("ru",),
    "cp852": ("pl", "cs", "hu"),
}
_HOME = {
    **dict.fromkeys(("PL", "CZ", "SK", "HU", "SI", "HR"), "cp1250"),
    **dict.fromkeys(("RU", "BY", "KZ", "UA", "KG"), "cp1251"),
}
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class Encoding:
    """A Python codec name, and whether it was certain or the likeliest guess."""

    name: str
    certain: bool


def named(name: str) -> Encoding:
    """Return the encoding that a person named.

    Raises:
        PatientsError: there is no such encoding.
    """
    try:
        return Encoding(codecs.lookup(name).name, certain=True)
    except LookupError:
        raise PatientsError(
            f'There is no encoding "{name}"; write one like utf-8, cp1250, iso-8859-2, cp1251 or koi8-r.'
        ) from None


def detect(path: Path, region: str) -> Encoding:
    """Return how the file at `path` is most likely to be read; `region` decides between equals. Reads all of it.

    Raises:
        PatientsError: no encoding fits.
    """
    with path.open("rb") as file:
        head = file.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name, certain=True)
    if head[1:2] == b"\0" or head[:1] == b"\0":
        return Encoding("utf-16-le" if head[1:2] == b"\0" else "utf-16-be", certain=True)
    sample = _not_utf8(path)
    if sample is None:
        return Encoding("utf-8", certain=True)
    return guess(sample, region)


def guess(sample: bytes, region: str) -> Encoding:
    """Return the likeliest code page of bytes that are not UTF-8.

    Raises:
        PatientsError: no encoding fits.
    """
    home = _HOME.get(region, "cp1252")
    fits = {page: _fit(sample, page, page == home) for page in _PAGES}
    page = max(fits, key=fits.__getitem__)
    if fits[page].convinces(page):
        return Encoding(page, certain=False)
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    if best is None:
        raise PatientsError("The encoding of the file is not known; name it with --encoding, such as cp1250 or utf-16.")
    return Encoding(best.encoding, certain=False)


def _not_utf8(path: Path) -> bytes | None:
    """Return the lines that hold other than ASCII (the first 16 KiB of them), or None when all of the file is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, kept, size = True, [], 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if utf8:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    utf8 = False
            if size < _SAMPLE and not chunk.isascii():
                lines = re.findall(rb"[^\r\n]*[\x80-\xff][^\r\n]*", chunk)
                kept.extend(lines)
                size += sum(map(len, lines))
            elif not utf8:
                break
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        utf8 = False
    return None if utf8 else b"\n".join(kept)[:_SAMPLE]


@dataclass(frozen=True, slots=True, order=True)
class _Fit:
    """How well a code page fits, compared in this order."""

    letters: float
    """The share of the foreign letters that one language has."""
    shape: float
    """The share of the words that are written in one script, with no capital after a small letter."""
    common: float
    """The share of the foreign letters that are the commonest ones; Cyrillic only."""
    home: bool

    def convinces(self, page: str) -> bool:
        return self.letters >= _SURE and self.shape >= _SURE and (self.common >= 0.25 or "ru" not in _PAGES[page])


def _fit(sample: bytes, page: str, home: bool) -> _Fit:
    try:
        text = sample.decode(page)
    except UnicodeDecodeError:
        return _Fit(0.0, 0.0, 0.0, home)
    foreign = [sign.lower() for sign in text if not sign.isascii() and sign not in _QUOTES]
    if not foreign:
        return _Fit(1.0, 1.0, 0.0, home)
    letters = max(sum(sign in _ALPHABETS[language] for sign in foreign) for language in _PAGES[page]) / len(foreign)
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    shape = sum(map(_is_shaped, words)) / max(1, len(words))
    common = sum(sign in _COMMON for sign in foreign) / len(foreign)
    return _Fit(round(letters, 2), round(shape, 2), round(common, 2), home)


def _is_shaped(word: str) -> bool:
    """Say whether a word is of one script, and small, capitalised or in capitals (koi8-r read as cp1251 swaps them)."""
    cyrillic = sum("а" <= sign <= "ґ" for sign in word.lower())
    return cyrillic in (0, len(word)) and (word[1:].islower() or word.isupper() or len(word) == 1)
