"""Every text is translated into each language, with the same placeholders and as many plural forms as it has."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_dir
from hypothesis import given
from hypothesis import strategies as st

from tests.web.refused import sentences
from web import formats, i18n

WEB = Path(i18n.__file__).parent
TRANSLATED = [name for name in i18n.LANGUAGES if name != "en"]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None, "gettext": None, "mark": None, "ngettext": (1, 2),
}  # fmt: skip
WARSAW = ZoneInfo("Europe/Warsaw")
Text = str | tuple[str, ...]


def texts() -> dict[Text, str]:
    """Return every text of the source that is to be translated, with the file that says it."""
    ways = [("**.py", "python"), ("templates/**.html", "jinja2"), ("**/templates/**.html", "jinja2")]
    return {
        plain(text): file
        for folder in (WEB, WEB.parent / "demo")
        for file, _, text, *_ in extract_from_dir(folder, ways, keywords=KEYWORDS)
        if text
    } | sentences()


def translations(language: str) -> dict[Text, Text]:
    return {text: translated for path in files(language) for text, translated in entries(path)}


def files(language: str) -> list[Path]:
    return sorted((i18n.FOLDER / language).glob("*.po"))


def entries(path: Path) -> Iterator[tuple[Text, Text]]:
    for message in i18n.read(path):
        if message.id:
            yield plain(message.id), plain(message.string)


def plain(text: Any) -> Text:
    return text if isinstance(text, str) else tuple(text)


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", text))


def forms(text: Text) -> Iterator[str]:
    yield from (text,) if isinstance(text, str) else text


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_of_the_pages_is_translated_and_no_translation_is_stale(language: str) -> None:
    said, known = texts(), translations(language)
    assert {text: file for text, file in said.items() if text not in known} == {}
    assert [text for text in known if text not in said] == []
    assert [text for text, translated in known.items() if not all(forms(translated))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_text(language: str) -> None:
    for text, translated in translations(language).items():
        for form in forms(translated):
            assert placeholders(form) in [placeholders(one) for one in forms(text)], (text, form)
            assert form.count("%") == form.count("%("), (text, "a % that is no placeholder breaks the page")


@pytest.mark.parametrize(("language", "number"), [("pl", 3), ("ru", 3), ("es", 2)])
def test_a_translation_has_all_plural_forms_of_its_language(language: str, number: int) -> None:
    for text, translated in translations(language).items():
        if isinstance(text, tuple):
            assert len(list(forms(translated))) == number, text


@pytest.mark.parametrize(("language", "texts_of_1_2_5_22"), [
    ("en", ["1 minute", "2 minutes", "5 minutes", "22 minutes"]),
    ("pl", ["1 minuta", "2 minuty", "5 minut", "22 minuty"]),
    ("ru", ["1 минута", "2 минуты", "5 минут", "22 минуты"]),
    ("es", ["1 minuto", "2 minutos", "5 minutos", "22 minutos"]),
])  # fmt: skip
def test_plurals_are_right(language: str, texts_of_1_2_5_22: list[str]) -> None:
    with i18n.speaking(language):
        assert [i18n.ngettext("%(num)s minute", "%(num)s minutes", n) % {"num": n} for n in (1, 2, 5, 22)
                ] == texts_of_1_2_5_22  # fmt: skip


def test_no_file_translates_a_text_of_another_differently() -> None:
    for language in TRANSLATED:
        seen: dict[Text, Text] = {}
        for path in files(language):
            for text, translated in entries(path):
                assert seen.setdefault(text, translated) == translated


@pytest.mark.parametrize(("header", "language"), [
    ("pl-PL,pl;q=0.9,en;q=0.8", "pl"), ("de, ru;q=0.5", "ru"), ("en;q=0.1, es;q=0.2", "es"), ("", "en"), ("*", "en"),
    ("pl;q=0, ru;q=0.1", "ru"), ("fr", "en"), ("es;q=broken, pl", "pl"), ("PL", "pl"), (";;;,,,", "en"),
])  # fmt: skip
def test_the_language_that_the_browser_likes_best_is_spoken(header: str, language: str) -> None:
    assert i18n.preferred(header, ("en", "pl", "ru", "es")) == language


@given(st.text())
def test_whatever_a_browser_asks_for_some_offered_language_is_spoken(header: str) -> None:
    assert i18n.preferred(header, ("pl", "en")) in ("pl", "en")


def test_an_unknown_language_is_spoken_as_english() -> None:
    with i18n.speaking("xx"):
        assert i18n.gettext("Sign in") == "Sign in"


@pytest.mark.parametrize(("language", "day", "number"), [
    ("en", "22 Nov 2026", "12,345.5"), ("pl", "22 lis 2026", "12\u00a0345,5"),
    ("ru", "22 нояб. 2026\u202fг.", "12\u00a0345,5"), ("es", "22 nov 2026", "12.345,5"),
])  # fmt: skip
def test_days_and_numbers_are_written_as_the_language_does(language: str, day: str, number: str) -> None:
    noon = ms(2026, 11, 22, 12)
    with i18n.speaking(language):
        assert (formats.day_text(noon, WARSAW), formats.number_text(12345.5)) == (day, number)


def test_times_are_the_clinics_whatever_the_server_thinks() -> None:
    late = ms(2026, 7, 1, 22, 30)  # half past midnight in Warsaw
    assert formats.time_text(late, WARSAW) == "00:30"
    assert formats.moment_text(late, WARSAW, ms(2026, 7, 2, 8)) == "00:30"
    assert formats.moment_text(late, WARSAW, ms(2026, 7, 3, 8)).endswith(", 00:30")
    assert formats.iso_text(late, WARSAW) == "2026-07-02T00:30:00+02:00"


@pytest.mark.parametrize(("duration", "text"), [
    (0, "0:00"), (7_999, "0:07"), (760_000, "12:40"), (3_725_000, "1:02:05"), (-5, "0:00"),
])  # fmt: skip
def test_a_duration_is_written_as_a_clock_does(duration: int, text: str) -> None:
    assert formats.duration_text(duration) == text


def ms(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)
