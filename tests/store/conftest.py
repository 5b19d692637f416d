"""A fresh store on every engine there is."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from store import Store, open_store
from tests.store.postgres import NoServerError, server

_schemas = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server; a test is skipped, with the reason, where none can be started."""
    running = server()
    try:
        address = running.__enter__()
    except NoServerError as error:
        pytest.skip(f"no PostgreSQL: {error}")
    try:
        yield address
    finally:
        running.__exit__(None, None, None)


def _address(engine: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if engine == "memory":
        return ":memory:"
    if engine == "file":
        return str(folder / "callward.db")
    server_url = request.getfixturevalue("postgres")
    schema = f"test_{next(_schemas)}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(f"CREATE SCHEMA {schema}")
    return f"{server_url}&options=-csearch_path%3D{schema}"


@pytest.fixture(params=["file", "memory", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, on every engine."""
    return _address(request.param, request, tmp_path)


@pytest.fixture(params=["file", "postgres"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store that several connections can open."""
    return _address(request.param, request, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store, on every engine."""
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def lasting(lasting_url: str) -> Iterator[Store]:
    """An empty store that has a connection for each reader."""
    with open_store(lasting_url) as opened:
        yield opened
