"""The JSON of calls and callbacks: a contract."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Store
from store.documents import call_documents, callback_documents, iso, seconds
from tests.store.rows import PBX, START_MS, attribution_row, call_row, insert, one

ID = "1795309246.157"

CALL = """
    {"id": "1795309246.157", "pbx": "main", "linkedids": ["1795309246.157"], "direction": "inbound", "kind": "patient",
     "caller_number": "+48501000206", "caller_name": null, "withheld": false, "did": "+48221234501",
     "destination": null, "presented_number": null, "location": null,
     "entry": "queue", "queue": "reception", "queues": [{"name": "reception", "wait_s": 5.0, "left": "abandoned"}],
     "rang": ["101"], "answered_by": null, "final_agent": null, "outcome": "abandoned",
     "started_at": "2026-11-22T01:00:46.011Z", "answered_at": null, "ended_at": "2026-11-22T01:00:51.016Z",
     "offered_at": "2026-11-22T01:00:46.020Z", "lost_after_answer": false,
     "wait_s": 5.0, "ring_s": 5.0, "talk_s": 0.0, "bridged_s": 0.0, "hold_s": 0.0, "holds": 0, "transfers": [],
     "hung_up_by": "caller", "recording": null, "voicemail": null, "consultation_of": null, "sure": true,
     "patient": null, "campaign": null, "attribution": {"rule": "none", "evidence": null, "runner_up": null},
     "sources": {},
     "patients": [], "missed": true, "in_hours": true, "first_time": true, "topic": null, "topic_category": null,
     "joined_with": null}
