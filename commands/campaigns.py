"""`callward campaigns`: the campaigns, and what they cost."""

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import AnyCommand, App, json_option, pass_app, print_json, say
from commands.tables import page_options, progress_bar, say_imported, say_page, source, table_options

if TYPE_CHECKING:
    from store import Row, Store, Tx
    from tracking import Author
    from tracking.recompute import Change
    from tracking.spend import Costs, Unmatched


@click.group()
def campaigns() -> None:
    """Campaigns: their names, promises and costs.

    Example: callward campaigns import spend.csv
    """


@campaigns.command("import")
@table_options
@json_option
@pass_app
def import_(app: App, file: Path, maps: tuple[str, ...], encoding: str | None, as_json: bool) -> None:
    """Import campaigns and what they cost, by day or by month.

    Columns: date (2026-09-05) or month (2026-09), source, medium, campaign, cost, currency; content, location and
    promise, if you have them. A row without a cost only makes the campaign known. The same period again replaces its
    cost. For a file that an advertising platform made, use `callward campaigns costs`.

    Example: callward campaigns import spend.csv
    """
    from tracking.campaigns import import_campaigns

    with app.store() as store:
        result = import_campaigns(store, source(app, file, maps, encoding))
    say_imported(file, result, as_json=as_json)


def _facts(command: AnyCommand) -> AnyCommand:
    """Add what may be said of a campaign."""
    for option in (
        click.option("--promise", metavar="TEXT", help="What the advertisement promises: the receptionist sees it."),
        click.option("--location", metavar="NAME", help="The site it is for."),
        click.option("--content", metavar="TEXT", help="Which of its advertisements, as utm_content."),
    ):
        command = option(command)
    return command


@campaigns.command()
@click.argument("source_", metavar="SOURCE")
@click.argument("medium")
@click.argument("name", default="")
@_facts
@pass_app
def add(app: App, /, source_: str, medium: str, name: str, **facts: str | None) -> None:
    """Add a campaign, named by source, medium and name as in utm links.

    Example: callward campaigns add billboard offline "Billboard autumn" --promise "First visit free until Friday"
    """
    from tracking.campaigns import Campaign, add_campaign

    said = {what: value for what, value in facts.items() if value is not None}
    with app.store() as store, store.write() as tx:
        added = add_campaign(tx, Campaign(source_, medium, name, **said), _sites(app))
        matched = _match_spend(tx)
    say(f"Campaign {added} is added.{matched}")


@campaigns.command()
@click.argument("campaign")
@click.option("--source", metavar="TEXT", help="Another source.")
@click.option("--medium", metavar="TEXT", help="Another medium.")
@click.option("--name", metavar="TEXT", help="Another name.")
@_facts
@pass_app
def edit(app: App, /, campaign: str, **facts: str | None) -> None:
    """Change what a campaign is called, or what it promises; an empty text takes a promise away.

    CAMPAIGN is its number in `callward campaigns list`, its name, or "source / medium / name". Its calls, numbers and
    costs stay its own.

    Example: callward campaigns edit "Billboard autumn" --promise "First visit free until 15 December"
    """
    from dataclasses import replace

    from tracking.campaigns import edit_campaign, find_campaign, get_campaign

    said = {what: value for what, value in facts.items() if value is not None}
    if not said:
        raise click.UsageError("Say what is to change, such as --promise TEXT.")
    with app.store() as store, store.write() as tx:
        found = find_campaign(tx, campaign)
        news = edit_campaign(tx, found, replace(get_campaign(tx, found), **said), _sites(app))
        matched = _match_spend(tx)
    say(f"Campaign {found} is changed.{matched}" if news else f"Campaign {found} was so already.")


