"""A fresh store on every engine there is."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from store import Store, open_store
from tests.store.postgres import of_database


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> str:
    """The address of the one PostgreSQL server, for those who import their fixtures from here."""
    return postgres_server


def _address(engine: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if engine == "memory":
        return ":memory:"
    if engine == "file":
        return str(folder / "callward.db")
    server_url, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name} TEMPLATE {template} {_copied(conn.info.server_version)}")

    def drop() -> None:
        with psycopg.connect(server_url, autocommit=True) as conn:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)")

    request.addfinalizer(drop)
    return of_database(server_url, name)


def _copied(version: int) -> str:
    """Return what makes a server copy its files: some 20 times as fast as the steps, 3 times as the other way."""
    return "STRATEGY file_copy" if version >= 150_000 else ""


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
