"""The store: opens the database, hands out transactions. Rows go in and come out as plain dicts."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from store import queries
from store.engine import Connection, Engine, Watch, storable
from store.errors import StoreError, StoreLost
from store.postgres import PostgresEngine
from store.sqlite import SqliteEngine
from store.steps import steps, upgrade

if TYPE_CHECKING:
    from store.writer import Writer

Row = dict[str, Any]
T = TypeVar("T")
_IDLE = 8  # connections of a kind that are kept open for the next user


class Tx:
    """One transaction. Queries are called by their name in `store/sql/`; an error of the database is a StoreError."""

    __slots__ = ("_engine", "_queries", "conn")

    def __init__(self, engine: Engine, conn: Connection) -> None:
        self._engine = engine
        self._queries = queries.load(engine.name, engine.driver)
        self.conn = conn

    def one(self, query: str, /, **params: Any) -> Row | None:
        """Give the first row, or None. For a query named with `^`."""
        return cast("Row | None", self._call(query, "SELECT_ONE", params))

    def all(self, query: str, /, **params: Any) -> list[Row]:
        """Give all rows. For a query named without a mark."""
        return cast("list[Row]", self._call(query, "SELECT", params))

    def value(self, query: str, /, **params: Any) -> Any:
        """Give the first column of the first row, or None. For a query named with `$`."""
        return self._call(query, "SELECT_VALUE", params)

    def run(self, query: str, /, **params: Any) -> int:
        """Change rows, give how many. For a query named with `!`."""
        return cast("int", self._call(query, "INSERT_UPDATE_DELETE", params))

    def many(self, query: str, /, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run once for each row. For a query named with `*!`."""
        if rows:
            self._call(query, "INSERT_UPDATE_DELETE_MANY", list(rows))

    def select(self, sql: str, /, **params: Any) -> list[Row]:
        """Give all rows of a SELECT that is put together as it is needed; `:name` stands for a parameter."""
        try:
            cursor = self.conn.execute(queries.written(sql, self._engine.driver), storable(params))
        except self._engine.errors as error:
            raise self._engine.translate(error, "A query that was put together failed") from error
        return self._engine.rows(cursor)

    def next_id(self, name: str, /) -> int:
        """Give the next id of the counter `name`, from 1 on; an id that was committed is never given again."""
        return int(self.value("counter_next", name=name))

    def _call(self, query: str, operation: str, params: Any) -> Any:
        found = self._queries.get(query)
        if found is None:
            raise StoreError(f"There is no query {query} in {queries.FOLDER}; check the spelling.")
        if found.operation.name != operation:
            raise StoreError(
                f"The query {query} is marked {found.operation.name} and used as {operation}; "
                "the mark after its name says which method of Tx to call."
            )
        try:
            return self._execute(found.sql, operation, params)
        except self._engine.errors as error:
            if not self._engine.refuses_text(error):
                raise self._engine.translate(error, f"The query {query} failed") from error
        # Callers send any bytes they like as their name; a call is not lost for that.
        clean = [storable(row) for row in params] if isinstance(params, list) else storable(params)
        try:
            return self._execute(found.sql, operation, clean)
        except self._engine.errors as error:
            raise self._engine.translate(error, f"The query {query} failed") from error

    def _execute(self, sql: str, operation: str, params: Any) -> Any:
        """Run a query's text: what aiosql does between here and the driver costs as much as a small query."""
        if operation == "INSERT_UPDATE_DELETE_MANY":
            self.conn.cursor().executemany(sql, params)
            return None
        cursor = self.conn.execute(sql, params)
        match operation:
            case "SELECT":
                return self._engine.rows(cursor)
            case "SELECT_ONE":
                return cursor.fetchone()
            case "SELECT_VALUE":
                row = cursor.fetchone()
                return None if row is None else next(iter(row.values()))
            case _:
                return cursor.rowcount


