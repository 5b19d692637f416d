"""What the commands that import tables share: options, a progress bar, and the account of what was done."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import AnyCommand, App, plain, print_json, say

if TYPE_CHECKING:
    from patients.rejects import Problem
    from patients.tables import Source
    from tracking.campaigns import Imported

_SHOWN = 5


def table_options(command: AnyCommand) -> AnyCommand:
    """Add the file and how to read it: `file`, `maps`, `encoding`."""
    for option in (
        click.option("--encoding", metavar="NAME", help="The file's encoding, such as cp1250. [default: found out]"),
        click.option("--map", "maps", metavar="THEIRS=OURS", multiple=True, help="What a heading of the file means."),
        click.argument("file", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def page_options(command: AnyCommand) -> AnyCommand:
    """Add `--limit` and `--offset`."""
    command = click.option("--offset", type=click.IntRange(0), default=0, help="Rows to pass over.")(command)
    return click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Rows at most.")(command)


def source(app: App, file: Path, maps: Sequence[str], encoding: str | None) -> "Source":
    """Return the file with what was said about it."""
    from patients.tables import Source

    mapping = []
    for text in maps:
        theirs, equals, ours = text.rpartition("=")
        if not (theirs and equals and ours):
            raise click.UsageError(f'--map "{text}" must be THEIRS=OURS, such as --map "Nr karty=patient_ref".')
        mapping.append((theirs.strip(), ours.strip()))
    return Source(file, app.clinic.country, encoding, tuple(mapping))


@contextmanager
def progress_bar(app: App, text: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Give a function to tell of progress (done, total; total 0 is not known); a bar is drawn on a terminal only."""
    if quiet or not app.console.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=app.console, transient=True) as bar:
        task = bar.add_task(plain(text), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


def say_problems(problems: Sequence["Problem"], count: int, rejected: Path | None) -> None:
    """Print the first problems, and where all of them are."""
    for problem in problems[:_SHOWN]:
        column = f", {problem.column}" if problem.column else ""
        say(f"  line {problem.line}{plain(column)}: {plain(problem.reason)}.")
    if count > _SHOWN:
        say(f"  and {count - _SHOWN} more.")
    if rejected is not None:
        say(f"Correct them in {plain(rejected)} and import that file.")


def say_ignored(ignored: Sequence[str]) -> None:
    """Print which columns were not used."""
    if ignored:
        names = ", ".join(f'"{plain(name[:40])}"' for name in ignored[:12])
        say(f"Columns that were not used: {names}. If one of them is needed, say what it means with --map.")


def problems_as_json(problems: Sequence["Problem"]) -> list[dict[str, Any]]:
    """Return problems for a program."""
    return [
        {"line": problem.line, "column": problem.column or None, "reason": problem.reason, "kept": problem.kept}
        for problem in problems
    ]


def say_page(shown: int, limit: int, offset: int) -> None:
    """Say how to see more when a page is full."""
    if shown == limit:
        say(f"There may be more; add --offset {offset + limit}.")


def say_imported(
    file: Path, result: "Imported", *, as_json: bool, notes: Sequence[str] = (),
    also: Mapping[str, object] | None = None,
) -> None:
    """Print what an import did; exit with 1 when rows were refused.

    `notes` are further sentences for a person, `also` further keys for a program.
    """
    if as_json:
        print_json({
            "file": str(file), "rows": result.rows, "added": result.added, "changed": result.changed,
            "unchanged": result.unchanged, "not_imported": result.not_imported,
            "first_problems": problems_as_json(result.problems),
            "rejected": None if result.rejected is None else str(result.rejected), "ignored": list(result.ignored),
            **(also or {}),
        })  # fmt: skip
    else:
        say(f"{plain(file)}: {result.rows} rows; added {result.added}, changed {result.changed}, "
            f"unchanged {result.unchanged}.")  # fmt: skip
        for note in notes:
            say(plain(note))
        say_ignored(result.ignored)
        if result.not_imported:
            say(f"Rows not imported: {result.not_imported}.")
            say_problems(result.problems, result.not_imported, result.rejected)
    if result.not_imported:
        raise click.exceptions.Exit(1)
