"""Appointments: import of the table that the clinic's own system exports.

One row is one appointment. A row again with the same reference is the same appointment, as it is now. One that is no
longer in the file stays: a vanished row is no cancellation. An appointment of a patient who is not known is kept.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from patients import PatientsError
from patients.importing import chunks, read_day
from patients.match import fold
from patients.phones import e164
from patients.rejects import Problem, Rejects
from patients.tables import Column, Source, Table, TableRow, open_table
from store import Row, Store, Tx
from tracking.appointments_put import Origin, Told, Who, put, vanish
from tracking.campaigns import Imported, RowError, read_currency, to_minor
from tracking.moments import Clock, local_day, read_moment

_LONGEST_REF = 100
_LONGEST_TEXT = 200

STATUSES = ("proposed", "booked", "arrived", "fulfilled", "noshow", "cancelled")
CHANNELS = ("phone", "desk", "online", "message", "import")
TABLE = "table"
"""What a table is called that nobody gave a name."""


def _column(name: str, synonyms: str, *, required: bool = False) -> Column:
    return Column(name, tuple(synonyms.split(", ")), required)


COLUMNS = (
    _column(
        "appointment_ref",
        "appointment id, appointment, appointment no, visit id, visit no, nr wizyty, id wizyty, numer wizyty, "
        "номер приёма, ид приёма, ид записи, id cita, número de cita, nº cita",
        required=True,
    ),
    _column(
        "patient_ref",
        "patient id, patient, patient no, nr pacjenta, id pacjenta, numer pacjenta, nr karty, numer karty, "
        "номер пациента, ид пациента, номер карты, id paciente, número de paciente, nº historia",
    ),
    _column("phone", "phone number, mobile, patient phone, telefon, numer telefonu, телефон пациента, мобильный, "
                     "teléfono del paciente, móvil"),
    _column("name", "patient name, full name, pacjent, imię i nazwisko, nazwisko, пациент, фио, paciente, "
                    "nombre del paciente, nombre"),
    _column("birth_date", "date of birth, dob, born, data urodzenia, дата рождения, fecha de nacimiento"),
    _column("created_at", "created, booked at, booked on, made on, data utworzenia, utworzono, data umówienia, "
                          "дата создания, создан, дата записи, creado, fecha de creación, fecha de reserva"),
    _column("start_at", "start, starts at, date, time, visit date, appointment date, data wizyty, termin, początek, "
                        "дата приёма, начало, время приёма, fecha, fecha de la cita, inicio", required=True),
    _column("status", "state, stan, статус, состояние, estado"),
    _column("service", "visit type, type, usługa, rodzaj wizyty, услуга, вид приёма, servicio, tipo de cita"),
    _column("doctor", "practitioner, lekarz, specjalista, врач, médico, profesional"),
    _column("value", "price, amount, revenue, wartość, cena, kwota, стоимость, цена, сумма, importe, precio, valor"),
    _column("currency", "currency code, waluta, валюта, moneda, divisa"),
    _column("location", "site, placówka, lokalizacja, филиал, centro, sede"),
    _column("cancelled_at", "cancelled on, cancelled, canceled at, data odwołania, odwołano, дата отмены, "
                            "fecha de anulación, anulada el"),
    _column("channel", "booked by, how booked, kanał, sposób umówienia, канал, способ записи, canal"),
    _column("source", "utm_source, źródło, источник, fuente"),
    _column("medium", "utm_medium, медиум, medio"),
    _column("campaign", "utm_campaign, kampania, кампания, campaña"),
)  # fmt: skip


def _words(table: dict[str, str]) -> dict[str, str]:
    return {fold(word): ours for ours, words in table.items() for word in words.split(", ")}


_STATUS = _words({
    "proposed": "proposed, pending, waitlist, waiting list, requested, wstępna, lista oczekujących, "
                "rezerwacja wstępna, предварительно, лист ожидания, pendiente, lista de espera",
    "booked": "booked, scheduled, confirmed, planned, active, umówiona, umówiono, potwierdzona, zaplanowana, aktywna, "
              "записан, записана, подтверждён, подтверждена, запланирован, запланирована, reservada, confirmada, "
              "programada, citada",
    "arrived": "arrived, checked in, checked-in, in progress, przybył, w trakcie, пришёл, на приёме, en curso, llegó",
    "fulfilled": "fulfilled, completed, done, attended, finished, zrealizowana, odbyta, zakończona, wykonana, "
                 "состоялся, состоялась, завершён, завершена, выполнен, realizada, completada, atendida, finalizada",
    "noshow": "noshow, no show, no-show, did not come, nieobecny, nieobecność, nie przyszedł, nie odbyła się, неявка, "
              "не пришёл, не явился, no asistió, no presentado, ausente",
    "cancelled": "cancelled, canceled, entered in error, entered-in-error, odwołana, odwołano, anulowana, отменён, "
                 "отменена, отмена, cancelada, anulada",
})  # fmt: skip
_CHANNEL = _words({
    "phone": "phone, call, telephone, telefon, telefonicznie, телефон, по телефону, teléfono, por teléfono",
    "desk": "desk, reception, in person, recepcja, osobiście, рецепция, регистратура, лично, recepción, en persona",
    "online": "online, web, www, internet, app, przez internet, онлайн, сайт, интернет, en línea",
    "message": "message, sms, e-mail, email, mail, chat, wiadomość, сообщение, чат, mensaje, correo",
    "import": "import, imported, import danych, импорт, importada, importado",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Appointments:
    """What an import did.

    `strangers` counts the appointments kept whose patient is not known (yet). `vanished` are the references that were
    cancelled because a complete file no longer has them; `incomplete` says why none could be, though it was complete.
    """

    table: Imported
    strangers: int
    first_strangers: tuple[str, ...]
    vanished: tuple[str, ...] = ()
    incomplete: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of one import are read. `now_ms` is stored as the time of import.

    `name` is the system that the rows come from. `complete` says that what it told before and does not tell now, for
    the days between its first row and its last, was cancelled.
    """

    clock: Clock
    region: str
    now_ms: int
    name: str = TABLE
    complete: bool = False
    lines: dict[str, int] = field(default_factory=dict)


