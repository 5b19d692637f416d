"""The very appointments behind a figure that counts them, selected and paged in the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import channels, origins, parts, sources
from reports.metrics import Metric
from reports.parts import Binder, Part
from reports.period import Period
from reports.registry import KINDS, Limits
from reports.selected import Place, selected

if TYPE_CHECKING:
    from store import Row, Tx

_COLUMNS = """appointment.ref, appointment.start_ms, appointment.local_day, appointment.status, appointment.service,
  appointment.doctor, appointment.patient, appointment.value_minor, appointment.currency, made.pbx, made.call,
  call.started_ms, call.withheld, call.party"""
_MADE = """LEFT JOIN appointment_made_by AS made ON made.appointment = appointment.ref
LEFT JOIN call ON call.pbx = made.pbx AND call.id = made.call"""
_BEFORE = "appointment.start_ms <= :before_ms AND (appointment.start_ms, appointment.ref) < (:before_ms, :before_ref)"


@dataclass(frozen=True, slots=True)
class Booked:
    """Appointments that some conditions select, as SQL over `appointment`, `made` (by which call) and `call`."""

    source: str
    conditions: tuple[str, ...]
    params: Mapping[str, Any]

    def page(self, tx: "Tx", place: Place | None, limit: int) -> "list[Row]":
        """Return those before a place (see `place_of`), the latest first.

        Rows have ref, start_ms, local_day, status, service, doctor, patient (a reference), value_minor and currency
        (None where nobody tells what it was worth); of the call that made the appointment pbx, call, started_ms,
        withheld, party, all None where none did.
        """
        older = () if place is None else (_BEFORE,)
        before = {} if place is None else {"before_ms": place[0], "before_ref": place[1]}
        return tx.select(f"SELECT {_COLUMNS} {self._body(*older)}\n"
                         "ORDER BY appointment.start_ms DESC, appointment.ref DESC LIMIT :rows",
                         **self.params, **before, rows=limit)  # fmt: skip

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return int(tx.select(f"SELECT COUNT(*) AS n {self._body()}", **self.params)[0]["n"])

    def _body(self, *more: str) -> str:
        return f"{self.source}\nWHERE {' AND '.join(f'({one})' for one in (*self.conditions, *more))}"


_Behind = Callable[[Period, Metric, Mapping[str, str], Limits], Booked]


def place_of(row: "Row") -> Place:
    """Return where a page ends that ends with an appointment."""
    return row["start_ms"], row["ref"], ""


def _of_calls(period: Period, metric: Metric, row: Mapping[str, str], _: Limits) -> Booked:
    """Visits that calls made and whose patient came, by the day of the call."""
    calls = selected(period, metric.condition, row)
    source = f"""{calls.source}
JOIN appointment_made_by AS made ON made.pbx = call.pbx AND made.call = call.id
JOIN appointment ON appointment.ref = made.appointment"""
    return Booked(source, (calls.where, "appointment.status IN ('arrived', 'fulfilled')"), calls.params)


def _of_days(period: Period, metric: Metric, row: Mapping[str, str], limits: Limits) -> Booked:
    """Appointments by the day of the visit, as the report on origins has them."""
    bind = Binder()
    days = f"appointment.local_day >= {bind(period.start.isoformat())} AND " \
           f"appointment.local_day <= {bind(period.end.isoformat())}"
    source = f"""FROM appointment
{_MADE}
LEFT JOIN attribution ON attribution.pbx = made.pbx AND attribution.call = made.call
LEFT JOIN campaign ON campaign.id = attribution.campaign"""
    condition = origins.condition_of(metric, limits.late_hours)
    return Booked(source, (condition, days, *parts.all_of(row, _ORIGINS, period, bind)), bind.params)


def _of_channels(period: Period, metric: Metric, row: Mapping[str, str], limits: Limits) -> Booked:
    """Appointments by the day on which they were made, as the report on channels has them."""
    bind, (first_ms, last_ms) = Binder(), period.edges_ms(limits.zone)
    made = f"appointment_channel.made_ms >= {bind(first_ms)} AND appointment_channel.made_ms < {bind(last_ms)}"
    source = f"""FROM appointment_channel
JOIN appointment ON appointment.ref = appointment_channel.ref
{_MADE}"""
    return Booked(source, (metric.condition, made, *parts.all_of(row, _CHANNELS, period, bind)), bind.params)


_ORIGINS: Mapping[str, Part] = {name: parts.text(sql) for name, sql in origins.PARTS.items()}
_CHANNELS: Mapping[str, Part] = {"channel": parts.text("appointment_channel.channel")}
_FIGURES: Mapping[str, tuple[tuple[str, ...], _Behind]] = {
    "sources": ((*sources.DIMENSIONS, "label"), _of_calls), "origins": (origins.DIMENSIONS, _of_days),
    "channels": (channels.DIMENSIONS, _of_channels),
}  # fmt: skip
NAMES = frozenset(f"{name}.{metric.id}" for name in _FIGURES for metric in KINDS[name].metrics
                  if metric.unit == "appointments")  # fmt: skip
"""Every figure that opens to appointments, as `origins.no_shows`."""


def metric_of(name: str) -> Metric:
    """Return the definition of one of NAMES."""
    report, figure = name.split(".")
    return next(metric for metric in KINDS[report].metrics if metric.id == figure)


def opened(name: str, period: Period, row: Mapping[str, str], limits: Limits) -> Booked:
    """Return the appointments behind one of NAMES in a row ({} for the total).

    Texts that are no dimension of the report are passed over.
    """
    known, behind = _FIGURES[name.split(".")[0]]
    return behind(period, metric_of(name), {key: text for key, text in row.items() if key in known}, limits)
