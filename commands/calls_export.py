"""`callward calls export`: calls as a file, row by row."""

import getpass
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from commands.common import App, pass_app, plain, say

if TYPE_CHECKING:
    from reports.period import Period
    from reports.raw import Form
    from store import Store

_FORMS = ("csv", "jsonl", "xlsx")


@click.command()
@click.option("--from", "start", metavar="DAY", required=True, help="First local day, as 2026-11-01.")
@click.option("--to", "end", metavar="DAY", help="Last local day, included. Today if not given.")
@click.option("--format", "form", type=click.Choice(_FORMS), default="csv", show_default=True, help="Kind of file.")
@click.option("--role", type=click.Choice(("manager", "marketer")), default="manager", show_default=True,
              help="Whose view it is: a marketer's has callers as keyed hashes and no name.")
@click.option("--lang", type=click.Choice(("en", "pl", "ru", "es")),
              help="The language of the heads; without it they are ids.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Write to this file.")
@pass_app
def export(
    app: App, start: str, end: str | None, form: str, role: str, lang: str | None, out: Path
) -> None:
    """Write calls to a file, the newest first, in the clinic's time.

    Years of calls fit in little memory. No spreadsheet takes a cell for a formula. It is written into the audit log.

    Example: callward calls export --from 2026-11-01 --to 2026-11-30 --format xlsx --out november.xlsx
    """
    from reports.period import between
    from reports.raw import COUNTED, FULL, lines, write_xlsx

    period = between(start, end, datetime.fromtimestamp(app.now_ms() / 1000, UTC), app.zone)
    columns = FULL if role == "manager" else COUNTED
    with app.store() as store:
        key = _noted(app, store, f"{period} {form} {role}")
        told = _Counted(_rows(app, store, period, key if role == "marketer" else None))
        if form == "xlsx":
            write_xlsx(out, told, columns, lang)
        else:
            with out.open("wb") as file:
                file.writelines(lines(told, columns, cast("Form", form), lang))
    say(f"{plain(out)}: {told.count} {'call' if told.count == 1 else 'calls'}, {period}.")


class _Counted:
    """Pages, and how many rows they had."""

    def __init__(self, pages: Iterator[list[dict[str, Any]]]) -> None:
        self._pages, self.count = pages, 0

    def __iter__(self) -> "_Counted":
        return self

    def __next__(self) -> list[dict[str, Any]]:
        page = next(self._pages)
        self.count += len(page)
        return page


def _noted(app: App, store: "Store", detail: str) -> str:
    """Write the export into the audit log; return the key of hashed callers."""
    from reports.raw import caller_key
    from web.audit import Actor, Deed, note

    who = Actor(getpass.getuser(), None, "command line", app.now_ms())
    with store.write() as tx:
        note(tx, who, Deed("exported", "calls", "", detail))
        return caller_key(tx)


def _rows(app: App, store: "Store", period: "Period", key: str | None) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of rows: with a key those that figures count, callers hashed by it; else all, as they are."""
    from reports.raw import ROWS, counted, full
    from web.calls_files import behind, read_pages
    from web.calls_filter import Filter, log

    if key is not None:
        for page in read_pages(store, lambda tx, place: behind(tx, period, place)):
            yield [counted(row, app.zone, key) for row in page]
        return
    chosen = Filter(start=period.start.isoformat(), end=period.end.isoformat()).params(app.zone)
    for page in read_pages(store, lambda tx, place: log(tx, chosen, place, ROWS)):
        yield [full(row, app.zone) for row in page]
