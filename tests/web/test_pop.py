"""The cards at a desk: who rings, what is known of them, what is noted during and after."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from callbacks.topics import SHIPPED, Topic
from tests.callbacks.clinic import PATIENT
from tests.web.reception import PATIENT_LINK, Console, Person, console, person
from web.pop import Card, cards, choices, patient_url


def shown(made: Console, desk: str = "101") -> list[Card]:
    with made.store.read() as tx:
        return cards(tx, desk, "anna", made.now, PATIENT_LINK)


async def test_a_call_pops_at_every_desk_that_rings_and_stays_at_the_one_that_answers(tmp_path: Path) -> None:
    async with console(tmp_path) as made:
        made.rings("1.1", "101", "102")
        assert [card.stage for card in shown(made)] == ["ringing"]
        assert shown(made)[0].rings_at == ("102",)
        assert [card.stage for card in shown(made, "102")] == ["ringing"]
        assert shown(made, "103") == []
        made.answers("1.1", "102")
        assert shown(made) == []
        assert [card.stage for card in shown(made, "102")] == ["talking"]
        made.ends("1.1")
        assert [card.stage for card in shown(made, "102")] == ["after"]


async def test_relatives_on_one_number_are_keys_and_nobody_is_chosen(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Anna Nowak", PATIENT, birth_year=1985)
        made.patient("P2", "Kuba Nowak", PATIENT, birth_year=2019, guardian_ref="P1")
        made.rings("1.1", "101")
        assert [(one.key, one.ref) for one in shown(made)[0].relatives] == [("A", "P1"), ("B", "P2")]
        made.answers("1.1", "101")
        text = await anna.text("/board")
        assert "checked" not in text
        assert {row[3] for row in made.audit() if row[1] == "looked"} == {"P1", "P2"}
        status, said = await anna.post("/calls/main:1.1/note", topic="booked")
        assert (status, made.rows("call_topic")) == (409, [])
        assert "keys A, B, C" in said
        assert (await anna.post("/calls/main:1.1/note", topic="booked", patient="P2"))[0] == 204
        assert [(row["topic"], row["patient"]) for row in made.rows("call_topic")] == [("booked", "P2")]


async def test_a_patient_who_does_not_share_the_number_cannot_be_noted(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Anna Nowak", PATIENT)
        made.patient("P9", "Somebody Else", "+48501000999")
        made.rings("1.1", "101")
        await anna.post("/calls/main:1.1/note", topic="information", patient="P9")
        assert [row["patient"] for row in made.rows("call_topic")] == [None]


async def test_a_draft_is_never_lost_and_becomes_the_comment(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna, person(made, "ewa", "102") as ewa:
        made.rings("1.1", "101", "102")
        made.answers("1.1", "101")
        assert (await anna.post("/calls/main:1.1/draft", comment="asks for Dr Maj"))[0] == 204
        assert "asks for Dr Maj" in await anna.text("/board")
        assert "asks for Dr Maj" not in await ewa.text("/calls/main:1.1")
        assert (await anna.post("/calls/main:1.1/note", topic="information", comment="asks for Dr Maj"))[0] == 204
        assert made.rows("call_draft") == []
        assert [(row["body"], row["author"]) for row in made.rows("call_comment")] == [("asks for Dr Maj", "anna")]


async def test_an_answered_call_is_asked_about_until_it_has_a_topic(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.rings("1.1", "101")
        made.answers("1.1", "101")
        made.ends("1.1")
        assert [card.stage for card in shown(made)] == ["after"]
        await anna.post("/calls/main:1.1/note", topic="results")
        assert shown(made) == []


async def test_booked_closes_the_callback_of_the_caller(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.calls.inbound("1.0", "09:00")
        made.rings("1.1", "101")
        assert shown(made)[0].callback is not None
        made.answers("1.1", "101")
        await anna.post("/calls/main:1.1/note", topic="booked")
        assert made.calls.callback()["closed_why"] == "booked"


async def test_withheld_and_unknown_callers_have_a_card_too(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.rings("1.1", "101", number=None, withheld=1, caller_raw="anonymous")
        assert "Number withheld" in await anna.text("/board")
        made.rings("1.2", "101", number="+48501000777", first_time=1)
        text = await anna.text("/board")
        assert "Not a known patient" in text
        assert "First call" in text


async def test_hostile_names_are_text(tmp_path: Path) -> None:
    hostile = '"><img src=x onerror=alert(1)>{{7*7}}'
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient(hostile, hostile, PATIENT)
        made.rings("1.1", "101", caller_name=hostile)
        made.rings("1.2", "101", number="+48501000777", caller_name=hostile)
        for path in ("/board", "/callbacks", "/calls", "/calls/main:1.1"):
            text = await anna.text(path)
            assert "<img" not in text, path
            assert "{{7*7}}" in text or path == "/callbacks"


async def test_history_and_comments_of_the_number_are_on_the_card(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.calls.inbound("1.0", "08:30", "answered")
        await _note(anna, "main:1.0", topic="prescription", comment="repeat in March")
        made.rings("1.1", "101")
        [card] = [card for card in shown(made) if card.stage == "ringing"]
        assert [row["topic"] for row in card.history] == ["prescription"]
        assert [row["body"] for row in card.comments] == ["repeat in March"]


async def _note(who: Person, ref: str, **fields: str) -> None:
    assert (await who.post(f"/calls/{ref}/note", **fields))[0] == 204


def test_ten_digits_reach_every_shipped_topic() -> None:
    made = choices(SHIPPED)
    assert [choice.key for choice in made] == list("1234567890")
    reached = [topic.id for choice in made for key, topic in choice.topics if choice.single or key]
    assert sorted(reached) == sorted(topic.id for topic in SHIPPED)


@given(st.lists(st.sampled_from(SHIPPED), unique=True))
def test_a_digit_means_the_same_category_whatever_topics_there_are(known: list[Topic]) -> None:
    usual = {choice.category: choice.key for choice in choices(SHIPPED)}
    assert all(usual[choice.category] == choice.key for choice in choices(known))


@given(st.text())
def test_a_ref_stays_one_part_of_the_address(ref: str) -> None:
    url = patient_url("https://his.example/p/{ref}/card", ref.encode("utf-8", "replace").decode())
    assert url.startswith("https://his.example/p/")
    assert url.endswith("/card")
    assert url.count("/") == 5
    assert "?" not in url
    assert "#" not in url


def test_a_link_that_is_no_address_is_no_link() -> None:
    assert patient_url("javascript:alert({ref})", "P1") == ""


async def test_who_leads_the_team_is_not_asked_for_a_desk_on_every_page(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna, person(made, "marek", "", "manager") as marek:
        for who, asked in ((anna, True), (marek, False)):
            page = await who.text("/callbacks")
            assert ("No desk is chosen" in page) is asked
            assert "is-deskless" in page  # the page takes all of the width
