"""What live pages ask says the same on every engine: what is open, what is to be rung back, what is beside it."""

import json

from store import Store, Tx
from tests.callbacks.clinic import PATIENT, Clinic, at, inbound
from tests.store.rows import PBX, START_MS, attribution_row, insert

OTHER, THIRD = "+48501000300", "+48501000400"


def fill(store: Store) -> int:
    """Three callbacks, one of a call that is joined to a campaign, patients, comments, and calls that go on."""
    clinic, now = Clinic(store), at("12:00")
    for call, start, number in (("1.1", "10:00", PATIENT), ("1.2", "10:05", PATIENT), ("1.3", "10:10", OTHER),
                                ("1.4", "10:20", THIRD)):
        clinic.record(inbound(call, start, number=number), at(start) + 30_000)
    clinic.record(inbound("1.5", now - 60_000, None, state="talking", number=OTHER), now)
    with store.write() as tx:
        for ref, name, number in (("P2", "Zofia", PATIENT), ("P1", "Adam", PATIENT), ("P3", "Ewa", OTHER)):
            insert(tx, "patient", ref=ref, name=name, folded=name.lower(), imported_ms=START_MS)
            insert(tx, "patient_number", number=number, ref=ref, reversed=number[::-1], raw=number, position=0)
        clinic.desk(tx, "anna", "11:00").comment(1, "first")
        clinic.desk(tx, "anna", "11:01").comment(1, "second")
        clinic.desk(tx, "anna", "11:59").claim(2)
        tx.run("campaign_add", id=7, source="billboard", medium="outdoor", name="autumn")
        tx.run("attribution_put", **attribution_row("1.2", campaign=7))
        for call in ("1.4", "1.5"):
            insert(tx, "leg", pbx=PBX, uniqueid=f"{call}-1", call=call, linkedid=call, channel="PJSIP/101-1",
                   role="phone", number="101", started_ms=now - 50_000)
            insert(tx, "wait", pbx=PBX, call=call, n=0, queue="reception", started_ms=now - 60_000)
            insert(tx, "talk", pbx=PBX, call=call, n=0, who="101", started_ms=now - 40_000)
        insert(tx, "call_patient", pbx=PBX, call="1.3", ref="P3")
    return now


def ids(tx: Tx, query: str, key: str = "id", **params: object) -> list[object]:
    return [row[key] for row in tx.all(query, **params)]


def test_what_is_open_is_found_with_its_parts_alone(store: Store) -> None:
    now = fill(store)
    with store.read() as tx:
        for query in ("console_open_legs", "console_open_talks", "console_open_waits"):
            assert ids(tx, query, "call", since=now - 3_600_000) == ["1.5"], query
            assert ids(tx, query, "call", since=now) == [], query


def test_lists_of_callbacks_stand_in_their_order_page_by_page(store: Store) -> None:
    now = fill(store)
    with store.read() as tx:
        whole = ids(tx, "callbacks_open_list", now_ms=now, limit=10, skip=0)
        assert sorted(map(str, whole)) == ["1", "2", "3"]
        assert [ids(tx, "callbacks_open_list", now_ms=now, limit=1, skip=skip) for skip in range(4)] == [
            *([one] for one in whole), []]
        assert ids(tx, "callbacks_claimed_list", who="anna", now_ms=now, limit=10) == [2]
        assert ids(tx, "callbacks_all_list", now_ms=now, limit=2, skip=0) == [3, 2]
        assert ids(tx, "callbacks_all_list", now_ms=now, limit=2, skip=2) == [1]
        reminded = ids(tx, "callbacks_to_remind", now_ms=at("19:00"), since=0, live_since=0, limit=9)
        assert set(reminded) == {1, 3}


def test_what_is_beside_callbacks_is_read_for_those_alone(store: Store) -> None:
    now = fill(store)
    with store.read() as tx:
        def beside(query: str, *callbacks: int) -> list[dict[str, object]]:
            return [dict(row) for row in tx.all(query, ids=json.dumps(callbacks))]

        assert [(row["number"], row["ref"]) for row in beside("around_patients", 1, 2, 3)] == [
            (PATIENT, "P1"), (OTHER, "P3"), (PATIENT, "P2")]
        assert [row["body"] for row in beside("around_comments", 1, 3)] == ["first", "second"]
        assert [(row["of_callback"], row["id"]) for row in beside("around_misses", 1, 2)] == [
            (1, "1.1"), (1, "1.2"), (2, "1.3")]
        assert [(row["call"], row["name"]) for row in beside("around_campaigns", 1, 2, 3)] == [("1.2", "autumn")]
        for query in ("around_patients", "around_comments", "around_misses", "around_campaigns"):
            assert beside(query) == [], query
        assert [(row["party"], row["id"]) for row in tx.all("around_live", since=now - 3_600_000)] == [(OTHER, "1.5")]
        story = tx.all("patient_timeline", patient="P3", before_ms=None, before_kind=None, before_pbx=None,
                       before_ref=None, limit=20)
        assert [(row["kind"], row["ref"]) for row in story] == [("callback", "2"), ("call", "1.3")]


def test_a_gap_says_how_far_it_is_filled_in(store: Store) -> None:
    with store.write() as tx:
        tx.run("gap_open", id=1, pbx=PBX, from_ms=START_MS, reason="the cable was out")
        tx.run("gap_close", pbx=PBX, to_ms=START_MS + 20_000)
        assert [row["read_ms"] for row in tx.all("console_gaps_over", since=START_MS)] == [None]
        tx.run("backfill_put", pbx=PBX, origin="gap", from_ms=START_MS, done_ms=START_MS + 20_000)
        assert [row["read_ms"] for row in tx.all("console_gaps_over", since=START_MS)] == [START_MS + 20_000]
        last = tx.one("console_gap_last")
        assert last is not None
        assert (last["to_ms"], last["read_ms"]) == (START_MS + 20_000, START_MS + 20_000)
