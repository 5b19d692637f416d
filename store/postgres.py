"""The engine for a chain of clinics: PostgreSQL through psycopg, the same SQL.

Write transactions take one advisory lock first, so that, as in SQLite, they run one after another in the order of
their ids: a reader of the feed can never see id 8 before id 7 was committed. Group commit makes up for it.
"""

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from store.engine import Connection, Watch
from store.errors import StoreBusy, StoreConflict, StoreError, StoreLost

if TYPE_CHECKING:
    import psycopg

LOCK = 4_127_411
"""The advisory lock that writers take in turn."""
CHANNEL = "callward"
LOCK_TIMEOUT = "5s"
_AGAIN = ("40001", "40P01", "55P03")  # serialisation failure, deadlock, lock not available


class PostgresEngine:
    """PostgreSQL at an address such as `postgresql://user@host/base`."""

    name = "postgres"
    driver = "psycopg"
    shared = False

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise StoreError(
                'PostgreSQL needs the package psycopg; install Callward with the extra `postgres`: '
                'pip install "callward[postgres]".'
            ) from error
        self._url = url
        self._psycopg = psycopg
        self.errors: tuple[type[Exception], ...] = (psycopg.Error, UnicodeEncodeError)

    def connect(self, *, read_only: bool) -> Connection:
        """Open a connection. Raises StoreLost when the server cannot be reached."""
        from psycopg.rows import dict_row

        try:
            conn = self._psycopg.connect(self._url, autocommit=True, row_factory=dict_row, client_encoding="utf8")
            conn.execute("SET client_min_messages = warning")
            conn.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            if read_only:
                conn.execute("SET default_transaction_read_only = on")
        except self._psycopg.Error as error:
            text = " ".join(str(error).split())
            raise StoreLost(f"The PostgreSQL server of [store] url cannot be used: {text}.") from error
        _same_numbers(conn)
        return cast("Connection", conn)

    def begin_write(self, conn: Connection) -> None:
        """Begin, and wait for the turn to write."""
        conn.execute("BEGIN")
        conn.execute(f"SELECT pg_advisory_xact_lock({LOCK})")

    def commit(self, conn: Connection) -> None:
        """Wake whoever listens, and commit."""
        conn.execute(f"NOTIFY {CHANNEL}")
        conn.execute("COMMIT")

    def begin_read(self, conn: Connection) -> None:
        """Begin a transaction that sees one committed state."""
        conn.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def end_read(self, conn: Connection) -> None:
        """End the transaction."""
        conn.execute("ROLLBACK")

    def rows(self, cursor: Any) -> list[dict[str, Any]]:
        """Give all rows of a cursor."""
        return cast("list[dict[str, Any]]", cursor.fetchall())

    def usable(self, conn: Connection) -> bool:
        """Tell whether the connection is still open."""
        return not cast("psycopg.Connection[Any]", conn).closed

    def in_transaction(self, conn: Connection) -> bool:
        """Tell whether a transaction is open, aborted or not."""
        status = cast("psycopg.Connection[Any]", conn).info.transaction_status
        return bool(status in (self._psycopg.pq.TransactionStatus.INTRANS, self._psycopg.pq.TransactionStatus.INERROR))

    def has_table(self, conn: Connection, table: str) -> bool:
        """Tell whether the schema holds `table`."""
        return conn.execute(f"SELECT to_regclass('{table}') AS found").fetchone()["found"] is not None

    def translate(self, error: Exception, what: str) -> StoreError:
        """Give the StoreError that a driver's error means."""
        text = " ".join(str(error).split())
        state = getattr(error, "sqlstate", None)
        if state in _AGAIN:
            return StoreBusy(f"{what}: another program has held the store for too long; try again.")
        if isinstance(error, self._psycopg.IntegrityError):
            return StoreConflict(f"{what}: {text}.")
        if isinstance(error, self._psycopg.OperationalError) and (state is None or state.startswith(("08", "57P"))):
            return StoreLost(f"{what}: the connection to PostgreSQL broke; see that the server runs ({text}).")
        return StoreError(f"{what}: {text}.")

    def refuses_text(self, error: Exception) -> bool:
        """Tell whether the error is about text with a NUL or not valid Unicode, found before it was sent."""
        if isinstance(error, UnicodeEncodeError):
            return True
        return isinstance(error, self._psycopg.DataError) and getattr(error, "sqlstate", None) is None

    def watch(self) -> Watch:
        """Listen for the notification that each commit sends."""
        return _Watch(cast("psycopg.Connection[Any]", self.connect(read_only=True)))


class _Watch:
    def __init__(self, conn: "psycopg.Connection[Any]") -> None:
        self._conn = conn
        conn.execute(f"LISTEN {CHANNEL}")

    def wait(self, timeout_s: float) -> bool:
        """Wait for a notification."""
        return sum(1 for _ in self._conn.notifies(timeout=timeout_s, stop_after=1)) > 0

    def close(self) -> None:
        """Close the connection that listens."""
        self._conn.close()


def _same_numbers(conn: "psycopg.Connection[Any]") -> None:
    """Make numbers come and go as SQLite does: True is stored as 1, the SUM of integers is an int, AVG a float."""
    from psycopg.adapt import Loader
    from psycopg.types.numeric import IntDumper

    class TruthDumper(IntDumper):
        def dump(self, obj: Any) -> Any:
            return super().dump(int(obj))

        def upgrade(self, obj: Any, format: Any) -> Any:
            return super().upgrade(int(obj), format)

        def get_key(self, obj: Any, format: Any) -> Any:
            return super().get_key(int(obj), format)

    class PlainNumber(Loader):
        def load(self, data: Any) -> int | float:
            number = Decimal(bytes(data).decode())
            return int(number) if b"." not in bytes(data) else float(number)

    conn.adapters.register_dumper(bool, TruthDumper)
    conn.adapters.register_loader("numeric", PlainNumber)
