"""Figures open to the very calls behind them: as many as the figure says, in every row and in the total."""

import pytest

from reports import behind
from reports.registry import KINDS, Limits
from store import Store
from tests.reports.test_kinds import PERIOD, fill


@pytest.mark.parametrize(("name", "by"), [
    ("sources", ("source", "medium", "campaign")), ("sources", ("number", "page")), ("sources", ("keyword",)),
    ("missed", ("hour",)), ("missed", ("campaign", "number")), ("hours", ("weekday", "hour")),
    ("hours", ("month", "day")), ("queues", ("queue",)), ("team", ("agent",)), ("funnel", ("source", "page")),
    ("models", ("campaign",)), ("not-booked", ("reason", "source")),
])  # fmt: skip
def test_a_list_of_calls_is_as_long_as_its_figure_says(store: Store, name: str, by: tuple[str, ...]) -> None:
    fill(store)
    with store.read() as tx:
        report = KINDS[name].make(tx, PERIOD, by, Limits())
        opened = [figure.removeprefix(f"{name}.") for figure in behind.NAMES if figure.startswith(f"{name}.")]
        assert opened
        for figure in opened:
            metric = behind.metric_of(f"{name}.{figure}")
            assert metric.id == figure
            rows = report.records() if figure in report.figures else ()
            named = [(row, {text: row[text] for text in report.texts}) for row in rows]
            for values, texts in [(report.total, {}), *named]:
                found = behind.calls_of(tx, f"{name}.{figure}", PERIOD, texts)
                assert len({(row["pbx"], row["id"]) for row in found}) == len(found) == values[figure], (figure, texts)
