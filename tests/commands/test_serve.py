"""`callward serve` as service managers run it: the console beside the listener lives and ends with it."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.listening import TRACES, Process, clinic_in, free_port, rows, simulator, until

PLAYED = str(TRACES / "asterisk22" / "queue_abandon")
pytestmark = pytest.mark.slow


def console_of(serve: Process) -> int | None:
    """Return the pid of the console beside it."""
    pid = serve.popen.pid
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return int(started[0]) if started else None


def answers(port: int) -> bool:
    """Say whether the console shows its sign-in."""
    with suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{port}/login", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def runs(pid: int) -> bool:
    """Say whether a process is there."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    return False


def serving(config: Path, port: int) -> Process:
    """Start it with its console on a port."""
    with config.open("a", encoding="utf-8") as settings:
        settings.write(f"\n[web]\nport = {port}\n")
    return Process(config.parent / "serve.log", "--config", str(config), "serve")


def test_a_console_that_is_killed_comes_back_and_calls_are_heard_meanwhile(tmp_path: Path) -> None:
    ami, port = free_port(), free_port()
    config = clinic_in(tmp_path / "clinic", ami)
    with serving(config, port) as serve:
        until(lambda: answers(port))
        first = console_of(serve)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        serve.until_printed("the console ended")
        with simulator(tmp_path / "pbx", ami, PLAYED, "--speed", "0", "--now"):
            until(lambda: bool(rows(config, "SELECT 1 FROM call WHERE ended_ms IS NOT NULL")))
        until(lambda: answers(port))
        second = console_of(serve)
        assert second is not None
        assert second != first
        assert serve.stop() == 0
    assert not runs(second)
    assert not answers(port)
    assert "Traceback" not in serve.printed


def test_a_console_ends_with_a_listener_that_is_killed(tmp_path: Path) -> None:
    port = free_port()
    with serving(clinic_in(tmp_path / "clinic", free_port()), port) as serve:
        until(lambda: answers(port))
        console = console_of(serve)
        assert console is not None
        serve.kill()
        until(lambda: not runs(console))
    assert not answers(port)


def test_a_port_that_is_taken_delays_no_call(tmp_path: Path) -> None:
    import socket

    ami = free_port()
    config = clinic_in(tmp_path / "clinic", ami)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (serving(config, taken.getsockname()[1]) as serve,
              simulator(tmp_path / "pbx", ami, PLAYED, "--speed", "0", "--now")):
            until(lambda: bool(rows(config, "SELECT 1 FROM call WHERE ended_ms IS NOT NULL")))
            assert serve.stop() == 0
    assert "Traceback" not in serve.printed
