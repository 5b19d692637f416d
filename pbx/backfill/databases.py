"""CEL, CDR and queue_log out of the SQL database that Asterisk writes them to, FreePBX's `asteriskcdrdb` among them.

    sqlite:///var/log/asterisk/master.db            mysql://user:password@host/asteriskcdrdb   (or mariadb://)
    postgresql://user:password@host/asterisk

`?table=name` names another table than `cel`, `cdr` and `queue_log`; `?unix_socket=/path` is for MariaDB. Which column
is what is read from their names, so whatever mapping wrote the table is understood.

Rows come as a stream: the server keeps them, and a table of any size needs little memory here.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from pbx.backfill.files import Counter, queue_row
from pbx.backfill.layouts import CDR_NAMES, CEL_NAMES, Columns, cdr_row, cel_row
from pbx.backfill.moments import Moments
from pbx.backfill.rows import BackfillError, CdrRow, CelRow, Complain, QueueRow, RowError

QUEUE_NAMES = {
    "time": ("time", "eventtime", "timestamp"),
    "callid": ("callid",),
    "queue": ("queuename", "queue"),
    "agent": ("agent",),
    "event": ("event", "verb"),
    **{f"data{n}": (f"data{n}",) for n in range(1, 6)},
    "data": ("data",),
}
SCHEMES = ("sqlite", "mysql", "mariadb", "postgresql", "postgres")
_SAFE = re.compile(r"[A-Za-z0-9_.$-]{1,128}")
_AT_ONCE = 500

Made = TypeVar("Made")


class Driver(Protocol):
    """What is asked of a database: the names of a table's columns, and rows, one by one."""

    mark: str
    quote: str

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns, none when there is no such table."""

    def rows(self, sql: str, params: Sequence[object]) -> Iterator[Sequence[Any]]:
        """Yield the rows of a query."""

    def close(self) -> None:
        """Let go of the connection."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of records, the part of it that is wanted, and who hears of its bad rows."""

    url: str
    moments: Moments
    complain: Complain
    counter: Counter
    from_ms: int
    to_ms: int

    def cel(self) -> Iterator[CelRow]:
        """Yield the rows of a CEL table. Raises BackfillError."""
        return self._rows("cel", CEL_NAMES, cel_row, "time")

    def cdr(self) -> Iterator[CdrRow]:
        """Yield the rows of a CDR table. Raises BackfillError."""
        return self._rows("cdr", CDR_NAMES, cdr_row, "start")

    def queue_log(self) -> Iterator[QueueRow]:
        """Yield the rows of a queue_log table. Raises BackfillError."""
        return self._rows("queue_log", QUEUE_NAMES, _queue_row, "time")

    def _rows(self, table: str, names: Mapping[str, Sequence[str]], make: Callable[[Columns, Moments], Made],
              time: str) -> Iterator[Made]:
        parts = urlsplit(self.url)
        table = dict(parse_qsl(parts.query)).get("table", table)
        with _connected(self.url) as driver:
            ours = _ours(driver.columns(table), names)
            if time not in ours or len(ours) < 4 or not _SAFE.fullmatch(table):
                shown = without_password(self.url)
                raise BackfillError("%(database)s: %(table)s is no such table; name the right one with ?table=NAME.",
                                    database=shown, table=table)
            for number, cells in enumerate(driver.rows(*self._query(driver, table, ours, time)), 1):
                try:
                    row = make(dict(zip(ours, cells, strict=False)), self.moments)
                except RowError as error:
                    self.counter.bad += 1
                    self.complain(f"{table}, row {number}: {error}; the row is skipped.")
                    continue
                self.counter.read += 1
                yield row

    def _query(self, driver: Driver, table: str, ours: Mapping[str, str], time: str) -> tuple[str, list[object]]:
        """Ask for the rows of the period as the wall clock of the exchange shows it, in the order of writing."""
        def quoted(name: str) -> str:
            return ".".join(f"{driver.quote}{part}{driver.quote}" for part in name.split("."))

        order = [quoted(name) for name in ("id",) if "id" in ours.values()] or [quoted(ours[time])]
        columns = ", ".join(quoted(name) for name in ours.values())
        between = f"{quoted(ours[time])} >= {driver.mark} AND {quoted(ours[time])} < {driver.mark}"
        sql = f"SELECT {columns} FROM {quoted(table)} WHERE {between} ORDER BY {order[0]}"  # noqa: S608 (names vetted)
        hour = 3_600_000  # one more on each side, for the hour that a wall clock skips or repeats
        limits = [self.moments.wall(max(0, self.from_ms - hour)), self.moments.wall(self.to_ms + hour)]
        return sql, [moment.isoformat(" ", "seconds") for moment in limits]


def is_url(text: str) -> bool:
    """Say whether a source is a database and not a file."""
    return text.partition("://")[0] in SCHEMES and "://" in text


