"""A real HTTP server for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.notify.http import Server, serving


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A small HTTP server on this machine."""
    async with serving() as running:
        yield running
