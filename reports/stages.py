"""Patients' journeys in stages: who came how far, how soon, and what happened last to those who stopped.

Everybody who was first heard of in the period is looked at until now: awareness, search, choice, care, after-care, as
`tracking.journey` has them. What it costs: callers who were not known before are read from an index of their own, a
fortnight at a time, with their last call and their appointments; no other call is read.

**Small numbers.** `stage` tells how far a patient came: it is a property of patients.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from reports import ReportsError, sums
from reports.metrics import Metric, Names
from reports.period import Period
from reports.report import Report, dimensions, table_of
from reports.stages_people import LASTS, Person, Way, way
from reports.stages_read import people
from tracking.journey import STAGE_NAMES

if TYPE_CHECKING:
    import pandas as pd

    from store import Tx

DIMENSIONS = ("source", "medium", "campaign", "stage")
DEFAULT_BY = ("source", "stage")
NOTES = (
    "Everybody who was first heard of in these days, and what they did until now: of the last days many are still on "
    "their way.",
    "A person is a number, a visitor who agreed to be followed and never rang, or a patient who never rang. The source "
    "is that of the first visit or call.",
    "Of visitors who did not agree, and of who only saw a billboard, nothing is known until they ring.",
    "Each stops in one stage, the furthest; the row of a stage has those who entered it, so people of the stages do "
    "not add up, and those who stopped do.",
)
MOST_NEW = 300_000
"""Following more people than that takes longer than anybody waits."""
_UTC = ZoneInfo("UTC")
_DAY_MS = 86_400_000
_FIRST = "call.first_time = 1 AND call.direction = 'inbound' AND call.kind = 'patient' AND call.excluded = ''"
_LEFT = ("people who were known before the period", "calls marked as tests, spam or internal",
         "visitors who did not agree to be followed", "callers who hid their number",
         "who cancelled every appointment and never rang")  # fmt: skip


def _people(id_: str, names: Names, formula: str, *, additive: bool = True) -> Metric:
    return Metric(id_, names, "people", formula, _FIRST, _LEFT, additive=additive)


def _last(kind: str, names: Names, formula: str) -> Metric:
    return Metric(f"last_{kind}", names, "people", formula, _FIRST, _LEFT,
                  notes=("A kind of stopped: the kinds add up to it.",))  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _people("people", Names("People", "Osoby", "Люди", "Personas"),
            "People who entered the stage; without stages, everybody.", additive=False),
    _people("went_on", Names("Went on", "Poszli dalej", "Пошли дальше", "Siguieron"),
            "Those who entered a later stage, too.", additive=False),
    Metric("went_on_share", Names("Share that went on", "Odsetek idących dalej", "Доля пошедших дальше",
                                  "Proporción que siguió"), "share", "Went on / people.", _FIRST, _LEFT,
           denominator="people who entered the stage", denominator_condition=_FIRST, additive=False,
           notes=("Empty when there is nothing to divide by, never 0 or 100 %.",)),
    Metric("median_days", Names("Days to the next", "Dni do następnego", "Дней до следующего", "Días hasta la otra"),
           "days", "Median time from entering the stage until entering the next one, of those who went on; 0 when the "
           "later stage came first.", _FIRST, _LEFT, additive=False,
           notes=("Care begins when the first appointment is made, after-care when it is over and something "
                  "follows.",)),
    _people("stopped", Names("Stopped", "Zatrzymali się", "Остановились", "Se detuvieron"),
            "Those who came no further, until now.", additive=True),
    _last("visit", Names("Last: a visit to the site", "Ostatnio: odwiedziny strony", "Последнее: визит на сайт",
                         "Lo último: visita a la web"), "The last thing known of them is a visit to the web site."),
    _last("talk", Names("Last: a talk", "Ostatnio: rozmowa", "Последнее: разговор", "Lo último: una conversación"),
          "The last thing known of them is a call in which they and the clinic talked."),
    _last("missed", Names("Last: not reached", "Ostatnio: bez rozmowy", "Последнее: не поговорили",
                          "Lo último: sin hablar"), "The last thing known of them is a call that nobody answered."),
    _last("request", Names("Last: asked to be rung", "Ostatnio: prośba o telefon", "Последнее: просьба перезвонить",
                           "Lo último: pidió llamada"), "The last thing known of them is that they asked to be rung."),
    _last("to_come", Names("Last: appointment to come", "Ostatnio: wizyta przed nimi", "Последнее: приём впереди",
                           "Lo último: cita pendiente"), "They have an appointment of which nothing else is told yet."),
    _last("came", Names("Last: came", "Ostatnio: wizyta odbyta", "Последнее: пришли", "Lo último: asistió"),
          "They came to their appointment, and nothing followed."),
    _last("no_show", Names("Last: did not come", "Ostatnio: nieobecność", "Последнее: не пришли",
                           "Lo último: no asistió"), "They neither came to their last appointment nor cancelled it."),
    _last("cancelled", Names("Last: cancelled", "Ostatnio: odwołanie", "Последнее: отмена", "Lo último: anuló"),
          "Their last appointment was cancelled."),
)  # fmt: skip
"""The figures, in the order of the columns. Conditions are SQL over `call`: the callers among them."""


@dataclass(slots=True)
class _Cell:
    """What is counted of a group."""

    people: int = 0
    days: list[float] = field(default_factory=list)
    lasts: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, Any]:
        """Return the figures of a row."""
        return {
            "people": self.people, "went_on": len(self.days), "went_on_share": sums.share(len(self.days), self.people),
            "median_days": median(self.days) if self.days else None, "stopped": self.lasts.total(),
            **{f"last_{kind}": self.lasts[kind] for kind in LASTS},
        }  # fmt: skip


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, zone: ZoneInfo = _UTC) -> Report:
    """Return a row for each group, the largest source first and stages in their order, and the total.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing; or more than MOST_NEW callers are new.
    """
    named = dimensions(by, DIMENSIONS, "journeys")
    _refuse_many(tx, period)
    cells: dict[tuple[str, ...], _Cell] = defaultdict(_Cell)
    whole = _Cell()
    for person in people(tx, period, zone):
        walked = way(person)
        if not walked.stages:
            continue
        _add(whole, walked, 0, stops=True)
        furthest = len(walked.stages) - 1
        for place in range(len(walked.stages)) if "stage" in named else (0,):
            _add(cells[_key(walked, place, named)], walked, place, stops="stage" not in named or place == furthest)
    order = _ordered(cells, named)
    records = [dict(zip(named, key, strict=True)) | cells[key].figures() for key in order]
    return Report("stages", period, named, table_of(records, named, METRICS), whole.figures(), METRICS, NOTES)


def frame(
    tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, zone: ZoneInfo = _UTC
) -> "pd.DataFrame":
    """Return one row a group of people who were first heard of in the period.

    Columns, first those of `by` (text): source, medium, campaign (of the first visit or call, "(none)" for none),
    stage (awareness, search, choice, care, after-care; a property of patients). Then:
        people, went_on: people (int, not additive over stages); went_on_share: 0 to 1 (float);
        median_days: days until the next stage (float, NaN when nobody went on);
        stopped, and what happened last: last_visit, last_talk, last_missed, last_request, last_to_come, last_came,
        last_no_show, last_cancelled: people (int), which add up to stopped.
    """
    return report(tx, period, by=by, zone=zone).rows


def behind(
    tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str], zone: ZoneInfo = _UTC
) -> list[Person]:
    """Return the very people behind a figure that counts them, in a row (its texts, {} for the total).

    Raises:
        ReportsError: so many are new in the period that nobody waits for it.
    """
    _refuse_many(tx, period)
    found = []
    for person in people(tx, period, zone):
        walked = way(person)
        furthest = len(walked.stages) - 1
        for place in range(len(walked.stages)) if "stage" in row else range(min(len(walked.stages), 1)):
            alone = _Cell()
            _add(alone, walked, place, stops="stage" not in row or place == furthest)
            if _key(walked, place, tuple(row)) == tuple(row.values()) and alone.figures()[metric.id]:
                found.append(person)
    return found


def _refuse_many(tx: "Tx", period: Period) -> None:
    if (new := int(tx.value("stage_new", **sums.days(period)))) > MOST_NEW:
        raise ReportsError("%(new)s callers are new in these days, and journeys are followed one by one; choose fewer "
                           "days, with at most %(most)s.", new=f"{new:,}", most=f"{MOST_NEW:,}")  # fmt: skip


def _add(cell: _Cell, walked: Way, place: int, *, stops: bool) -> None:
    cell.people += 1
    if place + 1 < len(walked.stages):
        cell.days.append(max(0, walked.stages[place + 1][1] - walked.stages[place][1]) / _DAY_MS)
    if stops:
        cell.lasts[walked.last] += 1


def _key(walked: Way, place: int, named: Sequence[str]) -> tuple[str, ...]:
    source, medium, campaign = walked.words
    parts = {"source": source, "medium": medium, "campaign": campaign, "stage": walked.stages[place][0]}
    return tuple(parts[name] for name in named)


def _ordered(cells: dict[tuple[str, ...], _Cell], named: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the keys: by source, the one with the most who stopped first, then stages as they follow."""
    if "stage" not in named:
        return sorted(cells, key=lambda key: (-cells[key].people, key))
    size: Counter[tuple[str, ...]] = Counter()
    for key, cell in cells.items():
        size[key[:-1]] += cell.lasts.total()
    names: tuple[str, ...] = STAGE_NAMES
    return sorted(cells, key=lambda key: (-size[key[:-1]], key[:-1], names.index(key[-1])))
