"""How long reports take, beside pandas over the whole table and DuckDB over Parquet, as ratios of one run.

    python bench/many_calls.py /tmp/many.db --calls 10000000
    python bench/reports.py /tmp/many.db [--no-peers]

Each figure is the best of three in a process of its own: time without imports, and the peak of its memory. The peers
compute the heart of `sources` only: calls, answered, missed, different callers and the median wait by campaign.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LAST = date(2026, 11, 21)
SPANS = {"90 days": 90, "two years": 730}
BOUNDS_S = {"90 days": 0.3, "two years": 1.5}
COLUMNS = ("local_day", "party", "outcome", "missed", "offered_ms", "answered_ms")


def main() -> None:
    """Measure each report and the peers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--no-peers", action="store_true", help="leave pandas and DuckDB out")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        name, days = asked.one.split(":")
        print(json.dumps(_measured(asked.path, name, int(days))))
        return
    from reports.registry import KINDS

    parquet = asked.path.with_suffix(".parquet")
    if not asked.no_peers and not parquet.exists():
        _to_parquet(asked.path, parquet)
    for span, days in SPANS.items():
        print(f"\n{span}, bound {BOUNDS_S[span]} s")
        ours = {}
        for name in KINDS:
            ours[name] = _run(asked.path, name, days)
            took, peak = ours[name]
            print(f"  {name:<10} {took:7.3f} s  {took / BOUNDS_S[span]:6.2f} of the bound  {peak:6.0f} MB", flush=True)
        for peer in () if asked.no_peers else ("duckdb", "pandas"):
            took, peak = _run(asked.path, peer, days)
            ratio = took / ours["sources"][0]
            print(f"  {peer:<10} {took:7.3f} s  {ratio:6.1f} x sources       {peak:6.0f} MB", flush=True)


def _run(path: Path, name: str, days: int) -> tuple[float, float]:
    command = [sys.executable, __file__, str(path), "--one", f"{name}:{days}"]
    took, peak = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return took, peak


def _measured(path: Path, name: str, days: int) -> tuple[float, float]:
    run = {"pandas": _pandas, "duckdb": _duckdb}.get(name)
    took = run(path, days) if run else _ours(path, name, days)
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ours(path: Path, name: str, days: int) -> float:
    import pandas  # noqa: F401  (imported outside of the clock)

    from reports.period import Period
    from reports.registry import KINDS, Limits
    from store import open_store

    kind, period, best = KINDS[name], Period(LAST - timedelta(days - 1), LAST), float("inf")
    with open_store(path) as store:
        for _ in range(3):
            began = time.perf_counter()
            with store.read() as tx:
                kind.make(tx, period, kind.default_by, Limits())
            best = min(best, time.perf_counter() - began)
    return best


def _pandas(path: Path, days: int) -> float:
    import sqlite3

    import pandas as pd

    first = (LAST - timedelta(days - 1)).isoformat()
    began = time.perf_counter()
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
    return time.perf_counter() - began


def _duckdb(path: Path, days: int) -> float:
    import duckdb

    first, best = (LAST - timedelta(days - 1)).isoformat(), float("inf")
    with duckdb.connect() as base:
        for _ in range(3):
            began = time.perf_counter()
            base.execute(
                "SELECT campaign, count(*), sum(missed), count(DISTINCT party), "
                "count(*) FILTER (outcome = 'answered'), "
                "median(answered_ms - offered_ms) FILTER (outcome = 'answered') FROM read_parquet(?) "
                "WHERE local_day >= ? GROUP BY campaign", [str(path.with_suffix(".parquet")), first],
            ).fetchall()
            best = min(best, time.perf_counter() - began)
    return best


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
