"""`callward backfill`: calls out of Asterisk's own records, for the times when nobody listened."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from filling import Archive, Filled, Period

MOST_COMPLAINTS = 20


@click.command()
@click.option("--from", "from_", metavar="TIME", required=True, help="From when on: a day, or a time of the clinic.")
@click.option("--to", "to", metavar="TIME", default="now", show_default=True, help="Until when: a day is included.")
@click.option("--pbx", "pbx_name", metavar="NAME", help="The exchange, when there are several.")
@click.option("--cel", metavar="PATH|URL", help="Its CEL; the default is cel in [[pbx]].")
@click.option("--cdr", metavar="PATH|URL", help="Its CDR; the default is cdr in [[pbx]].")
@click.option("--queue-log", metavar="PATH|URL", help="Its queue_log; the default is queue_log in [[pbx]].")
@click.option("--again", is_flag=True, help="Go over all of it once more, instead of on from where it stopped.")
@json_option
@pass_app
def backfill(app: App, from_: str, to: str, pbx_name: str | None, cel: str | None, cdr: str | None,
             queue_log: str | None, again: bool, as_json: bool) -> None:
    """Fill in calls from Asterisk's CEL, CDR and queue_log.

    A source is a file (plain or gzipped) or a database: sqlite:///path, mysql://user:password@host/asteriskcdrdb or
    postgresql://user:password@host/name, with ?table=NAME when the table is not called cel, cdr or queue_log.

    Calls that were seen whole are not touched, the others are completed. Nothing is sent. Stopped and run again, it
    goes on where it was; doing it twice changes nothing.

    Example: callward backfill --from 2025-01-01 --cel mysql://reader@localhost/asteriskcdrdb
    """
    from filling import Filling, Period
    from filling import backfill as backfill_all
    from wiring import clinic_of

    period = Period(*app.period_ms(from_, to))
    archive = archive_of(app, pbx_name, cel, cdr, queue_log)
    complain = Complaints()
    with app.store() as store, _progress(app, period, quiet=as_json) as progress:
        try:
            how = Filling(app.now_ms(), complain, progress, resume=True, again=again)
            filled = backfill_all(store, clinic_of(app.settings), archive, period, how)
        except KeyboardInterrupt:
            raise click.ClickException("Stopped; run the same command again and it goes on from here.") from None
    complain.rest()
    if as_json:
        print_json(_summary(filled))
    else:
        bad = f" {filled.rows.bad} rows could not be read." if filled.rows.bad else ""
        say(f"{filled.calls} calls in {filled.rows.read} rows: {filled.new} new, {filled.completed} completed, "
            f"{filled.known} as they were.{bad}")


def archive_of(
    app: App, pbx_name: str | None, cel: str | None, cdr: str | None, queue_log: str | None
) -> "Archive":
    """Return the records of an exchange: those of the settings, or those that were given, relative to where we are."""
    import wiring

    def at(given: str | None, otherwise: str | None) -> str | None:
        if given is None:
            return otherwise
        return given if "://" in given else str(Path(given).resolve())

    archive = wiring.archive_of(app.settings, app.pbx(pbx_name))
    return replace(archive, cel=at(cel, archive.cel), cdr=at(cdr, archive.cdr),
                   queue_log=at(queue_log, archive.queue_log))


class Complaints:
    """Prints what is wrong with rows, the first ones, and counts the others."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count = 0

    def __call__(self, sentence: str) -> None:
        """Take one."""
        self.count += 1
        if self.count <= MOST_COMPLAINTS:
            click.echo(sentence.encode("utf-8", "backslashreplace").decode(), err=True)

    def rest(self) -> None:
        """Say how many were not printed."""
        if self.count > MOST_COMPLAINTS:
            click.echo(f"… and {self.count - MOST_COMPLAINTS} more rows.", err=True)


@contextmanager
def _progress(app: App, period: "Period", *, quiet: bool) -> "Iterator[Callable[[Filled], None] | None]":
    import sys

    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
               TimeRemainingColumn())
    until = min(period.to_ms, app.now_ms())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=max(1, until - period.from_ms))

        def show(filled: "Filled") -> None:
            day = app.show_time(min(filled.now_ms, until), "%Y-%m-%d")
            bar.update(task, completed=filled.now_ms - period.from_ms, description=f"{day}, {filled.calls} calls")

        yield show


def _summary(filled: "Filled") -> dict[str, int]:
    return {"rows": filled.rows.read, "bad_rows": filled.rows.bad, "calls": filled.calls, "new": filled.new,
            "completed": filled.completed, "known": filled.known}
