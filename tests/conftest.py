"""Fixtures of the live tests: a real Asterisk, its phones, an AMI connection; and new stores that are made quickly.

Also what makes thousands of tests quick: kept bytecode, and files that are shared out whole, the longest first.
"""

import os
import sqlite3
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from store import database
from store.engine import Engine
from store.steps import Step, steps, upgrade
from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk, LabError, running
from tests.lab.phones import Phones
from tests.store.postgres import NoServerError, of_database, server

IN_MEMORY, ROOM = "/dev/shm", 4 << 30

# Hundreds of programs are started here: where the environment forbids to keep bytecode, each would compile all of it.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Thousands of stores are made, and a disk that is asked to keep each takes longer than all the rest: where the memory's
# own file system has room for them, and lets programs run as the lab's Asterisk is, they are made there. The workers of
# pytest-xdist are told by TMPDIR.
with suppress(OSError):
    if "TMPDIR" not in os.environ and os.access(IN_MEMORY, os.W_OK):
        there = os.statvfs(IN_MEMORY)
        if there.f_bavail * there.f_frsize > ROOM and not there.f_flag & os.ST_NOEXEC:
            os.environ["TMPDIR"] = tempfile.tempdir = IN_MEMORY

# What is asked of each property is the same on every machine, however slow it is.
settings.register_profile("suite", deadline=None, max_examples=int(os.environ.get("CALLWARD_EXAMPLES", "60")),
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

LIVELY = -10
TOGETHER = ("tests/live/test_stories.py", "tests/live/")
"""Folders whose tests share something costly: the stories' Asterisks, the one Asterisk of the others."""
FIRST = (
    "tests/live/", "tests/web/test_every_page_browser.py", "tests/commands/test_demo.py",
    "tests/test_listener_crash.py", "tests/pbx/test_tracker_properties.py", "tests/demo/",
    "tests/web/test_entrance_browser.py", "tests/web/test_people_browser.py", "tests/web/test_pop_browser.py",
    "tests/commands/", "tests/reports/", "tests/web/", "tests/test_", "tests/pbx/test_backfill", "tests/callbacks/",
)
"""What takes long, the longest first: whatever begins last keeps one worker busy while the others have nothing."""


class Together(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Keeps a file in one worker, and some files together: the groups of pytest-xdist 3.8 are lost on pytest 9.2.

    What the tests of a file share is made once so, and not by every worker.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((path for path in TOGETHER if nodeid.startswith(path)), nodeid.partition("::")[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Share the tests out so, where `--dist loadgroup` asks for groups."""
    if config.getoption("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # the number of its tests does not say how long a file takes
    return Together(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a worker, put first what takes long."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: next((at for at, path in enumerate(FIRST) if item.nodeid.startswith(path)), 99))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """People on the telephone talk for a second, not for three because other tests compute: theirs has the processor.

    What a live test starts inherits it. Where it is not permitted, it takes its turn like the others.
    """
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(OSError):
        if item.get_closest_marker("live"):
            os.setpriority(os.PRIO_PROCESS, 0, LIVELY)
    try:
        return (yield)
    finally:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, usual)


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_driver() -> AsyncIterator[None]:
    """What drives Chromium, one for all tests of a worker that look at pages."""
    from tests.web.surfing import driven

    async with driven():
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server, one for all tests of a worker: an imported fixture is made for each importer.

    Where none can be started the test is skipped, with the reason.
    """
    try:
        with server() as address:
            yield address
    except NoServerError as error:
        pytest.skip(f"no PostgreSQL: {error}")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a database that was made step by step: hundreds of tests have a copy of it."""
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute("CREATE DATABASE template_of_tests")
    database.open_store(of_database(postgres_server, "template_of_tests")).close()
    return "template_of_tests"


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
