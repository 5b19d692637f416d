"""Models of attribution side by side: which campaigns get the credit for the bookings of a period.

Each booking is shared out over the touches of its caller until then: calls to a number of their own and visits to the
web site, as `tracking.journey` reckons with them. A booking without such a touch is "(none)" in every model, so every
column adds up to the same total. `counted` is how all other reports count: by the ladder that decided each call.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports import sums
from reports.costs import days_of
from reports.metrics import Metric, Names, Unit
from reports.money_metrics import BOOKED, BOTH_WAYS
from reports.period import Period
from reports.report import Report, dimensions
from store.money import major
from tracking.journey import MODELS, NOWHERE, Model, Source, weights

if TYPE_CHECKING:
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("source", "medium", "campaign")
NOTES = (
    "Every column of bookings adds up to the same total, and so does every column of worth.",
    "A booking is shared out over the calls and visits of its caller until then; without any it is (none).",
)
NOBODY = Source("(none)", "(none)", "(none)")
_OWN = frozenset(("number", "manual"))
"""Rules by which a call has a source of its own; by the others it has that of an earlier touch."""
_COLUMNS = ("counted", *MODELS)
_NAMES: Mapping[str, Names] = {
    "counted": Names("as counted", "jak w raportach", "как в отчётах", "como en los informes"),
    "first": Names("first touch", "pierwszy kontakt", "первое касание", "primer contacto"),
    "last": Names("last touch", "ostatni kontakt", "последнее касание", "último contacto"),
    "last_non_direct": Names("last not direct", "ostatni niebezpośredni", "последнее не прямое",
                             "último no directo"),
    "linear": Names("all alike", "po równo", "поровну", "a partes iguales"),
    "position_based": Names("by position", "według pozycji", "по позиции", "según la posición"),
}  # fmt: skip
_RULES: Mapping[str, str] = {
    "counted": "the campaign that the call which booked belongs to, as in all other reports",
    "first": "the first touch gets all",
    "last": "the last touch before the booking gets all",
    "last_non_direct": "the last touch that was not direct gets all; where all were direct, the last one",
    "linear": "all touches get alike",
    "position_based": "the first and the last touch get 40 % each, those between share the rest; of two each gets half",
}


def _metrics() -> tuple[Metric, ...]:
    found = []
    heads: tuple[tuple[str, Unit, Names, str], ...] = (
        ("booked", "credit", Names("Booked", "Umówienia", "Записи", "Citas dadas"), "Calls that booked"),
        ("revenue", "money", Names("Worth", "Przychód", "Выручка", "Ingresos"),
         "Worth of the visits whose patient came, of the calls that booked"),
    )  # fmt: skip
    for figure, unit, head, what in heads:
        for model in _COLUMNS:
            names = Names(*(f"{getattr(head, language)}: {getattr(_NAMES[model], language)}"
                            for language in ("en", "pl", "ru", "es")))  # fmt: skip
            found.append(Metric(
                f"{figure}_{model}", names, unit,
                f"{what}, shared out: {_RULES[model]}.", BOOKED, BOTH_WAYS,
            ))  # fmt: skip
    return tuple(found)


METRICS = _metrics()


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DIMENSIONS) -> Report:
    """Return the rows and the total of one period. Raises ReportsError: `by` names something else than DIMENSIONS."""
    named = dimensions(by, DIMENSIONS, "models of attribution")
    credit = _credit(tx, period)
    whole = _row(_summed(credit, ()).get((), {}))
    total = {metric.id: whole[metric.id] for metric in METRICS}
    return Report("models", period, named, _frame(credit, named), total, METRICS, NOTES)


def frame(tx: "Tx", period: Period, *, by: Sequence[str] = DIMENSIONS) -> "pd.DataFrame":
    """Return the bookings of calls by local day within `period`, shared out by each model, one row a group.

    Columns, first those of `by` (text): source, medium, campaign. Then booked_counted and booked_ with the name of each
    model of `tracking.journey.MODELS` (float: calls that booked, in shares); revenue_ likewise (float, whole units of
    `currency`, NaN where no value is known or several currencies meet); currency (text). Every column of bookings has
    the same sum, and so has every column of worth.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    return _frame(_credit(tx, period), dimensions(by, DIMENSIONS, "models of attribution"))


