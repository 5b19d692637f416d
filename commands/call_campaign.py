"""`callward calls why`, `attribute` and `mark`: which campaign a call belongs to, and whether it counts at all."""

import getpass
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, plain, print_json, say

if TYPE_CHECKING:
    from store import Row, Tx


@click.command()
@click.argument("call_id", metavar="ID")
@json_option
@pass_app
def why(app: App, call_id: str, as_json: bool) -> None:
    """Say which campaign a call belongs to, and why.

    Example: callward calls why 1795309246.157
    """
    from tracking.attribute import why as explain

    with app.store() as store, store.read() as tx:
        row = find_call(tx, call_id)
        sentences = explain(tx, row["pbx"], row["id"], app.zone)
    if as_json:
        print_json(sentences)
        return
    for line in sentences:
        say(plain(line))


@click.command()
@click.argument("call_id", metavar="ID")
@click.option("--campaign", metavar="CAMPAIGN", help="Its number, its name, or \"source / medium / name\".")
@click.option("--none", "none", is_flag=True, help="It belongs to no campaign.")
@click.option("--undo", is_flag=True, help="Take back what was said last.")
@click.option("--because", metavar="TEXT", default="", help="Why, for those who wonder later.")
@click.option("--as", "author", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]")
@pass_app
def attribute(
    app: App, call_id: str, campaign: str | None, none: bool, undo: bool, because: str, author: str
) -> None:
    """Say which campaign a call belongs to; it stands above every rule, and can be taken back.

    Later calls that go by this one, such as our callback, follow it.

    Example: callward calls attribute 1795309246.157 --campaign "Billboard autumn" --because "she said so"
    """
    from tracking import Author, corrections
    from tracking.attribute import why as explain
    from tracking.campaigns import find_campaign
    from tracking.recompute import redecide_with_later

    if [campaign is not None, none, undo].count(True) != 1:
        raise click.UsageError("Say either --campaign CAMPAIGN, --none or --undo.")
    who = Author(author, app.now_ms())
    with app.store() as store, store.write() as tx:
        row = find_call(tx, call_id)
        if undo:
            corrections.undo(tx, row, who)
        else:
            chosen = None if campaign is None else find_campaign(tx, campaign)
            corrections.correct(tx, row, chosen, because, who)
        changes = redecide_with_later(tx, row, who.now_ms, app.settings.tracking.returning_days)
        sentences = explain(tx, row["pbx"], row["id"], app.zone)
    for line in sentences:
        say(plain(line))
    later = sum(1 for change in changes if (change.pbx, change.call) != (row["pbx"], row["id"]))
    if later:
        say(f"Later calls that follow it: {later}.")


@click.command()
@click.argument("call_id", metavar="ID")
@click.argument("kind", type=click.Choice(("staff", "spam", "test", "none")))
@click.option("--reason", metavar="TEXT", default="", help="Why, for those who wonder later.")
@click.option("--as", "author", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]")
@pass_app
def mark(app: App, call_id: str, kind: Any, reason: str, author: str) -> None:
    """Mark one call as staff, spam or test: it is in no figure and owes no callback; "none" takes the mark off.

    To mark everything that a number rings, use `callward numbers mark`.

    Example: callward calls mark 1795309246.157 test --reason "the installer rang"
    """
    from callbacks import marks
    from callbacks.desk import Desk
    from wiring import callbacks_of

    now_ms, ctx = app.now_ms(), callbacks_of(app.settings, live=True)
    with app.store() as store, store.write() as tx:
        row = find_call(tx, call_id)
        if kind == "none":
            marks.unmark_call(tx, ctx, row, now_ms)
        else:
            marks.mark_call(Desk(tx, ctx, author, now_ms), row, kind, reason)
    say(f"{row['id']} counts again." if kind == "none" else f"{row['id']} is {kind}: it is in no figure.")


def find_call(tx: "Tx", call_id: str) -> "Row":
    """Return the call with this id, bare or `pbx:id`."""
    pbx, colon, bare = call_id.partition(":")
    rows = tx.all("calls_by_id", id=bare if colon else call_id)
    rows = [row for row in rows if not colon or row["pbx"] == pbx]
    if not rows:
        raise click.ClickException(f'There is no call "{call_id}"; `callward calls list` shows their ids.')
    if len(rows) > 1:
        names = ", ".join(f"{row['pbx']}:{row['id']}" for row in rows)
        raise click.ClickException(f'Several exchanges have a call "{call_id}"; write one of {names}.')
    return rows[0]
