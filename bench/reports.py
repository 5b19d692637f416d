"""How long reports take, beside pandas over the whole table and DuckDB over Parquet, as ratios of one run.

    python bench/many_calls.py /tmp/many.db --calls 10000000
    python bench/reports.py /tmp/many.db [--no-peers]

Each figure comes from a process of its own: time without imports, and the peak of its memory. Cold is the first run
after the system forgot what it had read of the file, warm the best of three after that (pandas runs once); the bounds
are for warm. On a machine that others use, read the processor time: it is what warm takes with a processor of its own.
The peers compute the heart of `sources` only: calls, answered, missed, different callers and the median wait by
campaign.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LAST = date(2026, 11, 21)
SPANS = {"90 days": 90, "two years": 730}
BOUNDS_S = {"90 days": 0.3, "two years": 1.5}
BOUND_MB = 300
BOUNDED = ("sources", "team", "hours", "missed", "callbacks", "queues")
NEEDS = {"duckdb": ("duckdb", "pyarrow"), "pandas": ("pandas",)}
COLUMNS = ("local_day", "party", "outcome", "missed", "offered_ms", "answered_ms")


def main() -> None:
    """Measure each report and the peers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--no-peers", action="store_true", help="leave pandas and DuckDB out")
    parser.add_argument("--bounded", action="store_true", help="only the reports that have a bound")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        name, days = asked.one.split(":")
        print(json.dumps(_measured(asked.path, name, int(days))))
        return
    from reports.registry import KINDS

    peers = [] if asked.no_peers else _peers()
    parquet = asked.path.with_suffix(".parquet")
    if "duckdb" in peers and not parquet.exists():
        print(f"Writing {parquet} ...", flush=True)
        _to_parquet(asked.path, parquet)
    for span, days in SPANS.items():
        print(f"\n{span}: at most {BOUNDS_S[span]} s and {BOUND_MB} MB for {', '.join(BOUNDED)}")
        print(f"  {'':<10} {'cold':>9} {'warm':>9} {'processor':>9} {'peak':>9}")
        _span(asked.path, days, [name for name in KINDS if name in BOUNDED or not asked.bounded], peers)


def _span(path: Path, days: int, names: Sequence[str], peers: Sequence[str]) -> None:
    """Measure each report over so many days, those with a bound first, and the peers beside `sources`."""
    bound_s = next(BOUNDS_S[span] for span, length in SPANS.items() if length == days)
    ours = {}
    for name in sorted(names, key=lambda name: (name not in BOUNDED, name)):
        if run := _run(path, name, days):
            ours[name] = run
            bound = f"{run.warm_s / bound_s:7.2f} of the bound" if name in BOUNDED else ""
            print(f"  {name:<10} {run} {bound}", flush=True)
    for peer in peers:
        if (run := _run(path, peer, days)) and (of := ours.get("sources")):
            wall, cpu = run.warm_s / of.warm_s, run.cpu_s / of.cpu_s
            print(f"  {peer:<10} {run} {wall:7.1f} x sources, {cpu:.1f} x its processor time", flush=True)


