"""A table is read whatever its delimiter, and its headings are understood or asked about."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients import PatientsError
from patients.headings import COLUMNS
from patients.rejects import inert
from patients.tables import Source, clean, open_table

Write = Callable[..., Path]


def source(path: Path, *mapping: tuple[str, str], encoding: str | None = None) -> Source:
    return Source(path, "PL", encoding, mapping)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_is_found(table: Write, delimiter: str) -> None:
    path = table("patient_ref,name,phones\nP-1,Jan,501000501\n".replace(",", delimiter))
    opened = open_table(source(path), COLUMNS)
    assert opened.delimiter == delimiter
    assert [row.cells for row in opened.rows()] == [{"patient_ref": "P-1", "name": "Jan", "phones": "501000501"}]


@pytest.mark.parametrize("header", [
    "patient_ref,name,phone", "ID;Imię i nazwisko;Telefon", "номер карты;ФИО;Телефон",
    "Historia;Nombre completo;Teléfono", "Nr_Pacjenta\tPacjent\tNR TELEFONU",
])
def test_headings_are_known_in_four_languages(table: Write, header: str) -> None:
    opened = open_table(source(table(header + "\n")), COLUMNS)
    assert set(opened.places) == {"patient_ref", "name", "phones"}


def test_several_columns_of_numbers_are_one_list(table: Write) -> None:
    path = table("id;name;phone;mobile\n1;Jan;22 555 01 01;501000501\n2;Ewa;;501000502\n")
    assert [row.cells["phones"] for row in open_table(source(path), COLUMNS).rows()] == [
        "22 555 01 01;501000501", "501000502",
    ]


def test_a_row_says_on_which_line_it_begins(table: Write) -> None:
    path = table('sep=;\r\nid;name;phone\r\n1;"two\r\nlines";\r\n\r\n2;Ewa;\r\n')
    rows = open_table(source(path), COLUMNS).rows()
    assert [(row.line, row.cells["name"]) for row in rows] == [(3, "two lines"), (6, "Ewa")]


def test_a_person_may_say_what_a_heading_means(table: Write) -> None:
    path = table("Kod Xyz,name,phone\nP-1,Jan,501000501\n")
    opened = open_table(source(path, ("kod xyz", "patient_ref")), COLUMNS)
    assert next(opened.rows()).cells["patient_ref"] == "P-1"


def test_a_missing_column_is_asked_for_with_the_likeliest_heading(table: Write) -> None:
    with pytest.raises(PatientsError, match=r'line 1: no column for patient_ref; did you mean "patinet_ref"\? .*--map'):
        open_table(source(table("patinet_ref,name,phone\n")), COLUMNS)


def test_a_missing_column_without_a_likely_heading_names_those_there_are(table: Write) -> None:
    with pytest.raises(PatientsError, match='no column for phones; it has "uwagi"; say which'):
        open_table(source(table("id,name,uwagi\n")), COLUMNS)


@pytest.mark.parametrize(("mapping", "message"), [
    (("kod", "patientref"), 'there is no column "patientref"; did you mean "patient_ref"'),
    (("koda", "patient_ref"), 'has no heading "koda"; did you mean "kod"'),
])
def test_a_misspelt_map_is_answered_with_the_likeliest(table: Write, mapping: tuple[str, str], message: str) -> None:
    with pytest.raises(PatientsError, match=message):
        open_table(source(table("kod,name,phone\n"), mapping), COLUMNS)


def test_two_headings_for_one_column_are_asked_about(table: Write) -> None:
    with pytest.raises(PatientsError, match=r'"nr karty" and "kartoteka" may all be patient_ref'):
        open_table(source(table("nr karty,kartoteka,name,phone\n")), COLUMNS)


def test_our_own_heading_comes_before_a_synonym(table: Write) -> None:
    opened = open_table(source(table("id,patient_ref,name,phone,uwagi\n")), COLUMNS)
    assert opened.places["patient_ref"] == [1]
    assert opened.ignored == ["id", "uwagi"]


@pytest.mark.parametrize(("content", "message"), [
    (b"", "is empty"), (b"\n\n", "line 1: is blank"), (b"PK\x03\x04....", "is a spreadsheet; save it as CSV"),
])  # fmt: skip
def test_what_is_no_table_is_refused_with_the_way_out(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(PatientsError, match=message):
        open_table(source(path), COLUMNS)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PatientsError, match="No such file"):
        open_table(source(tmp_path / "none.csv"), COLUMNS)


def test_the_wrong_encoding_is_noticed_where_it_begins(table: Write) -> None:
    path = table("id,name,phone\n1,Jan,\n2,Łukasz,\n", encoding="cp1250")
    with pytest.raises(PatientsError, match="is not in utf-8"):
        list(open_table(source(path, encoding="utf-8"), COLUMNS).rows())


def test_an_unclosed_quote_is_one_bad_row(table: Write) -> None:
    rows = "".join(f"{n},Jan,\n" for n in range(2, 60))
    path = table('id,name,phone\n1,"Jan,\n' + rows)
    (row,) = open_table(source(path), COLUMNS).rows()
    assert row.line == 2
    assert row.problem is not None
    assert "lines 2 to 60 were not read" in row.problem


def test_more_cells_than_headings_is_a_bad_row(table: Write) -> None:
    bad, good = open_table(source(table("id,name,phone\n1,Nowak, Jan,501000501\n2,Ewa\n")), COLUMNS).rows()
    assert bad.problem == "4 cells for 3 headings; put a cell that holds a delimiter in quotes"
    assert good.problem is None
    assert good.cells == {"patient_ref": "2", "name": "Ewa", "phones": ""}


@pytest.mark.parametrize(("name", "text"), [
    ("patients.json", '[{"id": 1, "name": "Jan", "phones": ["501000501", "501000502"]}]'),
    ("patients.jsonl", '{"id": 1, "name": "Jan", "phones": "501000501;501000502"}\n'),
])
def test_json_is_a_table_too(table: Write, name: str, text: str) -> None:
    opened = open_table(source(table(text, name=name)), COLUMNS)
    cells = {"patient_ref": "1", "name": "Jan", "phones": "501000501;501000502"}
    assert [row.cells for row in opened.rows()] == [cells]


def test_broken_json_is_said_so(table: Write) -> None:
    with pytest.raises(PatientsError, match="is not JSON"):
        open_table(source(table("[{", name="patients.json")), COLUMNS)


@pytest.mark.parametrize(("cell", "text"), [
    ("  Jan\u00a0Nowak ", "Jan Nowak"), ("'+48501000501", "+48501000501"), ('="501000501"', "501000501"),
    ("O'Brien", "O'Brien"), ("'t Hooft", "'t Hooft"), ("a\0b\x1b[31m", "a b [31m"),
])  # fmt: skip
def test_a_cell_is_cleaned_of_what_programs_put_around_it(cell: str, text: str) -> None:
    assert clean(cell) == text


@given(st.text(max_size=30))
def test_a_rejected_cell_is_no_formula_and_reads_back_as_it_was(cell: str) -> None:
    assert not inert(cell).lstrip().startswith(("=", "+", "-", "@"))
    assert clean(inert(clean(cell))) == clean(cell) or clean(cell).startswith('="')


@pytest.mark.parametrize("text", ['2,"Ewa,501000502', '2,"Ewa,501000502\n', '2,"Ewa,501000502\n3,Jan,501000503\n'])
def test_a_quote_that_the_end_of_the_file_closes_swallows_no_row_in_silence(table: Write, text: str) -> None:
    rows = list(open_table(source(table("id,name,phones\n1,Ala,501000501\n" + text)), COLUMNS).rows())
    assert [row.problem is None for row in rows] == [True, False]
    assert "a quote is opened here and not closed; lines 3 to " in str(rows[1].problem)


def test_a_quote_that_a_later_row_closes_swallows_no_row_in_silence(table: Write) -> None:
    text = 'id,name,phones\n2,"Ewa,501000502\n3,Jan,501000503\n4,"Ala",501000504\n5,Iza,501000505\n'
    rows = list(open_table(source(table(text)), COLUMNS).rows())
    assert [(row.line, row.problem) for row in rows] == [
        (2, "a quote is opened here and not closed; lines 2 to 4 were not read"), (5, None),
    ]  # fmt: skip


def test_a_cell_may_hold_line_breaks_and_quotes(table: Write) -> None:
    text = 'id,name,phones\n1,"Ewa\n""Ewka""\nNowa",501000502\n2,Jan "Janek" Lis,501000503\n3,"Ala",501000504'
    rows = list(open_table(source(table(text)), COLUMNS).rows())
    assert [row.cells["name"] for row in rows] == ['Ewa "Ewka" Nowa', 'Jan "Janek" Lis', "Ala"]
    assert [row.problem for row in rows] == [None, None, None]


def test_a_cell_that_is_too_long_is_called_that(table: Write) -> None:
    rows = list(open_table(source(table(f'id,name,phones\n1,"{"x" * 200_000}",\n2,Jan,\n')), COLUMNS).rows())
    assert [row.problem for row in rows] == ["a cell is longer than 131072 characters; shorten it", None]
