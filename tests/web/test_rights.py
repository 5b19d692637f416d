"""Every route is closed unless it declares otherwise; roles are sets of rights, not a ladder."""

from itertools import product
from pathlib import Path

import pytest
from aiohttp.hdrs import METH_ANY

from commands.users import ROLES as COMMAND_ROLES
from tests.web.house import House, house
from web.api.door import PREFIX
from web.csrf import SAFE
from web.rights import ADMIN, MANAGER, MARKETER, RECEPTIONIST, ROLES, Access, Right, access_of, rights_of

OPEN = {"GET /login", "POST /login", "POST /login/code", "GET /enter/{token}", "POST /enter/{token}",
        "GET /static/{name}", "GET /favicon.ico", "GET /feed/{token}.ics"}
"""All that a stranger may ask for. A route that is added here is a decision, not an oversight."""


def routes(made: House) -> dict[str, Access | None]:
    """Return every route of the console with what it declares. Those of the API have a door of their own."""
    found = {}
    for route in made.app.router.routes():
        assert route.method != METH_ANY, "a route that takes every method hides some"
        if route.method != "HEAD" and route.resource is not None and not route.resource.canonical.startswith(PREFIX):
            found[f"{route.method} {route.resource.canonical}"] = access_of(route.handler)
    return found


SAMPLES = {"id": "1", "ref": "none", "token": "none", "name": "none", "action": "claim", "form": "csv"}


def path_of(route: str) -> str:
    """Return a path that a route takes. A new kind of part needs its sample here, else its route would go untested."""
    path = route.split(" ", 1)[1].replace("/static/{name}", "/static/none.css")
    for name, value in SAMPLES.items():
        path = path.replace(f"{{{name}}}", value)
    assert "{" not in path, f"give SAMPLES a value that {route} takes"
    return path


async def test_every_route_declares_who_may_use_it(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        assert [route for route, access in routes(made).items() if access is None] == []


async def test_a_stranger_may_ask_for_the_entrance_only(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        assert {route for route, access in routes(made).items() if access and not access.session} == OPEN


async def test_without_a_session_every_page_leads_to_the_sign_in_and_everything_else_is_401(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as stranger:
        await stranger.get("/login")
        for route in routes(made).keys() - OPEN:
            if route.startswith("GET "):
                answer = await stranger.get(path_of(route))
                assert (answer.status, answer.headers["Location"].split("?")[0]) == (302, "/login"), route
                assert (await stranger.get(path_of(route), Accept="application/json")).status == 401, route
                answer = await stranger.get(path_of(route), **{"HX-Request": "true"})
                assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/login"), route
            else:
                assert (await stranger.post(path_of(route))).status == 401, route


async def test_a_path_that_is_not_there_looks_to_a_stranger_like_one_that_is_closed(tmp_path: Path) -> None:
    async with house(tmp_path) as made, made.browser() as anna:
        assert (await anna.get("/nothing/here")).status == 302
        made.add("anna")
        await anna.sign_in("anna")
        assert (await anna.get("/nothing/here")).status == 404
        assert "There is no such page." in anna.page


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_opens_exactly_the_routes_of_its_rights(tmp_path: Path, role: str) -> None:
    async with house(tmp_path) as made, made.browser() as visitor:
        made.add("somebody", role)
        await visitor.sign_in("somebody")
        await visitor.get("/account")
        token = visitor.token
        for route, access in routes(made).items():
            if access is None or not access.session or route in ("POST /logout", "GET /live"):
                continue
            method, path = route.split(" ")[0], path_of(route)
            visitor.page = ""
            answer = await (visitor.get(path) if method in SAFE else visitor.post(path, csrf=token))
            refused = answer.status == 403 and "You may not see this" in visitor.page
            assert refused != access.lets_in(ROLES[role]), (route, role, answer.status)


OF_PATIENTS = ("/board", "/callbacks", "/calls", "/patients", "/pop", "/recordings", "/today", "/voicemail")
"""Where these paths begin, people can be seen."""


@pytest.mark.parametrize("role", ["marketer", "admin"])
async def test_nothing_of_patients_is_open_to_who_may_see_none(tmp_path: Path, role: str) -> None:
    async with house(tmp_path) as made:
        mine = {route.split(" ", 1)[1] for route, access in routes(made).items()
                if access is not None and access.session and access.lets_in(ROLES[role])}
        assert [path for path in mine if path.startswith(OF_PATIENTS)] == []


async def test_who_took_over_a_desk_by_code_opens_the_routes_of_the_desk_only(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        by_code = rights_of(["manager", "admin"], "pin")
        mine = {route for route, access in routes(made).items() if access is not None and access.lets_in(by_code)}
        desk = {route for route, access in routes(made).items() if access is not None and access.lets_in(RECEPTIONIST)}
        assert mine == desk
        assert not any(route.split(" ", 1)[1].startswith(("/admin", "/figures", "/today")) for route in mine)


@pytest.mark.parametrize(("right", "roles"), [
    (Right.PATIENTS, {"receptionist", "manager"}), (Right.CALLS, {"receptionist", "manager"}),
    (Right.CALLBACKS, {"receptionist", "manager"}), (Right.DIAL, {"receptionist", "manager"}),
    (Right.FIGURES, {"marketer", "manager"}), (Right.COSTS, {"marketer", "manager"}),
    (Right.AUDIT, {"manager"}), (Right.RECORDINGS, {"manager"}), (Right.EXPORT_CALLS, {"manager"}),
    (Right.ASSIGN, {"manager"}), (Right.MERGE_PATIENTS, {"manager"}),
    (Right.USERS, {"admin"}), (Right.SETUP, {"admin"}), (Right.SYSTEM, {"admin"}),
])  # fmt: skip
def test_who_has_a_right(right: Right, roles: set[str]) -> None:
    assert {role for role, rights in ROLES.items() if right in rights} == roles


def test_a_marketer_has_none_of_a_receptionists_rights_and_an_admin_sees_no_patient() -> None:
    assert frozenset() == MARKETER & RECEPTIONIST == ADMIN & (RECEPTIONIST | MARKETER | MANAGER)
    assert RECEPTIONIST | MARKETER < MANAGER


def test_several_roles_add_up_and_an_unknown_one_gives_nothing() -> None:
    for first, second in product(ROLES, ROLES):
        assert rights_of([first, second, "owner"]) == ROLES[first] | ROLES[second]


def test_every_right_belongs_to_a_role() -> None:
    assert set(Right) == set().union(*ROLES.values())


def test_the_command_line_knows_the_same_roles() -> None:
    assert tuple(ROLES) == COMMAND_ROLES
