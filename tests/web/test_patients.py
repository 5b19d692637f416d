"""Patients' pages: search, a card with everything in order, corrections, merges; each look is written down."""

from pathlib import Path
from urllib.parse import quote

import pytest

from patients.edits import EditError
from patients.records import Number
from tests.callbacks.clinic import PATIENT, at
from tests.store.rows import insert
from tests.tracking.test_visitors import number
from tests.web.reception import Console, Person, console, person
from tracking.attribute import attribute
from tracking.leasing import Terms
from tracking.sources import Source
from tracking.visitors import Ask, give, hashed
from web.patients_pages import numbers_of

OTHER = "+48501000777"
POOL = "+48221234601"


async def post(who: Person, path: str, **fields: str) -> tuple[int, str]:
    return await who.post(path, **fields)


def missed_or_answered(made: Console, call: str, when: str, *outcome: str, number: str = PATIENT) -> None:
    """Let somebody ring, and be known by their number."""
    made.calls.inbound(call, when, *outcome, number=number)
    with made.store.write() as tx:
        tx.run("call_patients_link", pbx="main", call=call, number=number)


def appointment(made: Console, ref: str, patient: str, start_ms: int, **rest: object) -> None:
    with made.store.write() as tx:
        insert(tx, "appointment", ref=ref, patient=patient, start_ms=start_ms, local_day="2026-11-24",
               status="booked", location="", doctor="dr Maj", imported_ms=made.now, **rest)


