"""A clinic whose listener listens to the lab's Asterisk, used through the command line alone."""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.init import MANAGER
from tests.lab.asterisk import Asterisk

PATIENCE_S = 60.0
LAB = Path(__file__).resolve().parents[1] / "lab"
SECRET = "lab-listener-secret"
SETTINGS = """
[clinic]
name = "Przychodnia Testowa"
country = "PL"
timezone = "Europe/Warsaw"

[[pbx]]
name = "main"
port = {port}
username = "listener"
secret = {{ env = "CALLWARD_AMI_SECRET" }}
trunks = ["trunk-alfa", "trunk-beta"]
phones = ["10X"]

[callbacks]
reached_s = 1
sure_s = 1
"""
Document = dict[str, Any]


@dataclass
class Clinic:
    """A folder with settings and a store."""

    folder: Path

    async def run(self, *words: str) -> str:
        """Run `callward ...` and return what it printed.

        Raises:
            RuntimeError: it failed.
        """
        process = await self._start(*words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, errors = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"callward {' '.join(words)}: {errors.decode()}")
        return out.decode()

    async def calls(self, settled: Callable[[list[Document]], bool]) -> list[Document]:
        """Return the calls, oldest first, once they are as awaited: Asterisk's last word takes a moment."""
        return await self._poll(settled, "calls", "list", "--json", newest_first=True)

    async def callbacks(self, settled: Callable[[list[Document]], bool]) -> list[Document]:
        """Return the callbacks, open and closed, once they are as awaited."""
        return await self._poll(settled, "callbacks", "list", "--all", "--json")

    async def stored(self, count: int) -> None:
        """Wait until so many calls are in the store."""
        async with asyncio.timeout(PATIENCE_S):
            with closing(sqlite3.connect(self.folder / "callward.db")) as store:
                while True:
                    if store.execute("SELECT COUNT(*) FROM call").fetchone()[0] >= count:
                        return
                    await asyncio.sleep(0.02)

    @asynccontextmanager
    async def listener(self, command: str = "listen") -> AsyncIterator[asyncio.subprocess.Process]:
        """Run `callward listen`, or `serve`, for as long as the block lasts, from the moment it is connected."""
        log = self.folder / "listen.log"
        with log.open("ab") as output:
            begins = output.tell()
            process = await self._start(command, stdout=output, stderr=output)
        try:
            until = time.monotonic() + PATIENCE_S
            while b": connected" not in log.read_bytes()[begins:]:
                if process.returncode is not None or time.monotonic() > until:
                    raise RuntimeError(f"callward {command}: {log.read_text('utf-8')}")
                await asyncio.sleep(0.05)
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()

    async def _poll(
        self, settled: Callable[[list[Document]], bool], *words: str, newest_first: bool = False
    ) -> list[Document]:
        until = time.monotonic() + PATIENCE_S
        with closing(sqlite3.connect(self.folder / "callward.db")) as watched:
            while True:
                [version] = watched.execute("PRAGMA data_version").fetchone()
                found: list[Document] = json.loads(await self.run(*words))
                found = found[::-1] if newest_first else found
                if settled(found):
                    return found
                # Nothing new is told before something new is written, and the phones need the processor.
                while watched.execute("PRAGMA data_version").fetchone() == (version,):
                    if time.monotonic() > until:
                        raise TimeoutError(f"callward {' '.join(words)}: {json.dumps(found, indent=1)}")
                    await asyncio.sleep(0.05)

    async def _start(self, *words: str, stdout: Any, stderr: Any) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "callward", "--config", str(self.folder / "callward.toml"), *words,
            cwd=LAB.parents[1], stdout=stdout, stderr=stderr, env={**os.environ, "CALLWARD_AMI_SECRET": SECRET},
        )  # fmt: skip


@asynccontextmanager
async def opened(asterisk: Asterisk, folder: Path) -> AsyncIterator[Clinic]:
    """Make the clinic: the lab's patients and numbers, and an AMI user with the rights that `init` asks for."""
    manager = asterisk.work / "etc/manager.conf"
    before = manager.read_text("utf-8")
    user = MANAGER.format(username="listener", secret=SECRET, permit="127.0.0.1/255.255.255.255")
    manager.write_text(f"{before}\n{user}", "utf-8")
    asterisk.cli("manager reload")
    (folder / "callward.toml").write_text(SETTINGS.format(port=asterisk.ports.ami), "utf-8")
    clinic = Clinic(folder)
    try:
        await clinic.run("patients", "import", str(LAB / "patients.csv"))
        await clinic.run("numbers", "import", str(LAB / "numbers.csv"))
        yield clinic
    finally:
        manager.write_text(before, "utf-8")
        asterisk.cli("manager reload")
