"""What a marketer is not to learn of single patients cannot be learnt, neither from a table nor from several."""

import io
from collections import defaultdict
from datetime import date
from itertools import product
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from reports.metrics import Metric, Names, Unit
from reports.period import Period
from reports.privacy import Cell, Privacy, hidden, protected
from reports.report import Report
from reports.terminal import to_tables

DAY = Period(date(2026, 11, 20), date(2026, 11, 20))
COUNTS = st.integers(0, 40)


def metric(id_: str, unit: Unit = "calls", additive: bool = True) -> Metric:
    return Metric(id_, Names(id_, id_, id_, id_), unit, "formula", "1 = 1", (), additive=additive)


METRICS = (metric("calls"), metric("callers", "callers", False), metric("came"), metric("gone"),
           metric("rate", "share", False))  # fmt: skip
ROW = st.tuples(COUNTS, COUNTS, COUNTS)


def report(rows: dict[tuple[str, ...], tuple[int, int, int]], by: tuple[str, ...] = ("reason",)) -> Report:
    """Return a report: callers, those of them who came, and further calls of theirs, by key."""
    records = []
    for key, (callers, came, more) in rows.items():
        callers += 1
        came = min(came, callers)
        records.append({**dict(zip(by, key, strict=True)), "calls": callers + more, "callers": callers, "came": came,
                        "gone": callers + more - came, "rate": came / callers})  # fmt: skip
    table = pd.DataFrame(records, columns=[*by, *(one.id for one in METRICS)])
    total = {one.id: table[one.id].sum() if one.additive else None for one in METRICS}
    return Report("made", DAY, by, table, total, METRICS)


def told(counts: tuple[int, ...], least: int) -> tuple[Any, ...]:
    """Return what a table of these rows tells; a row of nobody is none."""
    cells = [Cell((str(n),), count, count) for n, count in enumerate(counts) if count]
    gone = hidden(cells, (0,), least)
    return tuple(None if (str(n),) in gone or not count else count for n, count in enumerate(counts)), sum(counts)


def test_no_hidden_row_can_be_reckoned_by_who_knows_the_rule_and_every_name() -> None:
    """Everything that gives the same table is tried: a hidden row has several values among them."""
    for least, most, names in ((3, 7, 3), (3, 5, 4), (5, 9, 3)):
        same: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
        for counts in product(range(most + 1), repeat=names):
            same[told(counts, least)].append(counts)
        for (shown, total), all_counts in same.items():
            if total == sum(count or 0 for count in shown):
                continue
            # What is great is cut off by `most`, which the attacker does not know.
            if any(max(counts) == most for counts in all_counts):
                continue
            for place, seen in enumerate(shown):
                if seen is None and any(counts[place] for counts in all_counts):
                    assert len({counts[place] for counts in all_counts}) > 1, (least, shown, total, all_counts)


