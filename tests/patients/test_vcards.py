"""Address books: three versions of vCard, as telephones and programs really write them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patients import PatientsError
from patients.directory import find_by_number, get, search
from patients.importing import Options, Result
from patients.tables import Source
from patients.vcard_import import import_vcards, patient_of
from patients.vcards import Card, cards, unescape
from store import Store

NOW = 1_795_309_246_000

BOOK = """BEGIN:VCARD\r
VERSION:3.0\r
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r
N:Żółty;Łukasz;;;\r
FN:Łukasz Żó\r
 łty\r
item1.TEL;TYPE=CELL,PREF:501 000 401\r
item1.X-ABLabel:iPhone\r
TEL;TYPE=WORK,FAX:22 555 01 99\r
TEL;TYPE="home,voice":(22) 555 01 01\r
EMAIL;TYPE=INTERNET:lukasz@poczta.example\r
NOTE:nie dzwonić\\, tylko SMS\\nrano\r
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wCEAAkGBw\r
 0IDQ0HDQ0NBw0NBw0HDQ==\r
REV:20261101T101500Z\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C5=81ukaszewicz;Anna;;;\r
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Anna =C5=81ukasze=\r
wicz\r
TEL;CELL;PREF:+48501000999\r
TEL;HOME:225550102\r
BDAY:19850412\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
UID:urn:uuid:kuba\r
FN:Kuba Żółty\r
TEL;VALUE=uri;PREF=2;TYPE=cell:tel:+48-501-000-402;ext=5\r
TEL;VALUE=uri;PREF=1:tel:+48501000403\r
RELATED;TYPE=parent:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\r
RELATED;TYPE=emergency;VALUE=uri:tel:+48501000404\r
BDAY:2019\r
GENDER:M\r
LANG:pl-PL\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
KIND:group\r
FN:Rodzina\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:3.0\r
FN:Zła Karta\r
TEL:brak\r
END:VCARD\r
"""


def run(store: Store, file: Path, text: str | bytes = BOOK, *, complete: bool = False) -> Result:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return import_vcards(store, Source(file, "PL"), Options(NOW, complete=complete))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "book.vcf"


def test_the_three_versions_are_read(store: Store, book: Path) -> None:
    result = run(store, book)
    assert (result.rows, result.added, result.not_imported, result.problems) == (5, 4, 1, 2)
    assert [(problem.line, problem.column, problem.kept) for problem in result.first] == [
        (38, "KIND", False), (43, "TEL", True)]
    with store.read() as tx:
        lukasz = get(tx, "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1")
        assert lukasz is not None
        assert (lukasz["name"], lukasz["numbers"]) == ("Łukasz Żółty", ["+48501000401", "+48225550101"])
        assert (lukasz["email"], lukasz["updated_on"], lukasz["origin"]) == (
            "lukasz@poczta.example", "2026-11-01", "vcard")
        [anna] = search(tx, "anna")
        assert (anna["name"], anna["birth_date"], anna["birth_year"]) == ("Anna Łukaszewicz", "1985-04-12", 1985)
        kuba = get(tx, "kuba")
        assert kuba is not None
        assert (kuba["guardian_ref"], kuba["birth_year"], kuba["sex"], kuba["language"]) == (
            lukasz["ref"], 2019, "m", "pl")
        own = tx.all("patient_numbers_own", ref="kuba")
        assert [(row["number"], row["source"]) for row in own] == [
            ("+48501000403", ""), ("+48501000402", ""), ("+48501000404", "contact")]


def test_reading_it_again_changes_nothing(store: Store, book: Path) -> None:
    run(store, book)
    again = run(store, book)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 4)


def test_an_older_card_changes_nothing_and_a_newer_one_does(store: Store, book: Path) -> None:
    run(store, book)
    older = BOOK.replace("20261101T101500Z", "2026-10-01T10:15:00Z").replace("501 000 401", "501 000 888")
    assert run(store, book, older).changed == 0
    newer = BOOK.replace("20261101T101500Z", "20261102").replace("501 000 401", "501 000 888")
    assert run(store, book, newer).changed == 1
    with store.read() as tx:
        assert [row["ref"] for row in find_by_number(tx, "+48501000888")][1:] == [], "Kuba has numbers of his own"


def test_a_child_without_a_number_is_known_by_the_fathers(store: Store, book: Path) -> None:
    run(store, book, re.sub(r"TEL;VALUE=uri;PREF=\d.*\r\n", "", BOOK))
    with store.read() as tx:
        assert [row["ref"] for row in find_by_number(tx, "+48501000401")][1:] == ["kuba"]


def test_who_is_no_longer_in_a_complete_book_is_removed(store: Store, book: Path) -> None:
    run(store, book)
    without = re.sub(r"BEGIN:VCARD\r\nVERSION:2.1.*?END:VCARD\r\n", "", BOOK, flags=re.DOTALL)
    without = re.sub(r"BEGIN:VCARD\r\nVERSION:4.0\r\nKIND.*?END:VCARD\r\n", "", without, flags=re.DOTALL)
    assert run(store, book, without, complete=True).removed == 1
    with store.read() as tx:
        [anna] = search(tx, "anna")
        assert (anna["removed_why"], anna["numbers"]) == ("not_in_file", [])


def test_a_card_in_an_old_code_page_is_read(store: Store, book: Path) -> None:
    card = "BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=windows-1250:Łukasz Żółty\nTEL;CELL:501000401\nEND:VCARD\n"
    run(store, book, card.encode("cp1250"))
    with store.read() as tx:
        assert [row["name"] for row in search(tx, "zolty")] == ["Łukasz Żółty"]


@pytest.mark.parametrize(("text", "said"), [
    ("name,phone\nAnna,501000101\n", "holds no vCard"),
    ("", "holds no vCard"),
])
def test_a_file_that_is_no_address_book_is_refused(store: Store, book: Path, text: str, said: str) -> None:
    with pytest.raises(PatientsError, match=said):
        run(store, book, text)


def test_a_file_that_breaks_off_keeps_the_whole_cards(store: Store, book: Path) -> None:
    result = run(store, book, BOOK[: BOOK.index("LANG:pl-PL")])
    assert (result.added, result.first[-1].reason) == (2, "the file ends before END:VCARD; export it again")


def fold_lines(text: str, every: int, sign: str) -> bytes:
    """Fold as RFC 6350 does, at any byte."""
    folded = b""
    for line in text.encode().split(b"\r\n"):
        pieces = [line[start : start + every] for start in range(0, len(line), every)] or [b""]
        folded += (b"\r\n" + sign.encode()).join(pieces) + b"\r\n"
    return folded


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=80),
       st.integers(2, 30), st.sampled_from(" \t"))
def test_a_name_comes_through_any_folding(name: str, every: int, sign: str) -> None:
    escaped = name.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = f"VERSION:4.0\r\nFN:{escaped}\r\nTEL:501000101"
    data = b"BEGIN:VCARD\r\n" + fold_lines(text, max(every, 12), sign) + b"END:VCARD\r\n"
    [card] = cards(data.splitlines(keepends=True), "utf-8")
    found = next(one for one in card.properties if one.name == "FN")
    assert found.text == name


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_bytes_break_the_reader(lines: list[bytes]) -> None:
    wrapped = [b"BEGIN:VCARD\n", *(line.replace(b"\n", b" ") + b"\n" for line in lines), b"END:VCARD\n"]
    for card in cards(wrapped, "cp1250"):
        assert isinstance(card, Card)
        patient_of(card, "PL")


def test_escapes_are_undone_once() -> None:
    assert unescape(r"a\, b\; c\\n d\ne") == "a, b; c\\n d\ne"


@pytest.mark.parametrize("line", [
    b"TEL" + b";TYPE=a" * 200_000 + b":501000206", b"TEL;TYPE=" + b"a," * 200_000 + b":501000206",
    b"TEL;TYPE=" + b'a,"' * 100_001 + b":501000206",
    b"PHOTO:x\r\n" + b" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 300_000,
    b"NOTE;ENCODING=QUOTED-PRINTABLE:" + b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\n" * 300_000,
])  # fmt: skip
def test_a_line_without_end_costs_as_much_as_it_is_long_and_is_passed_over(line: bytes) -> None:
    text = b"BEGIN:VCARD\r\nVERSION:2.1\r\n" + line + b"\r\nTEL:501000207\r\nEND:VCARD\r\n"
    (card,) = cards(text.splitlines(keepends=True), "utf-8")
    assert [one.value for one in card.all("TEL")] == ["501000207"]
    assert card.text("NOTE") == ""
