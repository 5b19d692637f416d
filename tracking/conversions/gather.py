"""What is known of a call, read from the store for the judgement: its visit, its booking, who objects."""

import json
from collections.abc import Iterator
from typing import Any

from store import Row, Tx
from tracking.appointments_relate import appointments_of_call
from tracking.conversions.rules import Booking, CallFacts, Visit

PAGE = 500
_DEEPEST = 5
_CLICKS = ("gclid", "gbraid", "wbraid", "yclid", "msclkid", "ga_client", "ym_client")
_NONE = ("cancelled", "proposed")


def facts_of(tx: Tx, row: Row, target: bool) -> CallFacts:
    """Return what is known of a call, a row of `call`. `target` is whether it is a target call."""
    visit, why = _visit(tx, row["pbx"], row["id"])
    key = {"pbx": row["pbx"], "call": row["id"]}
    return CallFacts(
        row["pbx"], row["id"], row["direction"], row["kind"], row["started_ms"], row["ended_ms"], row["talk_ms"],
        row["wait_ms"], row["outcome"], bool(row["first_time"]), bool(row["excluded"]), target,
        tx.value("conversion_objections", **key) is not None, visit, why, _booking(tx, row),
    )  # fmt: skip


def calls_since(tx: Tx, since: int) -> Iterator[Row]:
    """Give the calls that come into question at all, from a moment on, oldest first."""
    after: Row = {"after_ms": None, "after_id": None, "after_pbx": None}
    while True:
        rows = tx.all("conversion_calls", since=since, limit=PAGE, **after)
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1]
        after = {"after_ms": last["started_ms"], "after_id": last["id"], "after_pbx": last["pbx"]}


def _visit(tx: Tx, pbx: str, call: str, depth: int = 0) -> tuple[Visit | None, str]:
    """Return the visit that led to a call, through the call that was missed or the request; or why there is none."""
    stored = tx.one("attribution_get", pbx=pbx, call=call)
    if stored is None or depth > _DEEPEST:
        return None, "no_visit"
    if stored["rule"] == "manual":
        return None, "by_hand"
    evidence: dict[str, Any] = json.loads(stored["evidence"])
    if stored["rule"] == "visitor":
        return _read(tx, evidence["visit"], evidence.get("among", 1)), "no_visit"
    if stored["rule"] != "callback":
        return None, "no_visit"
    missed = evidence.get("missed_call")
    if isinstance(missed, str):
        earlier_pbx, _, earlier = missed.partition(":")
        return _visit(tx, earlier_pbx, earlier, depth + 1)
    asked = tx.value("conversion_request_visit", callback=evidence["callback"])
    return (None if asked is None else _read(tx, int(asked), 1)), "no_visit"


def _read(tx: Tx, visit: int, among: int) -> Visit | None:
    row = tx.one("visit_get", id=visit)
    if row is None:
        return None
    clicks = {name: row[name] for name in _CLICKS if row[name]}
    clicked = row["click_ms"] if row["click_ms"] is not None else row["started_ms"]
    return Visit(row["id"], bool(row["consent"]), clicked, clicks, among, row["forgotten_ms"] is not None)


def _booking(tx: Tx, row: Row) -> Booking | None:
    """Return what was booked on a call: its appointments, or the noted topic until they are known."""
    made = appointments_of_call(tx, row["pbx"], row["id"])
    standing = [one for one in made if one["status"] not in _NONE]
    if made and not standing:
        return Booking(made[0]["ref"], made[0]["created_ms"], standing=False)
    if standing:
        first = standing[0]
        values = [one["value_minor"] for one in standing if one["currency"] == first["currency"]]
        known = [value for value in values if value is not None]
        created = [one["created_ms"] for one in standing if one["created_ms"] is not None]
        return Booking(
            first["ref"], min(created, default=None), value_minor=sum(known) if known else None,
            currency=first["currency"] if known else None,
        )  # fmt: skip
    counts = tx.one("call_counts_as", pbx=row["pbx"], id=row["id"])
    return Booking(None, None) if counts is not None and counts["provisional"] else None
