"""`callward callbacks`: who is still to be rung back, and who is doing it."""

import getpass
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import AnyCommand, App, json_option, pass_app, plain, print_json, say, write_private

if TYPE_CHECKING:
    from callbacks.desk import Desk
    from store import Row, Tx

EMPTY = (
    "Nobody waits to be rung back. A caller who is not answered turns up here as soon as the call ends; "
    "`callward callbacks list --all` shows the closed ones, `callward doctor` whether calls come in at all."
)
EMPTY_ALL = "There are no callbacks yet: no call was missed since `callward listen` began to write calls down."
_MINUTE_MS = 60_000
_WEEK_MS = 7 * 86_400_000


def as_option(command: AnyCommand) -> AnyCommand:
    """Add `--as NAME`, given to the function as `who`; the login name if not given."""
    return click.option("--as", "who", metavar="NAME", default=_login, show_default="your login name",
                        help="Who you are.")(command)


def id_argument(command: AnyCommand) -> AnyCommand:
    """Add the callback's id."""
    return click.argument("callback", metavar="ID", type=click.IntRange(1, 2**63 - 1))(command)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.UsageError("Your login has no name here; say who you are with --as NAME.") from None


@contextmanager
def _desk(app: App, who: str) -> Iterator["Desk"]:
    """Open the store and one write transaction for what `who` does now."""
    from callbacks.desk import Desk
    from wiring import callbacks_of

    name = " ".join(who.split())
    if not name:
        raise click.UsageError("The name is empty; say who you are with --as NAME.")
    ctx = callbacks_of(app.settings, live=True)
    with app.store() as store, store.write() as tx:
        yield Desk(tx, ctx, name, app.now_ms())


@click.group()
def callbacks() -> None:
    """Ring back the callers who were not answered.

    Example: callward callbacks list
    """


@callbacks.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones too, the newest first.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many to show.")
@click.option("--skip", type=click.IntRange(0), default=0, help="How many to leave out before: the next page.")
@click.option("--format", "form", type=click.Choice(("table", "csv", "json", "ics")), default="table",
              show_default=True, help="How to print it; ics is for a calendar.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead.")
@json_option
@pass_app
def list_(app: App, everything: bool, limit: int, skip: int, form: str, out: Path | None, as_json: bool) -> None:
    """List who is to be rung back, first things first.

    As ics each callback is a task with its due time, for any calendar program; it names nobody but the number.

    Example: callward callbacks list --format ics --out callbacks.ics
    """
    form = "json" if as_json else form
    if out and form == "table":
        raise click.UsageError("A table is for the terminal; add --format csv, json or ics to --out.")
    now = app.now_ms()
    with app.store() as store, store.read() as tx:
        # One more than is shown, to know whether there is another page.
        rows = _rows(tx, everything, now, (limit + 1, skip))
        if form != "table":
            _deliver(_written(app, tx, rows[:limit], form), out)
            return
        names = {row["number"]: ", ".join(_patients(tx, row["number"])) for row in rows[:limit]}
        hidden = tx.value("callbacks_withheld", since=now - _WEEK_MS)
    _print(app, rows[:limit], names, now, everything)
    if len(rows) > limit:
        say(f"There are more; add --skip {skip + limit} for the next page.")
    if hidden:
        say(f"Besides, {hidden} missed in the last 7 days with a withheld number: nobody can ring them back.")


@callbacks.command()
@id_argument
@json_option
@pass_app
def show(app: App, callback: int, as_json: bool) -> None:
    """Show one callback: every missed call, attempt and comment, and the call that closed it.

    Example: callward callbacks show 12
    """
    from callbacks.errors import NoSuchCallback
    from store.documents import callback_documents

    with app.store() as store, store.read() as tx:
        row = tx.one("callback_get", id=callback)
        if row is None:
            raise NoSuchCallback(callback)
        [document] = callback_documents(tx, [row])
        parts = tx.all("callback_parts", callback=callback)
        comments = tx.all("callback_comments", callback=callback)
        names = ", ".join(_patients(tx, row["number"]))
    if as_json:
        print_json(document)
        return
    _print_story(app, row, names, [*parts, *comments])


