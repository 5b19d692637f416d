"""What an engine must offer, so that everything above it is the same on SQLite and PostgreSQL."""

from collections.abc import Mapping
from typing import Any, Protocol

from store.errors import StoreError


class Connection(Protocol):
    """The part of `sqlite3.Connection` and `psycopg.Connection` that the store uses."""

    def execute(self, sql: str, params: Any = ..., /) -> Any:
        """Run one statement, give its cursor."""

    def cursor(self) -> Any:
        """Give a cursor; its `executemany` runs one statement for many rows."""

    def close(self) -> None:
        """Close the connection."""


class Watch(Protocol):
    """Tells when somebody, in any process, committed a write."""

    def wait(self, timeout_s: float) -> bool:
        """Wait until something was committed since the last wait: True, or False after `timeout_s` seconds."""

    def close(self) -> None:
        """Stop watching."""


class Engine(Protocol):
    """One kind of database. Connections are in autocommit mode; transactions are begun by hand."""

    name: str
    driver: str
    shared: bool
    """True when there is one connection only (a store in memory), which its users must take in turn."""
    errors: tuple[type[Exception], ...]

    def connect(self, *, read_only: bool) -> Connection:
        """Open a connection that gives rows as dicts. Raises StoreError."""

    def begin_write(self, conn: Connection) -> None:
        """Begin a transaction that no other writer can interleave with. Raises StoreBusy after 5 s."""

    def commit(self, conn: Connection) -> None:
        """Commit a write transaction and wake whoever watches."""

    def begin_read(self, conn: Connection) -> None:
        """Begin a transaction that sees one committed state and cannot write."""

    def end_read(self, conn: Connection) -> None:
        """End a read transaction."""

    def rows(self, cursor: Any) -> list[dict[str, Any]]:
        """Give all rows of a cursor, as dicts."""

    def usable(self, conn: Connection) -> bool:
        """Tell whether the connection may serve again."""

    def in_transaction(self, conn: Connection) -> bool:
        """Tell whether a transaction is open, aborted or not."""

    def has_table(self, conn: Connection, table: str) -> bool:
        """Tell whether the schema holds `table`."""

    def translate(self, error: Exception, what: str) -> StoreError:
        """Give the StoreError that a driver's error, met while doing `what`, means."""

    def refuses_text(self, error: Exception) -> bool:
        """Tell whether the error is about text that cannot be stored as it is, found before anything was sent."""

    def watch(self) -> Watch:
        """Start watching for commits."""


def storable(params: Mapping[str, Any]) -> dict[str, Any]:
    """Give the parameters with the characters no database stores (lone surrogates, NUL) replaced by U+FFFD."""
    return {key: _storable(value) if isinstance(value, str) else value for key, value in params.items()}


def _storable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")
