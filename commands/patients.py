"""`callward patients`: import the clinic's patients, and find one."""

import getpass
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from patients.pulling import Pulled


@click.group()
def patients() -> None:
    """Import and find patients.

    Example: callward patients import patients.csv
    """


@patients.command("import")
@table_options
@click.option("--complete", is_flag=True, help="The file holds every patient: who is not in it is removed.")
@click.option("--remove-many", is_flag=True, help="With --complete: also when more than a tenth would go.")
@click.option("--dry-run", is_flag=True, help="Say what would be done; write nothing.")
@json_option
@pass_app
def import_(
    app: App, file: Path, maps: tuple[str, ...], encoding: str | None, complete: bool, remove_many: bool,
    dry_run: bool, as_json: bool,
) -> None:
    """Import patients from a table, an address book or a FHIR bundle.

    Tables are CSV of any delimiter, TSV or JSON, in any usual encoding, with headings in English, Polish, Russian or
    Spanish; address books are vCards (.vcf) of version 2.1 to 4.0; FHIR is a Bundle or a resource a line (.ndjson).
    Good rows are kept; what is wrong is written beside the file with line and reason. Importing again changes nothing.
    Patients who are no longer in the file stay, unless you say --complete. What people edited by hand stays until the
    file says something new of it.

    Example: callward patients import export.csv --map "Nr karty=patient_ref" --encoding cp1250
    """
    from patients.importing import Options, import_patients
    from patients.vcard_import import import_vcards, is_address_book

    if _is_fhir(file):
        if maps or encoding or complete or dry_run:
            raise click.UsageError("A FHIR file is taken as it is; leave out the other options.")
        _import_bundle(app, file, as_json=as_json)
        return
    book = is_address_book(file)
    if book and maps:
        raise click.UsageError("An address book has no headings; leave out --map.")
    table = source(app, file, maps, encoding)
    with app.store() as store, progress_bar(app, f"Importing {file.name}", quiet=as_json) as progress:
        options = Options(app.now_ms(), dry_run, progress, complete, remove_many)
        result = import_vcards(store, table, options) if book else import_patients(store, table, options)
    if as_json:
        print_json({
            "file": str(file), "dry_run": dry_run, "encoding": result.encoding, "rows": result.rows,
            "added": result.added, "changed": result.changed, "unchanged": result.unchanged,
            "removed": result.removed, "merged": result.merged, "joined": result.joined,
            "edits_kept": result.kept, "edits_over": result.overruled, "missing": result.missing,
            "not_imported": result.not_imported, "problems": result.problems,
            "first_problems": problems_as_json(result.first),
            "rejected": None if result.rejected is None else str(result.rejected), "ignored": list(result.ignored),
        })  # fmt: skip
        return
    would = "would be " if dry_run else ""
    say(f"{plain(file)}: {result.rows} rows; {would}added {result.added}, changed {result.changed}, "
        f"unchanged {result.unchanged}.")  # fmt: skip
    _say_changes(result.removed, result.merged, result.unmerged, (result.kept, result.overruled, result.joined))
    if result.spared:
        say(f"{result.missing} patients are not in the file. Nobody was removed: "
            + ("rows could not be read; correct them first." if result.not_imported else
               "they are many; say --remove-many if that is meant."))  # fmt: skip
    if not result.encoding_certain:
        say(f"Read as {result.encoding}, the likeliest; if names look wrong, name the encoding with --encoding.")
    say_ignored(result.ignored)
    if result.problems:
        kept = result.problems - result.not_imported
        say(f"Rows not imported: {result.not_imported}. Cells left out of rows that were kept: {kept}.")
        say_problems(result.first, result.problems, result.rejected)


@patients.command()
@click.option("--all", "whole", is_flag=True, help="Read every patient, and remove who is gone from the server.")
@click.option("--remove-many", is_flag=True, help="With --all: also when more than a tenth would go.")
@json_option
@pass_app
def pull(app: App, whole: bool, remove_many: bool, as_json: bool) -> None:
    """Ask the FHIR server of [patients] for what changed. `callward serve` does it every hour.

    The first time all patients are read; interrupted, it goes on where it was.

    Example: callward patients pull
    """
    from patients.pulling import Wish
    from patients.pulling import pull as pull_from
    from wiring import patients_server_of

    server = patients_server_of(app.settings)
    if server is None:
        raise click.ClickException(
            "There is no FHIR server to ask; set fhir_url in [patients], or import a file with "
            "`callward patients import FILE`."
        )
    with app.store() as store, progress_bar(app, "Reading", quiet=as_json) as progress:
        wish = Wish(app.now_ms(), app.clinic.country, whole, remove_many, lambda read: progress(read, 0))
        found = pull_from(store, server, wish)
    _account(found, as_json=as_json)
    if as_json:
        return
    if found.tells_deletions is False:
        say("The server does not tell who was deleted; run it with --all now and then.")
    if found.spared:
        say(f"{found.missing} patients are gone from the server. Nobody was removed: they are many; say --remove-many "
            "if that is meant.")  # fmt: skip


