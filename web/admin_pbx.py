"""The exchanges as this machine hears them: link, last snapshot, gaps, who listens; the journal, the disk, versions."""

import asyncio
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from callward import __version__
from store import Row, Tx
from web.admin_pages import admin_page
from web.backroom import BACKROOM, Backroom
from web.context import now_ms, read
from web.i18n import gettext as _
from web.rights import Right, needs

GAPS = 20


@dataclass(frozen=True, slots=True)
class Heard:
    """One exchange. `down_since_ms` is None while it is heard; `listener` is who holds the lease, "" for nobody."""

    name: str
    host: str
    records: Sequence[str]
    down_since_ms: int | None
    reason: str
    listener: str
    until_ms: int
    snapshot: Row | None
    newest_ms: int | None
    gaps: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Disk:
    """What the journal takes, bytes, and what is free beside it."""

    files: int
    taken: int
    free: int


def heard(tx: Tx, room: Backroom, now: int) -> list[Heard]:
    """Return every exchange of the settings and of the store."""
    leases = {row["pbx"]: row for row in tx.all("console_leases")}
    open_gaps = {row["pbx"]: row for row in tx.all("console_gaps_open")}
    snapshots = {row["pbx"]: row for row in tx.all("pbx_seen_all")}
    known = {exchange.name: exchange for exchange in room.exchanges}
    names = dict.fromkeys((*known, *(row["pbx"] for row in tx.all("pbx_known"))))
    return [_heard(tx, (name, known.get(name)), (leases.get(name), open_gaps.get(name), snapshots.get(name)), now)
            for name in names]


def _heard(tx: Tx, what: tuple[str, Any], rows: tuple[Row | None, Row | None, Row | None], now: int) -> Heard:
    (name, exchange), (lease, gap, snapshot) = what, rows
    holder = tx.one("lease_get", pbx=name) if lease is not None and lease["until_ms"] >= now else None
    down, reason = (gap["from_ms"], gap["reason"]) if gap is not None else (None, "")
    if down is None and holder is None:
        # Who listened is gone without a word, or nobody ever did.
        down = lease["until_ms"] if lease is not None else 0
    return Heard(
        name, exchange.host if exchange else "", exchange.records if exchange else (), down, reason,
        _place(holder["holder"]) if holder else "", lease["until_ms"] if lease else 0, snapshot,
        tx.value("last_event_ms", pbx=name), tx.all("gaps", pbx=name, limit=GAPS, offset=0),
    )  # fmt: skip


def _place(holder: str) -> str:
    """Return the machine and the process of a lease's holder."""
    host, process = [*holder.split(":"), "", ""][:2]
    return f"{host}, {process}"


def disk(folder: Path) -> Disk | None:
    """Look at the journal's folder; None while it is not there."""
    try:
        sizes = [entry.stat().st_size for entry in folder.iterdir() if entry.is_file()]
        return Disk(len(sizes), sum(sizes), shutil.disk_usage(folder).free)
    except OSError:
        return None


def megabytes(size: int) -> str:
    """Write a size: 12 MB, 3.4 GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


@needs(Right.SYSTEM)
async def pbx_page(request: web.Request) -> web.Response:
    """`GET /admin/pbx`: what is heard now, and what was not."""
    room, now = request.app[BACKROOM], now_ms(request)
    exchanges = await read(request, lambda tx: heard(tx, room, now))
    found = await asyncio.to_thread(disk, room.journal) if room.journal is not None else None
    versions = {"Callward": __version__, "Python": platform.python_version(),
                _("Store"): {"sqlite": "SQLite", "postgres": "PostgreSQL"}.get(room.store, room.store)}
    return admin_page(request, "admin_pbx.html", exchanges=exchanges, disk=found, size=megabytes,
                      versions={name: text for name, text in versions.items() if text})


def set_up(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin/pbx", pbx_page)
