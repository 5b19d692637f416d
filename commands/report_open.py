"""`callward report open`: the very calls, people, appointments, requests, visits or leases behind a figure."""

import getpass
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from commands.common import App, json_option, pass_app, plain, print_json, say
from reports.period import DEFAULT, PRESETS, Period, between
from reports.period import preset as period_named

if TYPE_CHECKING:
    from reports.figure import Cell
    from reports.registry import Limits
    from store import Store, Tx


@click.command("open")
@click.argument("figure", metavar="REPORT.FIGURE")
@click.option("--row", "texts", multiple=True, metavar="NAME=TEXT",
              help="Only this row of the report, such as source=google; may be given several times.")
@click.option("--from", "start", metavar="DAY", help="First local day, as 2026-11-01.")
@click.option("--to", "end", metavar="DAY", help="Last local day, included. Today if not given.")
@click.option("--period", "preset", type=click.Choice(PRESETS), help="A named period instead of days. [default: 30d]")
@click.option("--role", type=click.Choice(("manager", "marketer")), default="manager", show_default=True,
              help="Whose view it is: a marketer sees keyed hashes, and no calls.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="So many of them.")
@json_option
@pass_app
def open_(
    app: App, figure: str, texts: tuple[str, ...], start: str | None, end: str | None, preset: str | None, role: str,
    limit: int, as_json: bool,
) -> None:  # fmt: skip
    """List what a figure counts, as many as it says: calls, people, appointments, requests, visits or leases.

    Example: callward report open sources.unique_callers --row source=google --period 7d
    """
    from reports.based import listed, told
    from reports.figure import Cell

    row = dict(text.partition("=")[::2] for text in texts)
    asked = Cell(figure, period_of(app, start, end, preset), row)
    cell = replace(asked, name=listed(figure))
    with app.store() as store:
        _permitted(app, asked, role)
        key = _noted(app, store, cell) if role == "marketer" or _is_of_visitors(cell) else ""
        with store.read() as tx:
            items, count = _listed(app, tx, cell, (key, limit))
            computed = told(tx, asked, _limits(app))
    if as_json:
        also = {} if computed is None else {"value": computed.value, "computed_from": computed.count,
                                            "out_of": computed.whole}  # fmt: skip
        print_json({"figure": figure, **also, "count": count, "items": items})
        return
    app.print_table([name.replace("_", " ").capitalize() for name in items[0]] if items else [],
                    [_cells(one) for one in items], "Nothing is behind this figure in these days.")  # fmt: skip
    if computed is not None:
        these = f"computed from these {computed.count}" if computed.whole is None else \
            f"these {computed.count} of {computed.whole}"
        say(f"{computed.name('en')}: {computed.text('en')}, {these}.")
    if count > len(items):
        say(f"{len(items)} of {count}; see more with --limit {count}.")


def period_of(app: App, start: str | None, end: str | None, preset: str | None) -> Period:
    """Return the days that options ask for, 30 by default."""
    if preset and (start or end):
        raise click.UsageError("Give either --period, or --from and --to.")
    now = datetime.fromtimestamp(app.now_ms() / 1000, UTC)
    return between(start, end, now, app.zone) if start or end else period_named(preset or DEFAULT, now, app.zone)


def _permitted(app: App, cell: "Cell", role: str) -> None:
    """Refuse what opens to nothing, or not for the role. The list may be that of another figure."""
    from reports import based, behind, booked, entries, people
    from reports.privacy import keeps_people
    from reports.registry import KINDS
    from wiring import privacy_of

    lists = behind.NAMES | behind.COMPUTED | people.NAMES | booked.NAMES | entries.NAMES | entries.COMPUTED
    known, name = lists | {one for one in based.BASES if based.listed(one) in lists}, based.listed(cell.name)
    if cell.name not in known:
        report = cell.name.split(".")[0]
        near = sorted(name for name in known if name.startswith(f"{report}.")) or sorted(known)
        raise click.UsageError(f"This figure opens to no list; choose among {', '.join(near)}.")
    kind = KINDS[cell.name.split(".")[0]]
    if strange := sorted(set(cell.row) - {*kind.dimensions, "label"}):
        raise click.UsageError(f'"{plain(strange[0])}" is nothing that {kind.name} is counted by; choose among '
                               f"{', '.join(kind.dimensions)}.")  # fmt: skip
    if cell.name in based.BASES and not based.opens_in(cell.name, cell.row):
        only = based.BASES[cell.name].only or {}
        raise click.UsageError(f"This figure opens with --row {' --row '.join('='.join(one) for one in only.items())} "
                               "alone.")  # fmt: skip
    calls = name in behind.NAMES | behind.COMPUTED and behind.are_calls(name, cell.row)
    kept = calls or keeps_people(kind.dimensions, privacy_of(app.settings))
    if role == "marketer" and kept:
        raise click.UsageError("What is behind this figure is not a marketer's; leave --role out.")


def _listed(app: App, tx: "Tx", cell: "Cell", how: tuple[str, int]) -> tuple[list[dict[str, Any]], int]:
    """Return rows of plain values, and how many there are. `how` is the key of hashes ("" for names) and how many."""
    from reports import behind, booked, entries, people
    from reports.figure import count_of
    from store.documents import call_documents

    key, limit = how
    limits = _limits(app)
    if cell.name in people.NAMES:
        found = people.opened(tx, cell.name, cell.period, cell.row, limits)
        return [_person(app, tx, one, key) for one in found.page(tx, None, limit)], count_of(tx, found, cell, limits)
    if cell.name in booked.NAMES:
        visits = booked.opened(cell.name, cell.period, cell.row, limits)
        return [_visit(app, tx, one, key) for one in visits.page(tx, None, limit)], count_of(tx, visits, cell, limits)
    if cell.name in entries.COMPUTED or (cell.name in entries.NAMES and entries.are_entries(cell.name, cell.row)):
        things = entries.opened(tx, cell.name, cell.period, cell.row, limits)
        return [_entry(app, tx, one, key) for one in things.page(tx, None, limit)], count_of(tx, things, cell, limits)
    calls = behind.opened(tx, cell.name, cell.period, cell.row)
    rows = [tx.one("call_get", pbx=one["pbx"], id=one["id"]) for one in calls.page(tx, None, limit)]
    names = ("id", "started_at", "direction", "caller_number", "did", "outcome", "patients")
    shown = [{name: document[name] for name in names} for document in call_documents(tx, [row for row in rows if row])]
    return shown, count_of(tx, calls, cell, limits)


def _limits(app: App) -> "Limits":
    from reports.registry import Limits

    settings = app.settings
    return Limits(reached_s=settings.callbacks.reached_s, late_hours=settings.appointments.late_hours, zone=app.zone)


def _person(app: App, tx: "Tx", person: Any, key: str) -> dict[str, Any]:
    from reports.raw import hashed

    last = None if person.last_ms is None else app.show_time(person.last_ms, "%Y-%m-%d %H:%M")
    told = {"calls": person.calls if person.number else None, "last_call": last}
    if key:
        return {"caller": hashed(key, {"withheld": 0, "party": person.key}), **told}
    names = tx.all("callback_patients", number=person.number) if person.number else []
    if person.patient:
        names = [row for row in [tx.one("patient_get", ref=person.patient)] if row]
    return {"patients": [row["name"] for row in names], "number": person.number or None, **told}


def _visit(app: App, tx: "Tx", row: Any, key: str) -> dict[str, Any]:
    from reports.raw import hashed
    from store.money import major

    told = {"at": app.show_time(row["start_ms"], "%Y-%m-%d %H:%M"), "status": row["status"]}
    if key:
        return told | {"caller": hashed(key, row) if row["started_ms"] is not None else None}
    who = tx.one("patient_get", ref=row["patient"]) if row["patient"] else None
    call = f"{row['pbx']}:{row['call']}" if row["started_ms"] is not None else None
    worth = major(row["value_minor"], row["currency"]) if row["value_minor"] is not None and row["currency"] else None
    return told | {"patient": who["name"] if who else None, "service": row["service"], "doctor": row["doctor"],
                   "worth": worth, "currency": row["currency"] if worth is not None else None, "call": call}


def _entry(app: App, tx: "Tx", entry: Any, key: str) -> dict[str, Any]:
    from reports.people import Person
    from reports.raw import hashed

    until = None if entry.until_ms is None else app.show_time(entry.until_ms, "%Y-%m-%d %H:%M")
    told = {"what": entry.kind, "at": app.show_time(entry.at_ms, "%Y-%m-%d %H:%M")}
    someone = entry.number or entry.visitor
    who = hashed(key, {"withheld": 0, "party": Person(entry.number, visitor=entry.visitor).key}) if someone else None
    if entry.kind == "visit":
        return told | {"page": f"{entry.site}{entry.page}", "source": entry.source, "campaign": entry.campaign,
                       "ended": entry.ended.removeprefix("ended_"), "visitor": who}  # fmt: skip
    if entry.kind == "lease":
        return told | {"until": until, "number": entry.did, "visitor": who}
    if key:
        return told | {"caller": who, "answered": until}
    names = tx.all("callback_patients", number=entry.number) if entry.number else []
    return told | {"patients": [row["name"] for row in names], "number": entry.number or None, "answered": until}


def _is_of_visitors(cell: "Cell") -> bool:
    """Say whether a list has visitors to the web site, whom nobody is told."""
    from reports import entries

    return cell.name in (entries.NAMES | entries.COMPUTED) - entries.OF_CONTACTS


def _noted(app: App, store: "Store", cell: "Cell") -> str:
    """Write it into the audit log; return the key of hashes."""
    from reports.raw import caller_key
    from web.audit import Actor, Deed, note

    who = Actor(getpass.getuser(), None, "command line", app.now_ms())
    with store.write() as tx:
        note(tx, who, Deed("looked", "figures", cell.name, str(cell.period)))
        return caller_key(tx)


def _cells(item: dict[str, Any]) -> Sequence[object]:
    return [", ".join(value) if isinstance(value, list) else "" if value is None else value for value in item.values()]
