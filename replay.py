"""Replay: recorded AMI through the production pipeline, as fast as it goes.

Each run (a file with those that continue it) is folded on its own; what it tells is stored by intake. Only calls that
are over are recorded while reading, and the rest at a run's end: nobody watches them live.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import intake
from pbx.calls import CallChanged
from pbx.journal import Complain, Run, framed, runs
from pbx.tracker import Tracker
from store import Store

_BATCH = 200

Clock = Callable[[int], int]
"""From a call's time to the `now` its callback rules go by."""


@dataclass(slots=True)
class Counted:
    """What a replay did."""

    runs: int = 0
    records: int = 0
    calls: int = 0
    news: int = 0
    """Calls that were not stored like this before."""


def as_it_was(at_ms: int) -> int:
    """Decide as if it were then."""
    return at_ms


def replay(
    paths: Iterable[Path], new_tracker: Callable[[], Tracker], keep: Callable[[list[CallChanged]], int],
    complain: Complain | None = None, progress: Callable[[Counted], None] | None = None,
) -> Counted:
    """Fold every run in `paths`; hand the changes on in batches.

    Args:
        paths: journals, raw AMI bytes, or folders of them.
        new_tracker: makes an empty tracker, one for each run.
        keep: stores a batch and returns how many were news (see `keeper`).
        complain: takes a sentence for each damaged line.
        progress: called after each batch.

    Raises:
        pbx.journal.JournalError: a path does not exist or is no journal.
    """
    counted = Counted()
    for run in runs(paths):
        counted.runs += 1
        batch: list[CallChanged] = []
        for change in _told(run, new_tracker(), counted, complain):
            batch.append(change)
            if len(batch) >= _BATCH:
                _hand_on(batch, keep, counted, progress)
        _hand_on(batch, keep, counted, progress)
    return counted


def _told(
    run: Run, tracker: Tracker, counted: Counted, complain: Complain | None
) -> Iterable[CallChanged]:
    """Yield each call of a run once it is over, then those that were still open."""
    at = 0.0
    for record, blocks in framed(run.records(complain), complain):
        counted.records += 1
        at = max(at, record.at)
        if record.kind == "opened":
            tracker.opened(record.at)
        elif record.kind == "closed":
            tracker.closed(record.at)
        else:
            tracker.take(record.at, blocks)
        yield from tracker.told_over()
    yield from tracker.finish(at)


def _hand_on(
    batch: list[CallChanged], keep: Callable[[list[CallChanged]], int], counted: Counted,
    progress: Callable[[Counted], None] | None,
) -> None:
    counted.calls += sum(1 for change in batch if change.call.ended_ms is not None)
    counted.news += keep(batch)
    batch.clear()
    if progress is not None:
        progress(counted)


def keeper(store: Store, clinic: intake.Clinic, clock: Clock = as_it_was) -> Callable[[list[CallChanged]], int]:
    """Return a `keep` that stores batches through intake, each in one transaction; nothing is sent for them."""

    def keep(batch: list[CallChanged]) -> int:
        with store.write() as tx:
            return intake.record_past(tx, ((c, clock(c.call.version // 1000)) for c in batch), clinic)

    return keep
