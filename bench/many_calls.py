"""Years of an invented chain of clinics, drawn at random and stored: what reports are measured on.

    python bench/many_calls.py /tmp/many.db --calls 10000000 --days 730

Calls are drawn with numpy and written straight into the tables, without legs and talks; the sums by day are then made
by the product's own rebuild. The same seed gives the same calls.
"""

import argparse
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

LAST_DAY = date(2026, 11, 21)
CAMPAIGNS = 40
NUMBERS = 60
QUEUES = ("reception", "children", "dentist", "results")
OUTCOMES = ("answered", "abandoned", "no_answer", "voicemail", "failed", "left_menu")
ODDS = (0.80, 0.09, 0.04, 0.03, 0.01, 0.03)
BATCH = 100_000
_CALL = ("pbx", "id", "version", "direction", "kind", "state", "linkedids", "withheld", "did", "location", "queue",
         "rang", "answered_by", "outcome", "started_ms", "offered_ms", "answered_ms", "ended_ms", "wait_ms", "ring_ms",
         "talk_ms", "bridged_ms", "hold_ms", "holds", "lost_after_answer", "transfers", "sure", "met_late", "party",
         "missed", "in_hours", "first_time", "local_day", "local_hour", "local_weekday", "sources",
         "extension")  # fmt: skip


def make(path: Path, calls: int, days: int, seed: int = 7) -> None:
    """Write the store. Raises FileExistsError: there is one already."""
    from store import open_store, rollups

    if path.exists():
        raise FileExistsError(f"{path} is there already; remove it, or measure on it as it is.")
    open_store(path).close()
    raw = sqlite3.connect(path, isolation_level=None)
    indexes = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
                          "AND tbl_name IN ('call', 'attribution', 'callback', 'callback_call', 'callback_time')"
                          ).fetchall()  # fmt: skip
    raw.execute("PRAGMA journal_mode = OFF")
    raw.execute("PRAGMA synchronous = OFF")
    for name, _ in indexes:
        raw.execute(f"DROP INDEX {name}")
    raw.execute("BEGIN")
    _campaigns(raw)
    done = 0
    for rows in _drawn(calls, days, seed):
        _store(raw, rows)
        done += len(rows)
        print(f"\r{done:,} of {calls:,} calls", end="", file=sys.stderr, flush=True)
    raw.execute("COMMIT")
    print(file=sys.stderr)
    for _, sql in indexes:
        raw.execute(sql)
    raw.execute("PRAGMA journal_mode = WAL")
    raw.execute("ANALYZE")
    raw.close()
    began = time.perf_counter()
    with open_store(path) as store, store.write() as tx:
        rollups.rebuild(tx)
    print(f"The sums were made in {time.perf_counter() - began:.0f} s.", file=sys.stderr)


def _campaigns(raw: sqlite3.Connection) -> None:
    sources = ("google", "meta", "billboard", "newspaper", "radio")
    raw.executemany(
        "INSERT INTO campaign (id, source, medium, name) VALUES (?, ?, ?, ?)",
        [(n, sources[n % 5], ("cpc", "offline")[n % 5 > 1], f"Campaign {n}") for n in range(1, CAMPAIGNS + 1)],
    )


