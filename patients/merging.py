"""Two records of one patient become one, and can be taken apart again.

Everything that hangs on the record that goes moves to the one that stays: calls, topics, appointments, wards, bookings,
numbers. Its ref stays behind as an alias, so that the next import of it does not bring it back: the row of a merged
record only lends its numbers. What was moved is kept, and for thirty days a merge can be undone.
"""

import json
from dataclasses import dataclass
from typing import Any

from patients import PatientsError
from patients.records import Patient, put_back, put_fields
from store import Row, Tx

UNDO_MS = 30 * 86_400_000
_LENT = 100
"""Where the positions of numbers begin that another record lends."""
_MOVED = (("topics", "patient_topics_of", "patient_topic_give"),
          ("appointments", "patient_appointments_of", "patient_appointment_give"),
          ("wards", "patient_wards_of", "patient_ward_give"),
          ("bookings", "patient_bookings_of", "patient_booking_give"))  # fmt: skip


class MergeError(PatientsError):
    """Two records cannot be merged, or a merge not be undone; the text says why."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would move. `numbers` are those that the survivor does not have yet."""

    calls: int
    topics: int
    appointments: int
    wards: int
    bookings: int
    numbers: tuple[str, ...]
    consent: bool
    """Whether the survivor takes over that the other one refused marketing."""
    same_birth: bool
    """False when two known birth years differ: they are hardly one person."""


def survivor(tx: Tx, ref: str) -> str:
    """Return the ref of the record that a ref means now."""
    return str(tx.value("patient_alias_of", alias=ref) or ref)


def preview(tx: Tx, stays: str, goes: str) -> Preview:
    """Say what merging `goes` into `stays` would move. Raises MergeError."""
    one, other = _both(tx, stays, goes)
    own = {row["number"] for row in tx.all("patient_numbers", ref=stays)}
    lent = tuple(row["number"] for row in tx.all("patient_numbers_own", ref=goes) if row["number"] not in own)
    counts = {name: len(tx.all(find, ref=goes)) for name, find, _ in _MOVED}
    years = {one["birth_year"], other["birth_year"]} - {None}
    return Preview(len(tx.all("patient_calls_of", ref=goes)), **counts, numbers=lent, consent=_refuses(one, other),
                   same_birth=len(years) < 2)


def merge(tx: Tx, stays: str, goes: str, by: tuple[str, int]) -> int:
    """Merge the record `goes` into `stays`; `by` is the author and the time. Return the number of the merge.

    Raises:
        MergeError: one of them is not there, or they are one already.
    """
    one, other = _both(tx, stays, goes)
    author, now_ms = by
    moved: dict[str, Any] = {
        "patient": dict(other),
        "numbers": [dict(row) for row in tx.all("patient_numbers_own", ref=goes)],
        "lent": [dict(row) for row in tx.all("patient_numbers", ref=goes) if row["source"] == "merged"],
        "calls": [[row["pbx"], row["call"]] for row in tx.all("patient_calls_of", ref=goes)],
        "new_calls": [[row["pbx"], row["call"]] for row in
                      tx.all("patient_calls_of_gone_alone", gone=goes, survivor=stays)],
        "aliases": [row["alias"] for row in tx.all("patient_aliases_to", ref=goes)],
        "edits": [dict(row) for row in tx.all("patient_edits", ref=goes)],
        "consent_was": one["consent_marketing"] if _refuses(one, other) else "",
    }  # fmt: skip
    for name, find, give in _MOVED:
        moved[name] = [dict(row) for row in tx.all(find, ref=goes)]
        tx.many(give, [{**key, "ref": stays} for key in moved[name]])
    tx.many("call_patient_put", [{"pbx": pbx, "call": call, "ref": stays} for pbx, call in moved["new_calls"]])
    tx.run("patient_calls_drop", ref=goes)
    tx.run("patient_numbers_shared_clear", ref=goes)
    tx.run("patient_numbers_drop", ref=goes)
    tx.run("patient_edits_drop", ref=goes)
    tx.run("patient_drop", ref=goes)
    _lend(tx, stays, [(row["number"], row["raw"], goes) for row in moved["numbers"]]
          + [(row["number"], row["raw"], row["via"]) for row in moved["lent"]])
    tx.run("patient_alias_move", survivor=stays, gone=goes)
    tx.run("patient_alias_put", alias=goes, ref=stays, at_ms=now_ms)
    if moved["consent_was"] != "":
        _consent(tx, stays, "no")
    before = _calls_of_wards(tx, stays)
    share_numbers(tx, stays)
    moved["ward_calls"] = sorted(_calls_of_wards(tx, stays) - before)
    number = tx.next_id("patient_merge")
    tx.run("patient_merge_add", id=number, survivor=stays, gone=goes, author=author, at_ms=now_ms,
           moved=json.dumps(moved, ensure_ascii=False))
    return number


