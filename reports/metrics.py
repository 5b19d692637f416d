"""What each figure means, as data.

A page, an export and the documentation print the same text from here. Every definition names its formula, its
denominator, its thresholds and what it leaves out, and carries the SQL condition that selects the very calls behind it.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from store.rollups import SHORT_MS

LANGUAGES = ("en", "pl", "ru", "es")

Unit = Literal[
    "calls", "callers", "callbacks", "appointments", "people", "visits", "contacts", "leases", "numbers",
    "share", "seconds", "hours", "days", "per day", "times", "money", "credit",
]


@dataclass(frozen=True, slots=True)
class Names:
    """A figure's name in each language of the product."""

    en: str
    pl: str
    ru: str
    es: str

    def in_language(self, language: str) -> str:
        """Return the name in `language`, in English when it is not one of ours."""
        return str(getattr(self, language)) if language in LANGUAGES else self.en


@dataclass(frozen=True, slots=True)
class Threshold:
    """A limit that a formula uses."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One definition.

    `condition` is SQL over the table `call` (columns are qualified, no parameters): the calls behind the figure. For
    a share it selects the numerator, and `denominator_condition` the rest of the fraction. `additive` says whether
    the rows of a breakdown sum up to the total.
    """

    id: str
    names: Names
    unit: Unit
    formula: str
    condition: str
    exclusions: tuple[str, ...]
    denominator: str | None = None
    denominator_condition: str | None = None
    thresholds: tuple[Threshold, ...] = ()
    additive: bool = True
    notes: tuple[str, ...] = field(default=())

    @property
    def better(self) -> Literal["up", "down", ""]:
        """Say which way this figure is better, "" where neither is: more calls are no virtue of anybody's."""
        return "up" if self.id in _UP_IS_BETTER else "down" if self.id in _DOWN_IS_BETTER else ""

    def as_dict(self) -> dict[str, Any]:
        """Return the definition as plain values, for JSON."""
        return {
            "id": self.id,
            "names": {language: self.names.in_language(language) for language in LANGUAGES},
            "unit": self.unit,
            "formula": self.formula,
            "denominator": self.denominator,
            "thresholds": [{"name": t.name, "value": t.value, "unit": t.unit} for t in self.thresholds],
            "exclusions": list(self.exclusions),
            "additive": self.additive,
            "better": self.better or None,
            "notes": list(self.notes),
        }


_UP_IS_BETTER = frozenset((
    "answered", "answer_rate", "targets", "unique_targets", "booked", "visits", "revenue", "roas", "shown",
    "show_rate", "conversion", "sl_strict", "sl_answered", "sl_inclusive", "contact_made", "talked_callers",
    "booked_callers", "callbacks_reached", "topics", "topic_rate",
    *(f"{stem}_{limit}" for stem in ("called_back", "recovered") for limit in ("15m", "1h", "same_day", "24h")),
))  # fmt: skip
_DOWN_IS_BETTER = frozenset((
    "missed", "missed_rate", "missed_abandoned", "missed_short", "missed_no_answer", "missed_blocked", "missed_menu",
    "short", "unknown", "left_menu", "abandoned", "abandon_rate", "no_answer", "blocked", "median_wait_s", "p90_wait_s",
    "asa_s", "longest_wait_s", "callbacks_open", "still_open", "closed_expired", "tried_not_reached", "never_tried",
    "final_lost", "withheld_missed", "no_shows", "cancelled", "cancelled_late", "cost_per_call", "cost_per_target",
    "cost_per_booking", "not_booked", "lost_worth",
    *(f"{what}_{clock}_{which}_s" for what in ("attempt", "contact") for clock in ("work", "clock")
      for which in ("median", "p90")),
))  # fmt: skip


_CALLS = "call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = ''"
_OFFERED = f"{_CALLS} AND call.offered_ms IS NOT NULL"
_SHORT = f"{_OFFERED} AND call.outcome = 'abandoned' AND call.ended_ms - call.offered_ms <= {SHORT_MS}"
_ANSWERABLE = f"{_OFFERED} AND NOT (call.outcome = 'abandoned' AND call.ended_ms - call.offered_ms <= {SHORT_MS})"
_KNOWN = f"{_CALLS} AND call.withheld = 0 AND call.party IS NOT NULL"

