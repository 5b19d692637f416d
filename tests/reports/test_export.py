"""CSV, JSON and table: what comes from outside must never run in a spreadsheet or a terminal."""

import csv
import io
import json
import math
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from reports.export import cell, to_csv, to_json, to_xlsx
from reports.period import Period
from reports.report import Report
from reports.sources import FIGURES, report
from reports.terminal import bar, to_tables
from store import Store
from tests.reports.rows import attribution, call, write

PERIOD = Period(date(2026, 11, 20), date(2026, 11, 20))
LIVE = "=+-@\t\r\n＝＋－＠"
HOSTILE = (
    "=HYPERLINK(\"http://evil.example\",\"open\")", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1,1)", "\t=1+1", "\r=1+1",
    "  =1+1", "＝1+1", "harmless;=1+1", "harmless,=1+1", "a\n=1+1", 'say "=1+1"', "\x1b[31mred\x1b]0;title\x07",
)  # fmt: skip


def of_campaign(store: Store, name: str) -> Report:
    """Return a report of two calls: one of a campaign called `name`, one of none."""
    calls = [call("2026-11-20", id=str(n), did="+48221234501", party="+48600000001", withheld=0) for n in range(2)]
    campaign = {"id": 1, "source": "google", "medium": "cpc", "name": name}
    write(store, call=calls, campaign=[campaign], attribution=[attribution(calls[0], 1)])
    with store.read() as tx:
        return report(tx, PERIOD)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_cell_begins_a_formula_whatever_a_campaign_is_called(store: Store, name: str) -> None:
    text = to_csv(of_campaign(store, name))
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not [part for part in row if part.lstrip(' "')[:1] in tuple("=+-@＝＋－＠")], separator


@given(st.text(alphabet=st.sampled_from("=+-@\t\r\n ;,|\"'a1＝"), max_size=12))
def test_text_in_a_cell_never_starts_live_and_loses_no_visible_character(text: str) -> None:
    safe = cell(text)
    assert isinstance(safe, str)
    assert not safe or safe[0] not in LIVE or safe.startswith("+")
    assert "".join(safe.replace("'", "").split()) == "".join(text.replace("'", "").split())


@pytest.mark.parametrize("value", [-5, 0, -0.25, 12, "+48221234501", "Spring check-up", "Dr Maj's card", "Łódź"])
def test_numbers_phone_numbers_and_plain_names_stay_as_they_are(value: object) -> None:
    assert cell(value) == value


@pytest.mark.parametrize("text", ["+48221234501+1", "+48 22 123", "+", "+48221234501\n"])
def test_only_a_whole_phone_number_may_begin_with_a_plus(text: str) -> None:
    assert str(cell(text)).startswith("'+")


def test_csv_holds_every_row_and_the_total_marked_as_such(store: Store) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(of_campaign(store, "Spring check-up")))))
    assert [row["row"] for row in rows] == ["part", "part", "total"]
    assert [row["campaign"] for row in rows] == ["Spring check-up", "(none)", ""]
    assert [row["calls"] for row in rows] == ["1", "1", "2"]
    assert rows[2]["median_wait_s"] == ""
    assert list(rows[0]) == ["row", "source", "medium", "campaign", "currency", *FIGURES]


def test_people_read_the_names_of_figures_in_their_language(store: Store) -> None:
    made = of_campaign(store, "Spring check-up")
    head = next(csv.reader(io.StringIO(to_csv(made, "pl"))))
    assert head[:6] == ["Wiersz", "Źródło", "Medium", "Kampania", "Waluta", "Połączenia"]
    assert len(set(head)) == len(head)
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([made], "ru")))
    assert [cell.value for cell in book["sources"][1]][:5] == [
        "Источник", "Канал рекламы", "Кампания", "Валюта", "Звонки"
    ]  # fmt: skip


def test_json_carries_the_definition_of_every_figure(store: Store) -> None:
    document = json.loads(to_json(of_campaign(store, HOSTILE[0])))
    assert document["period"] == {"from": "2026-11-20", "to": "2026-11-20"}
    assert document["rows"][0]["campaign"] == HOSTILE[0]
    assert document["total"]["calls"] == 2
    assert document["total"]["answer_rate"] is None
    assert {metric["id"] for metric in document["metrics"]} == set(FIGURES)
    assert all(metric["formula"] and len(metric["names"]) == 4 for metric in document["metrics"])


def printed(report: Report, width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    for table in to_tables(report, width):
        console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_terminal_obeys_nothing_that_a_campaign_is_called(store: Store) -> None:
    text = printed(of_campaign(store, "\x1b[31mred[bold]\x9b"))
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "red[bold]" in text


def test_the_table_ends_with_the_total(store: Store) -> None:
    lines = [line for line in printed(of_campaign(store, "Spring")).splitlines() if line.strip()]
    assert lines[-1].split()[:2] == ["Total", "2"]


@pytest.mark.parametrize("width", [80, 100, 130, 160])
def test_every_figure_that_says_something_is_shown_on_a_terminal_of_any_usual_width(store: Store, width: int) -> None:
    text = printed(of_campaign(store, "Spring check-up"), width)
    assert all(len(line.rstrip()) <= width for line in text.splitlines())
    words = text.split()
    for word in ("Calls", "Answered", "Missed", "Unique"):
        assert word in words


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_bar_is_never_longer_than_its_place_and_never_hides_a_call(value: int, more: int) -> None:
    drawn = bar(value, value + more)
    assert len(drawn) <= 6
    assert bool(drawn) == (value > 0)
    assert more or not value or drawn == "█" * 6


def test_a_long_wait_is_minutes_and_seconds(store: Store) -> None:
    row = call("2026-11-20")
    write(store, call=[row | {"offered_ms": row["started_ms"], "answered_ms": row["started_ms"] + 119_900}])
    with store.read() as tx:
        table = report(tx, PERIOD)
    assert not math.isnan(table.rows.median_wait_s[0])
    assert "2:00" in printed(table)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_workbook_holds_no_formula_and_no_link_whatever_a_campaign_is_called(store: Store, name: str) -> None:
    made = of_campaign(store, name)
    book = openpyxl.load_workbook(io.BytesIO(to_xlsx([made])))
    assert book.sheetnames == ["sources", "definitions"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]
    head = [cell.value for cell in book["sources"][1]]
    assert head[:5] == ["Source", "Medium", "Campaign", "Currency", "Calls"]
    assert [book["sources"].cell(row, 5).value for row in (2, 3, 4)] == [1, 1, 2]
    assert isinstance(book["sources"].cell(2, 5).value, int)
