"""Bookings as sums by day of the call that made them: calls that booked, visits that came of them, and their worth.

Whoever changes an appointment, or the decision which call made it, wraps the change in `counting`.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from store.cells import Cells
from store.database import Tx

Key = tuple[str, str]
"""A call: its exchange and id."""
_NOTHING = {"booked": 0, "visits": 0, "revenue_minor": 0}


def booking_cells(tx: Tx, call: Mapping[str, Any]) -> Cells:
    """Give what a stored call adds to the sums of bookings; `call` is a row of `rollup_call`."""
    if not call["makes"] and call.get("category") != "booked":
        return {}
    key = (call["local_day"], call["campaign"] or 0, call["did"] or "", call["keyword"], call["page"])
    found: Cells = {}
    if tx.value("booked_call_is", pbx=call["pbx"], call=call["id"]):
        found["rollup_booking", (*key, "")] = {**_NOTHING, "booked": 1}
    for row in tx.all("visits_made_by", pbx=call["pbx"], call=call["id"]):
        cell = found.setdefault(("rollup_booking", (*key, row["currency"])), dict(_NOTHING))
        cell["visits"] += row["visits"]
        cell["revenue_minor"] += row["revenue_minor"]
    return found


@contextmanager
def counting(tx: Tx, calls: Iterable[Key]) -> Iterator[None]:
    """Keep the sums true while what some stored calls (pbx, id) made changes within the block."""
    from store import rollups

    touched = sorted(set(calls))
    before = [rollups.stored(tx, pbx, call) for pbx, call in touched]
    yield
    after = [rollups.stored(tx, pbx, call) for pbx, call in touched]
    rollups.apply(tx, rollups.total(before), rollups.total(after))


def makers(tx: Tx, appointment: str) -> list[Key]:
    """Return the call that made an appointment, if one did."""
    row = tx.one("made_by_get", appointment=appointment)
    return [] if row is None else [(row["pbx"], row["call"])]


def calls_near(tx: Tx, patient: str, created_ms: int | None) -> list[Key]:
    """Return the calls of a patient's numbers whose topic *booked* gives way to an appointment written at a time."""
    if not patient or created_ms is None:
        return []
    rows = tx.all("booked_topics_near", patient=patient, at_ms=created_ms)
    return [(row["pbx"], row["id"]) for row in rows]
