"""Definitions as data: complete, and true to the figures the report prints."""

import math
from datetime import date
from itertools import product
from statistics import median

import pytest

from reports.metrics import BY_ID, LANGUAGES, METRICS, Metric
from reports.money_metrics import MONEY_METRICS
from reports.period import Period
from reports.sources import FIGURES, total
from store import Store, Tx
from store.cells import bucket_middle_s, bucket_of
from tests.reports.rows import attribution, call, callback, opened_by, write

DAY = date(2026, 11, 20)


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(METRICS)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_definition_is_complete(metric: Metric) -> None:
    names = [metric.names.in_language(language) for language in LANGUAGES]
    assert len(set(names)) == 4
    assert all(names)
    assert metric.formula.endswith(".")
    assert any("kind is not patient" in text for text in metric.exclusions)
    assert any("outbound" in text for text in metric.exclusions)
    assert (metric.denominator is None) == (metric.unit not in ("share", "seconds"))
    assert (metric.denominator_condition is not None) == (metric.unit == "share")


def test_every_figure_of_the_report_has_a_definition_and_none_is_left_over() -> None:
    assert set(FIGURES) == set(BY_ID) | {metric.id for metric in MONEY_METRICS}


def test_a_name_in_a_strange_language_is_english() -> None:
    assert BY_ID["missed"].names.in_language("de") == "Missed"


def _every_kind_of_call() -> list[dict[str, object]]:
    """Return calls that differ in everything a condition looks at."""
    outcomes = ("answered", "voicemail", "abandoned", "no_answer", "busy", "failed", "left_menu", "unknown")
    shapes = product(outcomes, (0, 1), (None, 0), ("patient", "internal", "spy"), ("inbound", "outbound"))
    calls = []
    for n, (outcome, withheld, offered, kind, direction) in enumerate(shapes):
        row = call(str(DAY), id=f"{n:04}", outcome=outcome, withheld=withheld, kind=kind, direction=direction)
        start = row["started_ms"]
        row["party"] = None if withheld or n % 7 == 0 else f"+4860000{n % 13:04}"
        row["first_time"] = int(n % 3 == 0 and row["party"] is not None)
        row["missed"] = int(outcome not in ("answered", "unknown", "left_menu") or (outcome == "left_menu" and n % 2))
        row["offered_ms"] = None if offered is None else start + 1_000
        row["answered_ms"] = start + 1_000 + 700 * n if outcome == "answered" else None
        row["ended_ms"] = None if n % 17 == 0 else start + 1_000 + (3_000 if n % 5 else 900_000)
        calls.append(row)
    return calls


@pytest.fixture
def filled(lasting: Store) -> Store:
    """A store, on every engine, with every kind of call, and callbacks of every state behind the missed ones."""
    calls = _every_kind_of_call()
    states = (("open", None), ("claimed", None), ("closed", "reached"), ("closed", "returned"), ("closed", "booked"))
    missed = [row for row in calls if row["missed"]]
    callbacks = [
        callback(n, state=states[n % 5][0], closed_why=states[n % 5][1]) for n in range(1, len(missed) // 2 + 1)
    ]
    joined = [opened_by(n // 2 + 1, row) for n, row in enumerate(missed[: len(callbacks) * 2])]
    write(
        lasting, call=calls, callback=callbacks, callback_call=joined,
        attribution=[attribution(row, None) for row in calls],
    )  # fmt: skip
    return lasting


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_the_calls_that_a_condition_selects_give_the_total_of_the_report(filled: Store, metric: Metric) -> None:
    with filled.read() as tx:
        reported = total(tx, Period(DAY, DAY))[metric.id]
        behind = _select(tx, metric.condition)
        assert behind
        if metric.unit == "share":
            assert metric.denominator_condition is not None
            expected = len(behind) / len(_select(tx, metric.denominator_condition))
        elif metric.unit == "callers":
            expected = len({row["party"] for row in behind})
        elif metric.unit == "seconds":
            expected = median(bucket_middle_s(bucket_of(row["answered_ms"] - row["offered_ms"])) for row in behind)
        else:
            expected = len(behind)
    assert reported is not None
    assert math.isclose(reported, expected)


def _select(tx: Tx, condition: str) -> list[dict[str, int]]:
    return list(tx.conn.execute(f"SELECT * FROM call WHERE {condition}").fetchall())
