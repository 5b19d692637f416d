"""Appointments come from tables, calendars, a FHIR server and a watched folder, and each knows its system."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patients import PatientsError
from patients.fhir import FhirError, Server
from patients.tables import Source
from store import Row, Store, open_store
from tests.patients.fhir_server import Hospital, instant, running
from tests.tracking.booking import ANNA, BORYS, CLOCK, at, call, calls_of, patient
from tracking.appointments import Appointments, Reading, age_of, ages, import_appointments, list_appointments
from tracking.appointments_fhir import pull
from tracking.appointments_ical import import_calendar
from tracking.appointments_pull import Pull, Sources, watch
from tracking.appointments_put import match_again

NOW = at("12:00")
Table = Callable[..., Path]
HEAD = "appointment_ref,patient_ref,start_at,status\n"


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        with opened.write() as tx:
            patient(tx, "P-1", "Anna Żak", ANNA, born="1980-02-29")
            patient(tx, "P-2", "Borys Żak", BORYS)
            patient(tx, "P-3", "Celina Żak", BORYS)
        yield opened


def read(store: Store, file: Path, now: int = NOW, **how: object) -> Appointments:
    return import_appointments(store, Source(file, "PL"), Reading(CLOCK, "PL", now, **how))  # type: ignore[arg-type]


def calendar(store: Store, file: Path, now: int = NOW, **how: object) -> Appointments:
    return import_calendar(store, file, Reading(CLOCK, "PL", now, "", **how))  # type: ignore[arg-type]


def listed(store: Store, *, unmatched: bool = False) -> list[Row]:
    with store.read() as tx:
        return list_appointments(tx, unmatched=unmatched, limit=100)


def events(*bodies: str, head: str = "X-WR-CALNAME:Dr Maj\n") -> str:
    parts = "".join(f"BEGIN:VEVENT\n{body}END:VEVENT\n" for body in bodies)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//clinic//calendar\n{head}{parts}END:VCALENDAR\n"


def counts(result: Appointments) -> tuple[int, int, int, int]:
    table = result.table
    return table.added, table.changed, table.unchanged, table.not_imported


# -- whose appointment it is -------------------------------------------------------------------------------------------


def test_a_patient_is_found_by_number_or_by_name_and_birth_date_only_when_nobody_else_may_be_meant(
    store: Store, table: Table
) -> None:
    head = "appointment_ref,phone,name,birth_date,start_at\n"
    rows = (
        "A-1,501 000 206,,,2026-11-24 10:00\n"
        "A-2,501 000 207,,,2026-11-24 11:00\n"
        "A-3,501 000 207,celina zak,,2026-11-24 12:00\n"
        "A-4,,Anna Żak,29.02.1980,2026-11-24 13:00\n"
        "A-5,,Anna Żak,1.03.1980,2026-11-24 14:00\n"
    )
    result = read(store, table(head + rows))
    assert [(row["ref"], row["patient"]) for row in listed(store)] == [
        ("A-1", "P-1"), ("A-2", ""), ("A-3", "P-3"), ("A-4", "P-1"), ("A-5", ""),
    ]  # fmt: skip
    assert result.first_strangers == ("A-2", "A-5")
    assert [row["ref"] for row in listed(store, unmatched=True)] == ["A-2", "A-5"]
    with store.read() as tx:
        kept = [tx.one("appointment_origin_get", ref=ref) for ref in ("A-1", "A-5")]
    assert [row and (row["number"], row["name"], row["birth_date"]) for row in kept] == [
        (None, None, None), (None, "Anna Żak", "1980-03-01"),
    ]  # fmt: skip


def test_an_appointment_finds_its_patient_once_that_one_is_known(store: Store, table: Table) -> None:
    read(store, table("appointment_ref,phone,start_at\nA-1,501 000 300,2026-11-24 10:00\n"))
    with store.write() as tx:
        assert match_again(tx) == 0
        patient(tx, "P-9", "Nowy Pacjent", "+48501000300")
        assert match_again(tx) == 1
        assert match_again(tx) == 0
        kept = tx.one("appointment_origin_get", ref="A-1")
    assert listed(store)[0]["patient"] == "P-9"
    assert kept is not None
    assert (kept["matched"], kept["number"]) == ("number", None)


def test_a_table_that_says_nothing_of_patients_is_refused_in_a_sentence(store: Store, table: Table) -> None:
    with pytest.raises(PatientsError, match="no column tells the patient; say which does with"):
        read(store, table("appointment_ref,start_at\nA-1,2026-11-24 10:00\n"))


# -- what a complete file says by leaving out --------------------------------------------------------------------------


def test_a_vanished_row_is_cancelled_only_by_a_file_that_says_it_is_complete(store: Store, table: Table) -> None:
    first, second, third = (f"A-{n},P-1,2026-11-2{n + 3} 10:00,booked\n" for n in (1, 2, 3))
    read(store, table(HEAD + first + second + third))
    assert read(store, table(HEAD + first + third), NOW + 1).vanished == ()
    result = read(store, table(HEAD + first + third), NOW + 2, complete=True)
    assert result.vanished == ("A-2",)
    assert [(row["ref"], row["status"], row["cancelled_ms"]) for row in listed(store)] == [
        ("A-1", "booked", None), ("A-2", "cancelled", NOW + 2), ("A-3", "booked", None),
    ]  # fmt: skip
    assert read(store, table(HEAD + first + second + third), NOW + 3, complete=True).table.changed == 1
    assert [row["status"] for row in listed(store)] == ["booked"] * 3


def test_a_complete_file_cancels_nothing_beyond_its_days_nor_of_the_past_nor_of_another_system(
    store: Store, table: Table
) -> None:
    past, near, far = "A-1,P-1,2026-11-20 10:00,booked\n", "A-2,P-1,2026-11-25 10:00,booked\n", (
        "A-3,P-1,2026-12-24 10:00,booked\n")  # fmt: skip
    read(store, table(HEAD + past + near + far))
    read(store, table(HEAD + "B-1,P-1,2026-11-24 10:00,booked\n"), NOW + 1, name="other")
    only = HEAD + "A-4,P-1,2026-11-19 10:00,booked\nA-5,P-1,2026-11-30 10:00,booked\n"
    assert read(store, table(only), NOW + 2, complete=True).vanished == ("A-2",)


def test_a_complete_file_with_refused_rows_cancels_nothing(store: Store, table: Table) -> None:
    read(store, table(HEAD + "A-1,P-1,2026-11-25 10:00,booked\n"))
    text = HEAD + "A-2,P-1,2026-11-24 10:00,booked\nA-3,P-1,2026-11-26 10:00,booked\nA-1,P-1,soon,booked\n"
    result = read(store, table(text), NOW + 1, complete=True)
    assert result.vanished == ()
    assert result.incomplete.startswith("Nothing was cancelled for being absent")


def test_how_old_the_data_is_is_known_for_each_system(store: Store, table: Table) -> None:
    with store.read() as tx:
        assert (ages(tx), age_of(tx)) == ([], None)
    read(store, table(HEAD + "A-1,P-1,2026-11-25 10:00,booked\n"))
    read(store, table(HEAD + "B-1,P-1,2026-11-25 10:00,booked\n"), NOW + 5, name="other")
    read(store, table(HEAD + "A-1,P-1,2026-11-25 10:00,booked\n"), NOW + 9)
    with store.read() as tx:
        assert [(age.source, age.at_ms, age.rows) for age in ages(tx)] == [("table", NOW + 9, 1), ("other", NOW + 5, 1)]
        assert age_of(tx) == NOW + 5


# -- calendars ---------------------------------------------------------------------------------------------------------

VISIT = (
    "UID:v-1@clinic\nSEQUENCE:1\nCREATED:20261123T091000Z\nDTSTART;TZID=Europe/Warsaw:20261124T101500\n"
    "STATUS:CONFIRMED\nATTENDEE;CN=Anna Żak:tel:+48501000206\nORGANIZER;CN=Dr Maj:mailto:maj@clinic.example\n"
)


def test_an_event_is_an_appointment(store: Store, table: Table) -> None:
    file = table(events(VISIT), name="maj.ics")
    assert counts(calendar(store, file)) == (1, 0, 0, 0)
    row = listed(store)[0]
    assert (row["ref"], row["patient"], row["created_ms"], row["start_ms"], row["status"], row["doctor"]) == (
        "v-1@clinic", "P-1", at("10:10"), at("2026-11-24 10:15"), "booked", "Dr Maj",
    )  # fmt: skip
    assert counts(calendar(store, file)) == (0, 0, 1, 0)
    with store.read() as tx:
        assert [(age.source, age.kind) for age in ages(tx)] == [("Dr Maj", "calendar")]


def test_a_later_revision_changes_an_event_and_an_older_one_does_not(store: Store, table: Table) -> None:
    calendar(store, table(events(VISIT), name="maj.ics"))
    moved = VISIT.replace("SEQUENCE:1", "SEQUENCE:2").replace("T101500", "T111500")
    assert counts(calendar(store, table(events(moved), name="maj.ics"))) == (0, 1, 0, 0)
    assert counts(calendar(store, table(events(VISIT), name="maj.ics"))) == (0, 0, 1, 0)
    cancelled = moved.replace("SEQUENCE:2", "SEQUENCE:3").replace("CONFIRMED", "CANCELLED")
    calendar(store, table(events(cancelled + "LAST-MODIFIED:20261123T110000Z\n"), name="maj.ics"))
    row = listed(store)[0]
    assert (row["start_ms"], row["status"], row["cancelled_ms"]) == (
        at("2026-11-24 11:15"), "cancelled", at("12:00"))  # fmt: skip


def test_a_series_and_an_unknown_zone_are_refused_in_a_sentence_with_the_line(store: Store, table: Table) -> None:
    series = "UID:s@clinic\nDTSTART:20261124T100000Z\nRRULE:FREQ=WEEKLY\n"
    nowhere = "UID:n@clinic\nDTSTART;TZID=Nowhere/Zone:20261124T100000\n"
    holiday = "UID:h@clinic\nDTSTART;VALUE=DATE:20261124\n"
    result = calendar(store, table(events(VISIT, series, nowhere, holiday), name="maj.ics"))
    assert counts(result) == (1, 0, 0, 2)
    assert [(problem.line, problem.column) for problem in result.table.problems] == [(14, "RRULE"), (19, "DTSTART")]
    assert "have each visit exported as an event of its own" in result.table.problems[0].reason
    assert "is not a time zone; write one like Europe/Warsaw" in result.table.problems[1].reason


def test_an_event_that_makes_no_sense_keeps_no_other_from_being_read(store: Store, table: Table) -> None:
    base = "DTSTART:20261124T100000Z\n"
    bad = [f"UID:1\nSEQUENCE:{'9' * 5000}\n{base}", f"UID:2\nSEQUENCE:{'9' * 20}\n{base}",
           f"UID:3\nSEQUENCE:1\nSEQUENCE:2\n{base}", "UID:4\nDTSTART:99991231T235959Z\n",
           "UID:5\nDTSTART:00010101T000000\n", f"UID:6\n{base}{base}"]  # fmt: skip
    twice = f"UID:7\nRECURRENCE-ID:20261124T100000Z\nRECURRENCE-ID:20261124T100000Z\n{base}"
    result = calendar(store, table(events(*bad, twice, VISIT), name="maj.ics"))
    assert counts(result) == (2, 0, 0, 6)
    assert [problem.column for problem in result.table.problems] == ["SEQUENCE"] * 3 + ["DTSTART"] * 3


@pytest.mark.parametrize(("line", "whose"), [
    ("X-PATIENT-REF:P-2\n", "P-2"),
    ("SUMMARY:Wizyta\\, tel. 501 000 206\n", "P-1"),
    ("DESCRIPTION:501 000 206 albo 501 000 207\n", ""),
    ("SUMMARY:Anna\n", ""),
])  # fmt: skip
def test_whose_event_it_is_is_told_by_a_reference_or_the_only_number(
    store: Store, table: Table, line: str, whose: str
) -> None:
    calendar(store, table(events(f"UID:e\nDTSTART:20261124T100000Z\n{line}"), name="maj.ics"))
    assert listed(store)[0]["patient"] == whose


@pytest.mark.parametrize("text", ["", "hello\n", "BEGIN:VCARD\nVERSION:4.0\nFN:Anna\nEND:VCARD\n", "BEGIN:VCALENDAR\n"])
def test_what_is_no_calendar_is_refused_in_a_sentence(store: Store, table: Table, text: str) -> None:
    with pytest.raises(PatientsError, match=r"is not a calendar; export it as iCalendar \(\.ics\), or as CSV\."):
        calendar(store, table(text, name="maj.ics"))


# -- a FHIR server -----------------------------------------------------------------------------------------------------


@pytest.fixture
def hospital() -> Iterator[Hospital]:
    with running(Hospital(clock=NOW // 1000)) as listening:
        yield listening


def visit(hospital: Hospital, ref: str, **changes: object) -> None:
    hospital.put("Appointment", ref, **{
        "status": "booked", "start": "2026-11-24T10:15:00+01:00", "created": "2026-11-23T10:05:00+01:00",
        "comment": "a secret", "serviceType": [{"text": "a secret"}], "participant": [
            {"actor": {"reference": "Practitioner/7", "display": "Dr Maj"}},
            {"actor": {"reference": "Patient/P-1", "display": "Anna"}}]} | changes)  # fmt: skip


def ask(store: Store, hospital: Hospital, now: int = NOW) -> Appointments:
    server = Server(hospital.url, hospital.token, sleep=lambda _: None)
    return pull(store, server, Reading(CLOCK, "PL", now))


def test_a_server_is_read_page_by_page_and_then_only_what_changed(store: Store, hospital: Hospital) -> None:
    for n in range(7):
        visit(hospital, f"a{n}")
    hospital.clock += 600
    assert counts(ask(store, hospital)) == (7, 0, 0, 0)
    asked = len(hospital.asked)
    assert asked == 3
    assert "date=ge2025-11-23" in hospital.asked[0]
    hospital.clock += 600
    visit(hospital, "a3", status="noshow")
    hospital.clock += 600
    assert counts(ask(store, hospital)) == (0, 1, 0, 0)
    assert len(hospital.asked) == asked + 1
    row = next(row for row in listed(store) if row["ref"] == "a3")
    assert (row["patient"], row["status"], row["doctor"], row["service"]) == ("P-1", "noshow", "Dr Maj", None)
    assert "a secret" not in str(listed(store))


def test_a_server_that_does_not_say_when_it_was_made_made_it_when_it_first_told(
    store: Store, hospital: Hospital
) -> None:
    visit(hospital, "a1", created=None)
    first = hospital.clock * 1000
    ask(store, hospital)
    hospital.clock += 900
    visit(hospital, "a1", created=None, status="cancelled")
    ask(store, hospital)
    row = listed(store)[0]
    assert (row["created_ms"], row["status"], row["cancelled_ms"]) == (first, "cancelled", hospital.clock * 1000)


def test_what_cannot_be_an_appointment_is_refused_and_the_rest_is_kept(store: Store, hospital: Hospital) -> None:
    visit(hospital, "a1", start=None)
    visit(hospital, "a2", status="maybe")
    visit(hospital, "a3", participant=[])
    visit(hospital, "a4", meta={"security": [{"code": "R"}]})
    result = ask(store, hospital)
    assert counts(result) == (1, 0, 0, 2)
    assert result.first_strangers == ("a3",)
    assert "of appointment a1 is missing or no instant" in result.table.problems[0].reason


def test_a_server_that_is_down_is_a_sentence_and_what_was_known_keeps_its_age(store: Store, hospital: Hospital) -> None:
    visit(hospital, "a1")
    ask(store, hospital)
    hospital.token = "another"
    sources = Sources(CLOCK, "PL", server=Server(hospital.url, "a-token", sleep=lambda _: None))
    for later in (1, 2):
        assert Pull(store, sources).run(NOW + later) == 0
    with store.read() as tx:
        (age,) = ages(tx)
        assert age.at_ms == NOW
        assert age.problem is not None
        assert "refuses the token" in age.problem
        assert tx.value("appointment_file_known", cursor=instant(0)) is None
    with pytest.raises(FhirError, match="refuses the token"):
        pull(store, Server(hospital.url, "a-token"), Reading(CLOCK, "PL", NOW + 3))


# -- a watched folder --------------------------------------------------------------------------------------------------


def put_file(folder: Path, name: str, text: str, when: int) -> None:
    path = folder / name
    path.write_text(text, "utf-8")
    os.utime(path, (when / 1000, when / 1000))


def test_a_file_in_the_folder_is_imported_once_and_again_when_it_changes(store: Store, tmp_path: Path) -> None:
    sources = Sources(CLOCK, "PL", tmp_path)
    put_file(tmp_path, "a.csv", HEAD + "A-1,P-1,2026-11-24 10:00,booked\n", NOW - 60_000)
    put_file(tmp_path, "maj.ics", events(VISIT), NOW - 50_000)
    put_file(tmp_path, "new.csv", HEAD + "A-9,P-1,2026-11-24 10:00,booked\n", NOW)
    put_file(tmp_path, "a.rejected.csv", HEAD + "A-8,P-1,2026-11-24 10:00,booked\n", NOW - 60_000)
    assert watch(store, sources, NOW) == 2
    assert watch(store, sources, NOW + 1) == 0
    put_file(tmp_path, "a.csv", HEAD + "A-1,P-1,2026-11-24 10:00,no-show\n", NOW + 60_000)
    assert watch(store, sources, NOW + 120_000) == 2
    assert {row["ref"]: row["status"] for row in listed(store)} == {
        "A-1": "noshow", "A-9": "booked", "v-1@clinic": "booked",
    }  # fmt: skip


def test_a_file_that_cannot_be_read_is_tried_once_and_told(store: Store, tmp_path: Path) -> None:
    put_file(tmp_path, "bad.csv", "what,is,this\n1,2,3\n", NOW - 60_000)
    sources = Sources(CLOCK, "PL", tmp_path)
    for _ in range(2):
        assert watch(store, sources, NOW) == 0
    with store.read() as tx:
        problem = tx.value("appointment_problem", source="table")
    assert problem is not None
    assert "bad.csv, line 1: no column for appointment_ref" in problem


async def test_what_comes_by_itself_finds_the_call_that_made_it(tmp_path: Path) -> None:
    with open_store(tmp_path / "callward.db") as store:
        with store.write() as tx:
            patient(tx, "P-1", "Anna Żak", ANNA)
            call(tx, "1", "10:00")
        head = "appointment_ref,patient_ref,created_at,start_at\n"
        put_file(tmp_path, "a.csv", head + "A-1,P-1,2026-11-23 10:01,2026-11-24 10:00\n", NOW - 60_000)
        round_ = Pull(store, Sources(CLOCK, "PL", tmp_path))
        assert await round_.once(NOW) == 2
        assert await round_.once(NOW + 1) == 0
        assert calls_of(store) == [("A-1", "1", "talk")]
