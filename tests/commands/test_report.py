"""`callward report`, as a person types it."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from store import open_store
from tests.reports.rows import attribution, call, callback, timed, write

SETTINGS = """
[clinic]
name = "Przychodnia Pod Lipami"
country = "PL"
timezone = "Europe/Warsaw"

[[pbx]]
username = "callward"
secret = { env = "AMI_SECRET" }
trunks = ["PJSIP/trunk-alfa"]
phones = ["1XX"]
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    """Settings of a clinic with an empty store."""
    path = tmp_path / "callward.toml"
    path.write_text(SETTINGS, "utf-8")
    return path


@pytest.fixture
def busy(clinic: Path) -> Path:
    """A clinic with one call of a campaign and one of none, on 20 November 2026."""
    calls: list[dict[str, Any]] = [call("2026-11-20", id=str(n), did="+48221234501") for n in range(2)]
    campaign = {"id": 1, "source": "google", "medium": "cpc", "name": "=1+1"}
    with open_store(clinic.parent / "callward.db") as store:
        write(store, call=calls, campaign=[campaign], attribution=[attribution(calls[0], 1)])
    return clinic


def run(clinic: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(clinic), "report", *words])


DAYS = ("--from", "2026-11-20", "--to", "2026-11-20")


def test_the_table_shows_each_campaign_and_the_total(busy: Path) -> None:
    result = run(busy, "sources", *DAYS)
    assert result.exit_code == 0, result.output
    assert "google" in result.output
    assert "(none)" in result.output
    assert "Total" in result.output
    assert "not additive" in result.output


def test_csv_goes_to_a_file_without_live_formulas(busy: Path, tmp_path: Path) -> None:
    out = tmp_path / "sources.csv"
    result = run(busy, "sources", *DAYS, "--format", "csv", "--out", str(out))
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"))))
    assert [(row["row"], row["campaign"], row["calls"]) for row in rows] == [
        ("part", "'=1+1", "1"), ("part", "(none)", "1"), ("total", "", "2"),
    ]  # fmt: skip


@pytest.mark.parametrize("words", [("--json",), ("--format", "json")])
def test_json_is_one_document(busy: Path, words: tuple[str, ...]) -> None:
    result = run(busy, "sources", *DAYS, "--by", "number", *words)
    document = json.loads(result.output)
    assert document["by"] == ["number"]
    assert document["rows"][0]["number"] == "+48221234501"
    assert document["total"]["calls"] == 2


def test_an_empty_period_says_what_to_do(clinic: Path) -> None:
    result = run(clinic, "sources", *DAYS)
    assert result.exit_code == 0, result.output
    assert "No inbound call of a patient ended in these days" in result.output
    assert "Choose other days than 2026-11-20" in result.output.replace("\n", " ")
    assert "--period" in result.output


def test_an_empty_period_is_still_a_document_for_a_program(clinic: Path) -> None:
    document = json.loads(run(clinic, "sources", *DAYS, "--json").output)
    assert document["rows"] == []
    assert document["total"]["calls"] == 0


def test_the_default_is_the_last_thirty_days(clinic: Path) -> None:
    document = json.loads(run(clinic, "sources", "--json").output)
    first, last = (datetime.fromisoformat(document["period"][end]).replace(tzinfo=UTC) for end in ("from", "to"))
    assert (last - first).days == 29


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--period", "7d", "--from", "2026-11-01"), "Give either --period, or --from and --to"),
        (("--from", "1.11.2026"), '"1.11.2026" is not a day; write it as 2026-11-22.'),
        (("--from", "2026-11-02", "--to", "2026-11-01"), "swap the two days"),
        (("--out", "sources.txt"), "add --format csv, json, xlsx"),
    ],
)
def test_a_misunderstanding_is_one_sentence_with_the_way_out(
    clinic: Path, words: tuple[str, ...], sentence: str
) -> None:
    result = run(clinic, "sources", *words)
    assert result.exit_code != 0
    assert sentence in result.output.replace("\n", " ")
    assert "Traceback" not in result.output


def test_list_explains_every_figure(clinic: Path) -> None:
    explained = json.loads(run(clinic, "list", "--json").output)
    assert explained[0]["report"] == "sources"
    assert all(metric["formula"] and metric["exclusions"] for metric in explained[0]["metrics"])
    words = " ".join(run(clinic, "list").output.split())
    assert "median_wait_s" in words
    assert "greeting before is not counted" in words


@pytest.fixture
def rung_back(clinic: Path) -> Path:
    """A clinic with two callbacks of 20 November 2026: one closed by our call, one that nobody touched."""
    rows = [callback(1, state="closed", closed_why="reached", location="=1+1"), callback(2)]
    times = [timed(rows[0], attempted_ms=600_000, attempted_work_ms=600_000, attempted_day="2026-11-20",
                   contacted_ms=4_200_000, contacted_work_ms=0, contacted_day="2026-11-20"), timed(rows[1])]
    with open_store(clinic.parent / "callward.db") as store:
        write(store, callback=rows, callback_time=times)
    return clinic


