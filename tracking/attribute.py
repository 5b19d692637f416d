"""Attribution against the store: gather the facts of a call, decide, keep the decision, explain it."""

import json

from store import Row, Tx
from tracking.attribution import RETURN_MS, Assignment, Callback, Contact, Decision, Facts, decide
from tracking.campaigns import title
from tracking.numbers import assignment_on


def attribute(tx: Tx, call_row: Row, *, now_ms: int) -> Decision:
    """Decide which campaign a call belongs to, and store the decision with its evidence.

    `call_row` is a row of table `call`, stored or about to be. `now_ms` is when the decision is made and no part of it.
    """
    decision = decide(gather(tx, call_row))
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
    stored = tx.one("attribution_get", pbx=pbx, call=call_id)
    if stored is not None and all(stored[column] == value for column, value in row.items()):
        return False
    tx.run("attribution_put", pbx=pbx, call=call_id, decided_ms=now_ms, **row)
    return True


def gather(tx: Tx, call_row: Row) -> Facts:
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
        callbacks=_callbacks(tx, call_row),
    )


def why(tx: Tx, pbx: str, call_id: str) -> list[str]:
    """Explain a stored decision in sentences that a marketer understands; no caller is named in them."""
    stored = tx.one("attribution_get", pbx=pbx, call=call_id)
    if stored is None:
        return ["No decision is stored for this call; run `callward replay` with its journal to make one."]
    campaign = _campaign_title(tx, stored["campaign"])
    evidence = json.loads(stored["evidence"])
    for part in ("missed_call", "attempt"):
        if evidence.get(part):
            # Calls of the same exchange go by their bare id, as everywhere.
            evidence[part] = evidence[part].removeprefix(f"{pbx}:")
    sentences = _because(evidence, stored["rule"], campaign)
    if stored["runner_up"]:
        other = json.loads(stored["runner_up"])
        said = "the same" if other["campaign"] == stored["campaign"] else _campaign_title(tx, other["campaign"])
        sentences.append(f'Otherwise rule "{other["rule"]}" would have said {said}.')
    return sentences


def _assignment(row: Row) -> Assignment:
    return Assignment(
        row["id"], row["did"], row["kind"], row["campaign"], row["valid_from"], row["valid_to"], row["label"]
    )


def _callbacks(tx: Tx, call_row: Row) -> tuple[Callback, ...]:
    """Return the callbacks of the other party that this call may belong to, as they were when it began."""
    number = call_row["caller_number"] if call_row["direction"] == "inbound" else call_row["destination"]
    if number is None or call_row["kind"] != "patient":
        return ()
    key = {"pbx": call_row["pbx"], "call": call_row["id"]}
    started_ms = call_row["started_ms"]
    rows = tx.all("attribution_callbacks", number=number, at=started_ms, since=started_ms - RETURN_MS, **key)
    return tuple(_callback(tx, row, call_row) for row in rows)


def _callback(tx: Tx, row: Row, call_row: Row) -> Callback:
    this = (call_row["pbx"], call_row["id"])
    missed, attempts = [], []
    for part in tx.all("attribution_callback_calls", callback=row["id"]):
        contact = _contact(part)
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


def _contact(part: Row) -> Contact:
    return Contact(
        call=f"{part['pbx']}:{part['call']}",
        started_ms=part["at_ms"] if part["started_ms"] is None else part["started_ms"],
        campaign=part["campaign"],
        presented_number=part["presented_number"],
        did=part["did"],
        local_day=part["local_day"],
    )


def _campaign_title(tx: Tx, campaign: int | None) -> str:
    row = None if campaign is None else tx.one("campaign_get", id=campaign)
    return "no campaign" if row is None else title(row)


def _because(evidence: Row, rule: str, campaign: str) -> list[str]:
    if rule == "number":
        until = f"to {evidence['valid_to']}" if evidence["valid_to"] else "on"
        label = f' ("{evidence["label"]}")' if evidence["label"] else ""
        return [
            f'Campaign: {campaign}, by rule "number".',
            f"The caller dialled {evidence['did']}{label} on {evidence['day']}.",
            f"From {evidence['valid_from']} {until} that number belonged to this campaign "
            f"(assignment {evidence['assignment']}).",
        ]
    if rule == "callback":
        how = _HOW[evidence["how"]].format(**evidence)
        return [f'Campaign: {campaign}, by rule "callback".', _missed(evidence), how]
    return ['Campaign: none, by rule "none".', _WHY_NONE[evidence["why"]].format(**evidence)]


def _missed(evidence: Row) -> str:
    if "missed_call" not in evidence:
        return f"Callback {evidence['callback']} was asked for by this campaign."
    return (
        f"On {evidence['missed_day']} a call to {evidence['missed_did']} was missed (call {evidence['missed_call']}); "
        f"callback {evidence['callback']} was opened for it, and what follows on it belongs to the same campaign."
    )


_HOW = {
    "our_call": "This is our call to that caller while the callback was open.",
    "presented_number": (
        "This is the caller's return to {did}, the number that our attempt showed them (call {attempt}); "
        "so the number dialled says nothing about an advertisement."
    ),
    "main_number": (
        "This is the caller's return to {did}, a main number; "
        "so the number dialled says nothing about an advertisement."
    ),
}
_WHY_NONE = {
    "no_patient": "It is not a patient's call.",
    "our_call": "It is our own call, and no callback of that number was open.",
    "no_did": "The number dialled is not known.",
    "no_assignment": "{did} belonged to no campaign on {day}.",
    "no_campaign": "{did} was a main number without a campaign on {day}.",
}
