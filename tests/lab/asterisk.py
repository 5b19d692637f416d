"""Start and stop the lab's Asterisk: in a folder of its own, on ports of its own, stopped by its process id."""

import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.lab.phones import EXTENSIONS, Ports

HERE = Path(__file__).parent
_CACHE = Path(os.environ.get("CALLWARD_CACHE", HERE.parents[1] / ".cache"))
_START_S = 60.0
_STOP_S = 30.0


class LabError(Exception):
    """The lab's Asterisk cannot run here. The text says why, and the way out."""


@dataclass(frozen=True, slots=True)
class Asterisk:
    """A running Asterisk. `work` holds etc/, log/ and spool/; `born_with` are the complaints of its start."""

    ports: Ports
    tree: Path
    work: Path
    born_with: tuple[str, ...] = ()

    def cli(self, command: str) -> str:
        """Run a command of the console and return what it printed."""
        libraries = ":".join(str(self.tree / part) for part in ("usr/lib/x86_64-linux-gnu", "usr/lib"))
        loader = [str(self.tree / "lib64/ld-linux-x86-64.so.2"), "--library-path", libraries]
        program = [str(self.tree / "usr/sbin/asterisk"), "-C", str(self.work / "etc/asterisk.conf"), "-rx", command]
        return subprocess.run([*loader, *program], capture_output=True, text=True, timeout=60, check=True).stdout

    @contextmanager
    def included(self, name: str, text: str) -> Iterator[None]:
        """Have a file in the dialplan for as long as the block lasts."""
        file = self.work / "etc/extra.d" / f"{name}.conf"
        file.write_text(text, "utf-8")
        self.cli("dialplan reload")
        try:
            yield
        finally:
            file.unlink()
            self.cli("dialplan reload")

    def log(self) -> str:
        """Return Asterisk's log so far."""
        return (self.work / "log/full").read_text("utf-8", "replace")

    def complaints(self) -> list[str]:
        """Return the lines of the log that are warnings or errors."""
        return [line for line in self.log().splitlines() if re.search(r"\] (WARNING|ERROR)\[", line)]


def archive(version: str = "22") -> Path:
    """Return the packed Asterisk.

    Raises:
        LabError: it has not been prepared on this machine.
    """
    path = _CACHE / f"asterisk{version}.tar.gz"
    if not path.exists():
        raise LabError(f"{path} is not there; run tests/lab/prepare.sh {version} (it needs a Debian mirror).")
    return path


@contextmanager
def running(version: str = "22") -> Iterator[Asterisk]:
    """Run an Asterisk for as long as the block lasts, then remove all of it.

    Raises:
        LabError: it has not been prepared, or does not start.
    """
    packed = archive(version)
    # Not pytest's folder: the path of Asterisk's control socket may have no more than 108 bytes.
    folder = Path(tempfile.mkdtemp(prefix="callward-lab-"))
    try:
        tree = folder / "tree"
        tree.mkdir()
        subprocess.run(["tar", "-xzf", str(packed), "-C", str(tree)], check=True)
        asterisk, process = _start(tree, folder / "work")
        try:
            yield asterisk
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def brought_back(asterisk: Asterisk) -> Iterator[None]:
    """Start an Asterisk that has stopped again, in its folder and on its ports, for as long as the block lasts.

    After `core restart now`: it cannot start itself anew, because it was unpacked and not installed.
    """
    process = _launched(asterisk)
    try:
        if not _answers(asterisk.ports.ami, process):
            raise LabError("Asterisk did not come back: " + asterisk.log()[-500:])
        yield
    finally:
        _stop(process)


def _launched(asterisk: Asterisk) -> subprocess.Popen[bytes]:
    with (asterisk.work.parent / "output").open("ab") as output:
        return subprocess.Popen(
            [str(HERE / "start.sh"), str(asterisk.tree), str(asterisk.work)],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=_environment(asterisk.ports),
        )  # fmt: skip


def _start(tree: Path, work: Path) -> tuple[Asterisk, subprocess.Popen[bytes]]:
    """Start on a free block of ports; another program may take one meanwhile, so try three blocks."""
    for _ in range(3):
        asterisk = Asterisk(_free_ports(), tree, work)
        process = _launched(asterisk)
        if _answers(asterisk.ports.ami, process) and "Unable to bind" not in asterisk.log():
            asterisk.cli("core waitfullybooted")
            return replace(asterisk, born_with=tuple(asterisk.complaints())), process
        _stop(process)
    raise LabError("Asterisk does not start: " + (work.parent / "output").read_text("utf-8", "replace")[-500:])


def _environment(ports: Ports) -> Mapping[str, str]:
    first, last = ports.rtp
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "AMI_PORT": str(ports.ami),
        "SIP_PORT": str(ports.sip),
        "PROVIDER_PORT": str(ports.provider),
        **{f"PHONE_{number}_PORT": str(ports.phone(number)) for number in EXTENSIONS},
        "RTP_FIRST_PORT": str(first),
        "RTP_LAST_PORT": str(last),
    }


def _free_ports() -> Ports:
    """Choose a block below the ports that the system hands out by itself."""
    for _ in range(100):
        ports = Ports(random.randrange(21000, 32600, 100))
        try:
            for kind, port in ((socket.SOCK_STREAM, ports.ami), (socket.SOCK_DGRAM, ports.sip)):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return ports
    raise LabError("no block of free ports between 21000 and 32600; end other programs that listen there.")


def _answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until AMI sends its banner: an open port alone says too little."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.settimeout(1)
                if connection.recv(100).startswith(b"Asterisk Call Manager/"):
                    return True
        except OSError:
            time.sleep(0.02)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End Asterisk and wait for it."""
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
