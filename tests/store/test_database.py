"""Opening, transactions, ids, errors: the same on every engine."""

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from store import Row, Store, StoreBusy, StoreError, StoreTooNew, open_store
from store.errors import StoreConflict
from store.steps import Step, upgrade
from tests.store.rows import call_row, one

ROOT = Path(__file__).parents[2]


def checkpoint(store: Store) -> Row | None:
    with store.read() as tx:
        return tx.one("checkpoint_get", pbx="main")


def test_what_was_committed_is_read(store: Store) -> None:
    with store.write() as tx:
        tx.run("checkpoint_put", pbx="main", file="a.jsonl", position=7)
    assert checkpoint(store) == {"file": "a.jsonl", "position": 7}


def test_an_exception_rolls_the_transaction_back(store: Store) -> None:
    def put_and_fail() -> None:
        with store.write() as tx:
            tx.run("checkpoint_put", pbx="main", file="a.jsonl", position=7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        put_and_fail()
    assert checkpoint(store) is None


def test_a_read_transaction_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError), store.read() as tx:
        tx.run("checkpoint_put", pbx="main", file="a.jsonl", position=7)
    with store.write() as tx:
        assert tx.run("checkpoint_put", pbx="main", file="a.jsonl", position=8) == 1


def test_readers_see_only_what_was_committed(lasting: Store) -> None:
    with lasting.write() as tx:
        tx.run("checkpoint_put", pbx="main", file="a.jsonl", position=7)
        assert checkpoint(lasting) is None
    assert checkpoint(lasting) is not None


def test_a_reader_keeps_seeing_one_state(lasting: Store) -> None:
    with lasting.read() as reader:
        assert reader.one("checkpoint_get", pbx="main") is None
        with lasting.write() as tx:
            tx.run("checkpoint_put", pbx="main", file="a.jsonl", position=7)
        assert reader.one("checkpoint_get", pbx="main") is None


def test_a_store_in_memory_says_that_a_transaction_is_open_already() -> None:
    with open_store(":memory:") as store, store.write(), pytest.raises(StoreError, match="already open"), store.read():
        pass


def test_ids_are_counted_apart_and_never_given_twice(store: Store) -> None:
    with store.write() as tx:
        assert [tx.next_id("feed"), tx.next_id("feed"), tx.next_id("gap")] == [1, 2, 1]


def test_an_id_of_a_deleted_feed_row_is_not_given_again(store: Store) -> None:
    with store.write() as tx:
        tx.run("feed_append", id=tx.next_id("feed"), at_ms=1, kind="call", ref="main:1.1", live=1)
        tx.conn.execute("DELETE FROM feed")
    with store.write() as tx:
        assert tx.next_id("feed") == 2


def test_truth_values_are_stored_as_numbers(store: Store) -> None:
    with store.write() as tx:
        tx.run("feed_append", id=1, at_ms=1, kind="call", ref="main:1.1", live=True)
        tx.run("feed_append", id=2, at_ms=1, kind="call", ref="main:1.1", live=False)
        assert [row["live"] for row in tx.all("feed_since", since=0, limit=9)] == [1, 0]
        assert all(type(row["live"]) is int for row in tx.all("feed_since", since=0, limit=9))


def test_sums_are_whole_numbers_and_means_are_not(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row())
        found = tx.conn.execute("SELECT SUM(wait_ms) AS total, AVG(wait_ms) AS mean FROM call").fetchone()
    assert (found["total"], type(found["total"])) == (5005, int)
    assert (found["mean"], type(found["mean"])) == (5005.0, float)


def test_a_name_that_is_not_text_does_not_lose_the_call(store: Store) -> None:
    with store.write() as tx:
        assert tx.run("call_put", **call_row(caller_name="caf\udce9")) == 1
        assert one(tx, "call_get", pbx="main", id="1795309246.157")["caller_name"] == "caf\ufffd"
        tx.run("call_put", **call_row(caller_name="a\0b", caller_raw="😀"))
        found = one(tx, "call_get", pbx="main", id="1795309246.157")
    assert found["caller_name"] in ("a\0b", "a\ufffdb")
    assert found["caller_raw"] == "😀"


def test_a_misspelt_query_is_named(store: Store) -> None:
    with store.read() as tx, pytest.raises(StoreError, match="no query chekpoint"):
        tx.one("chekpoint")


def test_a_query_called_by_the_wrong_method_is_refused(store: Store) -> None:
    with store.read() as tx, pytest.raises(StoreError, match="checkpoint_get is marked SELECT_ONE"):
        tx.all("checkpoint_get", pbx="main")


def test_a_missing_parameter_is_a_store_error(store: Store) -> None:
    with store.read() as tx, pytest.raises(StoreError, match="checkpoint_get"):
        tx.one("checkpoint_get")


