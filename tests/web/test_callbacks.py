"""The callbacks page: one person wins, everybody sees it, a click rings, a short talk is confirmed by one key."""

import asyncio
from pathlib import Path

from tests.callbacks.clinic import PATIENT
from tests.web.reception import Console, console, person
from tests.web.test_live import streaming


def missed(made: Console, call: str = "1.1", number: str = PATIENT) -> None:
    made.calls.inbound(call, "09:50", number=number, caller_number=number, party=number)


async def test_who_was_missed_is_on_the_page_with_their_name(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        made.patient("P1", "Zofia Łęcka", PATIENT)
        missed(made)
        text = await anna.text("/callbacks")
        assert "Zofia Łęcka" in text
        assert "501 000 206" in text
        assert ("anna", "looked", "patient", "P1") in made.audit()


async def test_two_receptionists_claim_one_callback_and_exactly_one_wins(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna, person(made, "ewa", "102") as ewa:
        missed(made)
        async with streaming(ewa, "callbacks") as hers, streaming(anna, "callbacks") as mine:
            answers = await asyncio.gather(anna.post("/callbacks/1/claim"), ewa.post("/callbacks/1/claim"))
            assert sorted(status for status, _ in answers) == [204, 409]
            winner = made.calls.callback()["claimed_by"]
            loser, stream = ("ewa", hers) if winner == "anna" else ("anna", mine)
            refusal = next(text for status, text in answers if status == 409)
            assert refusal.startswith(f"{winner.capitalize()} has this callback already")
            assert f"{winner.capitalize()} does it" in (await stream.until("callbacks", "does it"))[2]
            assert [row for row in made.audit() if row[1] == "changed"] == [
                (winner, "changed", "callback", "1")], loser


async def test_ring_claims_and_rings_my_phone_first(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        missed(made)
        assert (await anna.post("/callbacks/1/ring"))[0] == 204
        [click] = made.exchange.clicks
        assert (click.phone, click.number, click.context) == ("PJSIP/101", "48501000206", "callward-originate")
        assert made.calls.callback()["claimed_by"] == "anna"
        assert [(row["person"], row["number"], row["state"]) for row in made.rows("click")] == [
            ("anna", PATIENT, "asked")]


async def test_they_see_the_number_that_they_dialled(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        with made.store.write() as tx:
            tx.run("number_put", id=1, did="+48221234501", label="Billboard", kind="static", location="", campaign=None,
                   valid_from="2026-01-01", valid_to=None, destination=None)
            tx.run("number_put", id=2, did="+48221234500", label="Main", kind="static", location="", campaign=None,
                   valid_from="2026-01-01", valid_to=None, destination=None)
        missed(made)
        await anna.post("/callbacks/1/ring")
        await anna.post("/ring", number="0048 501 000 999")
        assert await anna.post("/ring", number="12") == (409, "That is not a phone number; write its digits.")
        [back, other] = made.exchange.clicks
        assert (back.caller_id, back.presents) == (PATIENT, "+48221234501")
        assert (other.number, other.presents) == ("48501000999", "")


async def test_without_a_desk_nothing_rings(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna") as anna:
        missed(made)
        status, text = await anna.post("/callbacks/1/ring")
        assert (status, made.exchange.clicks) == (409, [])
        assert "Choose your desk" in text


async def test_a_premium_number_is_never_rung_and_offers_no_button(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        missed(made)
        with made.store.write() as tx:
            tx.conn.execute("UPDATE callback SET number = '+48703123456'")
        status, text = await anna.post("/callbacks/1/ring")
        assert (status, made.exchange.clicks) == (409, [])
        assert "premium" in text
        page = await anna.text("/callbacks")
        assert "/callbacks/1/ring" not in page
        assert "premium" in page


async def test_one_number_is_rung_so_often_a_day_and_no_more(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        missed(made)
        for _ in range(8):
            assert (await anna.post("/callbacks/1/ring"))[0] == 204
        status, text = await anna.post("/callbacks/1/ring")
        assert (status, len(made.exchange.clicks)) == (409, 8)
        assert "rung 8 times today" in text


async def test_an_exchange_that_is_away_is_said_and_the_click_is_marked(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        missed(made)
        made.exchange.away = True
        status, text = await anna.post("/callbacks/1/ring")
        assert status == 409
        assert "did not start" in text
        assert [row["state"] for row in made.rows("click")] == ["failed"]


async def test_without_click_to_call_the_number_is_there_to_be_copied(tmp_path: Path) -> None:
    async with console(tmp_path, dials=False) as made, person(made, "anna", "101") as anna:
        missed(made)
        page = await anna.text("/callbacks")
        assert f'data-copy="{PATIENT}"' in page
        assert "/callbacks/1/ring" not in page
        assert (await anna.post("/callbacks/1/ring"))[0] == 409


async def test_comment_put_off_give_back_and_close(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        missed(made)
        assert (await anna.post("/callbacks/1/claim"))[0] == 204
        assert (await anna.post("/callbacks/1/release"))[0] == 204
        assert (await anna.post("/callbacks/1/comment", text="only <b>mornings</b>"))[0] == 204
        assert "only &lt;b&gt;mornings&lt;/b&gt;" in await anna.text("/callbacks")
        assert (await anna.post("/callbacks/1/snooze", **{"for": "tomorrow"}))[0] == 204
        assert "asleep until 24 Nov" in (await anna.text("/callbacks")).replace("Nov 24", "24 Nov")
        assert (await anna.post("/callbacks/1/close", reason=" "))[0] == 409
        assert (await anna.post("/callbacks/1/close", reason="wrote an e-mail"))[0] == 204
        assert "Nobody waits to be rung back" in await anna.text("/callbacks")
        assert "wrote an e-mail" in await anna.text("/callbacks/all")
        assert (await anna.post("/callbacks/1/close", reason="again")) == (409, "This callback is closed already.")


async def test_a_short_talk_is_confirmed_by_one_key(tmp_path: Path) -> None:
    for said, state in (("spoke", "closed"), ("voicemail", "open"), ("not_there", "open"), ("wrong", "closed")):
        folder = tmp_path / said
        folder.mkdir()
        async with console(folder, "10:10") as made, person(made, "anna", "101") as anna:
            missed(made)
            made.calls.outbound("1.2", "10:00", "answered", talk_s=9)
            assert "Was it them?" in await anna.text("/callbacks")
            assert (await anna.post("/callbacks/1/confirm", said=said))[0] == 204
            assert made.calls.callback()["state"] == state, said
            assert "Was it them?" not in await anna.text("/callbacks")


async def test_a_marketer_sees_none_of_it(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "maria", "", "marketer") as maria:
        missed(made)
        for path in ("/callbacks", "/callbacks/all", "/calls", "/board", "/calls.csv"):
            async with await maria.get(path) as answer:
                assert answer.status == 403, path
        assert (await maria.post("/callbacks/1/claim"))[0] == 403


async def test_without_our_token_nothing_changes(tmp_path: Path) -> None:
    async with console(tmp_path) as made, person(made, "anna", "101") as anna:
        missed(made)
        headers = {"Cookie": f"callward-session={anna.token}", "X-CSRF-Token": "foreign"}
        async with await anna.http.post(f"{made.url}/callbacks/1/claim", headers=headers) as answer:
            assert answer.status == 403
        assert made.calls.callback()["claimed_by"] is None
