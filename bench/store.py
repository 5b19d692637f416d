"""Whole calls per second through intake into SQLite: in batches, one by one, and as the listener's writer does it.

    python bench/store.py [--rounds 5] [--file tests/traces/load/ami.raw.gz]

The calls of the load trace are made first, outside of the clock; each way then stores them all in a new file.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.stages import clinic_settings, new_tracker  # noqa: E402  (the path is set above: this file is a script)

if TYPE_CHECKING:
    from intake import Clinic
    from pbx.calls import CallChanged
    from store import Store, Tx

LOAD = ROOT / "tests" / "traces" / "load" / "ami.raw.gz"
BATCH = 200

Way = Callable[["Store", "Clinic", list["CallChanged"]], None]


def in_batches(store: "Store", clinic: "Clinic", calls: list["CallChanged"]) -> None:
    """Store 200 calls in each transaction, as replay does."""
    from replay import keeper

    keep = keeper(store, clinic)
    for start in range(0, len(calls), BATCH):
        keep(calls[start : start + BATCH])


def one_by_one(store: "Store", clinic: "Clinic", calls: list["CallChanged"]) -> None:
    """Store each call in a transaction of its own: the slowest way there is."""
    from replay import keeper

    keep = keeper(store, clinic)
    for call in calls:
        keep([call])


def by_writer(store: "Store", clinic: "Clinic", calls: list["CallChanged"]) -> None:
    """Hand each call to the writer thread, which commits what waits together, as the listener does."""
    import intake

    def job(change: "CallChanged") -> Callable[["Tx"], bool]:
        return lambda tx: intake.record(tx, change, change.call.version // 1000, clinic, live=True)

    writer = store.writer()
    futures = [writer.submit(job(change)) for change in calls]
    for future in futures:
        future.result()
    writer.close()


WAYS: dict[str, Way] = {"200 calls a transaction": in_batches, "the writer thread": by_writer, "one by one": one_by_one}


def measure(way: Way, clinic: "Clinic", calls: list["CallChanged"]) -> float:
    """Return calls per second into a new store."""
    from store import open_store

    with tempfile.TemporaryDirectory(prefix="callward-bench-") as folder, open_store(f"{folder}/callward.db") as store:
        start = time.perf_counter()
        way(store, clinic, calls)
        return len(calls) / (time.perf_counter() - start)


def main() -> None:
    """Measure every way `--rounds` times, in turns, and print the medians."""
    from replay import replay
    from wiring import clinic_of

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=LOAD, help="AMI bytes or a journal, also gzipped")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    calls: list[CallChanged] = []

    def keep(batch: list["CallChanged"]) -> int:
        calls.extend(batch)
        return len(batch)

    replay([options.file], new_tracker, keep)
    clinic = clinic_of(clinic_settings())
    rates: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(options.rounds):
        for name, way in WAYS.items():
            rates[name].append(measure(way, clinic, calls))
    print(f"{len(calls):,} calls, medians of {options.rounds} rounds")
    for name, found in rates.items():
        print(f"{name:<26}{statistics.median(found):>9,.0f} calls/s")


if __name__ == "__main__":
    main()
