"""The web site's tables on every engine: requests, what measures a pool, what alerts look at, what is forgotten."""

from collections.abc import Iterator

import pytest

from callbacks import alerts_web
from callbacks.requests import Limits, Refused, RequestNotices, Taken, Wish, ask_back
from store import Store, open_store
from tests.callbacks.clinic import CONTEXT, WARSAW, at
from tests.callbacks.wire import Wire
from tests.store.conftest import postgres, url
from tests.tracking.test_visitors import POOL, TERMS, Site
from tracking.pool_use import measure
from tracking.sources import Source
from tracking.visitors import Ask, give, hashed
from tracking.visitors_retention import Forgetting

__all__ = ["postgres", "url"]
NOW = at("10:00")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


async def test_a_day_of_the_web_site(store: Store) -> None:
    Site(store)
    with store.write() as tx:
        for who in ("anna", "bob", "carl"):
            given = give(tx, Ask("clinic.example", Source("google", "cpc"), "2026-11-23", NOW, hashed(who)), TERMS)
        assert given.what == "overflow"
        taken = ask_back(tx, CONTEXT, Limits(), Wish("501000206", "I agree.", "en", "net", visit=given.visit), NOW)
        assert isinstance(taken, Taken)
        assert ask_back(tx, CONTEXT, Limits(), Wish("none", "I agree.", "en", "net"), NOW) == Refused("not_a_number")
        again = ask_back(tx, CONTEXT, Limits(), Wish("501000206", "I agree.", "en", "net"), NOW + 1)
        assert isinstance(again, Taken)
        assert again.callback == taken.callback
        tx.run("request_source_put", callback=taken.callback, at_ms=NOW, campaign=None, visit=None)
        tx.run("callback_source_put", id=taken.callback, campaign=7)
        tx.run("door_switch_put", name="requests", at_ms=NOW, until_ms=NOW + 1000, why="a burst")
        use = measure(tx, TERMS, WARSAW, 28, NOW + 1)
        assert (use.numbers, use.held, use.most_held, use.overflow) == (len(POOL), 2, 2, 1)
        found = list(alerts_web.findings(tx, CONTEXT, alerts_web.Limits(), NOW))
        assert [finding.key for finding in found if finding.there] == [("door", "requests")]
        assert len(tx.all("requests_list", limit=10, skip=0)) == 3
    desk = Wire("desk")
    assert await RequestNotices(store, CONTEXT, [desk]).once(NOW + 2000) == 2
    assert await Forgetting(store, 1).once(NOW + 2 * 86_400_000) == 3
