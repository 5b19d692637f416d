"""`callward appointments`, as a person types it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.common import App
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, at
from tests.callbacks.clinic import Clinic as Reception
from tests.commands.clinic import Clinic

HEAD = "appointment_ref,patient_ref,created_at,start_at,status,value,currency\n"
BOOKED = "A-1,P-1002,2026-11-23 10:10,2026-11-24 10:15,booked,249.90,PLN\n"
"""P-1002 has the number that rings in these tests."""
STRANGER = "A-2,P-9999,,2026-11-23 16:00,fulfilled,,\n"


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A clinic where it is 10:20 on a Monday."""
    monkeypatch.setattr(App, "now_ms", lambda self: at("10:20"))
    return Clinic(tmp_path)


@pytest.fixture
def store(clinic: Clinic) -> Iterator[Store]:
    with open_store(clinic.folder / "callward.db") as opened:
        yield opened


def test_a_newcomer_is_told_what_to_do(clinic: Clinic) -> None:
    assert "There are no appointments yet; import them with" in clinic.text("appointments", "list")
    assert clinic.json("appointments", "list") == []


def test_appointments_are_imported_and_listed(clinic: Clinic) -> None:
    clinic.run("patients", "import", "patients.csv")
    text = clinic.text("appointments", "import", clinic.write("a.csv", HEAD + BOOKED + STRANGER))
    assert "2 rows; added 2, changed 0, unchanged 0." in text
    assert "Appointments of patients who are not known: 1 (A-2). They are kept;" in text
    listed = clinic.text("appointments", "list")
    assert "Anna Przykładowa" in listed
    assert "249.90 PLN" in listed
    assert "2026-11-23 10:20" in listed
    assert clinic.json("appointments", "list", "--on", "2026-11-24") == [{
        "ref": "A-1", "patient": "P-1002", "patient_known": True, "created_at": "2026-11-23T09:10:00.000Z",
        "start_at": "2026-11-24T09:15:00.000Z", "local_day": "2026-11-24", "status": "booked", "service": None,
        "doctor": None, "value_minor": 24990, "currency": "PLN", "location": None, "cancelled_at": None,
        "channel": None, "source": None, "medium": None, "campaign": None, "imported_at": "2026-11-23T09:20:00.000Z",
    }]  # fmt: skip
    assert "No appointment is known on 2026-12-01" in clinic.text("appointments", "list", "--on", "2026-12-01")


def test_refused_rows_end_with_status_1_and_name_the_line(clinic: Clinic) -> None:
    file = clinic.write("a.csv", HEAD + "A-1,P-1,,soon,booked,,\n")
    assert 'line 2, start_at: "soon" is not a time' in clinic.text("appointments", "import", file, status=1)
    assert clinic.json("appointments", "import", file, status=1)["not_imported"] == 1


def test_an_import_closes_the_callback_of_a_caller_who_booked_meanwhile(clinic: Clinic, store: Store) -> None:
    reception = Reception(store, CONTEXT)
    reception.inbound("1", "10:00")
    clinic.run("patients", "import", "patients.csv")
    file = clinic.write("a.csv", HEAD + BOOKED)
    assert "Callback 1 is closed: an appointment was made." in clinic.text("appointments", "import", file)
    shown = clinic.json("callbacks", "list", "--all")[0]
    assert (shown["closed_why"], shown["reason"]) == ("booked", "appointment A-1 was made")
    again = clinic.json("appointments", "import", file)
    assert (again["unchanged"], again["unknown_patients"], again["callbacks_booked"]) == (1, 0, [])


def test_the_queue_says_who_is_expected_today(clinic: Clinic, store: Store) -> None:
    Reception(store, CONTEXT).inbound("1", "10:00")
    clinic.run("patients", "import", "patients.csv")
    row = BOOKED.replace("2026-11-23 10:10", "").replace("2026-11-24", "2026-11-23")
    clinic.text("appointments", "import", clinic.write("a.csv", HEAD + row))
    assert "expected today" in clinic.text("callbacks", "list")
    assert "expected today" in clinic.text("callbacks", "show", "1")
    assert clinic.json("callbacks", "list")[0]["appointment_on"] == "2026-11-23"


def test_a_calendar_is_imported_and_what_is_absent_from_a_complete_one_is_cancelled(clinic: Clinic) -> None:
    def calendar(*days: str) -> str:
        events = "".join(
            f"BEGIN:VEVENT\nUID:v-{day}\nDTSTART;TZID=Europe/Warsaw:202611{day}T101500\nEND:VEVENT\n" for day in days
        )
        return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x\nX-WR-CALNAME:Dr Maj\n{events}END:VCALENDAR\n"

    file = clinic.write("maj.ics", calendar("24", "25", "26"))
    assert "3 rows; added 3, changed 0, unchanged 0." in clinic.text("appointments", "import", file)
    clinic.write("maj.ics", calendar("24", "26"))
    assert clinic.json("appointments", "import", file)["vanished"] == []
    text = clinic.text("appointments", "import", file, "--complete")
    assert "Cancelled, because the file no longer has them: 1 (v-25)." in text
    listed = clinic.text("appointments", "list", "--unmatched")
    assert "v-24" in listed
    assert "As Dr Maj told it at 2026-11-23 10:20." in listed
    assert "leave out --map and --encoding" in clinic.text(
        "appointments", "import", file, "--encoding", "cp1250", status=2)  # fmt: skip


def test_an_appointment_that_a_call_made_is_told_by_the_import(clinic: Clinic, store: Store) -> None:
    Reception(store, CONTEXT).inbound("1", "10:00", "answered")
    clinic.run("patients", "import", "patients.csv")
    text = clinic.text("appointments", "import", clinic.write("a.csv", HEAD + BOOKED))
    assert "Appointments whose call was found, or is another now: 1." in text
    assert "Call 1 made this appointment." in clinic.text("appointments", "why", "A-1")
