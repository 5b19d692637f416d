"""The sums of bookings stay true whatever is told of appointments; a callback keeps the visit that it goes back to."""

from collections.abc import Iterator
from typing import Any

import pytest

from store import Store, Tx, open_store, rollups
from tests.store.rows import insert
from tests.tracking.booking import ANNA, BORYS, CLOCK, appointment, at, call, patient, topic
from tracking.appointments_put import Origin, Told, Who, match_again, put, vanish
from tracking.appointments_relate import relate_recent
from tracking.attribute import visit_behind
from tracking.attribution import Decision

ORIGIN = Origin("table", "PL", at("12:00"))


def fresh(tx: Tx) -> tuple[int, int]:
    """Return how many calls booked and how many visits came of them by the sums; they must be what the calls say."""
    assert tx.value("rollup_booking_differences") == 0
    rows = tx.all("rollup_booking_all")
    return sum(row["booked"] for row in rows), sum(row["visits"] for row in rows)


def told(tx: Tx, ref: str, who: Who, **changes: Any) -> None:
    """Tell of an appointment as an import does."""
    with open_store(":memory:") as other, other.write() as there:
        row = appointment(there, ref, "", "2026-11-24 09:00", **({"created": "10:10"} | changes))
    put(tx, [Told({**row, "patient": ""}, who)], ORIGIN)


@pytest.fixture
def tx(store: Store) -> Iterator[Tx]:
    with store.write() as opened:
        patient(opened, "P-1", "Anna Wzorowa", ANNA)
        patient(opened, "P-2", "Borys Wzorowy", BORYS)
        call(opened, "1", "10:00")
        call(opened, "2", "10:05")
        topic(opened, "2", "booked", "10:06")
        call(opened, "3", "10:30", number=BORYS)
        rollups.rebuild(opened)
        yield opened


def test_sums_follow_an_appointment_from_its_import_to_its_end(tx: Tx) -> None:
    assert fresh(tx) == (1, 0)
    told(tx, "A-1", Who("P-1"))
    assert fresh(tx) == (0, 0)  # it is known now, and no call is its maker yet
    relate_recent(tx, CLOCK, at("12:00"))
    assert fresh(tx) == (1, 0)
    told(tx, "A-1", Who("P-1"), status="fulfilled", value_minor=25_000, currency="PLN")
    assert fresh(tx) == (1, 1)
    told(tx, "A-1", Who("P-1"), status="cancelled")
    assert fresh(tx) == (0, 0)
    told(tx, "A-2", Who("P-2"), created="10:31")
    relate_recent(tx, CLOCK, at("12:00"))
    assert fresh(tx) == (1, 0)
    assert vanish(tx, "table", (0, at("2026-12-31 00:00")), at("12:00"), {"A-1"}) == ["A-2"]
    assert fresh(tx) == (0, 0)


def test_sums_follow_an_appointment_whose_patient_is_found_later(tx: Tx) -> None:
    told(tx, "A-1", Who("", "+48501000999"))
    assert fresh(tx) == (1, 0)
    tx.run("appointment_patient", ref="A-1", patient="")
    tx.conn.execute(f"UPDATE appointment_origin SET number = '{ANNA}', matched = ''")
    assert match_again(tx) == 1
    assert fresh(tx) == (0, 0)
    relate_recent(tx, CLOCK, at("12:00"))
    assert fresh(tx) == (1, 0)


def test_a_callback_and_a_return_keep_the_visit_that_they_go_back_to(tx: Tx) -> None:
    insert(tx, "attribution", pbx="main", call="1", rule="visitor", campaign=1, visit=7, evidence="{}", decided_ms=0)
    insert(tx, "request", id=1, at_ms=0, local_day="2026-11-23", callback=5, location="", network="", visit=9, site="",
           page="", language="", consent="", refused="")  # fmt: skip
    assert visit_behind(tx, Decision("visitor", 1, {"visit": 7})) == 7
    assert visit_behind(tx, Decision("callback", 1, {"callback": 4, "missed_call": "main:1"})) == 7
    assert visit_behind(tx, Decision("returning", 1, {"earlier_call": "main:1"})) == 7
    assert visit_behind(tx, Decision("callback", 1, {"callback": 5})) == 9
    assert visit_behind(tx, Decision("callback", 1, {"callback": 6})) is None
    assert visit_behind(tx, Decision("manual", 1, {"correction": 1})) is None
    assert visit_behind(tx, Decision("number", 1, {"did": "+48221234501"})) is None
