"""`callward patients`: import the clinic's patients, and find one."""

from pathlib import Path

import click

from commands.common import App, json_option, pass_app, plain, print_json, say
from commands.tables import (
    page_options,
    problems_as_json,
    progress_bar,
    say_ignored,
    say_page,
    say_problems,
    source,
    table_options,
)  # fmt: skip


@click.group()
def patients() -> None:
    """Import and find patients.

    Example: callward patients import patients.csv
    """


@patients.command("import")
@table_options
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@json_option
@pass_app
def import_(
    app: App, file: Path, maps: tuple[str, ...], encoding: str | None, dry_run: bool, as_json: bool
) -> None:
    """Import patients from a table.

    CSV of any delimiter, TSV or JSON, in any usual encoding, with headings in English, Polish, Russian or Spanish.
    Good rows are kept; what is wrong is written beside the file with line and reason. Importing again changes nothing,
    and patients who are no longer in the file stay.

    Example: callward patients import export.csv --map "Nr karty=patient_ref" --encoding cp1250
    """
    from patients.importing import Options, import_patients

    table = source(app, file, maps, encoding)
    with app.store() as store, progress_bar(app, f"Importing {file.name}", quiet=as_json) as progress:
        result = import_patients(store, table, Options(app.now_ms(), dry_run, progress))
    if as_json:
        print_json({
            "file": str(file), "dry_run": dry_run, "encoding": result.encoding, "rows": result.rows,
            "added": result.added, "changed": result.changed, "unchanged": result.unchanged,
            "not_imported": result.not_imported, "problems": result.problems,
            "first_problems": problems_as_json(result.first),
            "rejected": None if result.rejected is None else str(result.rejected), "ignored": list(result.ignored),
        })  # fmt: skip
        return
    would = "would be " if dry_run else ""
    say(f"{plain(file)}: {result.rows} rows; {would}added {result.added}, changed {result.changed}, "
        f"unchanged {result.unchanged}.")  # fmt: skip
    if not result.encoding_certain:
        say(f"Read as {result.encoding}, the likeliest; if names look wrong, name the encoding with --encoding.")
    say_ignored(result.ignored)
    if result.problems:
        kept = result.problems - result.not_imported
        say(f"Rows not imported: {result.not_imported}. Cells left out of rows that were kept: {kept}.")
        say_problems(result.first, result.problems, result.rejected)


@patients.command()
@click.argument("text")
@page_options
@json_option
@pass_app
def find(app: App, text: str, limit: int, offset: int, as_json: bool) -> None:
    """Find patients by name, number or ref.

    A number by its last digits, a name by the beginnings of its words, in any order and without marks: "zolty luk"
    finds Łukasz Żółty.

    Example: callward patients find lukasz
    """
    from patients.directory import count, search
    from patients.phones import display

    with app.store() as store, store.read() as tx:
        rows = search(tx, text, limit=limit, offset=offset, region=app.clinic.country)
        known = 0 if rows else count(tx)[0]
    if as_json:
        print_json([
            {"ref": row["ref"], "name": row["name"], "numbers": row["numbers"], "birth_year": row["birth_year"],
             "language": row["language"], "guardian": row["guardian_ref"]}
            for row in rows
        ])  # fmt: skip
        return
    if not rows:
        say(_nobody(text, known, offset))
        return
    shown = (
        (row["ref"], row["name"], ", ".join(display(number, app.clinic.country) for number in row["numbers"]),
         row["birth_year"], row["guardian_ref"])
        for row in rows
    )  # fmt: skip
    app.print_table(("Ref", "Name", "Numbers", "Born", "Guardian"), shown)
    say_page(len(rows), limit, offset)


def _nobody(text: str, known: int, offset: int) -> str:
    if not known:
        return "There are no patients yet; import them with `callward patients import FILE`."
    if offset:
        return "There are no more."
    return (
        f'Nobody matches "{plain(text)}" among {known} patients; try the beginning of a name, '
        "at least three last digits of a number, or the exact ref."
    )
