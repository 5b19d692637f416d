"""An import keeps what is good, says what is not, and may be run again."""

import csv
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from patients import PatientsError
from patients.directory import count, get, search
from patients.importing import Options, Result, import_patients, read_day, read_numbers
from patients.tables import Source
from store import Row, Store

Write = Callable[..., Path]
CLINIC = Path(__file__).parents[1] / "data" / "clinic" / "patients.csv"
HEADER = "patient_ref,name,phones,birth_date,consent_marketing\n"


def run(store: Store, path: Path, *, dry_run: bool = False) -> Result:
    return import_patients(store, Source(path, "PL"), Options(now_ms=1_795_309_246_000, dry_run=dry_run))


def patient(store: Store, ref: str) -> Row:
    with store.read() as tx:
        found = get(tx, ref)
    assert found is not None
    return found


def total(store: Store) -> tuple[int, int]:
    with store.read() as tx:
        return count(tx)


def rejected(result: Result) -> list[dict[str, str]]:
    assert result.rejected is not None
    with result.rejected.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_clinics_table_becomes_patients_with_their_numbers(store: Store) -> None:
    result = run(store, CLINIC)
    assert (result.rows, result.added, result.problems, result.ignored) == (5, 5, 0, ())
    assert patient(store, "P-1003")["numbers"] == ["+48501000401", "+48225550101"]
    jan = patient(store, "P-1001")
    assert (jan["birth_year"], jan["consent_marketing"], jan["created_on"]) == (1980, "yes", "2024-03-01")
    assert patient(store, "P-1005")["guardian_ref"] == "P-1001"


def test_importing_again_changes_nothing(store: Store) -> None:
    run(store, CLINIC)
    again = run(store, CLINIC)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 5)
    assert total(store) == (5, 7)


def test_a_changed_row_replaces_the_record_and_its_numbers(store: Store, table: Write) -> None:
    run(store, table(HEADER + "P-1,Jan Stary,501000501;501000502,,\n"))
    result = run(store, table(HEADER + "P-1,Jan Nowy,501000502;501000503,,\n"))
    assert (result.added, result.changed) == (0, 1)
    assert patient(store, "P-1")["numbers"] == ["+48501000502", "+48501000503"]
    with store.read() as tx:
        assert search(tx, "stary") == []
        assert [row["ref"] for row in search(tx, "nowy")] == ["P-1"]


def test_who_is_no_longer_in_the_file_stays(store: Store, table: Write) -> None:
    run(store, table(HEADER + "P-1,Jan,501000501,,\nP-2,Ewa,501000502,,\n"))
    run(store, table(HEADER + "P-2,Ewa,501000502,,\n"))
    assert total(store) == (2, 2)


def test_an_unreadable_number_is_reported_and_the_rest_of_the_patient_kept(store: Store, table: Write) -> None:
    result = run(store, table(HEADER + "P-1,Jan,501000501;kom. 12;22 555 01 01,,\n"))
    assert patient(store, "P-1")["numbers"] == ["+48501000501", "+48225550101"]
    assert (result.added, result.not_imported, result.problems) == (1, 0, 1)
    (row,) = rejected(result)
    assert (row["_line"], row["_column"], row["_row"]) == ("2", "phones", "kept without it")
    assert row["_reason"] == '"kom. 12" holds letters; write the number alone'


def test_bad_rows_are_written_beside_the_file_with_line_column_and_reason(store: Store, table: Write) -> None:
    rows = "P-1,Jan,501000501,,\n,Nobody,501000502,,\nP-3,,501000503,,\nP-1,Twice,,,\nP-5,Ewa,501000505,,\n"
    path = table(HEADER + rows)
    result = run(store, path)
    assert total(store) == (2, 2)
    assert result.rejected == path.with_name("patients.rejected.csv")
    assert [(row["_line"], row["_column"], row["_reason"], row["_row"]) for row in rejected(result)] == [
        ("3", "patient_ref", "is empty; every patient needs one", "not imported"),
        ("4", "name", "is empty", "not imported"),
        ("5", "patient_ref", "is already on line 2; give a patient one row, numbers parted by ;", "not imported"),
    ]
    assert stat.S_IMODE(result.rejected.stat().st_mode) == 0o600


def test_a_folder_that_takes_no_rejected_rows_is_said_with_the_way_out(store: Store, table: Write) -> None:
    path = table(HEADER + ",Jan,501000501,,\n")
    path.with_name("patients.rejected.csv.part").mkdir()
    with pytest.raises(PatientsError, match=r"patients\.rejected\.csv: .*copy the table to a folder of your own"):
        run(store, path)


def test_a_table_without_a_column_takes_nothing_back_and_an_empty_cell_does(store: Store, table: Write) -> None:
    run(store, table(HEADER + "P-1,Jan,501000501,1980-04-02,no\n"))
    result = run(store, table("patient_ref,name,phones\nP-1,Jan Lis,501000501\n"))
    jan = patient(store, "P-1")
    assert (result.changed, jan["name"], jan["birth_year"], jan["consent_marketing"]) == (1, "Jan Lis", 1980, "no")
    run(store, table(HEADER + "P-1,Jan Lis,501000501,,no\n"))
    assert (patient(store, "P-1")["birth_date"], patient(store, "P-1")["birth_year"]) == (None, None)
    assert patient(store, "P-1")["consent_marketing"] == "no"


