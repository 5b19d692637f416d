"""The appointment that a receptionist noted on a call, until the clinic's own system tells of it.

It is what the receptionist and the caller agreed on; nothing of it goes to the clinic's system. The topic *booked*
counts while the appointment is not known; once it is, the appointment counts.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callbacks.errors import CallbacksError
from store import Row, Tx

_FAR_MS = 3 * 366 * 86_400_000


class BookingError(CallbacksError):
    """The appointment cannot be noted; the text says why."""


@dataclass(frozen=True, slots=True)
class Booking:
    """What was agreed: when (ms since the epoch), on which local day, and with whom, "" when nobody said."""

    start_ms: int
    local_day: str
    doctor: str = ""


def read(day: str, time: str, doctor: str, clock: tuple[ZoneInfo, int]) -> Booking:
    """Return what was typed as a booking; `clock` is the clinic's zone and now.

    Raises:
        BookingError: it is no day and time, or none to come.
    """
    zone, now_ms = clock
    try:
        moment = datetime.fromisoformat(f"{day}T{time}")
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise BookingError("Write the day and the time of the appointment, such as 2026-11-24 and 10:15.")
    start_ms = int(moment.replace(tzinfo=zone).timestamp() * 1000)
    if not now_ms - 3_600_000 <= start_ms <= now_ms + _FAR_MS:
        raise BookingError("The appointment must be to come; check its day and time.")
    return Booking(start_ms, day, " ".join(doctor.split()))


def note(tx: Tx, call: Row, booking: Booking, said: tuple[str, str | None, int]) -> None:
    """Note what was booked on a call; `said` is the author, the patient (if chosen), and the time. The last counts."""
    author, patient, now_ms = said
    tx.run(
        "booking_put", pbx=call["pbx"], call=call["id"], patient=patient, start_ms=booking.start_ms,
        local_day=booking.local_day, doctor=booking.doctor, author=author, at_ms=now_ms,
    )  # fmt: skip


def of_call(tx: Tx, pbx: str, call: str) -> Row | None:
    """Return what was booked on a call, with `known`: the ref of the clinic's own appointment, or None."""
    return tx.one("booking_of_call", pbx=pbx, call=call)


def coming(tx: Tx, number: str, now_ms: int) -> list[Row]:
    """Return what was booked on calls of a number, is to come, and is not known to the clinic's system yet."""
    return [row for row in tx.all("bookings_of_number", number=number, now_ms=now_ms) if row["known"] is None]
