"""Merging two stored calls: everything moves, nothing is lost, twice is once."""

from typing import Any

import pytest

from store import Store, Tx, rollups
from store.merge import merge_calls
from tests.store.rows import PBX, attribution_row, call_row, insert, one, rows

OLDER, YOUNGER = "1.1", "2.2"
HANGING = (
    "call_topic", "call_comment", "call_patient", "callback_call", "no_callback", "talk", "wait", "leg", "attribution",
)  # fmt: skip


def hang(tx: Tx, call: str, n: int) -> None:
    """Give a call one of everything that can hang on it."""
    key: dict[str, Any] = {"pbx": PBX, "call": call}
    insert(tx, "call_topic", id=n, **key, topic="booked", patient=None, author="anna", at_ms=n)
    insert(tx, "call_comment", id=n, **key, body="rings again at 5", author="anna", at_ms=n)
    insert(tx, "call_patient", **key, ref=f"P{n}")
    insert(tx, "callback_call", callback=n, **key, role="attempt", at_ms=n, person="101", outcome="no_answer")
    insert(tx, "no_callback", **key, reason="withheld", decided_ms=n)
    tx.many("talks_put", [{**key, "n": 0, "who": f"10{n}", "started_ms": n, "ended_ms": None}])
    tx.many("waits_put", [{**key, "n": 0, "queue": "reception", "started_ms": n, "ended_ms": n, "departed": "other"}])
    tx.many("legs_put", [{
        **key, "uniqueid": f"{n}.1", "linkedid": call, "channel": f"PJSIP/10{n}-1", "role": "phone", "number": None,
        "started_ms": n, "answered_ms": None, "ended_ms": None, "cause": None, "ring_ms": None,
    }])  # fmt: skip


def everything(tx: Tx) -> dict[str, list[dict[str, Any]]]:
    tables = (*HANGING, "call", "call_alias", "callback", *rollups.KEYS)
    return {table: rows(tx, table) for table in tables}


def test_all_that_hangs_on_the_younger_call_moves_to_the_older(store: Store) -> None:
    with store.write() as tx:
        for n, call in enumerate((OLDER, YOUNGER), 1):
            tx.run("call_put", **call_row(id=call))
            hang(tx, call, n)
        insert(tx, "attribution", **attribution_row(YOUNGER))
        assert merge_calls(tx, PBX, YOUNGER, OLDER)
        found = everything(tx)
    for table in HANGING:
        assert {row["call"] for row in found[table]} == {OLDER}, table
    for table in ("call_topic", "call_comment", "call_patient", "callback_call", "talk", "wait", "leg"):
        assert len(found[table]) == 2, table
    assert [row["n"] for row in found["talk"]] == [0, 1]
    assert [row["who"] for row in found["talk"]] == ["101", "102"]
    assert found["no_callback"][0]["decided_ms"] == 1
    assert [row["id"] for row in found["call"]] == [OLDER]
    assert found["call_alias"] == [{"pbx": PBX, "alias": YOUNGER, "id": OLDER}]


def test_a_merge_done_again_changes_nothing(store: Store) -> None:
    with store.write() as tx:
        for n, call in enumerate((OLDER, YOUNGER), 1):
            tx.run("call_put", **call_row(id=call))
            hang(tx, call, n)
        merge_calls(tx, PBX, YOUNGER, OLDER)
        once = everything(tx)
        assert not merge_calls(tx, PBX, YOUNGER, OLDER)
        assert everything(tx) == once


def test_a_call_is_not_merged_into_itself(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(id=OLDER))
        assert not merge_calls(tx, PBX, OLDER, OLDER)
        assert tx.one("call_get", pbx=PBX, id=OLDER) is not None


def test_the_same_patient_on_both_calls_is_there_once(store: Store) -> None:
    with store.write() as tx:
        for call in (OLDER, YOUNGER):
            tx.run("call_put", **call_row(id=call))
            insert(tx, "call_patient", pbx=PBX, call=call, ref="P1")
        merge_calls(tx, PBX, YOUNGER, OLDER)
        assert rows(tx, "call_patient") == [{"pbx": PBX, "call": OLDER, "ref": "P1"}]


