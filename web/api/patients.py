"""Patients: search, one record, what the clinic's own system says of them, edits by hand, merges."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from patients import directory, edits, merging, newcomers
from patients.edits import By
from patients.newcomers import Newcomer
from patients.records import Number, Patient
from patients.timeline import Entry
from patients.timeline import Place as TimePlace
from patients.timeline import page as timeline_page
from store import Row, Tx
from store.documents import iso
from tracking.journey_gather import document as journey_document
from tracking.journey_gather import journey_of_patient
from web.api.calls import find_call
from web.api.operations import Ask, Operations
from web.api.paging import cursor_of, parts_of
from web.api.problems import Problem
from web.api.shapes import LINE, Answered, CallRef, Id, Integral, Line, Page, Paging, Phone, Place, Ref, Sent
from web.audit import Deed, looked, note
from web.context import CLINIC
from web.rights import Right

patients = Operations("Patients")
_FIRST_YEAR, _LAST_YEAR = 1890, 2100

Year = Annotated[int, Field(ge=_FIRST_YEAR, le=_LAST_YEAR), Integral]
IsoDay = Annotated[str, StringConstraints(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Consent = Literal["yes", "no"]
Language = Annotated[str, StringConstraints(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=LINE)]


class OnePatient(Answered):
    """A record of the clinic's system, or one that was saved from a call."""

    ref: str
    name: str
    numbers: list[str] = Field(description="E.164, the clinic's order; also those that a guardian or a merge lends")
    email: str | None
    birth_date: str | None
    birth_year: int | None
    sex: str | None
    language: str | None
    guardian_ref: str | None
    consent_marketing: str | None
    consent_channels: str | None
    consent_recording: str | None
    created_on: str | None
    updated_on: str | None
    origin: str = Field(description="where the record came from; `hand` for one that was saved from a call")


class Search(Paging):
    """Whom."""

    q: Text = Field(description="words of a name in any script, three or more last digits of a number, or a reference")


class PatientPlace(Place):
    """Which patient."""

    patient: Annotated[Ref, Field(examples=["P-1"])]


class Record(Sent):
    """What the clinic's system says now. What is left out is not known."""

    name: Line
    numbers: list[Phone] = Field([], max_length=20, description="E.164, the most used first")
    email: Text | None = None
    birth_date: IsoDay | None = None
    birth_year: Year | None = Field(None, description="where the day is not known")
    sex: Literal["f", "m"] | None = None
    language: Language | None = None
    guardian_ref: Ref | None = None
    consent_marketing: Consent | None = None
    consent_channels: Text | None = None
    created_on: IsoDay | None = None
    updated_on: IsoDay | None = None


class Edit(Sent):
    """Fields to be changed by hand; what is left out stays."""

    name: Line | None = None
    numbers: list[Phone] | None = Field(None, max_length=20)
    birth_year: Year | None = None
    language: Language | None = None
    email: Text | None = None
    consent_marketing: Consent | None = None
    consent_channels: Text | None = None
    consent_recording: Consent | None = None


class Changed(Answered):
    """Which fields are different now."""

    changed: list[str]


class HappenedOnce(Answered):
    """One thing that happened; look it up by its reference."""

    at: str
    kind: Literal["call", "callback", "appointment", "merge"]
    ref: str = Field(description="a call as `pbx:id`, a callback or a merge by its number, an appointment by its own")
    topic: str | None
    comments: list[str]


class Origin(Answered):
    """Where a touch came from, in the utm words."""

    source: str
    medium: str
    name: str


class Touched(Answered):
    """One touch, oldest first."""

    at: str
    kind: Literal["visit", "call", "our_call", "request", "callback", "comment", "topic", "appointment"]
    ref: str = Field(description="a call as `pbx:id`, an appointment by its own; visits and callbacks by their number")
    stages: list[Literal["awareness", "search", "choice", "care", "after-care"]]
    source: Origin | None
    own_source: bool = Field(description="whether the source is its own and not that of an earlier touch")
    detail: str
    status: str | None
    value_minor: int | None
    currency: str | None
    text: str | None = Field(description="what people wrote")


class Credit(Answered):
    """What a source gets of the booking."""

    source: Origin
    share: float


class Way(Answered):
    """A patient's way to the clinic."""

    touches: list[Touched]
    booked_at: str | None
    models: dict[Literal["first", "last", "last_non_direct", "linear", "position_based"], list[Credit]]


class Goes(Sent):
    """Which record goes into this one."""

    other: Ref


class WouldMove(Answered):
    """What a merge would move."""

    calls: int
    topics: int
    appointments: int
    numbers: list[str]
    same_birth: bool = Field(description="false when two known birth years differ: they are hardly one person")


class With(PatientPlace):
    """Which two."""

    other: Ref


