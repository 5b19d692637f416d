"""How appointments are kept, whatever system tells them, and whose they are.

A patient is the one that the system names by its reference; else the only one who has the number, or who is called so
and was born that day. Two who may be meant are nobody: the appointment is kept, listed, and tried again later.
"""

from collections.abc import Container
from dataclasses import dataclass, field

from patients.match import fold
from store import Row, Tx
from store.booked import calls_near, counting, makers

_SAME = {"imported_ms": 0}


@dataclass(frozen=True, slots=True)
class Who:
    """What a system says of an appointment's patient: a reference ("" for none), E.164 number, name, ISO birth date."""

    ref: str = ""
    number: str | None = None
    name: str | None = None
    birth_date: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One appointment as a system tells it: the row of `appointment`, whose it is, and its revision there.

    `created_unsure` says that `created_ms` is only when the system first told of it: a moment stored before stays.
    """

    row: Row
    who: Who
    sequence: int = 0
    created_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """The system that tells, the region of its numbers, and when it told."""

    system: str
    region: str
    now_ms: int


@dataclass(slots=True)
class Outcome:
    """How many were added, changed, unchanged; and the references of those whose patient is not known."""

    counts: dict[str, int] = field(default_factory=lambda: {"added": 0, "changed": 0, "unchanged": 0})
    strangers: list[str] = field(default_factory=list)


def put(tx: Tx, told: list[Told], origin: Origin) -> Outcome:
    """Store what is new or differs. An older revision than the stored one changes nothing."""
    outcome = Outcome()
    changed: list[Row] = []
    origins: list[Row] = []
    for one in told:
        ref = one.row["ref"]
        before, known = tx.one("appointment_get", ref=ref), tx.one("appointment_origin_get", ref=ref)
        patient, matched = whose(tx, one.who)
        if tx.one("patient_get", ref=patient) is None:
            outcome.strangers.append(ref)
        if known is not None and known["system"] == origin.system and one.sequence < known["sequence"]:
            outcome.counts["unchanged"] += 1
            continue
        row = {**one.row, "patient": patient}
        if one.created_unsure and before is not None and before["created_ms"] is not None:
            row["created_ms"] = before["created_ms"]
        origins.append(_origin(one, matched, origin))
        if before is not None and {**before, **_SAME} == {**row, **_SAME}:
            outcome.counts["unchanged"] += 1
            continue
        outcome.counts["added" if before is None else "changed"] += 1
        changed.append(row)
    if changed:
        with counting(tx, (call for row in changed for call in _touched(tx, row))):
            tx.many("appointment_put", changed)
    if origins:
        tx.many("appointment_origin_put", origins)
    return outcome


def whose(tx: Tx, who: Who) -> tuple[str, str]:
    """Return the patient's reference ("" for nobody) and how it was found: ref, number, name, or "".

    A reference is believed also while the patient is not known.
    """
    if who.ref:
        return tx.value("appointment_patient_merged", ref=who.ref) or who.ref, "ref"
    if who.number is not None:
        rows = {row["ref"]: row for row in tx.all("patients_by_number", number=who.number)}
        found = list(rows.values())
        if len(found) > 1 and who.name:
            found = [row for row in found if row["folded"] == fold(who.name)]
        if len(found) == 1:
            return str(found[0]["ref"]), "number"
    if who.name and who.birth_date:
        found = tx.all("patients_named_and_born", folded=fold(who.name), birth_date=who.birth_date)
        if len(found) == 1:
            return str(found[0]["ref"]), "name"
    return "", ""


def match_again(tx: Tx) -> int:
    """Look once more for the patients that were not known; return how many appointments now have theirs."""
    found = 0
    for row in tx.all("appointments_unmatched"):
        patient, matched = whose(tx, Who("", row["number"], row["name"], row["birth_date"]))
        if patient:
            written = tx.one("appointment_get", ref=row["ref"])
            with counting(tx, calls_near(tx, patient, written["created_ms"] if written is not None else None)):
                tx.run("appointment_patient", ref=row["ref"], patient=patient)
            tx.run("appointment_matched", ref=row["ref"], matched=matched)
            found += 1
    return found


def vanish(tx: Tx, system: str, days: tuple[int, int], now_ms: int, seen: Container[str]) -> list[str]:
    """Cancel what a system told before and is not among what it tells now (`seen`); return the references.

    Only what is still to come of the visits from the first to the last moment of `days`, and was booked or proposed.
    """
    rows = tx.all("appointments_vanishing", system=system, now_ms=now_ms, from_ms=days[0], to_ms=days[1])
    gone = [row["ref"] for row in rows if row["ref"] not in seen]
    for ref in gone:
        with counting(tx, makers(tx, ref)):
            tx.run("appointment_vanish", ref=ref, now_ms=now_ms)
        tx.run("appointment_origin_vanish", ref=ref, now_ms=now_ms)
    return gone


def _touched(tx: Tx, row: Row) -> list[tuple[str, str]]:
    """Return the calls that count differently when an appointment becomes this row."""
    before = tx.one("appointment_get", ref=row["ref"])
    found = [*makers(tx, row["ref"]), *calls_near(tx, row["patient"], row["created_ms"])]
    return found if before is None else [*found, *calls_near(tx, before["patient"], before["created_ms"])]


def _origin(one: Told, matched: str, origin: Origin) -> Row:
    """Return the row beside the appointment. Who the patient is, is looked up: nothing of it is copied."""
    unknown = not matched
    return {
        "ref": one.row["ref"], "system": origin.system, "sequence": one.sequence, "matched": matched,
        "number": one.who.number if unknown else None, "name": one.who.name if unknown else None,
        "birth_date": one.who.birth_date if unknown else None, "seen_ms": origin.now_ms, "vanished_ms": None,
    }  # fmt: skip