"""


def test_a_call_has_the_shape_of_the_contract(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row())
        tx.many("waits_put", [{
            "pbx": PBX, "call": ID, "n": 0, "queue": "reception", "started_ms": START_MS + 9,
            "ended_ms": START_MS + 5005, "departed": "abandoned",
        }])  # fmt: skip
        [document] = call_documents(tx, [one(tx, "call_get", pbx=PBX, id=ID)])
    assert document == json.loads(CALL)
    assert json.loads(json.dumps(document)) == document


def test_a_call_names_its_patient_campaign_and_topic(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row(transfers=json.dumps(
            [{"type": "blind", "from": "101", "to": "104", "at_ms": START_MS, "answered": True}]
        )))  # fmt: skip
        insert(tx, "campaign", id=1, source="google", medium="cpc", name="implants")
        insert(tx, "attribution", **attribution_row(ID, evidence='{"did": "+48221234501"}', runner_up="returning"))
        insert(tx, "call_patient", pbx=PBX, call=ID, ref="P1")
        for n, topic in enumerate(("information", "booked")):
            insert(tx, "call_topic", id=n, pbx=PBX, call=ID, topic=topic, author="anna", at_ms=n)
        [document] = call_documents(tx, [one(tx, "call_get", pbx=PBX, id=ID)])
    assert (document["patient"], document["patients"], document["topic"]) == ("P1", ["P1"], "booked")
    assert document["campaign"] == {"source": "google", "medium": "cpc", "name": "implants"}
    assert document["attribution"] == {
        "rule": "number", "evidence": {"did": "+48221234501"}, "runner_up": "returning",
    }  # fmt: skip
    assert document["transfers"] == [
        {"type": "blind", "from": "101", "to": "104", "answered": True, "at": "2026-11-22T01:00:46.011Z"}
    ]


def test_a_number_of_two_patients_names_both_and_chooses_none(store: Store) -> None:
    with store.write() as tx:
        for ref in ("P2", "P1"):
            insert(tx, "call_patient", pbx=PBX, call=ID, ref=ref)
        [document] = call_documents(tx, [call_row()])
    assert (document["patient"], document["patients"]) == (None, ["P1", "P2"])


def test_ids_name_the_exchange_once_there_are_several(store: Store) -> None:
    with store.write() as tx:
        tx.run("call_put", **call_row())
        tx.run("call_put", **call_row(pbx="branch", joined_with="7.7"))
        found = call_documents(tx, tx.all("calls_by_id", id=ID))
    assert [(document["id"], document["joined_with"]) for document in found] == [
        (f"branch:{ID}", "branch:7.7"), (f"main:{ID}", None),
    ]  # fmt: skip


def test_many_calls_keep_their_order_and_their_own_parts(store: Store) -> None:
    calls = [call_row(id=f"{n}.1") for n in range(53)]
    with store.write() as tx:
        for n in range(53):
            insert(tx, "call_patient", pbx=PBX, call=f"{n}.1", ref=f"P{n}")
        found = call_documents(tx, calls)
        assert call_documents(tx, []) == []
    assert [(document["id"], document["patient"]) for document in found] == [(f"{n}.1", f"P{n}") for n in range(53)]


def test_a_callback_has_the_shape_of_the_contract(store: Store) -> None:
    row = {
        "id": 1, "number": "+48501000206", "location": "", "kind": "missed", "state": "closed", "opened_ms": START_MS,
        "due_ms": START_MS + 900_000, "expires_ms": START_MS + 9_000_000, "priority": 1, "campaign": 1,
        "appointment_on": "2026-11-22",
        "claimed_by": "anna", "claimed_until_ms": None, "snoozed_until_ms": None, "unconfirmed_until_ms": None,
        "closed_ms": START_MS + 60_000, "closed_why": "reached", "closed_by": None, "closed_pbx": PBX,
        "closed_call": "3.3", "reason": None,
    }  # fmt: skip
    with store.write() as tx:
        tx.run("call_put", **call_row())
        insert(tx, "campaign", id=1, source="billboard", medium="offline", name="spring")
        insert(tx, "patient_number", number=row["number"], ref="P1", reversed="", raw="", position=0)
        for n, (call, role) in enumerate((("1.1", "missed"), ("2.2", "attempt"), ("3.3", "closed"), ("0.9", "missed"))):
            insert(tx, "callback_call", callback=1, pbx=PBX, call=call, role=role, at_ms=START_MS + n, person="101",
                   outcome="no_answer")  # fmt: skip
        insert(tx, "callback_comment", id=1, callback=1, body="after five", author="anna", at_ms=START_MS)
        [document] = callback_documents(tx, [row])
    assert document == {
        "id": 1, "number": "+48501000206", "kind": "missed", "state": "closed",
        "opened_at": "2026-11-22T01:00:46.011Z", "due_at": "2026-11-22T01:15:46.011Z", "priority": 1,
        "appointment_on": None, "missed_calls": ["1.1", "0.9"],
        "attempts": [{"call": "2.2", "at": "2026-11-22T01:00:46.012Z", "by": "101", "outcome": "no_answer"}],
        "claimed_by": "anna", "closed_at": "2026-11-22T01:01:46.011Z", "closed_why": "reached", "closed_by_call": "3.3",
        "patients": ["P1"], "campaign": {"source": "billboard", "medium": "offline", "name": "spring"},
        "location": None, "snoozed_until": None, "reason": None,
        "comments": [{"body": "after five", "author": "anna", "at": "2026-11-22T01:00:46.011Z"}],
    }  # fmt: skip


@pytest.mark.parametrize(("ms", "text"), [
    (None, None), (0, "1970-01-01T00:00:00.000Z"), (START_MS, "2026-11-22T01:00:46.011Z"),
    (1_795_309_246_999, "2026-11-22T01:00:46.999Z"),
])  # fmt: skip
def test_moments_are_iso_8601_in_utc(ms: int | None, text: str | None) -> None:
    assert iso(ms) == text


@given(st.integers(min_value=0, max_value=10**9))
def test_durations_have_one_decimal(ms: int) -> None:
    shown = seconds(ms)
    assert shown is not None
    assert abs(shown * 1000 - ms) <= 50.000001
    assert len(str(shown).split(".")[1]) == 1
