"""The directory of patients: who has a number, who is called so, and how a record is kept."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from patients import edits, merging
from patients.match import Candidate, rank, words
from patients.phones import e164
from patients.records import Number as Number
from patients.records import Patient as Patient
from patients.records import put_numbers
from store import Row, Tx

_LAST_DIGITS = 3
_PHONE_SIGNS = frozenset("0123456789+-() ./")


@dataclass(frozen=True, slots=True)
class Put:
    """What `put` did with the records it was given.

    `kept` counts the fields that a person edited and that stayed so, `overruled` those that the clinic's system has
    changed since, `joined` the records saved from calls that turned out to be one of these.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0
    overruled: int = 0
    joined: int = 0

    def __add__(self, other: "Put") -> "Put":
        return Put(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def put(
    tx: Tx, patients: list[Patient], now_ms: int, *, dry_run: bool = False, silent: Collection[str] = (),
    origin: str = "",
) -> Put:
    """Add or replace records, each ref at most once in the list. What is as it was is not written again.

    1. A record that was merged into another only lends it its numbers.
    2. `silent` names the fields of which the clinic's table says nothing at all: what is stored of them stays.
    3. A field that a person edited stays, until the clinic's system says something new of it, later than the edit.
    4. Who was removed and is told again is back. A record that was updated on an earlier day than the stored one
       changes nothing.
    5. Who rang before the clinic's system knew them is known from now on: the calls of a new number become theirs, and
       a record that was saved from a call under the same name and number becomes this one.
    """
    aliases = {row["alias"]: row["ref"] for row in tx.all("patient_aliases")}
    edited = {row["ref"] for row in tx.all("patient_edited_refs")}
    added: list[Patient] = []
    changed: list[Patient] = []
    lent: list[Patient] = []
    done = Put()
    for patient in patients:
        if patient.guardian_ref in aliases:
            patient = replace(patient, guardian_ref=aliases[patient.guardian_ref])
        if patient.ref in aliases:
            lent.append(patient)
            continue
        stored = tx.one("patient_get", ref=patient.ref)
        if stored is None:
            added.append(patient)
            continue
        if patient.updated_on and (stored["updated_on"] or "") > patient.updated_on:
            done += Put(unchanged=1)
            continue
        if silent:
            patient = replace(patient, **{name: stored[name] for name in silent})
        if patient.ref in edited:
            patient, kept, overruled = edits.settle(tx, patient, stored, silent)
            done += Put(kept=kept, overruled=len(overruled))
            if not dry_run:
                edits.forget(tx, patient.ref, overruled)
        if _same(tx, patient, stored):
            done += Put(unchanged=1)
        else:
            changed.append(patient)
    if not dry_run:
        _write(tx, added, changed, (now_ms, origin))
        if added and tx.value("patients_saved_by_hand"):
            done += Put(joined=sum(_join(tx, patient, now_ms) for patient in added))
    for patient in lent:
        lends = merging.lend(tx, patient, aliases[patient.ref], dry_run=dry_run)
        done += Put(changed=1) if lends else Put(unchanged=1)
    return done + Put(len(added), len(changed))


def _write(tx: Tx, added: list[Patient], changed: list[Patient], when: tuple[int, str]) -> None:
    now_ms, origin = when
    both = added + changed
    tx.many("patient_put", [patient.row(now_ms) for patient in both])
    tx.many("patient_origin", [{"ref": patient.ref, "origin": origin} for patient in added])
    tx.many("patient_back", [{"ref": patient.ref} for patient in changed])
    tx.many("patient_numbers_clear", [{"ref": patient.ref} for patient in changed])
    put_numbers(tx, *both)
    # Wards are called from their guardian's phone: whoever of the two is written, the ward has these numbers, too.
    known = {patient.ref for patient in changed}
    guardians = {row["ref"] for row in tx.all("patient_guardians")}
    for patient in both:
        if patient.guardian_ref is not None or patient.ref in guardians or patient.ref in known:
            merging.share_numbers(tx, patient.ref)


def _join(tx: Tx, patient: Patient, now_ms: int) -> int:
    """Merge what was saved from a call under the same name and number into the clinic's own record."""
    joined = 0
    for number in dict.fromkeys(number.number for number in patient.numbers if not number.source):
        for row in tx.all("patients_by_number", number=number):
            born = {row["birth_year"], patient.birth_year} - {None}
            alike = row["origin"] == "hand" and set(words(row["name"])) == set(words(patient.name)) and len(born) < 2
            if alike and row["ref"] != patient.ref and tx.one("patient_get", ref=row["ref"]) is not None:
                merging.merge(tx, patient.ref, row["ref"], ("import", now_ms))
                joined += 1
    return joined


def find_by_number(
    tx: Tx, number: str | None, *, caller_name: str | None = None, now_ms: int | None = None
) -> list[Row]:
    """Return the patients who have an E.164 number, the likeliest first; none for None.

    Rows are those of table `patient`. `caller_name` is what the network said; `now_ms` tells children from adults
    (default: the time of each record's import).
    """
    if number is None:
        return []
    rows = {row["ref"]: row for row in tx.all("patients_by_number", number=number)}
    if len(rows) < 2:
        return list(rows.values())
    candidates = [
        Candidate(row["ref"], row["name"], row["position"], row["birth_year"], row["guardian_ref"], row["noted_ms"],
                  row["seen_ms"])
        for row in rows.values()
    ]  # fmt: skip
    moment = now_ms if now_ms is not None else max(row["imported_ms"] for row in rows.values())
    year = datetime.fromtimestamp(moment / 1000, UTC).year
    return [rows[who.ref] for who in rank(candidates, caller_name=caller_name, year=year)]


def search(tx: Tx, text: str, *, limit: int = 20, offset: int = 0, region: str | None = None) -> list[Row]:
    """Return patients by name, number or ref, with their `numbers`, a page at a time.

    Names: every word of the text begins a word of the name, in any order, whatever the marks and capitals. Numbers: at
    least three last digits, or the whole number as people of `region` write it. A ref is found only as it is.
    """
    text = text.strip()
    digits = _last_digits(text, region)
    if digits is not None:
        low = digits[::-1]
        rows = tx.all("patients_by_last_digits", ref=text, low=low, high=_after(low), limit=limit, offset=offset)
    elif exact := tx.one("patient_get", ref=text):
        rows = [exact][offset:]
    else:
        query = " ".join(words(text))
        rows = tx.all("patient_search", query=query, limit=limit, offset=offset) if query else []
    return [_with_numbers(tx, row) for row in rows]


def get(tx: Tx, ref: str) -> Row | None:
    """Return one patient with their `numbers`, or None; a ref that was merged away gives the record it is part of."""
    row = tx.one("patient_get", ref=merging.survivor(tx, ref))
    return row and _with_numbers(tx, row)


def count(tx: Tx) -> tuple[int, int]:
    """Return how many patients and how many of their numbers there are."""
    return int(tx.value("patient_count")), int(tx.value("patient_number_count"))


def _with_numbers(tx: Tx, row: Row) -> Row:
    return {**row, "numbers": [found["number"] for found in tx.all("patient_numbers", ref=row["ref"])]}


def _same(tx: Tx, patient: Patient, stored: Row) -> bool:
    row = patient.row(stored["imported_ms"])
    if stored["removed_ms"] is not None:
        return False
    if any(stored[name] != value for name, value in row.items()):
        return False
    numbers = [(found["number"], found["raw"]) for found in tx.all("patient_numbers_own", ref=patient.ref)]
    return numbers == [(new["number"], new["raw"]) for new in patient.number_rows()]


def _last_digits(text: str, region: str | None) -> str | None:
    """Return the digits that a searched number ends with, or None when the text is no part of a number."""
    if not set(text) <= _PHONE_SIGNS:
        return None
    whole = e164(text, region)
    digits = whole[1:] if whole else "".join(sign for sign in text if sign.isdigit())
    return digits if len(digits) >= _LAST_DIGITS else None


def _after(digits: str) -> str:
    """Return the first text after all that begin with these digits, in any collation."""
    body = digits.rstrip("9")
    return body[:-1] + str(int(body[-1]) + 1) if body else "A"
