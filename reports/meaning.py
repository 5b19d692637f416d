"""What a figure means, in the reader's language: the texts of definitions, translated in `reports/locale/*.po`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from reports import words
from reports.metrics import LANGUAGES

if TYPE_CHECKING:
    from reports.metrics import Metric

FOLDER = Path(__file__).parent / "locale"


def said(text: str, language: str) -> str:
    """Return a text of a definition in a language; in English where nobody translated it."""
    return _catalogue(language).get(text, text) if language in LANGUAGES and language != "en" else text


def lines(metric: "Metric", language: str, numbered: Mapping[str, int] | None = None) -> list[str]:
    """Return a definition line by line: formula, denominator, thresholds, what is left out, notes.

    What `numbered` tells of is said by its number: the reader finds it in a list of `left_out_often`.
    """
    divided = words.DIVIDED.in_language(language)
    left, known = words.LEFT_OUT.in_language(language), numbered or {}
    numbers = ", ".join(str(known[text]) for text in metric.exclusions if text in known)
    out = [*([numbers] if numbers else []), *(said(text, language) for text in metric.exclusions if text not in known)]
    return [
        said(metric.formula, language),
        *([f"{divided}: {said(metric.denominator, language)}."] if metric.denominator else []),
        *(f"{_capital(said(limit.name, language))}: {limit.value:g} {said(limit.unit, language)}."
          for limit in metric.thresholds),
        *([f"{left}: {'; '.join(out)}."] if out else []),
        *(said(text, language) for text in metric.notes),
    ]  # fmt: skip


def left_out_often(metrics: "Sequence[Metric]") -> dict[str, int]:
    """Return what more than one of these figures leaves out, each with a number from 1."""
    counted = Counter(text for metric in metrics for text in metric.exclusions)
    return {text: place for place, text in enumerate((text for text, n in counted.items() if n > 1), 1)}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@cache
def _catalogue(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po

    file = FOLDER / f"{language}.po"
    if not file.exists():
        return {}
    with file.open("rb") as opened:
        return {str(message.id): str(message.string) for message in read_po(opened, locale=language)
                if message.id and message.string}  # fmt: skip