def tables_of(grid: tuple[int, ...], width: int, least: int) -> tuple[Any, ...]:
    """Return what is told by campaign and reason, by reason alone, and by campaign, which is never hidden."""
    rows = {(str(n // width), str(n % width)): count for n, count in enumerate(grid) if count}
    both = [Cell(key, count, count) for key, count in rows.items()]
    gone = hidden(both, (1,), least)
    shown = tuple(sorted((key, count) for key, count in rows.items() if key[1:] not in gone))
    sums: dict[tuple[str], int] = defaultdict(int)
    for (_, name), count in rows.items():
        sums[name,] += count
    alone = hidden([Cell(name, count, count) for name, count in sums.items()], (0,), least)
    margin = tuple(sorted((name, count) for name, count in sums.items() if name not in alone))
    campaigns = tuple(sum(grid[start : start + width]) for start in range(0, len(grid), width))
    return shown, margin, campaigns


def test_two_tables_together_tell_no_small_number_that_each_conceals() -> None:
    least, width, most = 3, 2, 5
    same: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for grid in product(range(most + 1), repeat=2 * width):
        same[tables_of(grid, width, least)].append(grid)
    for (shown, margin, campaigns), grids in same.items():
        if len(margin) == 1 and margin[0][1] == sum(campaigns):
            continue  # everybody has the same reason
        known = {int(group) * width + int(name): count for (group, name), count in shown}
        for place in range(2 * width):
            values = {grid[place] for grid in grids}
            if place in known or 0 in values or max(max(grid) for grid in grids) == most:
                continue
            assert len(values) > 1 or not 0 < min(values) < least, (shown, margin, campaigns, grids)


@given(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("pqrs")), ROW, min_size=1),
       st.integers(2, 9))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_rows_that_are_left_have_people_enough_and_sums_stay(rows: dict[Any, Any], least: int) -> None:
    made = report(rows, ("campaign", "reason"))
    seen = protected(made, Privacy(least))
    assert seen.total == made.total
    assert seen.metrics == made.metrics
    pool = f"less than {least} people each"
    people = {(record["campaign"], record["reason"]): record["callers"] for record in made.records()}
    for record in seen.records():
        if record["reason"] != pool:
            assert people[record["campaign"], record["reason"]] >= least
        counts = [record[figure] for figure in seen.figures if figure in ("calls", "came", "gone")]
        assert all(not count or count >= least for count in counts) or len(seen.rows) == len(
            {record["campaign"] for record in made.records()})  # fmt: skip
        if record.get("rate") is not None and "callers" in record:
            assert not 0 < round(record["rate"] * record["callers"]) < least
    for figure in ("calls", "came", "gone"):
        if figure in seen.figures:
            assert seen.rows[figure].sum() == made.rows[figure].sum()
            # A campaign's own count is nobody's secret and stays whole.
            assert seen.rows.groupby("campaign")[figure].sum().equals(made.rows.groupby("campaign")[figure].sum())


@given(st.dictionaries(st.tuples(st.sampled_from(["google", "radio"]), st.sampled_from("xyz")), ROW, min_size=1))
@settings(max_examples=30, deadline=None)
def test_counts_by_campaign_number_keyword_page_and_date_are_never_hidden(rows: dict[Any, Any]) -> None:
    for by in (("campaign", "number"), ("keyword", "landing_page"), ("day", "source")):
        made = report(rows, by)
        assert protected(made, Privacy()) is made


def test_a_column_from_which_a_hidden_one_could_be_reckoned_goes_with_it() -> None:
    made = report({("price",): (29, 28, 0), ("time",): (39, 20, 0)})
    seen = protected(made, Privacy(5))
    assert seen.figures == ("calls", "callers") or "came" not in seen.figures
    assert not {"came", "gone"} <= set(seen.figures)
    assert "gone" in seen.total_only


def test_where_people_are_not_counted_nothing_is_taken_for_safe() -> None:
    rows = pd.DataFrame([{"doctor": "Maj", "calls": 90}, {"doctor": "Lis", "calls": 70}])
    made = Report("made", DAY, ("doctor",), rows, {"calls": 160}, (metric("calls"),))
    seen = protected(made, Privacy())
    assert [record["doctor"] for record in seen.records()] == ["less than 5 people each"]
    assert seen.total == {"calls": 160}


def test_nothing_is_hidden_where_the_clinic_says_so() -> None:
    made = report({("price",): (1, 1, 0), ("time",): (0, 0, 0)})
    assert protected(made, Privacy(0)) is made
    assert protected(made, Privacy(5, ("doctor",))) is made


def test_the_row_of_what_is_hidden_speaks_the_readers_language() -> None:
    seen = protected(report({("price",): (1, 1, 0), ("time",): (20, 9, 5)}), Privacy(5), "pl")
    assert [record["reason"] for record in seen.records()] == ["mniej niż 5 osób w każdym"]


def test_a_terminal_shows_what_is_left_too() -> None:
    console = Console(file=io.StringIO(), width=100)
    for table in to_tables(protected(report({("price",): (1, 1, 0), ("time",): (0, 0, 1)}), Privacy(5)), 100):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    assert "less than 5 people each" in " ".join(console.file.getvalue().split())
