"""The demo's folder: its own, made anew, gone at the end; nobody else's is touched."""

import stat
from datetime import date
from pathlib import Path

import pytest

import settings
from demo.country import LANGUAGES, country_of
from demo.folder import MARK, DemoError, Exchange, own_folder, write_settings


def test_it_is_made_for_its_owner_and_removed_at_the_end(tmp_path: Path) -> None:
    with own_folder(tmp_path / "demo", keep=False) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "journal").mkdir()
        (folder / "journal" / "x.jsonl").touch()
    assert list(tmp_path.iterdir()) == []


def test_it_is_removed_after_a_failure_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), own_folder(tmp_path / "demo", keep=False):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_it_is_kept_when_asked_for_and_made_anew_by_the_next_demo(tmp_path: Path) -> None:
    with own_folder(tmp_path / "demo", keep=True) as folder:
        (folder / "callward.db").touch()
    assert (folder / "callward.db").exists()
    with own_folder(folder, keep=False):
        assert {path.name for path in folder.iterdir()} == {MARK}
    assert not folder.exists()


def test_a_folder_with_other_things_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(DemoError, match="holds something that is not the demo's"), own_folder(tmp_path, keep=False):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_is_no_folder_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "demo"
    path.touch() if kind == "file" else path.symlink_to(tmp_path)
    with pytest.raises(DemoError, match="is not a folder"), own_folder(path, keep=False):
        pass


def test_an_empty_folder_is_used_and_stays_empty(tmp_path: Path) -> None:
    with own_folder(tmp_path, keep=False) as folder:
        (folder / "callward.db").touch()
    assert list(tmp_path.iterdir()) == []


def test_two_demos_do_not_run_in_one_folder(tmp_path: Path) -> None:
    with own_folder(tmp_path / "demo", keep=False) as folder:
        (folder / "callward.db").touch()
        with pytest.raises(DemoError, match="a demo is running in it"), own_folder(folder, keep=False):
            pass
        assert (folder / "callward.db").exists()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("speed", [0.5, 1.0, 10.0, 50.0])
def test_its_settings_are_valid_and_readable_by_the_owner_alone(language: str, speed: float, tmp_path: Path) -> None:
    today = date(2026, 11, 22)
    path = write_settings(tmp_path, country_of(language), Exchange(40000, 'a"b\\c', speed), today)
    loaded = settings.load(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (loaded.pbx[0].port, loaded.pbx[0].secret, loaded.clinic.name) == (
        40000, 'a"b\\c', country_of(language).name,
    )  # fmt: skip
    assert today in loaded.clinic.exceptions
    assert loaded.callbacks.sure_s == max(1, int(25 / speed))