def _peers() -> list[str]:
    """Return the peers that can run, and say which cannot."""
    found = []
    for peer, modules in NEEDS.items():
        missing = [module for module in modules if find_spec(module) is None]
        if missing:
            print(f"{peer} is left out: {' and '.join(missing)} not installed; pip install {' '.join(missing)}.")
        else:
            found.append(peer)
    return found


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured."""

    cold_s: float
    warm_s: float
    cpu_s: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.cold_s:7.3f} s {self.warm_s:7.3f} s {self.cpu_s:7.3f} s {self.peak_mb:6.0f} MB"


def _run(path: Path, name: str, days: int) -> Run | None:
    command = [sys.executable, __file__, str(path), "--one", f"{name}:{days}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"  {name} over {days} days failed: {done.stderr.strip().splitlines()[-1]}", flush=True)
        return None
    return Run(*json.loads(done.stdout))


def _clocked(once: Callable[[], object], path: Path, times: int) -> list[float]:
    """Run something once cold and some times warm (never: cold counts for warm too); return cold_s, warm_s, cpu_s."""
    _forget(path)
    walls, cpus = [], []
    for _ in range(times + 1):
        began, cpu = time.perf_counter(), time.process_time()
        once()
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - cpu)
    return [walls[0], min(walls[1:] or walls), min(cpus[1:] or cpus)]


def _peak_mb() -> float:
    """Return the most memory that this program held; what the program held that started it is not its own."""
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _forget(path: Path) -> None:
    """Ask the system to drop what it holds of a file, so that the next run reads the disk."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _measured(path: Path, name: str, days: int) -> list[float]:
    run = {"pandas": _pandas, "duckdb": _duckdb}.get(name)
    return [*(run(path, days) if run else _ours(path, name, days)), _peak_mb()]


def _ours(path: Path, name: str, days: int) -> list[float]:
    import pandas  # noqa: F401  (imported outside of the clock)

    from reports.period import Period
    from reports.registry import KINDS, Limits
    from store import open_store

    kind, period = KINDS[name], Period(LAST - timedelta(days - 1), LAST)
    with open_store(path) as store:

        def once() -> None:
            with store.read() as tx:
                kind.make(tx, period, kind.default_by, Limits())

        return _clocked(once, path, 3)


def _pandas(path: Path, days: int) -> list[float]:
    import sqlite3

    import pandas as pd

    first = (LAST - timedelta(days - 1)).isoformat()

    def once() -> None:
        with sqlite3.connect(path) as raw:
            table = pd.read_sql(
                f"SELECT {', '.join(COLUMNS)}, attribution.campaign FROM call JOIN attribution "
                "ON attribution.pbx = call.pbx AND attribution.call = call.id", raw,
            )
        table = table[table.local_day >= first]
        answered = table[table.outcome == "answered"]
        waits = (answered.answered_ms - answered.offered_ms).groupby(answered.campaign, dropna=False)
        groups = table.groupby("campaign", dropna=False)
        pd.DataFrame({"calls": groups.size(), "missed": groups.missed.sum(), "callers": groups.party.nunique(),
                      "answered": answered.groupby("campaign", dropna=False).size(), "median": waits.median()})

    return _clocked(once, path, 0)


def _duckdb(path: Path, days: int) -> list[float]:
    import duckdb

    parquet, first = path.with_suffix(".parquet"), (LAST - timedelta(days - 1)).isoformat()
    with duckdb.connect() as base:

        def once() -> None:
            base.execute(
                "SELECT campaign, count(*), sum(missed), count(DISTINCT party), "
                "count(*) FILTER (outcome = 'answered'), "
                "median(answered_ms - offered_ms) FILTER (outcome = 'answered') FROM read_parquet(?) "
                "WHERE local_day >= ? GROUP BY campaign", [str(parquet), first],
            ).fetchall()

        return _clocked(once, parquet, 3)


def _to_parquet(path: Path, parquet: Path) -> None:
    import sqlite3

    import pyarrow as pa
    import pyarrow.parquet as pq

    query = (f"SELECT {', '.join(COLUMNS)}, attribution.campaign FROM call JOIN attribution "
             "ON attribution.pbx = call.pbx AND attribution.call = call.id ORDER BY started_ms")  # fmt: skip
    schema = pa.schema([*((name, pa.string()) for name in COLUMNS[:3]), *((name, pa.int64()) for name in COLUMNS[3:]),
                        ("campaign", pa.int64())])  # fmt: skip
    with sqlite3.connect(path) as raw, pq.ParquetWriter(parquet, schema) as out:
        rows = raw.execute(query)
        while some := rows.fetchmany(200_000):
            columns = zip(*some, strict=True)
            out.write_table(pa.table(dict(zip(schema.names, columns, strict=True)), schema))


if __name__ == "__main__":
    main()
