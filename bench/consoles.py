"""How long from an AMI event to the open pages of a whole clinic: `python -m bench.consoles [--consoles 200]`.

A simulated exchange plays recorded calls into `callward serve`, processes of their own as in a clinic: listener and
console on one store. Another process holds the pages open, as browsers do: half of them show the board, half the
callbacks, all of them the cards of their desk. Prints the median and the 99th percentile in milliseconds, of cards and
of the board, and the memory each minute. The target is 250 ms and memory that is flat after four minutes: what the
listener keeps of calls that ended, it keeps for so long.
"""

import argparse
import asyncio
import os
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Self

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from demo.recordings import Made, as_records, call
from pbx.simulator import Simulator, User
from store import Store, open_store
from web import sessions

SECRET = "a-secret-of-the-bench"
ROOT = Path(__file__).resolve().parent.parent
DID = "+48221234501"
SPEED = 6.0
"""Calls go by so much faster than they were recorded: a call takes two seconds, and more pages change at once."""
KINDS = ("queue_second_phone",) * 6 + ("direct_answered",) * 3 + ("queue_abandoned",)
"""One call of ten is missed and opens a callback."""
WATCHED = 8
"""So many of the boards are read closely; the others are only read."""
SETTINGS = """
[clinic]
name = "Bench"
country = "PL"
timezone = "Europe/Warsaw"
languages = ["en", "pl"]

[clinic.hours]
mon = "00:00-24:00"
tue = "00:00-24:00"
wed = "00:00-24:00"
thu = "00:00-24:00"
fri = "00:00-24:00"
sat = "00:00-24:00"
sun = "00:00-24:00"

[[pbx]]
name = "main"
port = {ami}
username = "callward"
secret = {{ env = "CALLWARD_BENCH_SECRET" }}
trunks = ["trunk-*"]
phones = ["XXX"]

[web]
port = {port}
"""
_CARD = re.compile(rb'class="pop is-ringing" id="pop-main-([0-9-]+)"')
_EVENT = re.compile(rb"(?:^|\n)event: (\w+)")
_ROW = re.compile(rb'id="board-main-([0-9-]+)"')
_RINGS = re.compile(rb"\r\nChannel: PJSIP/(\d{3})-.*?\r\nLinkedid: ([0-9.]+)", re.DOTALL)
_PHONE = re.compile(rb"(?<![\d.:])10([1-5])(?![\d.])")
GROUPS = range(10, 50)
"""The recorded phones 101 to 105 become 200 phones, in groups of five: 101 to 105, 111 to 115, up to 495."""
DESKS = [f"{group}{phone}" for phone in range(1, 6) for group in GROUPS]


@dataclass(slots=True)
class Seen:
    """What was sent, and when pages showed it. Seconds of one monotonic clock."""

    rang: dict[tuple[bytes, bytes], float] = field(default_factory=dict)
    """By desk and call: when its phone began to ring."""
    began: dict[bytes, float] = field(default_factory=dict)
    cards: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    messages: Counter[bytes] = field(default_factory=Counter)
    read: int = 0
    """Bytes."""

    def note(self, block: bytes, group: int) -> bytes:
        """Look at a block that is about to be sent, from the phones of a group."""
        block = _PHONE.sub(b"%d\\1" % group, block)
        if block.startswith(b"Event: Newchannel"):
            now = time.monotonic()
            found = _RINGS.search(block)
            if found:
                self.rang.setdefault((found[1], found[2].replace(b".", b"-")), now)
            linked = re.search(rb"\r\nLinkedid: ([0-9.]+)", block)
            if linked:
                self.began.setdefault(linked[1].replace(b".", b"-"), now)
        return block


def sign_in(store: Store, people: int, now: int) -> list[tuple[str, str]]:
    """Give each of so many people a session at a desk of their own; return tokens and desks."""
    signed = []
    with store.write() as tx:
        for place in range(people):
            name, desk = f"person{place}", DESKS[place % len(DESKS)]
            tx.run("user_add", name=name, display=name.capitalize(), roles="receptionist", created_ms=now)
            opening = sessions.Opening(name, "password", desk, now, now + 43_200_000, "127.0.0.1", "")
            sessions.open_session(tx, opening, f"token-of-{name}", now)
            signed.append((f"token-of-{name}", desk))
    return signed


async def watch(http: ClientSession, url: str, who: tuple[str, str], place: int, seen: Seen) -> None:
    """Keep one page open for ever, and note when it shows what."""
    token, desk = who
    areas = "pop,click,duty,board" if place % 2 == 0 else "pop,click,callbacks"
    closely, mine = place % 2 == 0 and place < 2 * WATCHED, desk.encode()
    shown: set[bytes] = set()
    async with http.get(f"{url}/live?areas={areas}", headers={"Cookie": f"callward-session={token}"}) as answer:
        answer.raise_for_status()
        parts = bytearray()
        async for chunk in answer.content.iter_any():
            now = time.monotonic()
            seen.read += len(chunk)
            parts += chunk
            while (end := parts.find(b"\n\n")) >= 0:
                text = bytes(parts[:end])
                del parts[:end + 2]
                named = _EVENT.search(text[:100])
                event = named[1] if named else b""
                seen.messages[event] += 1
                if event == b"pop":
                    for ref in _CARD.findall(text):
                        if ref not in shown and (mine, ref) in seen.rang:
                            shown.add(ref)
                            seen.cards.append(now - seen.rang[mine, ref])
                elif event == b"board" and closely:
                    for ref in _ROW.findall(text):
                        if (b"row" + ref) not in shown and ref in seen.began:
                            shown.add(b"row" + ref)
                            seen.rows.append(now - seen.began[ref])


