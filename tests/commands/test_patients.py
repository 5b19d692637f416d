"""`callward patients`, as a person types it."""

from pathlib import Path

import pytest

from tests.commands.clinic import Clinic
from tests.patients.fhir_server import Hospital, running


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


def test_a_newcomer_is_told_what_to_do(clinic: Clinic) -> None:
    assert clinic.text("patients", "find", "jan") == (
        "There are no patients yet; import them with `callward patients import FILE`.\n"
    )
    assert clinic.json("patients", "find", "jan") == []


def test_an_import_says_what_it_did_and_may_be_repeated(clinic: Clinic) -> None:
    assert "5 rows; added 5, changed 0, unchanged 0." in clinic.text("patients", "import", "patients.csv")
    assert "5 rows; added 0, changed 0, unchanged 5." in clinic.text("patients", "import", "patients.csv")


def test_a_patient_is_found_by_name_number_and_ref(clinic: Clinic) -> None:
    clinic.run("patients", "import", "patients.csv")
    assert "Łukasz Żółty" in clinic.text("patients", "find", "zolty luk")
    assert [row["ref"] for row in clinic.json("patients", "find", "804")] == ["P-1001", "P-1005"]
    assert clinic.json("patients", "find", "P-1003") == [{
        "ref": "P-1003", "name": "Łukasz Żółty", "numbers": ["+48501000401", "+48225550101"], "birth_year": 1975,
        "language": "pl", "guardian": None,
    }]  # fmt: skip


def test_a_list_is_paged(clinic: Clinic) -> None:
    clinic.run("patients", "import", "patients.csv")
    first = clinic.text("patients", "find", "804", "--limit", "1")
    assert "P-1001" in first
    assert "There may be more; add --offset 1." in first
    assert "P-1005" in clinic.text("patients", "find", "804", "--limit", "1", "--offset", "1")
    assert clinic.text("patients", "find", "804", "--offset", "2") == "There are no more.\n"


def test_nobody_found_says_how_to_search(clinic: Clinic) -> None:
    clinic.run("patients", "import", "patients.csv")
    assert clinic.text("patients", "find", "ukasz\x1b").startswith('Nobody matches "ukasz\ufffd" among 5 patients; try')


def test_bad_rows_are_shown_and_their_file_named(clinic: Clinic) -> None:
    name = clinic.write("bad.csv", "id,name,phone,uwagi\n1,Jan,501000501,x\n,Nobody,,\n3,Ewa,call me,\n")
    text = clinic.text("patients", "import", name)
    assert "3 rows; added 2, changed 0, unchanged 0." in text
    assert 'Columns that were not used: "uwagi".' in text
    assert "Rows not imported: 1. Cells left out of rows that were kept: 1." in text
    assert "  line 3, patient_ref: is empty; every patient needs one.\n" in text
    assert '  line 4, phones: "call me" holds letters; write the number alone.\n' in text
    assert "bad.rejected.csv" in text


def test_the_result_is_json_for_a_program(clinic: Clinic) -> None:
    name = clinic.write("bad.csv", "id,name,phone\n1,Łukasz,501000501\n,Nobody,\n", "cp1250")
    result = clinic.json("patients", "import", name)
    assert (result["rows"], result["added"], result["not_imported"], result["encoding"]) == (2, 1, 1, "cp1250")
    assert result["first_problems"] == [
        {"line": 3, "column": "patient_ref", "reason": "is empty; every patient needs one", "kept": False}
    ]


def test_a_guessed_encoding_is_said_and_may_be_named(clinic: Clinic) -> None:
    name = clinic.write("old.csv", "id;name;phone\n1;Łukasz;501000501\n", "iso8859_2")
    assert "Read as" in clinic.text("patients", "import", name)
    assert "Read as" not in clinic.text("patients", "import", name, "--encoding", "iso-8859-2")
    assert clinic.json("patients", "find", "501000501")[0]["name"] == "Łukasz"


