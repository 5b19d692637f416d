"""`callward campaigns`: the campaigns, and what they cost."""

from pathlib import Path

import click

from commands.common import App, json_option, pass_app, print_json, say
from commands.tables import page_options, say_imported, say_page, source, table_options


@click.group()
def campaigns() -> None:
    """Import and list campaigns.

    Example: callward campaigns import spend.csv
    """


@campaigns.command("import")
@table_options
@json_option
@pass_app
def import_(app: App, file: Path, maps: tuple[str, ...], encoding: str | None, as_json: bool) -> None:
    """Import campaigns and what they cost, by day or by month.

    Columns: date (2026-09-05) or month (2026-09), source, medium, campaign, cost, currency. A row without a cost only
    makes the campaign known. The same period again replaces its cost.

    Example: callward campaigns import spend.csv
    """
    from tracking.campaigns import import_campaigns

    with app.store() as store:
        result = import_campaigns(store, source(app, file, maps, encoding))
    say_imported(file, result, as_json=as_json)


@campaigns.command("list")
@page_options
@json_option
@pass_app
def list_(app: App, limit: int, offset: int, as_json: bool) -> None:
    """List campaigns with how many numbers they have and what they cost.

    Example: callward campaigns list
    """
    from tracking.campaigns import from_minor, list_campaigns

    with app.store() as store, store.read() as tx:
        rows = list_campaigns(tx, limit=limit, offset=offset)
    if as_json:
        print_json([
            {"id": row["id"], "source": row["source"], "medium": row["medium"], "campaign": row["name"],
             "numbers": row["numbers"], "costs": [
                 {"currency": cost["currency"], "cost": from_minor(cost["cost_minor"], cost["currency"]).split()[0],
                  "cost_minor": cost["cost_minor"], "periods": cost["periods"]} for cost in row["costs"]]}
            for row in rows
        ])  # fmt: skip
        return
    if not rows:
        none = "There are no campaigns yet; import them with `callward campaigns import FILE`, or with their numbers."
        say("There are no more." if offset else none)
        return
    shown = (
        (row["source"], row["medium"], row["name"], row["numbers"],
         ", ".join(from_minor(cost["cost_minor"], cost["currency"]) for cost in row["costs"]))
        for row in rows
    )  # fmt: skip
    app.print_table(("Source", "Medium", "Campaign", "Numbers", "Cost"), shown)
    say_page(len(rows), limit, offset)
