"""The same records out of databases: SQLite, PostgreSQL, and FreePBX's asteriskcdrdb on a real MariaDB."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from pbx.backfill.databases import Table, without_password
from pbx.backfill.files import Counter
from pbx.backfill.folding import Sources
from pbx.backfill.moments import Moments
from pbx.backfill.rows import BackfillError
from pbx.calls import Call
from tests.pbx import mariadb
from tests.pbx.records import CDR_COLUMNS, CEL_COLUMNS, FOLDERS, cells, fold, sources
from tests.store import postgres

WARSAW = ZoneInfo("Europe/Warsaw")
FREEPBX = [folder for folder in FOLDERS if folder.parent.name == "freepbx22"]
FROM_MS, TO_MS = 1795309000_000, 1795317000_000
CEL_TABLE = ["eventtype VARCHAR(30)", "eventtime DATETIME", *(f"{name} VARCHAR(255)" for name in CEL_COLUMNS[2:-1]),
             "extra VARCHAR(512)"]
CDR_TABLE = ["calldate DATETIME", *(f"{name} VARCHAR(255)" for name in CDR_COLUMNS[3:]), "did VARCHAR(50)",
             "recordingfile VARCHAR(255)"]
QUEUE_TABLE = ["time VARCHAR(32)", "callid VARCHAR(80)", "queuename VARCHAR(256)", "agent VARCHAR(80)",
               "event VARCHAR(32)", *(f"data{n} VARCHAR(100)" for n in range(1, 6))]


def wall(text: str) -> str:
    """Write a time of the recordings (UTC) as the clinic's clock showed it, in whole seconds as FreePBX keeps it."""
    moment = datetime.fromisoformat(text) if "-" in text else datetime(1970, 1, 1) + timedelta(seconds=int(text))  # noqa: DTZ001
    return (moment + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")


def fill(execute: Callable[[str, tuple[Any, ...]], Any], key: str, mark: str, types: dict[str, str]) -> None:
    """Make FreePBX's tables and put what the recordings' files hold into them."""
    def make(table: str, columns: list[str], first: str) -> None:
        declared = [column.replace("DATETIME", types.get("DATETIME", "DATETIME")) for column in columns]
        execute(f"CREATE TABLE {table} ({', '.join([first, *declared] if first else declared)})", ())

    make("cel", CEL_TABLE, f"id {key}")
    make("cdr", CDR_TABLE, "")
    make("queue_log", QUEUE_TABLE, f"id {key}")

    def put(table: str, names: list[str], row: list[str]) -> None:
        marks = ", ".join([mark] * len(names))
        execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", tuple(row))

    for row in cells(FREEPBX, "cel.csv"):
        put("cel", list(CEL_COLUMNS), [row[0], wall(row[1]), *row[2:]])
    for row in cells(FREEPBX, "cdr.csv"):
        values = dict(zip(CDR_COLUMNS, row, strict=True)) | {"calldate": wall(row[0]), "recordingfile": ""}
        values.pop("")
        put("cdr", list(values), list(values.values()))
    for row in cells(FREEPBX, "queue_log"):
        put("queue_log", [column.split()[0] for column in QUEUE_TABLE], [wall(row[0]), *(row[1:] + [""] * 9)[:9]])


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("records") / "master.db"
    with closing(sqlite3.connect(path)) as connection:
        fill(connection.execute, "INTEGER PRIMARY KEY AUTOINCREMENT", "?", {"DATETIME": "TEXT"})
        connection.commit()
    return f"sqlite://{path}"


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    psycopg = pytest.importorskip("psycopg")
    try:
        with postgres.server() as url:
            with psycopg.connect(url) as connection:
                fill(connection.execute, "BIGSERIAL PRIMARY KEY", "%s", {"DATETIME": "TIMESTAMP"})
            yield url
    except postgres.NoServerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def mariadb_url() -> Iterator[str]:
    pymysql = pytest.importorskip("pymysql")
    try:
        with mariadb.server() as url:
            socket = parse_qs(urlsplit(url).query)["unix_socket"][0]
            with pymysql.connect(user="root", unix_socket=socket, database="asteriskcdrdb") as connection:
                with connection.cursor() as cursor:
                    fill(cursor.execute, "INT PRIMARY KEY AUTO_INCREMENT", "%s", {})
                connection.commit()
            yield url
    except mariadb.NoServerError as error:
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite_url", "postgres_url", "mariadb_url"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def table(url: str, from_ms: int = FROM_MS, to_ms: int = TO_MS, zone: ZoneInfo = WARSAW) -> Table:
    def complain(sentence: str) -> None:
        raise AssertionError(sentence)

    return Table(url, Moments(zone), complain, Counter(), from_ms, to_ms)


def near(one: int | None, other: int | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) <= 1000


def test_a_database_tells_the_same_calls_as_the_files(url: str) -> None:
    tables = Sources(table(url).cel(), table(url).cdr(), table(url).queue_log())
    from_tables = fold(tables)
    from_files: dict[str, Call] = {}
    for folder in FREEPBX:
        from_files |= fold(sources(folder, "cel", "cdr", "queue_log"))
    assert from_tables.keys() == from_files.keys()
    for id_, call in from_files.items():
        told = from_tables[id_]
        for fact in ("direction", "kind", "caller_number", "did", "destination", "answered_by", "rang", "queue",
                     "final_agent", "hung_up_by"):
            assert getattr(told, fact) == getattr(call, fact), (id_, fact)
        assert [(t.type, t.from_, t.to) for t in told.transfers] == [(t.type, t.from_, t.to) for t in call.transfers]
        assert told.outcome == call.outcome, id_
        for moment in ("started_ms", "answered_ms", "ended_ms"):
            assert near(getattr(told, moment), getattr(call, moment)), (id_, moment)


def test_only_the_period_is_asked_for(url: str) -> None:
    some = list(table(url, FROM_MS, 1795312000_000).cel())
    assert 0 < len(some) < len(list(table(url).cel()))
    assert max(row.at_ms for row in some) < 1795312000_000 + 3_600_000


def test_another_table_is_named_in_the_url(url: str) -> None:
    mark = "&" if "?" in url else "?"
    with pytest.raises(BackfillError, match=r"cel_old is no such table; name the right one with \?table=NAME"):
        list(table(f"{url}{mark}table=cel_old").cel())


def test_a_database_that_is_not_there_is_one_sentence_without_the_password(tmp_path: Path) -> None:
    for url in (f"sqlite://{tmp_path}/none.db", "mysql://reader:geheim@127.0.0.1:1/asteriskcdrdb",
                "postgresql://reader:geheim@127.0.0.1:1/asterisk"):
        with pytest.raises(BackfillError, match="cannot be opened") as caught:
            list(table(url).cel())
        assert "geheim" not in str(caught.value)


def test_a_url_is_shown_without_its_password() -> None:
    assert without_password("mysql://reader:a%2Fb@db:3306/asteriskcdrdb?x=1") == "mysql://reader@db:3306/asteriskcdrdb"
