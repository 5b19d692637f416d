"""The alert about a number that has fallen silent: against its own habit, in working time, until it rings again."""

from dataclasses import replace
from datetime import time

import pytest

from callbacks.alerts_silence import findings
from callbacks.hours import Hours
from callbacks.situation import Context
from patients.phones import masked
from store import Store
from tests.callbacks.clinic import CONTEXT, OFFICE, Clinic, at

DID = "+48221234501"
HOUR = 3_600_000


def rings(store: Store, clinic: Clinic, *times: str, first: str = "2026-01-01") -> None:
    with store.write() as tx:
        tx.run("number_put", id=1, did=DID, label="Bridge", kind="static", location="", campaign=1, valid_from=first,
               valid_to=None, destination=None)
    for n, when in enumerate(times):
        clinic.inbound(f"{at(when)}.{n}", when, "answered", did=DID)


def found(store: Store, now: str, ctx: Context = CONTEXT, times: int = 3) -> list[bool]:
    with store.read() as tx:
        return [finding.there for finding in findings(tx, ctx, times, at(now))]


@pytest.fixture
def habit() -> list[str]:
    """A call every working hour, on the Thursday and the Friday before."""
    return [f"2026-11-{day} {hour:02}:00" for day in (19, 20) for hour in range(8, 18)]


def test_a_number_is_silent_when_it_has_not_rung_for_many_of_its_intervals(
    clinic: Clinic, store: Store, habit: list[str]
) -> None:
    rings(store, clinic, *habit)
    # The weekend is closed: 08:00 on Monday is one hour after the last call, and 13:00 is six.
    assert [found(store, now) for now in ("2026-11-22 15:00", "08:00", "11:00", "12:10")] == [
        [False], [False], [False], [True],
    ]
    clinic.inbound("9.9", "12:15", "answered", did=DID)
    assert found(store, "12:20") == [False]


def test_the_sentence_names_the_number_and_its_habit(clinic: Clinic, store: Store, habit: list[str]) -> None:
    rings(store, clinic, *habit)
    with store.read() as tx:
        [finding] = findings(tx, CONTEXT, 3, at("14:00"))
    assert finding.detail == (
        f"Nobody has rung {masked(DID)} (Bridge) for 7 h of working time; usual is a call every 1 h. "
        "Ring it: `callward numbers test NUMBER`."
    )


def test_calls_of_another_campaign_and_few_calls_tell_no_habit(
    clinic: Clinic, store: Store, habit: list[str]
) -> None:
    rings(store, clinic, *habit, first="2026-11-20")
    assert found(store, "17:00") == [True]
    with store.write() as tx:
        tx.run("number_drop", id=1)
    rings(store, clinic, first="2026-11-21")
    assert found(store, "17:00") == []


def test_a_location_goes_by_its_own_hours(clinic: Clinic, store: Store, habit: list[str]) -> None:
    rings(store, clinic, *habit)
    afternoons = Hours(OFFICE.zone, [((time(14), time(18)),)] * 5 + [()] * 2)
    assert found(store, "17:00") == [True]
    assert found(store, "17:00", replace(CONTEXT, hours={"": afternoons})) == [False]


def test_nothing_is_looked_at_when_it_is_switched_off(clinic: Clinic, store: Store, habit: list[str]) -> None:
    rings(store, clinic, *habit)
    assert found(store, "17:00", times=0) == []
