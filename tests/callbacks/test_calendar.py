"""Callbacks as calendar tasks, read back with a library that is not ours."""

from datetime import UTC, datetime
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.calendar import WIDTH, Calendar, escaped, folded, to_ics
from tests.callbacks.clinic import PATIENT, at

NOW = at("10:20")
HERE = Calendar("Przychodnia; Pod, Lipami", "pl", NOW)
ROW: dict[str, Any] = {
    "id": 7, "number": PATIENT, "location": "", "kind": "missed", "state": "open", "opened_ms": at("10:00"),
    "due_ms": at("10:15"), "snoozed_until_ms": None, "priority": 0, "closed_ms": None, "closed_why": None,
}  # fmt: skip


def tasks(*rows: dict[str, Any], calendar: Calendar = HERE) -> list[Any]:
    """Write rows and read them back."""
    return list(icalendar.Calendar.from_ical(to_ics(rows, calendar)).walk("VTODO"))


def moment(text: str) -> datetime:
    return datetime.fromtimestamp(at(text) // 1000, UTC)


def test_a_task_says_whom_to_ring_and_when_and_nothing_else() -> None:
    (task,) = tasks(ROW)
    assert str(task["SUMMARY"]) == f"Oddzwonić {PATIENT}"
    assert task["DUE"].dt == moment("10:15")
    assert task["DTSTAMP"].dt == moment("10:20")
    assert (str(task["STATUS"]), task["PRIORITY"]) == ("NEEDS-ACTION", 5)
    assert task["CATEGORIES"].cats == ["CALLBACK", "MISSED"]
    assert str(task["URL"]) == f"tel:{PATIENT}"
    assert set(task.keys()) == {
        "UID", "DTSTAMP", "CREATED", "DUE", "SUMMARY", "STATUS", "PRIORITY", "CATEGORIES", "URL",
    }


@pytest.mark.parametrize(("changes", "status"), [
    ({"state": "claimed"}, "IN-PROCESS"),
    ({"state": "closed", "closed_why": "reached", "closed_ms": at("10:18")}, "COMPLETED"),
    ({"state": "closed", "closed_why": "manual", "closed_ms": at("10:18")}, "COMPLETED"),
    ({"state": "closed", "closed_why": "expired", "closed_ms": at("10:18")}, "CANCELLED"),
])
def test_the_status_follows_the_callback(changes: dict[str, Any], status: str) -> None:
    (task,) = tasks(ROW | changes)
    assert str(task["STATUS"]) == status
    assert ("COMPLETED" in task) == (status == "COMPLETED")


@pytest.mark.parametrize(("priority", "shown"), [(0, 5), (5, 4), (15, 3), (60, 2), (110, 1)])
def test_the_most_urgent_comes_first_in_any_calendar(priority: int, shown: int) -> None:
    assert tasks(ROW | {"priority": priority})[0]["PRIORITY"] == shown


def test_what_sleeps_is_due_when_it_wakes() -> None:
    assert tasks(ROW | {"snoozed_until_ms": at("14:30")})[0]["DUE"].dt == moment("14:30")


def test_a_task_keeps_its_identity_and_two_never_share_one() -> None:
    first, second = tasks(ROW, ROW | {"id": 8})
    (again,) = tasks(ROW | {"state": "claimed"})
    assert first["UID"] == again["UID"] != second["UID"]


def test_an_empty_queue_is_a_calendar_without_tasks() -> None:
    assert tasks() == []


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\n,;\\:\""), max_size=200))
def test_any_text_survives_escaping_and_folding(text: str) -> None:
    written = to_ics([ROW | {"location": "x" + text}], Calendar(text, "ru", NOW))
    assert "\n" not in written.replace("\r\n", "")
    for line in written.split("\r\n"):
        assert len(line.encode()) <= WIDTH
    (task,) = icalendar.Calendar.from_ical(written).walk("VTODO")
    assert str(task["LOCATION"]) == "x" + text


def test_what_is_no_text_is_left_out() -> None:
    assert escaped("a\x00\x1b\r\nb\rc\udc80") == "a\\nb\\nc?"


def test_a_line_is_never_cut_inside_a_character() -> None:
    line = "SUMMARY:" + "ż" * 100
    pieces = folded(line).removesuffix("\r\n").split("\r\n")
    assert len(pieces) > 1
    assert all(len(piece.encode()) <= WIDTH for piece in pieces)
    assert "".join([pieces[0], *(piece[1:] for piece in pieces[1:])]) == line
