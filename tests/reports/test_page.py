"""A report as a page of its own, a PDF and a chart: nothing in them comes alive, nothing is asked for."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest

from reports.charts import to_svg
from reports.compare import compared
from reports.page import days_of, to_html, to_pdf
from reports.period import Period
from reports.registry import KINDS, Limits
from reports.report import Report
from store import Store
from tests.reports.rows import attribution, call, write

DAY = Period(date(2026, 11, 20), date(2026, 11, 20))
MARGIN = 15 / 25.4 * 96
"""Pixels of the paper's edge that stay empty."""
HOSTILE = "<script>alert(1)</script><img src=http://evil.example/x>"


def of(store: Store, name: str, by: tuple[str, ...] = ()) -> Report:
    """Return a report of a call of a campaign with a hostile name and of one of none."""
    calls = [call("2026-11-20", id=str(n), party=f"+4860000000{n}", queue="reception", answered_by="101")
             for n in range(2)]  # fmt: skip
    write(store, call=calls, campaign=[{"id": 1, "source": "google", "medium": "cpc", "name": HOSTILE}],
          attribution=[attribution(calls[0], 1)])
    with store.read() as tx:
        return KINDS[name].make(tx, DAY, by or KINDS[name].default_by, Limits())


@pytest.mark.parametrize(("language", "title"), [("en", "Calls by source"), ("pl", "Połączenia według źródeł")])
def test_the_page_stands_alone_and_speaks_the_readers_language(store: Store, language: str, title: str) -> None:
    text = to_html(of(store, "sources"), language, "Przychodnia & Syn")
    assert f"<h1>{title}</h1>" in text
    assert "Przychodnia &amp; Syn" in text
    assert "<svg" in text
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text


def test_the_pdf_is_a_tagged_pdf(store: Store) -> None:
    made = to_pdf(of(store, "sources"), "pl", "Przychodnia")
    assert made.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made or b"/ObjStm" in made


def boxes(box: Any) -> "Iterator[Any]":
    yield box
    for child in getattr(box, "children", ()):
        yield from boxes(child)


def wide(rows: int, currencies: tuple[str, ...] = ("PLN",)) -> Report:
    """Return calls by source with long names, great amounts and every figure, whose page is the widest of all."""
    text = {"source": "wyszukiwarka", "medium": "organiczny", "campaign": "Stomatologia dziecięca"}
    figures = {metric.id: 1_234_567 for metric in KINDS["sources"].metrics}
    table = pd.DataFrame([text | {"currency": currencies[n % len(currencies)]} | figures for n in range(rows)])
    return Report("sources", DAY, tuple(text), table, figures, KINDS["sources"].metrics)


def test_no_table_is_wider_than_the_paper_and_each_has_its_total_once() -> None:
    import weasyprint

    report = wide(2)
    report = compared(report, replace(report, period=Period(date(2026, 11, 19), date(2026, 11, 19))))
    text = to_html(report, "pl")
    tables_alone = re.sub(r"<figure.*</figure>|<h2>.*(?=</body>)", "", text, flags=re.DOTALL)
    pages = weasyprint.HTML(string=tables_alone.replace("A4 landscape", "297mm 70mm")).render().pages
    assert len(pages) > 1
    found = [box for page in pages for box in boxes(page._page_box)]
    tables = [box for box in found if type(box).__name__ == "TableBox"]
    assert tables
    room = pages[0].width - 2 * MARGIN
    assert all(box.width <= room + 1 for box in tables), [box.width for box in tables]
    totals = [box for box in found if getattr(box, "text", "") == "Razem"]
    assert len(totals) == text.count("<table>")


def test_one_currency_stands_in_the_heading_and_several_beside_their_rows() -> None:
    one, several = to_html(wide(2), "pl"), to_html(wide(2, ("PLN", "EUR")), "pl")
    assert "Koszt, PLN" in one
    assert "Waluta" not in one
    assert "Koszt, PLN" not in several
    assert "<td class='text'>EUR</td>" in several


@pytest.mark.parametrize(("language", "days"), [("en", "20 November 2026"), ("pl", "20 listopada 2026")])
def test_days_are_written_as_the_reader_writes_them(language: str, days: str) -> None:
    assert days_of(DAY, language) == days


@pytest.mark.parametrize("name", ["sources", "missed", "hours", "queues", "team"])
@pytest.mark.parametrize("dark", [False, True])
def test_a_chart_is_svg_that_holds_no_script(store: Store, name: str, dark: bool) -> None:
    drawn = to_svg(of(store, name), "ru", dark=dark)
    assert drawn is not None
    assert drawn.startswith("<svg")
    assert "<script" not in drawn
    assert "evil.example" not in drawn or "&lt;img" in drawn


def test_nothing_is_drawn_where_nothing_is_counted(store: Store) -> None:
    with store.read() as tx:
        assert to_svg(KINDS["missed"].make(tx, DAY, ("hour",), Limits())) is None