def _drawn(calls: int, days: int, seed: int) -> Iterator[list[dict[str, Any]]]:
    """Yield calls in the order of time, some at a time: more by day than at night, fewer at the weekend."""
    draw = np.random.default_rng(seed)
    first = LAST_DAY - timedelta(days=days - 1)
    weights = np.array([0.3 if (first + timedelta(n)).weekday() > 4 else 1.0 for n in range(days)])
    per_day = draw.multinomial(calls, weights / weights.sum())
    hours = np.array([0.1] * 7 + [1, 3, 5, 5, 4, 3, 3, 4, 4, 3, 2, 1] + [0.3] * 5)
    seen: set[int] = set()
    rows: list[dict[str, Any]] = []
    serial = 0
    for n, count in enumerate(per_day):
        day = first + timedelta(n)
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        hour = draw.choice(24, count, p=hours / hours.sum())
        moments = np.sort(hour * 3_600_000 + draw.integers(0, 3_600_000, count))
        drawn = zip(
            moments.tolist(), draw.integers(0, calls // 5 + 1, count).tolist(),
            draw.choice(len(OUTCOMES), count, p=ODDS).tolist(), draw.integers(0, CAMPAIGNS * 2, count).tolist(),
            draw.exponential(18_000, count).astype(int).tolist(), draw.exponential(150_000, count).astype(int).tolist(),
            strict=True,
        )  # fmt: skip
        for moment, caller, outcome, campaign, wait, talk in drawn:
            serial += 1
            who, what = (caller, caller in seen), (outcome, campaign, wait, talk)
            rows.append(_call(serial, (day, midnight + moment), who, what))
            seen.add(caller)
            if len(rows) == BATCH:
                yield rows
                rows = []
    yield rows


def _call(
    serial: int, when: tuple[date, int], who: tuple[int, bool], what: tuple[int, int, int, int]
) -> dict[str, Any]:
    (day, start), (caller, known), (chosen, campaign, wait, talk) = when, who, what
    outcome = OUTCOMES[chosen]
    answered, offered = outcome == "answered", outcome != "left_menu"
    end = start + wait + (talk if answered else 0)
    hour = start // 3_600_000 % 24
    is_open = day.weekday() < 5 and 8 <= hour < 18
    return {
        "pbx": "main", "id": f"{start // 1000}.{serial}", "version": end * 1000, "direction": "inbound",
        "kind": "patient", "state": "ended", "linkedids": "[]", "withheld": 0, "did": f"+4822{campaign % NUMBERS:07}",
        "location": "", "queue": QUEUES[caller % 4] if offered else None, "rang": "[]",
        "answered_by": f"1{caller % 30:02}" if answered else None, "outcome": outcome, "started_ms": start,
        "offered_ms": start if offered else None, "answered_ms": start + wait if answered else None, "ended_ms": end,
        "wait_ms": wait, "ring_ms": wait, "talk_ms": talk if answered else 0, "bridged_ms": talk if answered else 0,
        "hold_ms": 0, "holds": 0, "lost_after_answer": 0, "transfers": "[]", "sure": 1, "met_late": 0,
        "party": f"+4850{caller:07}", "missed": int(not answered and (offered or not is_open)),
        "in_hours": int(is_open), "first_time": int(not known), "local_day": day.isoformat(), "local_hour": hour,
        "local_weekday": day.weekday(), "sources": "{}", "extension": None,
        "campaign": campaign + 1 if campaign < CAMPAIGNS else None,
    }  # fmt: skip


def _store(raw: sqlite3.Connection, rows: list[dict[str, Any]]) -> None:
    raw.executemany(f"INSERT INTO call ({', '.join(_CALL)}) VALUES ({', '.join(':' + name for name in _CALL)})", rows)
    raw.executemany(
        "INSERT INTO attribution (pbx, call, rule, campaign, evidence, decided_ms) VALUES (:pbx, :id, "
        "CASE WHEN :campaign IS NULL THEN 'none' ELSE 'number' END, :campaign, '{}', :ended_ms)", rows,
    )
    missed = [row for row in rows if row["missed"]]
    opened = [row | _callback(int(row["id"].split(".")[1]), row) for row in missed]
    raw.executemany(
        "INSERT INTO callback (id, number, location, kind, state, opened_ms, due_ms, expires_ms, priority, campaign, "
        "closed_ms, closed_why, closed_by) VALUES (:callback, :party || ':' || :callback, '', 'missed', 'closed', "
        ":ended_ms, :ended_ms, :ended_ms, 0, :campaign, :closed_ms, :closed_why, 'bench')", opened,
    )
    raw.executemany(
        "INSERT INTO callback_call (callback, pbx, call, role, at_ms) VALUES (:callback, :pbx, :id, 'missed', "
        ":ended_ms)", opened,
    )
    raw.executemany(
        "INSERT INTO callback_time (callback, opened_day, opened_in_hours, attempted_ms, attempted_day, "
        "attempted_work_ms, contacted_ms, contacted_day, contacted_work_ms) VALUES (:callback, :local_day, :in_hours, "
        ":attempted_ms, :local_day, :lag, :contacted_ms, :local_day, :lag)", opened,
    )


def _callback(serial: int, row: dict[str, Any]) -> dict[str, Any]:
    reached, lag = serial % 3 > 0, serial * 7919 % 7_200_000
    at = row["ended_ms"] + lag
    return {"callback": serial, "closed_ms": at, "closed_why": "reached" if reached else "expired", "lag": lag,
            "attempted_ms": at, "contacted_ms": at if reached else None}  # fmt: skip


def main() -> None:
    """Read the arguments and make the store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=730)
    asked = parser.parse_args()
    make(asked.path, asked.calls, asked.days)


if __name__ == "__main__":
    main()
