"""The directory of patients: who has a number, who is called so, and how a record is kept."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from patients.match import Candidate, fold, rank, words
from patients.phones import e164
from store import Row, Tx

_LAST_DIGITS = 3
_PHONE_SIGNS = frozenset("0123456789+-() ./")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a patient: E.164, and as the clinic wrote it."""

    number: str
    raw: str


@dataclass(frozen=True, slots=True)
class Patient:
    """A record of the clinic's system. Days are ISO dates; what is unknown is None."""

    ref: str
    name: str
    numbers: tuple[Number, ...] = ()
    email: str | None = None
    birth_date: str | None = None
    birth_year: int | None = None
    sex: str | None = None
    language: str | None = None
    guardian_ref: str | None = None
    consent_marketing: str | None = None
    consent_channels: str | None = None
    created_on: str | None = None
    updated_on: str | None = None

    def row(self, now_ms: int) -> Row:
        """Return the row of table `patient`."""
        fields = ("ref", "name", "email", "birth_date", "birth_year", "sex", "language", "guardian_ref",
                  "consent_marketing", "consent_channels", "created_on", "updated_on")  # fmt: skip
        return {**{name: getattr(self, name) for name in fields}, "folded": fold(self.name), "imported_ms": now_ms}

    def number_rows(self) -> list[Row]:
        """Return the rows of table `patient_number`, each number once, in the clinic's order."""
        raws: dict[str, str] = {}
        for number in self.numbers:
            raws.setdefault(number.number, number.raw)
        return [
            {"number": number, "ref": self.ref, "reversed": number[:0:-1], "raw": raw, "position": position}
            for position, (number, raw) in enumerate(raws.items())
        ]


@dataclass(frozen=True, slots=True)
class Put:
    """What `put` did with the records it was given."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Put") -> "Put":
        return Put(self.added + other.added, self.changed + other.changed, self.unchanged + other.unchanged)


def put(
    tx: Tx, patients: list[Patient], now_ms: int, *, dry_run: bool = False, silent: Collection[str] = ()
) -> Put:
    """Add or replace records, each ref at most once in the list. What is as it was is not written again.

    `silent` names the fields of which the clinic's table says nothing at all: what is stored of them stays.

    Who rang before the clinic's system knew them is known from now on: the calls of a new number become the patient's.
    """
    added: list[Patient] = []
    changed: list[Patient] = []
    unchanged = 0
    for patient in patients:
        stored = tx.one("patient_get", ref=patient.ref)
        if stored is None:
            added.append(patient)
            continue
        if silent:
            patient = replace(patient, **{name: stored[name] for name in silent})
        if _same(tx, patient, stored):
            unchanged += 1
        else:
            changed.append(patient)
    if not dry_run:
        tx.many("patient_put", [patient.row(now_ms) for patient in added + changed])
        tx.many("patient_numbers_clear", [{"ref": patient.ref} for patient in changed])
        numbers = [row for patient in added + changed for row in patient.number_rows()]
        tx.many("patient_number_put", numbers)
        tx.many("call_patients_adopt", [{"number": row["number"], "ref": row["ref"]} for row in numbers])
    return Put(len(added), len(changed), unchanged)


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
        Candidate(row["ref"], row["name"], row["position"], row["birth_year"], row["guardian_ref"], row["noted_ms"])
        for row in rows.values()
    ]
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
    """Return one patient with their `numbers`, or None."""
    row = tx.one("patient_get", ref=ref)
    return row and _with_numbers(tx, row)


def count(tx: Tx) -> tuple[int, int]:
    """Return how many patients and how many of their numbers there are."""
    return int(tx.value("patient_count")), int(tx.value("patient_number_count"))


def _with_numbers(tx: Tx, row: Row) -> Row:
    return {**row, "numbers": [found["number"] for found in tx.all("patient_numbers", ref=row["ref"])]}


def _same(tx: Tx, patient: Patient, stored: Row) -> bool:
    row = patient.row(stored["imported_ms"])
    if any(stored[name] != value for name, value in row.items()):
        return False
    numbers = [(found["number"], found["raw"]) for found in tx.all("patient_numbers", ref=patient.ref)]
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
