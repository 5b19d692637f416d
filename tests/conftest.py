"""Fixtures of the live tests: a real Asterisk, its phones, and an AMI connection to see what it says."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.lab.ami import Ami
from tests.lab.asterisk import Asterisk, LabError, running
from tests.lab.phones import Phones


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the live tests in one worker: they share one Asterisk. Those with a group of their own do not."""
    for item in items:
        if item.get_closest_marker("live") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group("asterisk"))


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
