"""What every command shares: the settings, the store, the console, JSON, times in the clinic's zone, and failures.

This module is imported before `--help` is printed: it imports nothing heavy. Settings, store and console are imported
by the first command that asks for them.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

if TYPE_CHECKING:
    from rich.console import Console

    from settings import Clinic, Pbx, Settings
    from store import Store

AnyCommand = TypeVar("AnyCommand", bound=Callable[..., Any])

EXPECTED = {
    "settings": ("SettingsError",),
    "store": ("StoreError",),
    "patients": ("PatientsError",),
    "tracking": ("TrackingError",),
    "callbacks.errors": ("CallbacksError",),
    "dialplan.numbers": ("DialplanError",),
    "notify": ("NotifyError",),
    "reports": ("ReportsError",),
    "pbx.journal": ("JournalError",),
    "pbx.link": ("LinkError",),
    "pbx.backfill.rows": ("BackfillError",),
    "commands.ami": ("AmiError",),
    "listener": ("ListenerError",),
    "web.users": ("UsersError",),
    "web.api.tokens": ("TokensError",),
}
"""Failures that a person can put right: module to exception classes. Their text is the whole message."""


class App:
    """What a command needs of the outside, each thing opened when first asked for."""

    def __init__(self, config: Path) -> None:
        """Remember where the settings lie; nothing is read yet."""
        self.config = config

    @cached_property
    def settings(self) -> "Settings":
        """Return the settings; raises settings.SettingsError."""
        from settings import load

        return load(self.config)

    @property
    def clinic(self) -> "Clinic":
        """Return `[clinic]`: name, country, zone, hours."""
        return self.settings.clinic

    @property
    def zone(self) -> ZoneInfo:
        """Return the clinic's time zone: times are read and shown in it."""
        return self.settings.clinic.zone

    @cached_property
    def console(self) -> "Console":
        """Return the terminal. No markup: what is printed comes from outside."""
        from rich.console import Console

        return Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 160)

    @contextmanager
    def store(self) -> Iterator["Store"]:
        """Open the clinic's store, and close it again; raises store.StoreError."""
        from store import open_store

        store = open_store(self.settings.store_url)
        try:
            yield store
        finally:
            store.close()

    def pbx(self, name: str | None = None) -> "Pbx":
        """Return the PBX called `name`, or the only one."""
        known = {pbx.name: pbx for pbx in self.settings.pbx}
        if name is None and len(known) == 1:
            return self.settings.pbx[0]
        if name not in known:
            raise click.UsageError(f"Name one of the clinic's exchanges with --pbx: {', '.join(known)}.")
        return known[name]

    def now_ms(self) -> int:
        """Return the time, once: a command takes it at its start and passes it on."""
        return int(time.time() * 1000)

    def day(self, text: str) -> date:
        """Read a day of the clinic: 2026-11-22, today, yesterday."""
        today = datetime.now(self.zone).date()
        words = {"today": today, "yesterday": today - timedelta(days=1)}
        if text in words:
            return words[text]
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise click.UsageError(f'"{text}" is not a day; write 2026-11-22, today or yesterday.') from None

    def moment_ms(self, text: str, *, end: bool = False) -> int:
        """Read a time of the clinic, in ms since the epoch.

        A time without a zone is the clinic's; a day alone is its first moment or, with `end`, the first one after it.
        """
        if text == "now":
            return self.now_ms()
        if len(text) > len("2026-11-22"):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise click.UsageError(f'"{text}" is not a time; write 2026-11-22 or "2026-11-22 14:30".') from None
        else:
            day = self.day(text)
            moment = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        if not 1970 <= moment.year < 9999:
            raise click.UsageError(f'"{text}" is too far away; write a day like 2026-11-22.')
        if end and len(text) <= len("2026-11-22"):
            moment += timedelta(days=1)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).timestamp() * 1000)

    def period_ms(self, start: str, end: str) -> tuple[int, int]:
        """Read a period of the clinic: its first ms, and the first one after it."""
        from_ms, to_ms = self.moment_ms(start), self.moment_ms(end, end=True)
        if from_ms >= to_ms:
            raise click.UsageError(f"The period ends ({end}) before it starts ({start}); swap the two.")
        return from_ms, to_ms

    def show_time(self, ms: int | None, form: str = "%Y-%m-%d %H:%M") -> str:
        """Write a time as the clinic's clock shows it, "" for none."""
        return "" if ms is None else datetime.fromtimestamp(ms / 1000, self.zone).strftime(form)

    def print_table(
        self, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "Nothing.",
        spare: Sequence[str] = (),
    ) -> None:
        """Print rows under headings, or the sentence `empty`. Cells may hold text from outside.

        On a narrow terminal the columns of `spare` go, the first one first, and nothing that stays is cut: ids and
        numbers are there to be copied.
        """
        from rich import box
        from rich.table import Table

        cells = [[plain(cell) for cell in row] for row in rows]
        if not cells:
            self.console.print(empty)
            return
        left_out = _too_wide(columns, cells, spare, self.console.width)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        kept = [place for place, name in enumerate(columns) if name not in left_out]
        for place in kept:
            table.add_column(columns[place], overflow="fold")
        for row in cells:
            table.add_row(*(row[place] for place in kept))
        self.console.print(table)
        if left_out:
            self.console.print(f"A wider terminal also shows: {', '.join(left_out)}.")


def _too_wide(columns: Sequence[str], cells: list[list[str]], spare: Sequence[str], width: int) -> list[str]:
    """Return the headings of `spare` that have to go for the rest to fit into `width`."""
    from rich.cells import cell_len

    needs = {name: max(cell_len(text) for text in (name, *(row[place] for row in cells))) + 3
             for place, name in enumerate(columns)}
    left_out: list[str] = []
    for name in spare:
        if sum(needs.values()) - 1 <= width:
            break
        del needs[name]
        left_out.append(name)
    return [name for name in columns if name in left_out]


pass_app = click.make_pass_decorator(App)


def json_option(command: AnyCommand) -> AnyCommand:
    """Add `--json`, given to the function as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for a program to read.")(command)


def print_json(value: object) -> None:
    r"""Print one JSON document in UTF-8. Bytes that were not UTF-8 (lone surrogates) are written as \udc80."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    click.echo(text.encode("utf-8", "backslashreplace"), nl=False)


def plain(value: object) -> str:
    """Return text that is safe on a terminal: no control characters, no escapes, no invalid bytes. None is ""."""
    text = "" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def write_private(path: Path, data: bytes) -> None:
    """Write a file that holds numbers or names: for its owner only, from its first byte on, whatever was there."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
    part.replace(path)


def say(text: str = "") -> None:
    """Print a line for a person."""
    click.echo(text)


def expected(error: BaseException) -> bool:
    """Say whether `error` is a failure that its text explains, rather than a fault of the program."""
    if isinstance(error, OSError):
        return True
    for module, names in EXPECTED.items():
        loaded = sys.modules.get(module)
        classes = tuple(getattr(loaded, name) for name in names if hasattr(loaded, name))
        if isinstance(error, classes):
            return True
    return False


def sentence(error: BaseException) -> str:
    """Return what to print for an expected failure."""
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}."
    return str(error)