def undo(tx: Tx, number: int, by: tuple[str, int]) -> tuple[str, str]:
    """Take a merge apart again; return the refs of both records.

    What was noted since about the one record stays with it.

    Raises:
        MergeError: it is undone already, too old, or something was built on it since.
    """
    author, now_ms = by
    row = tx.one("patient_merge_get", id=number)
    if row is None or row["undone_ms"] is not None:
        raise MergeError("This merge is undone already.")
    if now_ms - row["at_ms"] > UNDO_MS:
        raise MergeError("This merge is older than thirty days and cannot be undone any more.")
    stays, goes = row["survivor"], row["gone"]
    if tx.one("patient_get", ref=stays) is None or tx.value("patient_merge_newer", id=number):
        raise MergeError("The patient was merged into another one since; undo that merge first.")
    moved = json.loads(row["moved"])
    tx.run("patient_alias_drop", alias=goes)
    for alias in moved["aliases"]:
        tx.run("patient_alias_put", alias=alias, ref=goes, at_ms=row["at_ms"])
    _restore(tx, moved)
    for name, _, give in _MOVED:
        tx.many(give, [{**key, "ref": goes} for key in moved[name]])
    tx.many("call_patient_drop", [{"pbx": pbx, "call": call, "ref": stays} for pbx, call in moved["new_calls"]])
    tx.many("call_patient_put", [{"pbx": pbx, "call": call, "ref": goes} for pbx, call in moved["calls"]])
    tx.many("call_patient_drop", [{"pbx": pbx, "call": call, "ref": ref} for pbx, call, ref in moved["ward_calls"]])
    for via in {goes, *(lent["via"] for lent in moved["lent"])}:
        tx.run("patient_numbers_lent_clear", ref=stays, via=via)
    if moved["consent_was"] != "":
        _consent(tx, stays, moved["consent_was"])
    for ref in (stays, goes):
        share_numbers(tx, ref)
    tx.run("patient_merge_undone", id=number, now_ms=now_ms, author=author)
    return stays, goes


def lend(tx: Tx, patient: Patient, ref: str, *, dry_run: bool = False) -> bool:
    """Give the numbers of a merged record, as its row says now, to the one that stayed; say whether any was new."""
    has = {row["number"]: row for row in tx.all("patient_numbers", ref=ref)}
    wanted = {number.number: number.raw for number in patient.numbers}
    new = [(number, raw, patient.ref) for number, raw in wanted.items() if number not in has]
    old = [number for number, row in has.items() if row["via"] == patient.ref and number not in wanted]
    if (new or old) and not dry_run:
        tx.run("patient_numbers_lent_clear", ref=ref, via=patient.ref)
        _lend(tx, ref, [(number, raw, patient.ref) for number, raw in wanted.items()])
        share_numbers(tx, ref)
    return bool(new or old)


def share_numbers(tx: Tx, ref: str) -> None:
    """Let wards have the numbers of their guardian: of `ref`, and of the guardian of `ref`."""
    tx.run("patient_numbers_shared_clear", ref=ref)
    tx.run("patient_numbers_share", ref=ref)
    tx.run("call_patients_share", ref=ref)


def _calls_of_wards(tx: Tx, ref: str) -> set[tuple[str, str, str]]:
    return {(row["pbx"], row["call"], ward["id"]) for ward in tx.all("patient_wards_of", ref=ref)
            for row in tx.all("patient_calls_of", ref=ward["id"])}


def _both(tx: Tx, stays: str, goes: str) -> tuple[Row, Row]:
    one, other = tx.one("patient_get", ref=stays), tx.one("patient_get", ref=goes)
    if one is None or other is None:
        raise MergeError("One of the two patients is not there any more; search for them again.")
    if stays == goes:
        raise MergeError("This is one and the same record; choose another one.")
    return one, other


def _lend(tx: Tx, ref: str, numbers: list[tuple[str, str, str]]) -> None:
    for place, (number, raw, via) in enumerate(numbers):
        tx.run("patient_number_lend", number=number, ref=ref, reversed=number[:0:-1], raw=raw, position=_LENT + place,
               via=via)
        tx.many("call_patients_adopt", [{"number": number, "ref": ref}])


def _restore(tx: Tx, moved: dict[str, Any]) -> None:
    """Write the record that went as it was."""
    row, ref = moved["patient"], moved["patient"]["ref"]
    put_back(tx, row)
    for number in moved["numbers"]:
        tx.many("patient_number_put", [{"number": number["number"], "ref": ref, "raw": number["raw"],
                                        "reversed": number["number"][:0:-1], "position": number["position"]}])
        if number["source"]:
            tx.many("patient_number_whose", [{"number": number["number"], "ref": ref, "source": number["source"],
                                              "via": ""}])
        tx.many("call_patients_adopt", [{"number": number["number"], "ref": ref}])
    _lend(tx, ref, [(number["number"], number["raw"], number["via"]) for number in moved["lent"]])
    for edit in moved["edits"]:
        tx.run("patient_edit_put", **edit)


def _refuses(one: Row, other: Row) -> bool:
    """Say whether the record that goes refused marketing and the other did not: a refusal outlives a merge."""
    return bool(other["consent_marketing"] == "no" and one["consent_marketing"] != "no")


def _consent(tx: Tx, ref: str, consent: str | None) -> None:
    """Let a refusal stand like an edit by hand (until the clinic's system says something new), or take that back."""
    stored = tx.one("patient_get", ref=ref)
    assert stored is not None
    if consent == "no":
        tx.run("patient_edit_put", ref=ref, field="consent_marketing", was=stored["consent_marketing"], author="merge",
               at_ms=stored["imported_ms"], local_day="")
    else:
        tx.run("patient_edit_drop", ref=ref, field="consent_marketing")
    put_fields(tx, stored, {"consent_marketing": consent})
