"""Nobody comes to the API but with a token, and no token does more than it was given."""

from pathlib import Path
from typing import get_args

import pytest
from aiohttp import ClientSession

from store import Row
from tests.web.api.office import API, EVERYTHING, Program, office, program, token
from tests.web.house import House
from web.api import tokens
from web.api.areas import operations
from web.api.operations import Operation
from web.api.tokens import SCOPES, scope_of
from web.rights import MARKETER, Access, Right, access_of

PATHS = {"call": "1795309246.157", "callback": "1", "patient": "P-1", "other": "P-2", "merge": "1", "user": "anna",
         "token": "website", "topic": "lens fitting", "number": "+48501000999", "assignment": "1", "campaign": "1",
         "period": "2026-11", "day": "2026-12-24", "extension": "101", "click": "0" * 32,
         "report": "sources"}  # fmt: skip


def path_of(operation: Operation) -> str:
    return operation.path.format(**PATHS)


def row_of(made: House, name: str) -> Row:
    with made.store.read() as tx:
        row = tx.one("api_token_named", name=name)
        assert row is not None
        return row


def test_every_operation_declares_a_scope_and_every_scope_is_a_right() -> None:
    closed = [operation for operation in operations() if operation.rights or operation.terms.one_of]
    assert [operation.name for operation in operations() if operation not in closed] == ["about_schema"]
    assert {SCOPES[scope_of(right)] for right in Right} == set(Right)
    assert scope_of(Right.CALLS) == "calls:read"


def test_every_report_is_one_of_the_api() -> None:
    from reports.registry import KINDS
    from web.api.reports import Which

    asked = get_args(Which.model_fields["report"].annotation)
    assert {*asked, "team"} == set(KINDS)


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does() -> None:
    names = [operation.name for operation in operations()]
    assert len(names) == len(set(names))
    assert all(operation.summary for operation in operations())


async def test_every_route_of_the_api_is_an_operation_with_its_rights(tmp_path: Path) -> None:
    wanted = {(one.method, API + one.path): Access(rights=frozenset(one.rights), one_of=frozenset(one.terms.one_of))
              for one in operations()}
    async with office(tmp_path) as made:
        found = {(route.method, route.resource.canonical): access_of(route.handler)
                 for route in made.app.router.routes() if route.resource and route.resource.canonical.startswith(API)}
    assert found == wanted


async def test_without_a_token_that_works_everything_is_401_and_says_how(tmp_path: Path) -> None:
    async with office(tmp_path) as made, ClientSession() as http:
        old = token(made, "calls:read", name="old", days=1)
        made.now += 2 * 86_400_000
        gone = token(made, "calls:read", name="gone")
        with made.store.write() as tx:
            tokens.revoke(tx, "gone", made.now)
        for given in ("", "cw_nonsense", "x" * 3000, gone, old):
            for operation in operations():
                answer = await Program(made, http, given).ask(operation.method, path_of(operation))
                assert answer.status == 401, (operation.name, given)
                assert answer.headers["WWW-Authenticate"].startswith("Bearer")
                assert answer.detail
        nowhere = await Program(made, http, "").get("/nothing/here")
        assert nowhere.status == 401, "a stranger does not learn what there is"


async def test_a_cookie_counts_for_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as made, made.browser() as boss:
        await boss.sign_in("boss")
        assert (await boss.get("/account")).status == 200
        assert (await boss.get(f"{API}/calls")).status == 401
        assert (await boss.post(f"{API}/callbacks/1/claim", csrf=boss.token)).status == 401


async def test_a_token_does_what_its_scopes_say_and_nothing_else(tmp_path: Path) -> None:
    async with office(tmp_path, api_per_minute=10**6) as made, ClientSession() as http:
        for scope, right in SCOPES.items():
            robot = Program(made, http, token(made, scope))
            for operation in operations():
                if set(operation.rights) <= {right} and right in (operation.terms.one_of or (right,)):
                    continue
                answer = await robot.ask(operation.method, path_of(operation))
                assert answer.status == 403, (scope, operation.name)
                missing = {scope_of(one) for one in set(operation.rights) - {right} or operation.terms.one_of}
                assert set(answer.headers["WWW-Authenticate"].partition('scope="')[2].rstrip('"').split()) == missing


async def test_a_token_is_never_more_than_its_owner_may_now(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made, "calls:read", "board:read") as robot:
        assert (await robot.get("/calls")).status == 200
        with made.store.write() as tx:
            tx.run("user_roles", name="boss", roles="marketer")
        assert (await robot.get("/calls")).status == 403
        with made.store.write() as tx:
            tx.run("user_disabled", name="boss", disabled_ms=made.now)
        assert (await robot.get("/calls")).status == 401


async def test_a_token_cannot_be_made_for_more_than_its_owner_may(tmp_path: Path) -> None:
    async with office(tmp_path) as made:
        made.add("mia", "marketer")
        with pytest.raises(tokens.TokensError, match="mia may not do patients:read"):
            token(made, "figures:read", "patients:read", owner="mia")
        for wrong, said in (({"name": "No Name"}, "cannot name"), ({"days": 4000}, "lasts 1 to")):
            with pytest.raises(tokens.TokensError, match=said):
                token(made, "calls:read", **wrong)
        with pytest.raises(tokens.TokensError, match=r'no scope "calls\.see"'):
            token(made, "calls.see")
        token(made, "calls:read", name="twice")
        with pytest.raises(tokens.TokensError, match="already"):
            token(made, "calls:read", name="twice")


