"""The same recordings tell the same story whatever engine keeps the store."""

from zoneinfo import ZoneInfo

import pytest

from callbacks.facts import Rules
from callbacks.hours import Hours
from callbacks.situation import Context
from intake import Clinic
from replay import keeper, replay
from store import Row, Store, open_store
from store.documents import call_documents, callback_documents
from tests.pbx.trace_table import TRACES, lab_tracker, truth_of
from tests.store.conftest import postgres, url

__all__ = ["postgres", "url"]

PLAYED = [TRACES / "asterisk22" / name for name in (
    "missed_then_callback", "queue_abandon", "many_short_redials", "pickup_directed", "attended_transfer",
    "hostile_caller_names", "caller_withheld", "after_hours_voicemail", "twenty_interleaved",
)]  # fmt: skip
CLINIC = Clinic(ZoneInfo("Europe/Warsaw"), Context(Rules(), {"": Hours(ZoneInfo("Europe/Warsaw"))}, "PL"))


def story(store: Store) -> tuple[list[Row], list[Row], list[Row]]:
    """Play the recordings into a store; return its calls, callbacks and roll-ups."""
    replay(PLAYED, lab_tracker, keeper(store, CLINIC))
    with store.read() as tx:
        rows = tx.all("calls_in_order", after_ms=None, after_id=None, after_pbx=None, limit=1000)
        calls = call_documents(tx, rows)
        callbacks = callback_documents(tx, tx.all("callbacks_all_list", limit=1000, skip=0))
        return calls, callbacks, tx.all("rollup_source_all")


@pytest.fixture(scope="module")
def expected() -> tuple[list[Row], list[Row], list[Row]]:
    with open_store(":memory:") as store:
        return story(store)


def test_each_engine_tells_the_same_story(url: str, expected: tuple[list[Row], list[Row], list[Row]]) -> None:
    with open_store(url) as store:
        assert story(store) == expected


def test_the_story_has_calls_and_callbacks(expected: tuple[list[Row], list[Row], list[Row]]) -> None:
    calls, callbacks, rollups = expected
    assert len(calls) == sum(len(truth_of(folder)["calls"]) for folder in PLAYED)
    assert callbacks
    assert sum(row["calls"] for row in rollups) == sum(
        call["direction"] == "inbound" and call["kind"] == "patient" for call in calls
    )
