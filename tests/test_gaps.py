"""What happened while nobody listened is filled in from the exchange's own records."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callbacks.facts import Rules
from callbacks.hours import Hours
from callbacks.situation import Context
from filling import Archive
from gaps import PATIENCE_MS, SETTLE_MS, GapFiller
from intake import Clinic
from pbx.endpoints import Endpoints
from pbx.telling import Teller
from store import Row, Store, open_store
from tests.pbx.trace_table import TRACES, truth_of

ZONE = ZoneInfo("UTC")
FOLDER = TRACES / "asterisk22" / "queue_abandon"
BEGAN_MS = round(truth_of(FOLDER)["started_epoch"] * 1000)
ENDED_MS = BEGAN_MS + 20_000


@pytest.fixture
def store() -> Iterator[Store]:
    store = open_store(":memory:")
    with store.write() as tx:
        tx.run("gap_open", id=1, pbx="main", from_ms=BEGAN_MS - 1000, reason="the cable was out")
    yield store
    store.close()


def filler(store: Store, cel: Path) -> GapFiller:
    context = Context(Rules(), {"": Hours(ZONE)}, "PL")
    archive = Archive("main", Endpoints.of(["trunk-alfa"], ["10X"]), Teller("PL"), ZONE, str(cel))
    return GapFiller(store, Clinic(ZONE, context), archive)


def close_gap(store: Store) -> None:
    with store.write() as tx:
        tx.run("gap_close", pbx="main", to_ms=ENDED_MS)


def gap(store: Store) -> Row:
    with store.read() as tx:
        return tx.all("gaps", pbx="main", limit=1, offset=0)[0]


def told(store: Store) -> tuple[int, int | None]:
    """Return what the banner goes by: until when the newest gap was, and until when the records are read."""
    with store.read() as tx:
        newest = tx.all("console_gaps_over", since=0)[0]
        last = tx.one("console_gap_last")
    assert last is not None
    assert last["read_ms"] == newest["read_ms"]
    return newest["to_ms"], newest["read_ms"]


def calls(store: Store) -> list[Row]:
    with store.read() as tx:
        return tx.all("calls_in_order", after_ms=None, after_id=None, after_pbx=None, limit=10)


async def test_a_call_inside_a_gap_appears_by_itself(store: Store) -> None:
    close_gap(store)
    assert await filler(store, FOLDER / "cel.csv").once(ENDED_MS + SETTLE_MS) == 1
    assert [(row["outcome"], row["party"]) for row in calls(store)] == [("abandoned", "+48501000206")]
    assert gap(store)["filled_ms"] == ENDED_MS + SETTLE_MS


def test_a_filled_gap_is_read_no_more(store: Store) -> None:
    close_gap(store)
    filling = filler(store, FOLDER / "cel.csv")
    filling.fill(ENDED_MS + SETTLE_MS)
    assert filling.fill(ENDED_MS + 2 * SETTLE_MS) == 0


def test_a_gap_that_goes_on_is_left_alone(store: Store) -> None:
    assert filler(store, FOLDER / "cel.csv").fill(ENDED_MS + SETTLE_MS) == 0
    assert calls(store) == []


def test_the_records_are_given_time_to_be_written(store: Store) -> None:
    close_gap(store)
    assert filler(store, FOLDER / "cel.csv").fill(ENDED_MS + SETTLE_MS - 1) == 0
    assert gap(store)["filled_ms"] is None


def test_nothing_is_sent_for_what_is_filled_in(store: Store) -> None:
    close_gap(store)
    filler(store, FOLDER / "cel.csv").fill(ENDED_MS + SETTLE_MS)
    with store.read() as tx:
        assert {row["live"] for row in tx.all("feed_since", since=0, limit=100)} == {0}


def test_records_that_cannot_be_read_are_said_once_and_tried_again(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    close_gap(store)
    filling = filler(store, tmp_path / "cel.csv")
    for round_ in range(3):
        filling.fill(ENDED_MS + SETTLE_MS + round_)
    assert len([record for record in caplog.records if "is not filled" in record.message]) == 1
    assert gap(store)["filled_ms"] is None
    (tmp_path / "cel.csv").write_bytes((FOLDER / "cel.csv").read_bytes())
    assert filling.fill(ENDED_MS + SETTLE_MS + 9) == 1


def test_a_call_that_goes_on_over_the_gap_is_waited_for(store: Store) -> None:
    close_gap(store)
    filling = filler(store, FOLDER / "cel.csv")
    filling.fill(ENDED_MS + SETTLE_MS)
    row = calls(store)[0]
    with store.write() as tx:
        tx.run("gap_open", id=2, pbx="main", from_ms=ENDED_MS + 30_000, reason="again")
        tx.run("gap_close", pbx="main", to_ms=ENDED_MS + 40_000)
        tx.run("call_put", **{**row, "ended_ms": None, "outcome": None, "state": "talking"})
    assert told(store) == (ENDED_MS + 40_000, None)
    filling.fill(ENDED_MS + 40_000 + SETTLE_MS)
    assert gap(store)["filled_ms"] is None
    assert told(store) == (ENDED_MS + 40_000, ENDED_MS + 40_000)
    filling.fill(ENDED_MS + 40_000 + PATIENCE_MS)
    assert gap(store)["filled_ms"] is not None
