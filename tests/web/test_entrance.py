"""Sign-in: passwords, codes of an app, links that work once, lock-out, and the end of a session."""

from pathlib import Path

import pyotp
import pytest

from tests.web.house import HOUR, PASSWORD, House, house
from web import passwords, tries, users


async def test_who_knows_the_password_is_let_in_and_led_to_where_they_wanted(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        assert (await anna.get("/account")).headers["Location"] == "/login?next=/account"
        answer = await anna.sign_in("anna", next="/account")
        assert (answer.status, answer.headers["Location"]) == (303, "/account")
        assert await anna.inside()
        assert made.audit() == [("anna", "signed in", "desk", "", "password")]


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("anna", ""), ("", PASSWORD)])
async def test_a_wrong_name_and_a_wrong_password_are_told_alike(tmp_path: Path, name: str, password: str) -> None:
    async with house(tmp_path) as made, made.browser() as stranger:
        made.add("anna")
        answer = await stranger.sign_in(name, password)
        assert (answer.status, stranger.told) == (403, "Login or password is not right.")
        assert not await stranger.inside()


async def test_a_name_that_nobody_has_is_not_written_down_for_it_may_be_a_password(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as stranger:
        made.add("anna")
        await stranger.sign_in(PASSWORD)
        await stranger.sign_in("anna", "wrong")
        assert [row[:4] for row in made.audit()] == [("", "refused", "user", ""), ("", "refused", "user", "anna")]


async def test_who_has_no_password_yet_cannot_sign_in_with_an_empty_one(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        with made.store.write() as tx:
            users.add(tx, users.NewUser("anna", "Anna", ("receptionist",)), made.now)
        assert (await anna.sign_in("anna", "")).status == 403


async def test_whoever_is_disabled_is_out_at_once_and_stays_out(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        await anna.sign_in("anna")
        assert await anna.inside()
        with made.store.write() as tx:
            users.disable(tx, "anna", made.now)
        assert not await anna.inside()
        assert (await anna.sign_in("anna")).status == 403


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)",
                                    "/\t/evil.example", ""])
async def test_after_the_sign_in_nobody_is_led_to_another_site(tmp_path: Path, target: str) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        assert (await anna.sign_in("anna", next=target)).headers["Location"] == "/"