@patients.command()
@click.argument("stays")
@click.argument("goes")
@click.option("--dry-run", is_flag=True, help="Say what would move; write nothing.")
@click.option("--as", "author", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]")
@json_option
@pass_app
def merge(app: App, stays: str, goes: str, dry_run: bool, author: str, as_json: bool) -> None:
    """Make two records of one patient one: all of GOES becomes STAYS. `callward patients unmerge` undoes it.

    Example: callward patients merge P-17 P-204 --dry-run
    """
    from patients.merging import merge as merge_records
    from patients.merging import preview

    with app.store() as store, store.write() as tx:
        seen = preview(tx, stays, goes)
        number = None if dry_run else merge_records(tx, stays, goes, (author, app.now_ms()))
    if as_json:
        print_json({"merge": number, "calls": seen.calls, "topics": seen.topics, "appointments": seen.appointments,
                    "wards": seen.wards, "bookings": seen.bookings, "numbers": list(seen.numbers)})
        return
    would = "Would move" if dry_run else "Moved"
    say(f"{would} calls: {seen.calls}, topics: {seen.topics}, appointments: {seen.appointments}, "
        f"numbers: {len(seen.numbers)}, children: {seen.wards}.")  # fmt: skip
    if not seen.same_birth:
        say("Careful: their years of birth differ; they are hardly one person.")
    if number is not None:
        say(f"This is merge {number}; `callward patients unmerge {number}` takes it apart again for 30 days.")


@patients.command()
@click.argument("number", type=click.IntRange(1))
@click.option("--as", "author", metavar="NAME", default=getpass.getuser, help="Who says so. [default: your login]")
@pass_app
def unmerge(app: App, number: int, author: str) -> None:
    """Take a merge apart again; what was noted since stays with the record that stayed.

    Example: callward patients unmerge 3
    """
    from patients.merging import undo

    with app.store() as store, store.write() as tx:
        stays, goes = undo(tx, number, (author, app.now_ms()))
    say(f"{plain(stays)} and {plain(goes)} are two patients again.")


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


def _is_fhir(file: Path) -> bool:
    """Say whether a file of JSON holds FHIR: its first thousand bytes name a resourceType."""
    if file.suffix.lower() not in (".json", ".ndjson", ".jsonl"):
        return False
    try:
        with file.open("rb") as opened:
            return b'"resourceType"' in opened.read(1000)
    except OSError:
        return False


def _import_bundle(app: App, file: Path, *, as_json: bool) -> None:
    from patients.fhir import read_bundle
    from patients.pulling import Wish, import_bundle

    with app.store() as store:
        found = import_bundle(store, read_bundle(file), Wish(app.now_ms(), app.clinic.country))
    _account(found, as_json=as_json)


def _account(found: "Pulled", *, as_json: bool) -> None:
    done = found.done
    if as_json:
        print_json({"read": found.read, "added": done.added, "changed": done.changed, "unchanged": done.unchanged,
                    "removed": found.removed, "merged": found.merged, "joined": done.joined, "edits_kept": done.kept,
                    "edits_over": done.overruled, "restricted": found.restricted, "missing": found.missing,
                    "resumed": found.resumed})
        return
    say(f"Patients read: {found.read}; added {done.added}, changed {done.changed}, unchanged {done.unchanged}.")
    _say_changes(found.removed, found.merged, found.unmerged, (done.kept, done.overruled, done.joined))
    if found.restricted:
        say(f"Not read, because the server marks them as restricted: {found.restricted}.")


def _say_changes(removed: int, merged: int, unmerged: Sequence[tuple[str, str]], counts: tuple[int, int, int]) -> None:
    kept, overruled, joined = counts
    if removed:
        say(f"Removed: {removed}; their numbers match no more calls, their history stays.")
    if merged or joined:
        say(f"Merged: {merged + joined}, of which were saved from calls: {joined}.")
    for gone, into in unmerged[:5]:
        say(f"  {plain(gone)} was merged into {plain(into)}, which is not known; import that one, too.")
    if kept or overruled:
        say(f"Fields edited by hand that stay: {kept}; that the file has changed since: {overruled}.")
