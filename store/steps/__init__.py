"""The schema, as numbered steps. `NNNN_name.sql` serves both engines; `NNNN_name.sqlite.sql` or
`NNNN_name.postgres.sql` beside it is applied right after, on that engine. A step that has landed is never edited."""

import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from store.engine import Connection, Engine
from store.errors import StoreTooNew

FOLDER = Path(__file__).parent
_FILE = re.compile(r"(?P<number>\d{4})_(?P<name>\w+)\.sql")
_RECORD = """CREATE TABLE IF NOT EXISTS schema_step (
  number BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_ms BIGINT NOT NULL)"""


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered change of the schema."""

    number: int
    name: str
    script: str

    @property
    def statements(self) -> list[str]:
        """Return its statements: cut apart only when it is applied, as nearly every store has it already."""
        return split(self.script)


def steps(engine: str, folder: Path = FOLDER) -> list[Step]:
    """Read the steps for `engine`, in their order."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        if match := _FILE.fullmatch(path.name):
            own = path.with_suffix(f".{engine}.sql")
            text = path.read_text("utf-8") + (own.read_text("utf-8") if own.exists() else "")
            found.append(Step(int(match["number"]), match["name"], text))
    return found


def split(script: str) -> list[str]:
    """Cut a script into statements; quotes, comments and the bodies of triggers may hold semicolons."""
    statements: list[str] = []
    text = ""
    for line in script.splitlines():
        if not text and (not line.strip() or line.lstrip().startswith("--")):
            continue
        text += line + "\n"
        if sqlite3.complete_statement(text):
            statements.append(text.strip().removesuffix(";"))
            text = ""
    return statements + ([text.strip()] if text.strip() else [])


def upgrade(engine: Engine, conn: Connection, known: list[Step]) -> None:
    """Apply the steps that the store lacks, each in one transaction with its record. Raises StoreTooNew."""
    for step in _missing(engine, conn, known):
        engine.begin_write(conn)
        try:
            conn.execute(_RECORD)
            # Another program may have applied the step while this one waited for its turn.
            if step.number not in _applied(conn):
                _apply(conn, step)
            engine.commit(conn)
        except BaseException:
            if engine.in_transaction(conn):
                conn.execute("ROLLBACK")
            raise


def _missing(engine: Engine, conn: Connection, known: list[Step]) -> list[Step]:
    applied = _applied(conn) if engine.has_table(conn, "schema_step") else set()
    newest = max((step.number for step in known), default=0)
    if applied and max(applied) > newest:
        raise StoreTooNew(
            f"The store has schema step {max(applied)}, this Callward knows steps up to {newest}; "
            "install the newer Callward that wrote it, or open another store in [store] url."
        )
    return [step for step in known if step.number not in applied]


def _applied(conn: Connection) -> set[int]:
    return {row["number"] for row in conn.execute("SELECT number FROM schema_step").fetchall()}


def _apply(conn: Connection, step: Step) -> None:
    for statement in step.statements:
        conn.execute(statement)
    at_ms = time.time_ns() // 1_000_000
    # Number and time are ours, the name is a file name of letters and digits: nothing here comes from outside.
    conn.execute(f"INSERT INTO schema_step VALUES ({step.number}, '{step.name}', {at_ms})")  # noqa: S608
