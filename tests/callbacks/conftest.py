"""A clinic on every engine there is."""

import pytest

from store import Store
from tests.callbacks.clinic import Clinic
from tests.store.conftest import lasting_url, postgres, store, url

__all__ = ["lasting_url", "postgres", "store", "url"]


@pytest.fixture
def clinic(store: Store) -> Clinic:
    """The invented clinic with an empty store."""
    return Clinic(store)
