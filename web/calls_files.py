"""Calls as files: the log with its filter for who may see calls, and the calls behind the figures without who called.

Both are read and sent page by page, in the clinic's time, and stand in the audit log before the first row is given.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from aiohttp import web

from reports.period import Period
from reports.raw import COUNTED, FORMS, FULL, ROWS, Form, caller_key, counted, full, lines, write_xlsx
from store import Row, Store, Tx
from web import i18n
from web.audit import Deed, actor, note
from web.calls_filter import Filter, Place, Selection, place_of, place_text
from web.context import CLINIC, STORE, now_ms, write
from web.periods import period_of
from web.rights import Right, needs

_BITE = 1 << 16
Look = Callable[[Tx, Place | None], list[Row]]


@needs(Right.EXPORT_CALLS)
async def log_file(request: web.Request) -> web.StreamResponse:
    """`GET /calls.csv?…` (or `.jsonl`, `.xlsx`): every call of the filter, newest first. It is audited."""
    clinic, who, form = request.app[CLINIC], actor(request), form_of(request)
    wanted = Selection(Filter.of(request), clinic.zone, now_ms(request), clinic.callbacks.rules.reached_s)
    used = " ".join(name for name in Filter.__dataclass_fields__ if getattr(wanted.filter, name))
    detail = used if form == "csv" else f"{used} {form}".strip()
    await write(request, lambda tx: note(tx, who, Deed("exported", "calls", "", detail)))
    pages = read_pages(request.app[STORE], lambda tx, place: wanted.page(tx, place, ROWS))
    rows = ([full(row, clinic.zone) for row in page] for page in pages)
    return await _send(request, ("calls", form), rows, FULL)


@needs(Right.EXPORT_FIGURES)
async def counted_file(request: web.Request) -> web.StreamResponse:
    """`GET /reports/calls.csv?period=30d` (or `.jsonl`, `.xlsx`): the calls that figures count. It is audited."""
    period, who, form = period_of(request, "30d").period, actor(request), form_of(request)
    zone = request.app[CLINIC].zone

    def change(tx: Tx) -> str:
        note(tx, who, Deed("exported", "figures", "calls", f"{period} {form}"))
        return caller_key(tx)

    key = await write(request, change)
    pages = read_pages(request.app[STORE], lambda tx, place: behind(tx, period, place))
    rows = ([counted(row, zone, key) for row in page] for page in pages)
    return await _send(request, (f"calls-{period.start}-{period.end}", form), rows, COUNTED)


def form_of(request: web.Request) -> Form:
    """Return the kind of file that the address names. Raises HTTPNotFound."""
    form = request.match_info["form"]
    if form not in FORMS:
        raise web.HTTPNotFound
    return cast(Form, form)


def behind(tx: Tx, period: Period, place: Place | None, limit: int = ROWS) -> list[Row]:
    """Return the calls that figures count, older than a place, the newest first."""
    from_ms, to_ms = period.bounds_ms
    at, call, pbx = place or (None, None, None)
    return tx.all("api_report_calls", from_day=period.start.isoformat(), to_day=period.end.isoformat(),
                  from_ms=from_ms, to_ms=to_ms, before_ms=at, before_id=call, before_pbx=pbx, limit=limit)


def read_pages(store: Store, look: Look) -> Iterator[Sequence[Row]]:
    """Yield calls page by page, each page in a read transaction of its own: a long file holds nothing up."""
    place: Place | None = None
    while True:
        with store.read() as tx:
            rows = look(tx, place)
        if not rows:
            return
        yield rows
        place = place_of(place_text(rows[-1]))


async def _send(request: web.Request, named: tuple[str, Form], pages: Iterator[Any], columns: Any
                ) -> web.StreamResponse:  # fmt: skip
    name, form = named
    day = datetime.fromtimestamp(now_ms(request) / 1000, UTC).astimezone(request.app[CLINIC].zone).date()
    name = f"{name}-{day}" if name == "calls" else name
    language = None if form == "jsonl" else i18n.language()
    response = web.StreamResponse(headers={
        "Content-Type": FORMS[form] + ("" if form == "xlsx" else "; charset=utf-8"),
        "Content-Disposition": f'attachment; filename="{name}.{form}"',
    })  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="callward-") as folder:
        if form == "xlsx":
            path = Path(folder) / "calls.xlsx"
            await asyncio.to_thread(write_xlsx, path, pages, columns, language)
            parts = _bites(path)
        else:
            parts = lines(pages, columns, form, language)
        await response.prepare(request)
        while part := await asyncio.to_thread(next, parts, b""):
            await response.write(part)
    await response.write_eof()
    return response


def _bites(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(_BITE):
            yield part


def set_up(app: web.Application) -> None:
    """Add the routes. They stand before those that take any word for a report."""
    app.router.add_get(r"/calls.{form:[a-z]+}", log_file)
    app.router.add_get(r"/reports/calls.{form:[a-z]+}", counted_file)
