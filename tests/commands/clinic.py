"""A clinic with its settings and tables in a folder of its own, and its command line."""

import json
import shutil
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from cli import main

DATA = Path(__file__).parents[1] / "data" / "clinic"


class Clinic:
    """A folder with clinic.toml, patients.csv, numbers.csv, and `callward` run in it."""

    def __init__(self, folder: Path) -> None:
        for name in ("clinic.toml", "patients.csv", "numbers.csv"):
            shutil.copy(DATA / name, folder / name)
        self.folder = folder

    def run(self, *words: str) -> Result:
        """Run `callward` with words; those that name a file of the folder stand for it."""
        paths = [str(self.folder / word) if (self.folder / word).is_file() else word for word in words]
        return CliRunner().invoke(main, ["--config", str(self.folder / "clinic.toml"), *paths])

    def text(self, *words: str, status: int = 0) -> str:
        """Return what is printed."""
        result = self.run(*words)
        assert result.exit_code == status, result.output
        return result.output

    def json(self, *words: str, status: int = 0) -> Any:
        """Return the JSON that is printed."""
        return json.loads(self.text(*words, "--json", status=status))

    def write(self, name: str, text: str, encoding: str = "utf-8") -> str:
        """Write a file, return its name."""
        (self.folder / name).write_bytes(text.encode(encoding))
        return name
