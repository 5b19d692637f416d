"""`callward report`: figures for a period, each with its definition."""

from datetime import UTC, datetime
from pathlib import Path

import click

import reports.sources as calls_by_source
from commands.common import App, json_option, pass_app, plain, print_json, say
from reports.metrics import LEFT_OUT, METRICS
from reports.period import DEFAULT, PRESETS, Period, between
from reports.period import preset as period_named

_FORMATS = ("table", "csv", "json")


@click.group()
def report() -> None:
    """Print figures about calls, each with its formula.

    Example: callward report sources --period last-month
    """


@report.command()
@click.option("--from", "start", metavar="DAY", help="First local day, as 2026-11-01.")
@click.option("--to", "end", metavar="DAY", help="Last local day, included. Today if not given.")
@click.option("--period", "preset", type=click.Choice(PRESETS), help="A named period instead of days. [default: 30d]")
@click.option("--by", multiple=True, type=click.Choice(calls_by_source.DIMENSIONS),
              help="Group by this; may be given several times. [default: source, medium and campaign]")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True,
              help="How to print it.")
@json_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file (CSV or JSON).")
@pass_app
def sources(
    app: App, start: str | None, end: str | None, preset: str | None, by: tuple[str, ...], form: str, as_json: bool,
    out: Path | None,
) -> None:  # fmt: skip
    """Count calls by the campaign that made the phone ring.

    Example: callward report sources --period 7d --by source --format csv
    """
    form = "json" if as_json else form
    if out and form == "table":
        raise click.UsageError("A table is for the terminal; add --format csv or --format json to --out.")
    period = _period(app, start, end, preset)
    with app.store() as store, store.read() as tx:
        result = calls_by_source.report(tx, period, by=by or calls_by_source.DEFAULT_BY)
    _deliver(app, result, form, out)


@report.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """Explain each report and its figures.

    Example: callward report list
    """
    if as_json:
        print_json([{"report": "sources", "metrics": [metric.as_dict() for metric in METRICS]}])
        return
    say("sources: inbound patients' calls by source, medium, campaign or number, and what became of them.")
    say(f"Left out of every figure: {'; '.join(LEFT_OUT)}.")
    for metric in METRICS:
        say()
        say(f"{metric.id} ({metric.unit}): {metric.names.en}")
        say(f"  {' '.join((metric.formula, *metric.notes))}")
        if metric.denominator:
            say(f"  Out of: {metric.denominator}.")
        if further := [text for text in metric.exclusions if text not in LEFT_OUT]:
            say(f"  Left out: {'; '.join(further)}.")


def _period(app: App, start: str | None, end: str | None, preset: str | None) -> Period:
    if preset and (start or end):
        raise click.UsageError("Give either --period, or --from and --to.")
    now = datetime.fromtimestamp(app.now_ms() / 1000, UTC)
    return between(start, end, now, app.zone) if start or end else period_named(preset or DEFAULT, now, app.zone)


def _deliver(app: App, result: calls_by_source.Sources, form: str, out: Path | None) -> None:
    from reports import export

    if form == "table":
        if result.rows.empty:
            say(export.EMPTY.format(period=result.period))
            return
        for table in export.to_tables(result, app.console.width):
            app.console.print(table)
        for note in export.NOTES:
            say(note)
        say("`callward report list` explains every figure.")
        return
    text = export.to_csv(result) if form == "csv" else export.to_json(result)
    data = text.encode("utf-8", "backslashreplace")
    if out is None:
        click.echo(data, nl=False)
        return
    out.write_bytes(data)
    say(f"{plain(out)}: {len(result.rows)} rows and the total, {result.period}.")
