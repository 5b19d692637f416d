"""How people came to the clinic: by phone, by asking to be rung back, online, at the desk, by message.

Each channel tells what it can: nobody knows how many looked at the online calendar and left, so that is empty, not
zero. Calls are read from the sums by day; requests and appointments by when they were made, by index.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from reports import sums
from reports.metrics import Metric, Names, Unit
from reports.period import Period
from reports.report import Report, dimensions, table_of
from store.money import major

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("channel",)
DEFAULT_BY = DIMENSIONS
CHANNELS = ("phone", "request", "online", "desk", "message", "unknown")
NOTES = (
    "Phone: calls. Asked to be rung back: the form on the web site. Online, desk, message: what the clinic's own "
    "system says of an appointment; forms of other kinds are messages there.",
    "An appointment counts on the day on which it was made, in the channel that made it: one made on a callback that "
    "was asked for on the web site belongs to the request.",
    "Empty is what a channel cannot know: who looked at the online calendar and left, or came to the desk in vain.",
)
_UTC = ZoneInfo("UTC")
_CALLS = "call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_MADE = "appointment_channel.made_ms IS NOT NULL"
_CAME = "appointment_channel.status IN ('arrived', 'fulfilled')"
_LEFT = ("calls that are no patients', and those marked as tests, spam or internal", "requests that were refused",
         "appointments that are only proposed, or of which nobody tells when they were made")  # fmt: skip


def _figure(id_: str, names: Names, unit: Unit, formula: str, told: tuple[str, tuple[str, ...]]) -> Metric:
    condition, notes = told
    return Metric(id_, names, unit, formula, condition, _LEFT, notes=notes, additive=unit not in ("people", "seconds"))


METRICS: tuple[Metric, ...] = (
    _figure("contacts", Names("Contacts", "Kontakty", "Обращения", "Contactos"), "contacts",
            "Inbound calls of patients; requests to be rung back.", (_CALLS, ("Known of phone and request alone.",))),
    _figure("people", Names("People", "Osoby", "Люди", "Personas"), "people",
            "Different numbers that rang or asked to be rung back; of other channels different patients who booked.",
            (_CALLS, ("Not additive: one person may come by several channels, so there is no total.",
                      "Appointments whose patient is not known count nobody.",))),
    _figure("answered", Names("Answered", "Odebrane", "Отвеченные", "Atendidas"), "contacts",
            "Calls in which a person of the clinic talked with the caller; requests whose sender was spoken with.",
            (f"{_CALLS} AND call.missed = 0 AND call.outcome = 'answered'", ("Known of phone and request alone.",))),
    _figure("answer_s", Names("Time to answer", "Czas do odpowiedzi", "Время до ответа", "Tiempo hasta la respuesta"),
            "seconds", "Median time from when a queue or a phone was first tried until a person answered; of requests, "
            "until the person was spoken with, by the clock.",
            (_CALLS, ("Known of phone and request alone; not comparable with one another, so there is no total.",))),
    _figure("booked", Names("Booked", "Umówione", "Записи", "Citas reservadas"), "appointments",
            "Appointments that were made by the channel in these days, whatever became of them.", (_MADE, ())),
    _figure("shown", Names("Came", "Odbyte", "Пришли", "Asistieron"), "appointments",
            "Those of them whose patient came.", (_CAME, ())),
    _figure("revenue", Names("Worth", "Przychód", "Выручка", "Ingresos"), "money",
            "Sum of the values of those whose patient came, in whole units of the currency.",
            (_CAME, ("Empty where several currencies meet, or no value is known.",))),
)  # fmt: skip
"""The figures, in the order of the columns. Conditions are SQL over `call`, of appointments over their view."""
_COUNTS = ("contacts", "answered", "booked", "shown")


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, zone: ZoneInfo = _UTC) -> Report:
    """Return a row for each channel, and the total. Raises ReportsError: `by` names something else than DIMENSIONS."""
    sums.fresh(tx)
    named = dimensions(by, DIMENSIONS, "contacts")
    rows = _rows(tx, period, zone)
    total: dict[str, Any] = {metric.id: None for metric in METRICS} | {
        name: sum(row[name] or 0 for row in rows) for name in _COUNTS
    }
    earned: dict[str, int] = defaultdict(int)
    for row in rows:
        for currency, minor in row["earned"].items():
            earned[currency] += minor
    total["revenue"] = _one(earned)
    notes: tuple[str, ...] = NOTES
    if undated := int(tx.value("report_channel_undated", **sums.days(period))):
        notes = (*notes, f"Of {undated} appointments on these days nobody tells when they were made; they are nowhere "
                         "here.")  # fmt: skip
    return Report("channels", period, named, table_of(rows, named, METRICS), total, METRICS, notes,
                  money=next(iter(earned)) if len(earned) == 1 else "")


def frame(
    tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, zone: ZoneInfo = _UTC
) -> "pd.DataFrame":
    """Return one row a channel: phone, request, online, desk, message, and unknown where there is such.

    Columns: channel (text); contacts, answered: calls or requests (NaN where the channel cannot know); people:
    different people (not additive); answer_s: median, seconds; booked, shown: appointments made in these days, and
    those whose patient came (int); revenue: of these, in whole units of the currency (NaN where several meet).
    `channel` is no property of patients.
    """
    return report(tx, period, by=by, zone=zone).rows


def people_of(tx: "Tx", period: Period, channel: str, zone: ZoneInfo = _UTC) -> tuple[list[str], list[str]]:
    """Return who came by a channel other than phone: the numbers that asked to be rung back, the patients who booked.

    Each once, as many as its row says.
    """
    if channel == "request":
        return sorted({row["number"] for row in requests_of(tx, period)}), []
    first_ms, last_ms = period.edges_ms(zone)
    rows = tx.all("report_channel_patients", channel=channel, first_ms=first_ms, last_ms=last_ms)
    return [], [row["patient"] for row in rows]


def requests_of(tx: "Tx", period: Period) -> "list[Row]":
    """Return the requests to be rung back: id, at_ms, contacted_ms (None), number, site and page of each."""
    return tx.all("report_channel_requests", **sums.days(period))


def _rows(tx: "Tx", period: Period, zone: ZoneInfo) -> list[dict[str, Any]]:
    first_ms, last_ms = period.edges_ms(zone)
    appointments: dict[str, list[Row]] = defaultdict(list)
    for row in tx.all("report_channel_appointments", first_ms=first_ms, last_ms=last_ms):
        appointments[row["channel"]].append(row)
    people = {row["channel"]: int(row["people"]) for row in
              tx.all("report_channel_people", first_ms=first_ms, last_ms=last_ms)}  # fmt: skip
    asked = {"phone": _phone(tx, period), "request": _requests(tx, period)}
    rows = []
    for channel in CHANNELS:
        told = asked.get(channel) or {"contacts": None, "people": people.get(channel, 0), "answered": None,
                                      "answer_s": None}  # fmt: skip
        rows.append({"channel": channel, **told, **_worth(appointments[channel])})
    if not any(row["contacts"] or row["booked"] for row in rows):
        return []
    return [row for row in rows if row["channel"] != "unknown" or row["booked"]]


def _phone(tx: "Tx", period: Period) -> dict[str, Any]:
    counted = tx.one("report_channel_calls", **sums.days(period))
    assert counted is not None
    waits = sums.histograms(sums.per_grain(tx, "report_channel_waits", period), lambda _: "")
    return {"contacts": int(counted["calls"]), "people": sums.callers(tx, period, "clinic").get("", 0),
            "answered": int(counted["answered"]), "answer_s": sums.median_s(waits.get("", {}))}  # fmt: skip


def _requests(tx: "Tx", period: Period) -> dict[str, Any]:
    rows = requests_of(tx, period)
    waited = [(row["contacted_ms"] - row["at_ms"]) / 1000 for row in rows if row["contacted_ms"] is not None]
    return {"contacts": len(rows), "people": len({row["number"] for row in rows}), "answered": len(waited),
            "answer_s": median(waited) if waited else None}  # fmt: skip


def _worth(rows: "Sequence[Row]") -> dict[str, Any]:
    earned: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["currency"]:
            earned[row["currency"]] += int(row["revenue_minor"])
    return {"booked": sum(row["booked"] for row in rows), "shown": sum(int(row["shown"]) for row in rows),
            "revenue": _one(earned), "earned": earned}  # fmt: skip


def _one(earned: dict[str, int]) -> float | None:
    """Return the one amount there is, in whole units; nothing where several currencies meet."""
    return next((major(minor, currency) for currency, minor in earned.items()), None) if len(earned) == 1 else None
