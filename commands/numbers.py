"""`callward numbers`: the tracked numbers, which campaign each belonged to when, and numbers nobody rings back."""

import getpass
from pathlib import Path
from typing import Any

import click

from commands.common import App, json_option, pass_app, print_json, say
from commands.tables import page_options, say_imported, say_page, source, table_options


@click.group()
def numbers() -> None:
    """Import and list tracked numbers.

    Numbers that nobody is to ring back (staff, spam, tests) are marked here, too.

    Example: callward numbers import numbers.csv
    """


@numbers.command("import")
@table_options
@json_option
@pass_app
def import_(app: App, file: Path, maps: tuple[str, ...], encoding: str | None, as_json: bool) -> None:
    """Import which number belongs to which campaign, from when to when.

    Columns: did, label, source, medium, campaign, valid_from, valid_to, location, kind (static, pool, main),
    destination. Both days are included; an empty valid_to is open. A number cannot belong to two campaigns on one day:
    such a row is refused, and both are named. To end an assignment, import it again with its valid_to.

    Example: callward numbers import numbers.csv
    """
    from tracking.numbers import import_numbers

    with app.store() as store:
        sites = [location.name for location in app.settings.location]
        result = import_numbers(store, source(app, file, maps, encoding), locations=sites)
    say_imported(file, result, as_json=as_json)


@numbers.command("list")
@click.option("--on", metavar="DAY", help="Only what was valid on this day, as 2026-11-22 or today.")
@page_options
@json_option
@pass_app
def list_(app: App, on: str | None, limit: int, offset: int, as_json: bool) -> None:
    """List tracked numbers with their campaigns.

    Example: callward numbers list --on today
    """
    from patients.phones import display
    from tracking.campaigns import title
    from tracking.numbers import list_numbers

    day = None if on is None else app.day(on).isoformat()
    with app.store() as store, store.read() as tx:
        rows = list_numbers(tx, on=day, limit=limit, offset=offset)
    if as_json:
        print_json([
            {"did": row["did"], "label": row["label"], "source": row["source"], "medium": row["medium"],
             "campaign": row["campaign_name"], "valid_from": row["valid_from"], "valid_to": row["valid_to"],
             "location": row["location"] or None, "kind": row["kind"], "destination": row["destination"]}
            for row in rows
        ])  # fmt: skip
        return
    if not rows:
        say(_none(day, offset))
        return
    shown = (
        (display(row["did"], app.clinic.country), row["label"], title(row), row["valid_from"], row["valid_to"],
         row["kind"], row["location"], row["destination"])
        for row in rows
    )  # fmt: skip
    app.print_table(
        ("Number", "Label", "Campaign", "From", "To", "Kind", "Location", "Destination"), shown,
        spare=("Destination", "Location", "Kind", "Label"),
    )  # fmt: skip
    say_page(len(rows), limit, offset)


@numbers.command()
@click.argument("number")
@click.argument("kind", type=click.Choice(("staff", "spam", "test")))
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those who wonder later.")
@click.option("--as", "who", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]")
@pass_app
def mark(app: App, number: str, kind: Any, reason: str, who: str) -> None:
    """Mark a number as staff, spam or test: nobody is asked to ring it back.

    Its open callbacks close by hand with the reason, and its missed calls open none from now on.

    Example: callward numbers mark +48501000206 staff --reason "Dr Maj's mobile"
    """
    from callbacks.desk import Desk
    from callbacks.marks import mark as mark_number
    from wiring import callbacks_of

    marked = _e164(app, number)
    with app.store() as store, store.write() as tx:
        desk = Desk(tx, callbacks_of(app.settings, live=True), who, app.now_ms())
        closed = mark_number(desk, marked, kind, reason)
    say(f"{marked} is {kind}: nobody is asked to ring it back."
        + "".join(f" Callback {callback} is closed." for callback in closed))  # fmt: skip


@numbers.command()
@click.argument("number")
@pass_app
def unmark(app: App, number: str) -> None:
    """Take the mark off a number; its recent missed calls are looked at anew.

    Example: callward numbers unmark +48501000206
    """
    from callbacks.marks import unmark as unmark_number
    from wiring import callbacks_of

    marked = _e164(app, number)
    with app.store() as store, store.write() as tx:
        opened = unmark_number(tx, callbacks_of(app.settings, live=True), marked, app.now_ms())
    say(f"{marked} is not marked any more."
        + "".join(f" Callback {callback} waits." for callback in opened))  # fmt: skip


@numbers.command()
@page_options
@json_option
@pass_app
def marked(app: App, limit: int, offset: int, as_json: bool) -> None:
    """List the numbers that nobody rings back, each with the reason.

    Example: callward numbers marked
    """
    from patients.phones import display
    from store.documents import iso

    with app.store() as store, store.read() as tx:
        rows = tx.all("number_marks", limit=limit, skip=offset)
    if as_json:
        print_json([
            {"number": row["number"], "kind": row["kind"], "reason": row["reason"], "author": row["author"],
             "at": iso(row["at_ms"])}
            for row in rows
        ])  # fmt: skip
        return
    shown = (
        (display(row["number"], app.clinic.country), row["kind"], row["reason"], row["author"],
         app.show_time(row["at_ms"]))
        for row in rows
    )  # fmt: skip
    app.print_table(("Number", "Kind", "Reason", "By", "At"), shown, empty="No number is marked.")
    say_page(len(rows), limit, offset)


def _e164(app: App, text: str) -> str:
    from patients.phones import e164

    number = e164(text, app.clinic.country)
    if number is None:
        raise click.UsageError(f'"{text}" is not a telephone number; write it as +48501000206.')
    return number


def _none(day: str | None, offset: int) -> str:
    if offset:
        return "There are no more."
    if day is not None:
        return f"No number was assigned on {day}; `callward numbers list` shows all of them."
    return "There are no tracked numbers yet; import them with `callward numbers import FILE`."
