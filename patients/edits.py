"""What people change of a patient by hand, and how that lives beside the imports from the clinic's own system.

The clinic's system is right, but for what a person corrected here. Of each edited field it is kept what the system said
then. At the next import

1. a field of which the system still says what it said then keeps the edit: the export knows nothing of it yet,
2. a field that the system has changed since is the system's again, unless the row's `updated_on` is a day before the
   edit; a row without that day counts as newer,
3. a field of which the system now says the same is edited no longer.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from patients import PatientsError, merging
from patients.records import Patient, own_numbers, put_fields
from store import Row, Tx

FIELDS = ("name", "numbers", "birth_year", "language", "email", "consent_marketing", "consent_channels")
"""What may be edited; besides there is consent_recording, which no import tells."""
_LONGEST = 200


class EditError(PatientsError):
    """What was entered cannot be stored; the text says why."""


@dataclass(frozen=True, slots=True)
class By:
    """Who edits, when (ms since the epoch), and which local day that is."""

    author: str
    now_ms: int
    day: str


def edit(tx: Tx, ref: str, changes: Mapping[str, Any], by: By) -> list[str]:
    """Change fields of a patient; return the names of those that are different now.

    `changes` gives fields of FIELDS, and `consent_recording`; `numbers` is a list of Number. What the clinic's system
    said before is remembered.

    Raises:
        EditError: there is no such patient, or the name is empty or too long.
    """
    stored = tx.one("patient_get", ref=ref)
    if stored is None:
        raise EditError("There is no such patient any more.")
    name = " ".join(str(changes.get("name", stored["name"])).split())
    if not name or len(name) > _LONGEST:
        raise EditError("A patient needs a name of at most 200 characters.")
    before = {field: value_of(tx, stored, field) for field in FIELDS}
    wanted = {field: changes[field] for field in FIELDS if field in changes}
    if "name" in wanted:
        wanted["name"] = name
    different = [field for field, value in wanted.items() if text(field, value) != before[field]]
    for field in different:
        tx.run("patient_edit_put", ref=ref, field=field, was=before[field], author=by.author, at_ms=by.now_ms,
               local_day=by.day)
    put_fields(tx, stored, {field: wanted[field] for field in different})
    if "numbers" in different:
        merging.share_numbers(tx, ref)
    if "consent_recording" in changes and changes["consent_recording"] != stored["consent_recording"]:
        tx.run("patient_consent_recording", ref=ref, consent=changes["consent_recording"])
        different.append("consent_recording")
    return different


def settle(
    tx: Tx, patient: Patient, stored: Row, silent: Collection[str] = ()
) -> tuple[Patient, int, list[str]]:
    """Return an imported record with the edits that stay, how many stay, and the fields whose edit is over."""
    kept, over = 0, []
    for row in tx.all("patient_edits", ref=patient.ref):
        field = row["field"]
        if field in silent:
            continue
        now = text(field, getattr(patient, field))
        earlier = patient.updated_on is not None and patient.updated_on < row["local_day"]
        if now == value_of(tx, stored, field) or (now != row["was"] and not earlier):
            over.append(field)
            continue
        kept += 1
        patient = replace(patient, **{field: _typed(tx, stored, field)})
    return patient, kept, over


def forget(tx: Tx, ref: str, fields: Collection[str]) -> None:
    """Let edits be over."""
    for field in fields:
        tx.run("patient_edit_drop", ref=ref, field=field)


def value_of(tx: Tx, stored: Row, field: str) -> str | None:
    """Return a stored field as edits compare it."""
    return text(field, _typed(tx, stored, field))


def text(field: str, value: Any) -> str | None:
    """Return a value as edits compare it: numbers as their E.164 forms in order, everything else as text."""
    if field == "numbers":
        return json.dumps(list(dict.fromkeys(number.number for number in value)))
    return None if value is None else str(value)


def shown(was: str | None, field: str) -> str:
    """Return what the clinic's system says of an edited field, for people."""
    if field == "numbers" and was:
        return ", ".join(json.loads(was))
    return was or ""


def _typed(tx: Tx, stored: Row, field: str) -> Any:
    return own_numbers(tx, stored["ref"]) if field == "numbers" else stored[field]
