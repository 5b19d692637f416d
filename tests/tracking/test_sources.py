"""Where a visitor came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.sources import ASKED, CLICK_IDS, LONGEST, client_id, host_of, path_of, source_of

OWN = frozenset(("clinic.example", "clinic.test"))


@pytest.mark.parametrize(("params", "referrer", "expected"), [
    ({"utm_source": "Google", "utm_medium": "CPC", "utm_campaign": "Implants"}, "", ("google", "cpc", "Implants")),
    ({"utm_source": "newsletter"}, "", ("newsletter", "referral", "")),
    ({"utm_source": "google", "gclid": "Cj0KCQ-abc_1"}, "", ("google", "cpc", "")),
    ({"gclid": "Cj0KCQ-abc_1"}, "https://www.google.com/", ("google", "cpc", "")),
    ({"wbraid": "Cj8KCQ"}, "", ("google", "cpc", "")),
    ({"yclid": "123456789"}, "", ("yandex", "cpc", "")),
    ({"msclkid": "f894f652ea334e739002f7167ab8f8e3"}, "", ("bing", "cpc", "")),
    ({"fbclid": "IwAR0abc"}, "https://l.facebook.com/", ("facebook", "social", "")),
    ({}, "https://www.google.com.pl/search?q=x", ("google", "organic", "")),
    ({}, "ya.ru", ("yandex", "organic", "")),
    ({}, "https://m.vk.com/", ("vk", "social", "")),
    ({}, "https://doctors.example/list?name=x", ("doctors.example", "referral", "")),
    ({}, "https://www.clinic.example/price", ("direct", "none", "")),
    ({"gclid": "<script>"}, "", ("direct", "none", "")),
    ({"gclid": "-1-1-1"}, "", ("direct", "none", "")),
    ({"gclid": "=1+1-1"}, "", ("direct", "none", "")),
    ({}, "", ("direct", "none", "")),
])  # fmt: skip
def test_the_first_rule_that_holds_names_the_source(
    params: dict[str, str], referrer: str, expected: tuple[str, str, str]
) -> None:
    found = source_of(params, referrer, OWN)
    assert (found.source, found.medium, found.name) == expected
    assert found.is_new == (expected[0] != "direct")


def test_a_page_is_kept_without_its_query_and_a_referrer_as_a_host() -> None:
    assert path_of("/implants?name=Anna#top") == "/implants"
    assert path_of("") == "/"
    assert host_of("https://WWW.Google.com:443/search?q=my+illness") == "google.com"
    assert host_of("https://[broken/") == ""


def test_a_client_id_holds_digits_only() -> None:
    assert client_id("1234567.7654321") == "1234567.7654321"
    assert client_id("Anna") is None
    assert client_id(None) is None


@given(st.dictionaries(st.sampled_from(ASKED), st.text(max_size=500)), st.text(max_size=300))
def test_whatever_an_address_says_the_source_is_short_printable_and_one_line(
    params: dict[str, str], referrer: str
) -> None:
    found = source_of(params, referrer, OWN)
    for text in (found.source, found.medium, found.name, found.content, found.term):
        assert len(text) <= LONGEST
        assert text.isprintable()
    assert found.source
    assert found.medium
    assert all(name in CLICK_IDS and value.isascii() and value.isprintable() for name, value in found.click_ids)
    assert path_of(referrer).startswith("/")
