"""`callward listen`: one command that writes every call down."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import click

from commands import target_rule
from commands.common import App, pass_app, say

if TYPE_CHECKING:
    from pbx.calls import CallChanged
    from store import Store, Writer

_GAPS_EVERY_S = 10.0
_TURN_S = 0.001
"""So long a thread keeps the interpreter while another waits for it. Python's own 5 ms are most of what a page waits
for a card: painting, storing and sending take turns several times on the way."""
_GARBAGE = (10_000, 20, 100)
"""Python's own pace looks through everything that lives several times a minute, and nobody gets a card meanwhile: up to
190 ms were measured with two hundred consoles."""


@click.command()
@click.option("--pbx", "names", metavar="NAME", multiple=True, help="Only this exchange; may be given several times.")
@click.option("--quiet", is_flag=True, help="Do not print calls as they change.")
@pass_app
def listen(app: App, names: tuple[str, ...], quiet: bool) -> None:
    """Listen to the exchange and write down every call.

    Runs until Ctrl-C or SIGTERM. Kill it at any moment: at its next start it goes on where it was.

    Example: callward --config clinic.toml listen
    """
    run_until_stopped(app, lambda store, writer: listeners(app, store, writer, names, quiet))


def listeners(
    app: App, store: "Store", writer: "Writer", names: tuple[str, ...], quiet: bool
) -> "list[Coroutine[Any, Any, None]]":
    """Return one running listener for each exchange asked for, and what fills its gaps where it keeps records."""
    from callbacks.rounds import repeat
    from gaps import GapFiller
    from listener import Listener
    from wiring import archive_of, clinic_of, ears_of

    with store.write() as tx:
        target_rule.keep(app, tx)
    chosen = [app.pbx(name) for name in names] or app.settings.pbx
    clinic = clinic_of(app.settings, live=True)
    show = None if quiet else Printer(app)
    running = [Listener(ears_of(app.settings, pbx), store, writer, clinic, show).run() for pbx in chosen]
    past, never = clinic_of(app.settings), asyncio.Event()
    archives = [archive_of(app.settings, pbx) for pbx in chosen if pbx.cel or pbx.cdr]
    return running + [repeat(GapFiller(store, past, archive), app.now_ms, never, _GAPS_EVERY_S) for archive in archives]


def run_until_stopped(app: App, jobs: Any) -> None:
    """Run coroutines until one fails or somebody stops us; then let each put its things away."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.setswitchinterval(_TURN_S)
    gc.freeze()  # what is loaded by now stays
    gc.set_threshold(*_GARBAGE)
    with app.store() as store:
        writer = store.writer()
        try:
            asyncio.run(_gather(jobs(store, writer)))
        finally:
            writer.close()


async def _gather(jobs: "list[Coroutine[Any, Any, None]]") -> None:
    loop = asyncio.get_running_loop()
    tasks = [asyncio.ensure_future(job) for job in jobs]

    def stop() -> None:
        for task in tasks:
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await asyncio.gather(*tasks)
    except asyncio.CancelledError:
        pass
    finally:
        for task in tasks:
            if not task.cancelling():  # who was told already is putting things away
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Printer:
    """Prints each call once it is over, with masked numbers: terminals are seen by many."""

    def __init__(self, app: App) -> None:
        """Take the clock of the clinic."""
        self._app = app

    def __call__(self, change: "CallChanged") -> None:
        """Print a line for a call that ended."""
        from patients.phones import masked

        call = change.call
        if call.ended_ms is None:
            return
        who = masked(call.party) if call.kind == "patient" else call.extension or ""
        line = [self._app.show_time(call.started_ms, "%H:%M:%S"), call.direction, who, call.outcome or ""]
        if call.queue:
            line.append(f"queue {call.queue}")
        if call.answered_by and call.direction == "inbound":
            line.append(f"by {call.answered_by}")
        line.append(f"waited {call.wait_ms / 1000:.0f} s, talked {call.talk_ms / 1000:.0f} s")
        say("  ".join(line))
