"""A caller whom nobody knows is saved as a patient, from the call.

The record is Callward's own (`origin` hand) until the clinic's system tells of somebody of the same name with the same
number: then it becomes that record.
"""

from dataclasses import dataclass

from patients import PatientsError
from patients.directory import put
from patients.records import Number, Patient
from store import Row, Tx

_LONGEST = 200


class NewcomerError(PatientsError):
    """The patient cannot be saved; the text says why."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What the receptionist typed. `year` is the birth year, None when nobody said."""

    name: str
    year: int | None = None


def save(tx: Tx, call: Row, who: Newcomer, now: tuple[int, str]) -> str:
    """Save the caller of a call as a patient and give the call to them; return the new ref.

    `now` is the time and the local day. A number that is withheld is none: then only this one call becomes theirs.

    Raises:
        NewcomerError: the name is empty or too long, or the year is none.
    """
    now_ms, day = now
    name = " ".join(who.name.split())
    if not name or len(name) > _LONGEST:
        raise NewcomerError("Write the patient's name, of at most 200 characters.")
    if who.year is not None and not 1890 <= who.year <= int(day[:4]):
        raise NewcomerError("The year of birth is no year; write it like 1985, or leave it empty.")
    ref = f"call-{tx.next_id('patient_by_hand')}"
    while tx.one("patient_get", ref=ref) is not None:
        ref = f"call-{tx.next_id('patient_by_hand')}"
    party = call["party"]
    numbers = (Number(party, call["caller_raw"] or party),) if party else ()
    put(tx, [Patient(ref, name, numbers, birth_year=who.year, created_on=day)], now_ms, origin="hand")
    tx.many("call_patient_put", [{"pbx": call["pbx"], "call": call["id"], "ref": ref}])
    return ref
