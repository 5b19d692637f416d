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
            "content": None, "location": None, "promise": None,
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


def test_a_campaign_is_added_renamed_and_given_a_cost(clinic: Clinic) -> None:
    added = clinic.text("campaigns", "add", "Leaflet", "offline", "Leaflets spring", "--promise", "First visit free")
    assert added == "Campaign 1 is added.\n"
    assert "There is a campaign" in clinic.text("campaigns", "add", "leaflet", "offline", "Leaflets spring", status=1)
    assert clinic.text("campaigns", "edit", "leaflets spring", "--promise", "") == "Campaign 1 is changed.\n"
    assert clinic.text("campaigns", "edit", "1", "--name", "Leaflets spring") == "Campaign 1 was so already.\n"
    assert "Say what is to change" in clinic.text("campaigns", "edit", "1", status=2)
    said = clinic.text("campaigns", "cost", "leaflet / offline / Leaflets spring", "2026-09", "1200,50", "--currency",
                       "pln")
    assert said == "Campaign 1 cost 1200.50 PLN in 2026-09.\n"
    said = clinic.text("campaigns", "cost", "1", "2026-09-05", "3", status=1)
    assert "2026-09 has a cost and overlaps 2026-09-05" in said
    assert clinic.text("campaigns", "cost", "1", "2026-09", "none") == "The cost of 2026-09 is taken away.\n"
    assert "Say which currency" in clinic.text("campaigns", "cost", "1", "2026-09", "3", status=2)


def test_the_file_of_a_platform_is_imported_and_what_is_nobodys_is_shown(clinic: Clinic) -> None:
    file = clinic.folder / "google.csv"
    file.write_text("Campaign status,Campaign,Day,Currency code,Cost\nOn,PL Search,2026-11-01,PLN,12.50\n"
                    "On,Brand,2026-11-01,PLN,lots\nTotal: Account,,,PLN,12.50\n", "utf-8")
    clinic.text("campaigns", "add", "google", "cpc", "Implants")
    said = clinic.text("campaigns", "costs", "google.csv", status=1)
    assert "Google Ads: 12.50 PLN." in said
    assert 'Nobody\'s: "PL Search", 12.50 PLN. No campaign of ours is called so' in said
    assert 'line 3, cost: "lots" is not an amount.' in said
    assert "import all of it again" in said
    assert not (clinic.folder / "google.rejected.csv").exists()
    assert "(nobody's)" in clinic.text("campaigns", "list")
    file.write_text(file.read_text("utf-8").replace("lots", "1"), "utf-8")
    said = clinic.json("campaigns", "costs", "google.csv", "--map", "PL Search=Implants", "--map", "Brand=1")
    assert (said["unmatched"], said["added"], said["unchanged"]) == ([], 1, 1)
    [listed] = clinic.json("campaigns", "list")
    assert listed["costs"][0]["cost"] == "13.50"
    clinic.text("campaigns", "cost", "1", "2026-10", "31", "--currency", "PLN")
    [listed] = clinic.json("campaigns", "list", "--from", "2026-10-31", "--to", "2026-11-01")
    assert listed["costs"] == [{"currency": "PLN", "cost": "14.50", "cost_minor": 1450, "periods": 3}]


def test_corrected_assignments_are_shown_first_and_stored_on_demand(clinic: Clinic) -> None:
    trace = str(Path(__file__).parents[1] / "traces" / "asterisk22" / "missed_then_callback")
    clinic.text("numbers", "import", "numbers.csv")
    clinic.text("replay", "--into-store", trace)
    numbers = clinic.json("numbers", "list")
    wrong = next(one["id"] for one in numbers if one["did"] == clinic.json("calls", "list")[-1]["did"])
    clinic.text("numbers", "withdraw", str(wrong), "--because", "a wrong line in the file")
    shown = clinic.text("campaigns", "recompute")
    assert "calls would change; nothing is stored. Add --apply to store it." in shown
    again = clinic.json("campaigns", "recompute", "--from", "2026-11-01")
    assert not again["stored"]
    assert again["changes"][0]["after"] == {"rule": "none", "campaign": None}
    assert clinic.json("campaigns", "recompute", "--apply") == {**again, "stored": True}
    assert "Nothing changes" in clinic.text("campaigns", "recompute")
