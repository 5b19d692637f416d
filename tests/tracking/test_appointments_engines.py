"""What becomes of a call is the same on every engine there is."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from patients.tables import Source
from store import Store, open_store
from tests.store.conftest import postgres, url
from tests.tracking.booking import ANNA, CLOCK, at, call, calls_of, patient, topic
from tracking.appointments import Reading, age_of, import_appointments, list_appointments
from tracking.appointments_relate import relate, relate_recent

__all__ = ["postgres", "url"]
NOW = at("12:00")


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def test_a_complete_table_is_imported_matched_and_joined_to_its_calls(
    store: Store, table: Callable[..., Path]
) -> None:
    def read(text: str, now: int) -> tuple[str, ...]:
        head = "appointment_ref,phone,name,birth_date,created_at,start_at\n"
        reading = Reading(CLOCK, "PL", now, complete=True)
        return import_appointments(store, Source(table(head + text), "PL"), reading).vanished

    with store.write() as tx:
        patient(tx, "P-1", "Anna Żak", ANNA, born="1980-02-29")
        call(tx, "1", "10:00")
        topic(tx, "1", "booked", "10:01")
    one = "A-1,501000206,,,2026-11-23 10:01,2026-11-24 10:00\n"
    two, three = "A-2,,Anna Żak,1980-02-29,,2026-11-25 10:00\n", "A-3,,Nobody,1990-01-01,,2026-11-26 10:00\n"
    assert read(one + two + three, NOW) == ()
    assert read(one + three, NOW + 1) == ("A-2",)
    with store.write() as tx:
        assert relate_recent(tx, CLOCK, NOW) == 1
        assert [row["ref"] for row in list_appointments(tx, unmatched=True, limit=9)] == ["A-3"]
        assert age_of(tx) == NOW + 1
    assert calls_of(store) == [("A-1", "1", "topic")]
    assert relate(store, CLOCK, NOW).changed == 0
