"""Checkpoints, the listener's lease, gaps, and the feed."""

import threading

from store import Store, open_store


def test_a_checkpoint_is_the_last_one_put(store: Store) -> None:
    with store.write() as tx:
        assert tx.one("checkpoint_get", pbx="main") is None
        tx.run("checkpoint_put", pbx="main", file="a.jsonl", position=7)
        tx.run("checkpoint_put", pbx="main", file="b.jsonl", position=3_000_000_000)
        assert tx.one("checkpoint_get", pbx="main") == {"file": "b.jsonl", "position": 3_000_000_000}


def take(store: Store, holder: str, now_ms: int) -> bool:
    with store.write() as tx:
        return tx.run("lease_take", pbx="main", holder=holder, now_ms=now_ms, until_ms=now_ms + 100) == 1


def test_a_lease_is_taken_once_extended_by_its_holder_and_lost_when_it_runs_out(store: Store) -> None:
    assert take(store, "first", 0)
    assert not take(store, "second", 99)
    assert take(store, "first", 99)
    assert not take(store, "second", 198)
    assert take(store, "second", 199)
    assert not take(store, "first", 199)
    with store.write() as tx:
        assert tx.one("lease_get", pbx="main") == {"holder": "second", "until_ms": 299}


def test_only_the_holder_drops_a_lease(store: Store) -> None:
    take(store, "first", 0)
    with store.write() as tx:
        assert tx.run("lease_drop", pbx="main", holder="second") == 0
        assert tx.run("lease_drop", pbx="main", holder="first") == 1
    assert take(store, "second", 1)


def test_of_many_that_want_a_lease_exactly_one_gets_it(lasting_url: str) -> None:
    won: list[str] = []

    def want(holder: str) -> None:
        with open_store(lasting_url) as store:
            if take(store, holder, 0):
                won.append(holder)

    open_store(lasting_url).close()
    threads = [threading.Thread(target=want, args=(f"listener {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_gap_is_open_once_and_closed_once(store: Store) -> None:
    with store.write() as tx:
        assert tx.run("gap_open", id=1, pbx="main", from_ms=10, reason="the journal cannot be written") == 1
        assert tx.run("gap_open", id=2, pbx="main", from_ms=20, reason="again") == 0
        assert tx.run("gap_open", id=3, pbx="branch", from_ms=30, reason="no link") == 1
        assert tx.run("gap_close", pbx="main", to_ms=40) == 1
        assert tx.run("gap_close", pbx="main", to_ms=50) == 0
        assert tx.run("gap_open", id=4, pbx="main", from_ms=60, reason="again") == 1
        every = [row["id"] for row in tx.all("gaps", pbx=None, limit=9, offset=0)]
        main = [(row["from_ms"], row["to_ms"]) for row in tx.all("gaps", pbx="main", limit=9, offset=0)]
        assert every == [4, 3, 1]
        assert main == [(60, None), (10, 40)]
        assert [row["id"] for row in tx.all("gaps", pbx=None, limit=1, offset=1)] == [3]


def test_the_feed_is_read_from_where_the_reader_stopped(store: Store) -> None:
    with store.write() as tx:
        for at_ms in (10, 20, 30):
            tx.run("feed_append", id=tx.next_id("feed"), at_ms=at_ms, kind="call", ref="main:1.1", live=1)
        assert tx.value("feed_last") == 3
        assert [row["id"] for row in tx.all("feed_since", since=1, limit=1)] == [2]
        assert tx.all("feed_since", since=3, limit=9) == []
