"""`callward report`: figures for a period, each with its definition."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

import reports.callbacks as callback_figures
import reports.sources as calls_by_source
from commands.common import AnyCommand, App, json_option, pass_app, plain, print_json, say
from reports.callback_metrics import CALLBACK_METRICS
from reports.metrics import LEFT_OUT, METRICS, Metric
from reports.period import DEFAULT, PRESETS, Period, between
from reports.period import preset as period_named

if TYPE_CHECKING:
    import pandas as pd

_FORMATS = ("table", "csv", "json")


def report_options(dimensions: tuple[str, ...], default: str) -> Callable[[AnyCommand], AnyCommand]:
    """Add what every report takes: days, what to group by, how to print it and where to."""

    def add(command: AnyCommand) -> AnyCommand:
        for option in reversed((
            click.option("--from", "start", metavar="DAY", help="First local day, as 2026-11-01."),
            click.option("--to", "end", metavar="DAY", help="Last local day, included. Today if not given."),
            click.option("--period", "preset", type=click.Choice(PRESETS),
                         help="A named period instead of days. [default: 30d]"),
            click.option("--by", multiple=True, type=click.Choice(dimensions),
                         help=f"Group by this; may be given several times. [default: {default}]"),
            click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True,
                         help="How to print it."),
            json_option,
            click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
                         help="Write to this file (CSV or JSON)."),
        )):
            command = option(command)
        return command

    return add


@click.group()
def report() -> None:
    """Print figures about calls, each with its formula.

    Example: callward report sources --period last-month
    """


@report.command()
@report_options(calls_by_source.DIMENSIONS, "source, medium and campaign")
@pass_app
def sources(
    app: App, start: str | None, end: str | None, preset: str | None, by: tuple[str, ...], form: str, as_json: bool,
    out: Path | None,
) -> None:  # fmt: skip
    """Count calls by the campaign that made the phone ring.

    Example: callward report sources --period 7d --by source --format csv
    """
    from reports import export

    form = _form(form, as_json, out)
    period = _period(app, start, end, preset)
    with app.store() as store, store.read() as tx:
        result = calls_by_source.report(tx, period, by=by or calls_by_source.DEFAULT_BY)
    if form != "table":
        _deliver(export.to_csv(result) if form == "csv" else export.to_json(result), out, result.rows, period)
        return
    if result.rows.empty:
        say(export.EMPTY.format(period=period))
        return
    for table in export.to_tables(result, app.console.width):
        app.console.print(table)
    _explain(export.NOTES)


@report.command()
@report_options(callback_figures.DIMENSIONS, "day")
@pass_app
def callbacks(
    app: App, start: str | None, end: str | None, preset: str | None, by: tuple[str, ...], form: str, as_json: bool,
    out: Path | None,
) -> None:  # fmt: skip
    """Say who was rung back, how soon, and with what success.

    Example: callward report callbacks --period 7d --by location --format csv
    """
    from reports import callback_export as export

    form = _form(form, as_json, out)
    period = _period(app, start, end, preset)
    reached_s = app.settings.callbacks.reached_s
    with app.store() as store, store.read() as tx:
        result = callback_figures.report(tx, period, by=by or callback_figures.DEFAULT_BY, reached_s=reached_s)
    if form != "table":
        _deliver(export.to_csv(result) if form == "csv" else export.to_json(result), out, result.rows, period)
        return
    if result.rows.empty:
        say(export.EMPTY.format(period=period))
    else:
        for table in export.to_tables(result):
            app.console.print(table)
    say(f"{export.total_words(result)}.")
    _explain(export.NOTES)


@report.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """Explain each report and its figures.

    Example: callward report list
    """
    reports: dict[str, tuple[str, tuple[Metric, ...]]] = {
        "sources": ("inbound patients' calls by source, medium, campaign or number, and what became of them.", METRICS),
        "callbacks": ("callbacks by day, location, source or campaign: how soon, and with what success.",
                      CALLBACK_METRICS),
    }  # fmt: skip
    if as_json:
        print_json([
            {"report": name, "metrics": [metric.as_dict() for metric in metrics]}
            for name, (_, metrics) in reports.items()
        ])  # fmt: skip
        return
    for name, (what, metrics) in reports.items():
        say(f"{name}: {what}")
        if name == "sources":
            say(f"Left out of every figure: {'; '.join(LEFT_OUT)}.")
        for metric in metrics:
            _explain_metric(metric)
        say()


def _explain_metric(metric: Metric) -> None:
    say()
    say(f"{metric.id} ({metric.unit}): {metric.names.en}")
    say(f"  {' '.join((metric.formula, *metric.notes))}")
    if metric.denominator:
        say(f"  Out of: {metric.denominator}.")
    if further := [text for text in metric.exclusions if text not in LEFT_OUT]:
        say(f"  Left out: {'; '.join(further)}.")


def _form(form: str, as_json: bool, out: Path | None) -> str:
    form = "json" if as_json else form
    if out and form == "table":
        raise click.UsageError("A table is for the terminal; add --format csv or --format json to --out.")
    return form


def _period(app: App, start: str | None, end: str | None, preset: str | None) -> Period:
    if preset and (start or end):
        raise click.UsageError("Give either --period, or --from and --to.")
    now = datetime.fromtimestamp(app.now_ms() / 1000, UTC)
    return between(start, end, now, app.zone) if start or end else period_named(preset or DEFAULT, now, app.zone)


def _deliver(text: str, out: Path | None, rows: "pd.DataFrame", period: Period) -> None:
    data = text.encode("utf-8", "backslashreplace")
    if out is None:
        click.echo(data, nl=False)
        return
    out.write_bytes(data)
    say(f"{plain(out)}: {len(rows)} rows and the total, {period}.")


def _explain(notes: tuple[str, ...]) -> None:
    for note in notes:
        say(note)
    say("`callward report list` explains every figure.")
