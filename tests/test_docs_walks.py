"""The walks of the documentation are taken: every command in them prints what the page says, word for word."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.common import App
from store import open_store
from tests.commands.clinic import Clinic
from tests.tracking.booking import at
from tests.tracking.test_journey import story

DOCS = Path(__file__).resolve().parent.parent / "docs"
_BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps(console: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block with what the page says it prints."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def taken(clinic: Clinic, command: str) -> str:
    """Take one step, and return what it prints."""
    program, *words = shlex.split(command)
    if program == "cat":
        return (clinic.folder / words[0]).read_text("utf-8")
    assert program == "callward"
    words = [str(clinic.folder / word) if word.endswith(".csv") else word for word in words]
    lines = clinic.text(*words).replace(f"{clinic.folder}/", "").splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())


@pytest.mark.parametrize("name", ["appointments.md", "conversions.md"])
def test_a_walk_is_as_the_page_tells_it(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "now_ms", lambda self: at("2026-11-24 12:00"))
    clinic = Clinic(tmp_path)
    with open_store(tmp_path / "callward.db") as store:
        story(store, told=False)
    page = (DOCS / name).read_text("utf-8")
    for language, file, text in _BLOCK.findall(page):
        if language == "text" and file:
            clinic.write(file, text)
        for command, output in steps(text) if language == "console" else ():
            assert taken(clinic, command) == output, command
