"""The calls of a period that are first-time callers, new patients, targets or unique targets, out of the store."""

from collections.abc import Iterator
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from store import Row, Tx
from tracking.qualities import DAY_MS, Rules, counts, is_new_patient, is_target, unique_targets

Quality = Literal["first-time", "new-patient", "target", "unique-target"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)


def calls_of_quality(
    tx: Tx, quality: Quality, period: tuple[int, int], rules: Rules, zone: ZoneInfo
) -> Iterator[Row]:
    """Yield the calls that began in a period (ms, its end is not part of it) and have a quality, oldest first.

    A row is that of `call`, with `category` of its latest topic, None without one.
    """
    from_ms, to_ms = period
    since = from_ms - rules.unique_days * DAY_MS if quality == "unique-target" else from_ms
    rows = tx.all("quality_calls", from_ms=since, to_ms=to_ms)
    unique = set[tuple[str, str]]()
    if quality == "unique-target":
        unique = unique_targets([row for row in rows if is_target(row, row["category"], rules)], rules)
    for row in rows:
        if row["started_ms"] >= from_ms and _has(tx, row, quality, (rules, zone, unique)):
            yield row


def _has(tx: Tx, row: Row, quality: Quality, by: tuple[Rules, ZoneInfo, set[tuple[str, str]]]) -> bool:
    rules, zone, unique = by
    match quality:
        case "first-time":
            return counts(row) and bool(row["first_time"])
        case "new-patient":
            known = tx.all("quality_known_since", pbx=row["pbx"], call=row["id"])
            return is_new_patient(row, [one["created_on"] for one in known], zone)
        case "target":
            return is_target(row, row["category"], rules)
        case "unique-target":
            return (row["pbx"], row["id"]) in unique
