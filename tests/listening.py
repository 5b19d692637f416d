"""What the listener's tests share: a clinic in a folder, the simulator and the listener as processes, their tables."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TRACES = ROOT / "tests" / "traces"
CLINIC = ROOT / "tests" / "data" / "clinic" / "clinic.toml"
SECRET = "a-secret-of-the-tests"
PATIENCE_S = 300.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clinic_in(folder: Path, port: int) -> Path:
    """Write the clinic's settings for a PBX on this port; return their path."""
    folder.mkdir(parents=True, exist_ok=True)
    text = CLINIC.read_text("utf-8").replace("port = 5038", f"port = {port}")
    config = folder / "clinic.toml"
    config.write_text(text.replace('username = "tracker"', 'username = "callward"'), "utf-8")
    return config


class Process:
    """One `callward` process with what it printed; ended at the end of the block, however it goes."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log = log
        self._before = log.stat().st_size if log.exists() else 0
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "CALLWARD_AMI_SECRET": SECRET, "PYTHONUNBUFFERED": "1"}
        with log.open("ab") as out:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "callward", *arguments], cwd=log.parent, env=environment, stdout=out, stderr=out
            )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.popen.kill()
        self.popen.wait()

    def stop(self) -> int:
        """Ask it to stop; return its exit status."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(timeout=PATIENCE_S)

    @property
    def printed(self) -> str:
        """What it has printed; what others printed into the same file before is left out."""
        return self.log.read_bytes()[self._before :].decode("utf-8", "replace")

    def until_printed(self, text: str, times: int = 1) -> None:
        until(lambda: self.printed.count(text) >= times or self.popen.poll() is not None)
        assert self.printed.count(text) >= times, self.printed[-3000:]


@contextmanager
def simulator(folder: Path, port: int, *arguments: str) -> Iterator[Process]:
    """Run `callward simulate` and wait until it listens."""
    folder.mkdir(parents=True, exist_ok=True)
    with Process(folder / "simulator.log", "simulate", *arguments, "--port", str(port)) as process:
        process.until_printed("Asterisk simulated")
        yield process


def listen(config: Path, *arguments: str) -> Process:
    """Start `callward listen` for a clinic."""
    return Process(config.parent / "listener.log", "--config", str(config), "listen", *arguments)


def until(condition: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def rows(config: Path, query: str, *values: object) -> list[dict[str, Any]]:
    """Read the store of a clinic while others write it."""
    file = config.parent / "callward.db"
    if not file.exists():
        return []
    conn = sqlite3.connect(file, timeout=30)
    try:
        conn.row_factory = sqlite3.Row
        return [dict(row) for row in conn.execute(query, values)]
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise
    finally:
        conn.close()


def calls(config: Path) -> dict[str, dict[str, Any]]:
    """Return the stored calls by id."""
    return {row["id"]: row for row in rows(config, "SELECT * FROM call")}


def journal_copy(config: Path, target: Path) -> Path:
    """Return a copy of the clinic's journal, which another process may be writing."""
    return Path(shutil.copytree(config.parent / "journal", target))