@campaigns.command()
@click.argument("campaign")
@click.argument("period")
@click.argument("amount")
@click.option("--currency", metavar="CODE", help="Three letters. [default: that of the campaign's other costs]")
@pass_app
def cost(app: App, campaign: str, period: str, amount: str, currency: str | None) -> None:
    """Say what a campaign cost on a day (2026-09-05) or in a month (2026-09); "none" as AMOUNT takes a cost away.

    The cost of a month is spread over its days where a report needs days.

    Example: callward campaigns cost "Billboard autumn" 2026-09 12000 --currency PLN
    """
    from tracking.campaigns import Cost, find_campaign, from_minor, read_period, set_cost, to_minor

    when = read_period(period, app.clinic.country)
    with app.store() as store, store.write() as tx:
        found = find_campaign(tx, campaign)
        known = tx.all("campaign_cost_totals", campaign=found)
        code = (currency or (known[0]["currency"] if len(known) == 1 else "")).upper()
        if amount == "none":
            gone = set_cost(tx, found, None, when)
            say(f"The cost of {when} is taken away." if gone else f"There was no cost of {when}.")
            return
        if len(code) != 3 or not code.isalpha() or not code.isascii():
            raise click.UsageError("Say which currency with --currency, such as --currency PLN.")
        try:
            minor = to_minor(amount, code)
        except ValueError as error:
            raise click.UsageError(f"{error}.") from None
        set_cost(tx, found, Cost(when, minor, code), when)
    say(f"Campaign {found} cost {from_minor(minor, code)} {'on' if len(when) > 7 else 'in'} {when}.")


@campaigns.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--platform", default="auto", show_default=True, help="Who made the file.",
              type=click.Choice(("auto", "google_ads", "microsoft_ads", "meta_ads", "yandex_direct")))
@click.option("--map", "maps", metavar="THEIRS=OURS", multiple=True,
              help="Which campaign of ours theirs is: its number or name. Said once, it is remembered.")
@click.option("--account", metavar="NAME", default="", help="Which of several accounts on one platform.")
@click.option("--currency", metavar="CODE", help="The currency, when the file does not name it.")
@click.option("--encoding", metavar="NAME", help="The file's encoding, such as utf-16. [default: found out]")
@click.option("--as", "who", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]")
@json_option
@pass_app
def costs(
    app: App, file: Path, platform: str, maps: tuple[str, ...], account: str, currency: str | None,
    encoding: str | None, who: str, as_json: bool,
) -> None:  # fmt: skip
    """Import what campaigns cost from a platform's own export file, as it was downloaded.

    Google Ads, Microsoft Advertising, Meta Ads and Yandex Direct, in any of their languages that we know. A campaign of
    theirs is ours when the two are called the same, or when --map says so; spend of others is kept and shown. A file
    that tells days again replaces them.

    Example: callward campaigns costs "Campaign report.csv" --map "PL | Search | Implants=Implants"
    """
    from tracking import Author
    from tracking.exports import Wanted
    from tracking.spend import import_costs

    by = Author(who, app.now_ms())
    wanted = Wanted(file, app.clinic.country, app.day("today").isoformat(), None if platform == "auto" else platform,
                    currency, encoding)  # fmt: skip
    with app.store() as store:
        with progress_bar(app, "Costs", quiet=as_json) as progress:
            result = import_costs(store, wanted, by, account, progress)
        if maps:
            result = _still(result, _mapped(store, result.platform, maps, by))
    _say_costs(file, result, as_json=as_json)


def _mapped(store: "Store", platform: str, maps: tuple[str, ...], who: "Author") -> "list[Unmatched]":
    """Note which campaigns of the platform are which of ours; return what is still nobody's."""
    from tracking.campaigns import find_campaign
    from tracking.spend import map_spend, match_spend

    with store.write() as tx:
        for text in maps:
            theirs, equals, ours = text.rpartition("=")
            if not (theirs and equals and ours):
                raise click.UsageError(f'--map "{text}" must be THEIRS=OURS, such as --map "PL Search=Implants".')
            map_spend(tx, platform, theirs.strip(), find_campaign(tx, ours), who)
        return match_spend(tx, platform)


