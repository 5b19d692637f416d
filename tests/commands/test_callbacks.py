"""`callward callbacks`, as a person types it."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import icalendar
import pytest

from commands.callbacks import due_in_words, length_in_words
from commands.common import App
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, OTHER, at
from tests.callbacks.clinic import Clinic as Reception
from tests.commands.clinic import Clinic
from tests.store.rows import attribution_row, insert


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A clinic where it is 10:20 on a Monday."""
    monkeypatch.setattr(App, "now_ms", lambda self: at("10:20"))
    return Clinic(tmp_path)


@pytest.fixture
def store(clinic: Clinic) -> Iterator[Store]:
    with open_store(clinic.folder / "callward.db") as opened:
        yield opened


@pytest.fixture
def reception(store: Store) -> Reception:
    """What happens at the telephone."""
    return Reception(store, CONTEXT)


@pytest.fixture
def missed(reception: Reception) -> Reception:
    """One caller was missed twice."""
    reception.inbound("1", "10:00")
    reception.inbound("2", "10:05")
    return reception


def test_an_empty_queue_says_what_to_expect(clinic: Clinic) -> None:
    assert "Nobody waits to be rung back." in clinic.text("callbacks", "list")
    assert "There are no callbacks yet" in clinic.text("callbacks", "list", "--all")
    assert clinic.json("callbacks", "list") == []


def test_the_list_says_who_is_to_be_rung_and_when(clinic: Clinic, missed: Reception, store: Store) -> None:
    with store.write() as tx:
        insert(tx, "campaign", id=1, source="billboard", medium="offline", name="Autumn", content=None, location=None)
        insert(tx, "attribution", **attribution_row("3"))
    clinic.run("patients", "import", "patients.csv")
    missed.inbound("3", "10:18", number=OTHER)
    text = clinic.text("callbacks", "list")
    first, second = [line for line in text.splitlines() if "501 000 20" in line]
    assert "overdue 4 min" in first
    assert "×2" in first
    assert "due in 13 min" in second
    assert "billboard / offline / Autumn" in second


def test_the_list_as_json_is_the_documented_shape(clinic: Clinic, missed: Reception) -> None:
    missed.outbound("3", "10:10")
    (document,) = clinic.json("callbacks", "list")
    assert document["missed_calls"] == ["1", "2"]
    assert [(attempt["call"], attempt["by"], attempt["outcome"]) for attempt in document["attempts"]] == [
        ("3", "101", "no_answer"),
    ]
    assert (document["state"], document["closed_why"], document["closed_by_call"]) == ("open", None, None)


def test_closed_callbacks_are_in_the_whole_list_only(clinic: Clinic, missed: Reception) -> None:
    missed.inbound("3", "10:10", "answered")
    assert clinic.json("callbacks", "list") == []
    (document,) = clinic.json("callbacks", "list", "--all")
    assert (document["closed_why"], document["closed_by_call"]) == ("returned", "3")
    assert "returned" in clinic.text("callbacks", "list", "--all")


def test_a_long_list_is_paged(clinic: Clinic, missed: Reception) -> None:
    missed.inbound("3", "10:18", number=OTHER)
    assert "There are more; add --skip 1 for the next page." in clinic.text("callbacks", "list", "--limit", "1")
    assert len(clinic.json("callbacks", "list", "--limit", "1", "--skip", "1")) == 1
    assert clinic.json("callbacks", "list", "--limit", "1", "--skip", "2") == []


def test_a_claim_is_shown_and_respected(clinic: Clinic, missed: Reception) -> None:
    assert "Callback 1 is yours until 10:30" in clinic.text("callbacks", "claim", "1", "--as", "anna")
    assert "anna" in clinic.text("callbacks", "list")
    assert "anna has callback 1 already" in clinic.text("callbacks", "claim", "1", "--as", "piotr", status=1)
    assert "Callback 1 is free again." in clinic.text("callbacks", "release", "1", "--as", "anna")


def test_who_claims_is_the_login_unless_told(
    clinic: Clinic, missed: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "recepcja")
    clinic.text("callbacks", "claim", "1")
    assert clinic.json("callbacks", "list")[0]["claimed_by"] == "recepcja"


def test_comments_and_a_closing_by_hand_keep_their_words(clinic: Clinic, missed: Reception) -> None:
    clinic.text("callbacks", "comment", "1", "Mornings only", "--as", "anna")
    clinic.text("callbacks", "close", "1", "--reason", "Wrote an e-mail", "--as", "anna")
    (document,) = clinic.json("callbacks", "list", "--all")
    assert document["comments"][0]["body"] == "Mornings only"
    assert (document["closed_why"], document["reason"]) == ("manual", "Wrote an e-mail")
    assert "is closed (manual)" in clinic.text("callbacks", "close", "1", "--reason", "again", status=1)
    assert "Missing option '--reason'" in clinic.text("callbacks", "close", "1", status=2)


def test_a_snooze_is_shown(clinic: Clinic, missed: Reception) -> None:
    said = clinic.text("callbacks", "snooze", "1", "--until", "2026-11-23 14:30")
    assert "sleeps until 2026-11-23 14:30" in said
    assert "asleep for 4 h" in clinic.text("callbacks", "list")
    assert "name a later one" in clinic.text("callbacks", "snooze", "1", "--until", "2026-11-20", status=1)


def test_an_answering_machine_opens_it_again(clinic: Clinic, missed: Reception) -> None:
    missed.outbound("3", "10:10", "answered", talk_s=8)
    assert "reached, unconfirmed" in clinic.text("callbacks", "list", "--all")
    assert "is open again" in clinic.text("callbacks", "confirm", "1", "voicemail")
    assert clinic.json("callbacks", "list")[0]["attempts"][0]["outcome"] == "voicemail"


