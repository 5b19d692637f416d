"""What the commands share: tables that fit the terminal they are read on."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from commands.common import App

COLUMNS = ("Start", "Campaign", "Number", "Id")
ROW = ("2026-11-22 02:28:36", "billboard / offline / Billboard autumn", "+48501000617", "1795310916.51")


def printed(width: int) -> str:
    app = App(Path("clinic.toml"))
    out = StringIO()
    app.console = Console(file=out, width=width, markup=False)
    app.print_table(COLUMNS, [ROW], spare=("Campaign",))
    return out.getvalue()


def test_a_wide_terminal_shows_every_column() -> None:
    assert ROW[1] in printed(100)
    assert "wider" not in printed(100)


def test_a_narrow_terminal_does_without_the_spare_columns_and_says_so() -> None:
    text = printed(80)
    assert "Billboard" not in text
    assert "A wider terminal also shows: Campaign." in text
    assert all(cell in text for cell in (ROW[0], ROW[2], ROW[3]))


@pytest.mark.parametrize("width", [20, 30, 40])
def test_no_cell_is_ever_cut(width: int) -> None:
    assert "\u2026" not in printed(width)
