"""`callward numbers`: the tracked numbers, which campaign each belonged to when, and numbers nobody rings back."""

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import AnyCommand, App, json_option, pass_app, plain, print_json, say
from commands.number_test import test
from commands.pool_size import pool_size
from commands.tables import page_options, say_imported, say_page, source, table_options

if TYPE_CHECKING:
    from store import Row

who_option = click.option(
    "--as", "who", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]"
)


@click.group()
def numbers() -> None:
    """Tracked numbers: which campaign each belongs to, from when to when.

    Numbers that nobody is to ring back (staff, spam, tests) are marked here, too.

    Example: callward numbers import numbers.csv
    """


numbers.add_command(test)


@numbers.command("import")
@table_options
@json_option
@pass_app
def import_(app: App, file: Path, maps: tuple[str, ...], encoding: str | None, as_json: bool) -> None:
    """Import which number belongs to which campaign, from when to when.

    Columns: did, label, source, medium, campaign, valid_from, valid_to, location, kind (static, pool,
    overflow, main), destination. Both days are included; an empty valid_to is open. A number cannot belong to two
    campaigns on one day: such a row is refused, and both are named. To end an assignment, import it again with its
    valid_to.

    Example: callward numbers import numbers.csv
    """
    from tracking.numbers import import_numbers

    with app.store() as store:
        sites = [location.name for location in app.settings.location]
        result = import_numbers(store, source(app, file, maps, encoding), locations=sites)
    say_imported(file, result, as_json=as_json)


def _assignment_options(command: AnyCommand) -> AnyCommand:
    """Add what an assignment is made of."""
    for option in (
        who_option,
        click.option("--destination", metavar="WHERE", help="The queue or extension that its calls go to."),
        click.option("--location", metavar="NAME", default="", help="The site it is for."),
        click.option("--kind", type=click.Choice(("static", "pool", "overflow", "main")), default="static",
                     show_default=True,
                     help="Printed somewhere, shown to visitors of the web site in turns, shown when the pool is "
                          "empty, or the clinic's main number."),
        click.option("--label", metavar="TEXT", default="", help="What people call it."),
        click.option("--to", "last", metavar="DAY", help="Its last day. [default: open]"),
        click.option("--from", "first", metavar="DAY", default="today", show_default=True, help="Its first day."),
    ):
        command = option(command)
    return command


@numbers.command()
@click.argument("number")
@click.option("--campaign", metavar="CAMPAIGN", help="Its number or name; only a main number may have none.")
@_assignment_options
@pass_app
def add(app: App, /, number: str, campaign: str | None, who: str, **facts: Any) -> None:
    """Give a number to a campaign.

    CAMPAIGN is its number in `callward campaigns list`, its name, or "source / medium / name". A number that belongs to
    another campaign on one of the days is refused; `callward numbers assign` moves it.

    Example: callward numbers add +48221234507 --campaign "Billboard autumn" --label "North bridge" --from 2026-12-01
    """
    _give(app, number, campaign, who, facts, moving=False)


@numbers.command()
@click.argument("number")
@click.argument("campaign")
@_assignment_options
@pass_app
def assign(app: App, /, number: str, campaign: str, who: str, **facts: Any) -> None:
    """Move a number to another campaign from a day on; where it was ends on the day before.

    Calls of the past keep their campaign. CAMPAIGN is its number in `callward campaigns list`, its name, or
    "source / medium / name".

    Example: callward numbers assign +48221234507 "Leaflets spring" --from 2027-03-01
    """
    _give(app, number, campaign, who, facts, moving=True)


