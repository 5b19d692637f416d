"""The SQL files: one text that both engines read alike."""

import re
from pathlib import Path

import pytest

from store import Store, StoreError, queries
from store.steps import split
from store.steps import steps as schema_steps

SQL = sorted(queries.FOLDER.glob("*.sql"))
COMMON = [path for path in SQL if not path.stem.endswith(queries.ENGINES)]
NAME = re.compile(r"^--\s*name\s*:\s*(\w+)(\S*)", re.M)


def statements(path: Path) -> str:
    """Give the text without the lines that are comments as a whole."""
    return "\n".join(line for line in path.read_text("utf-8").splitlines() if not line.lstrip().startswith("--"))


@pytest.mark.parametrize("engine", queries.ENGINES)
def test_every_query_has_a_name_of_its_own(engine: str) -> None:
    names = [name for path in queries.files(engine) for name, _ in NAME.findall(path.read_text("utf-8"))]
    assert sorted(names) == sorted(set(names))


def test_two_queries_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.sql").write_text("-- name: same$\nSELECT 1;\n")
    monkeypatch.setattr("store.queries.FOLDER", tmp_path)
    with pytest.raises(StoreError, match=r"same is in a\.sql and in b\.sql"):
        queries.load.__wrapped__("sqlite", "sqlite3")


def test_the_engines_offer_the_same_queries() -> None:
    sqlite, postgres = queries.load("sqlite", "sqlite3"), queries.load("postgres", "psycopg")
    plain = {name for name in sqlite if not name.endswith("_cursor")}
    assert plain == {name for name in postgres if not name.endswith("_cursor")}


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.name)
def test_no_query_is_a_script_or_hides_an_id(path: Path) -> None:
    assert not [name for name, mark in NAME.findall(path.read_text("utf-8")) if mark in ("#", "<!")]


@pytest.mark.parametrize("path", COMMON, ids=lambda path: path.name)
def test_the_common_sql_avoids_what_the_engines_read_differently(path: Path) -> None:
    text = statements(path)
    assert "%" not in text, "psycopg takes a per cent sign for a parameter"
    assert not re.search(r"--.*[:']", text), "a colon or a quote in a comment after code is taken for a parameter"
    assert not re.search(r"\b(true|false|boolean|julianday|strftime|date_trunc|now\(|iif\(|ifnull\()", text, re.I)
    assert not re.search(r"\bmax\([^()]*,", text, re.I), "PostgreSQL has no max of two values"


def test_the_schema_uses_portable_types() -> None:
    text = statements(Path("store/steps/0001_calls.sql").resolve())
    for definition in re.findall(r"^  (\w+ .*)$", text, re.M):
        if not definition.startswith(("PRIMARY KEY", "UNIQUE")):
            assert definition.split()[1].rstrip(",") in ("TEXT", "BIGINT", "DOUBLE"), definition


def test_call_put_stores_every_column(store: Store) -> None:
    with store.read() as tx:
        cursor = tx.conn.execute("SELECT * FROM call")
        columns = {column[0] for column in cursor.description}
    text = queries.load("sqlite", "sqlite3")["call_put"].sql
    columns.remove("excluded")  # what people mark is not the call's own, and no fold writes it
    assert set(re.findall(r":(\w+)", text)) == columns
    assert set(re.findall(r"excluded\.(\w+)(?=,|\n)", text)) >= columns - {"pbx", "id", "version"}


def test_scripts_are_cut_at_statements_not_at_semicolons() -> None:
    script = (
        "-- a; b\nCREATE TABLE a (x TEXT DEFAULT ';'); -- c; d\n"
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\nSELECT 3"
    )
    assert [statement.split("\n")[0] for statement in split(script)] == [
        "CREATE TABLE a (x TEXT DEFAULT ';'); -- c; d", "CREATE TRIGGER t AFTER INSERT ON a BEGIN", "SELECT 3",
    ]  # fmt: skip


def test_steps_are_numbered_without_gaps() -> None:
    for engine in queries.ENGINES:
        numbers = [step.number for step in schema_steps(engine)]
        assert numbers == list(range(1, len(numbers) + 1))
