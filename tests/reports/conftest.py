"""Fixtures of the report tests."""

from collections.abc import Iterator

import pytest

from store import Store, open_store
from tests.store.conftest import lasting, lasting_url, postgres

__all__ = ["lasting", "lasting_url", "postgres", "store"]


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty store in memory. What must hold on every engine asks for `lasting` instead."""
    with open_store(":memory:") as opened:
        yield opened