def import_appointments(
    store: Store, source: Source, reading: Reading, progress: Callable[[int, int], None] | None = None,
    cursor: str | None = None,
) -> Appointments:
    """Import a table of appointments, a transaction for each thousand rows.

    Interrupted, it has kept whole thousands; run again, it goes on from there. `cursor` is kept with the import.

    Raises:
        PatientsError: the file cannot be read or lacks a column that is needed.
    """
    table = open_table(source, COLUMNS)
    if not {"patient_ref", "phone", "name"} & set(table.places):
        raise PatientsError(
            f"{source.path}, line 1: no column tells the patient; say which does with "
            "--map HEADING=patient_ref, or with phone, or with name and birth_date."
        )
    rejects = Rejects(source.path, table.header)
    try:
        taken = _take(store, table, reading, rejects, progress)
        return finish(store, reading, "table", taken, rejects, ignored=tuple(table.ignored), cursor=cursor)
    except BaseException:
        rejects.abandon()
        raise


@dataclass(slots=True)
class Taken:
    """What became of the rows of one import so far."""

    rows: int = 0
    done: dict[str, int] = field(default_factory=lambda: {"added": 0, "changed": 0, "unchanged": 0})
    strangers: list[str] = field(default_factory=list)
    first_ms: int | None = None
    last_ms: int | None = None

    def put(self, tx: Tx, told: list[Told], reading: Reading) -> None:
        """Store some appointments and count them."""
        outcome = put(tx, told, Origin(reading.name, reading.region, reading.now_ms))
        for word, count in outcome.counts.items():
            self.done[word] += count
        self.strangers += outcome.strangers
        for one in told:
            start = one.row["start_ms"]
            self.first_ms = start if self.first_ms is None else min(self.first_ms, start)
            self.last_ms = start if self.last_ms is None else max(self.last_ms, start)