async def load(simulator: Simulator, seen: Seen, rate: float, seconds: float) -> None:
    """Let calls begin at an even pace."""
    loop, playing = asyncio.get_running_loop(), set[asyncio.Task[None]]()
    start = loop.time()
    for serial in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, start + serial / rate - loop.time()))
        made = Made(time.time(), serial + 1, f"+4850{serial:07d}", DID, wait=6, talk=6)
        records, group = as_records(call(KINDS[serial % len(KINDS)], made)), GROUPS[serial % len(GROUPS)]
        task = asyncio.create_task(simulator.replay(records, partial(seen.note, group=group)))
        playing.add(task)
        task.add_done_callback(playing.discard)
    await asyncio.gather(*playing)


def family(pid: int) -> list[int]:
    """Return a process and those that it started."""
    started = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in started for one in family(int(child)))]


def memory_mb(pid: int) -> list[float]:
    """Return the resident memory of a process and of those that it started."""
    page = os.sysconf("SC_PAGE_SIZE")
    return [int(Path(f"/proc/{one}/statm").read_text().split()[1]) * page / 1e6 for one in family(pid)]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def measure(people: int, rate: float, seconds: float) -> None:
    """Put up everything, play the calls, print what was seen."""
    simulator, seen, port = Simulator({"callward": User(SECRET)}, speed=SPEED), Seen(), free_port()
    with tempfile.TemporaryDirectory(prefix="callward-bench-") as name:
        folder = Path(name)
        async with simulator.serving() as ami:
            (folder / "callward.toml").write_text(SETTINGS.format(ami=ami, port=port))
            with open_store(str(folder / "callward.db")) as store:
                signed = sign_in(store, people, time.time_ns() // 1_000_000)
            server = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "callward", "--config", str(folder / "callward.toml"), "serve", "--quiet",
                cwd=ROOT, env={**os.environ, "CALLWARD_BENCH_SECRET": SECRET}, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            url = f"http://127.0.0.1:{port}"
            timeout = ClientTimeout(total=None)
            async with ClientSession(connector=TCPConnector(limit=0), timeout=timeout, read_bufsize=1 << 20) as http:
                await asyncio.wait_for(simulator.wait_for_clients(), 30)
                await _answers(http, url)
                watching = [asyncio.create_task(watch(http, url, who, place, seen)) for place, who in enumerate(signed)]
                try:
                    await asyncio.sleep(3)
                    await load(simulator, Seen(began=seen.began), rate, 3)  # a warm-up that nobody looks at
                    sizes, started = [memory_mb(server.pid)], time.monotonic()
                    sampling = asyncio.create_task(sample(server.pid, sizes))
                    used, own = Used.by(family(server.pid)), Used.by([os.getpid()])
                    seen.messages.clear()
                    seen.read = 0
                    await load(simulator, seen, rate, seconds)
                    await asyncio.sleep(2)
                    sampling.cancel()
                    sizes.append(memory_mb(server.pid))
                    took = time.monotonic() - started
                    busy = Used.by(family(server.pid)).since(used, took), Used.by([os.getpid()]).since(own, took)
                    broken = [task for task in watching if task.done()]
                finally:
                    for task in watching:
                        task.cancel()
                    await asyncio.gather(*watching, return_exceptions=True)
            server.terminate()
            await server.wait()
    told = ", ".join(f"{name.decode()} {count}" for name, count in seen.messages.most_common(4))
    print(f"{people} consoles, {rate:g} calls a second for {seconds:g} s; {len(broken)} pages broke")
    print(f"cards: {_figures(seen.cards)}")
    print(f"board: {_figures(seen.rows)}")
    print(f"memory each minute (listener + console): {', '.join(map(_sizes, sizes))} MB")
    print(f"messages: {told}; {seen.read / 1e6 / took:.1f} MB a second")
    print(f"server: {busy[0]}")
    print(f"this bench: {busy[1]}; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


async def sample(pid: int, sizes: list[list[float]]) -> None:
    """Note the memory once a minute, until cancelled."""
    while True:
        await asyncio.sleep(60)
        sizes.append(memory_mb(pid))


@dataclass(frozen=True, slots=True)
class Used:
    """How long the threads of a process ran so far, and how long they were ready and waited for a processor."""

    ran_s: float
    waited_s: float

    @classmethod
    def by(cls, pids: list[int]) -> Self:
        """Read it of processes."""
        ran = waited = 0
        for task in (task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()):
            with suppress(OSError):  # a thread may end while it is asked
                parts = (task / "schedstat").read_text().split()
                ran, waited = ran + int(parts[0]), waited + int(parts[1])
        return cls(ran / 1e9, waited / 1e9)

    def since(self, before: Self, took_s: float) -> str:
        """Say what was used meanwhile, in parts of one processor."""
        ran, waited = self.ran_s - before.ran_s, self.waited_s - before.waited_s
        return f"{ran / took_s * 100:.0f} % of a processor (ready, but waiting for one: {waited / took_s * 100:.0f} %)"


async def _answers(http: ClientSession, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(OSError):
                async with http.get(f"{url}/login"):
                    return
            await asyncio.sleep(0.1)


def _sizes(memory: list[float]) -> str:
    return " + ".join(f"{one:.0f}" for one in memory)


def _figures(took: list[float]) -> str:
    if not took:
        return "nothing was seen"
    took = sorted(took)
    late = took[min(len(took) - 1, round(len(took) * 0.99))]
    return (f"{len(took)} seen, median {median(took) * 1000:.0f} ms, 99th percentile {late * 1000:.0f} ms, "
            f"slowest {took[-1] * 1000:.0f} ms")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--consoles", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="calls a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    asyncio.run(measure(given.consoles, given.rate, given.seconds))


if __name__ == "__main__":
    main()