class Merge(Answered):
    """A merge, which can be undone for thirty days."""

    merge: int


class MergePlace(Place):
    """Which merge."""

    merge: Id


class Both(Answered):
    """The two records that are apart again."""

    patients: list[str]


class Caller(Sent):
    """Who called."""

    name: Line
    birth_year: Year | None = None


class CallPlace(Place):
    """Which call."""

    call: Annotated[CallRef, Field(examples=["1795309246.157"])]


class Saved(Answered):
    """Who was saved."""

    ref: str


@patients.get("/patients", Right.PATIENTS, query=Search, answer=Page[OnePatient], refuses=(404,))
async def search(ask: Ask) -> dict[str, Any]:
    """Search patients by name in any script, by the last digits of a number, or by reference."""
    wanted, region = ask.query, ask.app[CLINIC].callbacks.region
    place = parts_of(wanted.cursor, (int,))
    offset = min(int(place[0]), 100_000) if place else 0

    def look(tx: Tx) -> list[Row]:
        return directory.search(tx, wanted.q, limit=wanted.limit + 1, offset=offset, region=region)

    rows = await ask.read(look)
    shown = rows[: wanted.limit]
    await looked(ask.request, "patient", *(row["ref"] for row in shown))
    return {"items": [_shown(row) for row in shown],
            "next": cursor_of(offset + wanted.limit) if len(rows) > wanted.limit else None}


@patients.get("/patients/{patient}", Right.PATIENTS, place=PatientPlace, answer=OnePatient, refuses=(404,))
async def one(ask: Ask) -> OnePatient:
    """Return one patient. The reference of a record that was merged into another gives the other."""
    row = await ask.read(lambda tx: _found(tx, ask.place.patient))
    await looked(ask.request, "patient", row["ref"])
    return _shown(row)


@patients.put("/patients/{patient}", Right.EDIT_PATIENTS, place=PatientPlace, body=Record, refuses=(409,))
async def put(ask: Ask) -> None:
    """Tell what the clinic's system says of a patient: add the record, or replace it.

    It is as an import of one row: what people corrected by hand stays until the system says something new, and calls of
    a new number become the patient's. 409 for days that no calendar has.
    """
    ref, body, who = ask.place.patient, ask.body, ask.who
    for day in (body.birth_date, body.created_on, body.updated_on):
        _calendar(day)
    born = int(body.birth_date[:4]) if body.birth_date else body.birth_year
    numbers = tuple(Number(number, number) for number in dict.fromkeys(body.numbers))
    fields = body.model_dump(exclude={"numbers", "birth_year", "name"})
    record = Patient(ref=ref, name=" ".join(body.name.split()), numbers=numbers, birth_year=born, **fields)

    def change(tx: Tx) -> None:
        done = directory.put(tx, [record], ask.now, origin="api")
        note(tx, who, Deed("added" if done.added else "changed", "patient", ref, "from the clinic's system"))

    await ask.write(change)


@patients.patch("/patients/{patient}", Right.EDIT_PATIENTS, place=PatientPlace, body=Edit, answer=Changed,
                refuses=(404, 409))  # fmt: skip
async def edit(ask: Ask) -> Changed:
    """Correct fields of a patient by hand. The correction stays until the clinic's system says something newer."""
    body, who, zone = ask.body, ask.who, ask.app[CLINIC].zone
    changes: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
    if changes.get("name", "") is None:
        raise Problem(409, "A patient needs a name; leave the field out to keep it.")
    if "numbers" in changes:
        changes["numbers"] = [Number(number, number) for number in dict.fromkeys(body.numbers or [])]
    today = datetime.fromtimestamp(ask.now / 1000, UTC).astimezone(zone).date().isoformat()

    def change(tx: Tx) -> list[str]:
        ref = _found(tx, ask.place.patient)["ref"]
        different = edits.edit(tx, ref, changes, By(who.person, ask.now, today))
        note(tx, who, Deed("changed", "patient", ref, " ".join(different)))
        return different

    return Changed(changed=await ask.write(change))


@patients.get("/patients/{patient}/merge/{other}", Right.MERGE_PATIENTS, Right.PATIENTS, place=With, answer=WouldMove,
              refuses=(404, 409))  # fmt: skip
async def would_move(ask: Ask) -> WouldMove:
    """Say what merging another record into this one would move, before it is done."""
    stays, goes = ask.place.patient, ask.place.other
    found = await ask.read(lambda tx: merging.preview(tx, stays, goes))
    await looked(ask.request, "patient", stays, goes)
    return WouldMove(calls=found.calls, topics=found.topics, appointments=found.appointments,
                     numbers=list(found.numbers), same_birth=found.same_birth)


