"""A store in memory, and a clinic's table in a folder of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store import Store, open_store


@pytest.fixture
def store() -> Iterator[Store]:
    with open_store(":memory:") as opened:
        yield opened


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, *, name: str = "patients.csv", encoding: str = "utf-8") -> Path:
        file = tmp_path / name
        file.write_bytes(text.encode(encoding))
        return file

    return write
