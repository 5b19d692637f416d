"""A report beside the same report of other days: rows side by side, what changed, and what nothing can be said of."""

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import export, page, terminal
from reports.changes import beside
from reports.compare import Change, compared, other_period, previous, told, year_before
from reports.metrics import BY_ID
from reports.missed_metrics import MISSED, MISSED_RATE
from reports.money_metrics import COST
from reports.period import Period, PeriodError
from reports.report import Report, table_of

NOW, BEFORE = Period(date(2026, 11, 1), date(2026, 11, 30)), Period(date(2026, 10, 1), date(2026, 10, 31))
METRICS = (BY_ID["calls"], MISSED, MISSED_RATE, COST)


def made(period: Period, rows: dict[str, tuple[Any, ...]], by: str = "source", currency: str = "PLN") -> Report:
    """Return a small report: source to calls, missed, cost."""
    records = [{by: name, "calls": calls, "missed": missed, "missed_rate": missed / calls if calls else None,
                "cost": cost} for name, (calls, missed, cost) in rows.items()]  # fmt: skip
    table = table_of(records, [by], METRICS).assign(currency=[currency if row["cost"] else "" for row in records])
    calls, missed = (sum(row[place] for row in rows.values()) for place in (0, 1))
    costs = [row[2] for row in rows.values() if row[2] is not None]
    total = {"calls": calls, "missed": missed, "missed_rate": missed / calls if calls else None,
             "cost": sum(costs) if costs else None}  # fmt: skip
    return Report("sources", period, (by,), table, total, METRICS)


THEN = made(BEFORE, {"google": (10, 5, 100.0), "radio": (4, 1, None)})
HERE = made(NOW, {"google": (15, 3, 150.0), "billboard": (2, 0, None)})


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("previous", "2026-10-01", "2026-10-31"), ("year", "2025-11-01", "2025-11-30"),
        ("2026-01-05..2026-01-06", "2026-01-05", "2026-01-06"),
    ],
)  # fmt: skip
def test_days_to_compare_with_are_named_or_told(text: str, first: str, last: str) -> None:
    found = other_period(text, NOW)
    assert (str(found.start), str(found.end)) == (first, last)


@pytest.mark.parametrize("text", ["", "before", "2026-01-05", "2026-01-05..", "2026-02-30..2026-03-01",
                                  "2026-01-06..2026-01-05"])  # fmt: skip
def test_days_that_cannot_be_read_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(PeriodError):
        other_period(text, NOW)


@given(st.dates(date(2024, 1, 1), date(2027, 1, 1)), st.integers(1, 400))
def test_the_period_before_ends_right_before_and_is_as_long(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days - 1))
    found = previous(period)
    assert found.end + timedelta(days=1) == period.start
    whole = period.start.day == 1 and (period.end + timedelta(days=1)).day == 1
    assert found.days == period.days or whole
    assert not whole or found.start.day == 1


@given(st.dates(date(2023, 1, 1), date(2029, 1, 1)), st.integers(1, 60))
def test_a_year_before_has_the_same_days(first: date, days: int) -> None:
    period = Period(first, first + timedelta(days=days - 1))
    found = year_before(period)
    assert (found.start.year, found.start.month) == (first.year - 1, first.month)
    assert abs(found.days - days) <= 1


def test_rows_stand_side_by_side_and_those_of_before_alone_come_last() -> None:
    both = compared(HERE, THEN)
    assert list(both.rows.source) == ["google", "billboard", "radio"]
    records = list(both.records())
    assert [record["only"] for record in records] == ["", "now", "before"]
    assert [record["calls"] for record in records] == [15, 2, 0]
    assert [record["before"]["calls"] for record in records] == [10, 0, 4]
    assert [record["before"]["missed_rate"] for record in records] == [0.5, None, 0.25]
    assert both.comparison is not None
    assert both.comparison.total == {"calls": 14, "missed": 6, "missed_rate": 0.4286, "cost": 100.0}
    assert str(both.rows.calls.dtype) == "int64"


