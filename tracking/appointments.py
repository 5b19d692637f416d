"""Appointments: import of the table that the clinic's own system exports.

One row is one appointment. A row again with the same reference is the same appointment, as it is now. One that is no
longer in the file stays: a vanished row is no cancellation. An appointment of a patient who is not known is kept.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from patients.importing import chunks
from patients.match import fold
from patients.rejects import Problem, Rejects
from patients.tables import Column, Source, TableRow, open_table
from store import Row, Store, Tx
from tracking.campaigns import Imported, RowError, read_currency, to_minor
from tracking.moments import Clock, local_day, read_moment

_LONGEST_REF = 100
_LONGEST_TEXT = 200

STATUSES = ("proposed", "booked", "arrived", "fulfilled", "noshow", "cancelled")
CHANNELS = ("phone", "desk", "online", "message", "import")


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
        required=True,
    ),
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
    """What an import did. `strangers` counts the appointments kept whose patient is not known (yet)."""

    table: Imported
    strangers: int
    first_strangers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of one import are read. `now_ms` is stored as the time of import."""

    clock: Clock
    region: str
    now_ms: int
    lines: dict[str, int] = field(default_factory=dict)


def import_appointments(
    store: Store, source: Source, clock: Clock, now_ms: int, progress: Callable[[int, int], None] | None = None
) -> Appointments:
    """Import a table of appointments, a transaction for each thousand rows.

    Interrupted, it has kept whole thousands; run again, it goes on from there.

    Raises:
        PatientsError: the file cannot be read or lacks a column that is needed.
    """
    table = open_table(source, COLUMNS)
    rejects = Rejects(source.path, table.header)
    reading = Reading(clock, source.region, now_ms)
    done = {"added": 0, "changed": 0, "unchanged": 0}
    strangers: list[str] = []
    rows = 0
    try:
        for chunk in chunks(table.rows()):
            found = list(_readable(reading, chunk, rejects))
            with store.write() as tx:
                _put(tx, found, done)
                strangers += [row["ref"] for row in found if tx.one("patient_get", ref=row["patient"]) is None]
            rows += len(chunk)
            if progress:
                progress(rows, 0)
    except BaseException:
        rejects.abandon()
        raise
    imported = Imported(
        rows, **done, not_imported=rejects.count, problems=tuple(rejects.first), rejected=rejects.finish(),
        ignored=tuple(table.ignored),
    )  # fmt: skip
    return Appointments(imported, len(strangers), tuple(strangers[:5]))


def list_appointments(tx: Tx, *, on: str | None = None, limit: int, offset: int = 0) -> list[Row]:
    """Return a page of appointments by time, of all days or of one local day.

    A row is that of `appointment` with patient_name, None for a patient who is not known.
    """
    return tx.all("appointments_list", day=on, limit=limit, skip=offset)


def _readable(reading: Reading, chunk: list[TableRow], rejects: Rejects) -> Iterator[Row]:
    for row in chunk:
        try:
            yield _appointment(reading, row)
        except RowError as refused:
            rejects.add(Problem(row.line, refused.column, str(refused)), row.original)


def _put(tx: Tx, found: list[Row], done: dict[str, int]) -> None:
    """Store what is new or differs, and count it."""
    changed = []
    for row in found:
        before = tx.one("appointment_get", ref=row["ref"])
        if before is not None and {**before, "imported_ms": 0} == {**row, "imported_ms": 0}:
            done["unchanged"] += 1
            continue
        done["added" if before is None else "changed"] += 1
        changed.append(row)
    if changed:
        tx.many("appointment_put", changed)


def _appointment(reading: Reading, row: TableRow) -> Row:
    """Read one row. Raises RowError."""
    if row.problem:
        raise RowError("", row.problem)
    cells = row.cells
    ref, patient = (_ref(cells, column) for column in ("appointment_ref", "patient_ref"))
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
        "ref": ref, "patient": patient, "created_ms": moment("created_at"), "start_ms": start_ms,
        "local_day": local_day(start_ms, zone),
        "status": _word(cells, "status", _STATUS) or ("booked" if cancelled_ms is None else "cancelled"),
        "service": _text(cells, "service") or None, "doctor": _text(cells, "doctor") or None,
        "value_minor": value, "currency": currency, "location": location, "cancelled_ms": cancelled_ms,
        "channel": _word(cells, "channel", _CHANNEL), "source": _text(cells, "source").lower() or None,
        "medium": _text(cells, "medium").lower() or None, "campaign": _text(cells, "campaign") or None,
        "imported_ms": reading.now_ms,
    }  # fmt: skip
    reading.lines[ref] = row.line
    return found


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
