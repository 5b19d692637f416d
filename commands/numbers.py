"""`callward numbers`: the tracked numbers, and which campaign each belonged to when."""

from pathlib import Path

import click

from commands.common import App, json_option, pass_app, print_json, say
from commands.tables import page_options, say_imported, say_page, source, table_options


@click.group()
def numbers() -> None:
    """Import and list tracked numbers.

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
        result = import_numbers(store, source(app, file, maps, encoding))
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
    app.print_table(("Number", "Label", "Campaign", "From", "To", "Kind", "Location", "Destination"), shown)
    say_page(len(rows), limit, offset)


def _none(day: str | None, offset: int) -> str:
    if offset:
        return "There are no more."
    if day is not None:
        return f"No number was assigned on {day}; `callward numbers list` shows all of them."
    return "There are no tracked numbers yet; import them with `callward numbers import FILE`."
