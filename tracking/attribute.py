"""Attribution against the store: gather the facts of a call, decide, keep the decision."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from store import Row, Tx
from tracking.attribution import (
    RETURN_MS,
    Assignment,
    Callback,
    Contact,
    Correction,
    Decision,
    Earlier,
    Facts,
    Lease,
    decide,
)
from tracking.campaigns import find_known
from tracking.numbers import assignment_on
from tracking.visitors import campaign_of, find
from tracking.why import reasons, why

__all__ = ["Look", "attribute", "gather", "reasons", "record_decision", "why"]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Look:
    """How the facts are looked up.

    `returning_days` is the clinic's setting. `decided` are campaigns of calls (by `pbx:id`) that were decided anew and
    are not stored yet: a dry run goes by them. `making`: a visit's campaign that is not known yet is made.
    """

    returning_days: int = 0
    decided: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)
    making: bool = False


def attribute(tx: Tx, call_row: Row, *, now_ms: int, returning_days: int = 0) -> Decision:
    """Decide which campaign a call belongs to, and store the decision with its evidence.

    `call_row` is a row of table `call`, stored or about to be. `now_ms` is when the decision is made and no part of it.
    """
    decision = decide(gather(tx, call_row, Look(returning_days, making=True)))
    record_decision(tx, call_row["pbx"], call_row["id"], decision, now_ms=now_ms)
    return decision


def record_decision(tx: Tx, pbx: str, call_id: str, decision: Decision, *, now_ms: int) -> bool:
    """Store a decision; one that is as it was stays untouched. Return whether it changed."""
    row = {
        "rule": decision.rule,
        "campaign": decision.campaign_id,
        "evidence": json.dumps(decision.evidence, ensure_ascii=False, sort_keys=True),
        "runner_up": decision.runner_up and json.dumps(decision.runner_up, ensure_ascii=False, sort_keys=True),
    }
    stored, visit = tx.one("attribution_get", pbx=pbx, call=call_id), visit_behind(tx, decision)
    if stored is not None and all(stored[column] == value for column, value in {**row, "visit": visit}.items()):
        return False
    tx.run("attribution_put", pbx=pbx, call=call_id, decided_ms=now_ms, **row)
    if visit != (None if stored is None else stored["visit"]):
        tx.run("attribution_visit_put", pbx=pbx, call=call_id, visit=visit)
    return True


def visit_behind(tx: Tx, decision: Decision) -> int | None:
    """Return the visit to the web site that a decision goes back to: the visitor's own, or the one that is inherited.

    A callback has that of its missed call, or of the request; a caller who returns that of the earlier call.
    """
    evidence = decision.evidence
    if decision.rule == "visitor":
        return int(evidence["visit"])
    earlier = evidence.get("missed_call") or evidence.get("earlier_call")
    if decision.rule in ("callback", "returning") and earlier:
        pbx, _, call = str(earlier).partition(":")
        found = tx.value("attribution_visit", pbx=pbx, call=call)
    elif decision.rule == "callback":
        found = tx.value("request_visit", callback=evidence["callback"])
    else:
        found = None
    return None if found is None else int(found)


def gather(tx: Tx, call_row: Row, look: Look = Look()) -> Facts:
    """Read from the store what the decision about a call goes by."""
    did = call_row["did"] if call_row["direction"] == "inbound" else None
    found = assignment_on(tx, did, call_row["local_day"]) if did is not None else None
    return Facts(
        direction=call_row["direction"],
        kind=call_row["kind"],
        started_ms=call_row["started_ms"],
        local_day=call_row["local_day"],
        location=call_row["location"],
        did=did,
        assignment=None if found is None else _assignment(found),
        callbacks=_callbacks(tx, call_row, look),
        correction=_correction(tx, call_row),
        lease=None if did is None else _lease(tx, did, call_row["started_ms"], look),
        earlier=_earlier(tx, call_row, look),
        returning_ms=look.returning_days * DAY_MS,
    )


def _assignment(row: Row) -> Assignment:
    return Assignment(
        row["id"], row["did"], row["kind"], row["campaign"], row["valid_from"], row["valid_to"], row["label"]
    )


def _correction(tx: Tx, call_row: Row) -> Correction | None:
    row = tx.one("correction_of", pbx=call_row["pbx"], call=call_row["id"])
    if row is None:
        return None
    return Correction(row["id"], row["campaign"], row["because"], row["author"], row["at_ms"])


def _lease(tx: Tx, did: str, started_ms: int, look: Look) -> Lease | None:
    found = find(tx, did, started_ms)
    if found is None:
        return None
    visit, held = found.visit, found.match.lease
    campaign: int | None = visit["campaign"]
    if campaign is None and not (held.overflow and found.match.among > 1):
        known = find_known(tx, visit["source"], visit["medium"], visit["name"])
        campaign = campaign_of(tx, visit) if look.making else known
    return Lease(held.id, held.visit, did, campaign, held.from_ms, held.until_ms, found.match.among, held.overflow,
                 visit["page"])


def _earlier(tx: Tx, call_row: Row, look: Look) -> Earlier | None:
    """Return the caller's last attributed call before this one, as far back as the setting looks."""
    party = call_row["party"]
    if not look.returning_days or party is None or call_row["direction"] != "inbound":
        return None
    since = call_row["started_ms"] - look.returning_days * DAY_MS
    for row in tx.all("attributed_before", party=party, since=since, before=call_row["started_ms"]):
        key = f"{row['pbx']}:{row['id']}"
        rule, campaign = look.decided.get(key, (row["rule"], row["campaign"]))
        if campaign is not None and rule != "returning":
            return Earlier(key, row["started_ms"], row["local_day"], campaign)
    return None


def _callbacks(tx: Tx, call_row: Row, look: Look) -> tuple[Callback, ...]:
    """Return the callbacks of the other party that this call may belong to, as they were when it began."""
    number = call_row["caller_number"] if call_row["direction"] == "inbound" else call_row["destination"]
    if number is None or call_row["kind"] != "patient":
        return ()
    key = {"pbx": call_row["pbx"], "call": call_row["id"]}
    started_ms = call_row["started_ms"]
    rows = tx.all("attribution_callbacks", number=number, at=started_ms, since=started_ms - RETURN_MS, **key)
    return tuple(_callback(tx, row, call_row, look) for row in rows)


def _callback(tx: Tx, row: Row, call_row: Row, look: Look) -> Callback:
    this = (call_row["pbx"], call_row["id"])
    missed, attempts = [], []
    for part in tx.all("attribution_callback_calls", callback=row["id"]):
        contact = _contact(part, look)
        # What came later is no evidence: the decision must be the one that was made at the time.
        if (part["pbx"], part["call"]) == this or contact.started_ms >= call_row["started_ms"]:
            continue
        if part["role"] == "missed":
            missed.append(contact)
        elif part["direction"] == "outbound":
            attempts.append(contact)
    return Callback(
        row["id"], row["location"], row["opened_ms"], row["closed_ms"], (row["closed_pbx"], row["closed_call"]) == this,
        row["campaign"], tuple(missed), tuple(attempts),
    )  # fmt: skip


def _contact(part: Row, look: Look) -> Contact:
    key = f"{part['pbx']}:{part['call']}"
    return Contact(
        call=key,
        started_ms=part["at_ms"] if part["started_ms"] is None else part["started_ms"],
        campaign=look.decided.get(key, ("", part["campaign"]))[1],
        presented_number=part["presented_number"],
        did=part["did"],
        local_day=part["local_day"],
    )
