"""`callward dialplan`, as a person types it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from store import Store, open_store
from tests.store.rows import insert

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
ON = ("--on", "2026-11-22")
FROM_TRUNK = ("--default-context", "from-trunk")


class Clinic:
    """A clinic's settings and store in a folder."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store
        self.file = folder / "callward-inbound.conf"
        (folder / "callward.toml").write_text(SETTINGS, "utf-8")

    def assign(self, did: str, destination: str | None = None, **more: Any) -> None:
        """Write one assignment of a number."""
        row = {"label": "", "kind": "static", "location": "", "campaign": None, "valid_from": "2026-01-01",
               "valid_to": None, **more}  # fmt: skip
        with self.store.write() as tx:
            insert(tx, "number_assignment", id=tx.next_id("number_assignment"), did=did, destination=destination, **row)

    def run(self, *words: str) -> Result:
        """Run `callward dialplan ...`."""
        return CliRunner().invoke(main, ["--config", str(self.folder / "callward.toml"), "dialplan", *words])


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic with two tracked numbers; the billboard's ends with November."""
    with open_store(tmp_path / "callward.db") as store:
        made = Clinic(tmp_path, store)
        made.assign("+48221234501", "queue:reception", label="Google Ads line", campaign=4)
        made.assign("+48221234504", label="Billboard", campaign=5, valid_from="2026-09-01", valid_to="2026-11-30")
        yield made


def test_the_dialplan_of_today_s_numbers_is_printed(clinic: Clinic) -> None:
    result = clinic.run("generate", *ON, *FROM_TRUNK)
    assert result.exit_code == 0, result.output
    assert "; +48221234501 Google Ads line\n" in result.output
    assert "DID: +48221234501,Campaign: 4" in result.output
    assert "Goto(from-trunk,${CALLWARD_DIALLED},1)" in result.output


@pytest.mark.parametrize(("day", "there"), [("2026-08-31", 0), ("2026-09-01", 1), ("2026-11-30", 1), ("2026-12-01", 0)])
def test_a_number_is_there_on_the_days_of_its_assignment(clinic: Clinic, day: str, there: int) -> None:
    result = clinic.run("generate", "--on", day, *FROM_TRUNK)
    assert result.output.count("exten => +48221234504,") == there


def test_a_file_is_written_whole_and_is_in_order(clinic: Clinic) -> None:
    result = clinic.run("generate", *ON, *FROM_TRUNK, "--out", str(clinic.file))
    assert result.output == f"{clinic.file}: 2 tracked numbers; its head says how to include it.\n"
    assert sorted(path.name for path in clinic.folder.glob("*.conf*")) == ["callward-inbound.conf"]
    checked = clinic.run("check", str(clinic.file), *ON)
    assert (checked.exit_code, checked.output) == (0, f"{clinic.file}: in order.\n")


def test_a_number_without_a_destination_is_named_and_nothing_is_written(clinic: Clinic) -> None:
    result = clinic.run("generate", *ON, "--out", str(clinic.file))
    assert result.exit_code == 1
    assert result.stderr == "+48221234504 has no destination; give it one, or say --default-context CONTEXT.\n"
    assert not clinic.file.exists()


def test_a_hostile_destination_is_refused(clinic: Clinic) -> None:
    clinic.assign("+48221234506", "queue:a)\nexten => _X.,1,System(id)")
    result = clinic.run("generate", *ON, *FROM_TRUNK)
    assert result.exit_code == 1
    assert result.stderr.startswith("+48221234506: 'queue:a)\\nexten => _X.,1,System(id)' is not a destination; write")
    assert result.stderr.count("\n") == 1


def test_what_changed_since_is_reported(clinic: Clinic) -> None:
    clinic.run("generate", *ON, *FROM_TRUNK, "--out", str(clinic.file))
    clinic.assign("+48221234507", "queue:laboratory")
    result = clinic.run("check", str(clinic.file), "--on", "2026-12-01")
    assert result.exit_code == 1
    assert f"{clinic.file}: +48221234507 is tracked and has no entry; generate the file again.\n" in result.output
    assert "+48221234504 is not tracked any more; generate the file again.\n" in result.output


def test_contexts_and_queues_are_looked_up_in_the_clinics_own_files(clinic: Clinic) -> None:
    clinic.run("generate", *ON, *FROM_TRUNK, "--out", str(clinic.file))
    own = clinic.folder / "extensions.conf"
    own.write_text("[from-trunk]\n[from-internal]\n", "utf-8")
    result = clinic.run("check", str(clinic.file), *ON, "--against", str(own), "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [problem["text"] for problem in found["problems"]] == ["there is no queue reception."]
    own.write_text("[from-trunk]\n[from-internal]\n[reception]\n", "utf-8")
    assert clinic.run("check", str(clinic.file), *ON, "--against", str(own)).exit_code == 0


def test_asterisklint_is_asked_only_if_it_is_there_and_decides_nothing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic.run("generate", *ON, *FROM_TRUNK, "--out", str(clinic.file))
    monkeypatch.setenv("PATH", str(clinic.folder))
    result = clinic.run("check", str(clinic.file), *ON, "--asterisklint")
    assert result.exit_code == 0
    assert "asterisklint: is not installed" in result.output
