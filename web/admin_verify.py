"""The proof that no call was lost: runs of the ledger, one at a time, in a thread; the last ones are kept."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from store import Row, StoreError, Tx, Writer
from web.admin_pages import admin_page
from web.audit import Deed, actor, note
from web.backroom import BACKROOM, CannotVerifyError, StoppedError, Verify
from web.calls_filter import known_day
from web.context import CLINIC, CLOCK, WRITER, now_ms, read, write
from web.forms import Form
from web.i18n import gettext as _
from web.i18n import mark
from web.pages import page
from web.refusals import told
from web.rights import Right, needs

log = logging.getLogger("callward.web")

KEPT = 20
LOST_MS = 10 * 60_000
"""A run of which nothing was heard for so long has no process any more."""
LONGEST_DAYS = 400
STEPS = {
    "": mark("it begins"), "store": mark("the calls that are stored"), "cel": mark("Asterisk's CEL"),
    "cdr": mark("Asterisk's CDR"), "queue_log": mark("Asterisk's queue_log"), "journal": mark("the journal"),
    "attribution": mark("the campaigns"), "made_by": mark("the appointments"),
}  # fmt: skip
STATES = {
    "running": mark("runs"), "done": mark("done"), "stopped": mark("stopped"), "failed": mark("could not be done"),
    "lost": mark("interrupted"),
}  # fmt: skip


@dataclass(slots=True)
class Runner:
    """The run of this process, if there is one."""

    task: "asyncio.Task[None] | None" = None
    stop: threading.Event = field(default_factory=threading.Event)
    run: int = 0

    @property
    def busy(self) -> bool:
        """Say whether a run is on."""
        return self.task is not None and not self.task.done()


RUNNER = web.AppKey("verify_runner", Runner)


class RefusedRunError(Exception):
    """A run cannot begin; the text says why, in the person's language."""

    def __init__(self, said: str, status: int = 409) -> None:
        super().__init__(said)
        self.status = status


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be looked at: an exchange, from one moment to another, ms."""

    run: int
    pbx: str
    from_ms: int
    to_ms: int


@needs(Right.SYSTEM)
async def verify_page(request: web.Request) -> web.Response:
    """`GET /admin/verify`: start a run, see how far it is, and what the last ones found."""
    return await _page(request)


@needs(Right.SYSTEM)
async def progress(request: web.Request) -> web.Response:
    """`GET /admin/verify/progress`: the newest run alone; a page asks again while it goes on."""
    return page(request, "admin_verify_run.html", **await _values(request))


@needs(Right.SYSTEM)
async def start(request: web.Request) -> web.Response:
    """`POST /admin/verify`: begin a run. One at a time."""
    form = await Form.of(request)
    pbx, first, last = form.text("pbx", 60), form.text("start", 10), form.text("end", 10)
    if not known_day(first) or not known_day(last):
        return await _page(request, 400, _("Choose two days."))
    days = date.fromisoformat(first), date.fromisoformat(last)
    try:
        await begin(request, pbx, days)
    except RefusedRunError as refused:
        return await _page(request, refused.status, str(refused))
    raise web.HTTPSeeOther("/admin/verify")


async def begin(request: web.Request, pbx: str, days: tuple[date, date]) -> int:
    """Begin a run over local days, both included; return its id.

    Raises:
        RefusedRunError: there is no such exchange, the days are none, or a run is on.
    """
    room, runner, now, who = request.app[BACKROOM], request.app[RUNNER], now_ms(request), actor(request)
    first, last = days
    if room.verify is None or pbx not in {exchange.name for exchange in room.exchanges}:
        raise RefusedRunError(_("There is no such exchange in the settings."))
    if not 0 <= (last - first).days < LONGEST_DAYS:
        raise RefusedRunError(_("Choose a last day that is not before the first, and not more than a year."),
                              400)
    if runner.busy:
        raise RefusedRunError(_("A run is on already; stop it, or wait until it is over."))
    from_ms, to_ms = _midnight(request, first), _midnight(request, last + timedelta(days=1))

    def change(tx: Tx) -> int:
        run = tx.next_id("ledger_run")
        tx.run("ledger_run_add", id=run, pbx=pbx, from_ms=from_ms, to_ms=to_ms, person=who.person, now_ms=now)
        tx.run("ledger_runs_forget", last=run - KEPT)
        note(tx, who, Deed("verified", "pbx", pbx, f"{first} to {last}"))
        return run

    runner.stop.clear()
    runner.run = await write(request, change)
    order = Order(runner.run, pbx, from_ms, min(to_ms, now))
    runner.task = asyncio.create_task(asyncio.to_thread(_run, request.app, room.verify, order))
    return runner.run


@needs(Right.SYSTEM)
async def stop(request: web.Request) -> web.Response:
    """`POST /admin/verify/stop`: end the run before its time; nothing was changed by it."""
    await end_run(request)
    raise web.HTTPSeeOther("/admin/verify")


async def end_run(request: web.Request) -> None:
    """End the run that is on, if one is."""
    request.app[RUNNER].stop.set()
    now = now_ms(request)
    await write(request, lambda tx: [tx.run("ledger_run_end", id=row["id"], state="stopped", result="", now_ms=now)
                                     for row in tx.all("ledger_runs", limit=1) if row["state"] == "running"])


def _run(app: web.Application, verify: Verify, order: Order) -> None:
    """Do a run in this thread, and keep what it found."""
    writer, runner, clock = app[WRITER], app[RUNNER], app[CLOCK]

    def tell(step: str) -> None:
        alive = _wait(writer, lambda tx: tx.run("ledger_run_step", id=order.run, step=step, now_ms=clock.now_ms()))
        if runner.stop.is_set() or not alive:
            raise StoppedError

    try:
        state, result = "done", dict(verify(order.pbx, order.from_ms, order.to_ms, tell))
    except StoppedError:
        state, result = "stopped", {}
    except CannotVerifyError as error:
        fields = {name: str(value) for name, value in error.fields.items()}
        state, result = "failed", {"said": str(error), "text": error.text, "fields": fields}
    except Exception:
        log.exception("The ledger could not be made.")
        state, result = "failed", {"said": ""}
    text = json.dumps(result, ensure_ascii=False) if result else ""
    try:
        _wait(writer, lambda tx: tx.run("ledger_run_end", id=order.run, state=state, result=text,
                                        now_ms=clock.now_ms()))
    except (StoreError, RuntimeError) as error:
        log.error("What the ledger found could not be kept: %s", error)


def _wait(writer: Writer, change: Any) -> int:
    return int(writer.submit(change).result())


def _midnight(request: web.Request, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=request.app[CLINIC].zone).timestamp() * 1000)


async def runs_of(request: web.Request) -> list[Row]:
    """Return the last runs, the newest first; one of which nothing is heard any more is lost."""
    now = now_ms(request)
    runs = await read(request, lambda tx: tx.all("ledger_runs", limit=KEPT))
    silent = any(row["state"] == "running" and row["seen_ms"] < now - LOST_MS for row in runs)
    if silent and not request.app[RUNNER].busy:
        await write(request, lambda tx: tx.run("ledger_runs_lost", now_ms=now, before_ms=now - LOST_MS))
        runs = await read(request, lambda tx: tx.all("ledger_runs", limit=KEPT))
    return runs


async def _values(request: web.Request) -> dict[str, Any]:
    runs = await runs_of(request)
    return {"run": _shown(runs[0]) if runs else None, "runs": runs, "steps": STEPS, "states": STATES,
            "why": _why, "place": list(STEPS).index(runs[0]["step"]) if runs and runs[0]["step"] in STEPS else 0}


def _why(found: Mapping[str, Any] | None) -> str:
    """Say why a run could not be done, in the person's language; "" where nobody knows."""
    return told(found["text"], found["fields"]) if found and "text" in found else (found or {}).get("said", "")


def _shown(row: Row) -> Row:
    return {**row, "found": json.loads(row["result"]) if row["result"] else None}


async def _page(request: web.Request, status: int = 200, said: str = "") -> web.Response:
    room = request.app[BACKROOM]
    today = request.app[CLINIC].callbacks.hours_at("").local_day(now_ms(request))
    return admin_page(
        request, "admin_verify.html", status=status, said=said, exchanges=room.exchanges,
        can=room.verify is not None, today=today.isoformat(), yesterday=(today - timedelta(days=1)).isoformat(),
        **await _values(request),
    )  # fmt: skip


def set_up(app: web.Application) -> None:
    """Add the routes; at the end of the process a run stops."""
    app[RUNNER] = Runner()
    app.router.add_get("/admin/verify", verify_page)
    app.router.add_get("/admin/verify/progress", progress)
    app.router.add_post("/admin/verify", start)
    app.router.add_post("/admin/verify/stop", stop)

    async def ending(app: web.Application) -> AsyncIterator[None]:
        yield
        runner = app[RUNNER]
        runner.stop.set()
        if runner.task is not None:
            await asyncio.gather(runner.task, return_exceptions=True)

    app.cleanup_ctx.append(ending)
