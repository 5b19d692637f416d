"""Patients: search, a card with everything that happened, corrections, and two records that are one."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from callbacks.topics import topics
from patients import edits, merging, removal
from patients.directory import count, search
from patients.edits import By, EditError
from patients.merging import UNDO_MS, MergeError, preview
from patients.phones import e164
from patients.records import Number, own_numbers
from patients.timeline import Place
from patients.timeline import page as timeline_page
from store import Row, Tx
from tracking.appointments import age_of
from tracking.moments import local_day
from web import calls_words as words
from web.audit import Deed, actor, looked, note
from web.callbacks_pages import refused
from web.calls_dial import DIALLER
from web.context import CLINIC, me, now_ms, read, write
from web.forms import Form
from web.i18n import gettext as _
from web.i18n import mark
from web.pages import page
from web.patients_journey import KINDS, STAGES, source_text, way_of
from web.pop import patient_page, patient_url
from web.pop_pages import PATIENT_LINK
from web.refusals import said
from web.rights import Right, needs
from web.streams import first

SHOWN = 30
ENTRIES = 40
MOST_NUMBERS = 12
LANGUAGES = ("pl", "en", "ru", "uk", "es", "de", "fr", "it", "pt", "cs", "lt", "be", "vi", "zh", "ar")
CONSENTS = ("yes", "no")
CONSENT = {"yes": mark("yes"), "no": mark("no"), "": mark("not known")}
ORIGINS = {
    "": mark("from a table"), "vcard": mark("from an address book"), "fhir": mark("from your own system"),
    "hand": mark("saved from a call"),
}  # fmt: skip
WHYS = {
    "inactive": mark("no longer a patient, says your own system"), "deceased": mark("has died"),
    "deleted": mark("deleted in your own system"), "restricted": mark("restricted in your own system"),
    "not_in_file": mark("no longer in the file of your own system"), "by_hand": mark("removed by hand"),
}  # fmt: skip
STATUSES = {
    "proposed": mark("proposed"), "booked": mark("booked"), "arrived": mark("arrived"),
    "fulfilled": mark("took place"), "noshow": mark("did not come"), "cancelled": mark("cancelled"),
}  # fmt: skip
FIELDS = {
    "name": mark("Name"), "numbers": mark("Numbers"), "birth_year": mark("Year of birth"),
    "language": mark("Language"), "email": mark("E-mail"), "consent_marketing": mark("Agrees to marketing"),
    "consent_channels": mark("Ways to be reached"),
}  # fmt: skip


@needs(Right.PATIENTS)
async def list_page(request: web.Request) -> web.Response:
    """`GET /patients?q=TEXT&skip=N`: patients by name in any script, or by digits of a number."""
    text, skip = request.query.get("q", "").strip()[:100], _skip(request)
    region = request.app[CLINIC].callbacks.region

    def look(tx: Tx) -> tuple[list[Row], int]:
        return search(tx, text, limit=SHOWN + 1, offset=skip, region=region) if text else [], count(tx)[0]

    rows, known = await read(request, look)
    await looked(request, "patient", *(row["ref"] for row in rows[:SHOWN]))
    return page(request, "patients.html", here="patients", q=text, rows=rows[:SHOWN], known=known,
                page_of=patient_page, older=skip + SHOWN if len(rows) > SHOWN else None,
                newer=max(skip - SHOWN, 0) if skip else None, **await first(request, "pop"))  # fmt: skip


@needs(Right.PATIENTS)
async def patient_card(request: web.Request) -> web.StreamResponse:
    """`GET /patients/{ref}?before=PLACE`: a patient, and everything that happened with them."""
    ref, app, now = request.match_info["ref"], request.app, now_ms(request)
    before = Place.read(request.query.get("before", ""))

    def look(tx: Tx) -> dict[str, Any] | str:
        if (home := merging.survivor(tx, ref)) != ref:
            return home
        who = _stored(tx, ref)
        known = topics(tx, retired=True)
        return {
            "who": who, "numbers": tx.all("patient_numbers", ref=ref), "former": removal.former_numbers(who),
            "guardian": tx.one("patient_get", ref=who["guardian_ref"]) if who["guardian_ref"] else None,
            "beside": tx.all("patients_beside", ref=ref), "edits": tx.all("patient_edits", ref=ref),
            "merges": [row for row in tx.all("patient_merges_of", ref=ref)
                       if row["undone_ms"] is None and now - row["at_ms"] <= UNDO_MS],
            "happened": timeline_page(tx, ref, before, ENTRIES), "as_of_ms": age_of(tx),
            "way": way_of(tx, ref) if before is None else None,
            "topics": {topic.id: topic for topic in known},
        }  # fmt: skip

    values = await read(request, look)
    if isinstance(values, str):
        raise web.HTTPSeeOther(patient_page(values))
    await looked(request, "patient", ref, *(row["ref"] for row in values["beside"]))
    link = "" if values["who"]["origin"] == "hand" else patient_url(app.get(PATIENT_LINK, ""), ref)
    return page(request, "patient.html", here="patients", **values, **_words(), link=link, page_of=patient_page,
                later=before is not None, dials=DIALLER in app and me(request).can(Right.DIAL),
                may_edit=me(request).can(Right.EDIT_PATIENTS), may_merge=me(request).can(Right.MERGE_PATIENTS),
                **await first(request, "pop"))  # fmt: skip


@needs(Right.PATIENTS, Right.EDIT_PATIENTS)
async def edit(request: web.Request) -> web.Response:
    """`POST /patients/{ref}/edit`: correct a patient. 409 says in one sentence what is wrong."""
    form, app, who, ref = await Form.of(request), request.app, actor(request), request.match_info["ref"]
    born, region = form.text("birth_year", 4), app[CLINIC].callbacks.region
    day = local_day(who.at_ms, app[CLINIC].zone)
    if born and not (born.isascii() and born.isdigit() and 1890 <= int(born) <= int(day[:4])):
        return refused(_("The year of birth is no year; write it like 1985, or leave it empty."))
    email, lines = form.text("email"), [line.strip() for line in form.lines("numbers", 1000).split("\n")]
    if email and ("@" not in email or " " in email):
        return refused(_("The e-mail address is none; write one like anna@example.org, or leave it empty."))
    consents = {name: form.text(name, 3) for name in ("consent_marketing", "consent_recording")}
    if any(value not in ("", *CONSENTS) for value in consents.values()):
        raise web.HTTPBadRequest
    changes: dict[str, Any] = {
        "name": form.text("name"), "birth_year": int(born) if born else None, "email": email or None,
        "language": form.text("language", 20).casefold() or None,
        "consent_channels": form.text("consent_channels").casefold() or None,
        **{name: value or None for name, value in consents.items()},
    }

    def change(tx: Tx) -> None:
        stored = _stored(tx, ref)
        wanted = dict(changes)
        if stored["removed_ms"] is None:
            wanted["numbers"] = numbers_of(lines, region, own_numbers(tx, ref))
        changed = edits.edit(tx, ref, wanted, By(who.person, who.at_ms, day))
        if changed:
            note(tx, who, Deed("changed", "patient", ref, " ".join(changed)))

    try:
        await write(request, change)
    except EditError as error:
        return refused(said(error))
    return web.Response(status=204)


def numbers_of(lines: list[str], region: str, known: tuple[Number, ...]) -> tuple[Number, ...]:
    """Return the numbers of lines, in their order; one that was a relative's stays so.

    Raises:
        EditError: a line is no phone number, or there are too many.
    """
    had = {number.number: number for number in known}
    found: dict[str, Number] = {}
    for line in filter(None, lines):
        number = e164(line, region)
        if number is None:
            raise EditError("“%(line)s” is no phone number, or lacks its country or area code.", line=line[:40])
        before = had.get(number)
        same = before is not None and e164(before.raw, region) == number
        found.setdefault(number, before if before is not None and same else Number(number, line))
    if len(found) > MOST_NUMBERS:
        raise EditError("These are too many numbers for one patient; keep at most %(most)s.", most=MOST_NUMBERS)
    return tuple(found.values())


@needs(Right.PATIENTS, Right.MERGE_PATIENTS)
async def merge_page(request: web.Request) -> web.Response:
    """`GET /patients/{ref}/merge?q=TEXT&with=REF`: find the other record, and see what would move."""
    return await _merge_page(request, "", 200)


@needs(Right.PATIENTS, Right.MERGE_PATIENTS)
async def merge(request: web.Request) -> web.StreamResponse:
    """`POST /patients/{ref}/merge`: the record `with` becomes part of this one."""
    form, who, ref = await Form.of(request), actor(request), request.match_info["ref"]
    goes = form.text("with", 120)

    def change(tx: Tx) -> None:
        number = merging.merge(tx, ref, goes, (who.person, who.at_ms))
        note(tx, who, Deed("changed", "patient", ref, f"merged with {goes}, merge {number}"))

    try:
        await write(request, change)
    except MergeError as error:
        return await _merge_page(request, said(error), 409)
    raise web.HTTPSeeOther(patient_page(ref))


@needs(Right.PATIENTS, Right.MERGE_PATIENTS)
async def unmerge(request: web.Request) -> web.Response:
    """`POST /patients/{ref}/unmerge`: take a merge apart again."""
    form, who, ref = await Form.of(request), actor(request), request.match_info["ref"]
    number = form.number("merge")

    def change(tx: Tx) -> None:
        row = tx.one("patient_merge_get", id=number)
        if row is None or row["survivor"] != ref:
            raise web.HTTPNotFound
        merging.undo(tx, number, (who.person, who.at_ms))
        note(tx, who, Deed("changed", "patient", ref, f"merge {number} undone"))

    try:
        await write(request, change)
    except MergeError as error:
        return refused(said(error))
    return web.Response(status=204)


async def _merge_page(request: web.Request, told: str, status: int) -> web.Response:
    ref, text = request.match_info["ref"], request.query.get("q", "").strip()[:100]
    chosen, region = request.query.get("with", "")[:120], request.app[CLINIC].callbacks.region

    def look(tx: Tx) -> Mapping[str, Any]:
        who = _stored(tx, ref)
        beside = [{**row, "numbers": []} for row in tx.all("patients_beside", ref=ref)] if not text else []
        found = search(tx, text, limit=SHOWN, region=region) if text else beside
        other = tx.one("patient_get", ref=chosen) if chosen else None
        seen = preview(tx, ref, chosen) if other is not None and chosen != ref else None
        return {"who": who, "rows": [row for row in found if row["ref"] != ref], "other": other, "seen": seen}

    values = await read(request, look)
    shown = [ref, *(row["ref"] for row in values["rows"]), *([chosen] if values["other"] else [])]
    await looked(request, "patient", *dict.fromkeys(shown))
    return page(request, "patient_merge.html", status=status, here="patients", q=text, told_text=told,
                page_of=patient_page, **values, **await first(request, "pop"))  # fmt: skip


def _stored(tx: Tx, ref: str) -> Row:
    row = tx.one("patient_get", ref=ref)
    if row is None:
        raise web.HTTPNotFound
    return row


def _skip(request: web.Request) -> int:
    text = request.query.get("skip", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _words() -> dict[str, Any]:
    return {"words": words, "origins": ORIGINS, "whys": WHYS, "statuses": STATUSES, "fields": FIELDS,
            "consent_words": CONSENT, "languages": LANGUAGES, "edit_text": edits.shown, "kinds": KINDS,
            "stages": STAGES, "source_text": source_text}  # fmt: skip


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/patients", list_page)
    app.router.add_get("/patients/{ref:[^/]+}", patient_card)
    app.router.add_post("/patients/{ref:[^/]+}/edit", edit)
    app.router.add_get("/patients/{ref:[^/]+}/merge", merge_page)
    app.router.add_post("/patients/{ref:[^/]+}/merge", merge)
    app.router.add_post("/patients/{ref:[^/]+}/unmerge", unmerge)