def test_a_heading_may_be_explained(clinic: Clinic) -> None:
    name = clinic.write("odd.csv", "Sygnatura,name,phone\nX-1,Jan,501000501\n")
    missing = clinic.text("patients", "import", name, status=1)
    assert 'no column for patient_ref; it has "Sygnatura"; say which with --map "HEADING=patient_ref".' in missing
    assert "added 1" in clinic.text("patients", "import", name, "--map", "Sygnatura=patient_ref")
    assert 'must be THEIRS=OURS' in clinic.text("patients", "import", name, "--map", "Sygnatura", status=2)


def test_a_dry_run_writes_nothing(clinic: Clinic) -> None:
    assert "would be added 5" in clinic.text("patients", "import", "patients.csv", "--dry-run")
    assert clinic.json("patients", "find", "804") == []


def test_a_missing_file_is_one_sentence(clinic: Clinic) -> None:
    assert clinic.text("patients", "import", "none.csv", status=1) == (
        "none.csv: cannot be read (No such file or directory); check the path.\n"
    )


def test_an_address_book_and_a_bundle_are_imported_like_a_table(clinic: Clinic) -> None:
    book = clinic.write("book.vcf", "BEGIN:VCARD\nVERSION:3.0\nUID:v1\nFN:Ewa Nowa\nTEL:501000777\nEND:VCARD\n")
    assert "1 rows; added 1" in clinic.text("patients", "import", book)
    assert "has no headings" in clinic.text("patients", "import", book, "--map", "a=name", status=2)
    bundle = clinic.write("all.json", '{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", '
                          '"id": "f1", "name": [{"text": "Jan Nowy"}], "telecom": [{"system": "phone", '
                          '"value": "501000888"}]}}]}')
    assert clinic.json("patients", "import", bundle)["added"] == 1
    assert [row["ref"] for row in clinic.json("patients", "find", "nowy")] == ["f1"]


def test_a_complete_file_removes_who_is_not_in_it_and_says_so(clinic: Clinic) -> None:
    clinic.run("patients", "import", "patients.csv")
    few = clinic.write("few.csv", "patient_ref,name,phones\nP-1001,Jan Testowy,501000101\n")
    would = clinic.json("patients", "import", few, "--complete", "--dry-run")
    assert (would["missing"], would["removed"]) == (4, 0)
    assert "Removed: 4; their numbers match no more calls" in clinic.text("patients", "import", few, "--complete")
    broken = clinic.write("broken.csv", "patient_ref,name,phones\n,Jan,501000101\n")
    text = clinic.text("patients", "import", broken, "--complete")
    assert "Nobody was removed: rows could not be read; correct them first." in text


def test_two_records_are_merged_and_taken_apart(clinic: Clinic) -> None:
    clinic.run("patients", "import", "patients.csv")
    assert "Would move calls: 0" in clinic.text("patients", "merge", "P-1001", "P-1002", "--dry-run")
    assert "This is merge 1" in clinic.text("patients", "merge", "P-1001", "P-1002", "--as", "Anna")
    assert "5 rows; added 0" in clinic.text("patients", "import", "patients.csv")
    assert "are two patients again" in clinic.text("patients", "unmerge", "1")
    assert "is undone already" in clinic.text("patients", "unmerge", "1", status=1)


def test_a_server_is_pulled_with_the_token_of_the_settings(clinic: Clinic) -> None:
    assert "set fhir_url in [patients]" in clinic.text("patients", "pull", status=1)
    with running(Hospital()) as hospital:
        hospital.put("Patient", "1", name=[{"text": "Ewa Nowa"}], telecom=[{"system": "phone", "value": "501000777"}])
        file = clinic.folder / "clinic.toml"
        file.write_text(file.read_text("utf-8") + f'\n[patients]\nfhir_url = "{hospital.url}"\n'
                        'fhir_token = "a-token"\n', "utf-8")
        file.chmod(0o600)
        assert "Patients read: 1; added 1" in clinic.text("patients", "pull")
        assert clinic.json("patients", "pull", "--all")["missing"] == 0
        hospital.token = "another"
        assert "check fhir_token" in clinic.text("patients", "pull", status=1)
