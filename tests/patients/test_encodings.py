"""Any usual encoding of a clinic's table is read as it was meant."""

from pathlib import Path

import pytest

from patients import PatientsError
from patients.encodings import detect, guess, named

POLISH = "P-1;Łukasz Żółty\nP-2;Świętosława Dźwięk\nP-3;Michał Gąska\n"
RUSSIAN = "P-1;Мария Иванова\nP-2;Пётр Щукин\nP-3;Юлия Ёлкина\n"
SPANISH = "P-1;María Núñez\nP-2;Íñigo Peña\nP-3;José Güell\n"
UKRAINIAN = "P-1;Їжак Євген\nP-2;Іван Ґалаґан\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [POLISH, RUSSIAN, SPANISH])
def test_unicode_is_certain(tmp_path: Path, encoding: str, text: str) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(text.encode(encoding))
    found = detect(file, "PL")
    assert found.certain
    assert file.read_text(found.name) == text


@pytest.mark.parametrize(("text", "encoding", "region"), [
    (POLISH, "cp1250", "PL"), (POLISH, "iso8859_2", "PL"), (POLISH, "cp852", "PL"), (POLISH, "cp1250", "GB"),
    (RUSSIAN, "cp1251", "RU"), (RUSSIAN, "koi8_r", "RU"), (RUSSIAN, "cp866", "RU"), (RUSSIAN, "koi8_r", "PL"),
    (RUSSIAN.upper(), "koi8_r", "RU"), (RUSSIAN.upper(), "cp1251", "RU"), (UKRAINIAN, "cp1251", "UA"),
    (SPANISH, "cp1252", "ES"), (SPANISH, "cp1252", "PL"), (SPANISH, "iso8859_15", "ES"),
    ("P-1;Jan Müller\nP-2;Jörg Groß\n", "cp1252", "DE"),
    ("P-1;Łukasz Nowak\n", "cp1250", "PL"), ("P-1;Michał\n", "iso8859_2", "PL"), ("P-1;Peña\n", "cp1252", "ES"),
])  # fmt: skip
def test_an_old_code_page_is_told_by_its_letters(text: str, encoding: str, region: str) -> None:
    sample = text.encode(encoding)
    assert sample.decode(guess(sample, region).name) == text


def test_a_late_letter_still_tells(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b"P-0;Jan Nowak\n" * 100_000 + POLISH.encode("cp1250"))
    assert detect(file, "PL").name == "cp1250"


def test_an_unknown_language_is_left_to_statistics() -> None:
    sample = "Καλημέρα σε όλους, η κλινική μας είναι ανοιχτή κάθε μέρα από τις οκτώ το πρωί".encode("iso8859_7")
    assert "κλινική" in sample.decode(guess(sample, "GR").name)


def test_an_encoding_that_does_not_exist_is_refused() -> None:
    assert named("CP1250").name == "cp1250"
    with pytest.raises(PatientsError, match="cp-12500"):
        named("cp-12500")
