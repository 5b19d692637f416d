"""`callward conversions`: what ad platforms are told of calls, and why of others not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, plain, print_json, say, write_private
from commands.tables import page_options, say_page

if TYPE_CHECKING:
    from notify.edge import Edge
    from store import Row
    from tracking.conversions.handing import Files
    from tracking.conversions.ledger import Desk
    from tracking.conversions.outgoing import Outgoing, Send
    from tracking.conversions.rules import Line

_NAMES = {"google": "Google Ads", "microsoft": "Microsoft Advertising", "yandex": "Yandex.Metrica", "ga4": "GA4"}
_GOALS = {"booked": "booking", "call": "call"}


@click.group()
def conversions() -> None:
    """Tell ad platforms which clicks became calls and visits.

    Only the click's own id leaves, with a neutral name, a time and a value: never a number or a name. Nothing is told
    twice, neither by file nor by request.

    Example: callward conversions export --platform google --to google.csv
    """


@conversions.command()
@click.option("--platform", required=True, type=click.Choice(["google", "microsoft", "yandex"]), help="Whose file.")
@click.option("--to", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--again", metavar="BATCH", type=int, help="Write the file of this batch once more, as it was.")
@click.option("--dry-run", is_flag=True, help="Say what would be in it, write nothing.")
@json_option
@pass_app
def export(app: App, platform: str, path: Path, again: int | None, dry_run: bool, as_json: bool) -> None:
    """Write the file that a platform takes; bookings that were cancelled since go into a second file beside it.

    What is written counts as told. Upload the file, or let the platform fetch it.

    Example: callward conversions export --platform google --to google.csv
    """
    from tracking.conversions import handing

    desk, files = _desk(app), _files(app, platform, path)
    with app.store() as store:
        if dry_run:
            _preview(app, desk, platform, as_json=as_json)
            return
        if again is not None:
            written, reasons = [handing.export_again(store, again, files)], {}
        else:
            written, found = handing.export(store, desk, files)
            reasons = dict(found.reasons)
    if as_json:
        print_json({"files": [{"batch": one.batch, "kind": one.kind, "file": str(one.path), "lines": one.lines}
                              for one in written], "not_told": reasons})  # fmt: skip
        return
    for one in written:
        say(f"{plain(one.path)}: {_many(one.lines, one.kind)} for {_NAMES[platform]}, batch {one.batch}.")
    if not written:
        say(f"There is nothing new to tell {_NAMES[platform]}; no file was written.")
    _say_reasons(reasons)


@conversions.command()
@click.option("--platform", required=True, type=click.Choice(["ga4", "yandex"]), help="Whom to tell.")
@click.option("--yes", is_flag=True, help="Send. Without it only what would be sent is shown.")
@json_option
@pass_app
def send(app: App, platform: str, yes: bool, as_json: bool) -> None:
    """Tell a platform by request. Without --yes nothing leaves: it shows what would.

    Example: callward conversions send --platform ga4 --yes
    """
    from tracking.conversions import handing

    desk = _desk(app)
    if not yes:
        _preview(app, desk, platform, as_json=as_json)
        return
    make, edge = _way(app, platform)
    with app.store() as store:
        done = asyncio.run(handing.send(store, desk, platform, make, _sender(edge)))  # type: ignore[arg-type]
    if as_json:
        print_json({"sent": done.sent, "failed": done.failed, "unsure": done.unsure, "problem": done.problem})
    elif done.problem is None:
        say(f"{_NAMES[platform]} took {done.sent} requests." if done.sent else "There was nothing new to tell.")
    if done.problem is not None:
        kept = "Nothing of it counts as told; run the command again later."
        if done.unsure:
            kept = "Whether it was taken is not known; `callward conversions retry BATCH` tells it again."
        raise click.ClickException(f"{plain(done.problem)} Requests taken before: {done.sent}. {kept}")


@conversions.command()
@click.argument("batch", type=int)
@pass_app
def retry(app: App, batch: int) -> None:
    """Count a batch as not told, so that it is told again. The platform may then have it twice.

    Example: callward conversions retry 12
    """
    from tracking.conversions.ledger import batch_lines, settle

    with app.store() as store, store.write() as tx:
        row, lines = batch_lines(tx, batch)
        if row["state"] not in ("sending", "unsure"):
            raise click.ClickException(
                f"Batch {batch} is {row['state']}: that is certain. A file is written again with "
                "`callward conversions export --again BATCH`."
            )
        settle(tx, batch, "failed", "a person said that it was not taken")
    say(f"Batch {batch}: {_many(len(lines), 'conversion')} will be told again.")


@conversions.command("list")
@click.option("--platform", type=click.Choice(list(_NAMES)), help="Only what this one was told.")
@page_options
@json_option
@pass_app
def list_(app: App, platform: str | None, limit: int, offset: int, as_json: bool) -> None:
    """List what platforms were told, the latest first.

    Example: callward conversions list --platform google
    """
    from store.documents import iso
    from tracking.campaigns import from_minor
    from tracking.conversions.ledger import listed

    with app.store() as store, store.read() as tx:
        rows, several = listed(tx, platform, limit=limit, offset=offset), bool(tx.value("calls_of_several_pbx"))
    if as_json:
        print_json([
            {"id": row["id"], "platform": row["platform"], "goal": row["goal"], "kind": row["kind"],
             "call": _call_id(row, several), "appointment": row["appointment"], "name": row["name"],
             "click_kind": row["click_kind"], "click_id": row["click_id"], "at": iso(row["at_ms"]),
             "value_minor": row["value_minor"], "currency": row["currency"], "batch": row["batch"],
             "told_at": iso(row["told_ms"]), "state": row["state"], "target": row["target"]}
            for row in rows
        ])  # fmt: skip
        return
    shown = (
        (app.show_time(row["told_ms"]), _NAMES[row["platform"]], row["name"], row["kind"], _call_id(row, several),
         app.show_time(row["at_ms"]),
         "" if row["value_minor"] is None else from_minor(row["value_minor"], row["currency"]), row["state"],
         row["batch"])
        for row in rows
    )  # fmt: skip
    columns = ("Told", "Platform", "Conversion", "Kind", "Call", "Time", "Value", "State", "Batch")
    app.print_table(columns, shown, empty="No platform was told anything yet; `callward conversions export` begins.")
    say_page(len(rows), limit, offset)


@conversions.command()
@click.argument("call")
@json_option
@pass_app
def explain(app: App, call: str, as_json: bool) -> None:
    """Say for each platform whether it is told of a call, and if not, why.

    Example: callward conversions explain 1795309246.157
    """
    from commands.call_campaign import find_call as found_call
    from tracking.conversions.ledger import explain as judged
    from tracking.conversions.rules import REASONS

    desk = _desk(app)
    with app.store() as store, store.read() as tx:
        verdicts = judged(tx, desk, found_call(tx, call))
    if as_json:
        print_json([
            {"platform": verdict.platform, "goal": verdict.goal, "told": verdict.reason == "already_sent",
             "will_be_told": verdict.line is not None, "reason": verdict.reason,
             "why": None if verdict.reason is None else REASONS[verdict.reason]}
            for verdict in verdicts
        ])  # fmt: skip
        return
    for verdict in verdicts:
        what = f"{_NAMES[verdict.platform]}, {_GOALS[verdict.goal]}"
        if verdict.reason == "already_sent":
            say(f"{what}: told already.")
        elif verdict.line is not None:
            say(f'{what}: will be told as "{plain(verdict.line.name)}" at {app.show_time(verdict.line.at_ms)}.')
        else:
            say(f"{what}: not told, because {REASONS[verdict.reason or '']}.")


def _desk(app: App) -> "Desk":
    from tracking.conversions.ledger import Desk
    from wiring import conversion_target_of, conversion_terms_of

    return Desk(conversion_terms_of(app.settings), conversion_target_of(app.settings), app.now_ms())


def _files(app: App, platform: Any, path: Path) -> "Files":
    from tracking.conversions.handing import Files
    from wiring import google_form_of

    return Files(platform, path, google_form_of(app.settings), write_private)


def _way(app: App, platform: str) -> "tuple[Callable[[Sequence[Line]], list[Outgoing]], Edge]":
    """Return what makes the requests of a platform, and the way there."""
    from tracking.conversions import ga4, yandex
    from wiring import ga4_of, yandex_of

    if platform == "ga4":
        if (of_ga4 := ga4_of(app.settings)) is None:
            raise click.ClickException("GA4 is not set up; write measurement_id and secret in [conversions.ga4].")
        form, edge = of_ga4
        return lambda lines: ga4.requests(lines, form), edge
    if (of_yandex := yandex_of(app.settings)) is None:
        raise click.ClickException("Yandex.Metrica is not set up; write counter and secret in [conversions.yandex].")
    their_form, their_edge = of_yandex
    return lambda lines: yandex.requests(lines, their_form), their_edge


def _sender(edge: "Edge") -> "Send":
    from aiohttp import ClientConnectorError

    from notify import NotifyError
    from notify.edge import Request
    from tracking.conversions.outgoing import Answer, MaybeSentError, NotSentError

    async def way(request: "Outgoing") -> "Answer":
        try:
            reply = await edge.call(Request(request.url, headers=request.headers, body=request.body))
        except NotifyError as error:
            # Refused before anything left: the address, or the door. Anything later may have arrived.
            late = error.__cause__ is None and "did not answer" in str(error)
            never = isinstance(error.__cause__, ClientConnectorError) or (error.__cause__ is None and not late)
            raise (NotSentError if never else MaybeSentError)(str(error)) from None
        return Answer(reply.status, reply.text)

    return way


def _preview(app: App, desk: "Desk", platform: Any, *, as_json: bool) -> None:
    """Show what would be told, and how many calls would not, by reason."""
    from store.documents import iso
    from tracking.conversions.ledger import retractable, waiting

    with app.store() as store, store.read() as tx:
        found, back = waiting(tx, desk, platform), retractable(tx, desk, platform)
        several = bool(tx.value("calls_of_several_pbx"))
    if as_json:
        print_json({
            "lines": [{"call": f"{line.pbx}:{line.call}" if several else line.call, "goal": line.goal,
                       "name": line.name, "click_kind": line.click_kind, "at": iso(line.at_ms),
                       "value_minor": line.value_minor, "currency": line.currency} for line in found.lines],
            "retractions": len(back), "not_told": dict(found.reasons),
        })  # fmt: skip
        return
    counted = Counter(line.name if line.goal == "booked" or platform != "ga4" else "call" for line in found.lines)
    what = ", ".join(f'"{plain(name)}" {count}' for name, count in sorted(counted.items()))
    say(f"{_NAMES[platform]} would be told of {_many(len(found.lines), 'conversion')}{f' ({what})' if what else ''}.")
    if back:
        say(f"{_many(len(back), 'retraction')} would be told too: what was booked was cancelled.")
    _say_reasons(found.reasons)
    say("Nothing was told.")


def _say_reasons(reasons: Mapping[str, int]) -> None:
    from tracking.conversions.rules import REASONS

    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        say(f"  {count} not told, because {REASONS[reason]}.")
    if reasons:
        say("`callward conversions explain CALL` says it of one call.")


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _call_id(row: "Row", several: bool) -> str:
    return f"{row['pbx']}:{row['call']}" if several else str(row["call"])
