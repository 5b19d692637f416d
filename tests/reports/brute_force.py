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
    visit: Rows = ()
    call_topic: Rows = ()
    appointment: Rows = ()
    appointment_made_by: Rows = ()
    campaign_cost: Rows = ()


def by_group(clinic: Clinic, period: Period, by: Sequence[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the figures of each group. A key is (unattributed, then the dimensions; number is followed by label)."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    booked: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in clinic.call:
        if _counts(row, period):
            groups[_key(clinic, row, by)].append(row)
        if is_booked(clinic, row) and _within(row, period):
            booked[_key(clinic, row, by)].append(row)
    costs = _costs(clinic, period, by)
    return {
        key: figures(clinic, groups[key], booked[key], costs.get(key)) for key in {**groups, **booked, **costs}
    }


def _costs(clinic: Clinic, period: Period, by: Sequence[str]) -> dict[tuple[Any, ...], float]:
    """Return the cost of each group that has one; by number only of a campaign that had one, and was rung on it."""
    found: dict[tuple[Any, ...], float] = defaultdict(float)
    unsure = set()
    for cost in clinic.campaign_cost:
        if not str(period.start) <= cost["period"] <= str(period.end) or {"keyword", "page"} & set(by):
            continue
        named = next(campaign for campaign in clinic.campaign if campaign["id"] == cost["campaign"])
        if "number" not in by:
            found[False, *(named["name" if name == "campaign" else name] for name in by)] += cost["cost_minor"] / 100
            continue
        calls = [row for row in clinic.call if _counts(row, period) and campaign_of(clinic, row) == named]
        owned = {one["did"] for one in clinic.number_assignment if one["campaign"] == named["id"]
                 and one["valid_from"] <= str(period.end) and (one["valid_to"] or "9999") >= str(period.start)}
        keys = {_key(clinic, row, by) for row in calls}
        if len(keys) == 1 and len(owned) == 1 and {row["did"] for row in calls} == owned:
            found[next(iter(keys))] += cost["cost_minor"] / 100
        else:
            unsure |= keys
    return {key: cost for key, cost in found.items() if key not in unsure}


def is_booked(clinic: Clinic, row: Mapping[str, Any]) -> bool:
    """Say whether a call booked: a standing appointment, or the topic while no appointment is known."""
    if row["kind"] != "patient" or row["ended_ms"] is None:
        return False
    made = [one for one in clinic.appointment for link in clinic.appointment_made_by
            if link["appointment"] == one["ref"] and (link["pbx"], link["call"]) == (row["pbx"], row["id"])]
    if made:
        return any(one["status"] not in ("cancelled", "proposed") for one in made)
    return _topic(clinic, row) == "booked"


def _topic(clinic: Clinic, row: Mapping[str, Any]) -> str | None:
    said = [one for one in clinic.call_topic if (one["pbx"], one["call"]) == (row["pbx"], row["id"])]
    return str(max(said, key=lambda one: one["at_ms"])["category"]) if said else None


def is_target(clinic: Clinic, row: Mapping[str, Any]) -> bool:
    """Say whether a call is a target, by the rule of a new store."""
    brings_none = ("moved", "cancelled", "results", "prescription", "complaint", "wrong_number", "sales_spam")
    inbound = row["direction"] == "inbound" and row["kind"] == "patient" and row["ended_ms"] is not None
    return bool(inbound and row["outcome"] == "answered" and row["bridged_ms"] >= 30_000
                and _topic(clinic, row) not in brings_none)


def _is_unique(clinic: Clinic, row: Mapping[str, Any]) -> bool:
    place = (row["started_ms"], row["pbx"], row["id"])
    return row["party"] is None or not any(
        one["party"] == row["party"] and (one["started_ms"], one["pbx"], one["id"]) < place
        and row["started_ms"] - one["started_ms"] < 30 * 86_400_000 for one in clinic.call if is_target(clinic, one)
    )


def _money(clinic: Clinic, rows: Rows, booked: Rows, cost: float | None) -> dict[str, Any]:
    """Return what calls brought; all amounts of these tests are in one currency."""
    targets = [row for row in rows if is_target(clinic, row)]
    ours = {(row["pbx"], row["id"]) for row in booked}
    came = [one for one in clinic.appointment for link in clinic.appointment_made_by
            if link["appointment"] == one["ref"] and (link["pbx"], link["call"]) in ours
            and one["status"] in ("arrived", "fulfilled")]
    values = [one["value_minor"] / 100 for one in came if one["value_minor"] is not None]
    revenue = sum(values) if values else None
    return {
        "targets": len(targets), "unique_targets": sum(_is_unique(clinic, row) for row in targets),
        "booked": len(booked), "visits": len(came), "revenue": revenue, "cost": cost,
        "cost_per_call": cost / len(rows) if cost is not None and rows else None,
        "cost_per_target": cost / len(targets) if cost is not None and targets else None,
        "cost_per_booking": cost / len(booked) if cost is not None and booked else None,
        "roas": revenue / cost if revenue is not None and cost else None,
    }  # fmt: skip


def figures(clinic: Clinic, rows: Rows, booked: Rows = (), cost: float | None = None) -> dict[str, Any]:
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
        **_money(clinic, rows, booked, cost),
    }


def middle(waits: Sequence[int]) -> float | None:
    """Return the median of times in ms, as a histogram of seconds tells it, in seconds."""
    if not waits:
        return None
    return median(0.0 if wait <= 0 else math.ceil(wait / 1000) - 0.5 for wait in waits)


def within(clinic: Clinic, period: Period) -> list[Mapping[str, Any]]:
    """Return the calls that the report is about."""
    return [row for row in clinic.call if _counts(row, period)]


def booked_within(clinic: Clinic, period: Period) -> list[Mapping[str, Any]]:
    """Return the calls of a period that booked."""
    return [row for row in clinic.call if is_booked(clinic, row) and _within(row, period)]


def cost_within(clinic: Clinic, period: Period) -> float | None:
    """Return what was spent in a period."""
    told = [one["cost_minor"] / 100 for one in clinic.campaign_cost
            if str(period.start) <= one["period"] <= str(period.end)]
    return sum(told) if told else None


def _within(row: Mapping[str, Any], period: Period) -> bool:
    return bool(str(period.start) <= row["local_day"] <= str(period.end))


def _counts(row: Mapping[str, Any], period: Period) -> bool:
    inside = _within(row, period)
    return bool(row["direction"] == "inbound" and row["kind"] == "patient" and row["ended_ms"] is not None and inside)


def campaign_of(clinic: Clinic, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the campaign that a call belongs to."""
    decided = {(a["pbx"], a["call"]): a["campaign"] for a in clinic.attribution}
    return {campaign["id"]: campaign for campaign in clinic.campaign}.get(decided.get((row["pbx"], row["id"])))


def _key(clinic: Clinic, row: Mapping[str, Any], by: Iterable[str]) -> tuple[Any, ...]:
    campaign = campaign_of(clinic, row)
    named = campaign or {"source": "(none)", "medium": "(none)", "name": "(none)"}
    from_visit = {(a["pbx"], a["call"]): a.get("visit") for a in clinic.attribution}.get((row["pbx"], row["id"]))
    seen = next((one for one in clinic.visit if one["id"] == from_visit), {"term": "", "page": ""})
    parts: list[Any] = [campaign is None and bool({"source", "medium", "campaign"} & set(by))]
    for name in by:
        if name == "number":
            parts += [row["did"] or "(none)", _label(clinic, row)]
        elif name in ("keyword", "page"):
            parts.append(seen["term" if name == "keyword" else "page"] or "(none)")
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