def _still(result: "Costs", left: "list[Unmatched]") -> "Costs":
    """Return the account of an import with what is still nobody's."""
    from dataclasses import replace

    still = {(one.name, one.currency) for one in left}
    return replace(result, unmatched=tuple(one for one in result.unmatched if (one.name, one.currency) in still))


def _say_costs(file: Path, result: "Costs", *, as_json: bool) -> None:
    from tracking.campaigns import from_minor
    from tracking.exports import PLATFORMS

    left = [
        {"name": one.name, "cost": from_minor(one.minor, one.currency), "from": one.first, "to": one.last,
         "why": one.why} for one in result.unmatched
    ]  # fmt: skip
    total = from_minor(result.minor, result.currencies[0]) if len(result.currencies) == 1 else "several currencies"
    say_imported(
        file, result.table, as_json=as_json, also={"platform": result.platform, "unmatched": left},
        notes=[
            f"{PLATFORMS[result.platform]}: {total}." if result.currencies else "Nothing was spent.",
            *(["Rows were left out; correct them in the file, and import all of it again."]
              if result.table.not_imported else []),
            *(f'Nobody\'s: "{one["name"]}", {one["cost"]}. {one["why"]}' for one in left),
        ],
    )  # fmt: skip


@campaigns.command("list")
@click.option("--from", "start", metavar="DAY", help="Costs from this day on. [default: all costs]")
@click.option("--to", "end", metavar="DAY", default="today", show_default=True, help="Costs up to this day.")
@page_options
@json_option
@pass_app
def list_(app: App, start: str | None, end: str, limit: int, offset: int, as_json: bool) -> None:
    """List campaigns with how many numbers they have and what they cost.

    With --from only what was spent in the period counts; a cost of a month is spread over its days.

    Example: callward campaigns list --from 2026-11-01
    """
    from tracking.campaigns import from_minor, list_campaigns
    from tracking.exports import PLATFORMS
    from tracking.spend import period_costs, unmatched_spend

    with app.store() as store, store.read() as tx:
        rows = list_campaigns(tx, limit=limit, offset=offset)
        last_page = len(rows) < limit
        period = (app.day(start).isoformat(), app.day(end).isoformat()) if start else ("0000-01-01", "9999-12-31")
        left = unmatched_spend(tx, *period) if last_page else []
        if start:
            spent = period_costs(tx, *period)
            rows = [{**row, "costs": spent.get(row["id"], [])} for row in rows]
    if as_json:
        print_json([*map(_document, rows), *map(_nobodys, left)])
        return
    if not rows and not left:
        none = "There are no campaigns yet; import them with `callward campaigns import FILE`, or with their numbers."
        say("There are no more." if offset else none)
        return
    shown = (
        (row["id"], row["source"], row["medium"], row["name"], row["numbers"],
         ", ".join(from_minor(cost["cost_minor"], cost["currency"]) for cost in row["costs"]), row["promise"])
        for row in rows
    )  # fmt: skip
    nobodys = (
        ("", PLATFORMS[row["platform"]], "(nobody's)", row["name"], "", from_minor(row["cost_minor"], row["currency"]),
         "")
        for row in left
    )  # fmt: skip
    app.print_table(("Id", "Source", "Medium", "Campaign", "Numbers", "Cost", "Promise"), [*shown, *nobodys],
                    spare=("Promise",))
    if left:
        say("Spend of the last rows belongs to no campaign of ours; `callward campaigns costs FILE --map THEIRS=OURS` "
            "says whose it is.")  # fmt: skip
    say_page(len(rows), limit, offset)


def _document(row: "Row") -> dict[str, Any]:
    from tracking.campaigns import from_minor

    return {
        "id": row["id"], "source": row["source"], "medium": row["medium"], "campaign": row["name"],
        "content": row["content"], "location": row["location"], "promise": row["promise"] or None,
        "numbers": row["numbers"], "costs": [
            {"currency": cost["currency"], "cost": from_minor(cost["cost_minor"], cost["currency"]).split()[0],
             "cost_minor": cost["cost_minor"], "periods": cost["periods"]} for cost in row["costs"]],
    }  # fmt: skip


