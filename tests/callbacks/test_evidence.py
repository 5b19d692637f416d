"""What closes a callback, shown by calls recorded on a real Asterisk: whoever rings, from whichever phone."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from callbacks.queue import on_call
from pbx.tracker import Tracker
from replay import keeper, replay
from settings import load
from store import Row, Store, open_store
from tests.callbacks.clinic import inbound
from tests.listening import CLINIC, TRACES
from tests.store.rows import one, rows
from wiring import clinic_of, endpoints_of, teller_of

SETTINGS = load(CLINIC)
BEFORE_MS = 600_000


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        yield opened


def after_a_miss(store: Store, trace: str, number: str, *, reached_s: int = 1, sure_s: int = 1) -> Row:
    """Miss a caller ten minutes before a recording, replay it, and return the callback as it is then.

    The recorded talks last some seconds, so the thresholds are lower than a clinic's.
    """
    clinic = clinic_of(SETTINGS)
    rules = replace(clinic.callbacks.rules, reached_s=reached_s, sure_s=sure_s)
    clinic = replace(clinic, callbacks=replace(clinic.callbacks, rules=rules))
    journal = TRACES / "asterisk22" / trace / "journal.jsonl"
    begins = json.loads(journal.read_text("utf-8").splitlines()[0])["at"]
    miss = inbound("0.1", round(begins * 1000) - BEFORE_MS, number=number)
    with store.write() as tx:
        tx.run("call_put", **{**miss, "sources": "{}"})
        on_call(tx, miss, clinic.callbacks, miss["ended_ms"])
    pbx = SETTINGS.pbx[0]
    replay([journal], lambda: Tracker(pbx.name, endpoints_of(pbx), teller_of(SETTINGS, pbx)),
           keeper(store, clinic))
    with store.read() as tx:
        return one(tx, "callback_get", id=1)


def person(store: Store) -> str | None:
    """Return who was on the call that closed the callback."""
    with store.read() as tx:
        (closing,) = [part for part in rows(tx, "callback_call") if part["role"] == "closing"]
        call = one(tx, "call_get", pbx=closing["pbx"], id=closing["call"])
    assert call["outcome"] == "answered"
    return str(closing["person"]) if closing["person"] is not None else None


@pytest.mark.parametrize(("trace", "number", "why", "who"), [
    ("outbound_answered", "+48501000901", "reached", "101"),
    ("click_to_call_answered", "+48501000906", "reached", "101"),
    ("queue_answered_first_agent", "+48501000201", "returned", "101"),
    ("direct_answered", "+48501000101", "returned", "104"),
    ("ring_group", "+48501000301", "returned", "102"),
    ("pickup_directed", "+48501000814", "returned", "104"),
    ("forward_dialplan_mobile", "+48501000114", "returned", "+48600100200"),
    ("forward_302", "+48501000113", "returned", "+48600100200"),
    ("blind_transfer_refer", "+48501000801", "returned", "104"),
    ("attended_transfer", "+48501000804", "returned", "104"),
    ("park_and_retrieve", "+48501000816", "returned", None),
])
def test_contact_in_either_direction_from_any_phone_closes_with_the_call_as_evidence(
    store: Store, trace: str, number: str, why: str, who: str | None
) -> None:
    row = after_a_miss(store, trace, number)
    assert (row["state"], row["closed_why"]) == ("closed", why)
    assert row["closed_call"] is not None
    assert who is None or person(store) == who


@pytest.mark.parametrize(("trace", "number"), [
    ("outbound_no_answer", "+48501000903"), ("outbound_busy", "+48501000902"),
    ("click_to_call_patient_no_answer", "+48501000908"),
])
def test_our_call_that_nobody_answered_is_an_attempt(store: Store, trace: str, number: str) -> None:
    assert after_a_miss(store, trace, number)["state"] == "open"
    with store.read() as tx:
        assert [part["role"] for part in rows(tx, "callback_call")].count("attempt") == 1


def test_our_own_phone_that_was_not_picked_up_rang_nobody(store: Store) -> None:
    assert after_a_miss(store, "click_to_call_agent_no_answer", "+48501000907")["state"] == "open"
    with store.read() as tx:
        assert [part["role"] for part in rows(tx, "callback_call")] == ["missed"]


def test_a_talk_short_enough_for_an_answering_machine_is_to_be_confirmed(store: Store) -> None:
    row = after_a_miss(store, "outbound_answered", "+48501000901", sure_s=25)
    assert row["closed_why"] == "reached"
    assert row["unconfirmed_until_ms"] is not None


def test_a_talk_below_the_threshold_is_an_attempt(store: Store) -> None:
    assert after_a_miss(store, "outbound_answered", "+48501000901", reached_s=30)["state"] == "open"


def test_what_the_exchanges_own_records_take_back_opens_it_again(store: Store) -> None:
    closed = after_a_miss(store, "queue_answered_first_agent", "+48501000201")
    ctx = clinic_of(SETTINGS).callbacks
    with store.write() as tx:
        call = one(tx, "call_get", pbx=closed["closed_pbx"], id=closed["closed_call"])
        corrected = call | {"outcome": "abandoned", "missed": 1, "answered_by": None, "answered_ms": None,
                            "final_agent": None, "bridged_ms": 0, "version": call["version"] + 1}
        tx.run("call_put", **corrected)
        on_call(tx, corrected, ctx, call["ended_ms"] + BEFORE_MS)
        row = one(tx, "callback_get", id=1)
        parts = {(part["call"], part["role"]) for part in rows(tx, "callback_call")}
    assert (row["state"], row["closed_why"], row["closed_call"]) == ("open", None, None)
    assert parts == {("0.1", "missed"), (call["id"], "missed")}
