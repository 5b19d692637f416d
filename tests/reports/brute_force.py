"""The report computed a second time, slowly, call by call in Python, to compare the SQL with."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from reports.period import Period

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Clinic:
    """Rows of the tables the report reads."""

    call: Rows
    attribution: Rows
    campaign: Rows
    number_assignment: Rows
    callback: Rows
    callback_call: Rows


def by_group(clinic: Clinic, period: Period, by: Sequence[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the figures of each group. A key is (unattributed, then the dimensions; number is followed by label)."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in clinic.call:
        if _counts(row, period):
            groups[_key(clinic, row, by)].append(row)
    return {key: figures(clinic, rows) for key, rows in groups.items()}


def figures(clinic: Clinic, rows: Rows) -> dict[str, Any]:
    """Return every figure over these calls."""
    answered = [row for row in rows if row["outcome"] == "answered"]
    offered = [row for row in rows if row["offered_ms"] is not None]
    short = [row for row in offered if row["outcome"] == "abandoned" and row["ended_ms"] - row["offered_ms"] <= 5_000]
    waits = [
        row["answered_ms"] - row["offered_ms"] for row in answered if row["offered_ms"] is not None
        if row["answered_ms"] is not None
    ]  # fmt: skip
    known = [row for row in rows if not row["withheld"] and row["party"]]
    callbacks = _opened(clinic, rows)
    answerable = len(offered) - len(short)
    return {
        "calls": len(rows),
        "answered": len(answered),
        "missed": sum(row["missed"] for row in rows),
        "left_menu": sum(row["outcome"] == "left_menu" and not row["missed"] for row in rows),
        "unknown": sum(row["outcome"] == "unknown" for row in rows),
        "offered": len(offered),
        "short": len(short),
        "answer_rate": sum(row in offered for row in answered) / answerable if answerable else None,
        "unique_callers": len({row["party"] for row in known}),
        "first_time_callers": sum(row["first_time"] for row in rows),
        "withheld": sum(row["withheld"] for row in rows),
        "median_wait_s": middle(waits),
        "callbacks_open": sum(row["state"] != "closed" for row in callbacks),
        "callbacks_reached": sum(row["closed_why"] in ("reached", "returned") for row in callbacks),
    }


def middle(waits: Sequence[int]) -> float | None:
    """Return the median of times in ms, as a histogram of seconds tells it, in seconds."""
    if not waits:
        return None
    return median(0.0 if wait <= 0 else math.ceil(wait / 1000) - 0.5 for wait in waits)


def within(clinic: Clinic, period: Period) -> list[Mapping[str, Any]]:
    """Return the calls that the report is about."""
    return [row for row in clinic.call if _counts(row, period)]


def _counts(row: Mapping[str, Any], period: Period) -> bool:
    inside = str(period.start) <= row["local_day"] <= str(period.end)
    return bool(row["direction"] == "inbound" and row["kind"] == "patient" and row["ended_ms"] is not None and inside)


def _key(clinic: Clinic, row: Mapping[str, Any], by: Iterable[str]) -> tuple[Any, ...]:
    campaigns = {campaign["id"]: campaign for campaign in clinic.campaign}
    decided = {(a["pbx"], a["call"]): a["campaign"] for a in clinic.attribution}
    campaign = campaigns.get(decided.get((row["pbx"], row["id"])))
    named = campaign or {"source": "(none)", "medium": "(none)", "name": "(none)"}
    parts: list[Any] = [campaign is None and any(name != "number" for name in by)]
    for name in by:
        if name == "number":
            parts += [row["did"] or "(none)", _label(clinic, row)]
        else:
            parts.append(named["name" if name == "campaign" else name])
    return tuple(parts)


def _label(clinic: Clinic, row: Mapping[str, Any]) -> str:
    for assignment in clinic.number_assignment:
        until = assignment["valid_to"] or "9999-12-31"
        if assignment["did"] == row["did"] and assignment["valid_from"] <= row["local_day"] <= until:
            return str(assignment["label"])
    return ""


def _opened(clinic: Clinic, rows: Rows) -> list[Mapping[str, Any]]:
    """Return the callbacks whose earliest missed call is among `rows`."""
    ours = {(row["pbx"], row["id"]) for row in rows}
    result = []
    for callback in clinic.callback:
        misses = [r for r in clinic.callback_call if r["callback"] == callback["id"] and r["role"] == "missed"]
        first = min(misses, key=lambda r: (r["at_ms"], r["pbx"], r["call"]), default=None)
        if first is not None and (first["pbx"], first["call"]) in ours:
            result.append(callback)
    return result
