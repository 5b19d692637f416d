"""`callward report`: figures for a period, each with its definition."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands import target_rule
from commands.common import AnyCommand, App, json_option, pass_app, plain, print_json, say
from commands.report_open import open_, period_of
from reports.compare import compared, other_period
from reports.metrics import LEFT_OUT, Metric
from reports.period import PRESETS
from reports.registry import KINDS, Kind, Limits

if TYPE_CHECKING:
    from reports.report import Report

_FORMATS = ("table", "csv", "json", "xlsx", "html", "pdf", "svg")
_FOR_FILES = frozenset(("xlsx", "pdf"))


def report_options(kind: Kind) -> Callable[[AnyCommand], AnyCommand]:
    """Add what every report takes: days, what to group by, how to print it and where to."""

    def add(command: AnyCommand) -> AnyCommand:
        for option in reversed((
            click.option("--from", "start", metavar="DAY", help="First local day, as 2026-11-01."),
            click.option("--to", "end", metavar="DAY", help="Last local day, included. Today if not given."),
            click.option("--period", "preset", type=click.Choice(PRESETS),
                         help="A named period instead of days. [default: 30d]"),
            click.option("--compare", "other", metavar="previous|year|FROM..TO",
                         help="Set other days beside these: those right before, the same of last year, or any two, "
                              "as 2026-10-01..2026-10-31."),
            click.option("--by", multiple=True, type=click.Choice(kind.dimensions),
                         help=f"Count by this; may be given several times. [default: {', '.join(kind.default_by)}]"),
            click.option("--format", "form", type=click.Choice(_FORMATS), default="table", show_default=True,
                         help="How to print it."),
            json_option,
            click.option("--role", type=click.Choice(("manager", "marketer")), default="manager", show_default=True,
                         help="Whose view it is: a marketer's keeps small numbers of people, as [reports] says."),
            click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
                         help="Write to this file."),
            click.option("--lang", type=click.Choice(("en", "pl", "ru", "es")),
                         help="The language of names; without it csv has the ids of figures, the others English."),
        )):
            command = option(command)
        return command

    return add


@click.group()
def report() -> None:
    """Print figures about calls, each with its formula.

    Example: callward report sources --period last-month
    """


def _command(kind: Kind) -> click.Command:
    @click.command(kind.name, help=f"{kind.does}\n\nExample: callward report {kind.name} {kind.example}")
    @report_options(kind)
    @pass_app
    def command(
        app: App, start: str | None, end: str | None, preset: str | None, other: str | None,
        by: tuple[str, ...], form: str, as_json: bool, out: Path | None, lang: str | None, role: str,
    ) -> None:  # fmt: skip
        form = _form(form, as_json, out)
        period = period_of(app, start, end, preset)
        limits = Limits(
            reached_s=app.settings.callbacks.reached_s, late_hours=app.settings.appointments.late_hours, zone=app.zone
        )
        with app.store() as store, store.read() as tx:
            result = _seen(app, kind.make(tx, period, by or kind.default_by, limits), role)
            if other is not None:
                then = kind.make(tx, other_period(other, period), by or kind.default_by, limits)
                result = compared(result, _seen(app, then, role), known=role == "manager")
        if form == "table":
            _print(app, kind, result)
        else:
            _deliver(_encoded(result, form, lang, app), out, result)

    return command


for _kind in KINDS.values():
    report.add_command(_command(_kind))
report.add_command(open_)


@report.command()
@click.option("--repair", is_flag=True, help="Make the sums anew from the calls where they differ.")
@json_option
@pass_app
def check(app: App, repair: bool, as_json: bool) -> None:
    """Compare the sums that reports read with the calls themselves.

    Exit status 1 when they differ and are not repaired.

    Example: callward report check --repair
    """
    from store import rollups, targets

    with app.store() as store:
        with store.read() as tx:
            other_rule = targets.stored_rule(tx) != target_rule.wanted(app)
            stale, wrong = rollups.is_stale(tx) or other_rule, rollups.differences(tx)
        repaired = repair and (stale or bool(wrong))
        if repaired:
            with store.write() as tx:
                target_rule.keep(app, tx)
                rollups.rebuild(tx)
    if as_json:
        print_json({"stale": stale, "differences": wrong, "repaired": repaired})
    else:
        for table, cells in wrong.items():
            say(f"{table}: {cells} {'cell is' if cells == 1 else 'cells are'} not what the calls say.")
        if repaired:
            say("The sums were made anew from the calls.")
        elif stale or wrong:
            say("Run `callward report check --repair` to make them anew from the calls.")
        else:
            say("Every sum is what the calls say.")
    if (stale or wrong) and not repaired:
        raise click.exceptions.Exit(1)


@report.command()
@click.argument("name", required=False)
@click.option("--preview", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE.eml",
              help="Write the mail to this file instead; any mail program opens it.")
@click.option("--send", is_flag=True, help="Send the latest one now, also to those who have it.")
@json_option
@pass_app
def mail(app: App, name: str | None, preview: Path | None, send: bool, as_json: bool) -> None:
    """List the reports that are mailed, or preview or send one.

    What is mailed, when and to whom is set in [[notify.report]]; `callward serve` does it.

    Example: callward report mail weekly --preview weekly.eml
    """
    from commands import report_mail

    plans = {plan.name: plan for plan in report_mail.plans_of(app)}
    if name is None:
        if preview or send:
            raise click.UsageError("Name the report to preview or send; `callward report mail` lists them.")
        report_mail.show(app, plans, as_json=as_json)
    elif name not in plans:
        known = ", ".join(plans) or "none is set in [[notify.report]]"
        raise click.ClickException(f'There is no report "{plain(name)}" to mail; choose among: {known}.')
    elif preview is not None:
        report_mail.write(app, plans[name], preview)
    elif send:
        report_mail.send(app, plans[name])
    else:
        report_mail.show(app, {name: plans[name]}, as_json=as_json)


@report.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """Explain each report and its figures.

    Example: callward report list
    """
    if as_json:
        print_json([
            {"report": kind.name, "answers": kind.answers, "by": list(kind.dimensions),
             "metrics": [metric.as_dict() for metric in kind.metrics]}
            for kind in KINDS.values()
        ])  # fmt: skip
        return
    say(f"Left out of every figure about inbound calls: {'; '.join(LEFT_OUT)}.")
    for kind in KINDS.values():
        say()
        say(f"{kind.name}: {kind.answers}")
        say(f"  By: {', '.join(kind.dimensions)}.")
        for metric in kind.metrics:
            _explain_metric(metric)


def _explain_metric(metric: Metric) -> None:
    say()
    say(f"{metric.id} ({metric.unit}): {metric.names.en}")
    say(f"  {' '.join((metric.formula, *metric.notes))}")
    if metric.denominator:
        say(f"  Out of: {metric.denominator}.")
    if further := [text for text in metric.exclusions if text not in LEFT_OUT]:
        say(f"  Left out: {'; '.join(further)}.")


def _print(app: App, kind: Kind, result: "Report") -> None:
    from reports import terminal

    if result.rows.empty:
        say(f"{kind.empty} Choose other days than {result.period} with --period or --from and --to.")
    else:
        for table in terminal.to_tables(result, app.console.width):
            app.console.print(table)
    if words := terminal.total_words(result):
        say(f"{words}.")
    for note in result.notes:
        say(note)
    say("`callward report list` explains every figure.")


def _form(form: str, as_json: bool, out: Path | None) -> str:
    form = "json" if as_json else form
    if form == "table" and out is not None:
        raise click.UsageError("A table is for the terminal; add --format csv, json, xlsx, html or pdf to --out.")
    if form in _FOR_FILES and out is None:
        raise click.UsageError(f"{form.upper()} is not for the terminal; name a file with --out.")
    return form


def _seen(app: App, result: "Report", role: str) -> "Report":
    """Return the report as a role may see it."""
    if role == "manager":
        return result
    if result.name == "team":
        raise click.UsageError("The team is not a marketer's; leave --role out.")
    from reports.privacy import protected
    from wiring import privacy_of

    return protected(result, privacy_of(app.settings))


def _encoded(result: "Report", form: str, lang: str | None, app: App) -> bytes:
    from reports import charts, export, page

    clinic, language = app.settings.clinic.name, lang or "en"
    if form == "xlsx":
        return export.to_xlsx([result], language)
    if form == "pdf":
        return page.to_pdf(result, language, clinic)
    if form == "svg":
        text = charts.to_svg(result, language)
        if text is None:
            raise click.ClickException(f"There is nothing to draw in {result.period}; choose other days.")
    elif form == "html":
        text = page.to_html(result, language, clinic)
    else:
        text = export.to_csv(result, lang) if form == "csv" else export.to_json(result)
    return text.encode("utf-8", "backslashreplace")


def _deliver(data: bytes, out: Path | None, result: "Report") -> None:
    if out is None:
        click.echo(data, nl=False)
        return
    out.write_bytes(data)
    say(f"{plain(out)}: {_counted(len(result.rows))} and the total, {result.period}.")


def _counted(rows: Any) -> str:
    return f"{rows} row" if rows == 1 else f"{rows} rows"
