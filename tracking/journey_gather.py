"""A journey against the store: every touch of a number or a patient, read at report time and stored nowhere."""

import json
from collections.abc import Iterable, Iterator

from store import Row, Tx
from store.documents import iso
from tracking.journey import NOWHERE, Journey, Source, Touch, journey

Key = tuple[str, str]
_OWN = frozenset(("number", "manual"))
"""Rules by which a call has a source of its own; by the others it has that of an earlier touch."""
_CLICKS = ("gclid", "gbraid", "wbraid", "yclid", "msclkid", "fbclid")
_GONE = ("cancelled", "proposed")


def journey_of_number(tx: Tx, number: str) -> Journey:
    """Return the journey of a caller (E.164), with the appointments of every patient who has the number."""
    patients = [row["ref"] for row in tx.all("journey_patients", number=number)]
    return journey(_collect(tx, [number], patients, frozenset()))


def journey_of_patient(tx: Tx, ref: str) -> Journey:
    """Return the journey of a patient: their numbers' calls, without those that were about others alone."""
    numbers = [row["number"] for row in tx.all("patient_numbers", ref=ref)]
    others = frozenset(
        (row["pbx"], row["id"]) for number in numbers
        for row in tx.all("journey_about_others", number=number, patient=ref)
    )  # fmt: skip
    return journey(_collect(tx, numbers, [ref], others))


def document(found: Journey, *, personal: bool) -> Row:
    """Return a journey for a program. Without `personal` nothing is in it that people wrote."""
    return {
        "touches": [
            {"at": iso(step.touch.at_ms), "kind": step.touch.kind, "ref": step.touch.ref, "stages": list(step.stages),
             "source": _words(step.touch.source), "own_source": step.touch.own, "detail": step.touch.detail,
             "status": step.touch.status or None, "value_minor": step.touch.value_minor,
             "currency": step.touch.currency, **({"text": step.touch.text or None} if personal else {})}
            for step in found.steps
        ],
        "booked_at": iso(found.booked_ms),
        "models": {
            model: [{"source": _words(source), "share": round(share, 4)} for source, share in credit.items()]
            for model, credit in found.credit.items()
        },
    }  # fmt: skip


def _collect(tx: Tx, numbers: Iterable[str], patients: Iterable[str], others: frozenset[Key]) -> list[Touch]:
    touches: list[Touch] = []
    visits: dict[int, Row] = {}
    for number in numbers:
        calls = [row for row in tx.all("journey_calls", number=number) if (row["pbx"], row["id"]) not in others]
        touches += (_call(row) for row in calls)
        for row in calls:
            visits |= _visits(tx, _visit_of(row))
        touches += _notes(tx, number, {(row["pbx"], row["id"]) for row in calls})
        for row in tx.all("journey_callbacks", number=number):
            touches += _callback(row)
            visits |= _visits(tx, row["visit"])
    touches += (_visit(row) for row in visits.values())
    touches += (_appointment(row) for ref in patients for row in tx.all("journey_appointments", patient=ref))
    return touches


def _call(row: Row) -> Touch:
    ours = row["direction"] == "outbound"
    source = None if row["source"] is None else Source(row["source"], row["medium"], row["name"])
    own = not ours and row["rule"] in _OWN and source is not None
    if not ours and row["rule"] in ("none", None):
        source, own = NOWHERE, True
    detail = row["outcome"] or "not ended"
    return Touch(row["started_ms"], "our_call" if ours else "call", f"{row['pbx']}:{row['id']}", source, own,
                 detail=detail)  # fmt: skip


def _visit_of(row: Row) -> int | None:
    """Return the visit whose lease a call was attributed by."""
    if row["rule"] != "visitor":
        return None
    visit = json.loads(row["evidence"]).get("visit")
    return int(visit) if visit is not None else None


def _visits(tx: Tx, visit: int | None) -> dict[int, Row]:
    """Return a visit and all others of the same visitor, by id."""
    row = None if visit is None else tx.one("visit_get", id=visit)
    if row is None:
        return {}
    return {row["id"]: row, **{one["id"]: one for one in tx.all("journey_visits", visitor=row["visitor"])}}


def _visit(row: Row) -> Touch:
    click = any(row[name] for name in _CLICKS) or row["click_ms"] is not None
    where = row["site"] + row["page"]
    return Touch(
        row["started_ms"], "visit", str(row["id"]), Source(row["source"], row["medium"], row["name"]), own=True,
        click=click, referred=bool(row["referrer"]), detail=where,
    )  # fmt: skip


def _callback(row: Row) -> Iterator[Touch]:
    kind = "request" if row["kind"] == "request" else "callback"
    ref = str(row["id"])
    yield Touch(row["opened_ms"], "request" if kind == "request" else "callback", ref, detail="opened")
    if row["closed_ms"] is not None:
        yield Touch(row["closed_ms"], "callback", ref, detail=f"closed: {row['closed_why']}")


def _notes(tx: Tx, number: str, calls: set[Key]) -> Iterator[Touch]:
    for row in tx.all("journey_topics", number=number):
        if (row["pbx"], row["call"]) in calls:
            yield Touch(row["at_ms"], "topic", f"{row['pbx']}:{row['call']}", detail=row["category"] or "noted",
                        text=row["topic"])  # fmt: skip
    for row in tx.all("journey_comments", number=number):
        if (row["pbx"], row["call"]) in calls:
            yield Touch(row["at_ms"], "comment", f"{row['pbx']}:{row['call']}", text=row["body"])
    for row in tx.all("journey_callback_comments", number=number):
        yield Touch(row["at_ms"], "comment", str(row["callback"]), text=row["body"])


def _appointment(row: Row) -> Touch:
    return Touch(
        row["start_ms"], "appointment", row["ref"], status=row["status"], standing=row["status"] not in _GONE,
        booked_ms=row["created_ms"], value_minor=row["value_minor"], currency=row["currency"], detail=row["status"],
    )  # fmt: skip


def _words(source: Source | None) -> Row | None:
    return None if source is None else {"source": source.source, "medium": source.medium, "name": source.name}
