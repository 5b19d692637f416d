"""The schema is true: hundreds of requests made from it, right ones and wrong ones, find no failure."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.web.api.office import office, program, token
from web.api.areas import operations
from web.api.openapi import document
from web.api.showing import cards, sample_body
from web.context import CONFIG as CONFIG_KEY

SEED = 20261123
PHASES = os.environ.get("SCHEMATHESIS_PHASES", "examples,fuzzing")
"""A few hundred requests; with `examples,coverage,fuzzing` they are thousands, and take a minute."""
CONFIG = "[parameters]\nwait = 0\n"
"""Waiting for the feed is tested elsewhere; here every wait would be waited for."""


@pytest.mark.slow
async def test_schemathesis_finds_no_failure(tmp_path: Path) -> None:
    async with office(tmp_path, api_per_minute=10**9) as made:
        (tmp_path / "schema.json").write_text(json.dumps(document(operations())), "utf-8")
        (tmp_path / "schemathesis.toml").write_text(CONFIG, "utf-8")
        run = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("st"), "run", "schema.json", "--url", f"{made.url}/api/v1",
            "-H", f"Authorization: Bearer {token(made)}", "--phases", PHASES,
            "--max-examples", "2", "--seed", str(SEED), "--generation-deterministic",
            "--warnings", "off", "--no-color",
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "hypothesis")},
        )  # fmt: skip
        told = (await run.communicate())[0].decode()
    assert run.returncode == 0, told[-6000:]
    found = re.search(r"(\d+) generated, (\d+) passed", told)
    assert found is not None, told[-2000:]
    assert found[1] == found[2]
    assert int(found[1]) > 300


def test_the_example_of_a_body_is_one_that_is_taken() -> None:
    schemas = document(operations())["components"]["schemas"]
    for operation in operations():
        if operation.terms.body is not None:
            operation.terms.body.model_validate_json(json.dumps(sample_body(operation, schemas)))


def test_every_operation_has_its_call_by_curl() -> None:
    shown = [card for area in cards(operations()).values() for card in area]
    assert len(shown) == len(operations())
    assert all(card.curl.startswith("curl") and "{" not in card.curl.partition(" -d ")[0] for card in shown)


async def test_the_schema_is_had_by_a_token_and_by_who_is_signed_in(tmp_path: Path) -> None:
    async with office(tmp_path) as made, made.browser() as anna, program(made, "figures:read") as robot:
        told = await robot.get("/openapi.json")
        assert told.body["openapi"] == "3.1.0"
        assert told.body["servers"] == [{"url": f"{made.app[CONFIG_KEY].url}/api/v1"}]
        assert (await anna.get("/api/openapi.json", Accept="application/json")).status == 401
        await anna.sign_in("anna")
        assert (await anna.get("/api/openapi.json")).status == 200


async def test_the_documentation_shows_every_operation_and_asks_no_other_host(tmp_path: Path) -> None:
    async with office(tmp_path) as made, made.browser() as anna:
        assert (await anna.get("/api/docs")).status == 302
        await anna.sign_in("anna")
        assert (await anna.get("/api/docs")).status == 200
        for operation in operations():
            assert f'id="{operation.name}"' in anna.page
        assert "<script>" not in anna.page
        assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', anna.page)) == set()