def _give(app: App, number: str, campaign: str | None, who: str, facts: dict[str, Any], *, moving: bool) -> None:
    from tracking import Author
    from tracking import numbers as tracked
    from tracking.campaigns import find_campaign
    from tracking.periods import Period

    did = _e164(app, number)
    last = facts["last"] and app.day(facts["last"]).isoformat()
    period = Period(app.day(facts["first"]).isoformat(), last)
    sites = [location.name for location in app.settings.location]
    with app.store() as store, store.write() as tx:
        given = tracked.Assignment(
            did, None if campaign is None else find_campaign(tx, campaign), period, facts["label"], facts["kind"],
            facts["location"], facts["destination"],
        )  # fmt: skip
        give = tracked.move if moving else tracked.assign
        added = give(tx, given, Author(who, app.now_ms()), sites)
        row = tracked.get_assignment(tx, added)
    say(f"{did} belongs to {_whose(row)} {period} (assignment {added}).")
    _say_recompute(app, period.first)


def _say_recompute(app: App, first: str) -> None:
    """Calls that were stored before the change keep their campaign until somebody asks."""
    if first < app.day("today").isoformat():
        say(f"Calls of the past keep their campaign; `callward campaigns recompute --from {first}` shows what would "
            "change.")  # fmt: skip


@numbers.command()
@click.argument("assignment", type=int)
@click.option("--on", metavar="DAY", default="today", show_default=True, help="Its last day.")
@who_option
@pass_app
def end(app: App, assignment: int, on: str, who: str) -> None:
    """End an assignment: this day is its last. ASSIGNMENT is its id in `callward numbers list`.

    Example: callward numbers end 4 --on 2026-12-31
    """
    from tracking import Author
    from tracking.numbers import end_assignment, get_assignment

    last = app.day(on).isoformat()
    with app.store() as store, store.write() as tx:
        news = end_assignment(tx, assignment, last, Author(who, app.now_ms()))
        row = get_assignment(tx, assignment)
    said = "ends" if news else "ended already"
    say(f"{row['did']}: assignment {assignment} to {_whose(row)} {said} on {last}.")
    _say_recompute(app, last)


@numbers.command()
@click.argument("assignment", type=int)
@click.option("--because", required=True, metavar="TEXT", help="What was wrong, for those who wonder later.")
@who_option
@pass_app
def withdraw(app: App, assignment: int, because: str, who: str) -> None:
    """Take back an assignment that was a mistake, as if it had never been. To end one, use `callward numbers end`.

    Example: callward numbers withdraw 4 --because "typed the wrong number"
    """
    from tracking import Author
    from tracking.numbers import get_assignment, withdraw_assignment

    with app.store() as store, store.write() as tx:
        row = get_assignment(tx, assignment)
        withdraw_assignment(tx, assignment, because, Author(who, app.now_ms()))
    say(f"{row['did']}: assignment {assignment} is withdrawn.")
    _say_recompute(app, row["valid_from"])


@numbers.command("list")
@click.option("--on", metavar="DAY", help="Only what was valid on this day, as 2026-11-22 or today.")
@click.option("--history", metavar="NUMBER", help="All assignments of one number, and who changed what.")
@page_options
@json_option
@pass_app
def list_(app: App, on: str | None, history: str | None, limit: int, offset: int, as_json: bool) -> None:
    """List tracked numbers with their campaigns.

    Example: callward numbers list --on today
    """
    from tracking.numbers import list_numbers

    if history is not None:
        _print_history(app, _e164(app, history), as_json=as_json)
        return
    day = None if on is None else app.day(on).isoformat()
    with app.store() as store, store.read() as tx:
        rows = list_numbers(tx, on=day, limit=limit, offset=offset)
    if as_json:
        print_json([_document(row) for row in rows])
        return
    if not rows:
        say(_none(day, offset))
        return
    _print_assignments(app, rows)
    say_page(len(rows), limit, offset)


def _print_history(app: App, did: str, *, as_json: bool) -> None:
    from store.documents import iso
    from tracking.numbers import history

    with app.store() as store, store.read() as tx:
        assignments, changes = history(tx, did)
    if as_json:
        print_json({
            "assignments": [_document(row) for row in assignments],
            "changes": [{"assignment": row["assignment"], "said": row["said"], "author": row["author"],
                         "at": iso(row["at_ms"])} for row in changes],
        })  # fmt: skip
        return
    if not assignments and not changes:
        say(f"{did} has never been a tracked number.")
        return
    _print_assignments(app, assignments)
    for row in changes:
        at = app.show_time(row["at_ms"])
        say(f"{at} {plain(row['author'])}: assignment {row['assignment']} {plain(row['said'])}")