def test_what_was_put_together_to_protect_people_is_not_taken_for_nothing() -> None:
    records = list(compared(HERE, THEN, known=False).records())
    assert [record["calls"] for record in records] == [15, 2, None]
    assert [record["before"]["calls"] for record in records] == [10, None, 4]


def test_days_stand_beside_days_of_the_same_place() -> None:
    now = made(Period(date(2026, 11, 20), date(2026, 11, 21)), {"2026-11-20": (3, 0, None)}, "day")
    days = Period(date(2026, 11, 18), date(2026, 11, 19))
    then = made(days, {"2026-11-18": (2, 0, None), "2026-11-19": (1, 0, None)}, "day")
    records = list(compared(now, then).records())
    assert [(record["day"], record["calls"], record["before"]["calls"]) for record in records] == [
        ("2026-11-20", 3, 2), ("2026-11-21", 0, 1)
    ]  # fmt: skip


def test_amounts_of_another_currency_are_none_to_compare_with() -> None:
    both = compared(HERE, made(BEFORE, {"google": (10, 5, 100.0)}, currency="EUR"))
    assert both.comparison is not None
    assert (both.comparison.rows[0]["cost"], both.comparison.rows[0]["calls"]) == (None, 10)
    assert both.comparison.total["cost"] is None


numbers = st.none() | st.floats(-1e6, 1e6, allow_nan=False)


@given(numbers, numbers, st.sampled_from(["up", "down", ""]))
def test_a_change_is_told_only_where_it_is_known(now: float | None, before: float | None, better: Any) -> None:
    change = Change(now, before, better)
    assert (change.difference is None) == (now is None or before is None)
    assert (change.share is None) == (change.difference is None or not before)
    assert bool(change.verdict) == bool(better and change.difference)
    back = Change(before, now, better)
    assert {change.verdict, back.verdict} in ({""}, {"better", "worse"})


@pytest.mark.parametrize(
    ("figure", "now", "before", "said", "verdict"),
    [
        ("calls", 15, 10, "+50%", ""), ("missed", 3, 6, "−50%", "better"), ("missed", 6, 6, "±0%", ""),
        ("missed", 3, 0, "+3", "worse"), ("missed", 3, None, "", ""), ("missed_rate", 0.25, 0.2, "+5 pp", "worse"),
        ("cost", None, 10.0, "", ""),
    ],
)  # fmt: skip
def test_up_is_not_always_better(figure: str, now: Any, before: Any, said: str, verdict: str) -> None:
    change = Change(now, before, HERE.metric(figure).better)
    assert (told(HERE, figure, change), change.verdict) == (said, verdict)


def test_what_stands_beside_a_figure_needs_no_colour() -> None:
    assert beside(HERE, "missed", (3, 6)) == "▼ −50% (6)"
    assert beside(HERE, "missed_rate", (0.25, 0.2), "pl") == "▲ +5 p.p. (20%)"
    assert beside(HERE, "missed", (3, None)) == "– (–)"


def test_every_format_has_both_periods() -> None:
    both = compared(HERE, THEN)
    rows = list(csv.DictReader(io.StringIO(export.to_csv(both))))
    assert (rows[0]["calls"], rows[0]["calls_before"], rows[0]["calls_difference"], rows[0]["calls_change"]) == (
        "15", "10", "5", "0.5"
    )  # fmt: skip
    assert rows[-1]["missed_before"] == "6"
    told_json = json.loads(export.to_json(both))
    assert told_json["compared_with"] == {"from": "2026-10-01", "to": "2026-10-31"}
    assert (told_json["rows"][0]["before"]["calls"], told_json["total_before"]["calls"]) == (10, 14)
    html = page.to_html(both, "pl")
    assert "▲ +50% (10)" in html
    assert "1 października 2026" in html
    assert "tylko poprzednio" in html
    tables = terminal.to_tables(both, 100)
    cells = [cell for table in tables for column in table.columns for cell in column.cells]
    assert "15\n+50%" in [str(cell) for cell in cells]
    assert export.to_xlsx([both], "ru")[:2] == b"PK"