async def test_patients_are_found_by_a_name_in_any_script_and_by_digits(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        assert "No patients are known yet" in await anna.text("/patients")
        made.patient("P1", "Łukasz Żółty", PATIENT, folded="lukasz zolty")
        made.patient("P2", "Мария Иванова", OTHER, folded="мария иванова")
        assert "2 patients are known" in await anna.text("/patients")
        for text in ("zolty luk", "501000206"[-4:]):
            found = await anna.text(f"/patients?q={quote(text)}")
            assert "Łukasz Żółty" in found
            assert "Мария" not in found
        assert "Мария Иванова" in await anna.text(f"/patients?q={quote('мар')}")
        assert "Nobody matches “xyz”" in await anna.text("/patients?q=xyz")
        assert ("anna", "looked", "patient", "P2") in made.audit()


async def test_a_card_tells_how_the_patient_found_the_clinic(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Anna Nowak", PATIENT)
        assert "How they found us" not in await anna.text("/patients/P1")
        with made.store.write() as tx:
            number(tx, POOL)
            source = Source("google", "cpc", "Implants", click_ids=(("gclid", "Cj0KCQ-1"),))
            given = give(tx, Ask("clinic.example", source, "2026-11-23", at("08:00"), hashed("k"), page="/implants"),
                         Terms())
        assert given.did == POOL
        made.calls.inbound("1.0", "08:05", number=PATIENT, did=POOL)
        with made.store.write() as tx:
            call = tx.one("call_get", pbx="main", id="1.0")
            assert call is not None
            assert attribute(tx, call, now_ms=made.now).rule == "visitor"
        appointment(made, "A1", "P1", at("16:00"), created_ms=at("09:00"))
        text = await anna.text("/patients/P1")
        way = text[text.index("How they found us") :]
        parts = ("Visit to the site", "clinic.example/implants", "google / cpc / Implants", "awareness, search", "Call",
                 "choice", "Appointment", "care", "Which source gets the credit?", "100 %")
        places = [way.find(part) for part in parts]
        assert -1 not in places
        assert places == sorted(places)
        assert "no appointment yet" not in way
        assert "How they found us" not in await anna.text("/patients/P1?before=1~call~main~x")


async def test_a_card_tells_everything_in_order_a_page_at_a_time(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P 1/2", "Anna Nowak", PATIENT)
        made.patient("P2", "Kuba Nowak", PATIENT, birth_year=2019, guardian_ref="P 1/2")
        missed_or_answered(made, "1.0", "08:30", "answered")
        missed_or_answered(made, "1.1", "09:00")
        await anna.post("/calls/main:1.0/note", topic="results", comment="rings again", patient="P2")
        appointment(made, "A1", "P 1/2", at("16:00"))
        text = await anna.text(f"/patients/{quote('P 1/2', safe='')}")
        parts = ("dr Maj", "Callback", 'href="/calls/main:1.1"', 'href="/calls/main:1.0"')
        places = [text.find(part) for part in parts]
        assert -1 not in places
        assert places == sorted(places)
        for part in ("about Kuba Nowak", "rings again", "Results", "still open", "Appointments as of"):
            assert part in text, part
        assert ("anna", "looked", "patient", "P 1/2") in made.audit()
        for number in range(60):
            appointment(made, f"B{number}", "P2", at("11:00") + number)
        first = await anna.text("/patients/P2")
        older = first.split("?before=")[1].split('"')[0]
        second = await anna.text(f"/patients/P2?before={older}")
        assert first.count("is-appointment") == 40
        assert second.count("is-appointment") == 20
        assert (await anna.get("/patients/nobody")).status == 404
        assert (await anna.get("/patients/P2?before=1~x~y")).status == 200


async def test_a_correction_is_stored_shown_and_audited_without_what_it_says(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Anna Nowak", PATIENT)
        same = {"name": "Anna Maj", "numbers": "22 123 45 67\n501 000 206", "birth_year": "1985", "language": "PL",
                "email": "a@maj.example", "consent_marketing": "no", "consent_channels": "", "consent_recording": "yes"}
        assert await anna.post("/patients/P1/edit", **same) == (204, "")
        with made.store.read() as tx:
            row = tx.one("patient_get", ref="P1")
            assert row is not None
            assert (row["name"], row["birth_year"], row["language"], row["consent_recording"]) == (
                "Anna Maj", 1985, "pl", "yes")
            assert [found["number"] for found in tx.all("patient_numbers", ref="P1")] == ["+48221234567", PATIENT]
        assert "Anna Nowak" in await anna.text("/patients/P1"), "what the clinic's system said stays known"
        assert "Maj" not in str(made.rows("audit"))
        for changes, said in (({"numbers": "12"}, "“12” is no phone number"), ({"name": " "}, "needs a name"),
                              ({"birth_year": "3000"}, "is no year"), ({"email": "anna"}, "e-mail address is none")):
            status, told = await anna.post("/patients/P1/edit", **{**same, **changes})
            assert (status, said in told) == (409, True), told


async def test_two_records_become_one_and_are_taken_apart(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna, \
            person(made, "ewa", "102", "manager") as ewa:
        made.patient("P1", "Anna Nowak", PATIENT)
        made.patient("P2", "Ania Nowak", OTHER, folded="ania nowak", birth_year=1985)
        missed_or_answered(made, "1.0", "08:30", "answered", number=OTHER)
        assert (await anna.get("/patients/P1/merge")).status == 403
        assert (await anna.post("/patients/P1/merge", **{"with": "P2"}))[0] == 403
        assert "Ania Nowak" in await ewa.text("/patients/P1/merge?q=ania")
        seen = await ewa.text("/patients/P1/merge?with=P2")
        assert "becomes part of it" in seen
        assert (await ewa.post("/patients/P1/merge", **{"with": "P1"}))[0] == 409
        await ewa.post("/patients/P1/merge", **{"with": "P2"})
        answer = await ewa.get("/patients/P2")
        assert (answer.status, answer.headers["Location"]) == (303, "/patients/P1")
        text = await ewa.text("/patients/P1")
        assert 'href="/calls/main:1.0"' in text
        assert "Record P2 was merged into this one" in text
        assert await ewa.post("/patients/P1/unmerge", merge="1") == (204, "")
        assert "Ania Nowak" in await ewa.text("/patients/P2")
        assert (await ewa.post("/patients/P1/unmerge", merge="1"))[0] == 409
        assert (await ewa.post("/patients/P2/unmerge", merge="1"))[0] == 404
        assert [row[:4] for row in made.audit() if row[1] == "changed"] == [("ewa", "changed", "patient", "P1")] * 2


@pytest.mark.parametrize("roles", ["marketer", "admin"])
async def test_who_sees_no_patients_sees_none_here(tmp_path: Path, roles: str) -> None:
    async with console(tmp_path) as made, person(made, "max", "", roles) as max_:
        made.patient("P1", "Anna Nowak", PATIENT)
        for path in ("/patients?q=anna", "/patients/P1", "/patients/P1/merge"):
            assert (await max_.get(path)).status == 403
        assert (await max_.post("/patients/P1/edit", name="X"))[0] == 403


async def test_hostile_names_and_refs_are_text(tmp_path: Path) -> None:
    hostile = '"><img src=x onerror=alert(1)>/../{{7*7}}'
    async with console(tmp_path) as made, person(made, "ewa", "101", "manager") as ewa:
        made.patient(hostile, hostile, PATIENT, folded="img src")
        for path in ("/patients?q=img", f"/patients/{quote(hostile, safe='')}",
                     f"/patients/{quote(hostile, safe='')}/merge?q=img"):
            text = await ewa.text(path)
            assert "<img" not in text, path


def test_numbers_keep_their_order_and_a_relatives_number_stays_one() -> None:
    known = (Number("+48501000101", "501000101"), Number("+48501000102", "501000102", "contact"))
    found = numbers_of(["501 000 102", "", "22 123 45 67", "+48 501 000 102"], "PL", known)
    assert [(number.number, number.source) for number in found] == [("+48501000102", "contact"), ("+48221234567", "")]
    with pytest.raises(EditError, match="too many"):
        numbers_of([f"5010001{number:02}" for number in range(13)], "PL", ())
