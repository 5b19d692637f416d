"""Write the reference pages from the source: `make docs`. A test fails while they are not current.

    commands.md  from the command line's own help
    settings.md  from the settings' model
    metrics.md   from the definitions that the reports print
    quick-card.md  from the page that the console shows, in four languages
    api-reference.md  from the operations of the API
    report-gallery.md  from the reports, with their pictures
"""

import json
import types
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cli import main
from docs.cards import quick_card_page
from docs.gallery import gallery_page
from docs.reference import api_page
from reports.costs import COST_METRICS
from reports.metrics import Metric
from reports.registry import KINDS
from reports.today import TODAY_METRICS
from settings import Settings, Spans, Week

HERE = Path(__file__).parent
NOTE = "<!-- Written by `make docs` from the source; change it there. -->\n"


def pages() -> dict[str, str]:
    """Return every generated page: file name to text."""
    return {"commands.md": commands_page(), "settings.md": settings_page(), "metrics.md": metrics_page(),
            "api-reference.md": api_page(NOTE), "quick-card.md": quick_card_page(),
            "report-gallery.md": gallery_page(NOTE)}


def commands_page() -> str:
    """Return what `--help` says of every command."""
    head = (
        "# Commands\n\n" + NOTE + "\nTimes are the clinic's; `--json` prints UTF-8 JSON for a program. "
        "Exit status: 0 done, 1 it could not be done (one sentence says why), 2 the command was not understood.\n"
    )
    return head + "".join(_command(path, command) for path, command in walk(main, ("callward",)))


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield a command and all below it, in the order of the help."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from walk(below, (*path, name))


def _command(path: tuple[str, ...], command: click.Command) -> str:
    context: click.Context | None = None
    for name in path[:-1]:
        context = click.Context(click.Group(), info_name=name, parent=context)
    context = click.Context(command, info_name=path[-1], parent=context, terminal_width=96)
    context.help_option_names = ["-h", "--help"]
    title = f"\n{'#' * min(len(path) + 1, 3)} {' '.join(path)}\n\n"
    return f"{title}```text\n{command.get_help(context).rstrip()}\n```\n"


def settings_page() -> str:
    """Return every table and key of callward.toml."""
    head = (
        "# Settings\n\n" + NOTE + "\n`callward.toml`, by default in the folder where Callward runs; `--config` or "
        "`CALLWARD_CONFIG` name another. `callward init` writes one, `callward doctor` checks it. Relative paths start "
        "at the file's folder. An unknown key is an error, so a misspelt setting is never ignored.\n\n"
        "A secret is a string, but only in a file that nobody else can read (`chmod 600`), or "
        '`{ env = "NAME" }`, or `{ file = "path" }`.\n\nHours are written `"08:00-18:00"` or '
        '`"08:00-12:00, 14:00-18:00"`, and `""` for closed.\n'
    )
    return head + "".join(_table(title, model) for title, model in tables(Settings))


def tables(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield (title, model) of every table of the file, in its order."""
    for name, field in model.model_fields.items():
        below = _model(field.annotation)
        if below is None or below.__name__ == "Secret":
            continue
        inner = f"{above}{name}"
        yield (f"[[{inner}]]" if get_origin(field.annotation) is list else f"[{inner}]"), below
        yield from tables(below, f"{inner}.")


def _table(title: str, model: type[BaseModel]) -> str:
    purpose = (model.__doc__ or "").strip().splitlines()[0]
    text = purpose.partition(": ")[2] or purpose
    head = f"\n## `{title}`\n\n{text[0].upper()}{text[1:]}\n"
    if title == "[location.hours]":
        return f"{head} The keys are those of `[clinic.hours]`.\n"
    rows = [
        f"| `{name}` | {_kind(field)} | {_default(field)} | {field.description or 'opening hours of the day'} |"
        for name, field in model.model_fields.items()
        if _model(field.annotation) in (None, Week) or _is_secret(field)
    ]
    return f"{head}\n| key | value | default | what it is |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _is_secret(field: FieldInfo) -> bool:
    model = _model(field.annotation)
    return model is not None and model.__name__ == "Secret"


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for found in map(_model, get_args(annotation)) if found is not None), None)


def _kind(field: FieldInfo) -> str:
    if _is_secret(field):
        return "secret"
    if _model(field.annotation) is Week:
        return "table"
    if field.annotation in get_args(Spans):
        return "hours"
    return _kind_of(field.annotation)


def _kind_of(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in args)
    if origin in (Union, types.UnionType):
        return " or ".join(_kind_of(arg) for arg in args if arg is not type(None))
    if origin is list:
        return f"list of {_kind_of(args[0])}"
    if origin is dict:
        return "table"
    if hasattr(annotation, "__metadata__"):
        return _kind_of(args[0])
    names = {str: "text", int: "number", bool: "true or false", Path: "path"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    default = field.default
    if default is None or default in ([], {}) or isinstance(default, BaseModel):
        return ""
    if isinstance(default, time):
        return f"`{default:%H:%M}`"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def metrics_page() -> str:
    """Return the definition of every figure, as the reports print it."""
    head = (
        "# Metrics\n\n" + NOTE + "\nEvery number in a report names its definition and opens to the very calls behind "
        "it. *Additive* figures of the rows sum up to the total; the others do not, and are counted anew for it.\n"
    )
    return head + "".join(
        f"\n# callward report {kind.name}\n\n{kind.answers.capitalize()} By {', '.join(kind.dimensions)}.\n"
        + "".join(_metric(metric) for metric in kind.metrics) for kind in KINDS.values()
    ) + "\n# The first pages\n\nWhat /today and /figures of the console show beside these.\n" + "".join(
        _metric(metric) for metric in (*TODAY_METRICS, *COST_METRICS)
    )


def _metric(metric: Metric) -> str:
    lines = [f"\n## {metric.names.en} (`{metric.id}`)\n", f"{metric.formula}\n"]
    facts = [("Unit", metric.unit), ("Divided by", metric.denominator)]
    facts += [(threshold.name.capitalize(), f"{threshold.value:g} {threshold.unit}") for threshold in metric.thresholds]
    facts += [("Left out", text) for text in metric.exclusions] + [("Note", text) for text in metric.notes]
    facts += [("Additive", "yes" if metric.additive else "no")]
    return "\n".join([*lines, *(f"* {name}: {text}" for name, text in facts if text), ""])


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, "utf-8")
        print(f"docs/{name}")
