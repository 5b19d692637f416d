"""`callward dialplan`: write the include for Asterisk's extensions.conf, and check that it is still right."""

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from commands.common import App, json_option, pass_app, print_json, say

if TYPE_CHECKING:
    from dialplan import TrackedNumber

_MOST = 1_000_000  # every number there is
_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.group()
def dialplan() -> None:
    """Generate and check the dialplan of the tracked numbers.

    Example: callward dialplan generate --default-context from-trunk --out callward-inbound.conf
    """


@dialplan.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of printing.")
@click.option("--on", "day", default="today", metavar="DAY", help="The numbers tracked on this day. [default: today]")
@click.option("--default-context", metavar="NAME",
              help="Context of the numbers that are not tracked, and of tracked ones without a destination.")
@click.option("--internal-context", metavar="NAME", default="from-internal", show_default=True,
              help="Context of the clinic's extensions.")
@click.option("--outbound-context", metavar="NAME", default="from-internal", show_default=True,
              help="Context in which a phone's call to the outside begins.")
@pass_app
def generate(
    app: App, out: Path | None, day: str, default_context: str | None, internal_context: str, outbound_context: str
) -> None:  # fmt: skip
    """Write the dialplan of the tracked numbers, to be included in extensions.conf.

    Each number keeps its DID in a variable that every channel of the call inherits, announces its campaign by its id,
    and goes to its destination. The head of the file says how to include it.

    Example: callward dialplan generate --default-context from-trunk --out callward-inbound.conf
    """
    from dialplan.generate import Options
    from dialplan.generate import generate as written

    numbers = _numbers(app, day)
    text = written(numbers, Options(default_context, internal_context, outbound_context))
    if out is None:
        say(text.removesuffix("\n"))
        return
    new = out.with_name(out.name + ".new")  # Asterisk never reads half a file
    new.write_text(text, "utf-8")
    new.replace(out)
    say(f"{out}: {len(numbers)} tracked number{'' if len(numbers) == 1 else 's'}; its head says how to include it.")


@dialplan.command()
@click.argument("file", type=_FILE)
@click.option("--on", "day", default="today", metavar="DAY", help="The numbers tracked on this day. [default: today]")
@click.option("--against", type=_FILE, multiple=True,
              help="The clinic's own extensions.conf, queues.conf, ...: contexts and queues are looked up there.")
@click.option("--asterisklint", "lint", is_flag=True,
              help="Print the remarks of asterisklint too, if it is installed. They decide nothing.")
@json_option
@pass_app
def check(app: App, file: Path, day: str, against: tuple[Path, ...], lint: bool, as_json: bool) -> None:
    """Check a generated dialplan: sound lines, jumps that arrive, every tracked number in it and no other.

    The exit status is 1 when something is wrong.

    Example: callward dialplan check callward-inbound.conf --against extensions.conf --against queues.conf
    """
    from dialplan.check import check as problems_of
    from dialplan.check import sections_of

    sections = frozenset[str]().union(*(sections_of(_text(path)) for path in against)) if against else None
    problems = problems_of(_text(file), _numbers(app, day), sections)
    remarks = _remarks(file) if lint else []
    if as_json:
        found = [{"line": problem.line or None, "text": problem.text} for problem in problems]
        print_json({"file": str(file), "problems": found, "remarks": remarks})
    else:
        for problem in problems:
            say(f"{file}: {problem}")
        for remark in remarks:
            say(f"asterisklint: {remark}")
        if not problems:
            say(f"{file}: in order.")
    if problems:
        raise click.exceptions.Exit(1)


def _numbers(app: App, day: str) -> "list[TrackedNumber]":
    """Read the numbers tracked on a local day."""
    from dialplan import TrackedNumber
    from tracking.numbers import list_numbers

    with app.store() as store, store.read() as tx:
        rows = list_numbers(tx, on=app.day(day).isoformat(), limit=_MOST)
    return [TrackedNumber(row["did"], row["label"], row["campaign"], row["destination"]) for row in rows]


def _text(path: Path) -> str:
    """Read a configuration file; a byte that is no UTF-8 cannot be in what we look for."""
    return path.read_text("utf-8", errors="replace")


def _remarks(file: Path) -> list[str]:
    """Run asterisklint on the file. It does not see the clinic's own contexts, so its word is no more than advice."""
    program = shutil.which("asterisklint")
    if program is None:
        return ["is not installed; `pip install asterisklint` in an environment of its own and put it on the PATH."]
    done = subprocess.run(  # noqa: S603 (a fixed program; the path is one argument)
        [program, "dialplan-check", "--", str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    return [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