def finish(
    store: Store, reading: Reading, kind: str, taken: Taken, wrong: Rejects | Sequence[Problem],
    *, ignored: tuple[str, ...] = (), cursor: str | None = None,
) -> Appointments:
    """Cancel what a complete import no longer has, write the import down, and sum it up.

    `wrong` is what could not be taken; `cursor` is where the next import of this system goes on from.
    """
    rejects = wrong if isinstance(wrong, Rejects) else None
    problems = tuple(rejects.first) if rejects is not None else tuple(cast(Sequence[Problem], wrong))
    refused = rejects.count if rejects is not None else len(problems)
    vanished: list[str] = []
    incomplete = ""
    with store.write() as tx:
        if reading.complete and refused:
            incomplete = "Nothing was cancelled for being absent, because rows were refused; correct them first."
        elif reading.complete and taken.first_ms is not None and taken.last_ms is not None:
            vanished = vanish(tx, reading.name, (taken.first_ms, taken.last_ms), reading.now_ms, reading.lines)
        tx.run(
            "appointment_import_put", id=tx.next_id("appointment_import"), source=reading.name, kind=kind,
            at_ms=reading.now_ms, rows=taken.rows, **taken.done, refused=refused, vanished=len(vanished),
            cursor=cursor, problem=None,
        )  # fmt: skip
        if kind == "fhir":
            tx.run("appointment_imports_tidy", source=reading.name)
    imported = Imported(
        taken.rows, **taken.done, not_imported=refused, problems=problems,
        rejected=None if rejects is None else rejects.finish(), ignored=ignored,
    )  # fmt: skip
    return Appointments(imported, len(taken.strangers), tuple(taken.strangers[:5]), tuple(vanished), incomplete)


def list_appointments(
    tx: Tx, *, on: str | None = None, unmatched: bool = False, limit: int, offset: int = 0
) -> list[Row]:
    """Return a page of appointments by time, of all days or of one local day.

    A row is that of `appointment` with patient_name, None for a patient who is not known. `unmatched` leaves those
    alone whose patient is not known.
    """
    return tx.all("appointments_list", day=on, unmatched=int(unmatched), limit=limit, skip=offset)


@dataclass(frozen=True, slots=True)
class Age:
    """When a system last told of its appointments, in ms since the epoch, and how many rows that were."""

    source: str
    kind: str
    at_ms: int
    rows: int
    problem: str | None = None
    """Why the latest try failed, if it did; `at_ms` is then that of the last one that did not."""


def ages(tx: Tx) -> list[Age]:
    """Return the age of the data of each system, the latest first."""
    return [
        Age(row["source"], row["kind"], row["at_ms"], row["rows"], row["problem"]) for row in tx.all("appointment_ages")
    ]


def age_of(tx: Tx) -> int | None:
    """Return when the oldest of the systems was last heard, in ms since the epoch: no appointment shown is staler.

    None while nothing was ever imported.
    """
    known = [age.at_ms for age in ages(tx)]
    if known:
        return min(known)
    alone = tx.value("appointments_imported_ms")
    return None if alone is None else int(alone)


def _take(
    store: Store, table: Table, reading: Reading, rejects: Rejects, progress: Callable[[int, int], None] | None
) -> Taken:
    taken = Taken()
    for chunk in chunks(table.rows()):
        told = list(_readable(reading, chunk, rejects))
        with store.write() as tx:
            taken.put(tx, told, reading)
        taken.rows += len(chunk)
        if progress:
            progress(taken.rows, 0)
    return taken


def _readable(reading: Reading, chunk: list[TableRow], rejects: Rejects) -> Iterator[Told]:
    for row in chunk:
        try:
            yield _appointment(reading, row)
        except RowError as refused:
            rejects.add(Problem(row.line, refused.column, str(refused)), row.original)


