"""Rows of an invented clinic for the store's tests."""

from typing import Any

from store import Row, Tx

PBX = "main"
START_MS = 1_795_309_246_011


def call_row(**changes: Any) -> dict[str, Any]:
    """Give a row of `call`: an abandoned call of a patient in the queue, unless told otherwise."""
    row: dict[str, Any] = {
        "pbx": PBX, "id": "1795309246.157", "version": 1, "direction": "inbound", "kind": "patient", "state": "ended",
        "linkedids": '["1795309246.157"]', "caller_number": "+48501000206", "caller_raw": "501000206",
        "caller_name": None, "withheld": 0, "did": "+48221234501", "did_raw": "221234501", "destination": None,
        "destination_raw": None, "presented_number": None, "extension": None, "location": "", "entry": "queue",
        "queue": "reception", "rang": '["101"]', "answered_by": None, "final_agent": None, "outcome": "abandoned",
        "started_ms": START_MS, "offered_ms": START_MS + 9, "answered_ms": None, "ended_ms": START_MS + 5005,
        "wait_ms": 5005, "ring_ms": 4996, "talk_ms": 0, "bridged_ms": 0, "hold_ms": 0, "holds": 0,
        "lost_after_answer": 0, "transfers": "[]", "hung_up_by": "caller", "recording": None, "voicemail": None,
        "consultation_of": None, "joined_with": None, "click_id": None, "sure": 1, "met_late": 0,
        "party": "+48501000206", "missed": 1, "in_hours": 1, "first_time": 1,
        "local_day": "2026-11-22", "local_hour": 2, "local_weekday": 6, "sources": "{}",
    }  # fmt: skip
    return row | changes


def attribution_row(call: str, **changes: Any) -> dict[str, Any]:
    """Give a row of `attribution`."""
    row = {"pbx": PBX, "call": call, "rule": "number", "campaign": 1, "evidence": "{}", "runner_up": None,
           "decided_ms": START_MS}  # fmt: skip
    return row | changes


def insert(tx: Tx, table: str, **row: Any) -> None:
    """Insert a row into a table for which the store has no query of its own."""
    marks = ", ".join(_literal(value) for value in row.values())
    tx.conn.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})")


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def one(tx: Tx, query: str, **params: Any) -> Row:
    """Give the row that must be there."""
    row = tx.one(query, **params)
    assert row is not None
    return row


def rows(tx: Tx, table: str) -> list[dict[str, Any]]:
    """Give all rows of a table, in one order."""
    found = [dict(row) for row in tx.conn.execute(f"SELECT * FROM {table}").fetchall()]
    return sorted(found, key=lambda row: [str(value) for value in row.values()])
