"""What is asked again and again while people work reads what is open or asked for, never all that ever happened.

SQLite says beforehand how it will find rows. The store here is empty and nothing is known of its sizes, as in a clinic
whose store was made a minute ago and is open for a year.
"""

import re
from collections.abc import Iterator

import pytest

from store import open_store
from store.queries import FOLDER, load

ASKED_LIVE = ("console", "pop", "telephony", "around_sqlite", "alerts", "feed", "reminders", "callbacks", "calls",
              "requests", "today", "topics", "numbers", "hours", "clinic", "users", "search_sqlite", "api")
"""Files whose queries serve open pages and rounds."""
GROWING = ("call", "leg", "talk", "wait", "transfer", "callback", "callback_call", "callback_comment", "call_topic",
           "call_comment", "attribution", "feed", "appointment", "patient_number",
           "audit", "visit", "delivery", "patient")
"""Tables that get longer every day."""
OPEN_ONLY = ("call_open", "callback_open_by_due", "callback_one_open")
"""Indexes of what has not ended: to go through them is what is wanted."""
WHOLE = {
    "audit_people": "who stands in the audit log, for its filter",
    "callbacks_all_list": "a page of every callback, read in the order of an index",
    "calls_by_id": "every call, to be proven or copied",
    "calls_in_order": "every call, to be replayed",
}
"""Queries that go through a whole table by their very purpose."""
_SCAN = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")
_NAME = re.compile(r"^-- name: (\w+)", re.MULTILINE)
_PARAMETER = re.compile(r"(?<![:\w]):([a-z]\w*)")


def asked() -> Iterator[str]:
    for file in ASKED_LIVE:
        yield from _NAME.findall((FOLDER / f"{file}.sql").read_text("utf-8"))


@pytest.fixture(scope="module")
def plans() -> dict[str, list[str]]:
    queries = load("sqlite", "sqlite3")
    found = {}
    with open_store(":memory:") as store, store.read() as tx:
        for name in asked():
            sql = queries[name].sql
            values = dict.fromkeys(_PARAMETER.findall(sql))
            found[name] = [row["detail"] for row in tx.select("EXPLAIN QUERY PLAN " + sql, **values)]
    return found


@pytest.mark.parametrize("name", sorted(set(asked())))
def test_no_table_that_grows_is_read_as_a_whole(name: str, plans: dict[str, list[str]]) -> None:
    scans = [found.groups() for step in plans[name] if (found := _SCAN.match(step))]
    whole = [table for table, index in scans if table in GROWING and index not in OPEN_ONLY]
    assert bool(whole) == (name in WHOLE), plans[name]