def test_a_closed_callback_is_opened_again(clinic: Clinic, missed: Reception) -> None:
    missed.inbound("3", "10:10", "answered")
    assert "Callback 1 is open again." in clinic.text("callbacks", "reopen", "1", "--as", "anna")
    assert "due now" in clinic.text("callbacks", "list")


def test_a_callback_that_does_not_exist_is_one_sentence(clinic: Clinic, store: Store) -> None:
    said = clinic.text("callbacks", "claim", "9", status=1)
    assert "There is no callback 9; `callward callbacks list --all` shows those there are." in said


@pytest.mark.parametrize(("ms", "words"), [
    (1, "1 min"), (59 * 60_000, "59 min"), (60 * 60_000, "1 h"), (47 * 3_600_000, "47 h"), (48 * 3_600_000, "2 d"),
])
def test_lengths_are_told_in_their_largest_unit(ms: int, words: str) -> None:
    assert length_in_words(ms) == words


def test_a_minute_either_way_is_now() -> None:
    row = {"state": "open", "due_ms": 100_000, "snoozed_until_ms": None}
    assert due_in_words(row, 150_000) == due_in_words(row, 50_000) == "due now"


def test_the_queue_goes_into_any_calendar_and_spreadsheet(clinic: Clinic, missed: Reception) -> None:
    (task,) = icalendar.Calendar.from_ical(clinic.text("callbacks", "list", "--format", "ics")).walk("VTODO")
    assert str(task["SUMMARY"]).endswith("+48501000206")
    said = clinic.text("callbacks", "list", "--format", "csv", "--out", str(clinic.folder / "queue.csv"))
    assert "queue.csv: written; only you can read it." in said
    assert (clinic.folder / "queue.csv").stat().st_mode & 0o777 == 0o600
    (row,) = csv.DictReader(io.StringIO((clinic.folder / "queue.csv").read_text("utf-8"), newline=""))
    assert (row["number"], row["missed"], row["attempts"], row["closed_why"]) == ("+48501000206", "2", "0", "")
    assert clinic.json("callbacks", "list") == json.loads(clinic.text("callbacks", "list", "--format", "json"))
    assert "add --format" in clinic.text("callbacks", "list", "--out", "x", status=2)


def test_what_people_write_runs_nothing_in_a_spreadsheet(clinic: Clinic, missed: Reception) -> None:
    clinic.text("callbacks", "close", "1", "--reason", "=HYPERLINK(1)", "--as", "anna")
    (row,) = csv.DictReader(io.StringIO(clinic.text("callbacks", "list", "--all", "--format", "csv"), newline=""))
    assert row["reason"] == "'=HYPERLINK(1)"


def test_one_callback_tells_its_story(clinic: Clinic, missed: Reception) -> None:
    missed.outbound("3", "10:10")
    clinic.text("callbacks", "comment", "1", "Mornings only", "--as", "anna")
    missed.outbound("4", "10:18", "answered")
    text = clinic.text("callbacks", "show", "1")
    for line in ("they rang, missed (call 1)", "we rang by 101: no answer (call 3)", "anna: Mornings only",
                 "this call closed it by 101: answered (call 4)", "closed: reached"):
        assert line in text
    assert clinic.json("callbacks", "show", "1")["closed_by_call"] == "4"
    assert "There is no callback 9" in clinic.text("callbacks", "show", "9", status=1)


def test_a_claim_is_handed_over(clinic: Clinic, missed: Reception) -> None:
    assert "piotr has not claimed" not in clinic.text("callbacks", "claim", "1", "--as", "anna")
    assert "Callback 1 is piotr's until 10:30" in clinic.text("callbacks", "hand-over", "1", "piotr", "--as", "anna")
    assert "anna has not claimed callback 1" in clinic.text(
        "callbacks", "hand-over", "1", "ewa", "--as", "anna", status=1
    )


def test_callers_who_hid_their_number_are_counted_apart(clinic: Clinic, missed: Reception) -> None:
    missed.inbound("3", "10:10", number=None, withheld=1)
    assert "1 missed in the last 7 days with a withheld number" in clinic.text("callbacks", "list")


def test_in_quiet_hours_nobody_is_rung(
    clinic: Clinic, missed: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "now_ms", lambda self: at("22:30"))
    assert "These are quiet hours: ring from 2026-11-24 08:00 on." in clinic.text("callbacks", "claim", "1")


def test_a_marked_number_is_rung_back_by_nobody(clinic: Clinic, missed: Reception) -> None:
    said = clinic.text("numbers", "mark", "501 000 206", "staff", "--reason", "Dr Maj's mobile", "--as", "anna")
    assert "+48501000206 is staff: nobody is asked to ring it back. Callback 1 is closed." in said
    assert "Dr Maj's mobile" in clinic.text("numbers", "marked")
    assert clinic.json("numbers", "marked")[0]["kind"] == "staff"
    missed.inbound("3", "10:25")
    assert clinic.json("callbacks", "list") == []
    assert "is not marked any more. Callback 2 waits." in clinic.text("numbers", "unmark", "501000206")
    assert "This number is not marked" in clinic.text("numbers", "unmark", "501000206", status=1)
    assert "is not a telephone number" in clinic.text("numbers", "mark", "x", "spam", "--reason", "x", status=2)
    assert "No number is marked." in clinic.text("numbers", "marked")
