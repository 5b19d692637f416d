"""The very people behind a figure that counts them: each once, as many as the figure says.

A person is a number; where a report follows people who never rang, also a patient's record or a visitor to the web
site. Nobody is named here: who may see whom is not known to reports.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reports import callbacks, channels, funnel, not_booked, sources, stages
from reports.metrics import Metric
from reports.period import Period
from reports.registry import KINDS, Limits
from reports.selected import Place, Selected, selected

if TYPE_CHECKING:
    from store import Row, Tx

UNITS = ("people", "callers")
_AT_ONCE = 500
"""Numbers that one query asks about."""
_KNOWN = "call.withheld = 0 AND call.party <> ''"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody: exactly one of a number (E.164), the reference of a patient, and a visitor's id is not "".

    `calls` are those that the figure counts, where it counts calls; else all of the period. `last_ms` is when the last
    of them began, None without any. `place` is where a page ends that ends here.
    """

    number: str = ""
    patient: str = ""
    visitor: str = ""
    calls: int = 0
    last_ms: int | None = None
    place: Place = (0, "", "")

    @property
    def key(self) -> str:
        """Return a text that is only this person's."""
        return self.number or (f"patient:{self.patient}" if self.patient else f"visitor:{self.visitor}")


@dataclass(frozen=True, slots=True)
class OfCalls:
    """The callers of calls that are selected in the database, who rang last first."""

    calls: Selected

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        known = self.calls.settled(tx).also(_KNOWN)
        return int(tx.select(f"SELECT COUNT(DISTINCT call.party) AS n {known.body}", **known.params)[0]["n"])

    def page(self, tx: "Tx", place: Place | None, limit: int) -> list[Person]:
        """Return those whose last call of these is before a place."""
        known = self.calls.settled(tx).also(_KNOWN)
        later = known.by_start()  # or rather by the caller's number
        before = {} if place is None else dict(zip(("before_ms", "before_id", "before_pbx"), place, strict=True))
        older = "" if place is None else """ AND last.started_ms <= :before_ms
          AND (last.started_ms, last.id, last.pbx) < (:before_ms, :before_id, :before_pbx)"""
        rows = tx.select(
            f"SELECT last.party, last.pbx, last.id, last.started_ms "  # noqa: S608
            f"FROM (SELECT call.party, call.pbx, call.id, call.started_ms {known.body}) AS last\n"
            f"WHERE NOT EXISTS (SELECT 1 {later.body} AND call.party = last.party\n"
            f"  AND (call.started_ms, call.id, call.pbx) > (last.started_ms, last.id, last.pbx)){older}\n"
            "ORDER BY last.started_ms DESC, last.id DESC, last.pbx DESC LIMIT :rows",
            **known.params, **before, rows=limit,
        )  # fmt: skip
        people = [Person(row["party"], last_ms=row["started_ms"], place=(row["started_ms"], row["id"], row["pbx"]))
                  for row in rows]  # fmt: skip
        return list(_with_calls(tx, known, people))


@dataclass(frozen=True, slots=True)
class Found:
    """People who were found one by one, who rang last first. `calls` are those that are told of them."""

    people: Sequence[Person]
    calls: Selected | None = None

    def count(self, tx: "Tx") -> int:
        """Return how many there are."""
        return len(self.people)

    def page(self, tx: "Tx", place: Place | None, limit: int) -> list[Person]:
        """Return those before a place."""
        ordered = sorted((replace(one, place=(one.last_ms or 0, one.key, "")) for one in self.people),
                         key=lambda one: one.place, reverse=True)  # fmt: skip
        shown = [one for one in ordered if place is None or one.place < place][:limit]
        return shown if self.calls is None else list(_with_calls(tx, self.calls, shown))


People = OfCalls | Found
_Behind = Callable[["Tx", Period, Metric, Mapping[str, str], Limits], People]


