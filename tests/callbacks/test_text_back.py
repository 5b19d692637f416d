"""Missed-call text back: to whom, when, once, and why not."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.text_back import TextBack, TextRules, decide
from callbacks.text_words import LANGUAGES, TEMPLATES, by_when, compose
from store import Store, open_store
from tests.callbacks.clinic import OTHER, PATIENT, WARSAW, Clinic, at
from tests.callbacks.wire import Phone
from tests.store.conftest import _address
from tests.store.rows import PBX, insert

LANDLINE = "+48221234599"
RULES = TextRules("Klinika Testowa", WARSAW, ("PL",), ("pl", "en"), link="https://clinic.example/book")


@pytest.fixture(params=["file", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return _address(request.param, request, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


class Desk:
    """A clinic whose calls reach the feed, and its texts."""

    def __init__(self, clinic: Clinic, rules: TextRules = RULES) -> None:
        self.clinic, self.rules, self.phone = clinic, rules, Phone()
        self.begin()

    def begin(self) -> None:
        """Start the process anew."""
        self.texts = TextBack(self.clinic.store, self.rules, self.phone)

    async def look(self, *times: str) -> None:
        for now in times:
            await self.texts.once(at(now))

    def missed(self, call: str, start: str, *, live: bool = True, **changes: Any) -> None:
        self.clinic.inbound(call, start, changes.pop("outcome", "abandoned"), **changes)
        self.tell(call, at(start) + 30_000, live=live)

    def tell(self, call: str, at_ms: int, *, live: bool = True) -> None:
        with self.clinic.store.write() as tx:
            tx.run("feed_append", id=tx.next_id("feed"), at_ms=at_ms, kind="call.ended", ref=f"{PBX}:{call}",
                   live=int(live))

    def why(self, call: str) -> str | None:
        found = [row["reason"] for row in self.clinic.table("text_back") if row["call"] == call]
        return found[0] if found else "never considered"


@pytest.fixture
async def desk(clinic: Clinic) -> Desk:
    desk = Desk(clinic)
    await desk.look("09:00")
    return desk


async def test_a_missed_caller_is_told_two_minutes_later_when_the_clinic_will_ring(desk: Desk) -> None:
    desk.missed("1", "10:00")
    await desk.look("10:01", "10:02")
    assert desk.phone.texts == []
    await desk.look("10:03", "10:04")
    assert desk.phone.texts == [(
        PATIENT, "Klinika Testowa: przepraszamy, nie udało się nam odebrać. Oddzwonimy dziś do 10:15. "
        "Wizytę można też umówić tutaj: https://clinic.example/book",
    )]  # fmt: skip


async def test_who_was_answered_meanwhile_gets_none(desk: Desk) -> None:
    desk.missed("1", "10:00")
    desk.clinic.outbound("2", "10:01", "answered")
    await desk.look("10:03")
    assert (desk.phone.texts, desk.why("1")) == ([], "answered meanwhile")


async def test_who_is_on_the_line_gets_none(desk: Desk) -> None:
    desk.missed("1", "10:00")
    desk.clinic.inbound("2", "10:01", None)
    await desk.look("10:03")
    assert (desk.phone.texts, desk.why("1")) == ([], "on the line")


async def test_a_landline_gets_none(desk: Desk) -> None:
    desk.missed("1", "10:00", number=LANDLINE)
    await desk.look("10:03")
    assert (desk.phone.texts, desk.why("1")) == ([], "not permitted: not_mobile")


async def test_a_number_gets_one_a_day(desk: Desk) -> None:
    desk.missed("1", "10:00")
    desk.missed("2", "10:01", number=OTHER)
    await desk.look("10:04")
    desk.missed("3", "15:00")
    await desk.look("15:03")
    assert [number for number, _ in desk.phone.texts] == [PATIENT, OTHER]
    assert desk.why("3") == "texted today"
    desk.missed("4", "2026-11-24 10:00")
    await desk.look("2026-11-24 10:03")
    assert len(desk.phone.texts) == 3


async def test_two_misses_at_once_bring_one_text(desk: Desk) -> None:
    desk.missed("1", "10:00")
    desk.missed("2", "10:01")
    await desk.look("10:05")
    assert len(desk.phone.texts) == 1


async def test_who_asked_for_none_gets_none(desk: Desk) -> None:
    with desk.clinic.store.write() as tx:
        tx.run("text_stop_put", number=PATIENT, at_ms=0, author="anna")
    desk.missed("1", "10:00")
    await desk.look("10:03")
    assert (desk.phone.texts, desk.why("1")) == ([], "on the stop list")


async def test_nobody_is_texted_at_night(desk: Desk) -> None:
    desk.missed("1", "23:30")
    await desk.look("23:33")
    assert (desk.phone.texts, desk.why("1")) == ([], "outside the hours for texts")


async def test_what_is_replayed_or_old_sends_nothing(desk: Desk) -> None:
    desk.missed("1", "10:00", live=False)
    desk.missed("2", "10:00", number=OTHER)
    await desk.look("10:20")
    assert (desk.phone.texts, desk.why("1"), desk.why("2")) == ([], "never considered", "never considered")


async def test_what_was_missed_before_it_was_switched_on_sends_nothing(clinic: Clinic) -> None:
    desk = Desk(clinic)
    desk.missed("1", "10:00")
    await desk.look("10:01", "10:03")
    assert desk.phone.texts == []


async def test_the_day_has_its_limit(clinic: Clinic) -> None:
    desk = Desk(clinic, replace(RULES, daily_limit=1))
    await desk.look("09:00")
    desk.missed("1", "10:00")
    desk.missed("2", "10:00", number=OTHER)
    await desk.look("10:03")
    assert (len(desk.phone.texts), desk.why("2")) == (1, "the day's limit is reached")


async def test_a_caller_reads_their_own_language(desk: Desk) -> None:
    with desk.clinic.store.write() as tx:
        insert(tx, "patient", ref="P1", name="Jan", folded="jan", language="en", imported_ms=0)
        insert(tx, "patient_number", number=PATIENT, ref="P1", reversed="", raw="", position=0)
    desk.missed("1", "10:00")
    await desk.look("10:03")
    assert "We will ring you back today by 10:15." in desk.phone.texts[0][1]


async def test_a_gateway_that_is_away_is_asked_again_until_it_is_too_late(desk: Desk) -> None:
    desk.missed("1", "10:00")
    desk.missed("2", "10:08", number=OTHER)
    desk.phone.away = True
    await desk.look("10:03", "10:06", "10:11")
    desk.phone.away = False
    await desk.look("10:14")
    assert [number for number, _ in desk.phone.texts] == [OTHER]
    assert desk.why("1") == "too old"


async def test_a_process_killed_while_texting_goes_on_under_the_same_key(desk: Desk) -> None:
    class Killed(Phone):
        async def text(self, number: str, text: str, key: str) -> None:
            await super().text(number, text, key)
            raise asyncio.CancelledError

    killed, phone = Killed(), desk.phone
    desk.phone = killed
    desk.begin()
    desk.missed("1", "10:00")
    with pytest.raises(asyncio.CancelledError):
        await desk.look("10:03")
    desk.phone = phone
    desk.begin()
    await desk.look("10:04")
    assert phone.texts == []
    await desk.look("10:05", "10:08")
    assert phone.keys == killed.keys


ROW = {
    "party": PATIENT, "missed": 1, "withheld": 0, "stopped": 0, "on_the_line": 0, "answered_since": 0, "callback": 1,
    "callback_state": "open", "texted_today": 0, "at_ms": at("10:02"),
}  # fmt: skip


@given(st.fixed_dictionaries({
    "party": st.sampled_from([PATIENT, LANDLINE, None, "+447400123456"]),
    **{name: st.integers(0, 1) for name in ("missed", "withheld", "stopped", "on_the_line", "answered_since",
                                            "texted_today")},
    "callback": st.sampled_from([None, 1]), "callback_state": st.sampled_from(["open", "claimed", "closed"]),
}), st.integers(0, 120), st.integers(0, 120))
def test_a_text_is_sent_only_where_nothing_speaks_against_it(row: dict[str, Any], minutes: int, sent: int) -> None:
    reason = decide(RULES, ROW | row, at("10:02") + minutes * 60_000, sent)
    good = (
        row["party"] == PATIENT and row["missed"] and row["callback"] and row["callback_state"] != "closed"
        and not any(row[name] for name in ("withheld", "stopped", "on_the_line", "answered_since", "texted_today"))
        and minutes <= 10 and sent < 100
    )  # fmt: skip
    assert (reason is None) == bool(good)


@pytest.mark.parametrize(("due", "words"), [
    ("10:00", ("soon", "wkrótce", "в ближайшее время", "en breve")),
    ("14:15", ("today by 14:15", "dziś do 14:15", "сегодня до 14:15", "hoy antes de las 14:15")),
    ("2026-11-24 08:05", ("tomorrow by 8:05", "jutro do 8:05", "завтра до 8:05", "mañana antes de las 8:05")),
    ("2026-11-27 09:00", ("on Friday by 9:00", "w piątek do 9:00", "в пятницу до 9:00",
                          "el viernes antes de las 9:00")),
    ("2026-12-03 01:00", ("on 03/12 by 1:00", "3.12 do 1:00", "3.12 до 1:00", "el 3/12 antes de la 1:00")),
])
def test_the_time_in_words(due: str, words: tuple[str, ...]) -> None:
    assert tuple(by_when(at(due), at("10:30"), WARSAW, language) for language in LANGUAGES) == words


@given(st.integers(0, 4_000_000_000_000), st.integers(0, 4_000_000_000_000), st.sampled_from(LANGUAGES))
def test_every_moment_has_words(due: int, now: int, language: str) -> None:
    words = by_when(due, now, WARSAW, language)
    assert words
    assert "{" not in words


def test_own_words_take_the_place_of_ours() -> None:
    values = {"clinic": "K", "time": "soon", "link": "https://x.example"}
    assert compose({"en": "{clinic} rings {time}, or {link}"}, "en", values) == "K rings soon, or https://x.example"
    assert compose({}, "en", {**values, "link": ""}) == TEMPLATES["en"].format(clinic="K", time="soon")
