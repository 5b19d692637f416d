"""Rows as the JSON that Callward prints: calls and callbacks. Keys may be added to these shapes, never renamed.

Times are ISO 8601 in UTC with milliseconds, durations seconds with one decimal. A call's id is printed bare while the
store knows one exchange, and as `pbx:id` once it knows several.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from store.database import Row, Tx

_BATCH = 20
Document = dict[str, Any]


def call_documents(tx: Tx, rows: Sequence[Row]) -> list[Document]:
    """Give the documents of rows of `call`, in their order."""
    known = _Known(tx, rows)
    return [_call(row, known) for row in rows]


def callback_documents(tx: Tx, rows: Sequence[Row]) -> list[Document]:
    """Give the documents of rows of `callback`, in their order."""
    ids = [row["id"] for row in rows]
    calls = _grouped(_look_up(tx, "document_callback_calls", ids), "callback")
    comments = _grouped(_look_up(tx, "document_callback_comments", ids), "callback")
    patients = _grouped(_look_up(tx, "document_number_patients", [row["number"] for row in rows]), "number")
    wanted = [row["campaign"] for row in rows if row["campaign"] is not None]
    campaigns = {row["id"]: _campaign(row) for row in _look_up(tx, "document_campaigns", wanted)}
    several = _several(tx)
    documents = []
    for row in rows:
        document = _callback(row, several)
        document["missed_calls"] = [
            _ref(call["pbx"], call["call"], several) for call in calls[row["id"]] if call["role"] == "missed"
        ]
        document["attempts"] = [_attempt(call, several) for call in calls[row["id"]] if call["role"] == "attempt"]
        document["patients"] = [found["ref"] for found in patients[row["number"]]]
        document["campaign"] = campaigns.get(row["campaign"])
        document["comments"] = [
            {"body": said["body"], "author": said["author"], "at": iso(said["at_ms"])} for said in comments[row["id"]]
        ]
        documents.append(document)
    return documents


def iso(ms: int | None) -> str | None:
    """Write milliseconds since the epoch as `2026-11-22T01:00:46.011Z`."""
    if ms is None:
        return None
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def seconds(ms: int | None) -> float | None:
    """Write a duration as seconds with one decimal."""
    return None if ms is None else round(ms / 1000, 1)


class _Known:
    """What other tables say about some calls, each by (pbx, id)."""

    def __init__(self, tx: Tx, rows: Sequence[Row]) -> None:
        self.several = _several(tx)
        self.waits: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self.patients: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.attributions: dict[tuple[str, str], Row] = {}
        self.topics: dict[tuple[str, str], Row] = {}
        for pbx in sorted({row["pbx"] for row in rows}):
            ids = [row["id"] for row in rows if row["pbx"] == pbx]
            for wait in _look_up(tx, "document_waits", ids, pbx=pbx):
                self.waits[pbx, wait["call"]].append(wait)
            for found in _look_up(tx, "document_patients", ids, pbx=pbx):
                self.patients[pbx, found["call"]].append(found["ref"])
            for decided in _look_up(tx, "document_attributions", ids, pbx=pbx):
                self.attributions[pbx, decided["call"]] = decided
            for noted in _look_up(tx, "document_topics", ids, pbx=pbx):
                self.topics[pbx, noted["call"]] = noted


def _look_up(tx: Tx, query: str, keys: Iterable[Any], **params: Any) -> list[Row]:
    """Run a query that takes `key0` ... `key19` for each distinct key, twenty at a time."""
    distinct = list(dict.fromkeys(keys))
    rows: list[Row] = []
    for start in range(0, len(distinct), _BATCH):
        batch = distinct[start : start + _BATCH]
        batch += batch[-1:] * (_BATCH - len(batch))
        rows += tx.all(query, **params, **{f"key{place}": key for place, key in enumerate(batch)})
    return rows


def _grouped(rows: Iterable[Row], key: str) -> Mapping[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


def _several(tx: Tx) -> bool:
    return bool(tx.value("calls_of_several_pbx"))


def _ref(pbx: str | None, call: str | None, several: bool) -> str | None:
    return f"{pbx}:{call}" if several and call is not None else call


def _call(row: Row, known: _Known) -> Document:
    key = (row["pbx"], row["id"])
    patients = known.patients.get(key, [])
    attribution = known.attributions.get(key)
    topic = known.topics.get(key)
    waits = known.waits.get(key, [])
    same = (
        "pbx", "direction", "kind", "caller_number", "caller_name", "did", "destination", "presented_number", "entry",
        "queue", "answered_by", "final_agent", "outcome", "holds", "hung_up_by", "recording", "voicemail",
    )
    truths = ("withheld", "lost_after_answer", "sure", "missed", "in_hours", "first_time")
    moments = ("started", "answered", "ended", "offered")
    spans = ("wait", "ring", "talk", "bridged", "hold")
    return {
        "id": _ref(*key, known.several),
        **{name: row[name] for name in same},
        **{name: bool(row[name]) for name in truths},
        **{f"{name}_at": iso(row[f"{name}_ms"]) for name in moments},
        **{f"{name}_s": seconds(row[f"{name}_ms"]) for name in spans},
        "linkedids": json.loads(row["linkedids"]),
        "rang": json.loads(row["rang"]),
        "transfers": [_transfer(transfer) for transfer in json.loads(row["transfers"])],
        "queues": [_wait(wait) for wait in waits],
        "location": row["location"] or None,
        "consultation_of": _ref(row["pbx"], row["consultation_of"], known.several),
        "joined_with": _ref(row["pbx"], row["joined_with"], known.several),
        "patient": patients[0] if len(patients) == 1 else None,
        "patients": patients,
        "campaign": _campaign(attribution) if attribution and attribution["campaign"] is not None else None,
        "attribution": _attribution(attribution),
        "sources": json.loads(row["sources"]),
        "topic": topic["topic"] if topic else None,
        "topic_category": (topic["category"] or None) if topic else None,
    }


def _wait(row: Row) -> Document:
    length = None if row["ended_ms"] is None else row["ended_ms"] - row["started_ms"]
    return {"name": row["queue"], "wait_s": seconds(length), "left": row["departed"]}


def _transfer(stored: Document) -> Document:
    shown = {name: stored.get(name) for name in ("type", "from", "to", "answered")}
    if "at_ms" in stored:
        shown["at"] = iso(stored["at_ms"])
    return shown


def _campaign(row: Row) -> Document | None:
    return {"source": row["source"], "medium": row["medium"], "name": row["name"]} if row["source"] else None


def _attribution(row: Row | None) -> Document:
    if row is None:
        return {"rule": "none", "evidence": None, "runner_up": None}
    return {"rule": row["rule"], "evidence": _parsed(row["evidence"]), "runner_up": _parsed(row["runner_up"])}


def _parsed(text: str | None) -> Any:
    """Read what the rules wrote: an object or a list as JSON, anything else as the text it is."""
    return json.loads(text) if text and text[0] in "{[" else text


def _attempt(row: Row, several: bool) -> Document:
    return {
        "call": _ref(row["pbx"], row["call"], several),
        "at": iso(row["at_ms"]),
        "by": row["person"],
        "outcome": row["outcome"],
    }


def _callback(row: Row, several: bool) -> Document:
    return {
        "id": row["id"],
        "number": row["number"],
        "kind": row["kind"],
        "state": row["state"],
        "opened_at": iso(row["opened_ms"]),
        "due_at": iso(row["due_ms"]),
        "priority": row["priority"],
        "appointment_on": row["appointment_on"] if row["state"] != "closed" else None,
        "claimed_by": row["claimed_by"],
        "closed_at": iso(row["closed_ms"]),
        "closed_why": row["closed_why"],
        "closed_by_call": _ref(row["closed_pbx"], row["closed_call"], several),
        "location": row["location"] or None,
        "snoozed_until": iso(row["snoozed_until_ms"]),
        "reason": row["reason"],
    }
