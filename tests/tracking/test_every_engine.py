"""The same tables, searches and decisions on every engine there is."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from patients.directory import find_by_number, search
from patients.importing import Options, import_patients
from patients.tables import Source
from store import Store, open_store
from tests.store.conftest import postgres, url
from tests.store.rows import START_MS, call_row, insert
from tracking import Author, TrackingError
from tracking.attribute import attribute, why
from tracking.campaigns import Campaign, Cost, add_campaign, find_campaign, import_campaigns, list_campaigns, set_cost
from tracking.corrections import correct, undo
from tracking.exports import Wanted
from tracking.numbers import history, import_numbers, list_numbers, withdraw_assignment
from tracking.qualified import QUALITIES, calls_of_quality
from tracking.qualities import Rules
from tracking.recompute import Span, apply, differences, redecide_with_later
from tracking.spend import daily_costs, import_costs, map_spend, unmatched_spend

CLINIC = Path(__file__).parents[1] / "data" / "clinic"
CALLER, BILLBOARD, FACEBOOK = "+48501000206", "+48221234504", "+48221234502"
ANNA = Author("Anna", START_MS)
__all__ = ["postgres", "url"]


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


def test_patients_are_imported_and_found(store: Store) -> None:
    for unchanged in (0, 5):
        result = import_patients(store, Source(CLINIC / "patients.csv", "PL"), Options(START_MS))
        assert (result.rows, result.unchanged, result.problems) == (5, unchanged, 0)
    with store.read() as tx:
        assert [row["ref"] for row in search(tx, "zolty luk")] == ["P-1003"]
        assert [row["ref"] for row in search(tx, "000206")] == ["P-1002"]
        assert [row["ref"] for row in find_by_number(tx, "+48501000804", now_ms=START_MS)] == ["P-1001", "P-1005"]


def test_costs_belong_to_the_campaigns_of_the_numbers(store: Store, tmp_path: Path) -> None:
    spend = tmp_path / "spend.csv"
    row = "2026-11,Billboard,offline,Billboard autumn,800.10,PLN\n"
    spend.write_text("date,source,medium,campaign,cost,currency\n" + row)
    import_numbers(store, Source(CLINIC / "numbers.csv", "PL"))
    for counts in ((1, 0), (0, 1)):
        result = import_campaigns(store, Source(spend, "PL"))
        assert (result.added, result.unchanged) == counts
    with store.read() as tx:
        billboard = list_campaigns(tx, limit=1)[0]
        assert (billboard["numbers"], billboard["costs"][0]["cost_minor"]) == (1, 80010)
        assert len(list_numbers(tx, on="2026-08-15", limit=50)) == 6


def test_missed_on_the_billboard_and_returned_to_what_we_presented_is_the_billboards(store: Store) -> None:
    import_numbers(store, Source(CLINIC / "numbers.csv", "PL"))
    attempt = {"direction": "outbound", "destination": CALLER, "presented_number": FACEBOOK, "did": None}
    calls = [
        call_row(id="1.1", did=BILLBOARD),
        call_row(id="1.2", caller_number="101", started_ms=START_MS + 60_000, **attempt),
        call_row(id="1.3", did=FACEBOOK, started_ms=START_MS + 120_000),
    ]
    decisions = []
    with store.write() as tx:
        for row, role in zip(calls, ("missed", "attempt", None), strict=True):
            tx.run("call_put", **row)
            decisions.append(attribute(tx, row, now_ms=row["started_ms"]))
            if role == "missed":
                insert(tx, "callback", id=1, number=CALLER, location="", kind="missed", state="open", due_ms=0,
                       opened_ms=START_MS + 6000, expires_ms=0, priority=0)  # fmt: skip
            if role is not None:
                part = {"callback": 1, "pbx": "main", "call": row["id"], "role": role, "at_ms": row["started_ms"]}
                insert(tx, "callback_call", **part)
    assert [decision.rule for decision in decisions] == ["number", "callback", "callback"]
    assert len({decision.campaign_id for decision in decisions}) == 1
    with store.read() as tx:
        assert why(tx, "main", "1.3")[0] == 'Campaign: billboard / offline / Billboard autumn, by rule "callback".'


def test_what_platforms_tell_is_joined_and_shown(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "google.csv"
    file.write_text("Campaign status,Campaign,Campaign ID,Day,Currency code,Cost\n"
                    "On,Implants,201,2026-11-01,PLN,10.00\nOn,Brand,202,2026-11-02,PLN,3\n", "utf-8")
    wanted = Wanted(file, "PL", "2026-11-22")
    with store.write() as tx:
        implants = add_campaign(tx, Campaign("google", "cpc", "Implants", promise="First visit free"))
    assert [one.name for one in import_costs(store, wanted, ANNA).unmatched] == ["Brand"]
    assert import_costs(store, wanted, ANNA).table.unchanged == 2
    with store.write() as tx:
        set_cost(tx, implants, Cost("2026-10", 3_100, "PLN"), "2026-10")
        with pytest.raises(TrackingError, match="its file is the cost of 2026-11"):
            set_cost(tx, implants, Cost("2026-11", 3_000, "PLN"), "2026-11")
        assert [row["name"] for row in unmatched_spend(tx)] == ["Brand"]
        assert map_spend(tx, "google_ads", "Brand", implants, ANNA) == 1
        assert sum(cost.minor for cost in daily_costs(tx, "2026-10-31", "2026-11-02")) == 100 + 1_300
        assert find_campaign(tx, "implants") == implants
        assert [row["costs"][0]["cost_minor"] for row in list_campaigns(tx, limit=5)] == [4_400]


def test_a_correction_and_a_withdrawal_are_decided_again(store: Store) -> None:
    import_numbers(store, Source(CLINIC / "numbers.csv", "PL"))
    span = Span(0, 2 * START_MS)
    with store.write() as tx:
        for n in range(3):
            row = call_row(id=f"1.{n}", did=BILLBOARD, started_ms=START_MS + n)
            tx.run("call_put", **row)
            attribute(tx, row, now_ms=START_MS, returning_days=7)
        [assignment], _ = history(tx, BILLBOARD)
        first = tx.one("call_get", pbx="main", id="1.0")
        assert first is not None
        correct(tx, first, None, "a supplier", ANNA)
        redecide_with_later(tx, first, START_MS, 7)
        withdraw_assignment(tx, assignment["id"], "a mistake", ANNA)
    told = list(differences(store, span, 7))
    assert [(one.call, one.after) for one in told] == [("1.1", ("none", None)), ("1.2", ("none", None))]
    assert list(apply(store, span, 7, START_MS)) == told
    with store.write() as tx:
        undo(tx, first, ANNA)
        assert [one.call for one in redecide_with_later(tx, first, START_MS, 7)] == ["1.0"]
        for quality in QUALITIES:
            list(calls_of_quality(tx, quality, (0, 2 * START_MS), Rules(), ZoneInfo("Europe/Warsaw")))
