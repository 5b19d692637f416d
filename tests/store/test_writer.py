"""The writer thread: many jobs in one transaction, each for itself."""

import threading
from collections.abc import Iterator

import pytest

from store import Store, StoreBusy, StoreError, Tx, Writer, open_store
from store.engine import Connection


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    with store.writer() as started:
        yield started


def append(tx: Tx) -> int:
    number = tx.next_id("feed")
    tx.run("feed_append", id=number, at_ms=number, kind="call", ref="main:1.1", live=1)
    return number


def stored(store: Store) -> list[int]:
    with store.read() as tx:
        return [row["id"] for row in tx.all("feed_since", since=0, limit=1000)]


def counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """Note each commit from here on."""
    commits: list[Connection] = []
    commit = store.engine.commit

    def noted(conn: Connection) -> None:
        commits.append(conn)
        commit(conn)

    monkeypatch.setattr(store.engine, "commit", noted)
    return commits


def hold(writer: Writer) -> threading.Event:
    """Keep the writer in a job of its own until the event is set, so that what is submitted meanwhile queues up."""
    started, release = threading.Event(), threading.Event()

    def job(tx: Tx) -> None:
        started.set()
        release.wait()

    writer.submit(job)
    started.wait()
    return release


def test_a_job_gives_its_result_after_the_commit(store: Store, writer: Writer) -> None:
    assert writer.submit(append).result() == 1
    assert stored(store) == [1]


def test_jobs_that_wait_share_one_transaction(store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.writer.BATCH_S", 60.0)
    commits = counted(store, monkeypatch)
    release = hold(writer)
    futures = [writer.submit(append) for _ in range(100)]
    assert writer.backlog == 100
    release.set()
    assert [future.result() for future in futures] == list(range(1, 101))
    assert len(commits) == 2  # the job that held the writer, then the hundred


def test_a_long_batch_is_committed_in_parts(store: Store, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.writer.BATCH_S", 0.0)
    commits = counted(store, monkeypatch)
    release = hold(writer)
    futures = [writer.submit(append) for _ in range(3)]
    release.set()
    assert [future.result() for future in futures] == [1, 2, 3]
    assert len(commits) == 4


def test_a_failing_job_fails_alone(store: Store, writer: Writer) -> None:
    def fail(tx: Tx) -> None:
        append(tx)
        raise ValueError("no such call")

    def break_the_schema(tx: Tx) -> None:
        tx.run("feed_append", id=1, at_ms=None, kind=None, ref=None, live=None)

    release = hold(writer)
    futures = [writer.submit(job) for job in (append, fail, break_the_schema, append)]
    release.set()
    assert futures[0].result() == 1
    with pytest.raises(ValueError, match="no such call"):
        futures[1].result()
    with pytest.raises(StoreError, match="feed_append"):
        futures[2].result()
    assert futures[3].result() == 2
    assert stored(store) == [1, 2]


def test_a_busy_store_runs_the_batch_again(store: Store, writer: Writer) -> None:
    runs: list[int] = []

    def busy_at_first(tx: Tx) -> int:
        runs.append(append(tx))
        if len(runs) == 1:
            raise StoreBusy("another program has held the store for too long")
        return runs[-1]

    release = hold(writer)
    before, busy = writer.submit(append), writer.submit(busy_at_first)
    release.set()
    assert (before.result(), busy.result()) == (1, 2)
    assert runs == [2, 2]
    assert stored(store) == [1, 2]


def test_a_store_that_stays_busy_fails_the_jobs_and_goes_on(store: Store, writer: Writer) -> None:
    def busy(tx: Tx) -> None:
        raise StoreBusy("another program has held the store for too long")

    with pytest.raises(StoreBusy):
        writer.submit(busy).result()
    assert writer.submit(append).result() == 1


def test_a_job_that_ends_the_transaction_fails_alone(store: Store, writer: Writer) -> None:
    release = hold(writer)
    first = writer.submit(append)
    rogue = writer.submit(lambda tx: tx.conn.execute("ROLLBACK"))
    last = writer.submit(append)
    release.set()
    assert (first.result(), last.result()) == (1, 2)
    assert rogue.exception() is not None
    assert stored(store) == [1, 2]


def test_a_cancelled_job_is_not_run(store: Store, writer: Writer) -> None:
    release = hold(writer)
    cancelled = writer.submit(append)
    assert cancelled.cancel()
    release.set()
    assert writer.submit(append).result() == 1


def test_closing_writes_what_is_queued(store: Store) -> None:
    writer = store.writer()
    release = hold(writer)
    futures = [writer.submit(append) for _ in range(20)]
    release.set()
    writer.close()
    assert all(future.done() for future in futures)
    assert len(stored(store)) == 20
    with pytest.raises(StoreError, match="closed"):
        writer.submit(append)
    writer.close()


def test_two_writers_of_one_store_take_turns(lasting_url: str) -> None:
    with open_store(lasting_url) as first, open_store(lasting_url) as second:
        with first.writer() as one, second.writer() as two:
            futures = [writer.submit(append) for _ in range(40) for writer in (one, two)]
        assert sorted(future.result() for future in futures) == list(range(1, 81))


def test_a_broken_connection_is_replaced(request: pytest.FixtureRequest) -> None:
    psycopg = pytest.importorskip("psycopg")
    address = request.getfixturevalue("postgres")
    schema = "broken_connection"
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {schema}")
        with open_store(f"{address}&options=-csearch_path%3D{schema}") as store, store.writer() as writer:
            pid = writer.submit(lambda tx: tx.conn.execute("SELECT pg_backend_pid() AS pid").fetchone()["pid"])
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid.result(),))
            assert writer.submit(append).result() == 1

            runs = []

            def cut_once(tx: Tx) -> int:
                runs.append(tx)
                if len(runs) == 1:
                    own = tx.conn.execute("SELECT pg_backend_pid() AS pid").fetchone()["pid"]
                    admin.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
                return append(tx)

            assert writer.submit(cut_once).result() == 2
            assert stored(store) == [1, 2]
