"""What a call is worth to a marketer: a first-time caller, a new patient, a target call, a unique target. Pure.

1. First-time caller: nobody rang from that number, and it was not rung, in the look-back before (`first_time_days`).
   It is stored on the call, for it needs calls of long ago; the other three are computed when they are asked for.
2. New patient: no patient who has the number was on record before the call began.
3. Target call: an inbound patient's call, answered, with a person on the line for `target_s` seconds or longer, about
   something that may bring a visit. A call without a topic is given the benefit of the doubt.
4. Unique target: a target call whose caller made no other one in the `unique_days` before. Who hides the number is
   nobody known, and each such call stands for itself.

A call that a person marked (staff, spam, test) is none of these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
_EVER = 10**15
NOT_TARGET = ("moved", "cancelled", "results", "prescription", "complaint", "wrong_number", "sales_spam")
"""Categories of topics that bring no new visit, unless the clinic says otherwise."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When a call is a target: `[tracking]` target_s, target_not and unique_days."""

    target_s: int = 30
    not_target: frozenset[str] = frozenset(NOT_TARGET)
    unique_days: int = 30


def counts(call: Mapping[str, Any]) -> bool:
    """Say whether a call (a row of `call`) is in the figures: an inbound patient's, over, and not marked."""
    return bool(
        call["direction"] == "inbound" and call["kind"] == "patient" and call["ended_ms"] is not None
        and not call.get("excluded")
    )  # fmt: skip


def is_target(call: Mapping[str, Any], category: str | None, rules: Rules) -> bool:
    """Say whether a call is a target. `category` is that of its latest topic, None or "" without one."""
    if not counts(call) or call["outcome"] != "answered" or call["bridged_ms"] < rules.target_s * 1000:
        return False
    return category not in rules.not_target


def is_new_patient(call: Mapping[str, Any], known_since: Iterable[str | None], zone: ZoneInfo) -> bool:
    """Say whether the caller was nobody's patient when the call began.

    `known_since` has, for each patient who has the number, the local day of the record, None when that is not known:
    such a patient is taken for one of long ago. A record of the same day may have been made because of this call.
    """
    if not counts(call) or call["party"] is None:
        return False
    day = datetime.fromtimestamp(call["started_ms"] / 1000, UTC).astimezone(zone).date().isoformat()
    return all(since is not None and since[:10] >= day for since in known_since)


def unique_targets(targets: Iterable[Mapping[str, Any]], rules: Rules) -> set[tuple[str, str]]:
    """Return the keys (pbx, id) of the unique ones among target calls.

    `targets` must hold the target calls of `unique_days` before the period, too, or its first ones count anew. Each
    target call starts the window again: who rings every week is one unique target, until they have not for so long.
    """
    last: dict[str, int] = {}
    unique = set()
    for call in sorted(targets, key=lambda one: (one["started_ms"], one["pbx"], one["id"])):
        party = call["party"]
        fresh = party is None or call["started_ms"] - last.get(party, -_EVER) >= rules.unique_days * DAY_MS
        if fresh:
            unique.add((call["pbx"], call["id"]))
        if party is not None:
            last[party] = call["started_ms"]
    return unique
