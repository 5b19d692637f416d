"""A store in memory, tables in a folder of their own, and rows of the past put in by hand."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store import Store, Tx, open_store


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, *, name: str = "numbers.csv", encoding: str = "utf-8") -> Path:
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return file

    return write


@pytest.fixture
def insert() -> Callable[..., dict[str, Any]]:
    """Give a function that writes a row of a table; columns that are not named are empty: 0, "" or NULL."""

    def write(tx: Tx, table: str, /, **values: Any) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for column in tx.conn.execute(f"PRAGMA table_info({table})").fetchall():
            empty = (0 if column["type"] == "BIGINT" else "") if column["notnull"] else None
            row[column["name"]] = values.pop(column["name"], empty)
        assert not values, f"{table} has no {', '.join(values)}"
        marks = ", ".join("?" * len(row))
        connection: Any = tx.conn
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
        return row

    return write
