"""Tracked numbers: which campaign a DID belonged to, and when.

An assignment says: this DID was this campaign's from one local day to another, both included. No DID has two on one
day; what would make it so is refused, and both are named. Assignments are history: a number that goes to another
campaign gets an end and a new assignment, never a new campaign on the old one.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from patients.importing import read_day
from patients.phones import e164
from patients.rejects import Problem, Rejects
from patients.tables import Column, Source, TableRow, open_table
from store import Row, Store, Tx
from tracking.assigning import (
    KINDS,
    Assignment,
    assign,
    edit_assignment,
    end_assignment,
    get_assignment,
    history,
    move,
    withdraw_assignment,
)
from tracking.campaigns import Imported, RowError, campaign_id
from tracking.periods import Claim, Period, clashes

__all__ = [
    "KINDS", "Assignment", "Entry", "assign", "assignment_on", "edit_assignment", "end_assignment", "get_assignment",
    "history", "import_numbers", "list_numbers", "move", "withdraw_assignment",
]  # fmt: skip
COLUMNS = (
    Column("did", ("number", "phone", "tracked number", "numer", "telefon", "номер", "número", "teléfono"), True),
    Column("label", ("name", "description", "nazwa", "etykieta", "opis", "название", "etiqueta", "descripción")),
    Column("source", ("utm_source", "źródło", "источник", "fuente")),
    Column("medium", ("utm_medium", "kanał", "канал", "medio")),
    Column("campaign", ("utm_campaign", "kampania", "кампания", "campaña")),
    Column("valid_from", ("from", "od", "od dnia", "с", "desde"), required=True),
    Column("valid_to", ("to", "until", "do", "do dnia", "по", "hasta")),
    Column("location", ("site", "placówka", "lokalizacja", "филиал", "centro", "sede")),
    Column("kind", ("type", "rodzaj", "typ", "тип", "tipo")),
    Column("destination", ("queue", "extension", "cel", "kolejka", "назначение", "очередь", "destino", "cola")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the file. `key` is the file's line, or minus the id of a stored assignment."""

    key: int
    did: str
    period: Period
    label: str
    kind: str
    location: str
    campaign: int | None
    destination: str | None
    id: int | None = None

    @property
    def identity(self) -> tuple[str, str, int | None]:
        """Return what makes it the same assignment in another file, whatever its end."""
        return self.did, self.period.first, self.campaign

    def row(self) -> Row:
        """Return the row of table `number_assignment`, but for its id."""
        return {
            "did": self.did, "label": self.label, "kind": self.kind, "location": self.location,
            "campaign": self.campaign, "valid_from": self.period.first, "valid_to": self.period.last,
            "destination": self.destination,
        }  # fmt: skip


def assignment_on(tx: Tx, did: str, local_day: str) -> Row | None:
    """Return the assignment of a DID on a local day (`2026-11-22`), or None.

    The row is that of `number_assignment` with source, medium and campaign_name, which are None without a campaign.
    """
    return tx.one("number_on", did=did, day=local_day)


def list_numbers(tx: Tx, *, on: str | None = None, limit: int, offset: int = 0) -> list[Row]:
    """Return a page of assignments, of all time or of one local day, with their campaigns."""
    return tx.all("numbers_list", day=on, limit=limit, offset=offset)


def import_numbers(
    store: Store, source: Source, progress: Callable[[int, int], None] | None = None,
    locations: Collection[str] = (),
) -> Imported:
    """Import assignments in one transaction. Where the clinic has named its locations, there are no others.

    1. Read every row; campaigns that are not known yet are made.
    2. A row with the DID, first day and campaign of a stored assignment is that assignment: its end may change.
    3. Of two that overlap the stored one stands, then the earlier line. The other is refused, and both are named.

    Raises:
        PatientsError: the file cannot be read or lacks a column that is needed.
    """
    table = open_table(source, COLUMNS)
    rejects = Rejects(source.path, table.header)
    originals: dict[int, list[str]] = {}
    entries: list[Entry] = []
    done = {"added": 0, "changed": 0, "unchanged": 0}
    try:
        with store.write() as tx:
            for row in table.rows():
                originals[row.line] = row.original
                try:
                    entries.append(_at_known_location(_entry(tx, row, source.region), locations))
                except RowError as refused:
                    rejects.add(Problem(row.line, refused.column, str(refused)), row.original)
                if progress and len(originals) % 1000 == 0:
                    progress(len(originals), 0)
            for line, reason in sorted(_settle(tx, entries, done).items()):
                rejects.add(Problem(line, "did", reason), originals[line])
    except BaseException:
        rejects.abandon()
        raise
    return Imported(
        len(originals), **done, not_imported=rejects.count, problems=tuple(rejects.first),
        rejected=rejects.finish(), ignored=tuple(table.ignored),
    )  # fmt: skip


