"""`callward demo`: a newcomer without a PBX sees the product work."""

import asyncio
import shutil
import signal
import sys
from collections import Counter
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.web import Application
    from rich.console import Console
    from rich.progress import Progress

    from demo.country import Country
    from demo.show import History, Wanted
    from pbx.telephones import Telephones
    from settings import Settings
    from store import Store, Writer

_FOLDER = Path("demo-clinic")
_PLAIN_WIDTH = 160
_PAGE = 500
_CLOSED = {"reached": "reached by us", "returned": "rang again and were answered", "booked": "booked",
           "expired": "given up after several attempts", "manual": "closed by hand"}


@click.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=_FOLDER, show_default=True,
              help="Where everything is written.")
@click.option("--lang", metavar="LANG", help="The clinic's country, by its language: pl, es, ru or en. [default: pl]",
              envvar="DEMO_LANG")
@click.option("--days", type=click.IntRange(1, 400), default=90, show_default=True, help="Days of history.")
@click.option("--speed", type=click.FloatRange(0.5, 50), default=3.0, show_default=True,
              help="How many times as fast as life the live day passes.")
@click.option("--seconds", type=click.FloatRange(0), metavar="N", help="End the live day after so long.")
@click.option("--browse", is_flag=True, help="Open the receptionist's page in the browser.")
@click.option("--keep", is_flag=True, help="Leave the folder there at the end, to look around in it.")
def demo(folder: Path, lang: str | None, **options: Any) -> None:
    """Show the product at work, without a PBX.

    Makes an invented clinic with months of calls behind it, then plays a working day: a simulated Asterisk, the real
    listener, the console with a login for each role, callers and a receptionist who rings back. Everything stays on
    this machine. Ctrl-C stops it and removes what it made.

    \b
    Example:
      callward demo
      DEMO_LANG=es callward demo --speed 20
    """
    from demo.country import country_of, language_of

    try:
        country = country_of(language_of(lang))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    say(f"Callward demo: {country.name}, an invented clinic in {folder}.")
    sys.stdout.flush()
    # Until the demo has its own handlers, a request to stop is an interrupt like Ctrl-C: nothing was made yet.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _run(folder, country, options)
    except KeyboardInterrupt:
        say("Stopped.")


def _run(folder: Path, country: "Country", options: dict[str, Any]) -> None:
    from rich.console import Console

    from commands.calls import outcome_words
    from demo.folder import SETTINGS, DemoError
    from demo.show import Stagehands, Wanted, run

    console = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    wanted = Wanted(folder, country, **options)
    with _Preparing(console, wanted.days) as prepared:
        def begin(settings: "Settings", history: "History") -> None:
            prepared.done()
            _begin(console, settings, wanted, history)
            _invite(console, history, wanted)

        hands = Stagehands(
            console, outcome_words, prepared, _console_of(folder / SETTINGS), begin,
            lambda store, settings: _end(console, store, settings, wanted),
        )
        try:
            asyncio.run(run(wanted, hands))
        except DemoError as error:
            raise click.ClickException(str(error)) from None
    kept = f"Everything is still in {folder}." if wanted.keep else f"{folder} was removed; --keep would leave it there."
    say(f"The demo is over. {kept}")


def _console_of(config: Path) -> "Callable[[Store, Writer, Telephones], Application]":
    """Return what makes the console, as `callward serve` has it."""
    from commands.common import App
    from commands.web import application_of, dialler_of

    return lambda store, writer, phones: application_of(App(config), store, writer, dialler_of(phones))