def _print_assignments(app: App, rows: "list[Row]") -> None:
    from patients.phones import display
    from tracking.campaigns import title

    shown = (
        (row["id"], display(row["did"], app.clinic.country), row["label"], title(row), row["valid_from"],
         row["valid_to"], row["kind"], row["location"], row["destination"])
        for row in rows
    )  # fmt: skip
    app.print_table(
        ("Id", "Number", "Label", "Campaign", "From", "To", "Kind", "Location", "Destination"), shown,
        spare=("Destination", "Location", "Kind", "Label"),
    )  # fmt: skip


def _document(row: "Row") -> dict[str, Any]:
    return {
        "id": row["id"], "did": row["did"], "label": row["label"], "source": row["source"], "medium": row["medium"],
        "campaign": row["campaign_name"], "valid_from": row["valid_from"], "valid_to": row["valid_to"],
        "location": row["location"] or None, "kind": row["kind"], "destination": row["destination"],
    }  # fmt: skip


def _whose(row: "Row") -> str:
    from tracking.campaigns import title

    return plain(title(row)) or "no campaign"


@numbers.command()
@click.argument("number")
@click.argument("kind", type=click.Choice(("staff", "spam", "test")))
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those who wonder later.")
@who_option
@pass_app
def mark(app: App, number: str, kind: Any, reason: str, who: str) -> None:
    """Mark a number as staff, spam or test: nobody is asked to ring it back, and its calls are in no figure.

    Its open callbacks close by hand with the reason, and its missed calls open none from now on. NUMBER may be a
    pattern: * is any digits, ? is one.

    Example: callward numbers mark "+4850020*" spam --reason "a call centre that sells windows"
    """
    from callbacks.desk import Desk
    from callbacks.marks import is_pattern, mark_pattern
    from callbacks.marks import mark as mark_number
    from wiring import callbacks_of

    like = is_pattern(number)
    marked = number if like else _e164(app, number)
    with app.store() as store, store.write() as tx:
        desk = Desk(tx, callbacks_of(app.settings, live=True), who, app.now_ms())
        closed = (mark_pattern if like else mark_number)(desk, marked, kind, reason)
    say(f"{plain(marked)} is {kind}: nobody is asked to ring it back."
        + "".join(f" Callback {callback} is closed." for callback in closed))  # fmt: skip


@numbers.command()
@click.argument("number")
@pass_app
def unmark(app: App, number: str) -> None:
    """Take the mark off a number, or off numbers like one; recent missed calls are looked at anew.

    Example: callward numbers unmark +48501000206
    """
    from callbacks.marks import is_pattern, unmark_pattern
    from callbacks.marks import unmark as unmark_number
    from wiring import callbacks_of

    marked = number if is_pattern(number) else _e164(app, number)
    with app.store() as store, store.write() as tx:
        ctx, now_ms = callbacks_of(app.settings, live=True), app.now_ms()
        take_off = unmark_pattern if is_pattern(number) else unmark_number
        opened = take_off(tx, ctx, marked, now_ms)
    say(f"{plain(marked)} is not marked any more."
        + "".join(f" Callback {callback} waits." for callback in opened))  # fmt: skip


@numbers.command()
@page_options
@json_option
@pass_app
def marked(app: App, limit: int, offset: int, as_json: bool) -> None:
    """List the numbers that nobody rings back, each with the reason.

    Example: callward numbers marked
    """
    from callbacks.marks import show_pattern
    from patients.phones import display
    from store.documents import iso

    with app.store() as store, store.read() as tx:
        rows = tx.all("number_marks", limit=limit, skip=offset)
        if not offset:
            rows = [{**row, "number": show_pattern(row["pattern"])} for row in tx.all("mark_patterns")] + rows
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


numbers.add_command(pool_size)
