"""The documentation is complete: every command, setting, figure, event and outcome is in it, and nothing is stale."""

import re
from pathlib import Path
from typing import get_args

import pytest

from docs.make import pages, tables
from pbx.calls import Direction, Kind, Outcome
from pbx.events import TRACKED_EVENTS, TRACKED_VARIABLES
from reports.metrics import METRICS
from reports.registry import KINDS
from settings import Settings
from tests.test_imports import MAY_IMPORT

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["commands.md", "settings.md", "metrics.md", "api-reference.md", "quick-card.md",
                                  "report-gallery.md"])
def test_a_generated_page_is_current(name: str) -> None:
    assert text(name) == pages()[name], "run `make docs`"


def test_every_setting_is_documented_with_what_it_is() -> None:
    page = text("settings.md")
    for title, model in tables(Settings):
        assert f"## `{title}`" in page
        if title.endswith(".hours]"):
            continue
        for name, field in model.model_fields.items():
            if f"{title.strip('[]')}.{name}" in {inner.strip("[]") for inner, _ in tables(Settings)}:
                continue
            assert field.description, f"{title} {name} has no description"
            assert f"| `{name}` |" in page


def test_every_report_has_its_picture_and_the_repository_stays_small() -> None:
    pictures = {path.stem: path.stat().st_size for path in (DOCS / "pictures" / "reports").glob("*.webp")}
    assert set(pictures) == set(KINDS), "run `python -m docs.report_pictures`"
    assert [name for name, size in pictures.items() if size > 60_000] == []


def test_every_metric_is_documented() -> None:
    page = text("metrics.md")
    assert [metric.id for metric in METRICS if f"(`{metric.id}`)" not in page] == []


def test_every_event_and_variable_that_is_read_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"`(\w+)`", text("events.md")))
    tracked = {name.decode() for name in TRACKED_EVENTS | TRACKED_VARIABLES}
    assert tracked - documented == set()
    rows = re.findall(r"^\| (`.*?`) \|", text("events.md"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} - tracked == set()


@pytest.mark.parametrize("words", [Direction, Kind, Outcome], ids=["direction", "kind", "outcome"])
def test_every_word_for_a_call_is_documented(words: object) -> None:
    page = text("calls.md")
    assert [word for word in get_args(words) if f"`{word}`" not in page] == []


def test_the_table_of_the_house_is_the_one_that_the_import_test_holds() -> None:
    rows = re.findall(r"^\| (`\S+?`(?:, `\S+?`)*) \|.*\| (.*?) \|$", text("architecture.md"), re.MULTILINE)
    table = {
        name.removesuffix(".py").rstrip("/"): set(re.findall(r"`(\w+)`", may))
        for names, may in rows for name in re.findall(r"`(\S+?)`", names) if "all" not in may
    }
    assert table == {name: may for name, may in MAY_IMPORT.items() if name in table}
    every = set(re.findall(r"^\| `(\w+)", text("architecture.md"), re.MULTILINE)) | {"cli"}
    assert every == set(MAY_IMPORT)


@pytest.mark.parametrize("page", [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"],
                         ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
