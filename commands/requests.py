"""`callward requests`: who asked on the web site to be rung back."""

import click

from commands.common import App, json_option, pass_app, print_json, say
from commands.tables import page_options, say_page


@click.group()
def requests() -> None:
    """Follow who asked on the web site to be rung back.

    Each request that was taken is a callback of kind request; one that was refused says why, and keeps no number.

    Example: callward requests list
    """


@requests.command("list")
@page_options
@json_option
@pass_app
def list_(app: App, limit: int, offset: int, as_json: bool) -> None:
    """List requests, the newest first, with their source and what became of them.

    Example: callward requests list --limit 20
    """
    from patients.phones import display
    from store.documents import iso
    from tracking.campaigns import title

    with app.store() as store, store.read() as tx:
        rows = tx.all("requests_list", limit=limit, skip=offset)
    campaigns = [
        None if row["campaign_source"] is None else
        title({"source": row["campaign_source"], "medium": row["campaign_medium"], "name": row["campaign_name"]})
        for row in rows
    ]  # fmt: skip
    if as_json:
        print_json([
            {"at": iso(row["at_ms"]), "callback": row["callback"], "number": row["number"], "state": row["state"],
             "closed_why": row["closed_why"], "refused": row["refused"] or None, "site": row["site"],
             "page": row["page"], "campaign": campaign, "language": row["language"], "consent": row["consent"]}
            for row, campaign in zip(rows, campaigns, strict=True)
        ])  # fmt: skip
        return
    shown = (
        (app.show_time(row["at_ms"]), row["callback"], display(row["number"], app.clinic.country) if row["number"]
         else None, row["refused"] or row["closed_why"] or row["state"], f"{row['site']}{row['page']}", campaign)
        for row, campaign in zip(rows, campaigns, strict=True)
    )  # fmt: skip
    app.print_table(("At", "Callback", "Number", "State", "Page", "Campaign"), shown, spare=("Page", "Campaign"),
                    empty="Nobody has asked yet; docs/website.md says how to put the form on the site.")
    say_page(len(rows), limit, offset)


@requests.command()
@pass_app
def on(app: App) -> None:
    """Take requests again after a burst switched the form off.

    Example: callward requests on
    """
    from callbacks.requests import switch_on

    with app.store() as store, store.write() as tx:
        was_off = switch_on(tx, app.now_ms())
    say("Requests are taken again." if was_off else "Requests are taken; nothing was switched off.")