_OPENED = """EXISTS (
  SELECT 1 FROM callback_call AS opening JOIN callback ON callback.id = opening.callback
  WHERE opening.pbx = call.pbx AND opening.call = call.id AND opening.role = 'missed' AND {state}
    AND NOT EXISTS (
      SELECT 1 FROM callback_call AS earlier
      WHERE earlier.callback = opening.callback AND earlier.role = 'missed'
        AND (earlier.at_ms, earlier.pbx, earlier.call) < (opening.at_ms, opening.pbx, opening.call)))"""

_NOT_PATIENTS = "internal calls, consultation calls, feature codes, spying and conferences (kind is not patient)"
_NOT_INBOUND = "outbound and internal directions"
_NOT_ENDED = "calls that have not ended yet"
_MARKED = "calls marked as tests, spam or internal"
LEFT_OUT = (_NOT_PATIENTS, _NOT_INBOUND, _NOT_ENDED, _MARKED)
"""What every definition leaves out."""
_NO_NUMBER = "callers without a number of their own: withheld, or not a possible number"
_SHORT_LIMIT = Threshold("short abandon", SHORT_MS / 1000, "s")
_NOT_ADDITIVE = "Not additive: one caller may ring by several campaigns, so the total may be less than the sum of rows."
_WHERE_CALLBACKS_COUNT = (
    "A callback counts once, in the row and on the day of the call that opened it, as things stand now.",
)