@patients.post("/patients/{patient}/merge", Right.MERGE_PATIENTS, place=PatientPlace, body=Goes, answer=Merge,
               status=201, refuses=(404, 409))  # fmt: skip
async def merge(ask: Ask) -> Merge:
    """Merge another record into this one: its calls, topics and appointments are this one's from now on."""
    stays, goes, who = ask.place.patient, ask.body.other, ask.who

    def change(tx: Tx) -> int:
        _found(tx, stays)
        done = merging.merge(tx, stays, goes, (who.person, ask.now))
        note(tx, who, Deed("merged", "patient", stays, goes))
        return done

    return Merge(merge=await ask.write(change))


@patients.post("/merges/{merge}/undo", Right.MERGE_PATIENTS, place=MergePlace, answer=Both, refuses=(409,))
async def undo(ask: Ask) -> Both:
    """Take a merge apart again, within thirty days."""
    who = ask.who

    def change(tx: Tx) -> tuple[str, str]:
        both = merging.undo(tx, ask.place.merge, (who.person, ask.now))
        for ref in both:
            note(tx, who, Deed("parted", "patient", ref))
        return both

    return Both(patients=list(await ask.write(change)))


@patients.post("/calls/{call}/patient", Right.EDIT_PATIENTS, Right.NOTE, place=CallPlace, body=Caller, answer=Saved,
               status=201, refuses=(404, 409))  # fmt: skip
async def save(ask: Ask) -> Saved:
    """Save the caller of a call as a patient. The record becomes the clinic's own once its system tells of them."""
    body, who, zone = ask.body, ask.who, ask.app[CLINIC].zone
    today = datetime.fromtimestamp(ask.now / 1000, UTC).astimezone(zone).date().isoformat()

    def change(tx: Tx) -> str:
        call = find_call(tx, ask.place.call)
        ref = newcomers.save(tx, call, Newcomer(body.name, body.birth_year), (ask.now, today))
        note(tx, who, Deed("added", "patient", ref, f"call {call['pbx']}:{call['id']}"))
        return ref

    return Saved(ref=await ask.write(change))


@patients.get("/patients/{patient}/history", Right.PATIENTS, Right.CALLS, Right.CALLBACKS, place=PatientPlace,
              query=Paging, answer=Page[HappenedOnce], refuses=(404,))  # fmt: skip
async def history(ask: Ask) -> dict[str, Any]:
    """List everything that happened with a patient, the newest first: calls, callbacks, appointments, merges."""
    parts = parts_of(ask.query.cursor, (int, str, str, str))
    before = TimePlace.read("~".join(map(str, parts))) if parts else None

    def look(tx: Tx) -> tuple[str, dict[str, Any]]:
        ref = _found(tx, ask.place.patient)["ref"]
        page = timeline_page(tx, ref, before, ask.query.limit)
        older = page.older
        return ref, {"items": [_happened(entry) for entry in page.entries],
                     "next": cursor_of(older.at_ms, older.kind, older.pbx, older.ref) if older else None}

    ref, found = await ask.read(look)
    await looked(ask.request, "patient", ref)
    return found


@patients.get("/patients/{patient}/journey", Right.PATIENTS, Right.CALLS, Right.CALLBACKS, place=PatientPlace,
              answer=Way, refuses=(404,))  # fmt: skip
async def way(ask: Ask) -> dict[str, Any]:
    """Tell a patient's way to the clinic: every touch in order, its stages and source, and who gets the credit."""
    def look(tx: Tx) -> tuple[str, dict[str, Any]]:
        ref = _found(tx, ask.place.patient)["ref"]
        return ref, journey_document(journey_of_patient(tx, ref), personal=True)

    ref, found = await ask.read(look)
    await looked(ask.request, "patient", ref)
    return found


def _happened(entry: Entry) -> dict[str, Any]:
    place = entry.place
    topic = entry.topics[-1]["topic"] if entry.topics else None
    return {"at": iso(place.at_ms), "kind": place.kind, "ref": f"{place.pbx}:{place.ref}" if place.pbx else place.ref,
            "topic": topic, "comments": [said["body"] for said in entry.comments]}


def _found(tx: Tx, ref: str) -> Row:
    row = directory.get(tx, merging.survivor(tx, ref))
    if row is None or row["removed_ms"] is not None:
        raise Problem(404, "There is no patient of this reference; `GET /patients?q=` finds them.")
    return row


def _shown(row: Row) -> OnePatient:
    return OnePatient(**{name: row[name] for name in OnePatient.model_fields})


def _calendar(day: str | None) -> None:
    """Refuse a day that no calendar has. Raises Problem."""
    try:
        date.fromisoformat(day or "2026-01-01")
    except ValueError:
        raise Problem(409, f"{day} is in no calendar; write a day such as 1985-04-30.") from None
