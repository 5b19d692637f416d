"""How a figure changed, in words for people: what stands beside it on a page, in a PDF, in a mail."""

from collections.abc import Mapping
from typing import Any

from reports import words
from reports.amounts import shown
from reports.compare import change_of, told
from reports.report import Report


def beside(report: Report, figure: str, values: tuple[Any, Any], language: str = "en") -> str:
    """Return what stands beside a figure (now, before): ▲ +12% (40), the number in brackets being that of before.

    The sign says the direction, and so does the arrow: no colour is needed. What is not known is a dash.
    """
    change = change_of(report, figure, *values)
    moved = told(report, figure, change, language)
    arrow = "" if not moved or moved.startswith("±") else {"up": "▲ ", "down": "▼ ", "": ""}[change.direction]
    return f"{arrow}{moved or '–'} ({shown(report, figure, values[1], language)})"


def only(record: Mapping[str, Any], language: str = "en") -> str:
    """Return what is said of a row that only one of the two periods has, "" of one that both have."""
    word = {"now": words.NEW_ROW, "before": words.GONE_ROW}.get(record.get("only", ""))
    return word.in_language(language) if word else ""
