"""Every definition is told in each language, with the numbers and names of settings that it has in English."""

import importlib
import re
from collections.abc import Iterator

import pytest

from reports.costs import COST_METRICS
from reports.meaning import FOLDER, left_out_often, lines, said
from reports.metrics import METRICS, Metric
from reports.registry import KINDS
from reports.today import TODAY_METRICS

TRANSLATED = ("pl", "ru", "es")


def metrics() -> Iterator[Metric]:
    for kind in KINDS.values():
        yield from kind.metrics
    yield from (*METRICS, *TODAY_METRICS, *COST_METRICS)


def texts() -> set[str]:
    """Return every text that a page shows beside figures."""
    found = {kind.answers for kind in KINDS.values()}
    for kind in KINDS.values():
        found |= set(importlib.import_module(f"reports.{kind.name.replace('-', '_')}").NOTES)
    for metric in metrics():
        found |= {metric.formula, metric.denominator or "", *metric.exclusions, *metric.notes}
        for limit in metric.thresholds:
            found |= {limit.name, limit.unit}
    return found - {""}


def translated(language: str) -> set[str]:
    from babel.messages.pofile import read_po

    with (FOLDER / f"{language}.po").open("rb") as file:
        return {str(message.id) for message in read_po(file) if message.id and message.string}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_definition_is_translated_and_no_translation_is_stale(language: str) -> None:
    assert texts() - translated(language) == set()
    assert translated(language) - texts() == set()


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_numbers_and_the_settings_of_its_text(language: str) -> None:
    for text in texts():
        other = said(text, language)
        for pattern in (r"\d+", r"\[\w+\] \w+", r"\b\w+_\w+\b"):
            assert sorted(re.findall(pattern, other)) == sorted(re.findall(pattern, text)), (text, other)


def test_a_text_that_nobody_translated_stays_english() -> None:
    assert said("Something new.", "pl") == "Something new."
    assert said("Calls.", "xx") == "Calls."


def test_a_definition_is_told_line_by_line() -> None:
    rate = next(metric for metric in metrics() if metric.id == "answer_rate")
    told = lines(rate, "pl")
    assert told[0].startswith("Odebrane połączenia, które zaoferowano /")
    assert any(line.startswith("Dzielone przez: ") for line in told)
    assert any(line.startswith("Krótka rezygnacja: 5 s.") for line in told)
    assert any(line.startswith("Pominięto: ") for line in told)


def test_what_many_figures_leave_out_is_told_once_and_has_a_number() -> None:
    chosen = [metric for metric in metrics() if metric.id in ("answer_rate", "median_wait_s")]
    often = left_out_often(chosen)
    assert list(often.values()) == list(range(1, len(often) + 1))
    assert all(sum(text in metric.exclusions for metric in chosen) > 1 for text in often)
    (left,) = (line for line in lines(chosen[0], "en", often) if line.startswith("Left out: "))
    assert left.startswith("Left out: 1, 2, ")
    assert not any(text in left for text in often)
