"""Callbacks as flat rows for a spreadsheet: one line each, from the documents that JSON prints."""

from collections.abc import Mapping
from typing import Any

COLUMNS = (
    "id", "state", "kind", "number", "location", "opened_at", "due_at", "priority", "missed", "attempts", "claimed_by",
    "snoozed_until", "closed_at", "closed_why", "closed_by_call", "reason", "patients", "campaign",
)  # fmt: skip


def flat(document: Mapping[str, Any]) -> list[Any]:
    """Return the values of COLUMNS: counts for lists of calls, references of patients parted by a blank."""
    campaign = document["campaign"]
    derived = {
        "missed": len(document["missed_calls"]),
        "attempts": len(document["attempts"]),
        "patients": " ".join(document["patients"]),
        "campaign": " / ".join(campaign[part] for part in ("source", "medium", "name")) if campaign else None,
    }
    return [derived[column] if column in derived else document[column] for column in COLUMNS]
