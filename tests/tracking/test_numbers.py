"""A number belongs to a campaign for a time; an overlap is refused and both are named."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from patients.tables import Source
from store import Row, Store
from tracking.campaigns import Imported, list_campaigns, title
from tracking.numbers import assignment_on, import_numbers, list_numbers

Write = Callable[..., Path]
CLINIC = Path(__file__).parents[1] / "data" / "clinic" / "numbers.csv"
HEADER = "did,label,source,medium,campaign,valid_from,valid_to,location,kind\n"
SPRING = "+48221234501,Spring line,google,cpc,Spring,{},{},,static\n"
AUTUMN = "22 123 45 01,Autumn line,google,cpc,Autumn,{},{},,static\n"


def run(store: Store, path: Path) -> Imported:
    return import_numbers(store, Source(path, "PL"))


def counts(result: Imported) -> tuple[int, int, int, int]:
    return result.added, result.changed, result.unchanged, result.not_imported


def on(store: Store, did: str, day: str) -> Row | None:
    with store.read() as tx:
        return assignment_on(tx, did, day)


def campaign_on(store: Store, day: str) -> str | None:
    row = on(store, "+48221234501", day)
    return None if row is None else row["campaign_name"]


def test_the_clinics_numbers_belong_to_their_campaigns(store: Store) -> None:
    assert counts(run(store, CLINIC)) == (8, 0, 0, 0)
    row = on(store, "+48221234504", "2026-10-05")
    assert row is not None
    assert title(row) == "billboard / offline / Billboard autumn"
    assert (row["label"], row["location"], row["kind"]) == ("Billboard Marszałkowska", "Centrum", "static")


def test_both_days_of_an_assignment_are_included(store: Store) -> None:
    run(store, CLINIC)
    days = ("2026-08-31", "2026-09-01", "2026-12-31", "2027-01-01")
    assert [on(store, "+48221234504", day) is not None for day in days] == [False, True, True, False]
    assert on(store, "+48221234501", "2099-01-01") is not None


def test_a_campaign_without_a_name_is_its_source_and_medium(store: Store) -> None:
    run(store, CLINIC)
    row = on(store, "+48221234505", "2026-10-05")
    assert row is not None
    assert (row["kind"], row["campaign_name"], title(row)) == ("main", "", "website / organic")


def test_a_main_number_may_belong_to_no_campaign(store: Store, table: Write) -> None:
    path = table(HEADER + "22 555 01 00,Reception,,,,2026-01-01,,,main\n22 555 01 01,Nobody,,,,2026-01-01,,,static\n")
    result = run(store, path)
    row = on(store, "+48225550100", "2026-10-05")
    assert row is not None
    assert (row["campaign"], row["source"]) == (None, None)
    assert [problem.reason for problem in result.problems] == [
        "is empty; only a number of kind main may belong to no campaign"
    ]


def test_importing_again_changes_nothing(store: Store) -> None:
    run(store, CLINIC)
    assert counts(run(store, CLINIC)) == (0, 0, 8, 0)
    with store.read() as tx:
        assert len(list_numbers(tx, limit=50)) == 8
        assert len(list_campaigns(tx, limit=50)) == 8


def test_an_overlap_in_the_file_is_refused_and_both_lines_are_named(store: Store, table: Write) -> None:
    result = run(store, table(HEADER + SPRING.format("2026-01-01", "") + AUTUMN.format("2026-09-01", "")))
    assert counts(result) == (1, 0, 0, 1)
    (problem,) = result.problems
    assert problem.line == 3
    assert problem.reason == (
        'line 3 (from 2026-09-01 on) overlaps line 2 "Spring line" (from 2026-01-01 on) on +48221234501; '
        "end one of them before the other begins"
    )
    assert result.rejected is not None
    with result.rejected.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["campaign"], row["_line"], row["_reason"]) == ("Autumn", "3", problem.reason)


def test_an_overlap_with_what_is_stored_is_refused_and_the_stored_one_named(store: Store, table: Write) -> None:
    run(store, table(HEADER + SPRING.format("2026-01-01", "")))
    result = run(store, table(HEADER + AUTUMN.format("2026-09-01", "2026-12-31")))
    assert counts(result) == (0, 0, 0, 1)
    assert 'overlaps the stored assignment "Spring line" (from 2026-01-01 on)' in result.problems[0].reason
    assert campaign_on(store, "2026-10-05") == "Spring"


@pytest.mark.parametrize("order", ["end first", "new first"])
def test_ending_one_assignment_makes_room_for_the_next(store: Store, table: Write, order: str) -> None:
    run(store, table(HEADER + SPRING.format("2026-01-01", "")))
    rows = [SPRING.format("2026-01-01", "2026-08-31"), AUTUMN.format("2026-09-01", "")]
    result = run(store, table(HEADER + "".join(rows if order == "end first" else rows[::-1])))
    assert counts(result) == (1, 1, 0, 0)
    assert [campaign_on(store, day) for day in ("2026-08-31", "2026-09-01")] == ["Spring", "Autumn"]


def test_a_refused_change_of_end_keeps_the_old_days(store: Store, table: Write) -> None:
    run(store, table(HEADER + SPRING.format("2026-01-01", "2026-03-31") + AUTUMN.format("2026-09-01", "")))
    result = run(store, table(HEADER + SPRING.format("2026-01-01", "2026-10-01")))
    assert counts(result) == (0, 0, 0, 1)
    assert [campaign_on(store, day) for day in ("2026-03-31", "2026-04-01", "2026-09-01")] == ["Spring", None, "Autumn"]


def test_the_days_that_a_refused_change_keeps_stand_in_the_way_of_others(store: Store, table: Write) -> None:
    run(store, table(HEADER + SPRING.format("2026-01-01", "2026-06-30") + AUTUMN.format("2026-09-01", "")))
    winter = "22 123 45 01,Winter line,google,cpc,Winter,2026-06-01,2026-08-31,,static\n"
    result = run(store, table(HEADER + winter + SPRING.format("2026-01-01", "2026-10-01")))
    assert counts(result) == (0, 0, 0, 2)
    assert campaign_on(store, "2026-06-15") == "Spring"


def test_the_same_line_twice_is_one_assignment(store: Store, table: Write) -> None:
    assert counts(run(store, table(HEADER + SPRING.format("2026-01-01", "") * 2))) == (1, 0, 1, 0)


@pytest.mark.parametrize(("row", "column", "reason"), [
    ("112,X,a,b,c,2026-01-01,,,", "did", '"112" is not a phone number'),
    ("22 123 45 01,X,a,b,c,,,,", "valid_from", "is empty"),
    ("22 123 45 01,X,a,b,c,soon,,,", "valid_from", '"soon" is not a day'),
    ("22 123 45 01,X,a,b,c,2026-02-01,2026-01-01,,", "valid_to", "2026-01-01 is before valid_from 2026-02-01"),
    ("22 123 45 01,X,a,b,c,2026-01-01,,,dynamic", "kind", '"dynamic" is not a kind of number'),
    ("22 123 45 01,X,,b,c,2026-01-01,,,", "source", "is empty"),
    ("22 123 45 01,X,a,,c,2026-01-01,,,", "medium", "is empty"),
])
def test_a_bad_row_is_refused_with_its_column_and_reason(
    store: Store, table: Write, row: str, column: str, reason: str
) -> None:
    result = run(store, table(HEADER + row + "\n" + AUTUMN.format("2026-01-01", "")))
    assert counts(result) == (1, 0, 0, 1)
    assert (result.problems[0].line, result.problems[0].column) == (2, column)
    assert reason in result.problems[0].reason


def test_numbers_are_listed_for_a_day_and_by_pages(store: Store) -> None:
    run(store, CLINIC)
    with store.read() as tx:
        assert len(list_numbers(tx, on="2026-10-05", limit=50)) == 7
        assert [row["did"][-2:] for row in list_numbers(tx, limit=3, offset=3)] == ["04", "05", "06"]


def test_a_destination_is_kept_for_the_dialplan(store: Store, table: Write) -> None:
    row_text = "22 123 45 01,a,b,c,2026-01-01,queue:reception\n"
    run(store, table("did,source,medium,campaign,valid_from,destination\n" + row_text))
    row = on(store, "+48221234501", "2026-10-05")
    assert row is not None
    assert row["destination"] == "queue:reception"
