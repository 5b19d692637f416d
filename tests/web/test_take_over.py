"""On a shared computer the next person takes over by a short code, so that the audit log stays personal."""

from pathlib import Path

import pytest

from tests.web.house import HOUR, PASSWORD, House, Visitor, house
from web import tries


async def at_the_desk(made: House, desk: Visitor, *roles: str) -> None:
    """Anna signed in by password at desk 101; Ewa, who has a code, stands beside her."""
    made.add("anna")
    made.add("ewa", *roles, pin="2580", display="Ewa Lis")
    await desk.sign_in("anna", desk="101")
    await desk.get("/switch")


async def test_the_next_person_is_in_by_their_code_and_the_one_before_is_out(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as desk:
        await at_the_desk(made, desk)
        assert "Ewa Lis" in desk.page
        before = {cookie.key: cookie.value for cookie in desk.http.cookie_jar}["callward-session"]
        assert (await desk.post("/switch", person="ewa", pin="2580", next="/calls")).headers["Location"] == "/calls"
        await desk.get("/account")
        assert ("Ewa Lis" in desk.page, 'name="desk" value="101"' in desk.page) == (True, True)
        async with made.browser(Cookie=f"callward-session={before}") as thief:
            assert not await thief.inside()
        assert made.audit()[-1] == ("ewa", "took over", "desk", "101", "from anna")


async def test_a_wrong_code_changes_nothing_and_is_written_down(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as desk:
        await at_the_desk(made, desk)
        answer = await desk.post("/switch", person="ewa", pin="1470")
        assert (answer.status, desk.told) == (403, "This code is not right.")
        assert 'class="who">Anna' in desk.page
        assert made.audit()[-1] == ("anna", "refused", "user", "ewa", "take-over")


@pytest.mark.parametrize(("person", "pin"), [("nobody", "2580"), ("anna", ""), ("anna", "2580"), ("ewa", "")])
async def test_who_has_no_code_cannot_be_taken_for(tmp_path: Path, person: str, pin: str) -> None:
    async with house(tmp_path) as made, made.browser() as desk:
        await at_the_desk(made, desk)
        assert (await desk.post("/switch", person=person, pin=pin)).status == 403


async def test_after_five_wrong_codes_only_a_password_opens_the_code_again(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as desk, made.browser() as elsewhere:
        await at_the_desk(made, desk)
        for _ in range(tries.PER_PIN):
            assert (await desk.post("/switch", person="ewa", pin="1470")).status == 403
        assert (await desk.post("/switch", person="ewa", pin="2580")).status == 429
        made.now += HOUR
        assert (await desk.post("/switch", person="ewa", pin="2580")).status == 429
        await elsewhere.sign_in("ewa")
        assert (await desk.post("/switch", person="ewa", pin="2580")).status == 303


async def test_a_code_opens_nothing_where_nobody_typed_a_password_today(tmp_path: Path) -> None:
    async with house(tmp_path, session_hours=48) as made, made.browser() as desk:
        await at_the_desk(made, desk)
        made.now += 14 * HOUR
        await desk.get("/switch")
        assert "No password was typed at this desk today." in desk.page
        assert (await desk.post("/switch", person="ewa", pin="2580")).status == 403


async def test_a_code_opens_nothing_without_a_session(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as stranger:
        made.add("ewa", pin="2580")
        assert (await stranger.get("/switch")).status == 302
        await stranger.get("/login")
        assert (await stranger.post("/switch", person="ewa", pin="2580")).status == 401


async def test_the_session_ends_when_the_one_before_would_have(tmp_path: Path) -> None:
    async with house(tmp_path, session_hours=8) as made, made.browser() as desk:
        await at_the_desk(made, desk)
        made.now += 7 * HOUR
        await desk.post("/switch", person="ewa", pin="2580")
        assert await desk.inside()
        made.now += HOUR
        assert not await desk.inside()


async def test_by_code_a_manager_has_the_rights_of_the_desk_and_no_more(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as desk:
        await at_the_desk(made, desk, "manager")
        await desk.post("/switch", person="ewa", pin="2580")
        assert (await desk.get("/calls")).status == 200
        assert (await desk.get("/calls.csv")).status == 403
        assert "this needs your password" in desk.page


@pytest.mark.parametrize("roles", [("marketer",), ("admin",), ("marketer", "admin")])
async def test_who_has_no_work_at_the_desk_can_neither_choose_a_code_nor_take_over(
    tmp_path: Path, roles: tuple[str, ...]
) -> None:
    async with house(tmp_path) as made, made.browser() as desk, made.browser() as own:
        await at_the_desk(made, desk, *roles)
        assert "Ewa Lis" not in desk.page
        assert (await desk.post("/switch", person="ewa", pin="2580")).status == 403
        await own.sign_in("ewa")
        await own.get("/account")
        assert (await own.post("/account/pin", current=PASSWORD, pin="2580")).status == 400


async def test_a_code_is_chosen_with_the_password_and_changes_nothing_without(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        await anna.sign_in("anna")
        await anna.get("/account")
        assert (await anna.post("/account/pin", current="wrong", pin="2580")).status == 400
        assert (await anna.post("/account/pin", current=PASSWORD, pin="1234")).status == 400
        assert made.user("anna")["pin"] == ""
        assert (await anna.post("/account/pin", current=PASSWORD, pin="2580")).status == 303
        assert made.user("anna")["pin"].startswith("$argon2id$")


async def test_who_took_over_by_code_changes_neither_password_nor_code(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as desk:
        await at_the_desk(made, desk)
        await desk.post("/switch", person="ewa", pin="2580")
        await desk.get("/account")
        for path in ("/account/password", "/account/pin", "/account/totp"):
            assert (await desk.post(path, current=PASSWORD, password="three loud horses", again="three loud horses",
                                    pin="3691")).status == 400
        assert made.user("ewa")["totp"] == ""
