"""The right to listen to one exchange: one process has it at a time, and loses it by dying."""

import os
import socket
import time
from pathlib import Path

from store.database import Store

LEASE_MS = 30_000
"""A lease that is not extended for so long is anybody's."""


class Lease:
    """The lease of one PBX, as one listener sees it. A holder on this machine that is dead holds nothing."""

    def __init__(self, store: Store, pbx: str) -> None:
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{_began(os.getpid())}:{time.monotonic_ns()}"
        self._store = store
        self._pbx = pbx

    def take(self, now_ms: int) -> str | None:
        """Take or extend the lease: None, or a sentence that says who has it."""
        ours = {"pbx": self._pbx, "holder": self.holder, "until_ms": now_ms + LEASE_MS, "now_ms": now_ms}
        with self._store.write() as tx:
            if tx.run("lease_take", **ours):
                return None
            other = tx.one("lease_get", pbx=self._pbx)
            if other is None or is_dead(other["holder"]):
                if other is not None:
                    tx.run("lease_drop", pbx=self._pbx, holder=other["holder"])
                tx.run("lease_take", **ours)
                return None
        host, pid = f"{other['holder']}:".split(":")[:2]
        left = max(1, round((other["until_ms"] - now_ms) / 1000))
        return (f"{self._pbx}: another listener (process {pid} on {host}) holds this PBX; stop it, or wait {left} s if "
                "that machine is gone.")

    def drop(self) -> None:
        """Let go of it, if it is ours."""
        with self._store.write() as tx:
            tx.run("lease_drop", pbx=self._pbx, holder=self.holder)


def is_dead(holder: str) -> bool:
    """Say whether a lease's holder was a process of this machine that is no more."""
    host, pid, began, *_ = [*holder.split(":"), "", ""]
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return began != _began(int(pid))


def _began(pid: int) -> str:
    """Return what tells a process from a later one with its id; "" where the system does not tell, or if it is dead."""
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(") ")[2].split()
    except OSError:
        return ""
    return "" if state in ("Z", "X") else rest[18]
