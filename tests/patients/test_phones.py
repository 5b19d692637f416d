"""One number, one identity: however it was written, and whatever else was written in its place."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from patients.phones import display, e164, is_withheld, masked, may_ring

TRACES = Path(__file__).parents[1] / "traces" / "asterisk22"
REGIONS = st.sampled_from(["PL", "RU", "ES", "US", "GB", "IT", "DE", "NO", "XX", None])
WRITTEN = st.text(alphabet="0123456789+-() ./\u00a0", max_size=24)


@pytest.mark.parametrize(("raw", "number"), [
    ("501000501", "+48501000501"),
    ("+48501000502", "+48501000502"),
    ("0048501000503", "+48501000503"),
    ("48501000504", "+48501000504"),
    ("501 000 505", "+48501000505"),
    ("0501000506", "+48501000506"),
    ("+79160000507", "+79160000507"),
    ("+34600000508", "+34600000508"),
    ("22-100-05-09", "+48221000509"),
    ("00380500000510", "+380500000510"),
    ("112", None),
    ("+48 (22) 100-05-12", "+48221000512"),
    ("(+48) 22 100 05 12", "+48221000512"),
    ("+48 0501000506", "+48501000506"),
    ("501\u2013000\u2013505", "+48501000505"),
    ("\u202a+48 501\u00a0000\u00a0505\u202c", "+48501000505"),
    ("٥٠١٠٠٠٥٠١", "+48501000501"),
    ("380500000510", "+380500000510"),
])
def test_a_number_as_people_and_providers_write_it_in_poland(raw: str, number: str | None) -> None:
    assert e164(raw, "PL") == number


@pytest.mark.parametrize(("raw", "region", "number"), [
    ("8 (916) 000-05-07", "RU", "+79160000507"),
    ("9160000507", "RU", "+79160000507"),
    ("0048501000503", "RU", "+48501000503"),
    ("600 00 05 08", "ES", "+34600000508"),
    ("020 7946 0018", "GB", "+442079460018"),
    ("+44 (0)20 7946 0018", "PL", "+442079460018"),
    ("06 1234 5678", "IT", "+390612345678"),
    ("02800", "NO", "+4702800"),
    ("555-1234", "US", None),
    ("501000501", None, None),
    ("501000501", "XX", None),
    ("+48501000501", None, "+48501000501"),
])
def test_each_country_has_its_own_way(raw: str, region: str | None, number: str | None) -> None:
    assert e164(raw, region) == number


@pytest.mark.parametrize("raw", [
    None, "", " ", "anonymous", "<unknown>", "unknown", "withheld", "101", "8000", "116123", "200101", "s",
    "*8", "*98#", "501000501;x=5", "501000501x5", "tel:+48501000501", "1-800-FLOWERS", "++48501000501", "48+501000501",
    "+", "000000000", "+48", "5010005015010005015010", "501000501\r\nAction: Logoff", "'; DROP TABLE calls; --",
    "501000501,501000502", "9" * 10_000,
])
def test_what_is_no_number_is_nobodys_key(raw: str | None) -> None:
    assert e164(raw, "PL") is None


def test_the_recorded_formats_agree_with_their_truth() -> None:
    truth = json.loads((TRACES / "caller_number_formats" / "truth.json").read_text("utf-8"))
    for call in truth["calls"]:
        assert e164(call["caller_number"], "PL") == call["e164"]


@given(st.one_of(st.text(max_size=60), WRITTEN), REGIONS)
@example("0 0501000506", "PL")
@example("+4848501000504", "PL")
def test_no_text_can_break_it_and_what_comes_out_is_e164_and_stays_so(raw: str, region: str | None) -> None:
    number = e164(raw, region)
    if number is not None:
        assert re.fullmatch(r"\+[1-9]\d{6,14}", number, re.ASCII)
        assert e164(number, region) == number
        assert e164(number, None) == number
    is_withheld(raw)
    masked(raw)
    display(raw, region)
    may_ring(raw, ("PL",))


@pytest.mark.parametrize("raw", [
    None, "", "  ", "anonymous", "Anonymous", "<unknown>", "unknown", "Private", "restricted",
    "anonymous@anonymous.invalid", "0000",
])
def test_a_network_that_gives_no_number_withholds_it(raw: str | None) -> None:
    assert is_withheld(raw)


@pytest.mark.parametrize("raw", ["501000501", "112", "s", "unknown caller 5"])
def test_what_cannot_be_read_was_still_given(raw: str) -> None:
    assert not is_withheld(raw)


@pytest.mark.parametrize(("number", "shown"), [
    ("+48501000501", "+48…501"),
    ("+380500000510", "+380…510"),
    ("501000501", "…501"),
    ("101", "…"),
    ("Jan Testowy", "…"),
    (None, "withheld"),
])
def test_logs_see_the_country_and_three_digits(number: str | None, shown: str) -> None:
    assert masked(number) == shown


def test_a_number_is_shown_as_people_at_home_write_it() -> None:
    assert display("+48501000501", "PL") == "501 000 501"
    assert display("+48501000501", "ES") == "+48 501 000 501"
    assert display("not one", "PL") == "not one"


@pytest.mark.parametrize(("number", "countries", "reason"), [
    ("+48501000501", ("PL",), None),
    ("+48221000512", ("PL", "DE"), None),
    ("+48800123456", ("PL",), None),
    ("+48501000501", ("DE",), "country"),
    ("+48501000501", (), "country"),
    ("+48700123456", ("PL",), "premium"),
    ("+447012345678", ("GB",), "personal"),
    ("+881612345678", ("PL",), "satellite"),
    ("+870773111632", ("PL",), "satellite"),
    ("+18765550123", ("US",), "country"),
    ("+15550001234", ("US",), "country"),
    ("+48999000501", ("PL",), None),
    ("112", ("PL",), "not_a_number"),
])
def test_only_ordinary_numbers_of_listed_countries_may_be_rung(
    number: str, countries: tuple[str, ...], reason: str | None
) -> None:
    permission = may_ring(number, countries)
    assert permission.reason == reason
    assert bool(permission) is (reason is None)
