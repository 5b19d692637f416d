"""Opens every figure of a report that can be opened, in every row and in the total, and counts what lies behind."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

from reports import behind, booked, entries, people
from reports.period import Period
from reports.registry import Limits
from reports.report import Report
from reports.selected import Place
from store import Tx

T = TypeVar("T")
SMALL = 3
"""So many are on a page here, that there are several."""


def paged(page: Callable[[Place | None, int], Sequence[T]], place: Callable[[T], Place]) -> list[T]:
    """Read page by page until nothing follows."""
    found: list[T] = []
    at: Place | None = None
    while rows := page(at, SMALL):
        found += rows
        at = place(rows[-1])
    return found


def opened(tx: Tx, name: str, period: Period, row: dict[str, str], limits: Limits) -> list[Any]:
    """Return what lies behind a figure, page by page, each once. What counts it says as many."""
    keys: list[Any]
    if name in people.NAMES:
        those = people.opened(tx, name, period, row, limits)
        keys = [one.key for one in paged(lambda at, n: those.page(tx, at, n), lambda one: one.place)]
        assert those.count(tx) == len(keys)
    elif name in booked.NAMES:
        visits = booked.opened(name, period, row, limits)
        keys = [one["ref"] for one in paged(lambda at, n: visits.page(tx, at, n), booked.place_of)]
        assert visits.count(tx) == len(keys)
    elif name in entries.COMPUTED or (name in entries.NAMES and entries.are_entries(name, row)):
        those_all = entries.opened(tx, name, period, row, limits)
        found = paged(lambda at, n: those_all.page(tx, at, n), lambda one: one.place)
        assert [one.at_ms for one in found] == sorted((one.at_ms for one in found), reverse=True)
        keys = [(one.kind, *one.place) for one in found]
        assert those_all.count(tx) == len(keys)
    else:
        calls = behind.opened(tx, name, period, row)
        listed = paged(lambda at, n: calls.page(tx, at, n), lambda one: (one["started_ms"], one["id"], one["pbx"]))
        assert [one["started_ms"] for one in listed] == sorted((one["started_ms"] for one in listed), reverse=True)
        keys = [(one["pbx"], one["id"]) for one in listed]
        assert calls.count(tx) == len(keys)
        assert {(one["pbx"], one["id"]) for one in calls.all(tx)} == set(keys)
    assert len(set(keys)) == len(keys), (name, row)
    return keys


def hold(tx: Tx, report: Report, limits: Limits | None = None, rows: int | None = None) -> dict[str, int]:
    """Say that each list is as long as its figure says; return the length of those behind the total, by figure."""
    told: dict[str, int] = {}
    limits, records, texts = limits or Limits(), list(islice(report.records(), rows)), report.texts
    for metric in report.metrics:
        name = f"{report.name}.{metric.id}"
        if name not in behind.NAMES | people.NAMES | booked.NAMES | entries.NAMES:
            continue
        if report.total[metric.id] is not None:
            told[metric.id] = len(opened(tx, name, report.period, {}, limits))
            assert told[metric.id] == report.total[metric.id], name
        for record in records if metric.id in report.figures else ():
            row = {text: record[text] for text in texts}
            # A campaign that is called (none) is told apart from none by nobody.
            alike = sum(all(other[by] == record[by] for by in report.by) for other in records)
            if record[metric.id] is not None and alike == 1:
                assert len(opened(tx, name, report.period, row, limits)) == record[metric.id], (name, row)
    return told
