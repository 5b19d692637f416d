"""`callward appointments`: what the clinic's own system says about visits."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, plain, print_json, say
from commands.tables import page_options, progress_bar, say_imported, say_page, source, table_options

if TYPE_CHECKING:
    from store import Store
    from tracking.appointments import Age, Appointments


@click.group()
def appointments() -> None:
    """Import and list appointments, and say which call made each.

    Example: callward appointments import appointments.csv
    """


@appointments.command("import")
@table_options
@click.option("--source", "name", metavar="NAME", help="The system it comes from. [default: table, or the calendar's]")
@click.option("--complete", is_flag=True, help="The file has all visits of its days: what is absent was cancelled.")
@json_option
@pass_app
def import_(
    app: App, file: Path, maps: tuple[str, ...], encoding: str | None, name: str | None, complete: bool, as_json: bool
) -> None:  # fmt: skip
    """Import appointments from a table or an iCalendar file (.ics); callbacks of callers who booked meanwhile close.

    Columns: appointment_ref, patient_ref, created_at, start_at, status (proposed, booked, arrived, fulfilled, noshow,
    cancelled), service, doctor, value, currency, location, cancelled_at, channel (phone, desk, online, message,
    import), source, medium, campaign. Instead of patient_ref the table may have phone, or name and birth_date. Times
    without a zone are the clinic's. The same reference again is the same appointment; one that is no longer in the
    file stays, unless --complete says that the file is complete.

    Example: callward appointments import appointments.csv
    """
    from tracking.appointments import TABLE, Reading, import_appointments
    from tracking.appointments_ical import import_calendar, is_calendar
    from wiring import appointment_clock

    now_ms, calendar = app.now_ms(), is_calendar(file)
    if calendar and (maps or encoding):
        raise click.UsageError("A calendar has no headings and is in UTF-8; leave out --map and --encoding.")
    reading = Reading(
        appointment_clock(app.settings), app.clinic.country, now_ms, name or ("" if calendar else TABLE), complete
    )
    with app.store() as store:
        with progress_bar(app, "Importing", quiet=as_json) as progress:
            if calendar:
                result = import_calendar(store, file, reading, progress)
            else:
                result = import_appointments(store, source(app, file, maps, encoding), reading, progress)
        made, booked = _follow(app, store, now_ms)
    _account(str(file), result, made, booked, as_json=as_json)


@appointments.command()
@json_option
@pass_app
def pull(app: App, as_json: bool) -> None:
    """Ask the FHIR server of [appointments] for what changed. `callward serve` does it every few minutes.

    Example: callward appointments pull
    """
    from tracking.appointments import Reading
    from tracking.appointments_fhir import pull as pull_from
    from tracking.appointments_fhir import source_of
    from wiring import appointment_sources_of

    sources, now_ms = appointment_sources_of(app.settings), app.now_ms()
    if sources.server is None:
        raise click.ClickException(
            "There is no FHIR server to ask; set fhir_url in [appointments], or import a file with "
            "`callward appointments import FILE`."
        )
    with app.store() as store:
        with progress_bar(app, "Reading", quiet=as_json) as progress:
            result = pull_from(store, sources.server, Reading(sources.clock, sources.region, now_ms), progress)
        made, booked = _follow(app, store, now_ms)
    _account(source_of(sources.server), result, made, booked, as_json=as_json)


@appointments.command()
@json_option
@pass_app
def relate(app: App, as_json: bool) -> None:
    """Find patients that were not known, and decide anew which call made each appointment.

    Run it after importing patients or correcting calls of long ago; what is recent is looked at by itself.

    Example: callward appointments relate
    """
    from tracking.appointments_relate import relate as relate_all
    from wiring import appointment_clock

    with app.store() as store:
        done = relate_all(store, appointment_clock(app.settings), app.now_ms())
    if as_json:
        print_json({"looked_at": done.looked_at, "changed": done.changed, "matched": done.matched})
        return
    say(f"Appointments looked at: {done.looked_at}; decisions that changed: {done.changed}; patients found: "
        f"{done.matched}.")  # fmt: skip


@appointments.command()
@click.argument("ref")
@json_option
@pass_app
def why(app: App, ref: str, as_json: bool) -> None:
    """Say which call made an appointment, and why it is taken for that.

    Example: callward appointments why A-1001
    """
    from tracking.appointments_relate import made_by
    from tracking.appointments_words import why_made

    with app.store() as store, store.read() as tx:
        row = tx.one("appointment_get", ref=ref)
        if row is None:
            raise click.ClickException(f'There is no appointment "{ref}"; `callward appointments list` shows them.')
        made = made_by(tx, ref)
        sentences = why_made(tx, row, made)
    if as_json:
        decided = made and {"call": f"{made['pbx']}:{made['call']}", "callback": made["callback"],
                            "rule": made["rule"], "evidence": made["evidence"]}  # fmt: skip
        print_json({"ref": ref, "made_by": decided, "why": sentences})
        return
    for line in sentences:
        say(plain(line))


@appointments.command("list")
@click.option("--on", metavar="DAY", help="Only those of this day, as 2026-11-23 or today.")
@click.option("--unmatched", is_flag=True, help="Only those whose patient is not known.")
@page_options
@json_option
@pass_app
def list_(app: App, on: str | None, unmatched: bool, limit: int, offset: int, as_json: bool) -> None:
    """List appointments by their time.

    Example: callward appointments list --on today
    """
    from store.documents import iso
    from tracking.appointments import ages, list_appointments
    from tracking.campaigns import from_minor

    day = None if on is None else app.day(on).isoformat()
    with app.store() as store, store.read() as tx:
        rows = list_appointments(tx, on=day, unmatched=unmatched, limit=limit, offset=offset)
        imported_ms, known = tx.value("appointments_imported_ms"), ages(tx)
    if as_json:
        print_json([
            {"ref": row["ref"], "patient": row["patient"], "patient_known": row["patient_name"] is not None,
             "created_at": iso(row["created_ms"]), "start_at": iso(row["start_ms"]), "local_day": row["local_day"],
             "status": row["status"], "service": row["service"], "doctor": row["doctor"],
             "value_minor": row["value_minor"], "currency": row["currency"], "location": row["location"] or None,
             "cancelled_at": iso(row["cancelled_ms"]), "channel": row["channel"], "source": row["source"],
             "medium": row["medium"], "campaign": row["campaign"], "imported_at": iso(row["imported_ms"])}
            for row in rows
        ])  # fmt: skip
        return
    if not rows:
        say("Every appointment's patient is known." if unmatched and imported_ms is not None and not offset
            else _none(day, offset, imported_ms is not None))
        return
    shown = (
        (app.show_time(row["start_ms"]), row["patient_name"] or row["patient"], row["status"], row["service"],
         row["doctor"], "" if row["value_minor"] is None else from_minor(row["value_minor"], row["currency"]),
         row["location"], row["ref"])
        for row in rows
    )  # fmt: skip
    columns = ("Time", "Patient", "Status", "Service", "Doctor", "Value", "Location", "Ref")
    app.print_table(columns, shown)
    say_page(len(rows), limit, offset)
    _say_ages(app, known, imported_ms)


def _none(day: str | None, offset: int, some: bool) -> str:
    if offset:
        return "There are no more."
    if some and day is not None:
        return f"No appointment is known on {day}; `callward appointments list` shows all of them."
    return "There are no appointments yet; import them with `callward appointments import FILE`."


def _say_ages(app: App, known: "list[Age]", imported_ms: int) -> None:
    """Say how old what was shown is."""
    for age in known:
        say(f"As {plain(age.source)} told it at {app.show_time(age.at_ms)}.")
        if age.problem:
            say(f"  A later try failed: {plain(age.problem)}")
    if not known:
        say(f"As last changed by an import at {app.show_time(imported_ms)}.")


def _follow(app: App, store: "Store", now_ms: int) -> tuple[int, list[int]]:
    """Do what follows an import: decide what made each, close callbacks; return how many, and which."""
    from callbacks.queue import on_appointments
    from tracking.appointments_relate import keep_related
    from wiring import appointment_clock, callbacks_of

    made = keep_related(store, appointment_clock(app.settings), now_ms)
    with store.write() as tx:
        changed = on_appointments(tx, callbacks_of(app.settings, live=True), now_ms)
        booked = [callback for callback in changed
                  if (row := tx.one("callback_get", id=callback)) and row["closed_why"] == "booked"]
    return made, booked


def _account(what: str, result: "Appointments", made: int, booked: list[int], *, as_json: bool) -> None:
    """Print what an import did."""
    notes = []
    if result.strangers:
        refs = ", ".join(result.first_strangers) + (", …" if result.strangers > len(result.first_strangers) else "")
        notes.append(f"Appointments of patients who are not known: {result.strangers} ({refs}). They are kept; "
                     "`callward patients import FILE` makes the patients known.")  # fmt: skip
    if result.vanished:
        notes.append(f"Cancelled, because the file no longer has them: {len(result.vanished)} "
                     f"({', '.join(result.vanished[:5])}{', …' if len(result.vanished) > 5 else ''}).")  # fmt: skip
    notes += [result.incomplete] if result.incomplete else []
    notes += [f"Appointments whose call was found, or is another now: {made}."] if made else []
    notes += [f"Callback {callback} is closed: an appointment was made." for callback in booked]
    also: dict[str, Any] = {
        "unknown_patients": result.strangers, "callbacks_booked": booked, "vanished": list(result.vanished),
        "decided": made,
    }  # fmt: skip
    say_imported(Path(what), result.table, as_json=as_json, notes=notes, also=also)
