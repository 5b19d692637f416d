"""Patients who are no longer the clinic's: their numbers match no more calls, and everything that was stays.

A patient who is told again by the clinic's system is back (`patients.directory.put`).
"""

import json

from patients.merging import survivor
from store import Row, Tx

WHYS = ("inactive", "deceased", "deleted", "restricted", "not_in_file", "by_hand")
_PAGE = 1000


def remove(tx: Tx, ref: str, why: str, now_ms: int) -> bool:
    """Remove a patient; say whether that was new. A record that was merged away is not removed with its ref."""
    stored = tx.one("patient_get", ref=ref)
    if stored is None or stored["removed_ms"] is not None:
        return False
    numbers = [[row["number"], row["raw"], row["source"]] for row in tx.all("patient_numbers_own", ref=ref)]
    tx.run("patient_remove", ref=ref, now_ms=now_ms, why=why, numbers=json.dumps(numbers))
    tx.run("patient_numbers_drop", ref=ref)
    return True


def missing(tx: Tx, origin: str, seen: set[str]) -> tuple[list[str], int]:
    """Return who is stored of one kind of source and not among `seen`, and how many are stored in all."""
    gone: list[str] = []
    known, after = 0, ""
    kept = {survivor(tx, ref) for ref in seen}
    while rows := tx.all("patient_refs_of_origin", origin=origin, after=after, limit=_PAGE):
        known += len(rows)
        after = rows[-1]["ref"]
        gone += [row["ref"] for row in rows if row["ref"] not in kept]
    return gone, known


def former_numbers(row: Row) -> list[str]:
    """Return the numbers that a removed patient had."""
    return [number for number, *_ in json.loads(row["removed_numbers"] or "[]")]
