"""A report as a page of its own, a PDF and a chart: nothing in them comes alive, nothing is asked for."""

from datetime import date

import pytest

from reports.charts import to_svg
from reports.page import to_html, to_pdf
from reports.period import Period
from reports.registry import KINDS, Limits
from reports.report import Report
from store import Store
from tests.reports.rows import attribution, call, write

DAY = Period(date(2026, 11, 20), date(2026, 11, 20))
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