@pytest.mark.parametrize(("older", "younger", "kept"), [
    ("number", "number", "older"), ("manual", "number", "older"), ("manual", "manual", "older"),
    ("none", "number", "younger"), ("number", "manual", "younger"), (None, "none", "younger"), ("none", None, "older"),
])  # fmt: skip
def test_the_older_call_keeps_its_attribution_unless_a_person_said_otherwise(
    store: Store, older: str | None, younger: str | None, kept: str
) -> None:
    with store.write() as tx:
        for call, rule, evidence in ((OLDER, older, "older"), (YOUNGER, younger, "younger")):
            tx.run("call_put", **call_row(id=call))
            if rule is not None:
                insert(tx, "attribution", **attribution_row(call, rule=rule, evidence=evidence))
        merge_calls(tx, PBX, YOUNGER, OLDER)
        assert [(row["call"], row["evidence"]) for row in rows(tx, "attribution")] == [(OLDER, kept)]


def test_a_chain_of_merges_leads_every_old_id_to_the_oldest_call(store: Store) -> None:
    with store.write() as tx:
        for call in ("1.1", "2.2", "3.3"):
            tx.run("call_put", **call_row(id=call))
        merge_calls(tx, PBX, "3.3", "2.2")
        merge_calls(tx, PBX, "2.2", "1.1")
        for call in ("1.1", "2.2", "3.3"):
            assert one(tx, "call_get", pbx=PBX, id=call)["id"] == "1.1"


def test_other_rows_that_name_the_younger_call_name_the_older(store: Store) -> None:
    with store.write() as tx:
        for call in (OLDER, YOUNGER):
            tx.run("call_put", **call_row(id=call))
        tx.run("call_put", **call_row(id="5.5", consultation_of=YOUNGER, joined_with=YOUNGER))
        insert(
            tx, "callback", id=1, number="+48501000206", location="", kind="missed", state="closed", opened_ms=1,
            due_ms=1, expires_ms=1, priority=0, closed_pbx=PBX, closed_call=YOUNGER,
        )  # fmt: skip
        merge_calls(tx, PBX, YOUNGER, OLDER)
        other = one(tx, "call_get", pbx=PBX, id="5.5")
        assert (other["consultation_of"], other["joined_with"]) == (OLDER, OLDER)
        assert rows(tx, "callback")[0]["closed_call"] == OLDER


def test_a_call_that_a_callback_counts_as_missed_needs_no_reason_for_having_none(store: Store) -> None:
    with store.write() as tx:
        for call in (OLDER, YOUNGER):
            tx.run("call_put", **call_row(id=call))
        insert(tx, "no_callback", pbx=PBX, call=OLDER, reason="withheld", decided_ms=1)
        insert(tx, "callback_call", callback=1, pbx=PBX, call=YOUNGER, role="missed", at_ms=1)
        merge_calls(tx, PBX, YOUNGER, OLDER)
        assert rows(tx, "no_callback") == []
        assert [row["call"] for row in rows(tx, "callback_call")] == [OLDER]


def test_the_older_call_may_be_stored_after_the_merge(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(id=YOUNGER))
        insert(tx, "call_comment", id=1, pbx=PBX, call=YOUNGER, body="rings again", author="anna", at_ms=1)
        assert merge_calls(tx, PBX, YOUNGER, OLDER)
        tx.run("call_put", **call_row(id=OLDER))
        assert rows(tx, "call_comment")[0]["call"] == OLDER
        assert one(tx, "call_get", pbx=PBX, id=YOUNGER)["id"] == OLDER


def test_a_call_of_another_exchange_with_the_same_id_stays(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(id=YOUNGER))
        tx.run("call_put", **call_row(pbx="branch", id=YOUNGER))
        merge_calls(tx, PBX, YOUNGER, OLDER)
        assert [(row["pbx"], row["id"]) for row in rows(tx, "call")] == [("branch", YOUNGER)]
