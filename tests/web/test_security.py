"""What every response carries, which requests are refused, and that nothing but our files is served."""

import logging
from pathlib import Path

import pytest
from aiohttp import web

from tests.web.house import CONFIG, PASSWORD, House, Visitor, house
from tests.web.test_rights import path_of, routes
from web import security
from web.app import AccessLog
from web.forms import local_path
from web.rights import open_to_all, signed_in

POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'",
          "frame-ancestors 'none'"]


async def test_every_response_carries_the_headers_whatever_it_is(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        answers = [await anna.get(path) for path in ("/", "/login", "/nothing", "/static/base.css", "/static/none")]
        answers += [await anna.get("/login", Host="evil.example"), await anna.post("/login", csrf="")]
        await anna.sign_in("anna")
        answers += [await anna.get(path) for path in ("/account", "/calls", "/nothing", "/calls.csv", "/live/since")]
        for answer in answers:
            policy = answer.headers["Content-Security-Policy"].split("; ")
            assert set(POLICY) <= set(policy), answer.url
            assert "unsafe" not in str(policy)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["Referrer-Policy"] == "same-origin"
            assert "Server" not in answer.headers
            if answer.status != 200 or "static" not in answer.url.path:
                assert answer.headers["Cache-Control"] == "no-store", answer.url


@pytest.mark.parametrize(("url", "secure"), [("https://callward.example", True), ("", False)])
async def test_over_https_cookies_are_secure_and_bound_to_the_host(tmp_path: Path, url: str, secure: bool) -> None:
    async with house(tmp_path, public_url=url) as made, made.browser() as stranger:
        answer = await stranger.get("/login")
        (cookie,) = answer.headers.getall("Set-Cookie")
        assert cookie.startswith("__Host-callward-guest=" if secure else "callward-guest=")
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert ("Secure" in cookie) == secure == ("Strict-Transport-Security" in answer.headers)


@pytest.mark.parametrize(("host", "status"), [
    ("localhost", 200), ("127.0.0.1:8480", 200), ("[::1]", 200), ("callward.example", 200), ("CALLWARD.example", 200),
    ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("[", 421), ("", 421),
])  # fmt: skip
async def test_the_console_answers_to_its_own_names_only(tmp_path: Path, host: str, status: int) -> None:
    async with house(tmp_path, public_url="https://callward.example") as made, made.browser() as visitor:
        assert (await visitor.get("/login", Host=host)).status == status


class TestForgery:
    """A changing request must come from our own page."""

    async def test_every_changing_route_refuses_a_request_without_its_token(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as boss:
            made.add("boss", "manager", "admin")
            await boss.sign_in("boss")
            for route in routes(made):
                if not route.startswith("GET "):
                    for token in ("", "0" * 64, "ł"):
                        assert (await boss.post(path_of(route), csrf=token)).status == 403, (route, token)
            assert await boss.inside()

    async def test_every_changing_route_refuses_the_token_of_another_person(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as boss, made.browser() as other:
            for name, visitor in (("boss", boss), ("other", other)):
                made.add(name, "manager", "admin")
                await visitor.sign_in(name)
                await visitor.get("/account")
            before = len(made.audit())
            for route in routes(made):
                if not route.startswith("GET "):
                    assert (await boss.post(path_of(route), csrf=other.token)).status == 403, route
            assert len(made.audit()) == before, "what is refused changes nothing"

    async def test_the_token_of_another_person_is_refused(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna, made.browser() as ewa:
            await both(made, anna, ewa)
            assert (await anna.post("/account/language", csrf=ewa.token, language="pl")).status == 403
            assert (await anna.post("/account/language", language="pl")).status == 303

    @pytest.mark.parametrize("headers", [
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://["}, {"Origin": ""},
    ])  # fmt: skip
    async def test_a_request_of_another_site_is_refused_even_with_the_token(
        self, tmp_path: Path, headers: dict[str, str]
    ) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            made.add("anna")
            await anna.sign_in("anna")
            await anna.get("/account")
            assert (await anna.post("/account/language", language="pl", headers=headers)).status == 403
            ours = {"Sec-Fetch-Site": "same-origin", "Origin": made.url}
            assert (await anna.post("/account/language", language="pl", headers=ours)).status == 303

    async def test_nobody_is_signed_in_by_a_form_of_another_site(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as victim, made.browser() as other:
            made.add("anna")
            await other.get("/login")
            answer = await victim.post("/login", csrf=other.token, name="anna", password=PASSWORD)
            assert answer.status == 403

    async def test_the_token_may_come_in_a_header(self, tmp_path: Path) -> None:
        async with house(tmp_path) as made, made.browser() as anna:
            made.add("anna")
            await anna.sign_in("anna")
            await anna.get("/account")
            headers = {"X-CSRF-Token": anna.token}
            assert (await anna.post("/account/language", csrf="", language="pl", headers=headers)).status == 303


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/..%2Fapp.py", "/static/%2e%2e/app.py",
                                  "/static//etc/passwd", "/static/vendor/../../app.py", "/static/.", "/static/"])
async def test_only_our_own_files_are_served(tmp_path: Path, path: str) -> None:
    async with house(tmp_path) as made, made.browser() as stranger:
        answer = await stranger.get(path)
        assert answer.status in (302, 404)
        assert "import" not in await answer.text()


async def test_a_browser_keeps_a_file_as_long_as_its_link_names_its_version(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as stranger:
        await stranger.get("/login")
        link = stranger.page.partition('stylesheet" href="')[2].partition('"')[0]
        answer = await stranger.get(link)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert (await stranger.get("/static/base.css?v=other")).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("field", ["na\r\nme", "x" * 3000, "\x00", "\u202e"])
async def test_text_that_nobody_types_is_refused_in_words(tmp_path: Path, field: str) -> None:
    async with house(tmp_path) as made, made.browser() as stranger:
        await stranger.get("/login")
        assert (await stranger.post("/login", name=field, password="x")).status == 400
        assert "That could not be done." in stranger.page


@pytest.mark.parametrize("path", ["/patients/%00", "/patients?q=a%00b", "/calls/main:%00", "/calls?topic=%00", "/%00"])
async def test_an_address_with_a_sign_that_no_store_takes_is_refused_before_it_is_asked(
    tmp_path: Path, path: str
) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna")
        await anna.sign_in("anna")
        assert (await anna.get(path)).status == 400


async def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        made.add("anna", display="<script>alert(1)</script>")
        await anna.sign_in("anna")
        await anna.get("/account")
        assert "&lt;script&gt;alert(1)" in anna.page
        assert "<script>alert" not in anna.page


class TestFault:
    async def test_a_fault_is_a_page_and_its_log_holds_neither_token_nor_query(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        application = await broken()
        runner = web.AppRunner(application, access_log_class=AccessLog)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        try:
            with caplog.at_level(logging.DEBUG):
                async with House(None, application, 0, f"http://127.0.0.1:{port}").browser() as visitor:  # type: ignore[arg-type]
                    answer = await visitor.get("/broken/secret-token?name=Nowak")
        finally:
            await runner.cleanup()
        assert answer.status == 500
        written = "\n".join(record.getMessage() for record in caplog.records)
        assert "/broken/{token}" in written
        assert "secret-token" not in written
        assert "Nowak" not in written


async def broken() -> web.Application:
    """An application with one route, which fails."""

    async def fail(request: web.Request) -> web.StreamResponse:
        raise RuntimeError("broken")

    application = web.Application(middlewares=[security.in_words])
    from web import context, pages

    application[context.CONFIG], application[pages.LINKS] = CONFIG, []
    application[context.CLOCK] = context.Clock(lambda: 0)
    pages.set_up(application)
    application.router.add_get("/broken/{token}", fail)
    return application


async def both(made: House, anna: Visitor, ewa: Visitor) -> None:
    for name, visitor in (("anna", anna), ("ewa", ewa)):
        made.add(name)
        await visitor.sign_in(name)
        await visitor.get("/account")


def test_a_handler_without_a_mark_is_closed_and_a_mark_is_kept() -> None:
    from web.rights import access_of

    async def plain(request: web.Request) -> web.StreamResponse:
        return web.Response()

    assert access_of(plain) is None
    assert access_of(open_to_all(plain)).session is False  # type: ignore[union-attr]
    assert access_of(signed_in(plain)).session is True  # type: ignore[union-attr]


@pytest.mark.parametrize(("target", "path"), [
    ("/calls?number=501", "/calls?number=501"), ("/", "/"), ("//evil", "/"), ("https://evil", "/"), ("calls", "/"),
    ("/\\evil", "/"), ("http:evil", "/"), ("/a\nb", "/"), ("///evil", "/"), ("[", "/"),
])  # fmt: skip
def test_a_target_is_a_path_of_this_site(target: str, path: str) -> None:
    assert local_path(target) == path
