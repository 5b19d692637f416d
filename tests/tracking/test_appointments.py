"""Appointments are imported from the clinic's own table, on every engine there is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients.importing import Options, import_patients
from patients.tables import Source
from store import Row, Store, open_store
from tests.store.conftest import postgres, url
from tracking.appointments import Appointments, Reading, import_appointments, list_appointments
from tracking.moments import Clock, local_day, read_moment

WARSAW = ZoneInfo("Europe/Warsaw")
CLOCK = Clock(WARSAW)
NOW = 1_795_400_000_000
HEADER = (
    "appointment_ref,patient_ref,created_at,start_at,status,service,doctor,value,currency,location,cancelled_at,"
    "channel,source,medium,campaign\n"
)
__all__ = ["postgres", "url"]
Table = Callable[..., Path]


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def read(store: Store, file: Path, region: str = "PL", clock: Clock = CLOCK) -> Appointments:
    return import_appointments(store, Source(file, region), Reading(clock, region, NOW))


def listed(store: Store, on: str | None = None) -> list[Row]:
    with store.read() as tx:
        return list_appointments(tx, on=on, limit=100)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def counts(result: Appointments) -> tuple[int, int, int, int]:
    table = result.table
    return table.added, table.changed, table.unchanged, table.not_imported


def test_a_row_is_kept_as_it_says(store: Store, table: Table) -> None:
    row = ("A-1,P-1002,2026-11-23 09:05,2026-11-24 10:15,booked,Consultation,Dr Maj,249.90,pln,Centrum,,phone,"
           "Google,CPC,Implants\n")  # fmt: skip
    assert counts(read(store, table(HEADER + row))) == (1, 0, 0, 0)
    assert listed(store) == [{
        "ref": "A-1", "patient": "P-1002", "created_ms": utc("2026-11-23T08:05"), "start_ms": utc("2026-11-24T09:15"),
        "local_day": "2026-11-24", "status": "booked", "service": "Consultation", "doctor": "Dr Maj",
        "value_minor": 24990, "currency": "PLN", "location": "Centrum", "cancelled_ms": None, "channel": "phone",
        "source": "google", "medium": "cpc", "campaign": "Implants", "imported_ms": NOW, "patient_name": None,
    }]  # fmt: skip


def test_the_clinics_own_words_delimiter_and_encoding_are_read(store: Store, table: Table) -> None:
    head = "Nr wizyty;Nr pacjenta;Termin;Stan;Lekarz;Cena;Waluta;Kanał\n"
    text = head + "1;P-1;24.11.2026 10:15;Odwołana;Żak;1 200,50;PLN;Recepcja\n"
    assert counts(read(store, table(text, encoding="cp1250"))) == (1, 0, 0, 0)
    row = listed(store)[0]
    assert (row["status"], row["doctor"], row["value_minor"], row["channel"]) == ("cancelled", "Żak", 120050, "desk")
    assert row["created_ms"] is None


def test_the_same_file_again_changes_nothing_and_a_vanished_row_stays(store: Store, table: Table) -> None:
    first, second = "A-1,P-1,,2026-11-24 10:15,booked\n", "A-2,P-1,,2026-11-25 10:15,booked\n"
    head = "appointment_ref,patient_ref,created_at,start_at,status\n"
    assert counts(read(store, table(head + first + second))) == (2, 0, 0, 0)
    assert counts(read(store, table(head + first + second))) == (0, 0, 2, 0)
    assert counts(read(store, table(head + second.replace("booked", "no-show")))) == (0, 1, 0, 0)
    assert [(row["ref"], row["status"]) for row in listed(store)] == [("A-1", "booked"), ("A-2", "noshow")]


def test_bad_rows_are_written_beside_with_line_and_reason(store: Store, table: Table) -> None:
    rows = (
        "A-1,P-1,,2026-11-24 10:15,booked,,,,,,,,,,\n"
        ",P-1,,2026-11-24 10:15,booked,,,,,,,,,,\n"
        "A-3,,,2026-11-24 10:15,booked,,,,,,,,,,\n"
        "A-4,P-1,,tomorrow,booked,,,,,,,,,,\n"
        "A-5,P-1,,2026-11-24,booked,,,,,,,,,,\n"
        "A-6,P-1,,2026-11-24 10:15,perhaps,,,,,,,,,,\n"
        "A-7,P-1,,2026-11-24 10:15,booked,,,12.3456,PLN,,,,,,\n"
        "A-8,P-1,,2026-11-24 10:15,booked,,,12,,,,,,,\n"
        "A-1,P-1,,2026-11-24 12:15,booked,,,,,,,,,,\n"
        "A-9,P-1,soon,2026-11-24 10:15,booked,,,,,,,,,,\n"
    )
    file = table(HEADER + rows, name="appointments.csv")
    result = read(store, file)
    assert counts(result) == (1, 0, 0, 9)
    assert [(problem.line, problem.column) for problem in result.table.problems] == [
        (3, "appointment_ref"), (4, "patient_ref"), (5, "start_at"), (6, "start_at"), (7, "status"), (8, "value"),
        (9, "currency"), (10, "appointment_ref"), (11, "created_at"),
    ]  # fmt: skip
    assert "write one of proposed, booked, arrived, fulfilled, noshow, cancelled" in result.table.problems[4].reason
    assert result.table.rejected == file.with_name("appointments.rejected.csv")
    assert "A-6" in file.with_name("appointments.rejected.csv").read_text("utf-8-sig")
    assert [row["ref"] for row in listed(store)] == ["A-1"]


def test_a_refused_row_corrected_is_taken(store: Store, table: Table) -> None:
    head = "appointment_ref,patient_ref,start_at\n"
    refused = read(store, table(head + "A-1,P-1,soon\n"))
    assert refused.table.rejected is not None
    text = refused.table.rejected.read_text("utf-8-sig").replace("soon", "2026-11-24 10:15")
    assert counts(read(store, table(text, name="corrected.csv"))) == (1, 0, 0, 0)


def test_appointments_of_unknown_patients_are_kept_and_counted(store: Store, table: Table) -> None:
    known = table("patient_ref,name,phones\nP-1,Anna Żak,501 000 206\n", name="patients.csv")
    import_patients(store, Source(known, "PL"), Options(NOW))
    rows = "A-1,P-1,2026-11-24 10:15\nA-2,P-2,2026-11-24 10:30\n"
    result = read(store, table("appointment_ref,patient_ref,start_at\n" + rows))
    assert (result.strangers, result.first_strangers) == (1, ("A-2",))
    assert [row["patient_name"] for row in listed(store)] == ["Anna Żak", None]


def test_the_appointments_of_one_local_day_are_listed_by_time(store: Store, table: Table) -> None:
    rows = "A-1,P-1,2026-11-24 23:30\nA-2,P-1,2026-11-24 08:00\nA-3,P-1,2026-11-25 00:10\n"
    read(store, table("appointment_ref,patient_ref,start_at\n" + rows))
    assert [row["ref"] for row in listed(store, "2026-11-24")] == ["A-2", "A-1"]
    assert [row["ref"] for row in listed(store, "2026-11-25")] == ["A-3"]


def test_a_location_in_another_zone_has_its_own_day(store: Store, table: Table) -> None:
    clock = Clock(WARSAW, {"Lisboa": ZoneInfo("Europe/Lisbon")})
    read(store, table("appointment_ref,patient_ref,start_at,location\nA-1,P-1,2026-11-24 23:30,Lisboa\n"), clock=clock)
    row = listed(store)[0]
    assert (row["start_ms"], row["local_day"]) == (utc("2026-11-24T23:30"), "2026-11-24")


@pytest.mark.parametrize(("text", "moment"), [
    ("2026-11-23 10:15", "2026-11-23T09:15"),
    ("2026-11-23T10:15:30", "2026-11-23T09:15:30"),
    ("2026-11-23T10:15:00.000Z", "2026-11-23T10:15"),
    ("2026-11-23T10:15:00-05:00", "2026-11-23T15:15"),
    ("23.11.2026 10:15", "2026-11-23T09:15"),
    ("23/11/2026, 3:15 PM", "2026-11-23T14:15"),
    ("2026-07-01 12:00 am", "2026-06-30T22:00"),
    # The hour that comes twice is its first occurrence, in summer time; an offset says which.
    ("2026-10-25 02:30", "2026-10-25T00:30"),
    ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30"),
    ("2026-03-29 03:00", "2026-03-29T01:00"),
])  # fmt: skip
def test_times_are_read_as_the_clinics(text: str, moment: str) -> None:
    assert read_moment(text, WARSAW, "PL") == utc(moment)


def test_the_month_comes_first_in_the_us() -> None:
    assert read_moment("11/23/2026 3:15 PM", ZoneInfo("America/Chicago"), "US") == utc("2026-11-23T21:15")


@pytest.mark.parametrize("text", [
    "", "10:15", "2026-11-23", "2026-11-23 25:00", "2026-13-01 10:00", "2026-11-23 13:00 pm",
    "2026-11-23 10:15 or later", "2026-11-23T10:15+99:99",
])  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write it as"):
        read_moment(text, WARSAW, "PL")


def test_a_time_that_the_clock_left_out_is_refused() -> None:
    with pytest.raises(ValueError, match="the change of the clocks leaves out"):
        read_moment("2026-03-29 02:30", WARSAW, "PL")


def test_a_day_alone_is_its_first_moment_where_that_will_do() -> None:
    assert read_moment("2026-11-23", WARSAW, "PL", day_alone=True) == utc("2026-11-22T23:00")


@given(st.integers(min_value=1_577_836_800, max_value=2_051_222_400))
def test_a_written_time_with_its_offset_is_read_back(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, WARSAW)
    ms = read_moment(at.isoformat(), WARSAW, "PL")
    assert ms == int(at.timestamp() * 1000)
    assert local_day(ms, WARSAW) == at.date().isoformat()
