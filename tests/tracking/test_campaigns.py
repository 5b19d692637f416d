"""What a campaign cost is kept exactly, once for each day or month."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.tables import Source
from store import Store
from tracking.campaigns import Imported, from_minor, import_campaigns, list_campaigns, to_minor

Write = Callable[..., Path]
HEADER = "date,source,medium,campaign,cost,currency\n"


def run(store: Store, path: Path) -> Imported:
    return import_campaigns(store, Source(path, "PL"))


def costs(store: Store) -> list[tuple[str, list[tuple[int, str, int]]]]:
    with store.read() as tx:
        return [
            (row["name"], [(cost["cost_minor"], cost["currency"], cost["periods"]) for cost in row["costs"]])
            for row in list_campaigns(tx, limit=50)
        ]


@pytest.mark.parametrize(("text", "currency", "minor"), [
    ("1234.50", "PLN", 123450), ("1 234,50", "PLN", 123450), ("1.234,50", "EUR", 123450), ("1,234.50", "USD", 123450),
    ("1\u00a0234,5", "PLN", 123450), ("1'234.50", "CHF", 123450), ("1234", "PLN", 123400), ("1,234", "PLN", 123400),
    ("1.234.567", "EUR", 123456700), ("0", "PLN", 0), ("0.1", "PLN", 10), ("1234", "JPY", 1234), ("1,234", "JPY", 1234),
    ("1.234", "KWD", 1234), ("12", "KWD", 12000), ("0.29", "PLN", 29), ("1.10", "PLN", 110),
])  # fmt: skip
def test_an_amount_becomes_smallest_units_exactly(text: str, currency: str, minor: int) -> None:
    assert to_minor(text, currency) == minor


@pytest.mark.parametrize(("text", "reason"), [
    ("-5", "is not an amount"), ("free", "is not an amount"), ("", "is not an amount"), ("1e5", "is not an amount"),
    ("1.2345", "is finer than PLN is counted; round it to 2 places"), ("12.", "is not an amount"),
    ("1,234.567", "is finer"),
])  # fmt: skip
def test_what_is_no_amount_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        to_minor(text, "PLN")


@given(st.integers(0, 10**12), st.sampled_from(["PLN", "JPY", "KWD"]))
def test_an_amount_that_is_written_reads_back(minor: int, currency: str) -> None:
    text = from_minor(minor, currency).removesuffix(f" {currency}")
    assert to_minor(text, currency) == minor
    assert Decimal(text) >= 0


def test_costs_are_kept_by_day_and_by_month(store: Store, table: Write) -> None:
    result = run(store, table(
        HEADER + "2026-09-05,Google,CPC,Spring,10.10,pln\n2026-09-06,google,cpc,Spring,0.20,PLN\n"
        "2026-09,facebook,paid-social,New,100,EUR\n2026-09-05,billboard,offline,Autumn,,\n"
    ))  # fmt: skip
    assert (result.added, result.not_imported) == (4, 0)
    assert costs(store) == [("Autumn", []), ("New", [(10000, "EUR", 1)]), ("Spring", [(1030, "PLN", 2)])]


def test_the_same_period_again_replaces_its_cost(store: Store, table: Write) -> None:
    run(store, table(HEADER + "2026-09-05,google,cpc,Spring,10,PLN\n2026-09-06,google,cpc,Spring,5,PLN\n"))
    result = run(store, table(HEADER + "2026-09-05,google,cpc,Spring,12,PLN\n2026-09-06,google,cpc,Spring,5,PLN\n"))
    assert (result.added, result.changed, result.unchanged) == (0, 1, 1)
    assert costs(store) == [("Spring", [(1700, "PLN", 2)])]


@pytest.mark.parametrize(("row", "column", "reason"), [
    ("2026-09-05,google,cpc,Spring,1,PLN", "cost", "2026-09-05 is already on line 2; add the two up"),
    ("2026-09,google,cpc,Spring,1,PLN", "cost", "2026-09-05 (line 2) has a cost and overlaps 2026-09"),
    ("2026-13,google,cpc,Other,1,PLN", "date", '"2026-13" is neither a day nor a month'),
    (",google,cpc,Other,1,PLN", "date", "is neither a day nor a month"),
    ("2026-09-05,google,cpc,Other,1,", "currency", "is not a currency"),
    ("2026-09-05,google,cpc,Other,much,PLN", "cost", "is not an amount"),
    ("2026-09-05,,cpc,Other,1,PLN", "source", "is empty"),
])
def test_a_bad_row_is_refused_with_its_column_and_reason(
    store: Store, table: Write, row: str, column: str, reason: str
) -> None:
    result = run(store, table(HEADER + "2026-09-05,google,cpc,Spring,10,PLN\n" + row + "\n"))
    assert (result.added, result.not_imported) == (1, 1)
    assert (result.problems[0].line, result.problems[0].column) == (3, column)
    assert reason in result.problems[0].reason
    assert ("Spring", [(1000, "PLN", 1)]) in costs(store)


def test_a_day_within_a_month_that_has_a_cost_would_count_twice(store: Store, table: Write) -> None:
    run(store, table(HEADER + "2026-09,google,cpc,Spring,10,PLN\n"))
    result = run(store, table(HEADER + "2026-09-05,google,cpc,Spring,1,PLN\n2026-10-05,google,cpc,Spring,1,PLN\n"))
    assert (result.added, result.not_imported) == (1, 1)
    assert "2026-09 has a cost and overlaps 2026-09-05" in result.problems[0].reason


def test_a_month_column_and_local_headings_are_understood(store: Store, table: Write) -> None:
    text = "Miesiąc;Źródło;Kanał;Kampania;Koszt;Waluta\n2026-09;google;cpc;Wiosna;1 234,50;PLN\n"
    assert run(store, table(text, encoding="cp1250")).added == 1
    assert costs(store) == [("Wiosna", [(123450, "PLN", 1)])]