async def test_the_desk_is_remembered_by_the_browser_and_must_be_a_phone_of_the_clinic(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        assert (await anna.sign_in("anna", desk="999")).status == 400
        await anna.sign_in("anna", desk="101")
        await anna.get("/account")
        await anna.post("/logout")
        await anna.get("/login")
        assert 'name="desk" value="101"' in anna.page


class TestLockOut:
    async def test_after_ten_wrong_passwords_not_even_the_right_one_is_looked_at(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as stranger:
            made.add("anna")
            await stranger.get("/login")
            for _ in range(tries.PER_NAME):
                assert (await stranger.post("/login", name="anna", password="wrong")).status == 403
            answer = await stranger.post("/login", name="anna", password=PASSWORD)
            assert (answer.status, answer.headers["Retry-After"]) == (429, "900")
            assert stranger.told == "Too many attempts. Wait 15 minutes, or ask an admin for a new link."

    async def test_a_quarter_of_an_hour_later_it_is_looked_at_again(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            made.add("anna")
            with made.store.write() as tx:
                for _ in range(tries.PER_NAME):
                    tries.take(tx, tries.password_limits("anna", "10.0.0.1"), made.now)
            assert (await anna.sign_in("anna")).status == 429
            made.now += tries.WINDOW_MS
            assert (await anna.sign_in("anna")).status == 303

    async def test_other_people_are_not_locked_out_with_them(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as ewa:
            made.add("ewa")
            with made.store.write() as tx:
                for _ in range(tries.PER_NAME):
                    tries.take(tx, tries.password_limits("anna", "127.0.0.1"), made.now)
            assert (await ewa.sign_in("ewa")).status == 303

    async def test_one_address_may_not_try_many_names(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as stranger:
            made.add("anna")
            with made.store.write() as tx:
                for n in range(tries.PER_ADDRESS):
                    tries.take(tx, tries.password_limits(f"name{n}", "127.0.0.1"), made.now)
            assert (await stranger.sign_in("anna")).status == 429

    async def test_an_address_is_believed_from_a_known_proxy_alone(self, tmp_path: Path) -> None:
        forwarded = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        for proxies, wanted in (((), "127.0.0.1"), (("127.0.0.1",), "203.0.113.9")):
            folder = tmp_path / wanted
            folder.mkdir()
            async with house(folder, trusted_proxies=proxies) as made, made.browser(**forwarded) as anna:
                made.add("anna")
                await anna.sign_in("anna")
                with made.store.read() as tx:
                    (session,) = tx.all("sessions_of", person="anna", now_ms=made.now)
                assert session["address"] == wanted


class TestApp:
    """The code of an authenticator app."""

    async def test_a_password_alone_does_not_let_in(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            secret = self.with_app(made)
            answer = await anna.sign_in("anna")
            assert (answer.status, "Six digits" in anna.page) == (200, True)
            assert not await anna.inside()
            await anna.sign_in("anna")
            answer = await anna.post("/login/code", ticket=ticket(anna.page), code=self.code(secret, made.now))
            assert answer.status == 303
            assert await anna.inside()

    async def test_a_code_works_once(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna, made.browser() as thief:
            code = self.code(self.with_app(made), made.now)
            await anna.sign_in("anna")
            await thief.sign_in("anna")
            assert (await anna.post("/login/code", ticket=ticket(anna.page), code=code)).status == 303
            assert (await thief.post("/login/code", ticket=ticket(thief.page), code=code)).status == 403
            assert not await thief.inside()

    async def test_an_older_code_does_not_work_after_a_newer_one(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna, made.browser() as thief:
            secret = self.with_app(made)
            await anna.sign_in("anna")
            await anna.post("/login/code", ticket=ticket(anna.page), code=self.code(secret, made.now))
            await thief.sign_in("anna")
            older = self.code(secret, made.now - 30_000)
            assert (await thief.post("/login/code", ticket=ticket(thief.page), code=older)).status == 403

    async def test_codes_cannot_be_tried_for_ever(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as thief:
            secret = self.with_app(made)
            await thief.sign_in("anna")
            given = ticket(thief.page)
            statuses = [(await thief.post("/login/code", ticket=given, code="000000")).status for _ in range(9)]
            assert statuses == [403] * 9
            assert (await thief.post("/login/code", ticket=given, code=self.code(secret, made.now))).status == 429

    async def test_the_second_step_ends_after_five_minutes(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            secret = self.with_app(made)
            await anna.sign_in("anna")
            made.now += users.CODE_MS
            answer = await anna.post("/login/code", ticket=ticket(anna.page), code=self.code(secret, made.now))
            assert (answer.status, anna.told) == (403, "That took too long. Please sign in again.")

    async def test_a_link_for_a_new_password_does_not_go_round_the_app(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            self.with_app(made)
            with made.store.write() as tx:
                path = f"/enter/{users.invite(tx, 'anna', made.now)}"
            await anna.get(path)
            answer = await anna.post(path, password="three loud horses", again="three loud horses")
            assert answer.headers["Location"] == "/login"
            assert not await anna.inside()

    @staticmethod
    def with_app(made: House) -> str:
        secret = passwords.totp_secret()
        made.add("anna")
        with made.store.write() as tx:
            users.set_totp(tx, "anna", secret)
        return secret

    @staticmethod
    def code(secret: str, now_ms: int) -> str:
        return pyotp.TOTP(secret).at(now_ms // 1000)


class TestLink:
    """A link that works once."""

    async def test_by_it_a_new_user_chooses_a_password_and_is_in(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            path = invited(made, "anna")
            await anna.get(path)
            assert "Your login is anna." in anna.page
            answer = await anna.post(path, password=PASSWORD, again=PASSWORD)
            assert answer.status == 303
            assert await anna.inside()

    async def test_looking_at_it_does_not_spend_it_but_using_it_does(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna, made.browser() as thief:
            path = invited(made, "anna")
            assert [(await anna.get(path)).status for _ in range(3)] == [200] * 3
            await anna.post(path, password=PASSWORD, again=PASSWORD)
            assert (await thief.get(path)).status == 404
            assert (await thief.post(path, password=PASSWORD, again=PASSWORD)).status == 404

    async def test_it_ends_after_a_day(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            path = invited(made, "anna")
            made.now += 24 * HOUR
            assert (await anna.get(path)).status == 404
            assert "does not work any more" in anna.page

    @pytest.mark.parametrize(("chosen", "again"), [
        ("short", "short"), ("password123", "password123"), ("aaaaaaaaaaaa", "aaaaaaaaaaaa"),
        ("anna is here now", "anna is here now"), (PASSWORD, "something else"), ("1234567890", "1234567890"),
    ])  # fmt: skip
    async def test_a_weak_password_leaves_it_unspent(self, tmp_path: Path, chosen: str, again: str) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            path = invited(made, "anna")
            await anna.get(path)
            assert (await anna.post(path, password=chosen, again=again)).status == 400
            assert anna.told
            assert (await anna.post(path, password=PASSWORD, again=PASSWORD)).status == 303

    async def test_people_of_the_demo_go_in_by_theirs_without_a_password(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            with made.store.write() as tx:
                paths = users.demo_logins(tx, [users.NewUser("anna", "Anna", ("receptionist",), "101")], made.now)
            await anna.get(paths["anna"])
            assert (await anna.post(paths["anna"])).status == 303
            await anna.get("/account")
            assert 'name="desk" value="101"' in anna.page


class TestSession:
    async def test_it_ends_with_its_hours(self, tmp_path: Path) -> None:
        async with house(tmp_path, session_hours=8) as made, made.browser() as anna:
            made.add("anna")
            await anna.sign_in("anna")
            made.now += 8 * HOUR - 1
            assert await anna.inside()
            made.now += 1
            assert not await anna.inside()
            await anna.get("/login?next=/board")
            assert anna.told == "Your session is over. Sign in to go on where you were."
            await anna.sign_in("anna")
            assert await anna.inside()

    async def test_it_ends_with_the_sign_out_and_its_cookie_opens_nothing(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            made.add("anna")
            await anna.sign_in("anna")
            kept = {cookie.key: cookie.value for cookie in anna.http.cookie_jar}
            await anna.get("/account")
            await anna.post("/logout")
            assert not await anna.inside()
            async with made.browser(Cookie=f"callward-session={kept['callward-session']}") as thief:
                assert not await thief.inside()

    async def test_revoking_ends_every_session_and_link(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            made.add("anna")
            await anna.sign_in("anna")
            with made.store.write() as tx:
                path = f"/enter/{users.invite(tx, 'anna', made.now)}"
                assert users.revoke(tx, "anna", made.now) == 1
            assert not await anna.inside()
            assert (await anna.get(path)).status == 404

    async def test_a_new_password_ends_the_others_but_not_this_one(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as here, made.browser() as there:
            made.add("anna")
            await here.sign_in("anna")
            await there.sign_in("anna")
            await here.get("/account")
            answer = await here.post("/account/password", current=PASSWORD, password="three loud horses",
                                     again="three loud horses")
            assert answer.status == 303
            assert (await here.inside(), await there.inside()) == (True, False)
            assert (await there.sign_in("anna")).status == 403

    async def test_one_session_ends_another_of_the_same_person_only(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as here, made.browser() as there, made.browser() as ewa:
            made.add("anna")
            made.add("ewa")
            for one, name in ((here, "anna"), (there, "anna"), (ewa, "ewa")):
                await one.sign_in(name)
            await here.get("/account")
            for session in ("2", "3"):
                await here.post("/account/sessions", session=session)
            assert (await here.inside(), await there.inside(), await ewa.inside()) == (True, False, True)

    async def test_the_tokens_of_cookies_and_links_are_stored_hashed(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            path = invited(made, "ewa")
            made.add("anna")
            await anna.sign_in("anna")
            token = next(cookie.value for cookie in anna.http.cookie_jar if cookie.key == "callward-session")
            with made.store.read() as tx:
                rows = [*tx.conn.execute("SELECT * FROM web_session").fetchall(),
                        *tx.conn.execute("SELECT * FROM web_ticket").fetchall()]
            assert token not in str(rows)
            assert path.removeprefix("/enter/") not in str(rows)

    async def test_roles_hold_from_the_next_click_on(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            made.add("anna")
            await anna.sign_in("anna")
            assert (await anna.get("/calls")).status == 200
            with made.store.write() as tx:
                users.set_roles(tx, "anna", ["marketer"])
            assert (await anna.get("/calls")).status == 403


def invited(made: House, name: str) -> str:
    """Add somebody without a password; return the path of their link."""
    with made.store.write() as tx:
        users.add(tx, users.NewUser(name, name.capitalize(), ("receptionist",)), made.now)
        return f"/enter/{users.invite(tx, name, made.now)}"


def ticket(page: str) -> str:
    return page.partition('name="ticket" value="')[2].partition('"')[0]
