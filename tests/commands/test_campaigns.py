"""`callward campaigns`, as a person types it."""

from pathlib import Path

import pytest

from tests.commands.clinic import Clinic

SPEND = "month;source;medium;campaign;cost;currency\n2026-09;Google;cpc;Spring check-up;1 234,56;PLN\n"


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


def test_a_newcomer_is_told_what_to_do(clinic: Clinic) -> None:
    assert "There are no campaigns yet; import them with" in clinic.text("campaigns", "list")
    assert clinic.json("campaigns", "list") == []


def test_campaigns_come_with_their_numbers_and_costs(clinic: Clinic) -> None:
    clinic.run("numbers", "import", "numbers.csv")
    assert "added 1" in clinic.text("campaigns", "import", clinic.write("spend.csv", SPEND))
    assert "1234.56 PLN" in clinic.text("campaigns", "list")
    spring = next(row for row in clinic.json("campaigns", "list") if row["campaign"] == "Spring check-up")
    assert spring == {
        "id": spring["id"], "source": "google", "medium": "cpc", "campaign": "Spring check-up", "numbers": 1,
        "costs": [{"currency": "PLN", "cost": "1234.56", "cost_minor": 123456, "periods": 1}],
    }  # fmt: skip


def test_a_list_is_paged(clinic: Clinic) -> None:
    clinic.run("numbers", "import", "numbers.csv")
    assert "add --offset 5." in clinic.text("campaigns", "list", "--limit", "5")
    assert len(clinic.json("campaigns", "list", "--limit", "5", "--offset", "5")) == 3
    assert clinic.text("campaigns", "list", "--offset", "8") == "There are no more.\n"


def test_a_bad_cost_is_refused_with_its_line_and_status_1(clinic: Clinic) -> None:
    name = clinic.write("spend.csv", SPEND + "2026-10;google;cpc;Spring check-up;much;PLN\n")
    text = clinic.text("campaigns", "import", name, status=1)
    assert '  line 3, cost: "much" is not an amount; write it as 1234.50.\n' in text
    assert "spend.rejected.csv" in text