def without_password(url: str) -> str:
    """Return a URL as it may be shown."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    return f"{parts.scheme}://{user}{host}{parts.path}"


def _ours(columns: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return our name to the table's, for every column that is needed and there; `id` if there is one."""
    lower = {name.lower(): name for name in columns if _SAFE.fullmatch(name)}
    found = {}
    for ours, known in names.items():
        theirs = next((lower[name] for name in known if name in lower), None)
        if theirs is not None:
            found[ours] = theirs
    if "id" in lower and found:
        found["id"] = lower["id"]
    return found


def _queue_row(columns: Columns, moments: Moments) -> QueueRow:
    data = [str(columns.get(f"data{n}") or "") for n in range(1, 6)]
    if not any(data):
        data = str(columns.get("data") or "").split("|")
    cells = [columns.get("time"), *(str(columns.get(name) or "") for name in ("callid", "queue", "agent", "event"))]
    return queue_row([*cells, *data], moments)  # type: ignore[list-item]


@contextmanager
def _connected(url: str) -> Iterator[Driver]:
    parts = urlsplit(url)
    shown = without_password(url)
    kinds: dict[str, Callable[[SplitResult], Driver]] = {
        "sqlite": _Sqlite, "mysql": _Mysql, "mariadb": _Mysql, "postgresql": _Postgres, "postgres": _Postgres}
    try:
        driver = kinds[parts.scheme](parts)
    except ImportError as error:
        extra = "mariadb" if parts.scheme in ("mysql", "mariadb") else "postgres"
        raise BackfillError("%(database)s: %(program)s is not installed; run `pip install 'callward[%(extra)s]'`.",
                            database=shown, program=error.name, extra=extra) from None
    except Exception as error:
        why = _reason(error)
        raise BackfillError("%(database)s: cannot be opened (%(why)s); check address, name and password.",
                            database=shown, why=why) from None
    errors: tuple[type[Exception], ...] = (sqlite3.Error, *_errors_of(driver))
    try:
        yield driver
    except errors as error:
        raise BackfillError("%(database)s: cannot be read (%(why)s); check the table and its rights.", database=shown,
                            why=_reason(error)) from None
    finally:
        driver.close()


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _errors_of(driver: Driver) -> tuple[type[Exception], ...]:
    return (driver.error,) if isinstance(driver, (_Mysql, _Postgres)) else ()


class _Sqlite:
    mark = "?"
    quote = '"'

    def __init__(self, parts: SplitResult) -> None:
        path = unquote(parts.netloc + parts.path) if parts.netloc else unquote(parts.path)
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self._connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns."""
        return [row[0] for row in self._connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]

    def rows(self, sql: str, params: Sequence[object]) -> Iterator[Sequence[Any]]:
        """Yield the rows of a query."""
        yield from self._connection.execute(sql, tuple(params))

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


class _Mysql:
    mark = "%s"
    quote = "`"

    def __init__(self, parts: SplitResult) -> None:
        import pymysql
        from pymysql.cursors import SSCursor

        self.error: type[Exception] = pymysql.MySQLError
        more = dict(parse_qsl(parts.query))
        self._cursor = SSCursor
        self._connection = pymysql.connect(
            host=parts.hostname or "localhost",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")),
            unix_socket=more.get("unix_socket"),
            charset="utf8mb4",
            connect_timeout=10,
        )

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns."""
        sql = ("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = %s "
               "ORDER BY ordinal_position")
        return [str(row[0]) for row in self.rows(sql, (table,))]

    def rows(self, sql: str, params: Sequence[object]) -> Iterator[Sequence[Any]]:
        """Yield the rows of a query, as the server sends them."""
        with self._connection.cursor(self._cursor) as cursor:
            cursor.execute(sql, tuple(params))
            yield from cursor.fetchall_unbuffered()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()


class _Postgres:
    mark = "%s"
    quote = '"'

    def __init__(self, parts: SplitResult) -> None:
        import psycopg

        self.error: type[Exception] = psycopg.Error
        query = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key != "table"])
        self._connection = psycopg.connect(f"postgresql://{parts.netloc}{parts.path}?{query}", connect_timeout=10)

    def columns(self, table: str) -> list[str]:
        """Return the names of the columns."""
        schema, dot, name = table.rpartition(".")
        sql = ("SELECT column_name FROM information_schema.columns WHERE table_name = %s AND (table_schema = %s "
               "OR (%s = '' AND table_schema = ANY (current_schemas(false)))) ORDER BY ordinal_position")
        with self._connection.cursor() as cursor:
            found = cursor.execute(sql, (name if dot else table, schema, schema)).fetchall()
        return [str(row[0]) for row in found]

    def rows(self, sql: str, params: Sequence[object]) -> Iterator[Sequence[Any]]:
        """Yield the rows of a query, a few hundred at a time."""
        with self._connection.cursor(name="callward") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(sql.encode(), tuple(params))
            yield from cursor

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()
