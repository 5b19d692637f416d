"""Which patient a number may mean, and how names are compared. Pure.

Several patients may share a number: a mother and her child, a couple, a care home. Nobody is chosen for the
receptionist; the candidates are put in the order in which she will most likely need them.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters that Unicode does not split into a plain letter and a mark.
_PLAIN = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t", "ŋ": "n", "ĸ": "k", "ƒ": "f",
    "ɓ": "b", "ɗ": "d", "ƙ": "k", "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss", "ə": "a",
    "'": "", "’": "", "ʼ": "", "`": "", "´": "", "ʹ": "",
    # Ukrainian and Kazakh letters that people without such a keyboard write with the nearest one.
    "ґ": "г", "қ": "к", "ғ": "г", "ң": "н", "ұ": "у", "ү": "у", "һ": "х", "ө": "о", "ә": "а",
})


def fold(text: str) -> str:
    """Return a name as it is compared: small plain letters, words one space apart (`Łukasz Żółty` → `lukasz zolty`).

    Marks go (`ё` → `е`, `ñ` → `n`), scripts stay: Cyrillic is not turned into Latin. Apostrophes vanish, any other sign
    parts words. Folding twice changes nothing.
    """
    return " ".join(filter(None, map(_fold_word, text.split())))


def words(text: str) -> list[str]:
    """Return the folded words of a search, each once, the longest first (they tell most)."""
    return sorted(dict.fromkeys(fold(text).split()), key=lambda word: (-len(word), word))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient who has the number. `position` counts from 0 in the patient's own list of numbers."""

    ref: str
    name: str
    position: int
    birth_year: int | None = None
    guardian_ref: str | None = None
    noted_ms: int | None = None
    """When a receptionist last noted that a call from this number was about this patient."""
    seen_ms: int | None = None
    """When their last appointment is, past or to come."""


def rank(candidates: list[Candidate], *, caller_name: str | None = None, year: int) -> list[Candidate]:
    """Return the candidates in the order in which a receptionist will most likely need them.

    First whom a receptionist noted last on this number, then whose name the network gave, then who had the last
    appointment, then adults (a child's number is a parent's phone), then whose first number it is, then the older
    record. `year` is the year of the call.
    """
    said = set(words(caller_name)) if caller_name else set()

    def key(who: Candidate) -> tuple[int, int, int, bool, int, str]:
        child = who.guardian_ref is not None or (who.birth_year is not None and year - who.birth_year < 18)
        named = len(said.intersection(words(who.name)))
        return -(who.noted_ms or 0), -named, -(who.seen_ms or 0), child, who.position, who.ref

    return sorted(candidates, key=key)


@lru_cache(maxsize=20_000)  # names repeat: a directory of 200,000 patients has a few thousand different words
def _fold_word(word: str) -> str:
    split = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", word).casefold())
    bare = "".join(sign for sign in split if not unicodedata.combining(sign)).translate(_PLAIN)
    return " ".join("".join(sign if _is_word(sign) else " " for sign in bare).split())


def _is_word(sign: str) -> bool:
    # Marks that are letters in their own right (vowel signs of Indic scripts) belong to the word.
    return sign.isalnum() or unicodedata.category(sign) in ("Mc", "Mn")
