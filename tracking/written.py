"""Days, spans and amounts as advertising platforms write them, in the languages of their pages. Pure."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from patients.match import fold

_MONTHS = {
    fold(stem): number
    for stems in ("jan feb mar apr may jun jul aug sep oct nov dec", "sty lut mar kwi maj cze lip sie wrz paz lis gru",
                  "ene feb mar abr may jun jul ago sep oct nov dic", "янв фев мар апр мая июн июл авг сен окт ноя дек")
    for number, stem in enumerate(stems.split(), 1)
} | {fold("май"): 5}  # fmt: skip
_ISO = r"(?P<y>\d{4})[-./](?P<m>\d{1,2})(?:[-./](?P<d>\d{1,2}))?"
_NUMBERS = r"(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<year>\d{4})"
_DAY_FIRST = r"(?P<day1>\d{1,2})\.?\s+(?:de\s+)?(?P<word1>[^\W\d_]{3,})\.?,?\s+(?:de\s+)?(?P<year1>\d{4})"
_MONTH_FIRST = r"(?P<word2>[^\W\d_]{3,})\.?\s+(?:(?P<day2>\d{1,2}),\s*|de\s+)?(?P<year2>\d{4})"
_DAY = re.compile(f"{_ISO}|{_NUMBERS}|{_DAY_FIRST}|{_MONTH_FIRST}")
_AMOUNT = re.compile(r"[-\u2212]?\d+(?:[.,]\d+)*")
_CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
_SIGNS = {"₽": "RUB", "руб": "RUB", "zł": "PLN", "€": "EUR", "£": "GBP", "₸": "KZT", "₴": "UAH"}


@dataclass(frozen=True, slots=True)
class Span:
    """From a first local day to a last one, both included, as ISO texts."""

    first: str
    last: str


def month_first(texts: Iterable[str], usual: bool) -> bool:
    """Say whether `11/5/2026` is of November: any day above 12 among the texts tells; without one it is as usual."""
    for found in (found for text in texts for found in re.finditer(_NUMBERS, text)):
        if found["mark"] == "/" and int(found["a"]) > 12:
            return False
        if found["mark"] == "/" and int(found["b"]) > 12:
            return True
    return usual


def spans(text: str, *, american: bool = False) -> list[Span]:
    """Return all days and months that a text names, in its order. `american`: with slashes the month comes first."""
    found = (_span(match, american) for match in _DAY.finditer(text))
    return [span for span in found if span is not None]


def read_span(text: str, *, american: bool = False) -> Span | None:
    """Return the day or the month that a cell is, None when it is none. A time behind the day says nothing."""
    match = _DAY.match(text.strip())
    return None if match is None else _span(match, american)


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Return the mark that parts decimals in a column of amounts: behind it stand other than three digits, or both
    marks are used and it is the last. None when no amount tells."""
    for text in texts:
        found = _AMOUNT.search(_without_spaces(text))
        marks = re.sub(r"\d|-|\u2212", "", found[0]) if found else ""
        if not marks:
            continue
        assert found is not None
        digits = len(found[0]) - max(found[0].rfind(","), found[0].rfind(".")) - 1
        if len(set(marks)) == 2 or (len(marks) == 1 and digits != 3):
            return marks[-1]
    return None


def read_amount(text: str, places: int, mark: str | None) -> int | None:
    """Return an amount in the smallest unit, of which `places` make up the decimals; rounded when it is finer.

    Currency signs and codes beside it say nothing here. None: there is no number in the text, or two.
    """
    found = _AMOUNT.findall(_without_spaces(text))
    if len(found) != 1:
        return None
    number = found[0].replace("\u2212", "-")
    if mark is None:
        number = number.replace(",", "").replace(".", "")
    else:
        number = number.replace("," if mark == "." else ".", "").replace(mark, ".")
    if number.count(".") > 1:
        return None
    return int(Decimal(number).scaleb(places).to_integral_value(ROUND_HALF_UP))


def read_currency(text: str) -> str | None:
    """Return the currency that a heading or a cell names by its code or its sign."""
    code = _CODE.search(text)
    if code is not None:
        return code[0]
    return next((currency for sign, currency in _SIGNS.items() if sign in text.lower()), None)


def _span(match: re.Match[str], american: bool) -> Span | None:
    if match["y"]:
        return _make(int(match["y"]), int(match["m"]), match["d"])
    if match["year"]:
        day, month = match["a"], match["b"]
        if american and match["mark"] == "/":
            day, month = month, day
        return _make(int(match["year"]), int(month), day)
    word = match["word1"] or match["word2"]
    number = _MONTHS.get(fold(word)[:3])
    if number is None:
        return None
    return _make(int(match["year1"] or match["year2"]), number, match["day1"] or match["day2"])


def _make(year: int, month: int, day: str | None) -> Span | None:
    try:
        first = date(year, month, int(day or 1))
    except ValueError:
        return None
    last = first if day else first.replace(day=monthrange(year, month)[1])
    return Span(first.isoformat(), last.isoformat())


def _without_spaces(text: str) -> str:
    return re.sub(r"(?<=\d)[\s'\u2019\u00a0\u202f](?=\d)", "", text)
