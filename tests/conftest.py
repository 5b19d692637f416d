"""Fixtures of the live tests: a real Asterisk, its phones, an AMI connection; and new stores that are made quickly."""

import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from store import database
from store.engine import Engine
from store.steps import Step, steps, upgrade
from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk, LabError, running
from tests.lab.phones import Phones

TOGETHER = ("tests/live/test_stories.py", "tests/live/", "tests/test_packaging.py")
"""Where the tests share something costly: the stories' Asterisks, the one Asterisk of the others, a wheel."""


class Together(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Keeps what belongs together in one worker, by its path: the groups of pytest-xdist 3.8 are lost on pytest 9.2."""

    def _split_scope(self, nodeid: str) -> str:
        return next((path for path in TOGETHER if nodeid.startswith(path)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Share the tests out so, where `--dist loadgroup` asks for groups."""
    return Together(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.fixture(scope="session", autouse=True)
def stores_are_copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Copy the schema of a new SQLite store from one that was made step by step: thousands of tests make one each."""
    real, lock = upgrade, threading.Lock()
    file = tmp_path_factory.mktemp("template") / "template.db"
    database.open_store(file).close()
    whole = steps("sqlite")
    with closing(sqlite3.connect(file, check_same_thread=False)) as template:

        def copied(engine: Engine, conn: Any, known: list[Step]) -> None:
            if engine.name == "sqlite" and known == whole and not engine.has_table(conn, "schema_step"):
                with lock:
                    template.backup(conn)
            else:
                real(engine, conn, known)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("store.database.upgrade", copied)
            yield


@pytest.fixture(scope="session")
def asterisk() -> Iterator[Asterisk]:
    """A running Asterisk, 22 unless CALLWARD_ASTERISK says 16.

    Where it cannot run the test is skipped; with CALLWARD_LIVE=required it fails.
    """
    try:
        with running(os.environ.get("CALLWARD_ASTERISK", "22")) as started:
            yield started
    except LabError as error:
        if os.environ.get("CALLWARD_LIVE") == "required":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
async def phones(asterisk: Asterisk) -> AsyncIterator[Phones]:
    """The phones 101 to 105 and the provider, hung up and closed after the test."""
    async with Phones(asterisk.ports) as started:
        yield started


@pytest.fixture
async def ami(asterisk: Asterisk) -> AsyncIterator[Ami]:
    """A logged-in AMI connection of the test's own."""
    connection = await Ami.login(asterisk.ports.ami)
    yield connection
    await connection.close()