class _Preparing(AbstractContextManager["_Preparing"]):
    """Shows how far the history is: a bar on a terminal, else a few lines."""

    def __init__(self, console: "Console", days: int) -> None:
        self._console = console
        self._what = f"Preparing {days} days of calls"
        self._quarters = -1
        self._bar: Progress | None = None
        self._task: Any = None

    def __call__(self, part: float) -> None:
        if self._console.is_terminal:
            if self._bar is None:
                self._begin()
            assert self._bar is not None
            self._bar.update(self._task, completed=part)
        elif self._quarters < 0:
            self._quarters = 0
            self._console.print(f"{self._what} …")
        elif int(part * 4) > self._quarters:
            self._quarters = int(part * 4)
            self._console.print(f"{self._what}: {self._quarters * 25} %")

    def _begin(self) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._bar = Progress(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=self._console,
                             transient=True)
        self._task = self._bar.add_task(self._what, total=1.0)
        self._bar.start()

    def done(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def __exit__(self, *_: object) -> None:
        self.done()


def _begin(console: "Console", settings: "Settings", wanted: "Wanted", history: "History") -> None:
    """Say what runs, what to try, and how to stop."""
    pbx, country = settings.pbx[0], wanted.country
    command = f"{_program()} --config {wanted.folder / 'callward.toml'}"
    surname = country.words["women_surnames"][0]
    ending = "Ctrl-C" + (f", or {wanted.seconds:g} seconds" if wanted.seconds is not None else "")
    lines = [
        "",
        "What runs",
        f"  history    {history.told} calls of the last {wanted.days} days, each folded from recorded AMI",
        f"  Asterisk   simulated on 127.0.0.1:{pbx.port}; plays recorded calls, {wanted.speed:g} times as fast as life",
        f"  listener   the real one; writes what it hears into {wanted.folder / settings.store.url}",
        f"  reception  {country.staff[0]} rings back, by click-to-call, who has waited longest",
        f"  console    on 127.0.0.1:{settings.web.port}, for this machine only",
        "What to try meanwhile, in another terminal",
        f"  {command} calls list",
        f"  {command} callbacks list",
        f"  {command} patients find {surname.split()[0].lower()}",
        f"  {command} report sources --period 30d",
        *([f"  {command} journey {history.won}"] if history.won else []),
        f"How to stop: {ending}.",
        "",
    ]
    for line in lines:
        console.print(line, soft_wrap=True, style="bold" if line and not line.startswith(" ") else None)


_TRY = {
    "receptionist": "pick up the phone when it rings, note a topic; take who was missed, and ring",
    "manager": "see what was lost, open it to its calls; pull the plug",
    "marketer": "see which advertisement made the phone ring, without a single name",
}


def _invite(console: "Console", history: "History", wanted: "Wanted") -> None:
    """Print the links, where nobody overlooks them."""
    import webbrowser

    console.print("Open these in your browser, side by side if you like; each signs in once", style="bold")
    for login in history.logins:
        console.print(f"  {login.role:<12} {login.url}", soft_wrap=True, style="bold cyan")
        console.print(f"  {'':<12} {login.name}: {_TRY[login.role]}", soft_wrap=True)
        if login.role == "manager" and history.won:
            page = f"{login.url.partition('/enter/')[0]}/patients/{history.won}"
            console.print(f"  {'':<12} then, from a click to a paid visit: {page}", soft_wrap=True)
    console.print()
    if wanted.browse:
        webbrowser.open(history.logins[0].url)


def _end(console: "Console", store: "Store", settings: "Settings", wanted: "Wanted") -> None:
    """Print the report of sources and what became of the callbacks."""
    from datetime import timedelta

    from reports import sources, terminal
    from reports.period import Period

    today = datetime.now(UTC).astimezone(settings.clinic.zone).date()
    with store.read() as tx:
        result = sources.report(tx, Period(today - timedelta(days=wanted.days), today))
        states: Counter[str] = Counter()
        skip = 0
        while rows := tx.all("callbacks_all_list", now_ms=0, limit=_PAGE, skip=skip):
            states.update(row["closed_why"] if row["state"] == "closed" else "open" for row in rows)
            skip += len(rows)
    console.print()
    for table in terminal.to_tables(result, console.width):
        console.print(table)
    closed = ", ".join(f"{states[why]} {words}" for why, words in _CLOSED.items() if states[why])
    console.print(f"Callbacks: {states.total()} opened; {closed}; {states['open']} still to ring.")


def _program() -> str:
    """Return how this program is called from where we are."""
    given = Path(sys.argv[0])
    if given.name != "callward":
        return f"{Path(sys.executable).name} -m callward"
    found = shutil.which("callward")
    return "callward" if found and Path(found).resolve() == given.resolve() else str(given)