def _with_calls(tx: "Tx", calls: Selected, people: Sequence[Person]) -> Iterator[Person]:
    """Yield people with how many of these calls are theirs, and when the last one began."""
    numbers = [one.number for one in people if one.number]
    told: dict[str, Row] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        names = {f"n{place}": number for place, number in enumerate(numbers[start : start + _AT_ONCE])}
        those = calls.by_start().also(f"call.party IN ({', '.join(f':{name}' for name in names)})", **names)
        told |= {row["party"]: row for row in tx.select(
            f"SELECT call.party, COUNT(*) AS calls, MAX(call.started_ms) AS last_ms {those.body} "
            "GROUP BY call.party", **those.params)}  # fmt: skip
    for one in people:
        row = told.get(one.number)
        yield one if row is None else replace(one, calls=int(row["calls"]), last_ms=row["last_ms"])


def _callers(_: "Tx", period: Period, metric: Metric, row: Mapping[str, str], __: Limits) -> People:
    return OfCalls(selected(period, metric.condition, row))


def _not_booked(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str], _: Limits) -> People:
    return _grouped(not_booked.behind(tx, period, metric, row).all(tx))


def _lost(tx: "Tx", period: Period, _: Metric, __: Mapping[str, str], limits: Limits) -> People:
    lost = callbacks.final_lost(tx, period, reached_s=limits.reached_s)
    return Found([Person(call["party"], last_ms=call["started_ms"]) for call in lost], _all_calls(period))


def _grouped(calls: "Sequence[Row]") -> Found:
    """Return the callers of calls, each with their calls."""
    theirs: dict[str, list[int]] = {}
    for call in calls:
        if call["party"]:
            theirs.setdefault(call["party"], []).append(call["started_ms"])
    return Found([Person(number, calls=len(when), last_ms=max(when)) for number, when in theirs.items()])


def _staged(tx: "Tx", period: Period, metric: Metric, row: Mapping[str, str], limits: Limits) -> People:
    found = stages.behind(tx, period, metric, row, limits.zone)
    return Found([Person(one.number, one.patient, one.visitor, last_ms=one.called_last_ms) for one in found],
                 _all_calls(period))  # fmt: skip


def _channel(tx: "Tx", period: Period, _: Metric, row: Mapping[str, str], limits: Limits) -> People:
    channel = row.get("channel", "")
    if channel == "phone":
        return OfCalls(selected(period, _UNIQUE.condition, {}))
    numbers, patients = channels.people_of(tx, period, channel, limits.zone)
    return Found([*(Person(number) for number in numbers), *(Person(patient=ref) for ref in patients)],
                 _all_calls(period))  # fmt: skip


def _all_calls(period: Period) -> Selected:
    """Return every call of a period, either way."""
    return selected(period, "1 = 1", {})


_UNIQUE = next(metric for metric in sources.METRICS if metric.id == "unique_callers")
_FIGURES: Mapping[str, tuple[tuple[str, ...], _Behind]] = {
    "sources": ((*sources.DIMENSIONS, "label"), _callers),
    "funnel": (funnel.DIMENSIONS, _callers),
    "not-booked": (not_booked.DIMENSIONS, _not_booked),
    "callbacks": ((), _lost),
    "stages": (stages.DIMENSIONS, _staged),
    "channels": (channels.DIMENSIONS, _channel),
}
"""What the rows of each report may be narrowed by, and what finds the people."""
NAMES = frozenset(f"{name}.{metric.id}" for name in _FIGURES for metric in KINDS[name].metrics if metric.unit in UNITS)
"""Every figure that opens to people, as `funnel.booked_callers`."""
IN_DATABASE = frozenset(name for name in NAMES if name.split(".")[0] in ("sources", "funnel"))
"""Those that open however many people they count."""


def metric_of(name: str) -> Metric:
    """Return the definition of one of NAMES."""
    report, figure = name.split(".")
    return next(metric for metric in KINDS[report].metrics if metric.id == figure)


def opened(tx: "Tx", name: str, period: Period, row: Mapping[str, str], limits: Limits) -> People:
    """Return the people behind one of NAMES in a row ({} for the total).

    Texts that are no dimension of the report are passed over. Raises ReportsError: there are more than can be followed.
    """
    known, behind = _FIGURES[name.split(".")[0]]
    if any("\x00" in text for text in row.values()):  # no row has it, and PostgreSQL refuses it
        return Found(())
    return behind(tx, period, metric_of(name), {key: text for key, text in row.items() if key in known}, limits)
