"""What campaigns brought: bookings, their worth and their cost, by the days of the calls."""

from collections.abc import Iterator
from datetime import date

import pytest

from reports.bookings import COLUMNS, frame, report
from reports.period import Period
from store import Store, Tx, open_store
from tests.store.conftest import postgres, url
from tests.tracking.booking import ANNA, BORYS, CLOCK, appointment, at, attributed, call, patient, topic
from tracking.appointments_relate import relate_recent
from tracking.campaigns import campaign_id

__all__ = ["postgres", "url"]
PERIOD = Period(date(2026, 11, 23), date(2026, 11, 23))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def story(tx: Tx) -> None:
    patient(tx, "P-1", "Anna Wzorowa", ANNA)
    patient(tx, "P-2", "Borys Wzorowy", BORYS)
    google, idle = campaign_id(tx, "google", "cpc", "Implants"), campaign_id(tx, "radio", "offline", "Morning")
    for ident, when, number, outcome in (("1", "10:00", ANNA, "answered"), ("2", "10:30", BORYS, "answered"),
                                         ("3", "10:40", BORYS, "abandoned")):  # fmt: skip
        call(tx, ident, when, number=number, outcome=outcome)
        attributed(tx, ident, "number", google)
    topic(tx, "2", "booked", "10:31")
    call(tx, "4", "11:00", number="+48501000999")
    appointment(tx, "A-1", "P-1", "2026-11-24 09:00", created="10:01", status="fulfilled", value_minor=25000,
                currency="PLN")  # fmt: skip
    for campaign, cost in ((google, 10000), (idle, 500)):
        tx.run("campaign_cost_put", campaign=campaign, period="2026-11-23", cost_minor=cost, currency="PLN")
    relate_recent(tx, CLOCK, at("12:00"))


def test_a_campaigns_calls_bookings_worth_and_cost_are_one_row(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        table, total = frame(tx, PERIOD), report(tx, PERIOD).total
    assert (total["calls"], total["booked_callers"], total["cost"], total["roas"]) == (4, 2, 105.0, 250 / 105)
    assert list(table.columns) == list(COLUMNS)
    rows = {row["source"]: row for row in table.fillna(-1).to_dict("records")}
    google = rows["google"]
    assert (google["calls"], google["talked_callers"], google["booked_callers"], google["conversion"]) == (3, 2, 2, 1.0)
    assert (google["visits"], google["revenue"], google["cost"], google["currency"]) == (1, 250.0, 100.0, "PLN")
    assert (google["cost_per_booking"], google["roas"]) == (50.0, 2.5)
    assert (rows["radio"]["calls"], rows["radio"]["cost"], rows["radio"]["cost_per_booking"]) == (0, 5.0, -1)
    assert (rows["(none)"]["calls"], rows["(none)"]["booked_callers"], rows["(none)"]["cost"]) == (1, 0, -1)


def test_a_noted_booking_gives_way_to_an_appointment_that_was_cancelled(store: Store) -> None:
    with store.write() as tx:
        story(tx)
        appointment(tx, "A-2", "P-2", "2026-11-25 09:00", created="10:31", status="cancelled")
        relate_recent(tx, CLOCK, at("12:00"))
        table = frame(tx, PERIOD)
    assert list(table[table["source"] == "google"]["booked_callers"]) == [1]


def test_without_calls_and_costs_there_is_no_row(store: Store) -> None:
    with store.read() as tx:
        assert frame(tx, PERIOD).empty
