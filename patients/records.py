"""What a record of a patient is, and how it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from patients.match import fold
from store import Row, Tx

FIELDS = ("ref", "name", "email", "birth_date", "birth_year", "sex", "language", "guardian_ref", "consent_marketing",
          "consent_channels", "created_on", "updated_on")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a patient: E.164, and as the clinic wrote it. `source` is `contact` when it is a relative's."""

    number: str
    raw: str
    source: str = ""


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
        return {**{name: getattr(self, name) for name in FIELDS}, "folded": fold(self.name), "imported_ms": now_ms}

    def number_rows(self) -> list[Row]:
        """Return the rows of table `patient_number`, each number once, in the clinic's order."""
        raws: dict[str, str] = {}
        for number in self.numbers:
            raws.setdefault(number.number, number.raw)
        return [
            {"number": number, "ref": self.ref, "reversed": number[:0:-1], "raw": raw, "position": position}
            for position, (number, raw) in enumerate(raws.items())
        ]

    @classmethod
    def of(cls, row: Row) -> "Patient":
        """Return the record of a stored row, without its numbers."""
        return cls(**{name: row[name] for name in FIELDS})


def own_numbers(tx: Tx, ref: str) -> tuple[Number, ...]:
    """Return the numbers of the record itself, not those that others lend it."""
    return tuple(Number(row["number"], row["raw"], row["source"]) for row in tx.all("patient_numbers_own", ref=ref))


def put_numbers(tx: Tx, *patients: Patient) -> None:
    """Write the numbers of records; calls of new numbers become the patients'."""
    rows = [row for patient in patients for row in patient.number_rows()]
    sources = {(patient.ref, number.number): number.source
               for patient in patients for number in reversed(patient.numbers)}
    tx.many("patient_number_put", rows)
    tx.many("patient_number_whose", [{"ref": ref, "number": number, "source": source, "via": ""}
                                     for (ref, number), source in sources.items() if source])
    tx.many("call_patients_adopt", [{"number": row["number"], "ref": row["ref"]} for row in rows])


def put_fields(tx: Tx, stored: Row, changes: Mapping[str, Any]) -> None:
    """Write some fields of a stored record; the time of its import stays."""
    if not changes:
        return
    patient = replace(Patient.of(stored), **changes)
    tx.many("patient_put", [patient.row(stored["imported_ms"])])
    if "numbers" in changes:
        tx.many("patient_numbers_clear", [{"ref": patient.ref}])
        put_numbers(tx, patient)


def put_back(tx: Tx, row: Row) -> None:
    """Write a whole stored row again, without its numbers."""
    ref = row["ref"]
    tx.many("patient_put", [Patient.of(row).row(row["imported_ms"])])
    tx.many("patient_origin", [{"ref": ref, "origin": row["origin"]}])
    tx.run("patient_consent_recording", ref=ref, consent=row["consent_recording"])
    if row["removed_ms"] is not None:
        tx.run("patient_remove", ref=ref, now_ms=row["removed_ms"], why=row["removed_why"],
               numbers=row["removed_numbers"])
