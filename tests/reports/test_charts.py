"""Charts of any length are drawn, and tell the same sums as their tables."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from reports.charts import MOST_BARS, MOST_MOMENTS, Look, chart_of, first_rows, to_svg
from reports.metrics import METRICS
from reports.missed import METRICS as MISSED_METRICS
from reports.period import Period
from reports.queues import METRICS as QUEUE_METRICS
from reports.report import Report

FIRST = date(2026, 1, 1)
MISSED = ("missed_abandoned", "missed_no_answer")


def missed(days: int, hours: int) -> Report:
    """Return a report of missed calls by day and hour, with one abandoned call in each hour and two unanswered."""
    rows = [{"day": (FIRST + timedelta(days=day)).isoformat(), "hour": f"{hour:02}", MISSED[0]: 1, MISSED[1]: 2}
            for day in range(days) for hour in range(hours)]
    period = Period(FIRST, FIRST + timedelta(days=days - 1))
    metrics = tuple(metric for metric in MISSED_METRICS if metric.id in MISSED)
    return Report("missed", period, ("day", "hour"), pd.DataFrame(rows), {}, metrics)


def test_axes_say_what_they_count_and_what_is_not_known_is_grey() -> None:
    chart = chart_of(missed(2, 3), "pl")
    assert chart is not None
    axes = chart.to_dict()["encoding"]
    assert (axes["y"]["axis"]["title"], axes["x"]["axis"]["title"]) == ("połączenia", "Dzień / Godzina")
    look = Look()
    assert look.colours_of(("ended_booking", "ended_nothing")) == [look.colours[0], look.colours[-1]]


def drawn(report: Report) -> list[dict[str, Any]]:
    chart = chart_of(report)
    assert chart is not None
    data = chart.to_dict()["datasets"]
    (rows,) = data.values()
    return list(rows)


@pytest.mark.parametrize(("days", "hours", "bars", "first"), [
    (10, 12, 120, "2026-01-01 / 00"), (300, 18, 300, "2026-01-01"), (800, 1, 27, "2026-01"),
])  # fmt: skip
def test_many_moments_are_drawn_together_and_no_call_is_left_out(days: int, hours: int, bars: int, first: str) -> None:
    rows = drawn(missed(days, hours))
    assert len({row["row"] for row in rows}) == bars <= MOST_MOMENTS
    assert rows[0]["row"] == first
    assert sum(row["n"] for row in rows) == 3 * days * hours


@pytest.mark.parametrize("sign", ["\x00", "\x01", "\x1b", "\uffff", "\ufffe", "\u202e", "\r\n"])
def test_hostile_names_are_text_in_the_drawing_and_no_sign_ends_the_process(sign: str) -> None:
    name = f"</text><script>alert(1)</script><a href='javascript:x'>\"&{sign}"
    rows = pd.DataFrame([{"queue": name, "answered": 3}])
    report = Report("queues", Period(FIRST, FIRST), ("queue",), rows, {},
                    tuple(metric for metric in METRICS if metric.id == "answered"))
    svg = to_svg(report) or ""
    assert "alert(1)" in svg
    assert "<script" not in svg
    assert "<a " not in svg


def axis_of(report: Report, channel: str) -> dict[str, Any]:
    chart = chart_of(replace(report, by=("day",)))
    assert chart is not None
    found: dict[str, Any] = chart.to_dict()["encoding"][channel]
    return found


def test_an_axis_of_few_has_each_whole_number_once() -> None:
    assert axis_of(missed(3, 1), "y")["axis"]["values"] == [0, 1, 2, 3]
    assert "values" not in axis_of(missed(3, 2), "y")["axis"]


def test_a_week_names_each_day_below_its_bar_and_one_day_is_one_bar() -> None:
    week, month = axis_of(missed(7, 1), "x"), axis_of(missed(8, 1), "x")
    assert (week["type"], len(week["scale"]["domain"]), month["type"]) == ("ordinal", 7, "temporal")
    assert axis_of(missed(1, 1), "y")["type"] == "nominal"


def test_a_drawing_for_paper_is_measured_in_the_font_of_the_paper() -> None:
    assert "DejaVu Sans, system-ui" in (to_svg(missed(3, 1)) or "")


@pytest.mark.parametrize(("rows", "said"), [
    (MOST_BARS, ""), (25, "Wykres pokazuje pierwsze wiersze: 16 z 25. Tabela ma wszystkie."),
])  # fmt: skip
def test_a_chart_that_has_not_all_rows_says_so(rows: int, said: str) -> None:
    table = pd.DataFrame([{"queue": f"queue {n}", "answered": 3, "abandoned": 1} for n in range(rows)])
    metrics = tuple(metric for metric in QUEUE_METRICS if metric.id in ("answered", "abandoned"))
    assert first_rows(Report("queues", Period(FIRST, FIRST), ("queue",), table, {}, metrics), "pl") == said
    assert first_rows(missed(30, 1)) == ""
