"""Events per second of bytes → calls → SQLite, beside asterisk-ami's bare parsing of the same bytes.

    python bench/pipeline.py [--rounds 5] [--file tests/traces/load/ami.raw.gz]

Each measurement is a process of its own, so that its peak memory is its own; the stages take turns within a round, so
that a busy machine slows all of them; the medians are printed. Ratios are safer than absolute figures.
"""

import argparse
import gzip
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.stages import STAGES, split_only  # noqa: E402  (the path is set above: this file is run as a script)

LOAD = ROOT / "tests" / "traces" / "load" / "ami.raw.gz"
WARM_UP = 256 << 10
"""Bytes of the run that comes before the clock starts."""
BASELINE = "asterisk-ami, parsing only"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of one stage. Seconds of the wall clock and of the processor; memory is the process's peak."""

    events: int | None
    calls: int | None
    wall_s: float
    cpu_s: float
    peak_mb: float


def measure(stage: str, file: Path) -> Measured:
    """Run one stage here and now, after a short run over the first bytes: imports are not what is measured."""
    with tempfile.TemporaryDirectory(prefix="callward-bench-") as folder:
        first = Path(folder) / "first.raw"
        with file.open("rb") as whole:
            first.write_bytes(whole.read(WARM_UP))
        STAGES[stage](first, Path(folder))
    with tempfile.TemporaryDirectory(prefix="callward-bench-") as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        counted = STAGES[stage](file, Path(folder))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Measured(counted.events, counted.calls, wall, cpu, peak)


def measure_apart(stage: str, file: Path) -> Measured:
    """Run one stage in a process of its own."""
    command = [sys.executable, __file__, "--one", stage, "--file", str(file)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measured(**json.loads(done.stdout))


def table(results: dict[str, list[Measured]], events: int) -> str:
    """Return the medians as lines of text, each stage with its ratio to asterisk-ami."""
    base_wall = statistics.median(m.wall_s for m in results[BASELINE])
    base_cpu = statistics.median(m.cpu_s for m in results[BASELINE])
    heading = ("stage", "events/s", "ratio", "cpu ratio", "wall s", "cpu s", "peak MB", "calls")
    lines = ["{:<34}{:>10}{:>7}{:>11}{:>8}{:>7}{:>9}{:>7}".format(*heading)]
    for stage, runs in results.items():
        wall, cpu = statistics.median(m.wall_s for m in runs), statistics.median(m.cpu_s for m in runs)
        peak = max(m.peak_mb for m in runs)
        calls = "" if runs[0].calls is None else str(runs[0].calls)
        lines.append(
            f"{stage:<34}{events / wall:>10,.0f}{base_wall / wall:>7.2f}{base_cpu / cpu:>11.2f}"
            f"{wall:>8.2f}{cpu:>7.2f}{peak:>9.0f}{calls:>7}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure every stage `--rounds` times, in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=LOAD, help="AMI bytes, also gzipped")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", choices=list(STAGES), help="a stage; may be given several times")
    parser.add_argument("--one", choices=list(STAGES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measured = measure(options.one, options.file)
        print(json.dumps({name: getattr(measured, name) for name in Measured.__slots__}))
        return
    chosen = [stage for stage in STAGES if not options.only or stage in options.only or stage == BASELINE]
    results: dict[str, list[Measured]] = {stage: [] for stage in chosen}
    with tempfile.TemporaryDirectory(prefix="callward-bench-") as folder:
        plain = Path(folder) / "ami.raw"  # unpacked once: gzip would be most of what is measured
        unpack = gzip.open if options.file.suffix == ".gz" else open
        with unpack(options.file, "rb") as packed, plain.open("wb") as out:
            shutil.copyfileobj(packed, out)
        events = split_only(plain, Path(folder)).events or 0
        for number in range(options.rounds):
            for stage in chosen:
                measured = measure_apart(stage, plain)
                if measured.events not in (None, events):
                    sys.exit(f"{stage} saw {measured.events} events where there are {events}; its rate means nothing.")
                results[stage].append(measured)
                rate = events / measured.wall_s
                print(f"round {number + 1} of {options.rounds}: {stage}: {rate:,.0f} events/s", file=sys.stderr)
    python = sys.version.split()[0]
    print(f"{options.file.name}: {events:,} events, medians of {options.rounds} rounds, Python {python}")
    print(table(results, events))


if __name__ == "__main__":
    main()
