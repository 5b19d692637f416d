"""Rows for tests of reports: a table's row with plain defaults, written through the store."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from store import Store, rollups
from tests.store.rows import insert

TABLES = ("call", "attribution", "campaign", "number_assignment", "callback", "callback_call", "callback_time", "visit",
          "call_topic", "appointment", "appointment_made_by", "patient_number", "campaign_cost")  # fmt: skip

CALL: dict[str, Any] = {
    "pbx": "main", "id": "1", "version": 1, "direction": "inbound", "kind": "patient", "state": "ended",
    "linkedids": "[]", "withheld": 0, "location": "", "rang": "[]", "wait_ms": 0, "ring_ms": 0, "talk_ms": 0,
    "bridged_ms": 0, "hold_ms": 0, "holds": 0, "lost_after_answer": 0, "transfers": "[]", "sure": 1, "missed": 0,
    "met_late": 0,
    "in_hours": 1, "first_time": 0, "local_hour": 12, "local_weekday": 0, "caller_name": None,
}  # fmt: skip
CALLBACK: dict[str, Any] = {
    "location": "", "kind": "missed", "state": "open", "opened_ms": 0, "due_ms": 0, "expires_ms": 0, "priority": 0,
}  # fmt: skip


def call(day: str, **facts: Any) -> dict[str, Any]:
    """Return a call's row that started at noon (UTC) of `day`."""
    noon = int(datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC).timestamp() * 1000)
    return {**CALL, "local_day": day, "started_ms": noon, "ended_ms": noon + 60_000, "outcome": "answered", **facts}


def attribution(of: Mapping[str, Any], campaign: int | None) -> dict[str, Any]:
    """Return the row that joins a call to a campaign."""
    rule = "number" if campaign else "none"
    return {"pbx": of["pbx"], "call": of["id"], "rule": rule, "campaign": campaign, "evidence": "{}", "decided_ms": 0}


def callback(id_: int, **facts: Any) -> dict[str, Any]:
    """Return a callback's row; its number is its own."""
    return {**CALLBACK, "id": id_, "number": f"+4850{id_:07}", **facts}


def timed(of: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """Return the row that keeps how soon a callback was worked on; by default nobody rang."""
    return {"callback": of["id"], "opened_day": "2026-11-20", "opened_in_hours": 1, **facts}


def opened_by(id_: int, of: Mapping[str, Any], role: str = "missed") -> dict[str, Any]:
    """Return the row that joins a callback to a call."""
    return {"callback": id_, "pbx": of["pbx"], "call": of["id"], "role": role, "at_ms": of["started_ms"]}


def topic(id_: int, of: Mapping[str, Any], category: str, name: str = "") -> dict[str, Any]:
    """Return the row that says what a call was about."""
    return {"id": id_, "pbx": of["pbx"], "call": of["id"], "topic": name or category, "category": category,
            "author": "ewa", "at_ms": of["started_ms"] + id_}  # fmt: skip


def visit(id_: int, **facts: Any) -> dict[str, Any]:
    """Return the row of a visit to the web site."""
    return {"id": id_, "visitor": f"v{id_}", "site": "clinic.example", "location": "", "started_ms": 0, "seen_ms": 0,
            "local_day": "2026-11-20", "consent": 1, "source": "google", "medium": "cpc", "name": "", "content": "",
            "term": "", "referrer": "", "page": "/", **facts}  # fmt: skip


def appointment(ref: str, **facts: Any) -> dict[str, Any]:
    """Return an appointment's row."""
    return {"ref": ref, "patient": "P", "start_ms": 0, "local_day": "2026-11-25", "status": "booked", "location": "",
            "imported_ms": 0, **facts}  # fmt: skip


def made_by(ref: str, of: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row that says which call made an appointment."""
    return {"appointment": ref, "pbx": of["pbx"], "call": of["id"], "rule": "talk", "evidence": "{}", "decided_ms": 0}


def write(store: Store, **tables: Iterable[Mapping[str, Any]]) -> None:
    """Empty the tables of the report and write these rows, in one transaction."""
    with store.write() as tx:
        for table in TABLES:
            tx.conn.execute(f"DELETE FROM {table}")
        for table, rows in tables.items():
            for row in rows:
                insert(tx, table, **row)
        rollups.rebuild(tx)
