"""Raw calls as a file: whole, in the clinic's time, harmless, and in little memory however many they are."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from reports.period import Period
from reports.raw import COUNTED, FULL, counted, full, lines, local, write_xlsx
from store import Store
from tests.reports.rows import attribution, call, write
from tests.reports.test_export import HOSTILE
from web.calls_files import behind, read_pages
from web.calls_filter import Filter, log

WARSAW = ZoneInfo("Europe/Warsaw")
KEY = "secret"


def pages(store: Store, size: int = 500) -> Iterator[list[dict[str, Any]]]:
    """Read the file of who may see single calls."""
    chosen = Filter().params(WARSAW)
    for page in read_pages(store, lambda tx, place: log(tx, chosen, place, size)):
        yield [full(row, WARSAW) for row in page]


def stored(store: Store, number: int, **facts: Any) -> list[dict[str, Any]]:
    calls = [call("2026-11-20", id=f"{n:06}", party=f"+4860000{n % 977:04}", did="+48221234501", **facts)
             for n in range(number)]  # fmt: skip
    write(store, call=calls, campaign=[{"id": 1, "source": "google", "medium": "cpc", "name": "Spring"}],
          attribution=[attribution(calls[0], 1)])
    return calls


@pytest.mark.parametrize("name", HOSTILE)
def test_no_spreadsheet_runs_what_a_caller_calls_himself(store: Store, name: str, tmp_path: Path) -> None:
    stored(store, 2, caller_name=name)
    text = b"".join(lines(pages(store), FULL, "csv", "en")).decode("utf-8-sig")
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            live = [part for part in row if part.lstrip(' "')[:1] in tuple("=+-@＝＋－＠")]
            assert all(part.startswith("+48") for part in live), (separator, live)
    write_xlsx(tmp_path / "calls.xlsx", pages(store), FULL, "pl")
    sheet = openpyxl.load_workbook(tmp_path / "calls.xlsx").active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert [cell.value for cell in sheet[1]][:3] == ["Początek", "Kierunek", "Rodzaj"]
    [first, *_] = b"".join(lines(pages(store), FULL, "jsonl", None)).decode().splitlines()
    assert json.loads(first)["caller_name"] == name


@pytest.mark.parametrize("size", [1, 7, 500])
def test_every_call_is_in_the_file_once_whatever_the_pages(store: Store, size: int) -> None:
    calls = stored(store, 23)
    rows = [json.loads(line) for line in b"".join(lines(pages(store, size), FULL, "jsonl", None)).splitlines()]
    assert sorted(row["id"] for row in rows) == sorted(f"main:{one['id']}" for one in calls)
    assert list(rows[0]) == list(FULL)


def test_a_marketers_file_has_the_same_calls_and_nobody_in_it(store: Store) -> None:
    stored(store, 40, caller_name="Zofia Łęcka", caller_raw="0600 000 000")
    day = Period(date(2026, 11, 20), date(2026, 11, 20))
    found = [[counted(row, WARSAW, KEY) for row in page]
             for page in read_pages(store, lambda tx, place: behind(tx, day, place, 7))]  # fmt: skip
    text = b"".join(lines(iter(found), COUNTED, "csv", None)).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 40
    assert "+4860" not in text
    assert "Zofia" not in text
    assert len({row["caller"] for row in rows}) == 40
    assert rows[-1]["campaign"] == "Spring"
    other = [counted(row, WARSAW, "another") for page in read_pages(store, lambda tx, place: behind(tx, day, place))
             for row in page]  # fmt: skip
    assert {row["caller"] for row in rows}.isdisjoint({row["caller"] for row in other})


def test_times_are_the_clinics_also_where_the_clock_is_put_back() -> None:
    assert local(1_795_309_246_011, WARSAW) == "2026-11-22T02:00:46+01:00"
    early, late = 1_792_888_200_000, 1_792_891_800_000  # 25 October 2026, the hour that comes twice
    assert (local(early, WARSAW)[11:], local(late, WARSAW)[11:]) == ("02:30:00+02:00", "02:30:00+01:00")


def test_eight_times_the_calls_take_no_more_memory(store: Store, tmp_path: Path) -> None:
    peaks = []
    for number in (150, 1_200):
        stored(store, number)
        tracemalloc.start()
        for _ in lines(pages(store, 50), FULL, "csv", "en"):
            pass
        write_xlsx(tmp_path / f"{number}.xlsx", pages(store, 50), FULL, "en")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 200_000
