"""The SQL of `store/sql/*.sql`, loaded once per engine. Every query has a name, unique over all files.

A file called `something_sqlite.sql` or `something_postgres.sql` is for that engine only; search has one of each.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import aiosql
from aiosql import query_loader

from store.errors import StoreError

FOLDER = Path(__file__).parent / "sql"
ENGINES = ("sqlite", "postgres")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")


def _spared(without_comments: Callable[[str], str]) -> Callable[[str], str]:
    """Look for comments only where there is one: aiosql looks for them letter by letter.

    That takes four times as long as all else that it does with a file: every command began a quarter of a second later.
    """
    return lambda code: without_comments(code) if "/*" in code else code


if hasattr(query_loader, "_remove_ml_comments"):
    setattr(query_loader, "_remove_ml_comments", _spared(query_loader._remove_ml_comments))  # noqa: B010


class Query(Protocol):
    """A query as aiosql reads it: its text for the driver, and what its mark says."""

    sql: str
    operation: Any


def files(engine: str) -> list[Path]:
    """Give the SQL files that serve `engine`, in the order of their names."""
    others = tuple(f"_{name}" for name in ENGINES if name != engine)
    return [path for path in sorted(FOLDER.glob("*.sql")) if not path.stem.endswith(others)]


@cache
def load(engine: str, driver: str) -> dict[str, Query]:
    """Read the queries of `engine` for aiosql's `driver`. Raises StoreError when two queries have one name."""
    queries: dict[str, Query] = {}
    home: dict[str, Path] = {}
    for path in files(engine):
        loaded = aiosql.from_path(path, driver, mandatory_parameters=False, attribute=None)
        for name in loaded.available_queries:
            if name in home:
                raise StoreError(f"The query {name} is in {home[name].name} and in {path.name}; rename one of them.")
            queries[name], home[name] = getattr(loaded, name), path
    return queries


def written(sql: str, driver: str) -> str:
    """Write a statement that is in no file, with its parameters as `:name`, the way a driver reads it."""
    return sql if driver == "sqlite3" else _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%"))