_Credit = dict[Source, dict[str, Counter[str]]]
"""Source to model to what it gets: "" has bookings, a currency its smallest units; both in shares."""


def _credit(tx: "Tx", period: Period) -> _Credit:
    sums.fresh(tx)
    days = days_of(period)
    touches = _touches(tx, days)
    worth: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in tx.all("visits_of_period", **sums.days(period)):
        if row["currency"]:
            worth[row["pbx"], row["id"]][row["currency"]] += row["revenue_minor"]
    found: _Credit = defaultdict(lambda: defaultdict(Counter))
    for booking in tx.all("bookings_of_period", **days):
        gained = {"": 1, **worth[booking["pbx"], booking["id"]]}
        before = [source for at_ms, _, source in touches.get(booking["party"], ()) if at_ms <= booking["started_ms"]]
        own = Source(booking["source"], booking["medium"], booking["name"])
        for model in _COLUMNS:
            for source, share in _shares(model, before, own):
                for what, amount in gained.items():
                    found[source][model][what] += amount * share  # type: ignore[assignment]
    return found


def _shares(model: str, before: Sequence[Source], own: Source) -> list[tuple[Source, float]]:
    """Return what each touch gets of one booking; the shares add up to 1."""
    if model == "counted":
        return [(own, 1.0)]
    if not before:
        return [(NOBODY, 1.0)]
    named: Model = model  # type: ignore[assignment]
    return [pair for pair in zip(before, weights(before, named), strict=True) if pair[1]]


def _touches(tx: "Tx", days: Mapping[str, Any]) -> dict[str, list[tuple[int, int, Source]]]:
    """Return the touches of each caller in order: when, in which order of those at once, from where."""
    found: dict[str, list[tuple[int, int, Source]]] = defaultdict(list)
    seen: set[tuple[str, int]] = set()
    for row in tx.all("touches_by_visits", **days):
        if (row["party"], row["id"]) not in seen:
            seen.add((row["party"], row["id"]))
            found[row["party"]].append((row["started_ms"], 0, Source(row["source"], row["medium"], row["name"])))
    for row in tx.all("touches_by_calls", **days):
        source = _source(row)
        if source is not None:
            found[row["party"]].append((row["started_ms"], 1, source))
    return {party: sorted(some, key=lambda touch: touch[:2]) for party, some in found.items() if party}


def _source(row: "Row") -> Source | None:
    """Return where a call came from by itself, None when it has an earlier touch's source."""
    if row["rule"] in ("none", None):
        return NOWHERE
    if row["rule"] in _OWN and row["source"] is not None:
        return Source(row["source"], row["medium"], row["name"])
    return None


def _summed(credit: _Credit, named: Sequence[str]) -> dict[tuple[str, ...], dict[str, Counter[str]]]:
    found: dict[tuple[str, ...], dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for source, models in credit.items():
        texts = {"source": source.source, "medium": source.medium, "campaign": source.name or "(none)"}
        for model, gained in models.items():
            for what, amount in gained.items():
                found[tuple(texts[name] for name in named)][model][what] += amount
    return found


def _row(models: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """Return the figures of a row with its currency, which all models have in common."""
    currencies = {what for gained in models.values() for what in gained if what}
    alone = next(iter(currencies)) if len(currencies) == 1 else ""
    found: dict[str, Any] = {"currency": alone}
    for model in _COLUMNS:
        gained = models.get(model, Counter())
        found[f"booked_{model}"] = round(float(gained[""]), 6)
        found[f"revenue_{model}"] = round(major(1, alone) * gained[alone], 6) if alone else None
    return found


def _frame(credit: _Credit, named: Sequence[str]) -> "pd.DataFrame":
    import pandas as pd

    rows = {key: _row(models) for key, models in _summed(credit, named).items()}
    order = sorted(rows, key=lambda key: (key[:1] == ("(none)",), -rows[key]["booked_counted"], key))
    columns = [*named, *(metric.id for metric in METRICS), "currency"]
    table = pd.DataFrame([dict(zip(named, key, strict=True)) | rows[key] for key in order], columns=columns)
    return table.astype({metric.id: "float64" for metric in METRICS})
