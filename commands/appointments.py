"""`callward appointments`: what the clinic's own system says about visits."""

from pathlib import Path

import click

from commands.common import App, json_option, pass_app, print_json, say
from commands.tables import page_options, progress_bar, say_imported, say_page, source, table_options


@click.group()
def appointments() -> None:
    """Import and list appointments.

    Example: callward appointments import appointments.csv
    """


@appointments.command("import")
@table_options
@json_option
@pass_app
def import_(app: App, file: Path, maps: tuple[str, ...], encoding: str | None, as_json: bool) -> None:
    """Import appointments; callbacks of callers who booked meanwhile close.

    Columns: appointment_ref, patient_ref, created_at, start_at, status (proposed, booked, arrived, fulfilled, noshow,
    cancelled), service, doctor, value, currency, location, cancelled_at, channel (phone, desk, online, message,
    import), source, medium, campaign. Times without a zone are the clinic's. The same reference again is the same
    appointment; one that is no longer in the file stays.

    Example: callward appointments import appointments.csv
    """
    from callbacks.queue import on_appointments
    from tracking.appointments import Reading, import_appointments
    from tracking.moments import Clock
    from wiring import callbacks_of

    ctx, now_ms = callbacks_of(app.settings, live=True), app.now_ms()
    clock = Clock(app.zone, {name: hours.zone for name, hours in ctx.hours.items() if name})
    reading = Reading(clock, app.clinic.country, now_ms)
    with app.store() as store:
        with progress_bar(app, "Importing", quiet=as_json) as progress:
            result = import_appointments(store, source(app, file, maps, encoding), reading, progress)
        with store.write() as tx:
            changed = on_appointments(tx, ctx, now_ms)
            booked = [callback for callback in changed
                      if (row := tx.one("callback_get", id=callback)) and row["closed_why"] == "booked"]
    notes = []
    if result.strangers:
        refs = ", ".join(result.first_strangers) + (", …" if result.strangers > len(result.first_strangers) else "")
        notes.append(f"Appointments of patients who are not known: {result.strangers} ({refs}). They are kept; "
                     "`callward patients import FILE` makes the patients known.")  # fmt: skip
    notes += [f"Callback {callback} is closed: an appointment was made." for callback in booked]
    also = {"unknown_patients": result.strangers, "callbacks_booked": booked}
    say_imported(file, result.table, as_json=as_json, notes=notes, also=also)


@appointments.command("list")
@click.option("--on", metavar="DAY", help="Only those of this day, as 2026-11-23 or today.")
@page_options
@json_option
@pass_app
def list_(app: App, on: str | None, limit: int, offset: int, as_json: bool) -> None:
    """List appointments by their time.

    Example: callward appointments list --on today
    """
    from store.documents import iso
    from tracking.appointments import list_appointments
    from tracking.campaigns import from_minor

    day = None if on is None else app.day(on).isoformat()
    with app.store() as store, store.read() as tx:
        rows = list_appointments(tx, on=day, limit=limit, offset=offset)
        imported_ms = tx.value("appointments_imported_ms")
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
        say(_none(day, offset, imported_ms is not None))
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
    say(f"As last changed by an import at {app.show_time(imported_ms)}.")


def _none(day: str | None, offset: int, some: bool) -> str:
    if offset:
        return "There are no more."
    if some and day is not None:
        return f"No appointment is known on {day}; `callward appointments list` shows all of them."
    return "There are no appointments yet; import them with `callward appointments import FILE`."
