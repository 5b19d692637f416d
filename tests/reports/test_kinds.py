"""Every report: its figures are the calls that their definitions select, and its rows add up."""

import math
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from reports import ReportsError
from reports.metrics import LANGUAGES, Metric
from reports.missed_metrics import KINDS as MISSED_KINDS
from reports.page import TITLES
from reports.period import Period
from reports.queues import waits
from reports.registry import KINDS, Kind, Limits
from reports.report import WHOLE, Report
from store import Store, Tx, rollups
from tests.reports.rows import attribution, call, topic, visit, write

FIRST = date(2026, 10, 30)
PERIOD = Period(FIRST, FIRST + timedelta(days=40))
OF_CALLS = [KINDS[name] for name in ("sources", "missed", "hours", "queues", "team")]
CAMPAIGNS = [
    {"id": 1, "source": "google", "medium": "cpc", "name": "Spring check-up"},
    {"id": 2, "source": "billboard", "medium": "offline", "name": "Ring road"},
]
OUTCOMES = ("answered", "voicemail", "abandoned", "no_answer", "busy", "failed", "left_menu", "unknown")


def fill(store: Store) -> None:
    """Store calls that differ in everything a condition looks at."""
    calls, decided = [], []
    shapes = product(OUTCOMES, (None, 0, 30_000), ("patient", "spy"), ("inbound", "outbound"), ("", "", "spam"))
    for n, (outcome, offered, kind, direction, excluded) in enumerate(shapes):
        row: dict[str, Any] = call(str(FIRST + timedelta(days=n % 43)), id=f"{n:04}", outcome=outcome, kind=kind,
                                   direction=direction, excluded=excluded)  # fmt: skip
        start = row["started_ms"]
        row |= {
            "party": f"+4860000{n % 13:04}", "missed": int(outcome in OUTCOMES[1:6] and direction == "inbound"),
            "first_time": int(n % 5 == 0), "in_hours": int(n % 4 > 0), "queue": ("reception", "children", None)[n % 3],
            "answered_by": f"10{n % 2}" if outcome == "answered" else None, "extension": f"10{n % 3}",
            "did": ("+48221234501", "+48221234502")[n % 2], "bridged_ms": 1_000 * n, "hold_ms": 10 * n,
            "offered_ms": None if offered is None else start + offered, "local_hour": n % 24,
            "answered_ms": start + (offered or 0) + 250 * n if outcome == "answered" else None,
            "ended_ms": None if n % 17 == 0 else start + (offered or 0) + (3_000 if n % 5 else 250 * n + 1),
        }  # fmt: skip
        calls.append(row)
        decided.append(attribution(row, (None, 1, 2)[n % 3]) | {"visit": (None, 1, 2)[n % 7 % 3]})
    said = [topic(n, row, ("booked", "not_booked", "cancelled")[n % 3]) for n, row in enumerate(calls[::4])]
    pages = [visit(1, term="implants", page="/implants"), visit(2, page="/contact")]
    write(store, call=calls, campaign=CAMPAIGNS, attribution=decided, call_topic=said, visit=pages)


def made(tx: Tx, kind: Kind, by: tuple[str, ...]) -> Report:
    return kind.make(tx, PERIOD, by, Limits())


def behind(tx: Tx, condition: str) -> int:
    """Count the calls of the period that a condition selects."""
    row = tx.conn.execute(
        f"SELECT COUNT(*) AS n FROM call WHERE {condition} AND local_day >= '{PERIOD.start}' "
        f"AND local_day <= '{PERIOD.end}'"
    ).fetchone()
    return int(row["n"])


@pytest.mark.parametrize("kind", OF_CALLS, ids=lambda kind: kind.name)
def test_every_count_and_share_is_that_of_the_calls_its_definition_selects(lasting: Store, kind: Kind) -> None:
    fill(lasting)
    with lasting.read() as tx:
        total = made(tx, kind, kind.default_by).total
        for metric in kind.metrics:
            if metric.unit == "calls":
                assert total[metric.id] == behind(tx, metric.condition), metric.id
            elif metric.unit == "share" and metric.id not in ("sl_inclusive", "roas"):
                assert metric.denominator_condition is not None
                share = behind(tx, metric.condition) / behind(tx, metric.denominator_condition)
                assert math.isclose(total[metric.id], share), metric.id
            elif metric.unit == "seconds":
                assert total[metric.id] is not None, metric.id


