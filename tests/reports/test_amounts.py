"""Figures, units and words of rows stand in the reader's language; what programs read stays as it is."""

import json
from datetime import date
from typing import Any

import pytest

from reports import words
from reports.amounts import number, share, shown
from reports.changes import beside
from reports.charts import chart_of
from reports.export import to_csv, to_json
from reports.metrics import LANGUAGES, Metric, Names, Unit
from reports.page import to_html
from reports.period import Period
from reports.report import Report, table_of

PERIOD = Period(date(2026, 11, 20), date(2026, 11, 21))


def report(values: dict[str, Any], unit: Unit, by: str = "source", **total: Any) -> Report:
    """Return a report of one figure `calls` of a unit, with a row for each value."""
    metric = Metric("calls", Names("Calls", "Połączenia", "Звонки", "Llamadas"), unit, "Calls.", "", ())
    rows = table_of([{by: text, "calls": value} for text, value in values.items()], (by,), (metric,))
    return Report("sources", PERIOD, (by,), rows, {"calls": 3} | total, (metric,))


@pytest.mark.parametrize(("unit", "value", "texts"), [
    ("seconds", 4.54, ["4.5 s", "4,5 s", "4,5 с", "4,5 s"]),
    ("seconds", 80, ["1:20"] * 4), ("seconds", 0.0, ["0 s", "0 s", "0 с", "0 s"]), ("seconds", 599.4, ["9:59"] * 4),
    ("seconds", 3360, ["56 min", "56 min", "56 мин", "56 min"]),
    ("seconds", 11_100, ["3 h 05 min", "3 godz. 05 min", "3 ч 05 мин", "3 h 05 min"]),
    ("days", 2.5, ["2.5 d", "2,5 dnia", "2,5 дня", "2,5 días"]),
    ("share", 0.456, ["46%", "46%", "46\u00a0%", "46\u00a0%"]),
    ("money", 12_345.5, ["12,345.50", "12\u00a0345,50", "12\u00a0345,50", "12.345,50"]),
    ("credit", 2.5, ["2.5", "2,5", "2,5", "2,5"]), ("credit", 2.0, ["2"] * 4),
    ("credit", 133.62, ["133.6", "133,6", "133,6", "133,6"]),
    ("times", 33.32, ["33 ×"] * 4),
    ("times", 1.25, ["1.25 ×", "1,25 ×", "1,25 ×", "1,25 ×"]), ("calls", 7, ["7"] * 4),
    ("calls", 12_345, ["12,345", "12\u00a0345", "12\u00a0345", "12.345"]),
    ("share", 12.345, ["1,234%", "1\u00a0234%", "1\u00a0234\u00a0%", "1.234\u00a0%"]),
    ("seconds", None, ["–"] * 4),
])  # fmt: skip
def test_a_figure_is_written_as_its_reader_writes_it(unit: Unit, value: Any, texts: list[str]) -> None:
    one = report({"google": 1}, unit)
    assert [shown(one, "calls", value, language) for language in LANGUAGES] == texts


def test_a_change_has_the_readers_decimals_and_points() -> None:
    one = report({"google": 0.5}, "share")
    assert beside(one, "calls", (0.555, 0.5), "pl") == "▲ +5,5 p.p. (50%)"
    assert beside(one, "calls", (0.555, 0.5)) == "▲ +5.5 pp (50%)"
    assert beside(one, "calls", (0.5001, 0.5)) == "±0 pp (50%)"


def test_an_unknown_language_is_written_as_english() -> None:
    assert (number(1234.5, 1), share(0.5)) == ("1,234.5", "50%")


@pytest.mark.parametrize(("name", "found", "texts"), [
    ("source", "(none)", ["(none)", "(brak)", "(нет)", "(ninguna)"]),
    ("campaign", "(unmatched spend)", ["(unmatched spend)", "(wydatki bez kampanii)", "(расходы без кампании)",
                                       "(gasto sin campaña)"]),
    ("source", "direct", ["direct", "wejścia bezpośrednie", "прямые заходы", "directo"]),
    ("channel", "desk", ["desk", "recepcja", "стойка администратора", "mostrador"]),
    ("reason", "no_date", ["no date free", "brak terminu", "нет времени", "sin fecha libre"]),
    ("campaign", "direct", ["direct"] * 4), ("source", "google", ["google"] * 4), ("location", "", ["–"] * 4),
])  # fmt: skip
def test_our_words_in_rows_are_translated_and_names_of_people_are_not(name: str, found: str, texts: list[str]) -> None:
    assert [words.value(name, found, language) for language in LANGUAGES] == texts


def test_a_page_is_in_polish_and_files_for_programs_keep_their_ids() -> None:
    one = report({"google": 4.54, "(none)": 2.0}, "seconds", calls=4.54)
    page = to_html(one, "pl")
    assert "4,5 s" in page
    assert "(brak)" in page
    assert "(none)" not in page
    assert "(none)" in to_csv(one, "pl")
    assert json.loads(to_json(one))["rows"][1]["source"] == "(none)"


def test_the_tip_of_a_day_names_the_day_and_a_chart_tells_nothing_in_english() -> None:
    figures = ("answered", "missed")
    metrics = tuple(Metric(name, Names(name, f"{name} PL", "", ""), "calls", "", "", ()) for name in figures)
    records = [{"day": day, "answered": 2, "missed": 1} for day in ("2026-11-20", "2026-11-21")]
    one = Report("sources", PERIOD, ("day",), table_of(records, ("day",), metrics), dict.fromkeys(figures, 3),
                 metrics)  # fmt: skip
    chart = chart_of(one, "pl")
    assert chart is not None
    document = chart.to_dict()
    tips = [tip["field"] for tip in document["encoding"]["tooltip"]]
    assert "said" in tips
    assert "row" not in tips
    assert "20 lis 2026" in json.dumps(document, ensure_ascii=False)
    assert document["config"]["aria"] is False
    assert "łącznie" in document["description"]


def test_a_day_is_written_as_its_reader_writes_it_and_other_names_stay() -> None:
    said = [words.cell("day", "2026-11-20", language) for language in LANGUAGES]
    assert not any(" " in day for day in said)
    assert [day.replace("\u00a0", " ") for day in said] == [
        "20 Nov 2026", "20 lis 2026", "20 нояб. 2026\u202fг.", "20 nov 2026"]
    assert words.cell("campaign", "2026-11-20", "en") == "2026-11-20"
    assert words.cell("day", "(none)", "pl") == "(brak)"
