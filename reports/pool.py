"""The pool of dynamic numbers: how much of it is held, when it runs short, and how many numbers it should have.

What it costs: the leases and visits of the period by index, laid over its hours as arrays; calls are read of the pool's
own numbers alone.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from reports import sums
from reports.costs import days_of
from reports.metrics import LEFT_OUT, Metric, Names, Threshold, Unit
from reports.parts import Binder
from reports.period import Period
from reports.pool_load import Hours, held_ms, hours_of, most_held
from reports.report import Report, dimensions, table_of
from reports.selected import PARTS, Selected, selected
from tracking.pool_size import BLOCKING, USED_MUCH, Traffic, advice

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from store import Row, Tx

DIMENSIONS = ("location", "number", "day", "hour")
DEFAULT_BY = ("day",)
NOTES = (
    "A number is held from when it is shown until its lease runs out, or the visitor rings.",
    "The advice is Erlang's: so many numbers that at most 1 % of the visitors of the busiest hour find none.",
    "Time counts until the last page that asked for a number in the period.",
)
_UTC = ZoneInfo("UTC")
_OWN = "lease.overflow = 0"
_OURS = """call.did IN (
    SELECT number_assignment.did FROM number_assignment
    WHERE number_assignment.kind IN ('pool', 'overflow') AND number_assignment.valid_from <= :to_day
      AND (number_assignment.valid_to IS NULL OR number_assignment.valid_to >= :from_day) {more})"""
"""Calls to numbers that were in a pool on some day of the period."""
_HOLD: tuple[str, ...] = ("leases of the overflow number",)


def _figure(id_: str, names: Names, unit: Unit, formula: str, condition: str = _OWN) -> Metric:
    return Metric(id_, names, unit, formula, condition, _HOLD, additive=unit == "leases")


METRICS: tuple[Metric, ...] = (
    _figure("leases", Names("Leases", "Przydziały", "Выдачи номеров", "Cesiones"), "leases",
            "How often a visitor was given a number of their own, by when it was given."),
    Metric("overflow", Names("Found none free", "Bez wolnego numeru", "Не нашлось свободного", "Sin número libre"),
           "leases", "How often every number was held and the overflow number was shown, which is everybody's.",
           "lease.overflow = 1", ()),
    Metric("without", Names("Without any number", "Bez żadnego numeru", "Совсем без номера", "Sin ningún número"),
           "visits", "Visits of people who agreed that saw no number of the pool, and no overflow number either.",
           "visit.consent = 1", ("visitors who did not agree to be followed",),
           notes=("Not known by number.",)),
    Metric("short_share", Names("Share without their own", "Odsetek bez własnego", "Доля без своего номера",
                                "Proporción sin número propio"), "share",
           "Found none free / (leases + found none free).", "lease.overflow = 1", (),
           denominator="leases and shows of the overflow number", denominator_condition="1 = 1", additive=False,
           notes=("Empty when there is nothing to divide by.",)),
    _figure("numbers", Names("Numbers", "Numery", "Номера", "Números"), "numbers",
            "Numbers that are in the pool on some day.", "number_assignment.kind = 'pool'"),
    _figure("peak", Names("Most at once", "Najwięcej naraz", "Максимум сразу", "Máximo a la vez"), "numbers",
            "How many numbers were held at the worst moment."),
    Metric("busy_share", Names("Held", "Zajęte", "Занято", "Ocupación"), "share",
           "Time that numbers were held / time that they were in the pool.", _OWN, _HOLD,
           denominator="time of the numbers in the pool", denominator_condition="number_assignment.kind = 'pool'",
           additive=False, notes=("Empty while nothing was in the pool.",)),
    Metric("calls", Names("Matched calls", "Dopasowane połączenia", "Сопоставленные звонки", "Llamadas emparejadas"),
           "calls", "Calls that are joined to a visitor by a number of the pool, by when they began.",
           "call.direction = 'inbound' AND call.kind = 'patient' AND call.ended_ms IS NOT NULL AND call.excluded = '' "
           "AND EXISTS (SELECT 1 FROM attribution WHERE attribution.pbx = call.pbx AND attribution.call = call.id "
           "AND attribution.rule = 'visitor') AND EXISTS (SELECT 1 FROM number_assignment "
           "WHERE number_assignment.did = call.did AND number_assignment.kind IN ('pool', 'overflow'))", LEFT_OUT),
    Metric("advised", Names("Advised", "Zalecane", "Рекомендуется", "Aconsejado"), "numbers",
           "The fewest numbers with which so few visitors of the busiest hour find none free, each holding a number as "
           "long as they did on average.", _OWN, _HOLD, additive=False,
           thresholds=(Threshold("visitors who may find none", BLOCKING * 100, "%"),
                       Threshold("used much above", USED_MUCH * 100, "% of the numbers at once")),
           notes=("Erlang's formula B; known of a whole pool over the whole period.",)),
)  # fmt: skip
"""The figures, in the order of the columns."""


def report(tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, zone: ZoneInfo = _UTC) -> Report:
    """Return rows in the order of places, then time, and the total.

    Raises:
        ReportsError: `by` names something else than DIMENSIONS, or nothing.
    """
    named = dimensions(by, DIMENSIONS, "the pool")
    facts = _Facts(tx, period, zone)
    rows = facts.rows(named)
    whole = facts.rows(())
    total = {metric.id: whole[0][metric.id] if whole else None for metric in METRICS}
    total["advised"] = facts.advised(None)
    return Report("pool", period, named, table_of(rows, named, METRICS), total, METRICS, NOTES)


def frame(
    tx: "Tx", period: Period, *, by: Sequence[str] = DEFAULT_BY, zone: ZoneInfo = _UTC
) -> "pd.DataFrame":
    """Return one row a group of hours, numbers or pools.

    Columns, first those of `by` (text): location, number (E.164), day, hour ("00" to "23", in `zone`). Then:
        leases, overflow (int); without: visits (int, NaN by number); short_share: 0 to 1;
        numbers: in the pool on any day of the group; peak: held at once (int); busy_share: 0 to 1 (float);
        calls: calls (int); advised: numbers (float, NaN unless the group is a whole pool).
    None of the dimensions is a property of patients.
    """
    return report(tx, period, by=by, zone=zone).rows


def behind(_: "Tx", period: Period, metric: Metric, row: Mapping[str, str]) -> Selected:
    """Return the very calls behind `calls` of a row (its texts; {} for the total)."""
    known = {"location": _location, **{name: PARTS[name] for name in ("number", "day", "hour")}}
    ours = f"{metric.condition} AND attribution.rule = 'visitor' AND {_OURS.format(more='')}"
    return selected(period, ours, row, known)


def leases_of(
    tx: "Tx", period: Period, row: Mapping[str, str], zone: ZoneInfo = _UTC, *, overflow: bool = False
) -> "list[Row]":
    """Return the leases of a row (its texts; {} for the total): id, did, from_ms, to_ms, visit (its id)."""
    facts = _Facts(tx, period, zone)
    return facts.of_row([one for one in facts.leases if bool(one["overflow"]) == overflow], row)


def without_of(tx: "Tx", period: Period, row: Mapping[str, str], zone: ZoneInfo = _UTC) -> list[int]:
    """Return the ids of the visits of a row that got no number at all; by number that is not known."""
    facts = _Facts(tx, period, zone)
    return [] if "number" in row else [one["id"] for one in facts.of_row(facts.without, row, near=True)]


def _location(text: str, _: Period, bind: Binder) -> str:
    return _OURS.format(more=f"AND number_assignment.location = {bind(text)}")


class _Facts:
    """The pool's numbers, leases, visits and calls of a period, by hour."""

    def __init__(self, tx: "Tx", period: Period, zone: ZoneInfo) -> None:
        import numpy as np

        self._hours: Hours = hours_of(period, zone)
        first, last = period.edges_ms(zone)
        self._numbers = tx.all("report_pool_numbers", **sums.days(period))
        self._places = {row["did"]: row["location"] for row in self._numbers}
        self.leases = leases = tx.all("report_pool_leases", from_ms=first, to_ms=last)
        # A number that left the pool long ago may still be somebody's; it is told apart from none.
        self._dids = sorted({*self._places, *(row["did"] for row in leases)})
        row_of = {did: n for n, did in enumerate(self._dids)}
        self._did = np.array([row_of[row["did"]] for row in leases], dtype="int64")
        self._from = np.array([row["from_ms"] for row in leases], dtype="int64")
        self._to = np.array([row["to_ms"] for row in leases], dtype="int64")
        self._own = np.array([not row["overflow"] for row in leases], dtype="bool")
        self._begun_in = tx.all("report_pool_hours", **sums.days(period))
        self.without = tx.all("report_pool_without", **sums.days(period))
        self._calls = tx.all("report_pool_calls", **days_of(period))
        seen = max((int(tx.value("report_pool_seen", **sums.days(period)) or 0), *self._from.tolist()), default=0)
        until = min(last, seen)
        self._to = np.minimum(self._to, max(until, first))
        starts = self._hours.starts
        self._lengths = np.maximum(np.minimum(starts[1:], until) - starts[:-1], 0)
        self._in_pool = self._valid()

    def of_row(self, those: "Sequence[Row]", row: Mapping[str, str], *, near: bool = False) -> "list[Row]":
        """Return those leases, or visits, that count in a row; `near`: what is beyond the hours is in the next one."""
        import numpy as np

        begun = [one["started_ms"] if near else one["from_ms"] for one in those]
        places = self._hours.of(np.array(begun, dtype="int64"))
        if near:
            places = places.clip(0, self._hours.count - 1)
        found = []
        for one, n in zip(those, places.tolist(), strict=True):
            if not 0 <= n < self._hours.count:
                continue
            known = {"day": self._hours.days[n], "hour": self._hours.hours[n]}
            known["location"] = one["location"] if near else self._places.get(one["did"], "")
            if not near:
                known["number"] = one["did"]
            if all(row.get(name, text) == text for name, text in known.items()):
                found.append(one)
        return found

    def rows(self, named: Sequence[str]) -> list[dict[str, Any]]:
        """Return the records of a breakdown."""
        import numpy as np

        groups = self._groups(named)
        cells: dict[tuple[str, ...], np.ndarray[Any, Any]] = {}
        for n, texts in enumerate(self._times(named)):
            cells.setdefault(texts, np.zeros(self._hours.count, dtype="bool"))[n] = True
        records = []
        for place, dids in sorted(groups.items()):
            measured = self._measured(dids, place, named)
            for time, chosen in sorted(cells.items()):
                record = self._record(measured, chosen, (place, named))
                if named and not any(record[name] for name in ("leases", "overflow", "without", "numbers", "calls")):
                    continue
                records.append(self._texts(named, place, time) | record)
        return records

    def advised(self, place: str | None) -> int | None:
        """Return how many numbers a pool should have; of several pools, the sum of theirs."""
        if place is None:
            parts = [self.advised(one) for one in sorted(set(self._places.values()))]
            known = [part for part in parts if part is not None]
            return sum(known) if known else None
        dids = [n for n, did in enumerate(self._dids) if self._places.get(did) == place]
        held = self._own & self._among(dids)
        hours = {row["hour"]: int(row["visits"]) for row in self._begun_in if row["location"] == place}
        if not held.any() or not hours:
            return None
        days: Counter[int] = Counter()
        for hour, visits in hours.items():
            days[hour // 24] += visits
        length = float((self._to[held] - self._from[held]).mean()) / 60_000
        return advice(Traffic(max(hours.values()), max(days.values()), length, 0.0)).numbers

    def _groups(self, named: Sequence[str]) -> dict[tuple[str, ...], list[int]]:
        groups: dict[tuple[str, ...], list[int]] = {}
        for n, did in enumerate(self._dids):
            parts = {"location": self._places.get(did, ""), "number": did}
            groups.setdefault(tuple(parts[name] for name in named if name in parts), []).append(n)
        if "number" not in named:
            for row in self._begun_in:
                groups.setdefault((row["location"],) if "location" in named else (), [])
        return groups or ({} if named else {(): []})

    def _times(self, named: Sequence[str]) -> list[tuple[str, ...]]:
        parts = {"day": self._hours.days, "hour": self._hours.hours}
        chosen = [parts[name] for name in named if name in parts]
        return list(zip(*chosen, strict=True)) if chosen else [()] * self._hours.count

    def _texts(self, named: Sequence[str], place: tuple[str, ...], time: tuple[str, ...]) -> dict[str, str]:
        return dict(zip(named, (*place, *time), strict=True))

    def _measured(self, dids: Sequence[int], place: tuple[str, ...], named: Sequence[str]) -> dict[str, Any]:
        """Return what is measured of a group of numbers, hour by hour."""
        import numpy as np

        among = self._among(dids)
        own, hours = self._own & among, self._hours
        nobody = np.zeros(own.sum(), dtype="int64")
        calls, without = np.zeros(hours.count), np.zeros(hours.count)
        for at in self._called(dids):
            calls[at[0]] += at[1]
        if "number" not in named:
            where = place[0] if "location" in named else None
            began = [row["started_ms"] for row in self.without if where in (None, row["location"])]
            for n in hours.of(np.array(began, dtype="int64")):
                without[min(max(n, 0), hours.count - 1)] += 1
        return {
            "busy": held_ms(hours, self._from[own], self._to[own], nobody, 1)[0],
            "peak": most_held(hours, self._from[own], self._to[own]),
            "leases": self._begun(own), "overflow": self._begun(~self._own & among), "calls": calls,
            "without": without, "in_pool": self._in_pool[list(dids)],
        }  # fmt: skip

    def _record(
        self, measured: Mapping[str, Any], chosen: Any, what: tuple[tuple[str, ...], Sequence[str]]
    ) -> dict[str, Any]:
        place, named = what
        counts = {name: int(measured[name][chosen].sum()) for name in ("leases", "overflow", "calls", "without")}
        shown, in_pool = counts["leases"] + counts["overflow"], measured["in_pool"][:, chosen]
        room = float((in_pool * self._lengths[chosen]).sum())
        whole = tuple(named) == ("location",)
        return counts | {
            "without": None if "number" in named else counts["without"],
            "short_share": sums.share(counts["overflow"], shown),
            "numbers": int(in_pool.any(axis=1).sum()), "peak": int(measured["peak"][chosen].max(initial=0)),
            "busy_share": sums.share(float(measured["busy"][chosen].sum()), room),
            "advised": self.advised(place[0]) if whole else None,
        }  # fmt: skip

    def _among(self, dids: Sequence[int]) -> "np.ndarray[Any, Any]":
        import numpy as np

        return np.isin(self._did, np.array(dids, dtype="int64"))

    def _begun(self, some: Any) -> "np.ndarray[Any, Any]":
        """Return how many of some leases began in each hour."""
        import numpy as np

        places = self._hours.of(self._from[some])
        return np.bincount(places[(places >= 0) & (places < self._hours.count)], minlength=self._hours.count)

    def _valid(self) -> "np.ndarray[Any, Any]":
        """Return in which hours each number was in a pool, a row for each."""
        import numpy as np

        days = np.array(self._hours.days)
        row_of = {did: n for n, did in enumerate(self._dids)}
        valid = np.zeros((len(self._dids), self._hours.count), dtype="bool")
        for row in self._numbers:
            if row["kind"] == "pool":
                valid[row_of[row["did"]]] |= (days >= row["valid_from"]) & (days <= (row["valid_to"] or "9999"))
        return valid

    def _called(self, dids: Sequence[int]) -> list[tuple[int, int]]:
        """Return (place of the hour, calls) of some numbers."""
        names = {self._dids[n] for n in dids}
        places: dict[tuple[str, str], int] = {}
        for n, key in enumerate(zip(self._hours.days, self._hours.hours, strict=True)):
            places.setdefault(key, n)
        rows = [row for row in self._calls if row["did"] in names]
        return [(places[row["local_day"], f"{row['local_hour']:02}"], row["calls"]) for row in rows
                if (row["local_day"], f"{row['local_hour']:02}") in places]  # fmt: skip