def test_rejected_rows_can_be_corrected_and_imported(store: Store, table: Write) -> None:
    result = run(store, table(HEADER + "P-1,=Jan,+48 501 000 501,31.02.1980,\n"))
    assert result.rejected is not None
    text = result.rejected.read_text("utf-8-sig")
    assert "P-1,'=Jan,'+48 501 000 501,31.02.1980," in text
    corrected = text.replace("31.02.1980,", "28.02.1980,")
    again = run(store, table(corrected, name="corrected.csv"))
    assert (again.changed, again.problems, again.ignored) == (1, 0, ())
    fixed = patient(store, "P-1")
    assert (fixed["name"], fixed["numbers"], fixed["birth_date"]) == ("=Jan", ["+48501000501"], "1980-02-28")


def test_a_clean_import_removes_the_rejected_rows_of_an_earlier_one(store: Store, table: Write) -> None:
    bad = run(store, table(HEADER + ",Jan,501000501,,\n")).rejected
    assert bad is not None
    assert run(store, table(HEADER + "P-1,Jan,501000501,,\n")).rejected is None
    assert not bad.exists()


def test_a_day_or_consent_that_cannot_be_read_is_unknown_not_guessed(store: Store, table: Write) -> None:
    result = run(store, table(HEADER + "P-1,Jan,501000501,wczoraj,maybe\n"))
    stored = patient(store, "P-1")
    assert (stored["birth_date"], stored["consent_marketing"]) == (None, None)
    assert [problem.column for problem in result.first] == ["birth_date", "consent_marketing"]


def test_a_dry_run_counts_and_writes_nothing(store: Store, table: Write) -> None:
    path = table(HEADER + "P-1,Jan,501000501,,\n,Nobody,,,\n")
    result = run(store, path, dry_run=True)
    assert (result.added, result.not_imported, result.rejected) == (1, 1, None)
    assert total(store) == (0, 0)
    assert [file.name for file in path.parent.iterdir()] == ["patients.csv"]


def test_first_and_last_name_make_a_name(store: Store, table: Write) -> None:
    run(store, table("Nr karty;Imię;Nazwisko;Komórka\n7;Łukasz;Żółty;501000501\n", encoding="cp1250"))
    assert patient(store, "7")["name"] == "Łukasz Żółty"


def test_a_russian_table_of_an_old_program_is_read(store: Store, table: Write) -> None:
    result = run(store, table("Номер карты;ФИО;Телефон\n7;Мария Иванова;8 (501) 000-06-02\n", encoding="koi8_r"))
    assert (result.encoding, result.encoding_certain) == ("koi8_r", False)
    assert patient(store, "7")["name"] == "Мария Иванова"


def test_progress_is_told_in_bytes_and_reaches_the_end(store: Store, table: Write) -> None:
    path = table(HEADER + "".join(f"P-{n},Jan,501{n:06},,\n" for n in range(2500)))
    told: list[tuple[int, int]] = []
    import_patients(store, Source(path, "PL"), Options(1, progress=lambda done, total: told.append((done, total))))
    size = path.stat().st_size
    assert len(told) == 4
    assert told == sorted(told)
    assert told[-1] == (size, size)
    assert total(store) == (2500, 2500)


def test_an_import_that_breaks_off_leaves_whole_chunks_and_no_half_file(store: Store, table: Write) -> None:
    lines = [f"P-{n},Jan,501{n:06},," for n in range(1500)]
    path = table("\n".join([HEADER.strip(), ",Nobody,,,", *lines]) + "\n")
    with path.open("ab") as file:
        file.write("P-x,Łukasz,,,\n".encode("cp1250"))
    with pytest.raises(PatientsError, match="is not in utf-8"):
        import_patients(store, Source(path, "PL", "utf-8"), Options(1))
    assert total(store) == (999, 999)
    assert [file.name for file in path.parent.iterdir()] == ["patients.csv"]


@pytest.mark.parametrize(("raw", "numbers", "bad"), [
    ("501000501", ["+48501000501"], []),
    ("501000501.0", ["+48501000501"], []),
    ("501000501 / 22 555 01 01", ["+48501000501", "+48225550101"], []),
    ("22/555-01-01", ["+48225550101"], []),
    ("501000501 / brak", ["+48501000501"], ["brak"]),
    ("5.01E+08", [], ["5.01E+08"]),
])
def test_an_entry_of_numbers_is_read_as_people_write_it(raw: str, numbers: list[str], bad: list[str]) -> None:
    found, unreadable = read_numbers(raw, "PL")
    assert [number.number for number in found] == numbers
    assert unreadable == bad


@pytest.mark.parametrize(("text", "region", "day"), [
    ("2026-11-22", "PL", "2026-11-22"), ("2026-11-22T10:00:00Z", "PL", "2026-11-22"),
    ("22.11.2026", "PL", "2026-11-22"), ("5/6/2026", "ES", "2026-06-05"), ("5/6/2026", "US", "2026-05-06"),
    ("31.02.2026", "PL", None), ("soon", "PL", None),
])  # fmt: skip
def test_a_day_is_read_as_the_country_writes_it(text: str, region: str, day: str | None) -> None:
    assert read_day(text, region) == day