def _entry(tx: Tx, row: TableRow, region: str) -> Entry:
    """Read one row. Raises RowError."""
    if row.problem:
        raise RowError("", row.problem)
    cells = row.cells
    did = e164(cells["did"], region)
    if did is None:
        raise RowError("did", f'"{cells["did"][:40]}" is not a phone number with its country or area code')
    kind = cells.get("kind", "").lower() or "static"
    if kind not in KINDS:
        raise RowError("kind", f'"{kind[:40]}" is not a kind of number; write static, pool, overflow or main')
    period = Period(_day(cells, "valid_from", region) or "", _day(cells, "valid_to", region))
    if not period.first:
        raise RowError("valid_from", "is empty; write the first day, such as 2026-01-01")
    if period.last is not None and period.last < period.first:
        raise RowError("valid_to", f"{period.last} is before valid_from {period.first}")
    return Entry(
        row.line, did, period, cells.get("label", ""), kind, cells.get("location", ""), _campaign(tx, cells, kind),
        cells.get("destination") or None,
    )  # fmt: skip


def _at_known_location(entry: Entry, locations: Collection[str]) -> Entry:
    """Return the entry. Raises RowError for a location that would silently go by other opening hours."""
    if entry.location and locations and entry.location not in locations:
        known = ", ".join(f'"{name}"' for name in sorted(locations))
        raise RowError("location", f'"{entry.location[:40]}" is not a location of the settings; there are {known}')
    return entry


def _day(cells: dict[str, str], column: str, region: str) -> str | None:
    text = cells.get(column, "")
    found = read_day(text, region) if text else None
    if text and found is None:
        raise RowError(column, f'"{text[:40]}" is not a day; write it as 2026-11-22')
    return found


def _campaign(tx: Tx, cells: dict[str, str], kind: str) -> int | None:
    """Return the campaign's id. A main number may have none; without a name source and medium are the campaign."""
    source, medium, name = (cells.get(column, "") for column in ("source", "medium", "campaign"))
    if not (source or medium or name) and kind == "main":
        return None
    for column, value in (("source", source), ("medium", medium)):
        if not value:
            raise RowError(column, "is empty; only a number of kind main may belong to no campaign")
    return campaign_id(tx, source, medium, name)


def _settle(tx: Tx, entries: list[Entry], done: dict[str, int]) -> dict[int, str]:
    """Store what can stand and count it. Return the refused lines with the reason."""
    dids = sorted({entry.did for entry in entries})
    stored = [_stored(row) for did in dids for row in tx.all("numbers_of_did", did=did)]
    known = {entry.identity: entry for entry in stored}
    entries = _without_repeats(entries, done)
    refused = _refused(entries, stored, known)
    by_key = {entry.key: entry for entry in [*stored, *entries]}
    for entry in entries:
        if entry.key in refused:
            continue
        before = known.get(entry.identity)
        if before is not None and before.row() == entry.row():
            done["unchanged"] += 1
            continue
        tx.run("number_put", id=before.id if before else tx.next_id("number_assignment"), **entry.row())
        done["changed" if before else "added"] += 1
    return {line: _reason(by_key[line], by_key[rival]) for line, rival in refused.items()}


def _refused(
    entries: list[Entry], stored: list[Entry], known: dict[tuple[str, str, int | None], Entry]
) -> dict[int, int]:
    """Return the keys of the entries that cannot stand, each with what it overlaps.

    An entry replaces the stored assignment that it is. When it is refused, that one keeps its old days, which may then
    stand in the way of others; so the question is asked again until nothing more is refused.
    """
    refused: dict[int, int] = {}
    while True:
        standing = [entry for entry in entries if entry.key not in refused]
        replaced = {entry.identity for entry in standing if entry.identity in known}
        kept = [entry for entry in stored if entry.identity not in replaced]
        more = clashes(Claim(entry.key, entry.did, entry.period) for entry in [*kept, *standing])
        if not more:
            return refused
        refused.update(more)


def _without_repeats(entries: list[Entry], done: dict[str, int]) -> list[Entry]:
    """Return the entries without those that an earlier line says word for word."""
    once: dict[tuple[object, ...], Entry] = {}
    for entry in entries:
        if once.setdefault(tuple(entry.row().values()), entry) is not entry:
            done["unchanged"] += 1
    return list(once.values())


def _stored(row: Row) -> Entry:
    return Entry(
        -row["id"], row["did"], Period(row["valid_from"], row["valid_to"]), row["label"], row["kind"], row["location"],
        row["campaign"], row["destination"], row["id"],
    )  # fmt: skip


def _reason(entry: Entry, rival: Entry) -> str:
    """Say what overlaps what; both are named."""
    where = f"line {rival.key}" if rival.key > 0 else "the stored assignment"
    label = f' "{rival.label}"' if rival.label else ""
    return (
        f"line {entry.key} ({entry.period}) overlaps {where}{label} ({rival.period}) on {entry.did}; "
        f"end one of them before the other begins"
    )
