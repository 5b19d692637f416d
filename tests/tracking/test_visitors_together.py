"""Many visitors at the same moment, on every engine that more than one connection can open."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from store import Store, open_store
from tests.store.conftest import lasting_url, postgres
from tests.store.rows import rows
from tests.tracking.test_visitors import START, TERMS, ask, number
from tracking.visitors import Given, give

__all__ = ["lasting_url", "postgres"]
POOL = [f"+4822123460{n}" for n in range(8)]
VISITORS = 24


@pytest.fixture
def lasting(lasting_url: str) -> Iterator[Store]:
    with open_store(lasting_url) as opened:
        yield opened


def test_visitors_who_come_at_once_get_different_numbers(lasting: Store) -> None:
    with lasting.write() as tx:
        for did in POOL:
            number(tx, did)
        number(tx, "+48221234699", "overflow")

    def come(visitor: int) -> Given:
        with lasting.write() as tx:
            return give(tx, ask(str(visitor)), TERMS)

    with ThreadPoolExecutor(8) as people:
        given = list(people.map(come, range(VISITORS)))
    own = [one.did for one in given if one.what == "leased"]
    assert sorted(filter(None, own)) == POOL
    assert sum(one.what == "overflow" for one in given) == VISITORS - len(POOL)


def test_the_schema_itself_refuses_a_second_holder(lasting: Store) -> None:
    lease = {"did": POOL[0], "from_ms": START, "until_ms": START + 1, "overflow": 0}
    with lasting.write() as tx:
        assert tx.run("lease_put", id=1, visit=1, **lease) == 1
        assert tx.run("lease_put", id=2, visit=2, **lease) == 0
        assert tx.run("lease_put", id=3, visit=2, **lease | {"overflow": 1}) == 1
        assert tx.run("lease_put", id=4, visit=3, **lease | {"overflow": 1}) == 1
        assert len(rows(tx, "lease")) == 3