@pytest.mark.parametrize("kind", OF_CALLS, ids=lambda kind: kind.name)
def test_the_rows_of_any_breakdown_add_up_to_the_total(store: Store, kind: Kind) -> None:
    fill(store)
    with store.read() as tx:
        for by in kind.dimensions:
            report = made(tx, kind, (by,))
            assert len(report.rows) > 1, by
            for metric in kind.metrics:
                if metric.additive and metric.unit in WHOLE:
                    assert report.rows[metric.id].sum() == report.total[metric.id], (by, metric.id)


def test_missed_is_the_sum_of_its_kinds(store: Store) -> None:
    fill(store)
    with store.read() as tx:
        rows = made(tx, KINDS["missed"], ("day",)).rows
    assert (rows.missed == sum(rows[kind.id] for kind in MISSED_KINDS)).all()
    assert rows.missed.sum() > 0


def test_missed_calls_are_not_counted_by_time_and_source_at_once(store: Store) -> None:
    with store.read() as tx, pytest.raises(ReportsError, match="by time or by source"):
        made(tx, KINDS["missed"], ("hour", "campaign"))


def test_the_histogram_of_waits_holds_every_call_of_a_queue_that_was_offered(store: Store) -> None:
    fill(store)
    with store.read() as tx:
        total = made(tx, KINDS["queues"], ("queue",)).total
        histogram = waits(tx, PERIOD)
    assert histogram[histogram.ended == "abandoned"].calls.sum() == total["abandoned"] - _never_offered(store)
    assert list(histogram.columns) == ["queue", "ended", "up_to_s", "calls"]


def _never_offered(store: Store) -> int:
    with store.read() as tx:
        return behind(tx, "direction = 'inbound' AND kind = 'patient' AND ended_ms IS NOT NULL AND excluded = '' "
                          "AND queue IS NOT NULL AND outcome = 'abandoned' AND offered_ms IS NULL")  # fmt: skip


@pytest.mark.parametrize("kind", OF_CALLS, ids=lambda kind: kind.name)
def test_an_empty_period_has_no_rows_and_no_rates(store: Store, kind: Kind) -> None:
    with store.read() as tx:
        report = made(tx, kind, kind.default_by)
    assert report.rows.empty
    assert all(not report.total[metric.id] for metric in kind.metrics)
    assert all(report.total[metric.id] is None for metric in kind.metrics if metric.unit == "share")


@pytest.mark.parametrize("kind", OF_CALLS, ids=lambda kind: kind.name)
def test_sums_of_before_an_upgrade_are_refused(store: Store, kind: Kind) -> None:
    with store.write() as tx:
        tx.conn.execute("INSERT INTO rollup_dirty (day) VALUES ('')")
        with pytest.raises(ReportsError, match="report check --repair"):
            made(tx, kind, kind.default_by)
        rollups.rebuild(tx)
        assert made(tx, kind, kind.default_by).rows.empty


METRICS = [(kind.name, metric) for kind in OF_CALLS for metric in kind.metrics]


@pytest.mark.parametrize(("_", "metric"), METRICS, ids=[f"{kind}-{metric.id}" for kind, metric in METRICS])
def test_a_definition_is_complete(_: str, metric: Metric) -> None:
    assert len({metric.names.in_language(language) for language in LANGUAGES}) == 4
    assert metric.formula.endswith(".")
    assert metric.id == "cost" or any("kind is not patient" in text for text in metric.exclusions)
    divided = metric.unit in ("share", "seconds") or metric.id.startswith("cost_per")
    assert (metric.denominator is not None) == divided
    assert (metric.denominator_condition is not None) == (divided and metric.unit != "seconds")


def test_every_report_has_a_title_in_four_languages() -> None:
    assert set(TITLES) == set(KINDS)
    assert all(len(set(titles)) == 4 for titles in TITLES.values())