def test_a_key_that_is_taken_is_a_conflict(store: Store) -> None:
    row = {"id": 1, "at_ms": 1, "kind": "call", "ref": "main:1.1", "live": 1}
    with store.write() as tx:
        tx.run("feed_append", **row)
    with pytest.raises(StoreConflict), store.write() as tx:
        tx.run("feed_append", **row)


def test_a_closed_store_says_so(lasting: Store) -> None:
    lasting.close()
    with pytest.raises(StoreError, match="closed"), lasting.read():
        pass


def test_a_second_writer_waits_for_its_turn(lasting_url: str) -> None:
    first, second = open_store(lasting_url), open_store(lasting_url)
    seen: list[int] = []

    def other() -> None:
        with second.write() as tx:
            seen.append(tx.next_id("feed"))

    with first.write() as tx:
        thread = threading.Thread(target=other)
        thread.start()
        assert tx.next_id("feed") == 1
    thread.join()
    assert seen == [2]
    first.close()
    second.close()


def test_a_lock_held_for_too_long_is_store_busy(lasting_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.sqlite.BUSY_TIMEOUT_S", 0.01)
    monkeypatch.setattr("store.postgres.LOCK_TIMEOUT", "10ms")
    with open_store(lasting_url) as first, open_store(lasting_url) as second, first.write():
        with pytest.raises(StoreBusy), second.write():
            pass
        with second.read() as tx:
            assert tx.value("feed_last") == 0


def test_processes_that_write_at_once_lose_nothing(lasting_url: str) -> None:
    code = (
        "import sys; from store import open_store\n"
        "with open_store(sys.argv[1]) as store:\n"
        "    for _ in range(50):\n"
        "        with store.write() as tx:\n"
        "            tx.run('feed_append', id=tx.next_id('feed'), at_ms=1, kind='call', ref='x', live=0)\n"
    )
    # Both also open the empty store at once: each schema step must be applied once.
    programs = [subprocess.Popen([sys.executable, "-c", code, lasting_url], cwd=ROOT) for _ in range(2)]
    assert [program.wait() for program in programs] == [0, 0]
    with open_store(lasting_url) as store, store.read() as tx:
        assert [row["id"] for row in tx.all("feed_since", since=0, limit=200)] == list(range(1, 101))


def test_a_watch_tells_of_a_commit(store: Store) -> None:
    watch = store.watch()
    assert not watch.wait(0)
    with store.write() as tx:
        tx.next_id("feed")
    assert watch.wait(30)
    assert not watch.wait(0)
    watch.close()


def test_opening_again_applies_nothing(lasting_url: str) -> None:
    with open_store(lasting_url) as store, store.read() as tx:
        before = tx.conn.execute("SELECT * FROM schema_step").fetchall()
    with open_store(lasting_url) as store, store.read() as tx:
        assert tx.conn.execute("SELECT * FROM schema_step").fetchall() == before


def test_a_store_of_a_newer_version_is_refused(lasting_url: str) -> None:
    with open_store(lasting_url) as store, store.write() as tx:
        tx.conn.execute("INSERT INTO schema_step VALUES (9999, 'of_tomorrow', 0)")
    with pytest.raises(StoreTooNew, match="install the newer Callward"):
        open_store(lasting_url)


def test_a_step_that_fails_leaves_nothing_behind(store: Store) -> None:
    broken = Step(9002, "broken", "CREATE TABLE half (a TEXT);\n" * 2)
    with store._connection(read_only=False) as held:
        with pytest.raises(store.engine.errors):
            upgrade(store.engine, held.conn, [broken, Step(9999, "later", "")])
        assert not store.engine.has_table(held.conn, "half")


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    with open_store(tmp_path / "callward.db") as store:
        with store.write() as tx:
            tx.next_id("feed")
        modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the folder .* does not exist"):
        open_store(tmp_path / "nowhere" / "callward.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "callward.db").write_text("not a database, but long enough to be read as one" * 100)
    with pytest.raises(StoreError, match="not a Callward store"):
        open_store(tmp_path / "callward.db")


def test_a_damaged_store_is_said_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "callward.db"
    open_store(str(path)).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(StoreError, match=r"callward\.db is damaged; stop the listener and restore a backup\.$"):
        checkpoint(open_store(str(path)))


def test_an_address_of_another_kind_is_no_file_name() -> None:
    with pytest.raises(StoreError, match=r"mysql: is no kind of store; write the path of a file, or postgresql://"):
        open_store("mysql://someone:secret@host/db")


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.sqlite._file_system", lambda folder: "nfs4")
    with pytest.raises(StoreError, match="network file system"):
        open_store(tmp_path / "callward.db")


def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=r"PostgreSQL server .* cannot be used"):
        open_store("postgresql:///callward?host=/nonexistent")


def test_postgresql_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"callward\[postgres\]"):
        open_store("postgresql:///callward")
