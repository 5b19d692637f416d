"""Tokens that people make for themselves on the account page."""

import re
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from tests.web.api.office import Program, office
from tests.web.house import PASSWORD, Visitor

_MADE = re.compile(r'<code class="key">(cw_[\w-]{43})</code>')


async def make(visitor: Visitor, **fields: str) -> int:
    await visitor.get("/account/tokens")
    sent: dict[str, Any] = {"name": "mine", "scope": "calls:read", "days": "30", "current": PASSWORD} | fields
    return (await visitor.post("/account/tokens", **sent)).status


async def test_somebody_makes_a_token_by_password_and_sees_it_once(tmp_path: Path) -> None:
    async with office(tmp_path) as made, made.browser() as anna, ClientSession() as http:
        await anna.sign_in("anna")
        assert await make(anna, current="wrong") == 400
        assert "Your present password is not right." in anna.told
        assert await make(anna, name="No Name") == 400
        assert await make(anna, scope="figures:read") == 400, "not hers to give"
        assert await make(anna) == 200
        shown = _MADE.search(anna.page)
        assert shown is not None
        robot = Program(made, http, shown[1])
        assert (await robot.get("/calls")).status == 200
        await anna.get("/account/tokens")
        assert shown[1] not in anna.page
        assert "calls:read" in anna.page
        assert (await anna.post("/account/tokens/revoke", name="mine")).status == 303
        assert (await robot.get("/calls")).status == 401
        assert [row[:4] for row in made.audit() if row[2] == "token"] == [
            ("anna", "added", "token", "mine"), ("anna", "revoked", "token", "mine")]


async def test_nobody_revokes_the_token_of_another(tmp_path: Path) -> None:
    async with office(tmp_path) as made, made.browser() as anna, made.browser() as boss:
        await anna.sign_in("anna")
        await boss.sign_in("boss")
        assert await make(anna) == 200
        await boss.get("/account/tokens")
        assert (await boss.post("/account/tokens/revoke", name="mine")).status == 404
