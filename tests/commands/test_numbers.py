"""`callward numbers`, as a person types it."""

from pathlib import Path

import pytest

from tests.commands.clinic import Clinic


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


def test_a_newcomer_is_told_what_to_do(clinic: Clinic) -> None:
    assert "There are no tracked numbers yet; import them with" in clinic.text("numbers", "list")
    assert clinic.json("numbers", "list") == []


def test_numbers_are_imported_and_listed_with_their_campaigns(clinic: Clinic) -> None:
    assert "8 rows; added 8, changed 0, unchanged 0." in clinic.text("numbers", "import", "numbers.csv")
    text = clinic.text("numbers", "list")
    assert "22 123 45 04" in text
    assert "billboard / offline / Billboard autumn" in text
    assert clinic.json("numbers", "list")[3] == {
        "id": 4, "did": "+48221234504", "label": "Billboard Marszałkowska", "source": "billboard", "medium": "offline",
        "campaign": "Billboard autumn", "valid_from": "2026-09-01", "valid_to": "2026-12-31", "location": "Centrum",
        "kind": "static", "destination": None,
    }  # fmt: skip


def test_the_numbers_of_one_day_are_listed(clinic: Clinic) -> None:
    clinic.run("numbers", "import", "numbers.csv")
    assert len(clinic.json("numbers", "list", "--on", "2026-11-15")) == 8
    assert len(clinic.json("numbers", "list", "--on", "2026-08-15")) == 6
    assert "No number was assigned on 2020-01-01" in clinic.text("numbers", "list", "--on", "2020-01-01")
    assert "is not a day" in clinic.text("numbers", "list", "--on", "soon", status=2)


def test_a_list_is_paged(clinic: Clinic) -> None:
    clinic.run("numbers", "import", "numbers.csv")
    assert "add --offset 3." in clinic.text("numbers", "list", "--limit", "3")
    assert len(clinic.json("numbers", "list", "--limit", "3", "--offset", "6")) == 2
    assert clinic.text("numbers", "list", "--offset", "8") == "There are no more.\n"


def test_an_overlap_is_refused_with_both_named_and_status_1(clinic: Clinic) -> None:
    header = "did,label,source,medium,campaign,valid_from,valid_to\n"
    rows = "22 123 45 01,A,google,cpc,A,2026-01-01,\n22 123 45 01,B,google,cpc,B,2026-06-01,\n"
    text = clinic.text("numbers", "import", clinic.write("n.csv", header + rows), status=1)
    assert 'line 3 (from 2026-06-01 on) overlaps line 2 "A" (from 2026-01-01 on) on +48221234501' in text
    assert "n.rejected.csv" in text
    result = clinic.json("numbers", "import", "n.csv", status=1)
    assert (result["unchanged"], result["not_imported"]) == (1, 1)


def test_a_location_that_the_settings_do_not_name_is_refused(clinic: Clinic) -> None:
    with (clinic.folder / "clinic.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[[location]]\nname = "Centrum"\nhours = { mon = "08:00-18:00" }\n')
    header = "did,source,medium,valid_from,location\n"
    rows = "22 123 45 01,google,cpc,2026-01-01,Centum\n22 123 45 02,google,cpc,2026-01-01,Centrum\n"
    text = clinic.text("numbers", "import", clinic.write("n.csv", header + rows), status=1)
    assert 'line 2, location: "Centum" is not a location of the settings; there are "Centrum".' in text
    assert [row["location"] for row in clinic.json("numbers", "list")] == ["Centrum"]


def test_a_number_is_given_moved_and_ended_with_its_history(clinic: Clinic) -> None:
    clinic.text("campaigns", "add", "billboard", "offline", "Bridge")
    clinic.text("campaigns", "add", "leaflet", "offline", "Spring")
    first = clinic.text("numbers", "add", "22 123 45 77", "--campaign", "Bridge", "--from", "2026-09-01", "--as", "Ewa")
    assert "+48221234577 belongs to billboard / offline / Bridge from 2026-09-01 on (assignment 1)." in first
    assert "campaigns recompute --from 2026-09-01" in first
    assert "end one of them" in clinic.text("numbers", "add", "+48221234577", "--campaign", "Spring", status=1)
    clinic.text("numbers", "assign", "+48221234577", "Spring", "--from", "2026-11-01")
    said = clinic.text("numbers", "end", "2", "--on", "2027-06-30")
    assert said == "+48221234577: assignment 2 to leaflet / offline / Spring ends on 2027-06-30.\n"
    known = clinic.json("numbers", "list", "--history", "+48221234577")
    assert [(one["source"], one["valid_to"]) for one in known["assignments"]] == [
        ("billboard", "2026-10-31"), ("leaflet", "2027-06-30"),
    ]
    assert known["changes"][0]["author"] == "Ewa"
    assert "assignment 1 ends on 2026-10-31" in clinic.text("numbers", "list", "--history", "+48221234577")
    assert "is withdrawn" in clinic.text("numbers", "withdraw", "2", "--because", "typed wrong")
    assert "has never been a tracked number" in clinic.text("numbers", "list", "--history", "+48221234578")
    assert "Only a number of kind main" in clinic.text("numbers", "add", "+48221234578", status=1)
