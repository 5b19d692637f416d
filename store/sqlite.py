"""The embedded engine: SQLite in WAL mode, one file beside the settings, or a store in memory.

One machine, many readers, one write transaction at a time (`BEGIN IMMEDIATE`, busy timeout 5 s). Write-ahead logging
needs memory shared by all processes, so a file on a network file system is refused.
"""

import os
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from store.engine import Connection, Watch
from store.errors import StoreBusy, StoreConflict, StoreError

MEMORY = ":memory:"
BUSY_TIMEOUT_S = 5.0
_POLL_S = 0.02
_NETWORK = ("nfs", "cifs", "smb", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs")


class SqliteEngine:
    """SQLite, in a file or in memory."""

    name = "sqlite"
    driver = "sqlite3"
    errors: tuple[type[Exception], ...] = (sqlite3.Error, UnicodeEncodeError, OverflowError)

    def __init__(self, path: str) -> None:
        self.shared = path == MEMORY
        self._path = path
        self._commits = 0
        self._committed = threading.Condition()
        if not self.shared:
            _prepare_file(Path(path))

    def connect(self, *, read_only: bool) -> Connection:
        """Open a connection. Raises StoreError when the file cannot be opened or is not a database."""
        try:
            conn = sqlite3.connect(
                self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=512
            )
            conn.row_factory = _as_dict
            if not self.shared:
                _use_wal(conn)
                conn.execute("PRAGMA synchronous = NORMAL")
                conn.execute(f"PRAGMA query_only = {int(read_only)}")
        except sqlite3.Error as error:
            raise self.translate(error, f"opening {self._path}") from error
        return cast("Connection", conn)

    def begin_write(self, conn: Connection) -> None:
        """Take the write lock."""
        conn.execute("BEGIN IMMEDIATE")

    def commit(self, conn: Connection) -> None:
        """Commit."""
        conn.execute("COMMIT")
        with self._committed:
            self._commits += 1
            self._committed.notify_all()

    def begin_read(self, conn: Connection) -> None:
        """Begin a deferred transaction; its first query fixes what it sees."""
        if self.shared:
            conn.execute("PRAGMA query_only = 1")
        conn.execute("BEGIN")

    def end_read(self, conn: Connection) -> None:
        """End the transaction; a connection shared with writers may write again."""
        conn.execute("ROLLBACK")
        if self.shared:
            conn.execute("PRAGMA query_only = 0")

    def rows(self, cursor: Any) -> list[dict[str, Any]]:
        """Give all rows of a cursor. The names are looked at once for all of them, which a row factory cannot."""
        cursor.row_factory = None
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def usable(self, conn: Connection) -> bool:
        """Tell whether the connection may serve again: always."""
        return True

    def in_transaction(self, conn: Connection) -> bool:
        """Tell whether a transaction is open."""
        return cast("sqlite3.Connection", conn).in_transaction

    def has_table(self, conn: Connection, table: str) -> bool:
        """Tell whether the schema holds `table`."""
        names = conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return any(row["name"] == table for row in names)

    def translate(self, error: Exception, what: str) -> StoreError:
        """Give the StoreError that a driver's error means."""
        code = getattr(error, "sqlite_errorcode", None) or 0
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StoreBusy(f"{what}: another program has held {self._path} for {BUSY_TIMEOUT_S:.0f} s; try again.")
        if isinstance(error, sqlite3.IntegrityError):
            return StoreConflict(f"{what}: {error}.")
        if code & 0xFF == sqlite3.SQLITE_NOTADB:
            return StoreError(f"{what}: this file is not a Callward store; name another in [store] url.")
        if code & 0xFF == sqlite3.SQLITE_FULL:
            return StoreError(f"{what}: the disk is full; free some space, nothing that was committed is lost.")
        if code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return StoreError(f"{what}: {self._path} and its folder must be yours to write; check whose they are.")
        if code & 0xFF == sqlite3.SQLITE_CORRUPT:
            return StoreError(f"{what}: {self._path} is damaged; stop the listener and restore a backup.")
        return StoreError(f"{what}: {error}.")

    def refuses_text(self, error: Exception) -> bool:
        """Tell whether the error is about text that is not valid Unicode."""
        return isinstance(error, UnicodeEncodeError)

    def watch(self) -> Watch:
        """Watch: in memory by a signal, in a file by the counter that SQLite keeps of others' commits."""
        if self.shared:
            return _MemoryWatch(self)
        return _FileWatch(self, self.connect(read_only=True))


class _MemoryWatch:
    def __init__(self, engine: SqliteEngine) -> None:
        self._engine = engine
        self._seen = engine._commits

    def wait(self, timeout_s: float) -> bool:
        """Wait for a commit."""
        engine = self._engine
        with engine._committed:
            found = engine._committed.wait_for(lambda: engine._commits != self._seen, timeout_s)
            self._seen = engine._commits
        return found

    def close(self) -> None:
        """Nothing is held."""


class _FileWatch:
    def __init__(self, engine: SqliteEngine, conn: Connection) -> None:
        self._engine = engine
        self._conn = conn
        self._seen = self._version()

    def _version(self) -> int:
        return int(self._conn.execute("PRAGMA data_version").fetchone()["data_version"])

    def wait(self, timeout_s: float) -> bool:
        """Look fifty times a second whether another process committed; a commit of this one is seen at once."""
        deadline = time.monotonic() + timeout_s
        committed = self._engine._committed
        while (version := self._version()) == self._seen:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with committed:
                # Looked at again under the lock: what was committed since the line above must not be slept over.
                if self._version() == self._seen:
                    committed.wait(min(_POLL_S, left))
        self._seen = version
        return True

    def close(self) -> None:
        """Close the connection that looks."""
        self._conn.close()


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _prepare_file(path: Path) -> None:
    """Create the file readable by its owner only; SQLite gives the log beside it the same rights."""
    folder = path.parent
    if not folder.is_dir():
        raise StoreError(f"{path}: the folder {folder} does not exist; create it or change [store] url.")
    kind = _file_system(folder.resolve())
    if kind.startswith(_NETWORK):
        raise StoreError(
            f"{path}: SQLite cannot keep its log on a network file system ({kind}); "
            "use a local disk, or PostgreSQL in [store] url."
        )
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"{path}: cannot be created ({error.strerror}); check the folder's rights.") from error


def _file_system(folder: Path) -> str:
    """Give the type of the file system that holds `folder`, "" where the system does not tell."""
    best, kind = -1, ""
    with suppress(OSError):
        for line in Path("/proc/self/mounts").read_text(errors="replace").splitlines():
            _, mounted, fs_type, *_ = line.split(" ")
            point = Path(mounted.replace("\\040", " "))
            if len(point.parts) >= best and folder.is_relative_to(point):
                best, kind = len(point.parts), fs_type
    return kind


def _use_wal(conn: sqlite3.Connection) -> None:
    """Switch the file to WAL. Two programs that do so at once may find it locked in spite of the busy timeout."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            if conn.execute("PRAGMA journal_mode").fetchone()["journal_mode"] == "wal":
                return
            conn.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