METRICS: tuple[Metric, ...] = (
    Metric(
        id="calls",
        names=Names("Calls", "Połączenia", "Звонки", "Llamadas"),
        unit="calls",
        formula="Inbound calls of patients that ended, by the clinic's local day on which they started.",
        condition=_CALLS,
        exclusions=LEFT_OUT,
        notes=("Calls = answered + missed + left the menu + unknown.",),
    ),
    Metric(
        id="answered",
        names=Names("Answered", "Odebrane", "Отвеченные", "Atendidas"),
        unit="calls",
        formula="Calls in which a person of the clinic talked with the caller. Greetings, menus, queue music and "
        "voicemail are nobody.",
        condition=f"{_CALLS} AND call.outcome = 'answered'",
        exclusions=LEFT_OUT,
    ),
    Metric(
        id="missed",
        names=Names("Missed", "Nieodebrane", "Пропущенные", "Perdidas"),
        unit="calls",
        formula="Calls that no person answered, the clinic being open or closed: voicemail, abandoned, no answer, busy "
        "or failed; also callers who left the menu when it was closed or after listening for a while. One per call, "
        "never per phone that rang.",
        condition=f"{_CALLS} AND call.missed = 1",
        exclusions=LEFT_OUT,
        notes=("How long a caller must have listened to a menu is the setting [callbacks] menu_s, 10 s by default.",),
    ),
    Metric(
        id="left_menu",
        names=Names("Left the menu", "Rozłączone w menu", "Ушли из меню", "Abandonos en el menú"),
        unit="calls",
        formula="Calls hung up in a greeting or menu before anybody was offered them, and not counted as missed.",
        condition=f"{_CALLS} AND call.outcome = 'left_menu' AND call.missed = 0",
        exclusions=(*LEFT_OUT, "callers who left a closed message, or listened long: these are missed"),
        notes=("The limit is the setting [callbacks] menu_s, 10 s by default.",),
    ),
    Metric(
        id="unknown",
        names=Names("Unknown", "Nieznane", "Неизвестно", "Desconocidas"),
        unit="calls",
        formula="Calls whose end was not seen and could not be filled in from the exchange's own records.",
        condition=f"{_CALLS} AND call.outcome = 'unknown' AND call.missed = 0",
        exclusions=LEFT_OUT,
    ),
    Metric(
        id="offered",
        names=Names("Offered", "Skierowane do obsługi", "Предложенные", "Ofrecidas"),
        unit="calls",
        formula="Calls for which a queue or a phone was tried, also if it refused.",
        condition=_OFFERED,
        exclusions=(*LEFT_OUT, "calls that ended before anybody was tried"),
    ),
    Metric(
        id="short",
        names=Names("Short abandons", "Krótkie rozłączenia", "Короткие сбросы", "Abandonos cortos"),
        unit="calls",
        formula="Abandoned calls whose caller hung up at most 5 s after being offered. They are missed calls, and stay "
        "out of the answer rate.",
        condition=_SHORT,
        exclusions=LEFT_OUT,
        thresholds=(_SHORT_LIMIT,),
    ),
    Metric(
        id="answer_rate",
        names=Names("Answer rate", "Odsetek odebranych", "Доля отвеченных", "Tasa de respuesta"),
        unit="share",
        formula="Answered calls that were offered / (offered - short abandons).",
        condition=f"{_OFFERED} AND call.outcome = 'answered'",
        denominator="offered calls without short abandons",
        denominator_condition=_ANSWERABLE,
        exclusions=(*LEFT_OUT, "calls never offered to anybody", "short abandons"),
        thresholds=(_SHORT_LIMIT,),
        additive=False,
        notes=("Empty when there is nothing to divide by, never 0 or 100 %.",),
    ),
    Metric(
        id="unique_callers",
        names=Names("Unique callers", "Unikalni dzwoniący", "Уникальные звонящие", "Llamantes únicos"),
        unit="callers",
        formula="Different numbers (E.164) that rang.",
        condition=_KNOWN,
        exclusions=(*LEFT_OUT, _NO_NUMBER),
        additive=False,
        notes=(_NOT_ADDITIVE,),
    ),
    Metric(
        id="first_time_callers",
        names=Names("First-time callers", "Dzwoniący pierwszy raz", "Звонят впервые", "Llaman por primera vez"),
        unit="calls",
        formula="Calls before which there was no call from or to that number within the look-back: each is another "
        "caller, who may count again only after that.",
        condition=f"{_CALLS} AND call.first_time = 1",
        exclusions=(*LEFT_OUT, _NO_NUMBER),
        notes=("The look-back is the setting [tracking] first_time_days, 365 days by default.",),
    ),
    Metric(
        id="median_wait_s",
        names=Names("Median wait", "Mediana oczekiwania", "Медиана ожидания", "Espera mediana"),
        unit="seconds",
        formula="Median over answered calls of the time from when a queue or a phone was first tried until a person "
        "answered, by the second up to two minutes, by 5 s up to ten, by the minute beyond. The greeting before is not "
        "counted.",
        condition=f"{_OFFERED} AND call.outcome = 'answered' AND call.answered_ms IS NOT NULL",
        denominator="answered calls with both times known",
        exclusions=(*LEFT_OUT, "calls that were not answered", "calls whose offer or answer was not seen"),
        additive=False,
        notes=("Empty when no call was answered.",),
    ),
    Metric(
        id="callbacks_open",
        names=Names("Callbacks open", "Oddzwonienia otwarte", "Открытые перезвоны", "Devoluciones abiertas"),
        unit="callbacks",
        formula="Calls that opened a callback which is not closed.",
        condition=f"{_CALLS} AND " + _OPENED.format(state="callback.state <> 'closed'"),
        exclusions=(*LEFT_OUT, "callbacks asked for without a call"),
        notes=_WHERE_CALLBACKS_COUNT,
    ),
    Metric(
        id="callbacks_reached",
        names=Names("Callbacks reached", "Oddzwonienia skuteczne", "Успешные перезвоны", "Devoluciones logradas"),
        unit="callbacks",
        formula="Calls that opened a callback which closed by contact: the clinic reached the caller, or the caller "
        "rang again and was answered.",
        condition=f"{_CALLS} AND "
        + _OPENED.format(state="callback.state = 'closed' AND callback.closed_why IN ('reached', 'returned')"),
        exclusions=(*LEFT_OUT, "callbacks asked for without a call", "callbacks closed as booked, by hand or expired"),
        notes=(
            *_WHERE_CALLBACKS_COUNT,
            "How long a talk must be is the setting [callbacks] reached_s, 5 s by default.",
        ),
    ),
    Metric(
        id="withheld",
        names=Names("Withheld", "Numer zastrzeżony", "Номер скрыт", "Número oculto"),
        unit="calls",
        formula="Calls whose caller hid the number. Nobody can ring these callers back.",
        condition=f"{_CALLS} AND call.withheld = 1",
        exclusions=LEFT_OUT,
    ),
)

BY_ID: dict[str, Metric] = {metric.id: metric for metric in METRICS}