@campaigns.command()
@click.option("--from", "start", metavar="DAY", help="Calls from this day on. [default: all]")
@click.option("--to", "end", metavar="DAY", default="today", show_default=True, help="Calls up to the end of this day.")
@click.option("--apply", "store_it", is_flag=True, help="Store what changes; without it nothing is.")
@json_option
@pass_app
def recompute(app: App, start: str | None, end: str, store_it: bool, as_json: bool) -> None:
    """Decide again which campaign calls belong to, after assignments or settings were corrected.

    Shows what would change, and stores it with --apply. What a person said about a call stays. It can be stopped at any
    time; run again, it goes on.

    Example: callward campaigns recompute --from 2026-09-01
    """
    from tracking import recompute as again
    from tracking.campaigns import titles

    from_ms, to_ms = app.period_ms(start, end) if start else (0, app.moment_ms(end, end=True))
    span, days = again.Span(from_ms, to_ms), app.settings.tracking.returning_days
    with app.store() as store, progress_bar(app, "Deciding", quiet=as_json) as progress:
        if store_it:
            changes = list(again.apply(store, span, days, app.now_ms(), progress))
        else:
            changes = list(again.differences(store, span, days, progress))
        with store.read() as tx:
            names = titles(tx)
    if as_json:
        print_json({"stored": store_it, "changes": [
            {"call": f"{one.pbx}:{one.call}", "day": one.local_day,
             "before": {"rule": one.before[0], "campaign": one.before[1]} if one.before else None,
             "after": {"rule": one.after[0], "campaign": one.after[1]}} for one in changes]})
        return
    _say_changes(app, changes, names, stored=store_it)


def _say_changes(app: App, changes: "Sequence[Change]", names: dict[int, str], *, stored: bool) -> None:
    """Print how many calls go from where to where, and the first of them."""
    def told(of: tuple[str, int | None] | None) -> str:
        return "(not decided)" if of is None else names.get(of[1] or 0, "(none)")

    moves: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        moves.setdefault((told(change.before), told(change.after)), []).append(change)
    app.print_table(
        ("From", "To", "Calls", "First", "Last", "For example"),
        ((*way, len(some), some[0].local_day, some[-1].local_day, some[0].call)
         for way, some in sorted(moves.items(), key=lambda move: -len(move[1]))),
        empty="Nothing changes: every call belongs where it is.", spare=("For example", "Last"),
    )  # fmt: skip
    if changes:
        same = sum(1 for change in changes if not change.moves)
        if same:
            say(f"{same} of them keep their campaign; only the rule is another.")
        say(f"{len(changes)} calls are stored anew." if stored else
            f"{len(changes)} calls would change; nothing is stored. Add --apply to store it.")


def _nobodys(row: "Row") -> dict[str, Any]:
    from tracking.campaigns import from_minor

    return {
        "id": None, "source": row["platform"], "medium": None, "campaign": row["name"], "content": None,
        "location": None, "promise": None, "numbers": 0, "costs": [
            {"currency": row["currency"], "cost": from_minor(row["cost_minor"], row["currency"]).split()[0],
             "cost_minor": row["cost_minor"], "periods": None}],
    }  # fmt: skip


def _match_spend(tx: "Tx") -> str:
    """Join spend that was nobody's to the campaign, if it is called so now; return a sentence about it, or ""."""
    from tracking.spend import match_spend, unmatched_spend

    before = len(unmatched_spend(tx))
    now = len(match_spend(tx)) if before else 0
    return f" Spend of {before - now} campaigns of the platforms is its own now." if now < before else ""


def _sites(app: App) -> list[str]:
    return [location.name for location in app.settings.location]
