"""The step that leaves old calls of marked numbers out of the figures."""

from store import open_store, rollups
from store.steps import steps
from tests.store.rows import call_row, insert, rows


def test_numbers_marked_before_calls_could_be_left_out_are_left_out_too() -> None:
    step = next(step for step in steps("sqlite") if step.number == 17)
    with open_store(":memory:") as store, store.write() as tx:
        insert(tx, "number_mark", number="+48501000206", kind="spam", reason="windows", author="Ewa", at_ms=1)
        tx.run("call_put", **call_row())
        tx.run("call_put", **call_row(id="1795309246.158", party="+48501000207"))
        for statement in step.statements[1:]:
            tx.conn.execute(statement)
        assert {row["party"]: row["excluded"] for row in rows(tx, "call")} == {
            "+48501000206": "spam", "+48501000207": ""}  # fmt: skip
        assert rollups.is_stale(tx)