@callbacks.command()
@id_argument
@as_option
@pass_app
def claim(app: App, callback: int, who: str) -> None:
    """Take a callback, so that one person rings.

    Example: callward callbacks claim 12 --as anna
    """
    with _desk(app, who) as desk:
        until = desk.claim(callback)
        quiet_until = desk.quiet_until(callback)
    say(f"Callback {callback} is yours until {app.show_time(until, '%H:%M')}, and longer while you ring.")
    if quiet_until is not None:
        say(f"These are quiet hours: ring from {app.show_time(quiet_until)} on.")


@callbacks.command()
@id_argument
@as_option
@pass_app
def release(app: App, callback: int, who: str) -> None:
    """Give back a callback that you took.

    Example: callward callbacks release 12 --as anna
    """
    with _desk(app, who) as desk:
        desk.release(callback)
    say(f"Callback {callback} is free again.")


@callbacks.command("hand-over")
@id_argument
@click.argument("to", metavar="PERSON")
@as_option
@pass_app
def hand_over(app: App, callback: int, to: str, who: str) -> None:
    """Give a callback that you took to somebody else.

    Example: callward callbacks hand-over 12 piotr --as anna
    """
    with _desk(app, who) as desk:
        until = desk.hand_over(callback, " ".join(to.split()))
    say(f"Callback {callback} is {plain(to)}'s until {app.show_time(until, '%H:%M')}, and longer while they ring.")


@callbacks.command()
@id_argument
@click.argument("text")
@as_option
@pass_app
def comment(app: App, callback: int, text: str, who: str) -> None:
    """Write a comment on a callback.

    Example: callward callbacks comment 12 "Mornings only, please" --as anna
    """
    with _desk(app, who) as desk:
        desk.comment(callback, text)
    say(f"The comment stands on callback {callback}.")


@callbacks.command()
@id_argument
@click.option("--reason", required=True, metavar="TEXT", help="Why nobody needs to ring.")
@as_option
@pass_app
def close(app: App, callback: int, reason: str, who: str) -> None:
    """Close a callback by hand, with a reason.

    Example: callward callbacks close 12 --reason "Wrote an e-mail" --as anna
    """
    with _desk(app, who) as desk:
        desk.close(callback, reason)
    say(f"Callback {callback} is closed.")


@callbacks.command()
@id_argument
@click.option("--until", required=True, metavar="TIME", help='A day, or a time as "2026-11-23 14:30".')
@as_option
@pass_app
def snooze(app: App, callback: int, until: str, who: str) -> None:
    """Put a callback off; a further call of the caller ends that.

    Example: callward callbacks snooze 12 --until "2026-11-23 14:30"
    """
    until_ms = app.moment_ms(until)
    with _desk(app, who) as desk:
        desk.snooze(callback, until_ms)
    say(f"Callback {callback} sleeps until {app.show_time(until_ms)}.")


@callbacks.command()
@id_argument
@click.argument("said", type=click.Choice(("spoke", "voicemail", "wrong")))
@as_option
@pass_app
def confirm(app: App, callback: int, said: Any, who: str) -> None:
    """Say what a short talk was: spoke with them, voicemail, or a wrong person.

    Example: callward callbacks confirm 12 voicemail
    """
    with _desk(app, who) as desk:
        desk.confirm(callback, said)
    told = {
        "spoke": "stays closed", "voicemail": "is open again, and the call counts as an attempt",
        "wrong": "is closed: the number is not the caller's",
    }  # fmt: skip
    say(f"Callback {callback} {told[said]}.")


@callbacks.command()
@id_argument
@as_option
@pass_app
def reopen(app: App, callback: int, who: str) -> None:
    """Open a closed callback again, due now.

    Example: callward callbacks reopen 12 --as anna
    """
    with _desk(app, who) as desk:
        desk.reopen(callback)
    say(f"Callback {callback} is open again.")


def _written(app: App, tx: "Tx", rows: list["Row"], form: str) -> str:
    from callbacks.calendar import Calendar, to_ics
    from callbacks.listing import COLUMNS, flat
    from store.documents import callback_documents

    if form == "ics":
        return to_ics(rows, Calendar(app.clinic.name, app.clinic.languages[0], app.now_ms()))
    documents = callback_documents(tx, rows)
    if form == "json":
        return json.dumps(documents, ensure_ascii=False, indent=1) + "\n"
    from reports.export import csv_of

    return csv_of(COLUMNS, map(flat, documents))


