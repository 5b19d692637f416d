""""Call me back": the form with and without a script."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.requests import Limits, Taken, Wish, ask_back
from intake import Clinic
from patients.phones import may_ring
from pbx.actions import ClickToCall, originate
from store import open_store
from tests.callbacks.clinic import CONTEXT, PATIENT, WARSAW, at
from tests.web.public.doorway import SITE, Doorway, doorway
from tests.web.public.test_numbers import GOOGLE
from web.app import Ground
from web.calls_dial import Dialler
from web.context import CLINIC
from web.public.door import FormConfig
from web.public.ringing import NotRungError, at_once
from web.public.words import LANGUAGES, REFUSALS, WORDS


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Doorway]:
    async with doorway(tmp_path) as made:
        yield made


async def test_who_asks_is_told_by_when_the_clinic_rings(door: Doorway) -> None:
    answer = await door.ask_back()
    assert await answer.json() == {"ok": True, "said": "Thank you. We will ring 501 000 206 today by 10:15."}
    assert (door.table("callback")[0]["number"], door.table("callback")[0]["kind"]) == (PATIENT, "request")
    request = door.table("request")[0]
    assert request["site"] == SITE
    assert request["consent"] == "I agree that Przychodnia uses my number to call me back about this request."
    assert "127.0.0" not in str(request)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_language_has_every_sentence(door: Doorway, language: str) -> None:
    assert WORDS[language].keys() == WORDS["en"].keys()
    assert set(REFUSALS.values()) <= WORDS[language].keys()
    page = await (await door.http.get(f"{door.url}/call-me-back?lang={language}")).text()
    assert f'<html lang="{language}">' in page
    assert WORDS[language]["send"] in page


async def test_a_plain_form_of_the_site_is_answered_by_a_page(door: Doorway) -> None:
    fields = {"number": "501000206", "consent": "yes"}
    answer = await door.http.post(f"{door.url}/call-me-back", data=fields, headers=door.headers)
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "Dziękujemy. Zadzwonimy pod 501 000 206 dziś do 10:15." in await answer.text()


async def test_the_source_of_a_request_is_kept_like_a_visitors(door: Doorway) -> None:
    visit = await door.visit(params=GOOGLE)
    await door.ask_back(key=visit["key"])
    await door.ask_back(number="501000207", params='{"utm_source": "newsletter", "utm_medium": "email"}')
    await door.ask_back(number="501000208", params="[1", **{"from": "doctors.example"})
    await door.ask_back(number="501000209")
    campaigns = {row["id"]: (row["source"], row["medium"], row["name"]) for row in door.table("campaign")}
    assert [campaigns.get(row["campaign"]) for row in door.table("callback")] == [
        ("google", "cpc", "Implants"), ("newsletter", "email", ""), ("doctors.example", "referral", ""), None]
    assert [row["visit"] for row in door.table("request")] == [1, None, None, None]


async def test_without_consent_or_with_the_trap_filled_in_nothing_is_taken(door: Doorway) -> None:
    refused = await (await door.ask_back(consent="")).json()
    assert refused == {"ok": False, "said": WORDS["en"]["no_consent"]}
    trapped = await (await door.ask_back(website="https://spam.example")).json()
    assert trapped["ok"]
    assert door.table("callback") == []


@pytest.mark.parametrize(("number", "said"), [
    ("hello", "not_a_number"), ("+48 700 123 456", "not_permitted"), ("+881612345678", "not_permitted"),
])  # fmt: skip
async def test_a_number_that_is_not_rung_is_refused_in_words(door: Doorway, number: str, said: str) -> None:
    assert await (await door.ask_back("es", number=number)).json() == {"ok": False, "said": WORDS["es"][said]}


async def test_a_burst_from_many_networks_switches_the_form_off(tmp_path: Path) -> None:
    async with doorway(tmp_path, form=FormConfig(Limits(burst=2))) as door:
        said = [(await (await door.ask_back(number=f"50100030{n}")).json())["ok"] for n in range(4)]
        assert said == [True, True, False, False]
        assert [row["name"] for row in door.table("door_switch")] == ["requests"]


BROKEN = (
    ("application/x-www-form-urlencoded; charset=nope", b"number=501000206", 422),
    ("application/x-www-form-urlencoded", b"number=\xff\xfe&consent=yes", 422),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(500)), 400),
    ("multipart/form-data", b"--x", 415), ("multipart/form-data; boundary=x", b"--x\r\nbroken", 415),
    ("text/plain", b"number=501000206", 415),
)


async def test_a_broken_form_is_refused_without_a_fault(door: Doorway, caplog: pytest.LogCaptureFixture) -> None:
    for kind, body, status in BROKEN:
        headers = door.headers | {"Content-Type": kind}
        answer = await door.http.post(f"{door.url}/call-me-back", data=body, headers=headers)
        assert answer.status == status, (kind, body)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_nothing_typed_into_the_form_makes_a_line_of_its_own_anywhere(door: Doorway) -> None:
    name, page = "Anna\r\nBcc: all@evil.example\x00\u2028\u202e", "/a\r\nBcc:x\t\x85y?number=1"
    assert (await door.ask_back(name=name, page=page)).status == 200
    kept = [door.table("callback_comment")[0]["body"], *(str(value) for value in door.table("request")[0].values())]
    assert all(text.isprintable() for text in kept)
    assert door.table("request")[0]["page"] == "/aBcc:xy"


async def test_a_restart_forgets_no_request_of_a_network(tmp_path: Path) -> None:
    once = FormConfig(Limits(per_network=1))
    async with doorway(tmp_path, form=once) as door:
        assert (await (await door.ask_back()).json())["ok"]
    async with doorway(tmp_path, form=once) as again:
        assert not (await (await again.ask_back(number="501 000 207")).json())["ok"]


async def test_a_form_of_another_site_is_refused_and_no_form_is_404(tmp_path: Path, door: Doorway) -> None:
    answer = await door.http.post(f"{door.url}/call-me-back", data={"number": "501000206"},
                                  headers=door.headers | {"Origin": "https://evil.example"})
    assert answer.status == 403
    (tmp_path / "other").mkdir()
    async with doorway(tmp_path / "other", form=None) as closed:
        assert (await closed.ask_back()).status == 404
        assert (await closed.http.get(f"{closed.url}/call-me-back")).status == 404


async def test_what_is_typed_stands_in_the_form_again_and_is_text(door: Doorway) -> None:
    fields = {"number": "<b>x</b>", "name": '"><script>', "consent": "yes", "language": '"><script>'}
    text = await (await door.http.post(f"{door.url}/call-me-back", data=fields, headers=door.headers)).text()
    assert "<script" not in text
    assert "<b>" not in text
    assert 'value="&lt;b&gt;x&lt;/b&gt;"' in text


async def test_in_working_hours_the_desk_and_then_the_patient_can_be_rung_at_once(tmp_path: Path) -> None:
    rung: list[ClickToCall] = []

    async def ring(call: ClickToCall) -> None:
        originate(call)
        rung.append(call)

    async with doorway(tmp_path) as door:
        ground = Ground(door.store, door.writer, door.app[CLINIC], lambda: door.now)
        dialler = Dialler(ring, {"101": "PJSIP/101"}.get)
        start = at_once(dialler, "101", ground)
        await start(Taken(1, PATIENT, at("10:15")))
        assert [(call.phone, call.number, call.context) for call in rung] == [
            ("PJSIP/101", "48501000206", "callward-originate")]
        assert [(row["person"], row["callback"]) for row in door.table("click")] == [("web form", 1)]
        for number in ("+48700123456", "+881612345678", "+447700900123", "501"):
            with pytest.raises(NotRungError):
                await start(Taken(1, number, at("10:15")))
        assert len(rung) == 1


async def test_a_request_that_cannot_be_rung_at_once_waits_like_any_other(tmp_path: Path) -> None:
    tried: list[str] = []

    async def deaf(taken: Taken) -> None:
        tried.append(taken.number)
        raise OSError("no exchange")

    async with doorway(tmp_path, form=FormConfig(Limits(), ring=deaf)) as door:
        assert "today by 10:15" in (await (await door.ask_back()).json())["said"]
        door.now = at("22:00")
        assert "tomorrow" in (await (await door.ask_back(number="501000207")).json())["said"]
    assert tried == [PATIENT]


TYPED = st.one_of(st.text(max_size=30), st.from_regex(r"(\+|00)?[0-9][0-9 ]{6,14}", fullmatch=True))
FREELY = Limits(per_network=1000, burst=1000)


@settings(max_examples=15, deadline=None)
@given(st.lists(TYPED, min_size=1, max_size=30))
def test_nothing_that_can_be_typed_makes_the_exchange_ring_outside_the_list(everything: list[str]) -> None:
    """From the field of the form to the bytes for the exchange, with nothing left out."""
    sent: list[bytes] = []

    async def ring(call: ClickToCall) -> None:
        sent.append(originate(call).encode("1"))

    with open_store(":memory:") as store, store.writer() as writer:
        ground = Ground(store, writer, Clinic(WARSAW, CONTEXT), lambda: at("10:00"))
        start = at_once(Dialler(ring, {"101": "PJSIP/101"}.get), "101", ground)
        for typed in everything:
            with store.write() as tx:
                taken = ask_back(tx, CONTEXT, FREELY, Wish(typed, "I agree.", "en", name=typed), at("10:00"))
            if isinstance(taken, Taken):
                asyncio.run(_ring(start, taken))
    for action in sent:
        fields = [line.partition(": ") for line in action.decode().split("\r\n") if line]
        said = {name: value for name, _, value in fields}
        assert [name for name, _, _ in fields].count("Exten") == [name for name, _, _ in fields].count("Action") == 1
        assert (said["Action"], said["Channel"], said["Context"]) == ("Originate", "PJSIP/101", "callward-originate")
        assert may_ring(f"+{said['Exten']}", ("PL",))


async def _ring(start: Callable[[Taken], Awaitable[None]], taken: Taken) -> None:
    await start(taken)