def test_the_tables_of_callbacks_say_what_became_of_them_and_how_soon(rung_back: Path) -> None:
    result = run(rung_back, "callbacks", *DAYS)
    assert result.exit_code == 0, result.output
    for text in ("Callbacks by day", "Opened", "10 min", "1 h 10 min",
                 "50%", "Final lost callers: 0", "`callward report list` explains every figure."):
        assert text in result.output


def test_callbacks_as_json_carry_their_definitions(rung_back: Path) -> None:
    document = json.loads(run(rung_back, "callbacks", *DAYS, "--by", "location", "--json").output)
    assert [row["location"] for row in document["rows"]] == ["", "=1+1"]
    assert document["total"]["called_back_15m"] == 0.5
    assert document["total"]["recovered_1h"] == 0.0
    assert {metric["id"] for metric in document["metrics"]} == set(document["total"])


def test_callbacks_as_csv_run_nothing_in_a_spreadsheet(rung_back: Path) -> None:
    out = rung_back.parent / "callbacks.csv"
    said = run(rung_back, "callbacks", *DAYS, "--by", "location", "--format", "csv", "--out", str(out)).output
    assert "2 rows and the total" in said
    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"), newline="")))
    assert [row["location"] for row in rows] == ["", "'=1+1", ""]
    assert [row["row"] for row in rows] == ["part", "part", "total"]
    assert (rows[2]["opened"], rows[2]["final_lost"], rows[0]["attempt_work_median_s"]) == ("2", "0", "")


def test_days_without_callbacks_say_what_to_do(clinic: Path) -> None:
    assert "No callback opened in these days" in run(clinic, "callbacks", *DAYS).output


MAILED = SETTINGS.replace("\n[[pbx]]", """
[notify.mail]
host = "127.0.0.1"
port = 9
security = "none"
sender = "callward@clinic.example"

[[notify.report]]
name = "weekly"
reports = ["sources", "missed"]
to = ["boss@clinic.example"]
language = "pl"

[[pbx]]""", 1)


def test_reports_that_are_mailed_are_listed_and_previewed_without_sending(busy: Path, tmp_path: Path) -> None:
    busy.write_text(MAILED, "utf-8")
    [listed] = json.loads(run(busy, "mail", "--json").output)
    assert (listed["name"], listed["every"], listed["to"], listed["sent"]) == ("weekly", "week", 1, None)
    file = tmp_path / "weekly.eml"
    result = run(busy, "mail", "weekly", "--preview", str(file))
    assert result.exit_code == 0, result.output
    assert "nothing was sent" in result.output
    assert b"multipart/mixed" in file.read_bytes()


def test_a_report_that_is_not_mailed_is_one_sentence(busy: Path) -> None:
    assert "Add [notify.mail] and a [[notify.report]]" in run(busy, "mail").output.replace("\n", " ")
    busy.write_text(MAILED, "utf-8")
    assert 'There is no report "monthly" to mail; choose among: weekly.' in run(busy, "mail", "monthly").output


def test_a_server_that_is_not_there_is_said_when_a_report_is_sent(busy: Path) -> None:
    busy.write_text(MAILED, "utf-8")
    result = run(busy, "mail", "weekly", "--send")
    assert result.exit_code == 1
    assert "1 of 1 addresses were not reached" in result.output
    assert "Traceback" not in result.output


def test_a_report_is_printed_beside_other_days(busy: Path) -> None:
    result = run(busy, "sources", *DAYS, "--compare", "previous")
    assert result.exit_code == 0, result.output
    assert "compared with 2026-11-19" in " ".join(result.output.split())
    told = json.loads(run(busy, "sources", *DAYS, "--compare", "2026-11-20..2026-11-20", "--json").output)
    assert told["compared_with"] == {"from": "2026-11-20", "to": "2026-11-20"}
    assert [row["before"]["calls"] for row in told["rows"]] == [1, 1]
    refused = run(busy, "sources", *DAYS, "--compare", "yesterday")
    assert refused.exit_code != 0
    assert "write previous, year, or two days" in refused.output


@pytest.mark.parametrize("name", ["funnel", "models", "not-booked"])
def test_reports_on_money_say_what_there_is(busy: Path, name: str) -> None:
    result = run(busy, name, *DAYS)
    assert result.exit_code == 0, result.output
    assert "callward report list" in result.output


def test_another_rule_for_targets_is_found_and_taken_up(busy: Path) -> None:
    assert run(busy, "check").exit_code == 0
    busy.write_text(SETTINGS + "\n[tracking]\ntarget_s = 45\n", "utf-8")
    assert run(busy, "check").exit_code == 1
    assert run(busy, "check", "--repair").exit_code == 0
    assert run(busy, "check").exit_code == 0
