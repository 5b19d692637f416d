"""`callward listen` as people and service managers run it: started, refused, stopped, killed."""

import os
from pathlib import Path

import pytest

from tests.listening import TRACES, clinic_in, free_port, listen, rows, simulator, until

PLAYED = str(TRACES / "asterisk22" / "queue_abandon")
pytestmark = pytest.mark.slow


def test_it_listens_prints_no_whole_number_and_stops_when_told(tmp_path: Path) -> None:
    port = free_port()
    config = clinic_in(tmp_path / "clinic", port)
    with simulator(tmp_path / "pbx", port, PLAYED, "--speed", "0", "--now"), listen(config) as process:
        until(lambda: bool(rows(config, "SELECT 1 FROM call WHERE ended_ms IS NOT NULL")))
        process.until_printed("abandoned")
        assert len(rows(config, "SELECT * FROM listener_lease")) == 1
        assert process.stop() == 0
    assert "+48…206" in process.printed
    assert "501000206" not in process.printed
    assert rows(config, "SELECT * FROM listener_lease") == []
    modes = {path.name: path.stat().st_mode & 0o777 for path in config.parent.rglob("*") if path != config}
    ours = ("journal", "main-", "callward.")
    private = {name: mode for name, mode in modes.items() if name.startswith(ours)}
    assert len(private) >= 3
    assert not any(mode & 0o077 for mode in private.values()), private


def test_a_second_one_is_refused_and_a_killed_one_is_followed_at_once(tmp_path: Path) -> None:
    port = free_port()
    config = clinic_in(tmp_path / "clinic", port)
    with simulator(tmp_path / "pbx", port, PLAYED, "--speed", "0", "--now"), listen(config, "--quiet") as first:
        first.until_printed("connected")
        with listen(config, "--quiet") as second:
            assert second.popen.wait(timeout=60) == 1
            holder = f"process {first.popen.pid} on {os.uname().nodename}"
            assert f"another listener ({holder}) holds this PBX" in second.printed
            assert "Traceback" not in second.printed
        first.kill()
        assert len(rows(config, "SELECT * FROM listener_lease")) == 1
        with listen(config, "--quiet") as third:
            third.until_printed("connected")
            assert third.stop() == 0


def test_it_waits_for_an_exchange_that_is_not_there_and_stops_when_told(tmp_path: Path) -> None:
    config = clinic_in(tmp_path / "clinic", free_port())
    with listen(config) as process:
        process.until_printed("cannot be reached")
        assert process.stop() == 0
    assert "Traceback" not in process.printed