async def test_a_token_is_stored_hashed_with_its_last_use(tmp_path: Path) -> None:
    async with office(tmp_path) as made, ClientSession() as http:
        given = token(made, "calls:read", name="website")
        assert given.startswith("cw_")
        assert len(given) >= 43, "256 bits"
        row = row_of(made, "website")
        assert given not in str(row)
        assert row["used_ms"] is None
        await Program(made, http, given).get("/calls")
        assert row_of(made, "website")["used_ms"] == made.now
        assert row["until_ms"] == made.now + 365 * 86_400_000


async def test_a_token_that_asks_too_often_waits(tmp_path: Path) -> None:
    async with office(tmp_path, api_per_minute=2) as made, program(made) as eager, program(made) as calm:
        assert [(await eager.get("/topics")).status for _ in range(3)] == [200, 200, 429]
        answer = await eager.get("/topics")
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        assert (await calm.get("/topics")).status == 200, "each token counts for itself"
        made.now += 60_000
        assert (await eager.get("/topics")).status == 200


async def test_the_audit_log_names_the_person_and_the_token(tmp_path: Path) -> None:
    async with office(tmp_path) as made, ClientSession() as http:
        robot = Program(made, http, token(made, name="website"))
        await robot.get("/calls/1795309246.157")
        await robot.post("/callbacks/1/claim")
        told = made.audit()
        assert ("boss", "looked", "patient", "P-1", "(token website)") in told
        assert ("boss", "changed", "callback", "1", "claim (token website)") in told


LOST = [
    ("GET", "/nothing", 404), ("GET", "", 404), ("PUT", "/calls", 405), ("DELETE", "/callbacks/1", 405),
    ("TRACE", "/calls", 405), ("GET", "/calls/none", 404), ("GET", "/callbacks/99", 404), ("GET", "/callbacks/x", 422),
]  # fmt: skip
BODIES = [
    (b"{", "application/json", 400), (b"\xff\xfe{}", "application/json", 400), (b"", "application/json", 400),
    (b'{"reason": "\\ud800"}', "application/json", 400), (b'{"reason": "gone"}', "text/plain", 415),
    (b'{"reason": "gone"}', "application/json; charset=utf-16", 415), (b"{" + b" " * 70_000, "application/json", 413),
    (b'{"reason": " "}', "application/json", 422), (b'{"reason": "a\\u202eb"}', "application/json", 422),
    (b'{"reason": 7}', "application/json", 422), (b"[]", "application/json", 422), (b"null", "application/json", 422),
    (b'{"reason": "gone", "why": 1}', "application/json", 422), (b'{"reason": "gone"}', "application/json", 204),
]  # fmt: skip


async def test_what_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        for method, path, status in LOST:
            answer = await robot.ask(method, path)
            assert (answer.status, answer.type) == (status, "application/problem+json"), (method, path)
            assert answer.detail.endswith(".")
            assert ("Allow" in answer.headers) == (status == 405)


async def test_a_body_is_checked_before_anything_is_done(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        for body, kind, status in BODIES:
            answer = await robot.ask("POST", "/callbacks/1/close", body, Content_Type=kind)
            assert answer.status == status, body
            assert (await robot.get("/callbacks/1")).body["state"] == ("closed" if status == 204 else "open"), body


async def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    async with office(tmp_path) as made, program(made) as robot:
        answer = await robot.get("/calls?limit=0&from=2026-02-30&direction=up&what=1")
        assert {(one["in"], one["name"]) for one in answer.body["errors"]} == {
            ("query", "limit"), ("query", "from"), ("query", "direction"), ("query", "what")}
        answer = await robot.post("/marks/501", {"kind": "foe"})
        assert answer.status == 405
        answer = await robot.ask("PUT", "/marks/501", {"kind": "foe"})
        assert {(one["in"], one["name"]) for one in answer.body["errors"]} == {
            ("path", "number"), ("body", "kind"), ("body", "reason")}
        assert (await robot.get("/calls?limit=1&limit=2")).status == 422


async def test_a_marketers_token_never_yields_a_patient_or_a_number(tmp_path: Path) -> None:
    async with office(tmp_path, api_per_minute=10**6) as made:
        made.add("mia", "marketer")
        async with program(made, *(scope_of(right) for right in MARKETER), owner="mia") as robot:
            seen = ""
            for operation in operations():
                answer = await robot.ask(operation.method, path_of(operation))
                access = Access(rights=frozenset(operation.rights), one_of=frozenset(operation.terms.one_of))
                if access == Access():
                    continue  # the schema itself
                if access.lets_in(MARKETER):
                    seen += str(answer.body)
                else:
                    assert answer.status == 403, operation.name
            calls = await robot.get("/reports/calls?from=2026-11-23&to=2026-11-23")
            seen += str(calls.body) + str((await robot.get("/reports/sources?from=2026-11-23&by=number")).body)
    for told in ("+48501", "501000", "Nowak", "'P-1'"):
        assert told not in seen
    callers = [call["caller"] for call in calls.body["items"]]
    assert len(callers) == 4
    assert callers.count(None) == 1, "withheld"
    assert len(set(callers)) == 4


def test_all_scopes_together_are_everything() -> None:
    assert len(EVERYTHING) == len(Right)