class Store:
    """An open database with the schema of this Callward. Made by `open_store`; any thread may use it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._idle: dict[bool, list[Connection]] = {True: [], False: []}
        self._guard = threading.Lock()
        self._turn = threading.Lock()
        self._holder: int | None = None
        self._one: Connection | None = engine.connect(read_only=False) if engine.shared else None
        self._closed = False

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a read transaction on its own connection: one committed state; a write in it raises StoreError."""
        with self._begun(read_only=True) as conn:
            try:
                yield Tx(self.engine, conn)
            finally:
                if self.engine.in_transaction(conn):
                    self.engine.end_read(conn)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open a write transaction: committed at the end, rolled back on any exception. Raises StoreBusy after 5 s."""
        with self._begun(read_only=False) as conn:
            try:
                yield Tx(self.engine, conn)
                with self.speaking("Committing"):
                    self.engine.commit(conn)
            finally:
                if self.engine.in_transaction(conn):
                    conn.execute("ROLLBACK")

    def writer(self) -> "Writer":
        """Start the writer thread: group commit for many small jobs."""
        from store.writer import Writer

        return Writer(self)

    def watch(self) -> Watch:
        """Start watching for commits of any process; `wait(timeout_s)` tells whether to look into the feed."""
        return self.engine.watch()

    def close(self) -> None:
        """Close the connections that are not in use; the store hands out no more."""
        with self._guard:
            self._closed = True
            idle = [*self._idle[True], *self._idle[False]]
            self._idle = {True: [], False: []}
        for conn in idle:
            conn.close()
        if self._one is not None:
            with self._turn:
                self._one.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def speaking(self, what: str) -> Iterator[None]:
        """Turn the driver's errors into StoreError; `what` begins the sentence."""
        try:
            yield
        except self.engine.errors as error:
            raise self.engine.translate(error, what) from error

    @contextmanager
    def _begun(self, *, read_only: bool) -> Iterator[Connection]:
        begin = self.engine.begin_read if read_only else self.engine.begin_write
        what = "Beginning to read" if read_only else "Beginning to write"
        with self._connection(read_only=read_only) as held:
            try:
                with self.speaking(what):
                    begin(held.conn)
            except StoreLost:
                # An idle connection does not notice that the server was restarted; a new one does.
                held.renew()
                with self.speaking(what):
                    begin(held.conn)
            except StoreError:
                if self.engine.in_transaction(held.conn):
                    held.conn.execute("ROLLBACK")
                raise
            yield held.conn

    @contextmanager
    def _connection(self, *, read_only: bool) -> Iterator["_Held"]:
        if self._one is not None:
            with self._turn_taken():
                yield _Held(self.engine, self._one, read_only)
            return
        held = _Held(self.engine, self._take(read_only=read_only), read_only)
        try:
            yield held
        finally:
            self._give_back(held)

    @contextmanager
    def _turn_taken(self) -> Iterator[None]:
        if self._holder == threading.get_ident():
            raise StoreError("A store in memory has one transaction at a time; use the Tx that is already open.")
        with self._turn:
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None

    def _take(self, *, read_only: bool) -> Connection:
        with self._guard:
            if self._closed:
                raise StoreError("The store is closed; open it again with open_store.")
            if self._idle[read_only]:
                return self._idle[read_only].pop()
        return self.engine.connect(read_only=read_only)

    def _give_back(self, held: "_Held") -> None:
        if self.engine.usable(held.conn):
            with self._guard:
                if not self._closed and len(self._idle[held.read_only]) < _IDLE:
                    self._idle[held.read_only].append(held.conn)
                    return
        with suppress(*self.engine.errors):
            held.conn.close()


class _Held:
    """A connection while somebody uses it."""

    def __init__(self, engine: Engine, conn: Connection, read_only: bool) -> None:
        self.conn = conn
        self.read_only = read_only
        self._engine = engine

    def renew(self) -> None:
        with suppress(*self._engine.errors):
            self.conn.close()
        self.conn = self._engine.connect(read_only=self.read_only)


def open_store(url: str | Path) -> Store:
    """Open the store at `url` (a file, ":memory:", or "postgresql://...") and bring its schema up to date.

    Raises StoreTooNew when a newer Callward wrote it, StoreError when it cannot be opened.
    """
    text = str(url)
    kind, colon, _ = text.partition("://")
    if colon and kind not in ("postgresql", "postgres"):
        raise StoreError(f"{kind}: is no kind of store; write the path of a file, or postgresql://… in [store] url.")
    engine: Engine = PostgresEngine(text) if text.startswith(("postgresql://", "postgres://")) else SqliteEngine(text)
    store = Store(engine)
    try:
        with store._connection(read_only=False) as held, store.speaking("Bringing the schema up to date"):
            upgrade(engine, held.conn, steps(engine.name))
    except BaseException:
        store.close()
        raise
    return store