def _deliver(text: str, out: Path | None) -> None:
    data = text.encode("utf-8", "backslashreplace")
    if out is None:
        click.echo(data, nl=False)
        return
    write_private(out, data)
    say(f"{plain(out)}: written; only you can read it.")


_ROLES = {"missed": "they rang, missed", "attempt": "we rang", "closing": "this call closed it"}


def _print_story(app: App, row: "Row", names: str, events: list["Row"]) -> None:
    from patients.phones import display

    say(f"Callback {row['id']}: {display(row['number'], app.clinic.country)}, {due_in_words(row, app.now_ms())}")
    facts = {
        "patients": names, "location": row["location"], "claimed by": row["claimed_by"], "note": _note(row),
        "due": app.show_time(row["due_ms"]) if row["state"] != "closed" else None, "closed by": row["closed_by"],
    }  # fmt: skip
    for name, value in facts.items():
        if value:
            say(f"  {name:12} {plain(value)}")
    for event in sorted(events, key=lambda event: (event["at_ms"], "body" in event)):
        if "body" in event:
            what = f"{event['author']}: {event['body']}"
        else:
            by = f" by {event['person']}" if event["person"] else ""
            outcome = f": {event['outcome'].replace('_', ' ')}" if event["outcome"] else ""
            what = f"{_ROLES[event['role']]}{by}{outcome} (call {event['call']})"
        say(f"  {app.show_time(event['at_ms'])}  {plain(what)}")
    if row["closed_ms"] is not None:
        say(f"  {app.show_time(row['closed_ms'])}  closed: {row['closed_why']}")


def _rows(tx: "Tx", everything: bool, now_ms: int, page: tuple[int, int]) -> list["Row"]:
    limit, skip = page
    if everything:
        return tx.all("callbacks_all_list", limit=limit, skip=skip)
    return tx.all("callbacks_open_list", now_ms=now_ms, limit=limit, skip=skip)


def _patients(tx: "Tx", number: str) -> list[str]:
    return [row["name"] for row in tx.all("callback_patients", number=number)]


def _print(app: App, rows: list["Row"], names: dict[str, str], now_ms: int, everything: bool) -> None:
    from patients.phones import display

    region = app.clinic.country
    columns: dict[str, Callable[[Row], object]] = {
        "ID": lambda row: row["id"],
        "Due": lambda row: due_in_words(row, now_ms),
        "Number": lambda row: display(row["number"], region),
        "Missed": lambda row: "asked" if row["kind"] == "request" else f"×{row['misses']}",
        "Tried": lambda row: f"×{row['attempts']}" if row["attempts"] else "",
        "Campaign": _campaign,
        "Patients": lambda row: names[row["number"]],
        "Claimed by": lambda row: row["claimed_by"] if (row["claimed_until_ms"] or 0) > now_ms else "",
        "Note": _note,
    }
    cells = [[write(row) for write in columns.values()] for row in rows]
    app.print_table(list(columns), cells, EMPTY_ALL if everything else EMPTY, spare=("Campaign", "Tried", "Missed"))


def _note(row: "Row") -> str:
    expected = "expected today" if row["state"] != "closed" and row["appointment_on"] else None
    return "; ".join(filter(None, (row["reason"], expected)))


def _campaign(row: "Row") -> str:
    if row["campaign"] is None:
        return ""
    parts = (row["campaign_source"], row["campaign_medium"], row["campaign_name"])
    return " / ".join(part for part in parts if part)


def due_in_words(row: "Row", now_ms: int) -> str:
    """Say when a callback is due as seen at `now_ms`: "due in 5 min", "overdue 1 h", "asleep for 2 d", "reached"."""
    if row["state"] == "closed":
        return f"{row['closed_why']}, unconfirmed" if row["unconfirmed_until_ms"] is not None else row["closed_why"]
    snoozed = row["snoozed_until_ms"]
    if snoozed is not None and snoozed > now_ms:
        return f"asleep for {length_in_words(snoozed - now_ms)}"
    away = row["due_ms"] - now_ms
    if abs(away) < _MINUTE_MS:
        return "due now"
    return f"due in {length_in_words(away)}" if away > 0 else f"overdue {length_in_words(-away)}"


def length_in_words(ms: int) -> str:
    """Write a length of time in its largest unit: "5 min", "3 h", "2 d"."""
    minutes = ms // _MINUTE_MS
    if minutes < 60:
        return f"{max(minutes, 1)} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"