def _appointment(reading: Reading, row: TableRow) -> Told:
    """Read one row. Raises RowError."""
    if row.problem:
        raise RowError("", row.problem)
    cells = row.cells
    ref = _ref(cells, "appointment_ref")
    who = _who(cells, reading.region)
    if ref in reading.lines:
        raise RowError("appointment_ref", f"{ref} is already on line {reading.lines[ref]}; give it one row")
    location = _text(cells, "location")
    zone = reading.clock.at(location)

    def moment(column: str, *, day_alone: bool = True) -> int | None:
        text = cells.get(column, "")
        try:
            return read_moment(text, zone, reading.region, day_alone=day_alone) if text else None
        except ValueError as error:
            raise RowError(column, str(error)) from None

    start_ms, cancelled_ms = moment("start_at", day_alone=False), moment("cancelled_at")
    if start_ms is None:
        raise RowError("start_at", "is empty; write when the appointment is, such as 2026-11-23 10:15")
    value, currency = _value(cells)
    found = {
        "ref": ref, "patient": who.ref, "created_ms": moment("created_at"), "start_ms": start_ms,
        "local_day": local_day(start_ms, zone),
        "status": _word(cells, "status", _STATUS) or ("booked" if cancelled_ms is None else "cancelled"),
        "service": _text(cells, "service") or None, "doctor": _text(cells, "doctor") or None,
        "value_minor": value, "currency": currency, "location": location, "cancelled_ms": cancelled_ms,
        "channel": _word(cells, "channel", _CHANNEL), "source": _text(cells, "source").lower() or None,
        "medium": _text(cells, "medium").lower() or None, "campaign": _text(cells, "campaign") or None,
        "imported_ms": reading.now_ms,
    }  # fmt: skip
    reading.lines[ref] = row.line
    return Told(found, who)


def _who(cells: dict[str, str], region: str) -> Who:
    """Return what a row says of its patient. Raises RowError when that is nothing."""
    ref = _ref(cells, "patient_ref") if cells.get("patient_ref") else ""
    phone, name, born = cells.get("phone", ""), _text(cells, "name"), cells.get("birth_date", "")
    number = e164(phone, region) if phone else None
    day = read_day(born, region) if born else None
    if not ref:
        if born and day is None:
            raise RowError("birth_date", f'"{born[:40]}" is not a day; write it as 1980-11-22')
        if phone and number is None and not (name and day):
            raise RowError("phone", f'"{phone[:40]}" is not a phone number with its country or area code')
        if number is None and not (name and day):
            raise RowError("patient_ref", "is empty; every appointment needs one, or a phone, or name and birth_date")
    return Who(ref, number, name or None, day)


def _ref(cells: dict[str, str], column: str) -> str:
    text = cells.get(column, "")
    if not text:
        raise RowError(column, "is empty; every appointment needs one")
    if len(text) > _LONGEST_REF:
        raise RowError(column, f"is longer than {_LONGEST_REF} characters")
    return text


def _text(cells: dict[str, str], column: str) -> str:
    text = cells.get(column, "")
    if len(text) > _LONGEST_TEXT:
        raise RowError(column, f"is longer than {_LONGEST_TEXT} characters")
    return text


def _word(cells: dict[str, str], column: str, words: dict[str, str]) -> str | None:
    """Return our word for a cell's, None for an empty one."""
    text = cells.get(column, "")
    found = words.get(fold(text)) if text else None
    if text and found is None:
        known = ", ".join(STATUSES if words is _STATUS else CHANNELS)
        raise RowError(column, f'"{text[:40]}" is not known; write one of {known}')
    return found


def _value(cells: dict[str, str]) -> tuple[int | None, str | None]:
    """Return the value in the currency's smallest unit, exactly, and the currency; None for no value."""
    text = cells.get("value", "")
    if not text:
        return None, None
    currency = read_currency(cells)
    try:
        return to_minor(text, currency), currency
    except ValueError as error:
        raise RowError("value", str(error)) from None
