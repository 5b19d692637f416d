"""The same tables, searches and decisions on every engine there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from patients.directory import find_by_number, search
from patients.importing import Options, import_patients
from patients.tables import Source
from store import Store, open_store
from tests.store.conftest import postgres, url
from tests.store.rows import START_MS, call_row, insert
from tracking.attribute import attribute, why
from tracking.campaigns import import_campaigns, list_campaigns
from tracking.numbers import import_numbers, list_numbers

CLINIC = Path(__file__).parents[1] / "data" / "clinic"
CALLER, BILLBOARD, FACEBOOK = "+48501000206", "+48221234504", "+48221234502"
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
